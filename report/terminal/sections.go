package terminal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

func (t *text) timeline() {
	if len(t.r.Timeline) == 0 {
		return
	}
	t.title("TIMELINE" + t.clock.ZoneMark(t.r.Input.From))
	for i, e := range t.r.Timeline {
		lead := fmt.Sprintf("  %2d  %s  ", i+1, t.clock.At(e.At))
		refs := ""
		if len(e.Refs) > 0 {
			refs = "[" + strings.Join(e.Refs[:min(4, len(e.Refs))], " ") + "]"
			refs = cells.Cut(refs, 20, t.o.ASCII)
		}
		if t.o.Width-cells.Width(lead)-cells.Width(refs)-2 < 20 { // the words come first
			refs = ""
		}
		room := t.o.Width - cells.Width(lead) - cells.Width(refs) - 2
		what := e.What
		for j, l := range cells.Wrap(what, max(room, 8)) {
			if j == 0 {
				t.line(lead + cells.Pad(l, room, false) + "  " + refs)
			} else {
				t.line(strings.Repeat(" ", cells.Width(lead)) + l)
			}
		}
	}
}

func (t *text) holders() {
	if held := words.HeldAtPeak(t.r); len(held) > 0 {
		t.holdersTable("TOP HOLDERS", held)
	}
}

// holdersTable writes who held the slots, under a title that gets the time.
func (t *text) holdersTable(head string, held []finding.Holder) {
	if at := words.PeakTime(t.r); !at.IsZero() {
		head += " AT " + t.clock.At(at) + t.clock.ZoneMark(at)
	}
	if t.o.Width < 72 { // no room for the heading within the table
		t.title(head)
		head = ""
	} else {
		t.out.WriteByte('\n')
	}
	table := cells.Table{Head: []string{head, "clients", "share", "growth/min", "idle p95"}}
	total := words.HoldersTotal(t.r)
	for _, h := range held {
		table.Rows = append(table.Rows, []string{"  " + words.HolderLabel(h), units.Count(int64(h.Peak)),
			words.Share(h.Peak, total), units.Number(h.Growth), units.Seconds(h.IdleP95)})
	}
	for i, l := range table.Lines(t.o.Width, "", t.o.ASCII) {
		if i == 0 {
			l = t.paint(bold, l)
		}
		t.line(l)
	}
}

// sources lists whom each cause is laid to, every one that the analysis named.
func (t *text) sources() {
	for i := range t.r.Causes {
		c := &t.r.Causes[i]
		if len(c.Sources) == 0 {
			continue
		}
		t.title(cells.Cut(t.whole("WHO: "+words.CauseTitle(c.Title, c.ID)), t.o.Width, t.o.ASCII))
		for _, s := range c.Sources {
			t.para("  ", words.SourceLine(s))
		}
		if len(c.Sources) == finding.MostSources && t.r.Snapshot.Taken == 0 {
			t.para("  ", fmt.Sprintf("(%d at most are named, the largest first)", finding.MostSources))
		}
	}
}

func (t *text) ruledOut() {
	out := t.r.RuledOut
	if len(out) == 0 {
		return
	}
	t.title("RULED OUT")
	for _, x := range out {
		for i, l := range cells.Wrap(t.clip(words.CauseTitle(x.Title, x.ID)+": "+x.Why), t.o.Width-4) {
			t.line([...]string{"  ", "    "}[min(i, 1)] + l)
		}
	}
}

func (t *text) actions() {
	if len(t.r.Actions) == 0 {
		return
	}
	t.title("DO NOW")
	for i, a := range words.InOrder(t.r.Actions) {
		label := words.ActionLabel(a)
		code := yellow
		if a.Risk == finding.Safe {
			code = green
		} else if a.Risk == finding.Disconnects {
			code = red
		}
		lead := fmt.Sprintf("  %d  ", i+1)
		plain := label + strings.Repeat(" ", max(2, 16-len(label)))
		if len(lead)+len(plain)+cells.Width(a.Command) <= t.o.Width {
			t.line(lead + t.paint(code, label) + plain[len(label):] + a.Command)
		} else {
			t.line(lead + t.paint(code, label))
			t.step("     ", a.Command)
		}
		if a.Effect != "" {
			t.para("     ", a.Effect)
		}
	}
}

func (t *text) whatIf() {
	known := words.Answered(t.r)
	if len(known) == 0 {
		return
	}
	t.title("WHAT IF")
	for _, x := range known {
		t.para("  ", strings.TrimSpace(x.Question)+" "+x.Answer)
	}
}

// opening gives the first sentence of an answer, and those after it that fit into a number
// of runes with it: the answer comes first, and what it rests on after it.
func opening(s string, limit int) string {
	end := 0
	for i := 0; ; {
		j := strings.Index(s[i:], ". ")
		if j < 0 {
			j = len(s)
		} else {
			j += i + 1
		}
		if end > 0 && utf8.RuneCountInString(s[:j]) > limit {
			return s[:end]
		}
		end = j
		if i = j + 1; i >= len(s) {
			return s
		}
	}
}

func (t *text) doubts() {
	if len(t.r.DataQuality) == 0 {
		return
	}
	t.title("DATA QUALITY")
	for _, d := range t.r.DataQuality {
		t.para("  ", words.JoinDoubt(d))
	}
}

// hints close the summary with where to read on.
func (t *text) hints() {
	t.out.WriteByte('\n')
	name := words.Argument(t.o.SourceName)
	var hints []string
	for _, c := range t.r.Causes {
		for _, e := range c.Evidence {
			if len(e.At) > 0 && len(hints) == 0 {
				hints = append(hints, "Look at a place: connbox export "+name+" --at PLACE")
			}
		}
	}
	t.line("This is all of it: no list is cut.")
	hints = append(hints, "As a page: connbox report "+name)
	if t.r.Verdict.Cause != "" {
		hints = append(hints, "Rule: connbox explain "+inert.Short(t.r.Verdict.Cause, 40))
	}
	for len(hints) > 0 { // two on a line where they fit
		if both := strings.Join(hints[:min(2, len(hints))], "     "); len(hints) > 1 && cells.Width(both) <= t.o.Width {
			t.line(both)
			hints = hints[2:]
			continue
		}
		// A command that does not fit breaks where a shell goes on, not within.
		if label, command, _ := strings.Cut(hints[0], ": "); cells.Width(hints[0]) > t.o.Width {
			t.line(label + ":")
			t.step("  ", command)
		} else {
			t.line(hints[0])
		}
		hints = hints[1:]
	}
}
