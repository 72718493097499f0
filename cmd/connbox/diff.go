package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/compare"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/report"
)

func newDiff(a *cli.App) *cobra.Command {
	var outputs []string
	var failOn string
	c := &cobra.Command{
		Use:   "diff [FLAGS] BEFORE AFTER",
		Short: "say what changed between two recordings, and whether a fix worked",
		Long: `Diff lays two recordings side by side: before and after a fix, this incident and the last, a
quiet day and a bad one. It says what became of the incident, by the quantity that shows whether
its cause is still at work, and what changed of the server and of each application, with a 90 %
interval and a test. Applications are matched by name, or by network where they have none.

A difference is one between these two stretches of time. Where recordings can hardly be compared
(no client in common, other servers, other cadences, one sample, damage), it says so and
compares what can be compared.`,
		Example: `  connbox diff before.connbox after.connbox              did the fix work
  connbox diff --full monday.log tuesday.log             every quantity, with intervals
  connbox diff --fail-on worse,began base.connbox new.connbox   a gate after a deploy
  connbox diff -o md:d.md -o html:d.html a.log b.log     for the ticket`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) != 2:
				return cli.Exitf(cli.StatusUsage, "diff needs two recordings, before and after, but was given %d", len(args))
			case args[0] == "-" && args[1] == "-":
				return cli.Exitf(cli.StatusUsage, "only one of the recordings can be standard input")
			}
			return nil
		},
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			return runDiff(a, args, outputs, failOn)
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT[:FILE]`: text, json, md, html; repeatable; without a file to standard output (default text)")
	f.StringVar(&failOn, "fail-on", "", "exit with 1 on `OUTCOME`: worse, began, unchanged, better, another, ended, fixed, comma-separated, each with a least confidence if wanted (worse:0.9); with 4 where the recordings do not say")
	f.BoolVar(&a.Full, "full", false, "every quantity, with intervals and p-values; without, at most 35 lines")
	a.Window.AddUnpacked(f)
	cli.Complete(c, "output", diffFormats()...)
	return c
}

func diffFormats() (names []string) {
	for _, f := range report.DiffFormats() {
		names = append(names, f.Name)
	}
	return names
}

func runDiff(a *cli.App, paths, outputs []string, failOn string) error {
	rules, err := parseFailOnOutcome(failOn)
	if err != nil {
		return err
	}
	specs, err := cli.ParseSpecs(outputs, diffFormats())
	if err != nil {
		return err
	}
	if len(outputs) == 0 {
		specs = []cli.Spec{{Format: "text", Path: "-"}}
	}
	for _, s := range specs {
		if err := cli.CheckOutput(s.Path, paths...); err != nil {
			return err
		}
	}
	var sides [2]compare.Side
	var broken error
	for i, path := range paths {
		tl, err := a.Timeline(path)
		if tl == nil {
			return err
		}
		broken = errors.Join(broken, err)
		sides[i] = compare.Side{Timeline: tl, Report: analyze.Run(tl, analyze.Options{}), Broken: err != nil}
	}
	c := compare.Run(sides[0], sides[1])
	if err := writeDiff(a, c, specs); err != nil {
		return err
	}
	status := rules.outcome(&c.Outcome)
	if broken != nil {
		return a.Broken(broken, "what could be read is compared", status)
	}
	if status != cli.StatusDone {
		return &cli.ExitError{Code: status}
	}
	return nil
}

// writeDiff writes a comparison in all the forms asked for.
func writeDiff(a *cli.App, c *finding.Comparison, specs []cli.Spec) error {
	loc, err := a.Flags.Location()
	if err != nil {
		return err
	}
	for _, s := range specs {
		o := report.Options{Version: cli.Version, Location: loc, ASCII: a.Flags.ASCII, Full: a.Full}
		if s.Format == "text" && s.Path == "-" {
			o.Color, o.ASCII, o.Width = a.Colored(), a.ASCIIOnly(), a.Width()
		}
		f := report.DiffFormats()[cli.IndexOf(diffFormats(), s.Format)]
		if err := a.WriteTo(s.Path, func(w io.Writer) error { return f.Write(w, c, o) }); err != nil {
			return err
		}
		if s.Path != "-" {
			a.Note("wrote %s", s.Path)
		}
	}
	return nil
}
