// Package testrun is the command record-test: a recording around a test, held to budgets.
package testrun

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/session"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/cmd/connbox/outcome"
	"github.com/connbox/connbox/cmd/connbox/recorder"
)

// A testRun is one run of record-test.
type testRun struct {
	a                *cli.App
	server           recorder.Server
	budgets, outputs []string
	with, bundle     string
	limit, settle    time.Duration
	every            time.Duration
}

// usual is what a test is held to where nothing else is asked for.
var usual = []string{"refused: 0", "connections_left: 0"}

// New gives the command record-test.
func New(a *cli.App) *cobra.Command {
	r := &testRun{a: a}
	c := &cobra.Command{
		Use:   "record-test [FLAGS] -- COMMAND [ARGUMENTS]",
		Short: "record a server while a test runs, and hold the recording to budgets",
		Long: `Record-test records a server while COMMAND runs (an integration test, a load test), and holds the
recording to budgets, or to an expectation file, at its end. With neither, nothing may be refused,
the test's connections must be closed afterwards, and no incident may be found.

The server should be the test's own: what others do to it counts as well. The recorder holds one
connection, which is in all counts. COMMAND's output is passed through; where -o sends a format
for programs to standard output, it goes to standard error. A recording whose test or budgets
failed is kept.

The exit status is 1 if COMMAND failed, did not end in time, or a budget is not met; 4 if the
recording does not say; 2 for wrong flags or a COMMAND that cannot be run; 5 if the server cannot
be reached: then COMMAND is not run. What COMMAND leaves running is told, and ended.`,
		Example: `  connbox record-test --budget 'max_connections: 50' --budget 'connections_left: 0' -- go test ./...
  connbox record-test -h 127.0.0.1 -p 6380 -o junit:connbox.xml -- pytest tests/
  connbox record-test --expect load.expect.yaml --bundle load.connbox --limit 20m -- ./load-test.sh`,
		Args:              func(c *cobra.Command, args []string) error { return r.args(c, args) },
		ValidArgsFunction: cli.CompleteFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return r.run(args) },
	}
	f := c.Flags()
	f.StringArrayVar(&r.budgets, "budget", nil, "hold the recording to this `BOUND`, as 'max_connections: 800' or 'growth_per_min < 0.5'; repeatable")
	f.StringVar(&r.with, "expect", "", "hold it to this expectation `FILE`, whatever its input")
	f.StringVar(&r.bundle, "bundle", "", "keep the recording as `FILE`, also of a test that passes")
	cli.Positive(f, &r.limit, "limit", 0, "end COMMAND after this `TIME`, as 10m, which is a failure; default never")
	cli.NotNegative(f, &r.settle, "settle", time.Second, "the last sample is taken this `TIME` after COMMAND's end")
	cli.Positive(f, &r.every, "every", 200*time.Millisecond, "ask for INFO every `TIME`; for CLIENT LIST every second, or as seldom")
	f.StringArrayVarP(&r.outputs, "output", "o", nil, "write `FORMAT[:FILE]`: "+strings.Join(outcome.Formats(), ", ")+"; repeatable; without a file to standard output, where the text goes if nothing else does")
	r.server.Add(a, f)
	cli.Complete(c, "output", outcome.Formats()...)
	return c
}

func (r *testRun) args(c *cobra.Command, args []string) error {
	switch at := c.ArgsLenAtDash(); {
	case at < 0 && len(args) > 0, at > 0:
		return cli.Exitf(cli.StatusUsage, "%s: the command to run stands behind --, as in %s -- go test ./...", args[0], c.CommandPath())
	case len(args) == 0 || args[0] == "":
		return cli.Exitf(cli.StatusUsage, "%s needs a command to run, behind --", c.Name())
	}
	return nil
}

// expectations reads what the recording is held to.
func (r *testRun) expectations() (all []*expect.Expectation, err error) {
	lines := r.budgets
	if len(lines) == 0 && r.with == "" {
		lines = usual
	}
	ofFile, ofBudgets, err := outcome.Given(r.with, lines)
	for _, e := range [...]*expect.Expectation{ofFile, ofBudgets} {
		if e != nil {
			all = append(all, e)
		}
	}
	return all, err
}

func (r *testRun) run(args []string) error {
	specs, err := outcome.Specs(r.outputs)
	if err != nil {
		return err
	}
	wanted, err := r.expectations()
	if err != nil {
		return err
	}
	opts, err := r.server.Options()
	if err != nil {
		return err
	}
	opts.Info, opts.Clients, opts.Budget = r.every, max(r.every, time.Second), 0.01
	if err := opts.Check(); err != nil {
		return cli.Exitf(cli.StatusUsage, "%w", err)
	}
	path, err := r.place(specs)
	if err != nil {
		return err
	}
	r.a.Seal()
	o := outcome.Outcome{Name: filepath.Base(args[0]), File: path}
	if r.with != "" {
		o.File = r.with
	}
	began := time.Now()
	over, err := r.around(args, specs, opts, path, &o)
	if err != nil {
		return err
	}
	o.Took = time.Since(began)
	if err := r.judge(path, wanted, over, &o); err != nil {
		return err
	}
	if o.Code == cli.StatusDone && r.bundle == "" {
		os.Remove(path)
	} else {
		r.a.Note("the recording: %s", path)
	}
	_, still := r.a.Env("SOURCE_DATE_EPOCH")
	return outcome.Write(r.a, specs, &outcome.Report{Command: "connbox record-test", All: []outcome.Outcome{o}, Times: !still})
}

// place gives where the recording goes. One of the run before is replaced, and nothing else.
func (r *testRun) place(specs []cli.Spec) (path string, err error) {
	for _, s := range specs {
		if err := cli.CheckOutput(s.Path, r.with); err != nil {
			return "", err
		}
		if s.Path == r.bundle && s.Path != "-" {
			return "", cli.Exitf(cli.StatusUsage, "-o %s and --bundle go to the same file", s.Format)
		}
	}
	switch path = r.bundle; path {
	case "":
		return "record-test-" + time.Now().UTC().Format("20060102T150405.000Z") + ".connbox", nil
	case "-":
		return "", cli.Exitf(cli.StatusUsage, "a recording cannot go to standard output; name a file with --bundle")
	}
	if err := session.Clear(path); err != nil {
		return "", cli.Exitf(cli.StatusUsage, "%w; --bundle names another", err)
	}
	return path, nil
}

// around records while the command runs, and gives when that was over.
func (r *testRun) around(args []string, specs []cli.Spec, opts capture.Options, path string, o *outcome.Outcome) (over time.Time, err error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(r.a.Ctx)) // once begun, a recording has an end
	defer stop()
	begun := context.AfterFunc(r.a.Ctx, stop)
	s, err := session.Start(ctx, opts, path, cli.Tool)
	var refused *capture.ConnectError
	switch {
	case !begun(): // interrupted before
		if s != nil {
			s.Stop()
		}
		os.RemoveAll(path)
		return over, r.a.Ctx.Err()
	case errors.As(err, &refused):
		why, _, _ := strings.Cut(refused.Error(), "; --wait") // a flag of capture
		return over, cli.Exitf(cli.StatusConnect, "%s; the command was not run", closed(why))
	case err != nil:
		return over, cli.Exitf(cli.StatusUsage, "%w; the command was not run", err)
	}
	out := r.a.Out
	for _, spec := range specs {
		if spec.Path == "-" && spec.Format != "text" {
			out = r.a.Err
		}
	}
	s.Note("test begins: " + cli.Safe(strings.Join(args, " ")))
	c, err := begin(args, r.a.In, out, r.a.Err)
	if err != nil {
		s.Stop()
		os.Remove(path)
		return over, startError(args[0], err)
	}
	var mark cli.OutFile
	r.a.Watch(&mark, func() { signalGroup(c.cmd, true) }) // asked to stop twice, we leave nothing behind
	defer r.a.Watch(&mark, nil)
	end := c.wait(r.a.Ctx, r.limit)
	over = time.Now()
	s.Note("test ends")
	r.last(s, over, o)
	err = s.Stop()
	if end.left { // after the last sample, which is to show what they hold
		o.Notes = append(o.Notes, "the command left processes running; they were ended")
		c.reap()
	}
	if err != nil {
		return over, cli.Exitf(cli.StatusUsage, "%w; what was recorded is in the folder %s (connbox inspect --repair)", err, path)
	}
	if r.a.Ctx.Err() != nil {
		r.a.Note("the recording so far: %s", path)
		return over, r.a.Ctx.Err()
	}
	if end.what != "" {
		o.Fault(cli.StatusFinding, end.what)
	}
	return over, nil
}

// last waits for the last sample. A server that went away with the test gives none, which the
// recording says.
func (r *testRun) last(s *session.Session, over time.Time, o *outcome.Outcome) {
	ctx, cancel := context.WithTimeout(r.a.Ctx, r.settle+5*time.Second)
	defer cancel()
	if err := s.Answered(ctx, over.Add(r.settle)); err != nil && r.a.Ctx.Err() == nil {
		o.Notes = append(o.Notes, fmt.Sprintf("the server did not answer within %v after the command: the last sample is missing", r.settle+5*time.Second))
	}
}

// judge holds the recording against what is wanted.
func (r *testRun) judge(path string, wanted []*expect.Expectation, over time.Time, o *outcome.Outcome) error {
	rep, tl, err := r.a.AnalysisOf(path, cli.AppFlags{})
	if err != nil {
		return err
	}
	o.Verdict, o.Confidence = expect.VerdictOf(rep), rep.Verdict.Confidence
	m := &expect.Measured{Report: rep, Timeline: tl, Until: over}
	for _, e := range wanted {
		o.Judged(e.Judge(m))
	}
	if len(r.budgets) == 0 && r.with == "" && rep.Verdict.Status == finding.Incident {
		o.Judged([]expect.Difference{{Field: "verdict", Got: o.Verdict, Want: "no incident", Evidence: []expect.Evidence{{Claim: rep.Verdict.Summary}}}})
	}
	return nil
}

// closed gives a text whose bracket was cut off.
func closed(s string) string {
	if strings.Count(s, "(") > strings.Count(s, ")") {
		return s + ")"
	}
	return s
}
