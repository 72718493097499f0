package check

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/cmd/connbox/outcome"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
)

// A task is an expectation file, or a recording without one.
type task struct{ expectation, recording string }

func (t task) file() string {
	if t.expectation != "" {
		return t.expectation
	}
	return t.recording
}

func files(tasks []task) (out []string) {
	for _, t := range tasks {
		out = append(out, t.file())
	}
	return out
}

func isExpectation(name string) bool {
	return slices.ContainsFunc(expect.Suffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}

// begins is how an expectation of another name begins.
var begins = regexp.MustCompile(`^(?:\s|#[^\n]*\n|---)*\{?\s*"?expect"?\s*:`)

// find lists what the paths stand for: expectation files and recordings as they are, folders
// searched through, by name. A recording given is held against the expectations beside it. What is
// named twice is looked at once, and all that is wrong with the paths is told at once.
func (k *checker) find(paths []string) (out []task, err error) {
	code, wrong := cli.StatusDone, []string(nil)
	for _, path := range paths {
		found, err := k.at(path)
		if err != nil {
			code, wrong = cli.Worse(code, cli.StatusOf(err)), append(wrong, err.Error())
		}
		for _, t := range found {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	if wrong != nil {
		return nil, cli.Exitf(code, "%s", strings.Join(wrong, "; "))
	}
	return out, nil
}

// at lists what one path stands for.
func (k *checker) at(path string) ([]task, error) {
	st, err := os.Stat(path)
	if clean := filepath.Clean(path); clean != "-" {
		path = clean
	}
	switch {
	case err != nil && isExpectation(path):
		return nil, cli.Exitf(cli.StatusUsage, "%s: cannot be opened: %w", path, cli.Bare(err))
	case err != nil && path != "-":
		return nil, cli.Exitf(cli.StatusInput, "%s: cannot be opened: %w", path, cli.Bare(err))
	case err == nil && st.IsDir() && !bundle.IsFolder(path) && !parse.IsRing(path):
		return k.folder(path)
	case path != "-" && (isExpectation(path) || beginsSo(path)):
		if k.init {
			return nil, cli.Exitf(cli.StatusUsage, "%s is an expectation; --init wants recordings, --update rewrites expectations", path)
		}
		return []task{{expectation: path}}, nil
	case k.init && path == "-":
		return nil, cli.Exitf(cli.StatusUsage, "--init writes beside a recording, and standard input lies nowhere")
	case k.init || k.with != "":
		return []task{{recording: path}}, nil
	}
	return about(path), nil
}

// about gives the expectations beside a recording that are of it, else the recording itself.
func about(path string) (out []task) {
	for _, suffix := range expect.Suffixes {
		name := cli.Stem(path, "stdin") + suffix
		text, err := outcome.ReadText(name)
		if err != nil {
			continue
		}
		e, _ := expect.Read(name, text, expect.Options{})
		mine, err1 := os.Stat(path)
		its, err2 := os.Stat(beside(e, e.Input))
		if err1 == nil && err2 == nil && os.SameFile(mine, its) {
			out = append(out, task{expectation: name})
		}
	}
	if out == nil {
		out = []task{{recording: path}}
	}
	return out
}

// beginsSo tells an expectation by its content, where it is called otherwise.
func beginsSo(path string) bool {
	if outcome.Waits(path) {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head, _ := io.ReadAll(io.LimitReader(f, 4096)) // what cannot be read is told where it is
	return begins.Match(head)
}

// folder searches a folder for expectation files; with --init for recordings without.
func (k *checker) folder(path string) (out []task, err error) {
	var recordings []string
	root := path + string(filepath.Separator) // a link to a folder is one
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && (bundle.IsFolder(p) || parse.IsRing(p)):
			recordings = append(recordings, p)
			return fs.SkipDir
		case d.IsDir():
			return nil
		case isExpectation(p):
			out = append(out, task{expectation: p})
		case isRecording(p):
			recordings = append(recordings, p)
		}
		return nil
	})
	if err != nil {
		return nil, cli.Exitf(cli.StatusUsage, "searching %s: %w", path, err)
	}
	if k.init {
		return k.without(path, recordings, out)
	}
	switch {
	case len(out) > 0:
		return out, nil
	case len(recordings) > 0:
		return nil, cli.Exitf(cli.StatusUsage, "%s: no file in it ends in %s; %s in it could have one: connbox check --init", path, strings.Join(expect.Suffixes, ", "),
			cli.Plural(int64(len(recordings)), "recording"))
	}
	return nil, cli.Exitf(cli.StatusUsage, "%s: no file in it ends in %s", path, strings.Join(expect.Suffixes, ", "))
}

// without gives the recordings of a folder that no expectation is of.
func (k *checker) without(path string, recordings []string, have []task) (out []task, err error) {
	for _, p := range recordings {
		if !slices.ContainsFunc(have, func(t task) bool { return strings.HasPrefix(t.expectation, cli.Stem(p, "")+".expect.") }) {
			out = append(out, task{recording: p})
		}
	}
	if out == nil {
		return nil, cli.Exitf(cli.StatusUsage, "%s: no recording in it lacks an expectation", path)
	}
	return out, nil
}

// isRecording tells a recording among the files of a folder: by its first bytes or, of plain text,
// by its name, for a folder holds notes as well. Metrics of applications lie beside a recording.
func isRecording(path string) bool {
	name := filepath.Base(path)
	if strings.Contains(name, ".app.") || strings.HasPrefix(name, ".") || outcome.Waits(path) {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [4]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil {
		return false
	}
	for _, m := range [...]string{"PK\x03\x04", "\x28\xb5\x2f\xfd", "\x1f\x8b"} {
		if bytes.HasPrefix(magic[:], []byte(m)) {
			return true
		}
	}
	return slices.Contains([]string{".dump", ".txt", ".log"}, filepath.Ext(name))
}
