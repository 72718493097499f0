package main

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report"
)

func newAnalyze(a *app) *cobra.Command {
	var outputs []string
	var app appFlags
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
		Args:              oneInput,
		ValidArgsFunction: completeFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if failOn == "" && c.Flags().Changed("fail-on") {
				// As from an unset variable in a build: a gate must not open by itself.
				return exitf(statusUsage, "--fail-on needs a word: incident, or a cause")
			}
			if err := app.check(args[0]); err != nil {
				return err
			}
			a.full = full
			return a.analyze(args[0], app, failOn, outputs)
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT[:FILE]`: "+formatsHelp()+", none; repeatable; without a file to standard output (default text); none prints nothing there")
	f.BoolVar(&full, "full", false, "all of the summary: timeline, evidence, what was ruled out, what-ifs; without, at most 35 lines")
	app.add(f)
	a.window.add(f)
	f.StringVar(&failOn, "fail-on", "", "exit with 1 on `WHAT`: incident or causes, comma-separated, each with a least confidence if wanted (incident:0.8); with 4 on any undetermined verdict")
	complete(c, "output", append(formatNames(), "none")...)
	complete(c, "fail-on", append(causeIDs(), "incident", "undetermined")...)
	return c
}

func (a *app) analyze(path string, app appFlags, failOn string, outputs []string) error {
	fail, err := parseFailOn(failOn)
	if err != nil {
		return err
	}
	specs, err := parseSpecs(outputs, append(formatNames(), "none"))
	if err != nil {
		return err
	}
	if at := slices.IndexFunc(specs, func(s spec) bool { return s.format == "none" }); at >= 0 {
		if specs[at].path != "-" {
			return exitf(statusUsage, "-o none is no output and has no file")
		}
		specs = slices.Delete(specs, at, at+1)
	}
	if len(outputs) == 0 {
		specs = []spec{{"text", "-"}}
	}
	for _, s := range specs {
		if err := checkOutput(s.path, path, app.file, app.mapping); err != nil {
			return err
		}
	}
	r, readErr := a.analysis(path, app)
	if r == nil {
		return readErr
	}
	if err := a.writeReport(r, path, specs); err != nil {
		return err
	}
	code := fail.status(r)
	if readErr != nil {
		return a.broken(readErr, "what could be read is analysed", code)
	}
	if code != statusDone {
		return &exitError{code: code}
	}
	return nil
}

// broken ends a command whose input broke off; another status, if any, counts as well.
func (a *app) broken(err error, what string, other status) error {
	if errors.Is(err, errInterrupted(a)) {
		return err
	}
	return exitf(worse(statusInput, other), "%v; %s", err, what)
}

// errInterrupted is the error of reading that the user has stopped.
func errInterrupted(a *app) error { return a.ctx.Err() }

// writeReport writes a report in all the forms asked for.
func (a *app) writeReport(r *finding.Report, path string, specs []spec) error {
	loc, err := a.flags.location()
	if err != nil {
		return err
	}
	for _, s := range specs {
		o := report.Options{Version: version, Location: loc, ASCII: a.flags.ascii, Full: a.full, SourceName: filepath.Base(path)}
		if path == "-" {
			o.SourceName = "-"
		}
		if s.format == "text" && s.path == "-" {
			o.Color, o.ASCII, o.Width, o.SourceName = a.colored(), a.asciiOnly(), a.width(), path
		}
		f, _ := report.Lookup(s.format)
		if err := a.writeTo(s.path, func(w io.Writer) error { return f.Write(w, r, o) }); err != nil {
			return err
		}
		if s.path != "-" {
			a.note("wrote %s", s.path)
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
