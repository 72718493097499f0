// Package check is the command check: expectations, and how they are reported to builds.
package check

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// New gives the command check.
func New(a *cli.App) *cobra.Command {
	var outputs []string
	var jobs int
	c := &cobra.Command{
		Use:   "check [FLAGS] PATH...",
		Short: "hold the analysis of recorded incidents against expectations",
		Long: `Check analyses recordings and compares what it finds with what it should: a regression test
for a build. PATH is an expectation file, or a folder that is searched for *.expect.json:

  {"expect": 1, "input": "leak.dump.zst", "verdict": "connection-leak",
   "accept": ["oversized-pool"], "not": ["retry-storm"], "min_confidence": 0.6,
   "source": "10.0.0.", "onset": "2026-08-18T13:08:00Z", "onset_within": "2m"}

Only expect, input and verdict must be there. input, app (pool metrics) and app_map (how to
read them) are relative to the file; verdict is a cause, healthy or undetermined; accept
lists verdicts that are right as well, not causes that must not have taken part; source is a
host or name among the first two of the verdict's cause, or how the host begins if it ends
in a dot; min_confidence and max_confidence bound the verdict's. Another field is an error.

The exit status is 1 if an expectation is not met, and 4 if that is only because the analysis
came out undetermined.`,
		Example: `  connbox check incidents/                          a table, and a closing line
  connbox check -o junit:check.xml incidents/       and JUnit XML for the build server
  connbox check -o github incidents/                annotations for a GitHub workflow`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Exitf(cli.StatusUsage, "%s needs an expectation file or a folder of them", c.Name())
			}
			return nil
		},
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return run(a, args, outputs, jobs)
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT[:FILE]`: text, json, junit or github; repeatable; without a file to standard output, where the text goes if nothing else does")
	f.IntVarP(&jobs, "jobs", "j", 0, "analyse `N` recordings at once (default: as many as there are processors)")
	cli.Complete(c, "output", "text", "json", "junit", "github")
	return c
}

// checkFormats are the forms of the result.
var checkFormats = [...]struct {
	name  string
	write func(io.Writer, []outcome) error
}{
	{"text", checkText},
	{"json", checkJSON},
	{"junit", checkJUnit},
	{"github", checkGitHub},
}

// An outcome is how one expectation went.
type outcome struct {
	file, name string
	verdict    string // of the analysis; empty if there was none
	confidence float64
	unmet      []string // what was not met, or why it could not be looked at
	code       cli.Status
}

func run(a *cli.App, paths, outputs []string, jobs int) error {
	var names []string
	for _, f := range checkFormats {
		names = append(names, f.name)
	}
	specs, err := cli.ParseSpecs(outputs, names)
	if err != nil {
		return err
	}
	// A build's log should show the table beside the file that the build's server reads.
	if !slices.ContainsFunc(specs, func(s cli.Spec) bool { return s.Path == "-" }) {
		specs = append(specs, cli.Spec{Format: "text", Path: "-"})
	}
	if jobs < 0 {
		return cli.Exitf(cli.StatusUsage, "--jobs %d: at least one", jobs)
	}
	files, err := findExpectations(paths)
	if err != nil {
		return err
	}
	for _, s := range specs {
		if err := cli.CheckOutput(s.Path, files...); err != nil {
			return err
		}
	}
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	all := checkAll(a, files, jobs)
	if err := a.Ctx.Err(); err != nil {
		return err
	}
	code := cli.StatusDone
	for _, o := range all {
		code = cli.Worse(code, o.code)
	}
	for _, s := range specs {
		f := checkFormats[cli.IndexOf(names, s.Format)]
		if err := a.WriteTo(s.Path, func(w io.Writer) error { return f.write(w, all) }); err != nil {
			return err
		}
	}
	if code != cli.StatusDone {
		return &cli.ExitError{Code: code}
	}
	return nil
}

// checkAll analyses several recordings at once; the outcomes are in the files' order.
func checkAll(a *cli.App, files []string, jobs int) []outcome {
	out := make([]outcome, len(files))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(jobs, len(files)) {
		wg.Go(func() {
			for i := range next {
				out[i] = checkOne(a, files[i])
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

func checkOne(a *cli.App, file string) (o outcome) {
	o = outcome{file: file, name: caseName(file)}
	defer func() {
		if p := recover(); p != nil { // one recording must not hide the others
			o.code, o.unmet = cli.StatusInternal, []string{fmt.Sprintf("internal error: %v", p)}
		}
	}()
	e, err := readExpectation(file)
	if err != nil {
		o.code, o.unmet = cli.StatusOf(err), []string{err.Error()}
		return o
	}
	var app cli.AppFlags
	if e.App != "" {
		app.File = e.beside(e.App)
	}
	if e.AppMap != "" {
		app.Mapping = e.beside(e.AppMap)
	}
	for _, path := range []string{e.beside(e.Input), app.File, app.Mapping} {
		if waits(path) {
			o.code, o.unmet = cli.StatusInput, []string{path + " is no regular file"}
			return o
		}
	}
	r, readErr := a.Analysis(e.beside(e.Input), app)
	if r != nil {
		o.verdict, o.confidence = verdictOf(r), r.Verdict.Confidence
		o.unmet = e.judge(r)
	}
	switch {
	case readErr != nil && !errors.Is(readErr, a.Ctx.Err()):
		o.code, o.unmet = cli.StatusOf(readErr), append([]string{readErr.Error()}, o.unmet...)
	case len(o.unmet) > 0 && r.Verdict.Status == finding.Undetermined:
		o.code = cli.StatusTooLittle
	case len(o.unmet) > 0:
		o.code = cli.StatusFinding
	}
	return o
}

// tally counts the outcomes that are as expected, and the others.
func tally(all []outcome) (passed, failed int) {
	for _, o := range all {
		if o.code == cli.StatusDone {
			passed++
		} else {
			failed++
		}
	}
	return passed, failed
}

func checkText(w io.Writer, all []outcome) error {
	wide, verdictWide := 0, 0
	for _, o := range all {
		wide, verdictWide = max(wide, len(o.name)), max(verdictWide, len(o.verdict))
	}
	for _, o := range all {
		mark, conf := "ok  ", "    "
		if o.code != cli.StatusDone {
			mark = "FAIL"
		}
		if o.verdict != "" {
			conf = strconv.FormatFloat(o.confidence, 'f', 2, 64)
		}
		line := fmt.Sprintf("%s  %-*s  %-*s  %s  %s", mark, min(wide, 40), cli.Safe(o.name), verdictWide, o.verdict, conf, cli.Safe(strings.Join(o.unmet, "; ")))
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	passed, failed := tally(all)
	_, err := fmt.Fprintf(w, "\n%d passed, %d failed\n", passed, failed)
	return err
}

// The types of check's JSON: fields may be added, none is renamed or removed. The comment
// beside a field is its description in docs/schema.
type (
	// Check is how the expectations went.
	Check struct {
		Schema  int           `json:"schema"`  // version of this format
		Passed  int           `json:"passed"`  // expectations that were met
		Failed  int           `json:"failed"`  // expectations that were not, or could not be looked at
		Results []CheckResult `json:"results"` // one an expectation file, in their order
	}
	// CheckResult is how one expectation went.
	CheckResult struct {
		Name       string     `json:"name"`       // of the expectation
		File       string     `json:"file"`       // where it stands
		OK         bool       `json:"ok"`         // it was met
		Status     cli.Status `json:"status"`     // what it alone would exit with
		Verdict    string     `json:"verdict"`    // of the analysis: a cause, healthy or undetermined; empty without one
		Confidence float64    `json:"confidence"` // of that verdict
		Unmet      []string   `json:"unmet"`      // what was not met, or why it could not be looked at
	}
)

func checkJSON(w io.Writer, all []outcome) error {
	out := Check{Schema: 1, Results: []CheckResult{}}
	out.Passed, out.Failed = tally(all)
	for _, o := range all {
		out.Results = append(out.Results, CheckResult{o.name, o.file, o.code == cli.StatusDone, o.code, o.verdict, o.confidence, cli.OrEmpty(o.unmet)})
	}
	return cli.WriteJSON(w, out)
}

// checkJUnit writes what Jenkins and GitLab read. The message is repeated in the body of the
// failure, for GitLab shows only that. There are no times: the same input gives the same bytes.
func checkJUnit(w io.Writer, all []outcome) error {
	type problem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Body    string `xml:",chardata"`
	}
	type testcase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		File    string   `xml:"file,attr"`
		Failure *problem `xml:"failure"`
		Error   *problem `xml:"error"`
	}
	suite := struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Cases    []testcase `xml:"testcase"`
	}{Name: "connbox check", Tests: len(all)}
	for _, o := range all {
		c := testcase{Class: "connbox", Name: cli.Safe(o.name), File: cli.Safe(o.file)}
		text := cli.Safe(strings.Join(o.unmet, "; "))
		switch o.code {
		case cli.StatusDone:
		case cli.StatusFinding, cli.StatusTooLittle:
			kind := "expectation"
			if o.code == cli.StatusTooLittle {
				kind = "undetermined"
			}
			c.Failure = &problem{text, kind, text}
			suite.Failures++
		default:
			c.Error = &problem{text, "input", text}
			suite.Errors++
		}
		suite.Cases = append(suite.Cases, c)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", " ")
	if err := e.Encode(suite); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// maxAnnotations is how many errors GitHub shows of a step; the last one counts the rest.
const maxAnnotations = 10

// checkGitHub writes workflow commands, which GitHub shows as annotations.
func checkGitHub(w io.Writer, all []outcome) error {
	_, failed := tally(all)
	shown := 0
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, o := range all {
		if o.code == cli.StatusDone {
			continue
		}
		if shown++; shown == maxAnnotations && failed > maxAnnotations {
			_, err := fmt.Fprintf(w, "::error title=connbox check::%d more expectations are not met\n", failed-shown+1)
			return err
		}
		if _, err := fmt.Fprintf(w, "::error file=%s,title=%s::%s\n", property.Replace(cli.Safe(o.file)), property.Replace("connbox check "+cli.Safe(o.name)),
			data.Replace(cli.Safe(strings.Join(o.unmet, "; ")))); err != nil {
			return err
		}
	}
	return nil
}
