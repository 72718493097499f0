package terminal

import (
	"bytes"
	"fmt"
	"slices"
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
	screenSaid       = 3 // lines of what happened
	screenStep       = 2 // lines of one step
	screenHolders    = 3 // from here on entries
	screenRemarks    = 9
	screenServers    = 6
	screenCandidates = 3
	screenNotes      = 4
)

// A panel is a part of the screen: it writes so many entries of its list, n at first and least where
// there is no room. What it leaves out its title or its last line says.
type panel struct {
	write    func(n int)
	n, least int
}

// screen writes the answer in one screen: the verdict, the three questions, what to do now;
// then, as far as there is room, how it grew, who held the slots, and what else there is.
func (t *text) screen() {
	once := func(write func()) func(int) {
		return func(n int) {
			if n > 0 {
				write()
			}
		}
	}
	panels := []panel{
		{once(t.screenHead), 1, 1},
		{once(t.screenVerdict), 1, 1},
		{once(t.screenAnswers), 1, 1},
		{t.screenSettle, words.Steps, 2},
		{once(t.screenActions), 1, 1},
		{t.screenServers, screenServers, 1},
		{t.screenCandidates, screenCandidates, 1},
		{t.screenRemarks, screenRemarks, 1},
		{t.notes, screenNotes, 0},
		{t.sparks, 2, 0},
		{t.screenHolders, screenHolders, 0},
		{once(t.screenElse), 1, 0},
		{once(t.screenHints), 1, 1},
	}
	for _, l := range t.fit(panels, Lines) {
		t.out.WriteString(l + "\n")
	}
}

// fit gives the lines of all panels, at most so many where they allow it: the last panel gives up an
// entry first.
func (t *text) fit(panels []panel, lines int) []string {
	parts, total := make([][]string, len(panels)), 0
	for i, p := range panels {
		parts[i] = t.capture(func() { p.write(p.n) })
		total += len(parts[i])
	}
	for i := len(panels) - 1; i >= 0; i-- {
		for p := &panels[i]; total > lines && p.n > p.least; {
			p.n--
			total -= len(parts[i])
			parts[i] = t.capture(func() { p.write(p.n) })
			total += len(parts[i])
		}
	}
	return slices.Concat(parts...)
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
		if end = strings.LastIndexAny(s[:end], ".;:("); end < most*(t.o.Width-n)/3 {
			lines = t.cutLines(lines, most, t.o.Width-n)
			break
		}
		if breaksOff(s, end) {
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

// breaksOff tells a place at which a text may end as if it were whole: not within a quotation, a
// number or a list, of which the rest would be missed.
func breaksOff(s string, end int) bool {
	next := s[end+1:]
	quoted := strings.Count(s[:end], "“") > strings.Count(s[:end], "”") || strings.Count(s[:end], `"`)%2 == 1
	if quoted || next == "" {
		return false
	}
	if s[end] == '(' {
		return next[0]-'0' > 9 && next[0] != '<'
	}
	return next[0] == ' '
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
		said = in.Target + ", " + said
	}
	name := t.o.SourceName
	span := words.InputSpan(t.clock, in)
	if s := name + "   " + span + "   " + said; cells.Width(s) <= t.o.Width {
		t.line(s)
	} else {
		t.line(cells.Cut(name, t.o.Width, t.o.ASCII))
		t.few("", span+", "+said, 1)
	}
	s := words.UnusedWords(t.r, 1)
	if cells.Width(s) > t.o.Width {
		s = words.UnusedWords(t.r, 0)
	}
	if s != "" {
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
		t.few("  DO INSTEAD  ", t.r.Instead, 3)
	}
}

// screenSettle is what would settle an undetermined verdict.
func (t *text) screenSettle(n int) {
	if t.r.Verdict.Status != finding.Undetermined || len(t.r.Next) == 0 {
		return
	}
	n = min(n, len(t.r.Next))
	t.title("WHAT WOULD SETTLE IT" + part(n, len(t.r.Next)))
	for i, s := range t.r.Next[:n] {
		t.screenStep(fmt.Sprintf("  %d  ", i+1), s.Command)
		t.few("     ", s.Why, 1)
	}
}

// part says behind a title that a list is not whole.
func part(shown, all int) string {
	if shown >= all {
		return ""
	}
	return fmt.Sprintf(" (%d of %d)", shown, all)
}

// screenStep writes a command whole, for it is to be pasted, and an instruction short.
func (t *text) screenStep(lead, s string) {
	if words.IsShell(s) {
		t.command(lead, s)
		return
	}
	most := screenStep
	if strings.HasPrefix(s, "the server is full") { // what is to be typed stands at its end
		most++
	}
	t.few(lead, s, most)
}

func (t *text) screenActions() {
	steps := words.DoNow(t.r.Actions)
	if len(steps) == 0 {
		return
	}
	t.title("DO NOW" + part(len(steps), len(t.r.Actions)))
	for i, a := range steps {
		label := words.ActionLabel(a)
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
func (t *text) screenServers(n int) {
	list := t.r.Servers
	if len(list) == 0 {
		return
	}
	n = min(n, len(list))
	t.title(strings.ToUpper(words.Plural(len(list), "server")) + " IN THE INPUT, each judged by itself; above the worst" + part(n, len(list)))
	for i := range list[:n] {
		s := &list[i]
		says, outcome := opening(s.Report.Verdict.Summary, textAnswer/2), words.ServerLine(s)+"."
		if s.Report.Verdict.Status == finding.Undetermined { // the numbers are what is known
			says, outcome = outcome, says
		}
		t.few("  ", inert.Short(s.Name, 60)+": "+outcome+" "+says, 2)
	}
}

// screenRemarks lists what a snapshot shows.
func (t *text) screenRemarks(n int) {
	list := slices.DeleteFunc(slices.Clone(t.r.Snapshot.Remarks), func(x finding.Remark) bool {
		return strings.Contains(t.r.Verdict.Summary, x.Text)
	})
	if t.r.Snapshot.Taken == 0 || len(list) == 0 {
		return
	}
	t.out.WriteByte('\n')
	topic := ""
	for _, x := range list[:min(n, len(list))] {
		lead := ""
		if x.Topic != topic {
			topic, lead = x.Topic, x.Topic
		}
		t.few(t.topic(lead), x.Text, 2)
	}
	if left := len(list) - n; left > 0 {
		t.few(t.topic(""), words.Plural(left, "more remark")+" with --full.", 1)
	}
}

// shortNote is the length of an opening that may stand in another sentence, too.
const shortNote = 16

// notes lists what a log says beside what the verdict says of it.
func (t *text) notes(n int) {
	list := slices.DeleteFunc(slices.Clone(t.r.Observations), func(s string) bool {
		says, _, _ := strings.Cut(strings.TrimPrefix(s, "Server log: "), ",")
		return strings.Contains(t.r.Verdict.Summary, s) || len(says) > shortNote && strings.Contains(t.r.Verdict.Summary, says)
	})
	if n = min(n, len(list)); n == 0 || t.r.Input.LogLines+t.r.Input.ClientLog == 0 {
		return
	}
	t.title("ALSO IN THE LOG" + part(n, len(list)))
	for _, s := range list[:n] {
		t.few("  ", finding.UpperFirst(strings.TrimPrefix(s, "Server log: ")), 2)
	}
}

// topic is the column before a remark.
func (t *text) topic(s string) string {
	s = cells.Cut(strings.ToUpper(s), textTopic-1, t.o.ASCII)
	return s + strings.Repeat(" ", textTopic-cells.Width(s))
}

// screenCandidates lists the likeliest causes, where there is no course to name one by.
func (t *text) screenCandidates(n int) {
	if t.r.Snapshot.Taken == 0 && t.r.Verdict.Status != finding.Undetermined || len(t.r.Candidates) == 0 {
		return
	}
	ranked, none := words.Ranked(t.r)
	if t.r.Verdict.Status == finding.Incident && (len(ranked) < 2 || ranked[1].Probability < words.LeastCandidate/2) {
		return // there is no rival to what the verdict says
	}
	n = min(n, len(ranked))
	for n > 1 && ranked[n-1].Probability < words.LeastCandidate/2 {
		n--
	}
	t.title("CANDIDATES" + part(n, len(ranked)))
	if none != "" {
		t.few("  ", none, 1)
	}
	for _, c := range ranked[:n] {
		s := words.CandidateTitle(&c)
		if why := words.Reasons(c.For, 1); why != "" {
			s += ": " + why
		}
		t.few("  "+units.Confidence(c.Probability)+"  ", s, 1)
	}
}

func (t *text) screenHolders(n int) {
	held := words.HeldAtPeak(t.r)
	if n = min(n, len(held)); n == 0 {
		return
	}
	head, shown := "TOP HOLDERS", held[:n]
	if n < len(held) {
		head = fmt.Sprintf("TOP %d OF %d HOLDERS", n, len(held))
	}
	if i := words.BlamedHolder(t.r, held); i >= n { // the verdict's own is not left out for being small
		head, shown = fmt.Sprintf("%d OF %d HOLDERS", n, len(held)), append(slices.Clone(held[:n-1]), held[i])
	}
	t.holdersTable(head, shown)
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
		lead := "All of it: "
		if t.hidesAddresses() {
			lead = "Every address: "
		}
		t.command(lead, "connbox analyze --full "+name)
	}
	if t.r.Verdict.Cause != "" {
		t.command("The rule:  ", "connbox explain "+inert.Short(t.r.Verdict.Cause, 40))
	}
}

// hidesAddresses tells whether the screen names hosts by their number alone.
func (t *text) hidesAddresses() bool {
	for i := range t.r.Causes {
		if len(t.r.Causes[i].Sources) > 1 {
			return true
		}
	}
	for i := range t.r.Holders {
		if t.r.Holders[i].Hosts > 1 {
			return true
		}
	}
	return len(t.r.Holders) > screenHolders
}
