package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// markdownCap is the most Markdown writes: Jira takes 32 767 characters in a comment.
const markdownCap = 30000

// writeMarkdown writes a postmortem to paste into an issue tracker: no HTML, no images,
// and blanks where only people know.
func writeMarkdown(w io.Writer, r *finding.Report, o Options) error {
	o = o.withDefaults(r.Input.Name)
	m := &markdown{r: clean(r, false), o: o, clock: newClock(r.Input.From, r.Input.To, o.Location)}
	_, err := w.Write(m.document())
	return err
}

// markdown is a postmortem being written; each section writes itself into a buffer.
type markdown struct {
	r     *finding.Report
	o     Options
	clock clock
}

// mdSections are the parts in their order. Where the whole is over the cap, those with
// the highest spare number go first; 0 always stays and is bounded by its own limits.
var mdSections = [...]struct {
	title string
	spare int
	write func(*markdown, *bytes.Buffer)
}{
	{"", 0, (*markdown).head},
	{"Servers in the input", 1, (*markdown).servers},
	{"What the snapshot shows", 1, (*markdown).remarks},
	{"Candidates", 1, (*markdown).candidates},
	{"What would settle it", 1, (*markdown).next},
	{"Impact", 1, (*markdown).impact},
	{"Timeline", 3, (*markdown).timeline},
	{"Signals", 2, (*markdown).signals},
	{"Top holders", 4, (*markdown).holders},
	{"Do now", 1, (*markdown).actions},
	{"What if", 7, (*markdown).whatIf},
	{"Evidence", 8, (*markdown).evidence},
	{"Confidence", 8, (*markdown).confidence},
	{"Ruled out", 6, (*markdown).ruledOut},
	{"Not assessed", 6, (*markdown).unassessed},
	{"Data quality", 5, (*markdown).doubts},
	{"Not used", 5, (*markdown).unused},
	{"To fill in", 0, (*markdown).blanks},
}

// document assembles the sections within the cap.
func (m *markdown) document() []byte {
	texts := make([]string, len(mdSections))
	size := 400 // for the note and the footer
	for i, s := range mdSections {
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
	for spare := 9; spare > 0 && size > markdownCap; spare-- {
		for i, s := range mdSections {
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
		fmt.Fprintf(&out, "\n*Cut to fit %d kB: %s. The page (HTML) has them.*\n", markdownCap/1000, strings.Join(lost, ", "))
	}
	fmt.Fprintf(&out, "\n*Made by connbox %s from %s, SHA-256 %s.*\n", mdCode(m.o.Version, 40), mdCode(m.o.SourceName, 80), mdCode(orUnknown(m.r.Input.SHA256), 64))
	return out.Bytes()
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func (m *markdown) head(b *bytes.Buffer) {
	r := m.r
	fmt.Fprintf(b, "# %s: %s\n\n", mdText(m.o.SourceName, 80), mdText(headline(r), 160))
	fmt.Fprintf(b, "%s · %s\n\n", inputSpan(m.clock, r.Input), samplesLine(r.Input))
	fmt.Fprintf(b, "> **Verdict: %s.**", mdText(headline(r), 160))
	if s := certainty(r.Verdict); s != "" {
		b.WriteString(" " + upperFirst(sentence(s)))
	}
	b.WriteString("\n")
	for _, s := range sentences(r) {
		fmt.Fprintf(b, ">\n> %s\n", mdText(s, 500))
	}
	if note := m.clock.zoneNote(r.Input.From); note != "" {
		fmt.Fprintf(b, ">\n> *%s*\n", note)
	}
	if r.Verdict.Runner != "" {
		fmt.Fprintf(b, ">\n> Runner-up: %s\n", mdText(r.Verdict.Runner, 300))
	}
	if len(r.Answers) > 0 {
		b.WriteString("\n")
	}
	for _, a := range r.Answers[:min(5, len(r.Answers))] {
		fmt.Fprintf(b, "- **%s %s:** %s\n", mdText(a.Question, 100), upperFirst(strings.ToLower(yesNo(a.Yes))), mdText(a.Why, 300))
	}
}

func (m *markdown) next(b *bytes.Buffer) {
	if m.r.Verdict.Status != finding.Undetermined {
		return
	}
	for i, s := range m.r.Next[:min(6, len(m.r.Next))] {
		if isShell(s.Command) {
			fmt.Fprintf(b, "%d. %s\n\n%s\n", i+1, mdText(s.Why, 300), mdFence(s.Command, "   "))
		} else {
			fmt.Fprintf(b, "%d. %s %s\n\n", i+1, mdText(sentence(upperFirst(s.Command)), 400), mdText(s.Why, 300))
		}
	}
}

// table writes a GitHub table; cells are Markdown already.
func table(b *bytes.Buffer, head []string, rows [][]string) {
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

func (m *markdown) impact(b *bytes.Buffer) {
	var rows [][]string
	for _, f := range impactFacts(m.r, m.clock) {
		rows = append(rows, []string{upperFirst(f.Label), f.Value})
	}
	if len(rows) > 0 {
		table(b, []string{"What", "Value"}, rows)
	}
}

func (m *markdown) timeline(b *bytes.Buffer) {
	var rows [][]string
	for i, e := range m.r.Timeline[:min(20, len(m.r.Timeline))] {
		refs := strings.Join(e.Refs[:min(6, len(e.Refs))], " ")
		rows = append(rows, []string{fmt.Sprint(i + 1), m.clock.at(e.At), mdText(e.What, 240), mdText(refs, 40)})
	}
	if len(rows) > 0 {
		table(b, []string{"#", m.clock.zoneName(m.r.Input.From), "What happened", "Evidence"}, rows)
		mdMore(b, len(m.r.Timeline), 20)
	}
}

func mdMore(b *bytes.Buffer, have, shown int) {
	if have > shown {
		fmt.Fprintf(b, "\n%s more are in the full report.\n", count(int64(have-shown)))
	}
}

// signals fences the two sparklines, drawn as in the terminal.
func (m *markdown) signals(b *bytes.Buffer) {
	t := &text{r: m.r, o: Options{Width: 80, Location: m.o.Location}, clock: m.clock}
	t.sparks()
	if s := strings.Trim(t.out.String(), "\n"); s != "" {
		b.WriteString("```text\n" + s + "\n```\n")
	}
}

func (m *markdown) holders(b *bytes.Buffer) {
	total := holdersTotal(m.r)
	var rows [][]string
	held := heldAtPeak(m.r)
	for _, h := range held[:min(12, len(held))] {
		label := mdCode(orLabel(h.Label), 60)
		if h.Hosts > 1 {
			label += " (" + plural(h.Hosts, "host") + ")"
		}
		rows = append(rows, []string{label, count(int64(h.Base)), count(int64(h.Peak)), share(h.Peak, total),
			count(int64(h.Last)), number(h.Growth), seconds(h.IdleP95), mdCode(h.TopCmd, 30)})
	}
	if len(rows) == 0 {
		return
	}
	if at := peakTime(m.r); !at.IsZero() {
		fmt.Fprintf(b, "At the peak, %s%s.\n\n", m.clock.at(at), m.clock.zoneMark(at))
	}
	table(b, []string{"Client", "at start", "at peak", "share", "at end", "growth/min", "idle p95", "last command"}, rows)
	mdMore(b, len(held), 12)
}

func (m *markdown) actions(b *bytes.Buffer) {
	for i, a := range m.r.Actions[:min(6, len(m.r.Actions))] {
		label, _ := riskLabel(a.Risk)
		fmt.Fprintf(b, "%d. **%s** (%s).", i+1, label, riskNote(a))
		parts := []string{a.Effect}
		if !isShell(a.Command) {
			parts = []string{a.Command, a.Effect}
		}
		for _, s := range parts {
			if strings.TrimSpace(s) != "" {
				b.WriteString(" " + mdText(sentence(upperFirst(s)), 400))
			}
		}
		if a.Check != "" {
			fmt.Fprintf(b, " %s: %s", checkLabel(a.Risk), mdText(sentence(a.Check), 200))
		}
		b.WriteString("\n\n")
		if isShell(a.Command) {
			b.WriteString(mdFence(a.Command, "   ") + "\n")
		}
	}
}

func (m *markdown) whatIf(b *bytes.Buffer) {
	for _, x := range m.r.WhatIf[:min(8, len(m.r.WhatIf))] {
		fmt.Fprintf(b, "- **%s** %s", mdTicks(x.Question, 200), mdTicks(x.Answer, 700))
		if x.Formula != "" && !x.Missing {
			fmt.Fprintf(b, " *Formula: %s.* Read", mdText(x.Formula, 200))
			mdPlaces(b, x.At)
			b.WriteString(".")
		}
		b.WriteString("\n")
	}
}

// confidence lists what the verdict's confidence is made of.
func (m *markdown) confidence(b *bytes.Buffer) {
	for _, c := range m.r.Verdict.Parts[:min(8, len(m.r.Verdict.Parts))] {
		fmt.Fprintf(b, "- %+.2f %s\n", c.Value, mdText(c.What, 300))
	}
	if len(m.r.Verdict.Parts) > 0 {
		whole := "in all"
		if m.r.Verdict.Status == finding.Undetermined {
			whole += ": how likely the strongest candidate is"
		}
		fmt.Fprintf(b, "- **%s** %s\n", confidence(m.r.Verdict.Confidence), whole)
	}
}

func (m *markdown) evidence(b *bytes.Buffer) {
	for i, c := range m.r.Causes[:min(6, len(m.r.Causes))] {
		fmt.Fprintf(b, "**%s** (%s, %s)\n\n", mdText(causeTitle(c.Title, c.ID), 80), mdText(string(c.Role), 20), confidence(findingConfidence(m.r, i)))
		for _, e := range c.Evidence[:min(8, len(c.Evidence))] {
			side := "for"
			if !e.For {
				side = "against"
			}
			fmt.Fprintf(b, "- %s, %s: %s **%s**", mdText(orLabel(e.Ref), 12), side, mdText(e.Claim, 300), mdText(evidenceValue(e), 80))
			mdPlaces(b, e.At)
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
}

// mdPlaces lists where a piece of evidence can be looked up.
func mdPlaces(b *bytes.Buffer, at []string) {
	for i, place := range at[:min(4, len(at))] {
		b.WriteString([...]string{" at ", ", "}[min(i, 1)] + mdCode(place, 100))
	}
	if len(at) > 4 {
		fmt.Fprintf(b, " and %s more", count(int64(len(at)-4)))
	}
}

func (m *markdown) ruledOut(b *bytes.Buffer) {
	out := m.r.RuledOut
	for _, x := range out[:min(21, len(out))] {
		fmt.Fprintf(b, "- **%s:** %s\n", mdText(causeTitle(x.Title, x.ID), 80), mdText(x.Why, 300))
	}
}

func (m *markdown) unassessed(b *bytes.Buffer) {
	open := openQuestions(m.r)
	for _, q := range open[:min(8, len(open))] {
		fmt.Fprintf(b, "- %s\n", mdText(q.String(), 900))
	}
}

func (m *markdown) doubts(b *bytes.Buffer) {
	for _, d := range m.r.DataQuality[:min(12, len(m.r.DataQuality))] {
		fmt.Fprintf(b, "- %s\n", mdText(joinDoubt(d), 400))
	}
}

// blanks is what a recording cannot know.
func (m *markdown) blanks(b *bytes.Buffer) {
	if m.r.Verdict.Status == finding.Healthy {
		return
	}
	for _, q := range humanBlanks {
		fmt.Fprintf(b, "- **%s:** \\_\\_\\_\\_", q.what)
		if q.hint != "" {
			fmt.Fprintf(b, " *(%s)*", q.hint)
		}
		b.WriteString("\n")
	}
	for _, s := range candidates(m.r) { // below "Action items", the last of the blanks
		item := mdText(s, 300)
		if isShell(s) {
			item = mdCode(s, 300)
		}
		fmt.Fprintf(b, "  - candidate, no owner yet: %s\n", item)
	}
}

// humanBlanks are the parts of a postmortem that only people can write.
var humanBlanks = [...]struct{ what, hint string }{
	{"Owner of this postmortem", "name and date"},
	{"Detection", "who or what noticed it, and when; compare with the first sign in the timeline"},
	{"Response", "what was done, by which role, at what time"},
	{"Users affected", "what they saw, how many"},
	{"What went well", ""},
	{"Where we got lucky", ""},
	{"Action items", "each with an owner and a date"},
}

// orLabel names what has no name.
func orLabel(s string) string {
	if strings.TrimSpace(s) == "" {
		return "(no name)"
	}
	return s
}
