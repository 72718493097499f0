// Package check is the command check: recorded incidents held against expectations.
package check

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/cmd/connbox/outcome"
)

// A checker is one run of check.
type checker struct {
	a                    *cli.App
	outputs, budgets     []string
	jobs                 int
	init, update, dryRun bool
	with                 string // --expect

	common *expect.Expectation // of --budget; nil without
	given  *expect.Expectation // of --expect; nil without

	mu     sync.Mutex
	inputs []string // what was read for the expectations
}

// New gives the command check.
func New(a *cli.App) *cobra.Command {
	k := &checker{a: a}
	c := &cobra.Command{
		Use:   "check [FLAGS] PATH...",
		Short: "hold the analysis of recorded incidents against expectations",
		Long: `Check analyses recordings and compares what it finds with what it should: a regression test
for a build, and a gate for a load test's recording. PATH is an expectation file, a folder that
is searched for *.expect.yaml and *.expect.json, or a recording: that is held against the
expectations beside it, to --expect or --budget, and else must be healthy.

  expect: 1
  input: leak.dump.zst
  verdict: connection-leak
  not: [retry-storm]
  min_confidence: 0.8
  sources: [checkout]
  onset: 2026-08-18T13:08:00Z
  onset_within: 2m
  limit: never
  counts: {refused: 12430 +- 5%}
  budgets:
    max_connections: 800
    idle_p95: 60s
    growth_per_min: < 0.5

docs/expectations.md has every field, docs/schema/expect.schema.json describes them for editors.
All that is wrong with a file is told at once, with its line. With --init an expectation is
written beside each recording from what is found today; --update rewrites what differs, but for
budgets, which are demands. Both print the change; --dry-run does nothing else.

The exit status is 1 if an expectation is not met, 4 if that is only because the recording does
not say, 2 if an expectation is wrong, 3 if a recording cannot be read.`,
		Example: `  connbox check incidents/                          a table, and a closing line
  connbox check -o junit:check.xml incidents/       and JUnit XML for the build server
  connbox check --init ticket.connbox               write ticket.expect.yaml
  connbox check --update incidents/ --dry-run       what would be rewritten
  connbox check --budget 'refused: 0' --budget 'growth_per_min < 0.5' load-test.connbox`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Exitf(cli.StatusUsage, "%s needs an expectation file, a recording, or a folder of expectation files", c.Name())
			}
			return nil
		},
		ValidArgsFunction: cli.CompleteFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return k.run(args) },
	}
	f := c.Flags()
	f.StringArrayVarP(&k.outputs, "output", "o", nil, "write `FORMAT[:FILE]`: "+strings.Join(outcome.Formats(), ", ")+"; repeatable; without a file to standard output, where the text goes if nothing else does")
	f.StringArrayVar(&k.budgets, "budget", nil, "hold every recording to this `BOUND`, as 'max_connections: 800' or 'growth_per_min < 0.5'; repeatable")
	f.StringVar(&k.with, "expect", "", "hold the recordings given to this `FILE`, whatever its input")
	f.BoolVar(&k.init, "init", false, "write an expectation beside each recording from what is found today")
	f.BoolVar(&k.update, "update", false, "rewrite what differs in the expectations, but for budgets")
	f.BoolVarP(&k.dryRun, "dry-run", "n", false, "with --init and --update: print the change and write nothing")
	f.IntVarP(&k.jobs, "jobs", "j", 0, "analyse `N` recordings at once (default: as many as there are processors)")
	cli.Complete(c, "output", outcome.Formats()...)
	return c
}

// flags checks how the flags go together, and reads what they name.
func (k *checker) flags() error {
	switch {
	case k.init && k.update:
		return cli.Exitf(cli.StatusUsage, "--init writes new expectations and --update rewrites old ones; give one")
	case k.dryRun && !k.init && !k.update:
		return cli.Exitf(cli.StatusUsage, "--dry-run goes with --init or --update; check alone writes nothing")
	case (k.init || k.update) && len(k.outputs) > 0:
		return cli.Exitf(cli.StatusUsage, "--init and --update print what they change; -o goes with a check")
	case k.init && (k.with != "" || len(k.budgets) > 0):
		return cli.Exitf(cli.StatusUsage, "--init writes what is found; budgets are written into the file by hand")
	}
	var err error
	if k.jobs, err = cli.Jobs(k.jobs); err != nil {
		return err
	}
	k.given, k.common, err = outcome.Given(k.with, k.budgets)
	return err
}

func (k *checker) run(paths []string) error {
	if err := k.flags(); err != nil {
		return err
	}
	specs, err := outcome.Specs(k.outputs)
	if err != nil {
		return err
	}
	tasks, err := k.find(paths)
	if err != nil {
		return err
	}
	for _, s := range specs {
		if err := cli.CheckOutput(s.Path, files(tasks)...); err != nil {
			return err
		}
	}
	all := make([]outcome.Outcome, len(tasks))
	changes := make([]change, len(tasks))
	cli.Each(k.a.Ctx, len(tasks), k.jobs, func(i int) { all[i], changes[i] = k.one(tasks[i]) })
	if err := k.a.Ctx.Err(); err != nil {
		return err
	}
	for _, s := range specs { // before anything is written over a recording
		if err := cli.CheckOutput(s.Path, k.inputs...); err != nil {
			return err
		}
	}
	if k.init || k.update {
		if err := k.rewrite(changes, all); err != nil {
			return err
		}
	}
	_, still := k.a.Env("SOURCE_DATE_EPOCH") // reproducible-builds.org: nothing of the clock in what is written
	return outcome.Write(k.a, specs, &outcome.Report{Command: "connbox check", All: all, Times: !still})
}

// one looks at one task. Whatever happens to it, the others go on.
func (k *checker) one(t task) (o outcome.Outcome, ch change) {
	began := time.Now()
	o = outcome.Outcome{File: t.file(), Name: expect.CaseName(t.file())}
	defer func() {
		if p := recover(); p != nil { // one recording must not hide the others
			o.Fault(cli.StatusInternal, fmt.Sprintf("internal error: %v", p))
		}
		o.Took = time.Since(began)
	}()
	e, text, input := k.given, []byte(nil), t.recording
	if t.expectation != "" {
		if e, text = read(t.expectation, &o); e == nil {
			return o, ch
		}
		input = beside(e, e.Input)
	}
	if k.given != nil && t.recording != "" {
		input = t.recording
	}
	m := k.measure(e, input, &o)
	if m == nil {
		return o, ch
	}
	if k.init {
		target := cli.Stem(t.recording, "stdin") + expect.Suffixes[0]
		return o, change{file: target, text: expect.Propose(m, filepath.ToSlash(filepath.Base(t.recording)))}
	}
	if e == nil && k.common == nil {
		e, _ = expect.OfBudgets(nil, true, nil)
		o.Notes = append(o.Notes, "it has no expectation (--init writes one): held to be healthy")
	}
	for _, each := range []*expect.Expectation{e, k.common} {
		if each == nil {
			continue
		}
		diffs := each.Judge(m)
		if k.update && each == e && text != nil {
			diffs, ch = k.updated(e, text, m, diffs, &o)
		}
		o.Judged(diffs)
	}
	return o, ch
}

// read reads an expectation file; nil where it cannot be used, which the outcome says then.
func read(path string, o *outcome.Outcome) (*expect.Expectation, []byte) {
	text, err := outcome.ReadText(path)
	if err != nil {
		o.Fault(cli.StatusOf(err), err.Error())
		return nil, nil
	}
	e, problems := expect.Read(path, text, expect.Options{Near: cli.Nearest})
	for _, p := range problems {
		o.Problems = append(o.Problems, outcome.Problem{Place: p.Place, Text: p.Text})
		o.Code = cli.Worse(o.Code, cli.StatusUsage)
	}
	if len(problems) > 0 {
		return nil, nil
	}
	return e, text
}

// measure analyses a recording; nil where it cannot be read, which the outcome says then.
func (k *checker) measure(e *expect.Expectation, input string, o *outcome.Outcome) *expect.Measured {
	var app cli.AppFlags
	if e != nil && e.App != "" {
		app.File = beside(e, e.App)
	}
	if e != nil && e.AppMap != "" {
		app.Mapping = beside(e, e.AppMap)
	}
	for _, path := range []string{input, app.File, app.Mapping} {
		if outcome.Waits(path) {
			o.Fault(cli.StatusInput, path+" is no regular file")
			return nil
		}
	}
	k.mu.Lock()
	k.inputs = append(k.inputs, input, app.File, app.Mapping)
	k.mu.Unlock()
	r, tl, err := k.a.AnalysisOf(input, app)
	if err != nil && !errors.Is(err, k.a.Ctx.Err()) {
		o.Fault(cli.StatusOf(err), err.Error())
	}
	if r == nil {
		return nil
	}
	o.Verdict, o.Confidence = expect.VerdictOf(r), r.Verdict.Confidence
	return &expect.Measured{Report: r, Timeline: tl}
}

// beside resolves a path of an expectation file. There "-" is a file: standard input is no part of an
// expectation.
func beside(e *expect.Expectation, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	if path = filepath.Join(filepath.Dir(e.Name), filepath.FromSlash(path)); path == "-" {
		return "./-"
	}
	return path
}
