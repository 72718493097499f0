package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// A Spec is one -o FORMAT[:PATH]. The path "-" is standard output.
type Spec struct{ Format, Path string }

// ParseSpecs reads the values of -o. known says which formats there are.
func ParseSpecs(values []string, known []string) ([]Spec, error) {
	var out []Spec
	stdout := ""
	seen := map[string]string{}
	for _, v := range values {
		format, path, ok := strings.Cut(v, ":")
		if !ok {
			path = "-"
		}
		at := IndexOf(known, format)
		switch {
		case at < 0:
			return nil, Exitf(StatusUsage, "-o %q: unknown format %q; there are %s", v, format, strings.Join(known, ", "))
		case path == "":
			return nil, Exitf(StatusUsage, "-o %q: no file name after the colon", v)
		case path == "-" && stdout != "":
			return nil, Exitf(StatusUsage, "-o %s and -o %s both go to standard output; give one a file, as -o %s:FILE", stdout, v, format)
		case path == "-":
			stdout = v
		}
		if path != "-" {
			real := target(path)
			if other, twice := seen[real]; twice {
				return nil, Exitf(StatusUsage, "-o %s and -o %s go to the same file", other, v)
			}
			seen[real] = v
		}
		out = append(out, Spec{format, path})
	}
	return out, nil
}

// Follow gives the file that writing to a path makes or replaces: what a link leads to, not the link.
func Follow(path string) string {
	for range maxLinks {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// maxLinks bounds the links that are followed, as systems do.
const maxLinks = 40

// target tells outputs apart that go to one file.
func target(path string) string {
	path = Follow(path)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	} else if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return path
}

// IndexOf gives the place of w among the words; -1 where it is none of them.
func IndexOf(words []string, w string) int {
	for i := range words {
		if words[i] == w {
			return i
		}
	}
	return -1
}

// CheckOutput tells early, before anything is read, that a file cannot be written.
func CheckOutput(path string, inputs ...string) error {
	if path == "-" {
		return nil
	}
	st, err := os.Stat(path)
	switch {
	case err == nil && st.IsDir():
		return Exitf(StatusUsage, "cannot write %s: it is a folder", path)
	case err == nil:
		for _, in := range inputs {
			if other, err := os.Stat(in); in != "-" && err == nil && os.SameFile(st, other) {
				return Exitf(StatusUsage, "cannot write %s: it is the input", path)
			}
		}
		if !st.Mode().IsRegular() {
			return nil // a pipe or device
		}
	}
	dir := filepath.Dir(path)
	if st, err := os.Stat(dir); err != nil {
		return Exitf(StatusUsage, "cannot write %s: folder %s: %w", path, dir, Bare(err))
	} else if !st.IsDir() {
		return Exitf(StatusUsage, "cannot write %s: %s is no folder", path, dir)
	}
	return nil
}

// Bare is a system error without the path, which the message has already.
func Bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// An OutFile is a file in the making: it lies under a temporary name beside its place until
// commit moves it there, so that nobody ever sees a part of it. A pipe or a device is
// written to as it is.
type OutFile struct {
	a         *App
	path, tmp string
	f         *os.File
	buf       *bufio.Writer
	std       bool
}

// keepPrivate notes that what is written comes from an input: who may not read that may not
// read what is taken out of it either.
func (a *App) keepPrivate(input string) {
	if st, err := os.Stat(input); err == nil && (st.Mode().IsRegular() || st.IsDir()) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.hidden |= 0o666 &^ st.Mode().Perm() &^ 0o600
	}
}

// create begins a file; "-" is standard output. The permissions are those that the user's
// umask gives new files, without those that an input lacks.
func (a *App) create(path string) (*OutFile, error) {
	o := &OutFile{a: a, path: path}
	if path == "-" {
		o.std, o.buf = true, bufio.NewWriterSize(a.Out, 64<<10)
		return o, nil
	}
	o.path = Follow(path)
	var err error
	if st, serr := os.Stat(o.path); serr == nil && !st.Mode().IsRegular() {
		o.f, err = os.OpenFile(o.path, os.O_WRONLY, 0)
	} else {
		o.tmp = filepath.Join(filepath.Dir(o.path), fmt.Sprintf(".%s.%08x.tmp", filepath.Base(o.path), rand.Uint32()))
		o.f, err = os.OpenFile(o.tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666&^a.hidden)
	}
	if err != nil {
		return nil, o.fail(err)
	}
	o.buf = bufio.NewWriterSize(o.f, 64<<10)
	a.Watch(o, func() { o.f.Close(); o.remove() })
	return o, nil
}

// Watch notes how to undo o, and forgets it where fn is nil.
func (a *App) Watch(o *OutFile, fn func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if fn == nil {
		delete(a.undo, o)
	} else {
		a.undo[o] = fn
	}
}

// Write implements io.Writer.
func (o *OutFile) Write(p []byte) (int, error) { return o.buf.Write(p) }

func (o *OutFile) fail(err error) error {
	path := o.path
	if o.std {
		path = "standard output"
	}
	return Exitf(StatusUsage, "cannot write %s: %w", path, Bare(err))
}

func (o *OutFile) remove() {
	if o.tmp != "" {
		os.Remove(o.tmp)
	}
}

// commit makes the file appear. After an error nothing is left of it.
func (o *OutFile) commit() error {
	if o.std {
		return o.buf.Flush()
	}
	defer o.a.Watch(o, nil)
	err := o.buf.Flush()
	if cerr := o.f.Close(); err == nil {
		err = cerr
	}
	if err == nil && o.tmp != "" {
		err = os.Rename(o.tmp, o.path)
	}
	if err != nil {
		o.remove()
		return o.fail(err)
	}
	return nil
}

// abort gives the file up.
func (o *OutFile) abort() {
	if !o.std {
		o.f.Close()
		o.remove()
		o.a.Watch(o, nil)
	}
}

// WriteTo writes a file by way of fn, whole or not at all.
func (a *App) WriteTo(path string, fn func(io.Writer) error) error {
	o, err := a.create(path)
	if err != nil {
		return err
	}
	if err := fn(o); err != nil {
		o.abort()
		var e *ExitError
		if errors.As(err, &e) {
			return err
		}
		return o.fail(err)
	}
	return o.commit()
}

// suffixes are what files of connbox and dumps end in.
var suffixes = [...]string{".connbox", ".dump", ".txt", ".log", ".gz", ".zst"}

// Stem is an input's path without the known suffixes: x.dump.zst gives x. For standard
// input it is the given name.
func Stem(path, std string) string {
	if path == "-" {
		return std
	}
	s := filepath.Clean(path)
	for cut := true; cut; {
		cut = false
		for _, suffix := range suffixes {
			if t, ok := strings.CutSuffix(s, suffix); ok && filepath.Base(t) != "." && filepath.Base(t) != "" && !strings.HasSuffix(t, string(filepath.Separator)) {
				s, cut = t, true
			}
		}
	}
	if s == "." || s == ".." || s == string(filepath.Separator) {
		return filepath.Join(s, std)
	}
	return s
}

// Taken tells whether writing to a path would replace what a file holds, with nobody having asked for it.
func Taken(path string, force bool) bool {
	st, err := os.Stat(path)
	return !force && path != "-" && err == nil && st.Mode().IsRegular() && st.Size() > 0
}

// MayOverwrite refuses to replace, unasked, a file that is no report of connbox: those say so within.
func MayOverwrite(path string, force bool) error {
	if !Taken(path, force) || isReport(path) {
		return nil
	}
	return Exitf(StatusUsage, "%s exists and is no report of connbox; --force replaces it, -o names another", path)
}

// reportMarks are how reports of connbox begin, with what else is in them. A recording may have the
// word in it, too: the recorder's connections are called so.
var reportMarks = [...]struct{ begins, holds string }{
	{"<!DOCTYPE html>", "connbox"}, {"<svg ", "Made by connbox"}, {"{\n \"schema\"", `"connbox`}, {`{"schema"`, `"connbox`},
	{"", "*Made by connbox "}, {"", "\nVERDICT  "}, {"", "\nOUTCOME  "},
}

// mostReport bounds what is read of a file to tell a report: they are smaller.
const mostReport = 4 << 20

func isReport(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostReport))
	return err == nil && slices.ContainsFunc(reportMarks[:], func(m struct{ begins, holds string }) bool {
		return bytes.HasPrefix(text, []byte(m.begins)) && bytes.Contains(text, []byte(m.holds))
	})
}

// AddForce adds the flag that lets a command replace files which it has not written.
func (a *App) AddForce(f *pflag.FlagSet) {
	f.BoolVar(&a.Force, "force", false, "replace files that are no reports of connbox")
}

// MayReplace refuses to overwrite a recording unasked.
func MayReplace(path string, force bool) error {
	st, err := os.Lstat(Follow(path))
	switch {
	case err != nil:
		return nil
	case st.IsDir():
		return Exitf(StatusUsage, "%s exists and is a folder; another recording runs there or broke off (connbox inspect --repair)", path)
	case !st.Mode().IsRegular():
		return Exitf(StatusUsage, "%s is no file; a bundle needs one", path)
	case !force:
		return Exitf(StatusUsage, "%s exists; --force replaces it, -o names another", path)
	}
	return nil
}
