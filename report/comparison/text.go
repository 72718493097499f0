package comparison

import (
	"io"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// Lines is how many lines the text has at most: one screen of a terminal. In full it has all.
const Lines = 35

// The bounds of the screen's lists.
const (
	screenSignals  = 8
	screenApps     = 6
	screenSettings = 4
	screenDoubts   = 4
)

// text is a comparison being written for a terminal.
type text struct {
	c *finding.Comparison
	o words.Options
}

// WriteText writes a comparison for a terminal, in Width columns.
func WriteText(w io.Writer, c *finding.Comparison, o words.Options) error {
	o = o.WithDefaults("")
	t := &text{c: inert.Clean(c, o.ASCII), o: o}
	parts := []cells.Part{
		{Lines: t.head(), Least: 2}, {Lines: t.verdict(), Least: Lines}, {Lines: t.signals(), Least: 6},
		{Lines: t.apps(), Least: 4}, {Lines: t.settings(), Least: 3}, {Lines: t.doubts(), Least: 3}, {Lines: t.hints()},
	}
	most := Lines
	if o.Full {
		most = 1 << 20
	}
	var b strings.Builder
	for _, l := range cells.Fit(parts, most) {
		b.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// most bounds a list, but for the full text.
func (t *text) most(n int) int {
	if t.o.Full {
		return 1 << 20
	}
	return n
}

func (t *text) bold(s string) string { return t.paint("1", s) }

func (t *text) paint(code, s string) string {
	if !t.o.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *text) cut(s string, width int) string {
	if t.o.ASCII {
		s = inert.ASCIIOnly(s)
	}
	return cells.Cut(s, max(width, 8), t.o.ASCII)
}

// para wraps a sentence under a lead.
func (t *text) para(lead, s string, most int) []string {
	s = inert.Short(s, 400)
	if t.o.ASCII {
		s = inert.ASCIIOnly(s)
	}
	n := cells.Width(lead)
	lines := cells.Wrap(s, t.o.Width-n)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = t.cut(lines[most-1]+strings.Repeat(".", t.o.Width), t.o.Width-n)
		lines[most-1] = t.cut(strings.TrimRight(lines[most-1], "….")+cells.Dots(t.o.ASCII), t.o.Width-n)
	}
	for i := range lines {
		if i > 0 {
			lead = strings.Repeat(" ", n)
		}
		lines[i] = lead + lines[i]
	}
	return lines
}

func (t *text) head() []string {
	var out []string
	for i, r := range [...]*finding.Report{&t.c.Before, &t.c.After} {
		lead := [...]string{"before  ", "after   "}[i]
		room := t.o.Width - len(lead)
		line := name(r) + "   " + span(r, t.o) + "   " + words.SamplesLine(r.Input)
		if cells.Width(line) > room {
			line = t.cut(name(r), max(12, room-cells.Width("   "+span(r, t.o)))) + "   " + span(r, t.o)
		}
		out = append(out, t.bold(lead[:6])+lead[6:]+t.cut(line, room))
		out = append(out, strings.Repeat(" ", len(lead))+t.cut(sideLine(r), room))
	}
	return out
}

func (t *text) verdict() []string {
	code := "1;33"
	switch t.c.Outcome.Status {
	case finding.Fixed, finding.Quiet:
		code = "1;32"
	case finding.Worse, finding.Began, finding.Another, finding.Unchanged:
		code = "1;31"
	}
	head, conf := headline(t.c), certainty(t.c)
	room := t.o.Width - len("OUTCOME  ")
	if conf != "" && cells.Width(head)+2+len(conf) <= room {
		head = t.bold(head) + strings.Repeat(" ", room-cells.Width(head)-len(conf)) + conf
	} else {
		head = t.bold(t.cut(head, room))
	}
	out := []string{"", t.paint(code, "OUTCOME") + "  " + head}
	return append(out, t.para("  ", t.c.Outcome.Summary, t.most(3))...)
}

func (t *text) signals() []string {
	if t.o.Full {
		return t.whole("SERVER", t.c.Signals)
	}
	shown := worthTelling(t.c.Signals, screenSignals)
	if len(shown) == 0 {
		return nil
	}
	table := cells.Table{Head: []string{"SERVER", "before", "after", "change"}}
	for i := range shown {
		x := &shown[i]
		change := string(x.Moved)
		switch x.Moved {
		case finding.Rose, finding.Fell:
			change = gap(x) + " *"
		case finding.Untold:
			change = gap(x)
		}
		table.Rows = append(table.Rows, []string{"  " + title(x), value(x.Before.Value, x.Unit), value(x.After.Value, x.Unit), change})
	}
	return t.table(&table)
}

// whole writes quantities with their intervals and tests, two lines each.
func (t *text) whole(head string, all []finding.Change) []string {
	all = present(all)
	if len(all) == 0 {
		return nil
	}
	out := []string{"", t.bold(t.cut(head, t.o.Width))}
	arrow := " → "
	if t.o.ASCII {
		arrow = " > "
	}
	for i := range all {
		x := &all[i]
		says := moved(x)
		if x.Why != "" {
			says += ": " + x.Why
		}
		out = append(out, t.para("  ", title(x)+": "+within(x.Before, x.Unit)+arrow+within(x.After, x.Unit), 3)...)
		out = append(out, t.para("    ", gap(x)+", "+says, 3)...)
	}
	return out
}

func (t *text) table(table *cells.Table) []string {
	if t.o.ASCII {
		for _, row := range table.Rows {
			for i := range row {
				row[i] = inert.ASCIIOnly(row[i])
			}
		}
	}
	lines := table.Lines(t.o.Width, "", t.o.ASCII)
	lines[0] = t.bold(lines[0])
	return append([]string{""}, lines...)
}

func (t *text) apps() []string {
	if len(t.c.Apps) == 0 {
		return nil
	}
	if t.o.Full {
		var out []string
		for i := range t.c.Apps {
			out = append(out, t.whole(appLabel(&t.c.Apps[i]), t.c.Apps[i].Changes)...)
		}
		return out
	}
	most := min(screenApps, len(t.c.Apps))
	table := cells.Table{Head: []string{"APPLICATIONS"}}
	for _, c := range appColumns {
		table.Head = append(table.Head, c.head)
	}
	for i := range t.c.Apps[:most] {
		a := &t.c.Apps[i]
		row := []string{"  " + appLabel(a)}
		for _, c := range appColumns {
			row = append(row, fromTo(changeOf(a, c.id), t.o.ASCII))
		}
		table.Rows = append(table.Rows, row)
	}
	out := t.table(&table)
	if n := len(t.c.Apps) + t.c.MoreApps - most; n > 0 {
		out = append(out, "  "+units.Count(int64(n))+" more with --full or as JSON")
	}
	return out
}

func (t *text) settings() []string {
	if len(t.c.Settings) == 0 {
		return nil
	}
	out := []string{"", t.bold("SETTINGS")}
	for _, s := range t.c.Settings[:min(t.most(screenSettings), len(t.c.Settings))] {
		out = append(out, t.para("  ", s.Key+": "+orUnset(s.Before)+" became "+orUnset(s.After), t.most(1))...)
	}
	return out
}

func orUnset(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func (t *text) doubts() []string {
	if len(t.c.Doubts) == 0 {
		return nil
	}
	out := []string{"", t.bold("WITH CARE")}
	for _, d := range t.c.Doubts[:min(t.most(screenDoubts), len(t.c.Doubts))] {
		out = append(out, t.para("  ", words.JoinDoubt(d), t.most(2))...)
	}
	return out
}

func (t *text) hints() []string {
	if t.o.Full {
		return append([]string{""}, t.para("", "Intervals are of 90 %; p-values are corrected for the number of tests.", 2)...)
	}
	return append([]string{""}, t.para("", "* shown by a test at 0.05, corrected for their number; --full has the intervals", 2)...)
}
