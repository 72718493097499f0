package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// The bounds of a snapshot's sections on a terminal: they are to fit its first screen.
const (
	textRemarks    = 14
	textCandidates = 4
	textReasons    = 2 // for a candidate, and against it
)

// candidateTitle names a candidate; no cause at all is one, too.
func candidateTitle(c *finding.Candidate) string {
	if c.ID == finding.HealthyID {
		return "Healthy: no incident"
	}
	return causeTitle(c.Title, c.ID)
}

// reasons joins the claims of evidence, the strongest first.
func reasons(es []finding.Evidence, most int) string {
	var parts []string
	for _, e := range es[:min(most, len(es))] {
		parts = append(parts, strings.TrimRight(short(e.Claim, textPara/2), "."))
	}
	return strings.Join(parts, "; ")
}

// textTopic is the width of the column of topics.
const textTopic = 16

// remarks lists what a snapshot shows, topic by topic.
func (t *text) remarks() {
	list := t.r.Snapshot.Remarks
	topic := ""
	for _, x := range list[:min(textRemarks, len(list))] {
		if strings.Contains(t.r.Verdict.Summary, x.Text) {
			continue // it stands right above
		}
		lead := ""
		if topic == "" {
			t.out.WriteByte('\n')
		}
		if x.Topic != topic {
			topic = x.Topic
			lead = strings.ToUpper(topic)
		}
		for i, l := range wrap(t.clip(x.Text), t.o.Width-textTopic) {
			if i > 0 {
				lead = ""
			}
			t.line(t.paint(bold, lead) + strings.Repeat(" ", max(textTopic-cellWidth(lead), 1)) + l)
		}
	}
	t.more(len(list), textRemarks)
}

// candidates lists the likeliest causes with what speaks for and against each.
func (t *text) candidates() {
	if t.r.Snapshot.Taken == 0 || len(t.r.Candidates) == 0 {
		return
	}
	t.title("CANDIDATES")
	shown := 0
	for _, c := range t.r.Candidates {
		if shown == textCandidates || shown > 0 && c.Probability < leastCandidate/2 {
			break
		}
		shown++
		t.line(fmt.Sprintf("  %s  %s", confidence(c.Probability), candidateTitle(&c)))
		if s := reasons(c.For, textReasons); s != "" {
			t.para("        for: ", s)
		}
		if s := reasons(c.Against, textReasons); s != "" {
			t.para("        against: ", s)
		}
	}
	t.more(len(t.r.Candidates), shown)
}

// remarks writes what a snapshot shows.
func (m *markdown) remarks(b *bytes.Buffer) {
	for _, x := range m.r.Snapshot.Remarks[:min(40, len(m.r.Snapshot.Remarks))] {
		fmt.Fprintf(b, "- *%s:* %s", mdText(x.Topic, 40), mdText(x.Text, 400))
		mdPlaces(b, x.At)
		b.WriteString("\n")
	}
}

// candidates writes the causes by probability, those of a recording with a course too.
func (m *markdown) candidates(b *bytes.Buffer) {
	if m.r.Snapshot.Taken == 0 {
		return
	}
	for _, c := range m.r.Candidates[:min(6, len(m.r.Candidates))] {
		fmt.Fprintf(b, "- **%s** %s", confidence(c.Probability), mdText(candidateTitle(&c), 80))
		if s := reasons(c.For, 4); s != "" {
			b.WriteString("; for: " + mdText(s, 500))
		}
		if s := reasons(c.Against, 4); s != "" {
			b.WriteString("; against: " + mdText(s, 500))
		}
		b.WriteString("\n")
	}
}

// A remarkView is a topic with its sentences on the page.
type remarkView struct {
	Topic string
	Lines []remarkLine
}

type (
	remarkLine    struct{ Text, At string }
	candidateView struct{ Title, Probability, For, Against string }
)

// snapshot puts what a snapshot shows on the page.
func (v *page) snapshot(r *finding.Report) {
	if r.Snapshot.Taken == 0 {
		return
	}
	for _, x := range bounded(v, r.Snapshot.Remarks, htmlList, "remarks") {
		if n := len(v.Remarks); n == 0 || v.Remarks[n-1].Topic != upperFirst(x.Topic) {
			v.Remarks = append(v.Remarks, remarkView{Topic: upperFirst(x.Topic)})
		}
		last := &v.Remarks[len(v.Remarks)-1]
		last.Lines = append(last.Lines, remarkLine{x.Text, places(x.At, 3)})
	}
	for _, c := range bounded(v, r.Candidates, htmlCauses, "candidates") {
		v.Ranked = append(v.Ranked, candidateView{candidateTitle(&c), confidence(c.Probability), reasons(c.For, 4), reasons(c.Against, 4)})
	}
}
