// Package markdown writes a report as Markdown for an issue tracker, in which nothing that a
// stranger wrote is markup.
package markdown

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/terminal"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// Cap is the most Markdown writes: Jira takes 32 767 characters in a comment.
const Cap = 30000

// Write writes a postmortem to paste into an issue tracker: no HTML, no images,
// and blanks where only people know.
func Write(w io.Writer, r *finding.Report, o words.Options) error {
	o = o.WithDefaults(r.Input.Name)
	m := &postmortem{r: words.Clean(r, false), o: o, clock: units.NewClock(r.Input.From, r.Input.To, o.Location)}
	_, err := w.Write(m.document())
	return err
}

// postmortem is a postmortem being written; each section writes itself into a buffer.
type postmortem struct {
	r     *finding.Report
	o     words.Options
	clock units.Clock
}

// sections are the parts in their order. Where the whole is over the cap, those with
// the highest spare number go first; 0 always stays and is bounded by its own limits.
var sections = [...]struct {
	title string
	spare int
	write func(*postmortem, *bytes.Buffer)
}{
	{"", 0, (*postmortem).head},
	{"Servers in the input", 1, (*postmortem).servers},
	{"What the snapshot shows", 1, (*postmortem).remarks},
	{"Candidates", 1, (*postmortem).candidates},
	{"What would settle it", 1, (*postmortem).next},
	{"Impact", 1, (*postmortem).impact},
	{"Timeline", 3, (*postmortem).timeline},
	{"Signals", 2, (*postmortem).signals},
	{"Top holders", 4, (*postmortem).holders},
	{"Do now", 1, (*postmortem).actions},
	{"What if", 7, (*postmortem).whatIf},
	{"Evidence", 8, (*postmortem).evidence},
	{"Confidence", 8, (*postmortem).confidence},
	{"Ruled out", 6, (*postmortem).ruledOut},
	{"Not assessed", 6, (*postmortem).unassessed},
	{"Data quality", 5, (*postmortem).doubts},
	{"Not used", 5, (*postmortem).unused},
	{"To fill in", 0, (*postmortem).blanks},
}

// document assembles the sections within the cap.
func (m *postmortem) document() []byte {
	texts := make([]string, len(sections))
	size := 400 // for the note and the footer
	for i, s := range sections {
		var b bytes.Buffer
		s.write(m, &b)
		if b.Len() > 0 && s.title != "" {
			texts[i] = "\n## " + s.title + "\n\n" + b.String()
		} else {
			texts[i] = b.String()
		}
		size += len(texts[i])
	}
	var lost []string
	for spare := 9; spare > 0 && size > Cap; spare-- {
		for i, s := range sections {
			if s.spare == spare && texts[i] != "" {
				size -= len(texts[i])
				texts[i] = ""
				lost = append(lost, s.title)
			}
		}
	}
	var out bytes.Buffer
	for _, t := range texts {
		out.WriteString(t)
	}
	if len(lost) > 0 {
		fmt.Fprintf(&out, "\n*Cut to fit %d kB: %s. The page (HTML) has them.*\n", Cap/1000, strings.Join(lost, ", "))
	}
	fmt.Fprintf(&out, "\n*Made by connbox %s from %s, SHA-256 %s.*\n", Code(m.o.Version, 40), Code(m.o.SourceName, 80), Code(orUnknown(m.r.Input.SHA256), 64))
	return out.Bytes()
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func (m *postmortem) head(b *bytes.Buffer) {
	r := m.r
	fmt.Fprintf(b, "# %s: %s\n\n", Text(m.o.SourceName, 80), Text(words.Headline(r), 160))
	fmt.Fprintf(b, "%s · %s\n\n", words.InputSpan(m.clock, r.Input), words.SamplesLine(r.Input))
	fmt.Fprintf(b, "> **Verdict: %s.**", Text(words.Headline(r), 160))
	if s := words.Certainty(r.Verdict); s != "" {
		b.WriteString(" " + finding.UpperFirst(words.Sentence(s)))
	}
	b.WriteString("\n")
	for _, s := range words.Sentences(r) {
		fmt.Fprintf(b, ">\n> %s\n", Text(s, 500))
	}
	if note := m.clock.ZoneNote(r.Input.From); note != "" {
		fmt.Fprintf(b, ">\n> *%s*\n", note)
	}
	if r.Verdict.Runner != "" {
		fmt.Fprintf(b, ">\n> Runner-up: %s\n", Text(r.Verdict.Runner, 300))
	}
	if len(r.Answers) > 0 {
		b.WriteString("\n")
	}
	for _, a := range r.Answers[:min(5, len(r.Answers))] {
		fmt.Fprintf(b, "- **%s %s:** %s\n", Text(a.Question, 100), finding.UpperFirst(strings.ToLower(words.YesNo(a.Yes))), Text(a.Why, 300))
	}
	if r.Instead != "" {
		fmt.Fprintf(b, "- **Do instead:** %s\n", Text(r.Instead, 300))
	}
}

func (m *postmortem) next(b *bytes.Buffer) {
	if m.r.Verdict.Status != finding.Undetermined {
		return
	}
	for i, s := range m.r.Next[:min(6, len(m.r.Next))] {
		if words.IsShell(s.Command) {
			fmt.Fprintf(b, "%d. %s\n\n%s\n", i+1, Text(s.Why, 300), Fence(s.Command, "   "))
		} else {
			fmt.Fprintf(b, "%d. %s %s\n\n", i+1, Text(words.Sentence(finding.UpperFirst(s.Command)), 400), Text(s.Why, 300))
		}
	}
	m.more(b, len(m.r.Next), 6)
}

// Table writes a GitHub table; cells are Markdown already.
func Table(b *bytes.Buffer, head []string, rows [][]string) {
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule)
	for _, r := range rows {
		line(r)
	}
}

func (m *postmortem) impact(b *bytes.Buffer) {
	var rows [][]string
	for _, f := range words.ImpactFacts(m.r, m.clock) {
		rows = append(rows, []string{finding.UpperFirst(f.Label), f.Value})
	}
	if len(rows) > 0 {
		Table(b, []string{"What", "Value"}, rows)
	}
}

func (m *postmortem) timeline(b *bytes.Buffer) {
	var rows [][]string
	for i, e := range m.r.Timeline[:min(20, len(m.r.Timeline))] {
		refs := strings.Join(e.Refs[:min(6, len(e.Refs))], " ")
		rows = append(rows, []string{fmt.Sprint(i + 1), m.clock.At(e.At), Text(e.What, 240), Text(refs, 40)})
	}
	if len(rows) > 0 {
		Table(b, []string{"#", m.clock.ZoneName(m.r.Input.From), "What happened", "Evidence"}, rows)
		m.more(b, len(m.r.Timeline), 20)
	}
}

// more says how many entries of a list were left out, and where they are.
func (m *postmortem) more(b *bytes.Buffer, have, shown int) {
	if have > shown {
		fmt.Fprintf(b, "\n*%s more: %s prints them all.*\n", units.Count(int64(have-shown)), Code("connbox analyze --full "+words.Argument(m.o.SourceName), 160))
	}
}

// signals fences the two sparklines, drawn as in the terminal.
func (m *postmortem) signals(b *bytes.Buffer) {
	if s := terminal.Sparks(m.r, words.Options{Width: 80, Location: m.o.Location}); s != "" {
		b.WriteString("```text\n" + s + "\n```\n")
	}
}

func (m *postmortem) holders(b *bytes.Buffer) {
	total := words.HoldersTotal(m.r)
	var rows [][]string
	held := words.HeldAtPeak(m.r)
	for _, h := range held[:min(12, len(held))] {
		label := Code(words.OrLabel(h.Label), 60)
		if h.Hosts > 1 {
			label += " (" + words.Plural(h.Hosts, "host") + ")"
		}
		rows = append(rows, []string{label, units.Count(int64(h.Base)), units.Count(int64(h.Peak)), words.Share(h.Peak, total),
			units.Count(int64(h.Last)), units.Number(h.Growth), units.Seconds(h.IdleP95), Code(h.TopCmd, 30)})
	}
	if len(rows) == 0 {
		return
	}
	if at := words.PeakTime(m.r); !at.IsZero() {
		fmt.Fprintf(b, "At the peak, %s%s.\n\n", m.clock.At(at), m.clock.ZoneMark(at))
	}
	Table(b, []string{"Client", "at start", "at peak", "share", "at end", "growth/min", "idle p95", "last command"}, rows)
	m.more(b, len(held), 12)
}

func (m *postmortem) actions(b *bytes.Buffer) {
	for i, a := range words.InOrder(m.r.Actions)[:min(6, len(m.r.Actions))] {
		label := words.ActionLabel(a)
		when := "Tonight"
		if a.Good {
			when = "For good"
		}
		fmt.Fprintf(b, "%d. %s: **%s** (%s).", i+1, when, label, words.RiskNote(a))
		parts := []string{a.Effect}
		if !words.IsShell(a.Command) {
			parts = []string{a.Command, a.Effect}
		}
		for _, s := range parts {
			if strings.TrimSpace(s) != "" {
				b.WriteString(" " + Text(words.Sentence(finding.UpperFirst(s)), 400))
			}
		}
		if a.Check != "" {
			fmt.Fprintf(b, " %s: %s", words.CheckLabel(a.Risk), Text(words.Sentence(a.Check), 200))
		}
		b.WriteString("\n\n")
		if words.IsShell(a.Command) {
			b.WriteString(Fence(a.Command, "   ") + "\n")
		}
	}
	m.more(b, len(m.r.Actions), 6)
}

func (m *postmortem) whatIf(b *bytes.Buffer) {
	for _, x := range m.r.WhatIf[:min(8, len(m.r.WhatIf))] {
		fmt.Fprintf(b, "- **%s** %s", ticks(x.Question, 200), ticks(x.Answer, 700))
		if x.Formula != "" && !x.Missing {
			fmt.Fprintf(b, " *Formula: %s.* Read", Text(x.Formula, 200))
			places(b, x.At)
			b.WriteString(".")
		}
		b.WriteString("\n")
	}
	m.more(b, len(m.r.WhatIf), 8)
}

// confidence lists what the verdict's confidence is made of.
func (m *postmortem) confidence(b *bytes.Buffer) {
	for _, c := range m.r.Verdict.Parts[:min(8, len(m.r.Verdict.Parts))] {
		fmt.Fprintf(b, "- %+.2f %s\n", c.Value, Text(c.What, 300))
	}
	if len(m.r.Verdict.Parts) > 0 {
		whole := "in all"
		if m.r.Verdict.Status == finding.Undetermined {
			whole += ": how likely the strongest candidate is"
		}
		fmt.Fprintf(b, "- **%s** %s\n", units.Confidence(m.r.Verdict.Confidence), whole)
	}
}

func (m *postmortem) evidence(b *bytes.Buffer) {
	for i, c := range m.r.Causes[:min(6, len(m.r.Causes))] {
		fmt.Fprintf(b, "**%s** (%s, %s)\n\n", Text(words.CauseTitle(c.Title, c.ID), 80), Text(string(c.Role), 20), units.Confidence(words.ConfidenceOf(m.r, i)))
		for _, e := range c.Evidence[:min(8, len(c.Evidence))] {
			side := "for"
			if !e.For {
				side = "against"
			}
			fmt.Fprintf(b, "- %s, %s: %s **%s**", Text(words.OrLabel(e.Ref), 12), side, Text(e.Claim, 300), Text(words.EvidenceValue(e), 80))
			places(b, e.At)
			b.WriteString("\n")
		}
		m.more(b, len(c.Evidence), 8)
		m.sources(b, c.Sources)
		b.WriteString("\n")
	}
}

// sources lists whom a cause is laid to, where that is more than one.
func (m *postmortem) sources(b *bytes.Buffer, list []finding.Source) {
	if len(list) < 2 {
		return
	}
	var who []string
	for _, s := range list[:min(12, len(list))] {
		who = append(who, Text(words.SourceLine(s), 200))
	}
	fmt.Fprintf(b, "\nWho: %s.\n", strings.Join(who, "; "))
	m.more(b, len(list), 12)
}

// places lists where a piece of evidence can be looked up.
func places(b *bytes.Buffer, at []string) {
	for i, place := range at[:min(4, len(at))] {
		b.WriteString([...]string{" at ", ", "}[min(i, 1)] + Code(place, 100))
	}
	if len(at) > 4 {
		fmt.Fprintf(b, " and %s more", units.Count(int64(len(at)-4)))
	}
}

func (m *postmortem) ruledOut(b *bytes.Buffer) {
	out := m.r.RuledOut
	for _, x := range out[:min(21, len(out))] {
		fmt.Fprintf(b, "- **%s:** %s\n", Text(words.CauseTitle(x.Title, x.ID), 80), Text(x.Why, 300))
	}
	m.more(b, len(out), 21)
}

func (m *postmortem) unassessed(b *bytes.Buffer) {
	open := words.OpenQuestions(m.r)
	for _, q := range open[:min(8, len(open))] {
		fmt.Fprintf(b, "- %s\n", Text(q.String(), 900))
	}
}

func (m *postmortem) doubts(b *bytes.Buffer) {
	for _, d := range m.r.DataQuality[:min(12, len(m.r.DataQuality))] {
		fmt.Fprintf(b, "- %s\n", Text(words.JoinDoubt(d), 400))
	}
	m.more(b, len(m.r.DataQuality), 12)
}

// blanks is what a recording cannot know.
func (m *postmortem) blanks(b *bytes.Buffer) {
	if m.r.Verdict.Status == finding.Healthy {
		return
	}
	for _, q := range words.HumanBlanks {
		fmt.Fprintf(b, "- **%s:** \\_\\_\\_\\_", q.What)
		if q.Hint != "" {
			fmt.Fprintf(b, " *(%s)*", q.Hint)
		}
		b.WriteString("\n")
	}
	for _, s := range words.Candidates(m.r) { // below "Action items", the last of the blanks
		item := Text(s, 300)
		if words.IsShell(s) {
			item = Code(s, 300)
		}
		fmt.Fprintf(b, "  - candidate, no owner yet: %s\n", item)
	}
}
