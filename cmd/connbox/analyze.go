package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/report"
)

func newAnalyze(a *cli.App) *cobra.Command {
	var outputs []string
	var app cli.AppFlags
	var failOn string
	var full bool
	c := &cobra.Command{
		Use:   "analyze [FLAGS] INPUT",
		Short: "say what happened: the verdict, on the terminal",
		Long: `Analyze reads a recording and says what happened to the connections, who did it, what that
rests on, and what to do. It is a viewer: it exits with 0 whatever it finds, unless --fail-on
says otherwise. -q silences what is said on standard error; the verdict is the result and is
printed unless -o says otherwise.

Where the input breaks off or a part of it is damaged, what can be read is analysed, the report
says so, and the exit status is 3.`,
		Example: `  connbox analyze incident.txt                       the terminal summary
  connbox analyze --full incident.txt                with evidence and timeline
  connbox analyze -o json incident.connbox           JSON and nothing else on standard output
  connbox analyze -o text -o html:i.html i.connbox   both
  connbox analyze --app pools.prom.gz i.connbox      with the applications' pool metrics
  connbox analyze --fail-on incident -o none i.txt   in a build: the exit status alone
  ssh redis-1 ./sample.sh | connbox analyze -        from a pipe`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if failOn == "" && c.Flags().Changed("fail-on") {
				// As from an unset variable in a build: a gate must not open by itself.
				return cli.Exitf(cli.StatusUsage, "--fail-on needs a word: incident, or a cause")
			}
			if err := app.Check(args[0]); err != nil {
				return err
			}
			a.Full = full
			return runAnalyze(a, args[0], app, failOn, outputs)
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT[:FILE]`: "+formatsHelp()+", none; repeatable; without a file to standard output (default text); none prints nothing there")
	f.BoolVar(&full, "full", false, "all of the summary, no list cut: every address, timeline, evidence, what was ruled out, what-ifs; without, at most 35 lines")
	app.Add(f)
	a.Window.Add(f)
	f.StringVar(&failOn, "fail-on", "", "exit with 1 on `WHAT`: incident or causes, comma-separated, each with a least confidence if wanted (incident:0.8); with 4 on any undetermined verdict")
	cli.Complete(c, "output", append(formatNames(), "none")...)
	cli.Complete(c, "fail-on", append(cli.CauseIDs(), "incident", "undetermined")...)
	return c
}

func runAnalyze(a *cli.App, path string, app cli.AppFlags, failOn string, outputs []string) error {
	fail, err := parseFailOn(failOn)
	if err != nil {
		return err
	}
	specs, err := cli.ParseSpecs(outputs, append(formatNames(), "none"))
	if err != nil {
		return err
	}
	if at := slices.IndexFunc(specs, func(s cli.Spec) bool { return s.Format == "none" }); at >= 0 {
		if specs[at].Path != "-" {
			return cli.Exitf(cli.StatusUsage, "-o none is no output and has no file")
		}
		specs = slices.Delete(specs, at, at+1)
	}
	if len(outputs) == 0 {
		specs = []cli.Spec{{Format: "text", Path: "-"}}
	}
	for _, s := range specs {
		if err := cli.CheckOutput(s.Path, path, app.File, app.Mapping); err != nil {
			return err
		}
	}
	r, readErr := a.Analysis(path, app)
	if r == nil {
		return readErr
	}
	if err := writeReport(a, r, path, specs); err != nil {
		return err
	}
	code := fail.status(r)
	if readErr != nil {
		return a.Broken(readErr, "what could be read is analysed", code)
	}
	if code != cli.StatusDone {
		return &cli.ExitError{Code: code}
	}
	return nil
}

// writeReport writes a report in all the forms asked for.
func writeReport(a *cli.App, r *finding.Report, path string, specs []cli.Spec) error {
	loc, err := a.Flags.Location()
	if err != nil {
		return err
	}
	for _, s := range specs {
		o := report.Options{Version: cli.Version, Location: loc, ASCII: a.Flags.ASCII, Full: a.Full, SourceName: filepath.Base(path)}
		if path == "-" {
			o.SourceName = "-"
		}
		if s.Format == "text" && s.Path == "-" {
			o.Color, o.ASCII, o.Width, o.SourceName = a.Colored(), a.ASCIIOnly(), a.Width(), path
		}
		f, _ := report.Lookup(s.Format)
		if err := a.WriteTo(s.Path, func(w io.Writer) error { return f.Write(w, r, o) }); err != nil {
			return err
		}
		if s.Path != "-" {
			a.Note("wrote %s", s.Path)
		}
	}
	return nil
}

func formatNames() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func formatsHelp() string { return strings.Join(formatNames(), ", ") }
