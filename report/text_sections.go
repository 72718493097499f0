package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/connbox/connbox/analyze/finding"
)

func (t *text) timeline() {
	if len(t.r.Timeline) == 0 {
		return
	}
	t.title("TIMELINE" + t.clock.zoneMark(t.r.Input.From))
	for i, e := range t.r.Timeline[:min(textTimeline, len(t.r.Timeline))] {
		lead := fmt.Sprintf("  %2d  %s  ", i+1, t.clock.at(e.At))
		refs := ""
		if len(e.Refs) > 0 {
			refs = "[" + strings.Join(e.Refs[:min(4, len(e.Refs))], " ") + "]"
			refs = cut(refs, 20, t.o.ASCII)
		}
		if t.o.Width-cellWidth(lead)-cellWidth(refs)-2 < 20 { // the words come first
			refs = ""
		}
		room := t.o.Width - cellWidth(lead) - cellWidth(refs) - 2
		what := e.What
		for j, l := range wrap(what, max(room, 8)) {
			if j == 0 {
				t.line(lead + pad(l, room, false) + "  " + refs)
			} else {
				t.line(strings.Repeat(" ", cellWidth(lead)) + l)
			}
		}
	}
	t.more(len(t.r.Timeline), textTimeline)
}

// peakTime is the moment the holders' table is of.
func peakTime(r *finding.Report) time.Time {
	_, at, _ := peak(signal(r, "connections"))
	return at
}

func (t *text) holders() {
	held := heldAtPeak(t.r)
	if len(held) == 0 {
		return
	}
	head := "TOP HOLDERS"
	if at := peakTime(t.r); !at.IsZero() {
		head += " AT " + t.clock.at(at) + t.clock.zoneMark(at)
	}
	if t.o.Width < 72 { // no room for the heading within the table
		t.title(head)
		head = ""
	} else {
		t.out.WriteByte('\n')
	}
	table := textTable{head: []string{head, "clients", "share", "growth/min", "idle p95"}}
	total := holdersTotal(t.r)
	for _, h := range held[:min(textHolders, len(held))] {
		label := "  " + holderLabel(h)
		table.rows = append(table.rows, []string{label, count(int64(h.Peak)),
			share(h.Peak, total), number(h.Growth), seconds(h.IdleP95)})
	}
	for i, l := range table.lines(t.o.Width, "", t.o.ASCII) {
		if i == 0 {
			l = t.paint(bold, l)
		}
		t.line(l)
	}
	t.more(len(held), textHolders)
}

// heldAtPeak gives the holders that had connections at the peak: the others are no answer
// to who held the slots then. The page, which has the start and the end too, shows all.
func heldAtPeak(r *finding.Report) []finding.Holder {
	var out []finding.Holder
	for _, h := range r.Holders {
		if h.Peak > 0 {
			out = append(out, h)
		}
	}
	return out
}

// holdersTotal is what the shares of holders are of: all connections at the peak, or the
// holders' sum where that is more or the series is missing.
func holdersTotal(r *finding.Report) int {
	sum := 0
	for _, h := range r.Holders {
		sum += max(0, h.Peak)
	}
	if v, _, ok := peak(signal(r, "connections")); ok && v > float64(sum) && v < 1e12 {
		return int(v)
	}
	return sum
}

// holderLabel names a group of connections; one with no label at all is still a row.
func holderLabel(h finding.Holder) string {
	label := h.Label
	if strings.TrimSpace(label) == "" {
		label = "(no name)"
	}
	if h.Hosts > 1 {
		label += " (" + plural(h.Hosts, "host") + ")"
	}
	return label
}

func share(part, total int) string {
	if total <= 0 {
		return unknown
	}
	return percent(float64(part) / float64(total))
}

func (t *text) ruledOut() {
	out := t.r.RuledOut
	if len(out) == 0 {
		return
	}
	t.title("RULED OUT")
	for _, x := range out[:min(textRuledOut, len(out))] {
		for i, l := range wrap(t.clip(causeTitle(x.Title, x.ID)+": "+x.Why), t.o.Width-4) {
			t.line([...]string{"  ", "    "}[min(i, 1)] + l)
		}
	}
	t.more(len(out), textRuledOut)
}

func (t *text) actions() {
	if len(t.r.Actions) == 0 {
		return
	}
	t.title("DO NOW")
	for i, a := range t.r.Actions[:min(textActions, len(t.r.Actions))] {
		label, _ := riskLabel(a.Risk)
		code := yellow
		if a.Risk == finding.Safe {
			code = green
		} else if a.Risk == finding.Disconnects {
			code = red
		}
		lead := fmt.Sprintf("  %d  ", i+1)
		plain := label + strings.Repeat(" ", max(2, 16-len(label)))
		if len(lead)+len(plain)+cellWidth(a.Command) <= t.o.Width {
			t.line(lead + t.paint(code, label) + plain[len(label):] + a.Command)
		} else {
			t.line(lead + t.paint(code, label))
			t.step("     ", a.Command)
		}
		if a.Effect != "" {
			t.para("     ", a.Effect)
		}
	}
	t.more(len(t.r.Actions), textActions)
}

func (t *text) whatIf() {
	known := answered(t.r)
	if len(known) == 0 {
		return
	}
	t.title("WHAT IF")
	for _, x := range known[:min(textWhatIf, len(known))] {
		t.para("  ", strings.TrimSpace(x.Question)+" "+opening(x.Answer, textAnswer))
	}
	t.more(len(t.r.WhatIf), min(textWhatIf, len(known)))
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

// answered gives the what-ifs that the recording could answer; the full report has all.
func answered(r *finding.Report) []finding.WhatIf {
	var out []finding.WhatIf
	for _, x := range r.WhatIf {
		if !x.Missing {
			out = append(out, x)
		}
	}
	return out
}

func (t *text) doubts() {
	if len(t.r.DataQuality) == 0 {
		return
	}
	t.title("DATA QUALITY")
	for _, d := range t.r.DataQuality[:min(textDoubts, len(t.r.DataQuality))] {
		t.para("  ", joinDoubt(d))
	}
	t.more(len(t.r.DataQuality), textDoubts)
}

func joinDoubt(d finding.Doubt) string {
	if d.Effect == "" {
		return d.What
	}
	return strings.TrimRight(d.What, ".") + ": " + d.Effect
}

// hints close the summary with where to read on.
func (t *text) hints() {
	t.out.WriteByte('\n')
	name := argument(t.o.SourceName)
	var hints []string
	for _, c := range t.r.Causes {
		for _, e := range c.Evidence {
			if len(e.At) > 0 && len(hints) == 0 {
				hints = append(hints, "Look at a place: connbox export "+name+" --at PLACE")
			}
		}
	}
	hints = append(hints, "Full report: connbox report "+name)
	if t.r.Verdict.Cause != "" {
		hints = append(hints, "Rule: connbox explain "+short(t.r.Verdict.Cause, 40))
	}
	for len(hints) > 0 { // two on a line where they fit
		if both := strings.Join(hints[:min(2, len(hints))], "     "); len(hints) > 1 && cellWidth(both) <= t.o.Width {
			t.line(both)
			hints = hints[2:]
			continue
		}
		// A command that does not fit breaks where a shell goes on, not within.
		if label, command, _ := strings.Cut(hints[0], ": "); cellWidth(hints[0]) > t.o.Width {
			t.line(label + ":")
			t.step("  ", command)
		} else {
			t.line(hints[0])
		}
		hints = hints[1:]
	}
}

// argument writes a recording's name as an argument of a command: a placeholder where it
// is not known or a shell would not take it as it stands.
func argument(name string) string {
	switch {
	case name == stdinName:
		return "-"
	case name == "recording" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, " '\"\\$`&|;<>()*?[]#~!{}"):
		return "INPUT"
	}
	return name
}
