package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/analyze/whatif"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/appmetrics"
)

func newExplain(a *cli.App) *cobra.Command {
	var on string
	var app cli.AppFlags
	c := &cobra.Command{
		Use:   "explain [FLAGS] [CAUSE]",
		Short: "print the rule behind a cause; without one, list them",
		Long: `Explain prints how connbox decides on a cause: what it asks of a recording, the statistic,
every number that changes the answer and why it is that number, what rules it out, what tells
it from its rivals, the fixes it proposes, and the alternatives it computes. It prints the
tables that the analysis itself runs on.

With --on it prints the signs with their values on a recording, what each counts, where they
were read, and the reason that follows.`,
		Example: `  connbox explain                    the causes
  connbox explain connection-leak    one of them
  connbox explain connection-leak --on incident.txt`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return cli.Exitf(cli.StatusUsage, "%s takes one cause, but was given %d", c.Name(), len(args))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return cli.CauseIDs(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			var b bytes.Buffer
			if len(args) == 0 {
				if on != "" {
					return cli.Exitf(cli.StatusUsage, "--on needs a cause; connbox explain lists them")
				}
				for _, c := range verdict.Catalog() {
					fmt.Fprintf(&b, "%-24s %s\n", c.ID, c.Title)
				}
			} else {
				c := verdict.CauseByID(args[0])
				if c == nil {
					hint := "connbox explain lists them"
					if near := cli.Nearest(args[0], cli.CauseIDs()); near != "" {
						hint = "did you mean " + near + "?"
					}
					return cli.Exitf(cli.StatusUsage, "no cause is called %q; %s", args[0], hint)
				}
				if on != "" {
					return explainOn(a, c, on, app)
				}
				explain(&b, c, a.Width())
			}
			_, err := a.Out.Write(b.Bytes())
			return err
		},
	}
	c.Flags().StringVar(&on, "on", "", "print the signs of the cause as they are in `RECORDING`")
	app.Add(c.Flags())
	return c
}

// explainOn prints the signs of a cause with what a recording gives them.
func explainOn(a *cli.App, c *cause.Cause, path string, app cli.AppFlags) error {
	if err := app.Check(path); err != nil {
		return err
	}
	metrics, err := app.Read()
	if err != nil {
		return err
	}
	tl, readErr := a.Timeline(path)
	if tl == nil {
		return readErr
	}
	x, at := analyze.Assess(tl, analyze.Options{App: metrics}, c)
	var b bytes.Buffer
	part := "takes part"
	if x.Score < cause.Active {
		part = "takes no part"
	}
	fmt.Fprintf(&b, "%s: score %.2f, %s (from %.1f on)\n", c.ID, x.Score, part, cause.Active)
	paragraph(&b, "  ", cmp.Or(x.Claim, x.Why), a.Width())
	if len(x.Subject.Readings) > 0 {
		fmt.Fprintf(&b, "\nSigns%s\n", map[bool]string{true: " of " + finding.Plain(x.Subject.Label)}[x.Subject.Label != ""])
		paragraph(&b, "  view  ", x.Subject.View+"; "+strings.Join(x.Subject.At, " to "), a.Width())
	}
	for i := range x.Subject.Readings {
		r := &x.Subject.Readings[i]
		beside := map[bool]string{false: " (another sign counts instead)"}[r.Counts]
		paragraph(&b, fmt.Sprintf("  %.2f  %-13s ", r.Score, r.Name), r.Says+": "+r.Given()+"; "+r.Range()+beside, a.Width())
	}
	if len(at) > 0 {
		paragraph(&b, "\nRead at  ", strings.Join(at, ", "), a.Width())
	}
	if _, err := a.Out.Write(b.Bytes()); err != nil {
		return err
	}
	if readErr != nil {
		return a.Broken(readErr, "what could be read is explained", cli.StatusDone)
	}
	return nil
}

// explain prints a cause's table entry.
func explain(w io.Writer, c *cause.Cause, width int) {
	fmt.Fprintf(w, "%s: %s\n\n", c.ID, c.Title)
	paragraph(w, "Question  ", c.Question, width)
	paragraph(w, "Method    ", c.Method, width)
	var needs []string
	for _, n := range c.Needs {
		needs = append(needs, string(n))
	}
	if len(needs) > 0 {
		paragraph(w, "Needs     ", strings.Join(needs, ", "), width)
	}
	if len(c.Views) > 0 {
		fmt.Fprintln(w, "\nViews of a recording, and the signs that must all be there (| instead, & together)")
		for i := range c.Views {
			paragraph(w, "  - ", c.Views[i].Name+": "+c.Views[i].Rule, width)
		}
	}
	if len(c.Signs) > 0 {
		fmt.Fprintln(w, "\nSigns, and the numbers that change the answer\n(none: the sign is not there; full: it is; between the two, in proportion)")
		for i := range c.Signs {
			s := &c.Signs[i]
			paragraph(w, fmt.Sprintf("  %-13s ", s.Name), strings.TrimPrefix(s.Says+"; ", "; ")+s.Range()+": "+s.Why, width)
		}
	}
	if len(c.Refuted) > 0 {
		fmt.Fprintln(w, "\nWhat rules it out")
		for _, what := range c.Refuted {
			paragraph(w, "  - ", what, width)
		}
	}
	if along := verdict.BringsAlong(c); len(along) > 0 {
		fmt.Fprintln(w, "\nSigns of others that it brings along, and so explains")
		for _, r := range along {
			paragraph(w, fmt.Sprintf("  %-22s ", r.ID), r.Why, width)
		}
	}
	if rivals := verdict.Rivals(c); len(rivals) > 0 {
		fmt.Fprintln(w, "\nWhat tells it from its rivals")
		for _, r := range rivals {
			paragraph(w, fmt.Sprintf("  %-22s ", r.ID), r.Why, width)
		}
	}
	if slices.Contains(c.Needs, cause.NeedApp) {
		explainMetrics(w, width)
	}
	if len(c.Alerts) > 0 {
		paragraph(w, "\nAlerts that it sets off  ", strings.Join(c.Alerts, ", "), width)
	}
	if len(c.Fixes) > 0 {
		fmt.Fprintln(w, "\nFixes")
		for _, f := range c.Fixes {
			paragraph(w, fmt.Sprintf("  %-15s ", f.Risk), f.Command, width)
			paragraph(w, "    effect: ", f.Effect, width)
			paragraph(w, "    check:  ", f.Check, width)
		}
	}
	explainWhatIf(w, c, width)
}

// explainWhatIf lists the questions that a report of the cause opens with.
func explainWhatIf(w io.Writer, c *cause.Cause, width int) {
	first := true
	for _, alt := range whatif.Alternatives() {
		if !slices.Contains(c.Opens, alt.ID) {
			continue
		}
		if first {
			fmt.Fprintln(w, "\nWhat if, computed from the recording (docs/method.md)")
			first = false
		}
		paragraph(w, "  ", alt.Question, width)
		paragraph(w, "    formula: ", alt.Formula, width)
	}
}

// explainMetrics lists the metrics that --app knows, by who exports them.
func explainMetrics(w io.Writer, width int) {
	fmt.Fprintln(w, "\nMetrics that --app knows (--app-map adds others)")
	var from []string
	by := map[string][]string{}
	for m := range appmetrics.MetricTable() {
		if by[m.From] == nil {
			from = append(from, m.From)
		}
		name := m.Name
		if m.Label != "" {
			name += fmt.Sprintf("{%s=%q}", m.Label, m.Value)
		}
		by[m.From] = append(by[m.From], m.Role.String()+" "+name)
	}
	for _, f := range from {
		fmt.Fprintf(w, "  %s\n", f)
		for _, line := range by[f] {
			paragraph(w, "    ", line, width)
		}
	}
}

// paragraph prints words behind a lead, wrapped and indented under each other.
func paragraph(w io.Writer, lead, s string, width int) {
	if s == "" {
		return
	}
	line, indent := lead, strings.Repeat(" ", len(lead))
	empty := true
	for _, word := range strings.Fields(s) {
		if !empty && len(line)+1+len(word) > width {
			fmt.Fprintln(w, line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	fmt.Fprintln(w, line)
}
