package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// expectSuffix is what the names of expectation files end in.
const expectSuffix = ".expect.json"

// An expectation says what the analysis of a recording must come to.
type expectation struct {
	Expect      int      `json:"expect"` // version of this format: 1
	Input       string   `json:"input"`  // relative to the file
	App         string   `json:"app"`
	AppMap      string   `json:"app_map"`
	Verdict     string   `json:"verdict"` // a cause, healthy or undetermined
	Accept      []string `json:"accept"`  // verdicts that are right as well
	Not         []string `json:"not"`     // causes that must not have taken part
	MinConf     float64  `json:"min_confidence"`
	MaxConf     *float64 `json:"max_confidence"`
	Source      string   `json:"source"`
	Onset       string   `json:"onset"`
	OnsetWithin string   `json:"onset_within"`

	file   string
	onset  time.Time
	within time.Duration
}

// maxExpect bounds an expectation file. It is arbitrary.
const maxExpect = 1 << 20

// readExpectation reads and checks an expectation file. Its errors carry the place.
func readExpectation(path string) (*expectation, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cli.Exitf(cli.StatusUsage, "%s: cannot be opened: %w", path, cli.Bare(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxExpect+1))
	if err != nil {
		return nil, cli.Exitf(cli.StatusUsage, "%s: cannot be read: %w", path, cli.Bare(err))
	}
	if what := recordingKind(path, text); what != "" {
		return nil, cli.Exitf(cli.StatusUsage, "%s is %s; check wants an expectation file beside it (NAME%s), which says what it must come to; connbox analyze says what happened", path, what, expectSuffix)
	}
	if len(text) > maxExpect {
		return nil, cli.Exitf(cli.StatusUsage, "%s: larger than an expectation file can be", path)
	}
	e := &expectation{file: path}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, cli.Exitf(cli.StatusUsage, "%s: %s", position(path, text, d, err), jsonProblem(err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, cli.Exitf(cli.StatusUsage, "%s: something follows the expectation", position(path, text, d, nil))
	}
	if what := e.check(); what != "" {
		return nil, cli.Exitf(cli.StatusUsage, "%s: %s", path, what)
	}
	return e, nil
}

// recordingKind says what a file is that was given for an expectation and is none; empty where it may be
// one.
func recordingKind(path string, text []byte) string {
	switch {
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return "a bundle"
	case bytes.HasPrefix(text, []byte("\x28\xb5\x2f\xfd")), bytes.HasPrefix(text, []byte("\x1f\x8b")):
		return "a compressed recording"
	case !strings.HasSuffix(path, ".json") && !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")):
		return "no expectation"
	}
	return ""
}

// position gives file:line:column of a JSON error. An unknown field is looked for by its name.
func position(path string, text []byte, d *json.Decoder, err error) string {
	at := d.InputOffset()
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = max(syntax.Offset-1, 0)
	case errors.As(err, &kind):
		at = kind.Offset
	case err != nil:
		if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
			at = int64(max(bytes.Index(text, []byte(name)), 0))
		} else {
			at = int64(len(text))
		}
	}
	before := text[:min(at, int64(len(text)))]
	line := bytes.Count(before, []byte{'\n'})
	return fmt.Sprintf("%s:%d:%d", path, line+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

func jsonProblem(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "the file ends within the expectation"
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return fmt.Sprintf("%s cannot be a %s", kind.Field, kind.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// check says what is wrong with an expectation; empty if nothing is.
func (e *expectation) check() string {
	verdicts := append(cli.CauseIDs(), string(finding.Healthy), string(finding.Undetermined))
	switch {
	case e.Expect != 1:
		return fmt.Sprintf("expect is %d; this connbox reads version 1", e.Expect)
	case e.Input == "":
		return "input is missing"
	case e.Verdict == "":
		return "verdict is missing"
	case e.AppMap != "" && e.App == "":
		return "app_map says how to read app, which is missing"
	case e.MinConf < 0 || e.MinConf > 1:
		return fmt.Sprintf("min_confidence %v is not from 0 to 1", e.MinConf)
	case e.MaxConf != nil && (*e.MaxConf < e.MinConf || *e.MaxConf > 1):
		return fmt.Sprintf("max_confidence %v is not from min_confidence to 1", *e.MaxConf)
	case (e.Onset == "") != (e.OnsetWithin == ""):
		return "onset and onset_within belong together"
	}
	for _, v := range append([]string{e.Verdict}, e.Accept...) {
		if cli.IndexOf(verdicts, v) < 0 {
			return fmt.Sprintf("verdict %q is neither healthy, undetermined nor a cause", v)
		}
	}
	for _, v := range e.Not {
		if verdict.CauseByID(v) == nil {
			return fmt.Sprintf("not: %q is no cause", v)
		}
	}
	if e.Onset == "" {
		return ""
	}
	var err error
	if e.onset, err = time.Parse(time.RFC3339, e.Onset); err != nil {
		return fmt.Sprintf("onset %q is no time as 2026-08-18T13:08:00Z", e.Onset)
	}
	if e.within, err = time.ParseDuration(e.OnsetWithin); err != nil || e.within < 0 {
		return fmt.Sprintf("onset_within %q is no duration as 2m", e.OnsetWithin)
	}
	return ""
}

// beside resolves a path of the expectation file.
func (e *expectation) beside(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(e.file), filepath.FromSlash(path))
}

// waits tells whether a path is a pipe or a device: opening one that nobody named on the
// command line could wait for ever.
func waits(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir() && !st.Mode().IsRegular()
}

// caseName is how people call an expectation.
func caseName(file string) string { return strings.TrimSuffix(filepath.Base(file), expectSuffix) }

// verdictOf is a report's verdict in one word.
func verdictOf(r *finding.Report) string {
	if r.Verdict.Status == finding.Incident {
		return r.Verdict.Cause
	}
	return string(r.Verdict.Status)
}

// judge lists what of the expectation a report does not meet.
func (e *expectation) judge(r *finding.Report) (unmet []string) {
	no := func(format string, args ...any) { unmet = append(unmet, fmt.Sprintf(format, args...)) }
	if got := verdictOf(r); got != e.Verdict && !slices.Contains(e.Accept, got) {
		no("verdict %s, want %s", got, strings.Join(append([]string{e.Verdict}, e.Accept...), " or "))
	}
	if c := r.Verdict.Confidence; c < e.MinConf {
		no("confidence %.2f, want at least %.2f", c, e.MinConf)
	} else if e.MaxConf != nil && c > *e.MaxConf {
		no("confidence %.2f, want at most %.2f", c, *e.MaxConf)
	}
	for _, c := range r.Causes {
		if slices.Contains(e.Not, c.ID) {
			no("%s took part as %s and must not", c.ID, c.Role)
		}
	}
	if e.Source != "" {
		if got, ok := e.hasSource(r); !ok {
			no("source %s, want %s among the first two", got, e.Source)
		}
	}
	if !e.onset.IsZero() {
		switch {
		case len(r.Causes) == 0 || r.Causes[0].Onset.IsZero():
			no("no onset, want %s", e.Onset)
		case r.Causes[0].Onset.Sub(e.onset).Abs() > e.within:
			no("onset %s, want %s give or take %s", r.Causes[0].Onset.UTC().Format(time.RFC3339), e.Onset, e.OnsetWithin)
		}
	}
	return unmet
}

// hasSource tells whether one of the first two sources of the root is the one expected; got
// names those.
func (e *expectation) hasSource(r *finding.Report) (got string, ok bool) {
	var seen []string
	if len(r.Causes) > 0 {
		for i, s := range r.Causes[0].Sources {
			if i == 2 {
				break
			}
			prefix := strings.HasSuffix(e.Source, ".") && strings.HasPrefix(s.Host, e.Source)
			ok = ok || prefix || s.Host == e.Source || s.Name == e.Source
			seen = append(seen, strings.TrimSpace(s.Host+" "+s.Name))
		}
	}
	if seen == nil {
		return "none", ok
	}
	return strings.Join(seen, ", "), ok
}

// findExpectations lists the expectation files of the paths: files as they are, folders
// searched through, by name.
func findExpectations(paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil {
			return nil, cli.Exitf(cli.StatusUsage, "%s: cannot be opened: %w", path, cli.Bare(err))
		}
		if !st.IsDir() {
			out = append(out, path)
			continue
		}
		n := len(out)
		err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, expectSuffix) {
				return err
			}
			if waits(p) {
				return cli.Exitf(cli.StatusUsage, "%s is no regular file", p)
			}
			out = append(out, p)
			return nil
		})
		if err != nil {
			return nil, cli.Exitf(cli.StatusUsage, "searching %s: %w", path, err)
		}
		if len(out) == n {
			return nil, cli.Exitf(cli.StatusUsage, "%s: no file in it ends in %s", path, expectSuffix)
		}
	}
	return out, nil
}
