// Package terminal writes a report for a terminal: one screen of it, or all.
package terminal

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// Write writes the summary for a terminal: what a person at 3 am needs, in Width
// columns, never wider, and in ScreenLines lines unless the full one is asked for.
func Write(w io.Writer, r *finding.Report, o words.Options) error {
	o = o.WithDefaults(r.Input.Name)
	if o.ASCII {
		o.SourceName = inert.ASCIIOnly(o.SourceName)
	}
	t := &text{r: words.Clean(r, o.ASCII), o: o, clock: units.NewClock(r.Input.From, r.Input.To, o.Location)}
	if o.Full {
		t.full()
	} else {
		t.screen()
	}
	_, err := w.Write(t.out.Bytes())
	return err
}

// full writes all that fits a terminal's width, at any length.
func (t *text) full() {
	course, notes := func() { t.sparks(2) }, func() { t.notes(len(t.r.Observations)) }
	sections := []func(){t.header, t.unused, t.verdict, notes, t.next, course, t.timeline, t.evidence, t.sources, t.holders, t.ruledOut,
		t.unassessed, t.actions, t.whatIf, t.doubts, t.hints}
	if t.r.Snapshot.Taken > 0 {
		sections = []func(){t.header, t.unused, t.verdict, t.remarks, notes, t.candidates, t.next, t.actions, t.sources, t.holders,
			t.unassessed, t.doubts, t.hints}
	}
	if len(t.r.Servers) > 0 { // each in short, before the rest of the worst
		sections = slices.Insert(sections, 2, t.servers)
	}
	for _, section := range sections {
		section()
	}
}

// text is a terminal summary being written.
type text struct {
	r     *finding.Report
	o     words.Options
	clock units.Clock
	out   bytes.Buffer
}

// The bounds of what is not a list: lists are written whole.
const (
	textCourse  = 6
	textAnswer  = 160 // runes of an answer, where its first sentence is no longer
	textAnswers = 4
	textPara    = 400 // runes of a paragraph
)

func (t *text) line(s string) {
	t.out.WriteString(strings.TrimRight(s, " "))
	t.out.WriteByte('\n')
}

// para writes wrapped text: the first line after lead, the others under it.
func (t *text) para(lead, s string) {
	n := cells.Width(lead)
	for i, l := range cells.Wrap(t.clip(s), t.o.Width-n) {
		if i > 0 {
			lead = strings.Repeat(" ", n)
		}
		t.line(lead + l)
	}
}

// whole is clip without a bound: of a list nothing is cut.
func (t *text) whole(s string) string {
	if t.o.ASCII {
		return inert.ASCIIOnly(s)
	}
	return s
}

// clip bounds a paragraph: a sentence with a long name in it must not fill the screen.
func (t *text) clip(s string) string {
	return t.whole(inert.Short(s, textPara))
}

func (t *text) title(s string) {
	t.out.WriteByte('\n')
	t.line(t.paint(bold, s))
}

// SGR codes. They are put around words that say the same without them.
const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	green  = "1;32"
	yellow = "1;33"
)

func (t *text) paint(code, s string) string {
	if !t.o.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// header names the recording on one line where it fits.
func (t *text) header() {
	in := t.r.Input
	parts := []string{t.o.SourceName, words.InputSpan(t.clock, in), words.SamplesLine(in)}
	if n := len(t.r.Servers); n > 0 {
		parts[2] = words.Plural(n, "server")
	}
	if in.Form != "" {
		parts = slices.Insert(parts, 1, in.Form)
	}
	if s := strings.Join(parts, "   "); cells.Width(s) <= t.o.Width {
		t.line(s)
	} else {
		t.line(cells.Cut(parts[0], t.o.Width, t.o.ASCII))
		if in.Form != "" {
			t.line(cells.Cut(in.Form, t.o.Width, t.o.ASCII))
			parts = parts[1:]
		}
		t.para("", parts[1]+"   "+parts[2])
	}
}

// verdict gives the outcome, its confidence, up to three sentences and the three answers.
func (t *text) verdict() {
	v := t.r.Verdict
	code := yellow
	switch v.Status {
	case finding.Incident:
		code = red
	case finding.Healthy:
		code = green
	}
	t.out.WriteByte('\n')
	conf := words.Certainty(v)
	room := t.o.Width - len("VERDICT  ")
	lines := cells.Wrap(words.Headline(t.r), room)
	switch last := len(lines) - 1; {
	case conf == "":
		t.verdictLines(code, lines, false)
	case cells.Width(lines[last])+2+len(conf) <= room:
		t.verdictLines(code, lines[:last], false)
		t.verdictLines(code, []string{lines[last]}, last > 0)
		t.out.Truncate(t.out.Len() - 1)
		t.line(strings.Repeat(" ", room-cells.Width(lines[last])-len(conf)) + conf)
	default:
		t.verdictLines(code, lines, false)
		t.para("         ", conf)
	}
	for _, s := range words.Sentences(t.r) {
		t.para("  ", s)
	}
	if note := t.clock.ZoneNote(t.r.Input.From); note != "" {
		t.para("  ", note)
	}
	if v.Runner != "" && v.Status != finding.Healthy {
		t.para("  Runner-up: ", v.Runner)
	}
	if v.Status == finding.Healthy || t.r.Snapshot.Taken > 0 {
		return // three times no is no news; what the snapshot shows comes first
	}
	for _, a := range t.r.Answers[:min(textAnswers, len(t.r.Answers))] {
		t.para(fmt.Sprintf("  %-3s  ", words.YesNo(a.Yes)), strings.TrimRight(strings.TrimSpace(a.Question), "?")+": "+a.Why)
	}
}

func (t *text) verdictLines(code string, lines []string, later bool) {
	for i, l := range lines {
		lead := t.paint(code, "VERDICT") + "  "
		if i > 0 || later {
			lead = "         "
		}
		t.line(lead + t.paint(bold, l))
	}
}

// next is what would settle an undetermined verdict: it stands right under it.
func (t *text) next() {
	if t.r.Verdict.Status != finding.Undetermined || len(t.r.Next) == 0 {
		return
	}
	t.title("WHAT WOULD SETTLE IT")
	for i, s := range t.r.Next {
		t.step(fmt.Sprintf("  %d  ", i+1), s.Command)
		t.para("     ", s.Why)
	}
}

// step writes a command to paste, or an instruction as a paragraph.
func (t *text) step(lead, s string) {
	if words.IsShell(s) {
		t.command(lead, s)
		return
	}
	t.para(lead, s)
}

// command writes something to paste. It is broken only where a shell lets it.
func (t *text) command(lead, s string) {
	n := cells.Width(lead)
	lines, whole := cells.WrapCommand(s, t.o.Width-n, t.o.ASCII)
	for i, l := range lines {
		if i > 0 {
			lead = strings.Repeat(" ", n)
		}
		t.line(lead + l)
	}
	if !whole {
		t.para(strings.Repeat(" ", n), "(cut: the whole command is in the full report)")
	}
}

// Sparks gives the rows of sparks alone, without a line break around them; o has its defaults.
func Sparks(r *finding.Report, o words.Options) string {
	t := &text{r: r, o: o, clock: units.NewClock(r.Input.From, r.Input.To, o.Location)}
	t.sparks(2)
	return strings.Trim(t.out.String(), "\n")
}

// sparks draws connections and refusals over one time axis and, where n is more than 1, says how
// connections grew.
func (t *text) sparks(n int) {
	const label = 9
	conns, refused := words.Signal(t.r, "connections"), words.Signal(t.r, "refused")
	cp, _, okC := words.Peak(conns)
	rp, _, okR := words.Peak(refused)
	if n == 0 || !okC && !okR {
		return
	}
	limit := words.LimitValue(t.r)
	cNote, rNote := "peak "+units.Number(cp), words.RefusedNote(t.r)
	if limit > 0 {
		cNote += " of " + units.Number(limit)
	}
	note := max(cells.Width(cNote), cells.Width(rNote))
	cells := min(120, t.o.Width-label-3-note)
	if cells < 12 { // too narrow for the figures beside the rows
		cells, cNote, rNote = t.o.Width-label, "", ""
	}
	s := spark{from: t.r.Input.From, to: t.r.Input.To, cells: cells, ascii: t.o.ASCII}
	hold := func(s *finding.Signal) time.Duration { return words.GapLimit(s, t.r.Input.Interval) }
	t.out.WriteByte('\n')
	if okC {
		top := cp
		if limit > cp && cp >= limit/4 { // full block = the limit, where the shape survives it
			top = limit
		}
		t.bars("clients", s.row(conns, top, false, hold(conns)), cNote)
	}
	if okR || refused != nil || t.r.Impact.Refused < 0 { // a blank row: nobody knows
		t.bars("refused", s.row(refused, rp, true, hold(refused)), rNote)
	}
	if a := s.axis(t.o.Location); a != "" {
		t.out.WriteString(strings.Repeat(" ", label) + a + "\n")
	}
	if n < 2 {
		return
	}
	if w := words.CourseWords(t.r.Course, t.clock, textCourse); w != "" && okC {
		t.para(fmt.Sprintf("%-*s", label, "course"), w+".")
	}
	if g, ok := words.FirstGrowth(t.r); ok {
		t.para(fmt.Sprintf("%-*s", label, "growth"), g.Subject+": "+words.GrowthWords(g)+".")
	}
}

// bars writes a row as it is: its characters are ours, in Unicode or ASCII.
func (t *text) bars(label, row, note string) {
	t.out.WriteString(strings.TrimRight(fmt.Sprintf("%-9s%s   %s", label, row, note), " ") + "\n")
}
