package main

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
)

func newCheck(a *app) *cobra.Command {
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
				return exitf(statusUsage, "%s needs an expectation file or a folder of them", c.Name())
			}
			return nil
		},
		ValidArgsFunction: completeFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.check(args, outputs, jobs)
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT[:FILE]`: text, json, junit or github; repeatable; without a file to standard output, where the text goes if nothing else does")
	f.IntVarP(&jobs, "jobs", "j", 0, "analyse `N` recordings at once (default: as many as there are processors)")
	complete(c, "output", "text", "json", "junit", "github")
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
	code       status
}

func (a *app) check(paths, outputs []string, jobs int) error {
	var names []string
	for _, f := range checkFormats {
		names = append(names, f.name)
	}
	specs, err := parseSpecs(outputs, names)
	if err != nil {
		return err
	}
	// A build's log should show the table beside the file that the build's server reads.
	if !slices.ContainsFunc(specs, func(s spec) bool { return s.path == "-" }) {
		specs = append(specs, spec{"text", "-"})
	}
	if jobs < 0 {
		return exitf(statusUsage, "--jobs %d: at least one", jobs)
	}
	files, err := findExpectations(paths)
	if err != nil {
		return err
	}
	for _, s := range specs {
		if err := checkOutput(s.path, files...); err != nil {
			return err
		}
	}
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	all := a.checkAll(files, jobs)
	if err := a.ctx.Err(); err != nil {
		return err
	}
	code := statusDone
	for _, o := range all {
		code = worse(code, o.code)
	}
	for _, s := range specs {
		f := checkFormats[indexOf(names, s.format)]
		if err := a.writeTo(s.path, func(w io.Writer) error { return f.write(w, all) }); err != nil {
			return err
		}
	}
	if code != statusDone {
		return &exitError{code: code}
	}
	return nil
}

// checkAll analyses several recordings at once; the outcomes are in the files' order.
func (a *app) checkAll(files []string, jobs int) []outcome {
	out := make([]outcome, len(files))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(jobs, len(files)) {
		wg.Go(func() {
			for i := range next {
				out[i] = a.checkOne(files[i])
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

func (a *app) checkOne(file string) (o outcome) {
	o = outcome{file: file, name: caseName(file)}
	defer func() {
		if p := recover(); p != nil { // one recording must not hide the others
			o.code, o.unmet = statusInternal, []string{fmt.Sprintf("internal error: %v", p)}
		}
	}()
	e, err := readExpectation(file)
	if err != nil {
		o.code, o.unmet = statusOf(err), []string{err.Error()}
		return o
	}
	var app appFlags
	if e.App != "" {
		app.file = e.beside(e.App)
	}
	if e.AppMap != "" {
		app.mapping = e.beside(e.AppMap)
	}
	for _, path := range []string{e.beside(e.Input), app.file, app.mapping} {
		if waits(path) {
			o.code, o.unmet = statusInput, []string{path + " is no regular file"}
			return o
		}
	}
	r, readErr := a.analysis(e.beside(e.Input), app)
	if r != nil {
		o.verdict, o.confidence = verdictOf(r), r.Verdict.Confidence
		o.unmet = e.judge(r)
	}
	switch {
	case readErr != nil && !errors.Is(readErr, a.ctx.Err()):
		o.code, o.unmet = statusOf(readErr), append([]string{readErr.Error()}, o.unmet...)
	case len(o.unmet) > 0 && r.Verdict.Status == finding.Undetermined:
		o.code = statusTooLittle
	case len(o.unmet) > 0:
		o.code = statusFinding
	}
	return o
}

// tally counts the outcomes that are as expected, and the others.
func tally(all []outcome) (passed, failed int) {
	for _, o := range all {
		if o.code == statusDone {
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
		if o.code != statusDone {
			mark = "FAIL"
		}
		if o.verdict != "" {
			conf = strconv.FormatFloat(o.confidence, 'f', 2, 64)
		}
		line := fmt.Sprintf("%s  %-*s  %-*s  %s  %s", mark, min(wide, 40), safe(o.name), verdictWide, o.verdict, conf, safe(strings.Join(o.unmet, "; ")))
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	passed, failed := tally(all)
	_, err := fmt.Fprintf(w, "\n%d passed, %d failed\n", passed, failed)
	return err
}

func checkJSON(w io.Writer, all []outcome) error {
	type result struct {
		Name       string   `json:"name"`
		File       string   `json:"file"`
		OK         bool     `json:"ok"`
		Status     status   `json:"status"` // what it alone would exit with
		Verdict    string   `json:"verdict"`
		Confidence float64  `json:"confidence"`
		Unmet      []string `json:"unmet"`
	}
	out := struct {
		Schema  int      `json:"schema"`
		Passed  int      `json:"passed"`
		Failed  int      `json:"failed"`
		Results []result `json:"results"`
	}{Schema: 1, Results: []result{}}
	out.Passed, out.Failed = tally(all)
	for _, o := range all {
		out.Results = append(out.Results, result{o.name, o.file, o.code == statusDone, o.code, o.verdict, o.confidence, orEmpty(o.unmet)})
	}
	return writeJSON(w, out)
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
		c := testcase{Class: "connbox", Name: safe(o.name), File: safe(o.file)}
		text := safe(strings.Join(o.unmet, "; "))
		switch o.code {
		case statusDone:
		case statusFinding, statusTooLittle:
			kind := "expectation"
			if o.code == statusTooLittle {
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
		if o.code == statusDone {
			continue
		}
		if shown++; shown == maxAnnotations && failed > maxAnnotations {
			_, err := fmt.Fprintf(w, "::error title=connbox check::%d more expectations are not met\n", failed-shown+1)
			return err
		}
		if _, err := fmt.Fprintf(w, "::error file=%s,title=%s::%s\n", property.Replace(safe(o.file)), property.Replace("connbox check "+safe(o.name)),
			data.Replace(safe(strings.Join(o.unmet, "; ")))); err != nil {
			return err
		}
	}
	return nil
}
