package main

import (
	"cmp"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/cmd/connbox/closer"
	"github.com/connbox/connbox/cmd/connbox/quote"
)

func newReport(a *cli.App) *cobra.Command {
	var outputs []string
	var app cli.AppFlags
	c := &cobra.Command{
		Use:   "report [FLAGS] INPUT",
		Short: "write the postmortem, as a page and as Markdown",
		Long: `Report writes the postmortem of a recording: one self-contained page to mail, and Markdown
for an issue tracker. Without -o they are written beside the input, as NAME.html and NAME.md
(of standard input: report.html and report.md, in the folder one is in); reports of connbox
are replaced, other files with --force only. Files are written whole or not at all.`,
		Example: `  connbox report incident.connbox                        writes incident.html and incident.md
  connbox report incident.dump.zst -o html:/tmp/i.html   one file, elsewhere
  connbox report incident.txt -o md                      Markdown on standard output`,
		Args:              cli.OneInput,
		ValidArgsFunction: cli.CompleteFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := app.Check(args[0]); err != nil {
				return err
			}
			return runReport(a, args[0], app, outputs)
		},
	}
	f := c.Flags()
	a.Window.Add(f)
	f.StringArrayVarP(&outputs, "output", "o", nil, "write `FORMAT[:FILE]`: "+formatsHelp()+"; repeatable (default html:NAME.html and md:NAME.md)")
	a.AddForce(f)
	app.Add(f)
	cli.Complete(c, "output", formatNames()...)
	return c
}

func runReport(a *cli.App, path string, app cli.AppFlags, outputs []string) error {
	specs, err := cli.ParseSpecs(outputs, formatNames())
	if err != nil {
		return err
	}
	if len(outputs) == 0 {
		base := cli.Stem(path, "report")
		specs = []cli.Spec{{Format: "html", Path: base + ".html"}, {Format: "md", Path: base + ".md"}}
	}
	for _, s := range specs {
		if err := cmp.Or(cli.CheckOutput(s.Path, path, app.File, app.Mapping), cli.MayOverwrite(s.Path, a.Force)); err != nil {
			return err
		}
	}
	in, page := a.Input(path), slices.ContainsFunc(specs, func(s cli.Spec) bool { return s.Format == "html" })
	if page {
		in.Keep() // its quotes are read again
	}
	r, readErr := a.Analysis(path, app)
	if r == nil {
		return readErr
	}
	if page {
		o, err := a.Range()
		if err == nil {
			err = errors.Join(quote.Add(a.Ctx, in, o, r), closer.Add(a.Ctx, in, o, r))
		}
		if err != nil && readErr == nil {
			a.Note("the page lacks quotes or samples: %v", err)
		}
	}
	if err := writeReport(a, r, path, specs); err != nil {
		return err
	}
	if readErr != nil {
		return a.Broken(readErr, "the report is of what could be read", cli.StatusDone)
	}
	return nil
}
