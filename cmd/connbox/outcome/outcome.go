// Package outcome says how expectations went, in the forms that people, builds and their servers
// read.
package outcome

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// An Outcome is how one expectation, or one recording without any, went.
type Outcome struct {
	File, Name string // of the expectation; of the recording where there is none
	Verdict    string // of the analysis; empty if there was none
	Confidence float64
	Problems   []Problem           // why it could not be looked at
	Diffs      []expect.Difference // what was not met
	Notes      []string            // what else is to be said
	Code       cli.Status          // what it alone would exit with
	Took       time.Duration
}

// A Problem is why something could not be looked at; the place is zero where it is of no line.
type Problem struct {
	expect.Place
	Text string
}

// Fault notes a problem without a line, and its status.
func (o *Outcome) Fault(code cli.Status, text string) {
	o.Problems = append(o.Problems, Problem{Text: text})
	o.Code = cli.Worse(o.Code, code)
}

// Judged notes what was not met, and what that means for the status.
func (o *Outcome) Judged(diffs []expect.Difference) {
	o.Diffs = append(o.Diffs, diffs...)
	for i := range diffs {
		if diffs[i].Unknown {
			o.Code = cli.Worse(o.Code, cli.StatusTooLittle)
		} else {
			o.Code = cli.Worse(o.Code, cli.StatusFinding)
		}
	}
}

// lines gives what was wrong, a line each.
func (o *Outcome) lines() (out []string) {
	for _, p := range o.Problems {
		out = append(out, p.String(o.File))
	}
	for i := range o.Diffs {
		out = append(out, o.Diffs[i].String())
	}
	return out
}

// String gives a problem with its place.
func (p Problem) String(file string) string {
	if p.Line == 0 {
		return p.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", file, p.Line, p.Col, p.Text)
}

// text gives what was wrong on one line.
func (o *Outcome) text() string { return cli.Safe(strings.Join(o.lines(), "; ")) }

// place gives where in the file the first thing that is wrong stands; line 1 where nothing says.
func (o *Outcome) place() expect.Place {
	for _, p := range o.Problems {
		if p.Line > 0 {
			return p.Place
		}
	}
	for i := range o.Diffs {
		if o.Diffs[i].Line > 0 {
			return o.Diffs[i].Place
		}
	}
	return expect.Place{Line: 1, Col: 1}
}

// Status gives what all of them together exit with.
func Status(all []Outcome) cli.Status {
	code := cli.StatusDone
	for i := range all {
		code = cli.Worse(code, all[i].Code)
	}
	return code
}

// tally counts the outcomes that are as expected, and the others.
func tally(all []Outcome) (passed, failed int) {
	for i := range all {
		if all[i].Code == cli.StatusDone {
			passed++
		} else {
			failed++
		}
	}
	return passed, failed
}

// A Report is what is written.
type Report struct {
	Command string // connbox check, or another that judges
	All     []Outcome
	Times   bool // with how long each took
}

// formats are the forms of the result, the first is the default.
var formats = [...]struct {
	name  string
	write func(io.Writer, *Report) error
}{
	{"text", writeText},
	{"json", writeJSON},
	{"junit", writeJUnit},
	{"github", writeGitHub},
	{"summary", writeSummary},
	{"gitlab", writeGitLab},
	{"sarif", writeSARIF},
	{"tap", writeTAP},
}

// Formats names them.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Specs reads the values of -o. A build's log should show the table beside the file that the
// build's server reads: where nothing goes to standard output, the text does.
func Specs(outputs []string) ([]cli.Spec, error) {
	specs, err := cli.ParseSpecs(outputs, Formats())
	if err != nil {
		return nil, err
	}
	for _, s := range specs {
		if s.Path == "-" {
			return specs, nil
		}
	}
	return append(specs, cli.Spec{Format: "text", Path: "-"}), nil
}

// tellApart calls outcomes by their files that else had the same name: servers of builds take one for
// the other.
func tellApart(all []Outcome) {
	n := map[string]int{}
	for i := range all {
		n[all[i].Name]++
	}
	for i := range all {
		if o := &all[i]; n[o.Name] > 1 {
			o.Name = o.File
		}
	}
}

// Write writes the result in every form asked for, and gives its status as an error.
func Write(a *cli.App, specs []cli.Spec, r *Report) error {
	tellApart(r.All)
	for _, s := range specs {
		f := formats[cli.IndexOf(Formats(), s.Format)]
		if err := a.WriteTo(s.Path, func(w io.Writer) error { return f.write(w, r) }); err != nil {
			return err
		}
	}
	if code := Status(r.All); code != cli.StatusDone {
		return &cli.ExitError{Code: code}
	}
	return nil
}
