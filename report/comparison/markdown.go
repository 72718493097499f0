package comparison

import (
	"bytes"
	"fmt"
	"io"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/markdown"
	"github.com/connbox/connbox/report/words"
)

// The bounds of the lists in Markdown; JSON has all.
const (
	mdApps   = 20
	mdDoubts = 12
)

// WriteMarkdown writes a comparison to paste into an issue tracker.
func WriteMarkdown(w io.Writer, c *finding.Comparison, o words.Options) error {
	o = o.WithDefaults("")
	c = inert.Clean(c, false)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n> **%s**", markdown.Text(headline(c), 80), markdown.Text(headline(c), 80))
	if s := certainty(c); s != "" {
		b.WriteString(" (" + s + ")")
	}
	fmt.Fprintf(&b, "\n>\n> %s\n\n", markdown.Text(c.Outcome.Summary, 500))
	rows := [][]string{}
	for i, r := range [...]*finding.Report{&c.Before, &c.After} {
		rows = append(rows, []string{[...]string{"before", "after"}[i], markdown.Code(name(r), 80), markdown.Text(span(r, o)+", "+words.SamplesLine(r.Input), 160), markdown.Text(sideLine(r), 160)})
	}
	markdown.Table(&b, []string{"", "Recording", "Span", "Verdict"}, rows)
	quantities(&b, "Server", c.Signals)
	for i := range c.Apps[:min(mdApps, len(c.Apps))] {
		quantities(&b, appLabel(&c.Apps[i]), c.Apps[i].Changes)
	}
	if n := len(c.Apps) + c.MoreApps - mdApps; n > 0 {
		fmt.Fprintf(&b, "\n%d more applications are in the JSON.\n", n)
	}
	if len(c.Settings) > 0 {
		rows = nil
		for _, s := range c.Settings {
			rows = append(rows, []string{markdown.Code(s.Key, 60), markdown.Code(orUnset(s.Before), 100), markdown.Code(orUnset(s.After), 100)})
		}
		b.WriteString("\n## Settings that differ\n\n")
		markdown.Table(&b, []string{"Setting", "Before", "After"}, rows)
	}
	if len(c.Doubts) > 0 {
		b.WriteString("\n## With care\n\n")
		for _, d := range c.Doubts[:min(mdDoubts, len(c.Doubts))] {
			fmt.Fprintf(&b, "- %s\n", markdown.Text(words.JoinDoubt(d), 400))
		}
	}
	fmt.Fprintf(&b, "\n*Made by connbox %s. Intervals are of 90 %%; tests are corrected for their number (Holm), and a change is told at 0.05.*\n", markdown.Code(o.Version, 40))
	_, err := w.Write(b.Bytes())
	return err
}

// quantities writes one table of changes.
func quantities(b *bytes.Buffer, head string, all []finding.Change) {
	all = present(all)
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", markdown.Text(head, 80))
	var rows [][]string
	for i := range all {
		x := &all[i]
		rows = append(rows, []string{markdown.Text(title(x), 80), markdown.Text(within(x.Before, x.Unit), 60), markdown.Text(within(x.After, x.Unit), 60),
			markdown.Text(gap(x), 60), markdown.Text(moved(x), 60)})
	}
	markdown.Table(b, []string{"What", "Before", "After", "Change", "Test"}, rows)
}
