package terminal

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// Lines is how many lines the summary has at most: one screen of a terminal.
const Lines = 35

// The bounds of the screen's parts, in lines.
const (
	screenName    = 2 // the header
	screenSaid    = 3 // what happened
	screenStep    = 2 // lines of one step
	screenHolders = 3
	screenRemarks = 9
	screenServers = 6
)

// screen writes the answer in one screen: the verdict, the three questions, what to do now;
// then, as far as there is room, how it grew, who held the slots, and what else there is.
func (t *text) screen() {
	sections := [...]struct {
		write func()
		least int
	}{
		{t.screenHead, screenName},
		{t.screenVerdict, Lines},
		{t.screenAnswers, Lines},
		{t.screenSettle, 5},
		{t.screenActions, Lines},
		{t.screenServers, 3},
		{t.screenCandidates, 3},
		{t.screenRemarks, 3},
		{t.sparks, 0},
		{t.screenHolders, 0},
		{t.screenElse, 0},
		{t.screenHints, 3},
	}
	parts := make([]cells.Part, len(sections))
	for i, s := range sections {
		parts[i] = cells.Part{Lines: t.capture(s.write), Least: s.least}
	}
	for _, l := range cells.Fit(parts, Lines) {
		t.out.WriteString(l + "\n")
	}
}

// capture gives what a section writes, a line each.
func (t *text) capture(write func()) []string {
	before := t.out
	t.out = bytes.Buffer{}
	write()
	s := t.out.String()
	t.out = before
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// few writes wrapped text in at most so many lines. What does not fit ends after a clause where one
// fills a third of the room, but for a text that quotes, else in an ellipsis.
func (t *text) few(lead, s string, most int) { t.fewAfter(cells.Width(lead), lead, s, most) }

// fewAfter is few behind a lead of n cells, which may be painted.
func (t *text) fewAfter(n int, lead, s string, most int) {
	s = t.clip(s)
	lines := cells.Wrap(s, t.o.Width-n)
	for end := len(s); len(lines) > most; {
		if end = strings.LastIndexAny(s[:end], ";:("); end < most*(t.o.Width-n)/3 || strings.ContainsAny(s, "“\"") {
			lines = t.cutLines(lines, most, t.o.Width-n)
			break
		}
		if next := s[end+1:]; s[end] == '(' || strings.HasPrefix(next, " ") {
			lines = cells.Wrap(ended(s[:end], s), t.o.Width-n)
		}
	}
	for i, l := range lines {
		if i > 0 {
			lead = strings.Repeat(" ", n)
		}
		t.line(lead + l)
	}
}

// ended gives a beginning of a text as a sentence of its own: no bracket stays open, and a full stop
// that the text has at its end stands at this one.
func ended(s, whole string) string {
	if i := strings.LastIndexByte(s, '('); i > strings.LastIndexByte(s, ')') {
		s = s[:i]
	}
	s = strings.TrimRight(s, " ")
	if strings.HasSuffix(whole, ".") {
		s += "."
	}
	return s
}

// cutLines keeps the first lines, the last of them with an ellipsis.
func (t *text) cutLines(lines []string, most, width int) []string {
	lines = lines[:most]
	last := cells.Cut(lines[most-1]+strings.Repeat(".", t.o.Width), width, t.o.ASCII)
	last = strings.TrimRight(strings.TrimRight(last, ".…"), " ,;:(") + cells.Dots(t.o.ASCII)
	lines[most-1] = cells.Cut(last, width, t.o.ASCII)
	return lines
}

func (t *text) screenHead() {
	in := t.r.Input
	said := words.SamplesLine(in)
	if n := len(t.r.Servers); n > 0 {
		said = words.Plural(n, "server")
	}
	if in.Form != "" {
		said = in.Form + ", " + said
	}
	if in.Target != "" {
		said = in.Target + "   " + said
	}
	name := t.o.SourceName
	span := words.InputSpan(t.clock, in)
	if s := name + "   " + span + "   " + said; cells.Width(s) <= t.o.Width {
		t.line(s)
	} else {
		t.line(cells.Cut(name, t.o.Width, t.o.ASCII))
		t.few("", span+"   "+said, 1)
	}
	if s := words.UnusedWords(t.r, 1); s != "" {
		t.few("", s, 1)
	}
}

func (t *text) screenVerdict() {
	v := t.r.Verdict
	code := yellow
	switch v.Status {
	case finding.Incident:
		code = red
	case finding.Healthy:
		code = green
	}
	t.out.WriteByte('\n')
	room := t.o.Width - len("VERDICT  ")
	head, conf := words.Headline(t.r), words.Certainty(v)
	if conf != "" && cells.Width(head)+2+cells.Width(conf) <= room {
		head += strings.Repeat(" ", room-cells.Width(head)-cells.Width(conf)) + conf
		conf = ""
	}
	t.line(t.paint(code, "VERDICT") + "  " + t.paint(bold, cells.Cut(head, room, t.o.ASCII)))
	if conf != "" {
		t.few("         ", conf, 1)
	}
	most := screenSaid
	for _, s := range words.Sentences(t.r) {
		t.few("  ", s, most)
		most = 2
	}
	if note := t.clock.ZoneNote(t.r.Input.From); note != "" {
		t.few("  ", note, 2)
	}
}

// screenAnswers gives the three answers a line each, and what to do where all are No.
func (t *text) screenAnswers() {
	if t.r.Verdict.Status == finding.Healthy {
		return
	}
	for _, a := range t.r.Answers[:min(textAnswers, len(t.r.Answers))] {
		t.few(fmt.Sprintf("  %-3s  ", words.YesNo(a.Yes)), strings.TrimRight(strings.TrimSpace(a.Question), "?")+": "+a.Why, 1)
	}
	if t.r.Instead != "" {
		t.few("  DO INSTEAD  ", t.r.Instead, 2)
	}
}

// screenSettle is what would settle an undetermined verdict.
func (t *text) screenSettle() {
	if t.r.Verdict.Status != finding.Undetermined || len(t.r.Next) == 0 {
		return
	}
	t.title("WHAT WOULD SETTLE IT")
	for i, s := range t.r.Next[:min(words.Steps, len(t.r.Next))] {
		t.screenStep(fmt.Sprintf("  %d  ", i+1), s.Command)
		t.few("     ", s.Why, 1)
	}
}

// screenStep writes a command whole, for it is to be pasted, and an instruction short.
func (t *text) screenStep(lead, s string) {
	if words.IsShell(s) {
		t.command(lead, s)
		return
	}
	t.few(lead, s, screenStep)
}

func (t *text) screenActions() {
	steps := words.DoNow(t.r.Actions)
	if len(steps) == 0 {
		return
	}
	t.title("DO NOW")
	for i, a := range steps {
		label, _ := words.RiskLabel(a.Risk)
		code := yellow
		if a.Risk == finding.Safe {
			code = green
		} else if a.Risk == finding.Disconnects {
			code = red
		}
		when := "tonight"
		if a.Good {
			when = "for good"
		}
		t.screenStep(fmt.Sprintf("  %d  %-8s  ", i+1, when), a.Command)
		lead := strings.Repeat(" ", 15) + t.paint(code, label)
		if a.Effect == "" {
			t.line(lead)
			continue
		}
		t.fewAfter(15+len(label)+2, lead+": ", strings.Join(strings.Fields(a.Effect), " "), 1)
	}
}

// screenServers names the servers of the input, each with its outcome and the first it shows.
func (t *text) screenServers() {
	list := t.r.Servers
	if len(list) == 0 {
		return
	}
	t.title(strings.ToUpper(words.Plural(len(list), "server")) + " IN THE INPUT, each judged by itself; above the worst")
	for i := range list[:min(screenServers, len(list))] {
		s := &list[i]
		says, outcome := opening(s.Report.Verdict.Summary, textAnswer/2), words.ServerLine(s)+"."
		if s.Report.Verdict.Status == finding.Undetermined { // the numbers are what is known
			says, outcome = outcome, says
		}
		t.few("  ", inert.Short(s.Name, 60)+": "+outcome+" "+says, 2)
	}
	t.more(len(list), screenServers)
}

// screenRemarks lists what a snapshot shows.
func (t *text) screenRemarks() {
	list := t.r.Snapshot.Remarks
	if t.r.Snapshot.Taken == 0 || len(list) == 0 {
		return
	}
	topic := ""
	for _, x := range list[:min(screenRemarks, len(list))] {
		if strings.Contains(t.r.Verdict.Summary, x.Text) {
			continue
		}
		if topic == "" {
			t.out.WriteByte('\n')
		}
		lead := strings.Repeat(" ", textTopic)
		if x.Topic != topic {
			topic = x.Topic
			lead = cells.Cut(strings.ToUpper(topic), textTopic-1, t.o.ASCII)
			lead += strings.Repeat(" ", textTopic-cells.Width(lead))
		}
		t.few(lead, x.Text, 2)
	}
}

// screenCandidates lists the likeliest causes, where there is no course to name one by.
func (t *text) screenCandidates() {
	if t.r.Snapshot.Taken == 0 && t.r.Verdict.Status != finding.Undetermined || len(t.r.Candidates) == 0 {
		return
	}
	ranked, none := words.Ranked(t.r)
	if t.r.Verdict.Status == finding.Incident && (len(ranked) < 2 || ranked[1].Probability < words.LeastCandidate/2) {
		return // there is no rival to what the verdict says
	}
	t.title("CANDIDATES")
	if none != "" {
		t.few("  ", none, 1)
	}
	for i, c := range ranked[:min(3, len(ranked))] {
		if i > 0 && c.Probability < words.LeastCandidate/2 {
			break
		}
		s := words.CandidateTitle(&c)
		if why := words.Reasons(c.For, 1); why != "" {
			s += ": " + why
		}
		t.few("  "+units.Confidence(c.Probability)+"  ", s, 1)
	}
}

func (t *text) screenHolders() {
	held := words.HeldAtPeak(t.r)
	if len(held) == 0 {
		return
	}
	head := "TOP HOLDERS"
	if at := words.PeakTime(t.r); !at.IsZero() {
		head += " AT " + t.clock.At(at)
	}
	t.out.WriteByte('\n')
	table := cells.Table{Head: []string{head, "clients", "share", "growth/min", "idle p95"}}
	total := words.HoldersTotal(t.r)
	for _, h := range held[:min(screenHolders, len(held))] {
		table.Rows = append(table.Rows, []string{"  " + words.HolderLabel(h), units.Count(int64(h.Peak)), words.Share(h.Peak, total), units.Number(h.Growth), units.Seconds(h.IdleP95)})
	}
	for i, l := range table.Lines(t.o.Width, "", t.o.ASCII) {
		if i == 0 {
			l = t.paint(bold, l)
		}
		t.line(l)
	}
}

// screenElse counts what else the report has.
func (t *text) screenElse() {
	evidence := 0
	for _, c := range t.r.Causes {
		evidence += len(c.Evidence)
	}
	var parts []string
	for _, x := range [...]struct {
		n          int
		one, other string
	}{
		{evidence, "piece of evidence", "pieces of evidence"}, {len(t.r.Timeline), "event", "events"}, {len(t.r.RuledOut), "cause ruled out", "causes ruled out"},
		{len(t.r.NotAssessed), "not assessed", "not assessed"}, {len(words.Answered(t.r)), "what-if", "what-ifs"}, {len(t.r.DataQuality), "doubt about the data", "doubts about the data"},
	} {
		switch {
		case x.n == 1:
			parts = append(parts, "1 "+x.one)
		case x.n > 1:
			parts = append(parts, units.Count(int64(x.n))+" "+x.other)
		}
	}
	if len(parts) > 0 {
		t.out.WriteByte('\n')
		t.few("Also: ", strings.Join(parts, ", ")+".", 2)
	}
}

// screenHints say where to read on.
func (t *text) screenHints() {
	t.out.WriteByte('\n')
	name := words.Argument(t.o.SourceName)
	if name == "-" { // what came through a pipe or a paste is gone
		t.line("All of it: put the text in a FILE, then connbox analyze --full FILE")
	} else {
		t.command("All of it: ", "connbox analyze --full "+name)
	}
	if t.r.Verdict.Cause != "" {
		t.command("The rule:  ", "connbox explain "+inert.Short(t.r.Verdict.Cause, 40))
	}
}
