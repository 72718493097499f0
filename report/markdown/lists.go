package markdown

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

func (m *postmortem) servers(b *bytes.Buffer) {
	for i := range m.r.Servers[:min(words.MostServers, len(m.r.Servers))] {
		s := &m.r.Servers[i]
		fmt.Fprintf(b, "- **%s:** %s. %s", Text(s.Name, 80), Text(words.ServerLine(s), 160), Text(strings.Join(words.ServerSays(s, words.MostSaid), " "), 900))
		if s.At != "" {
			places(b, []string{s.At})
		}
		b.WriteString("\n")
	}
	m.more(b, len(m.r.Servers), words.MostServers)
}

// remarks writes what a snapshot shows.
func (m *postmortem) remarks(b *bytes.Buffer) {
	for _, x := range m.r.Snapshot.Remarks[:min(40, len(m.r.Snapshot.Remarks))] {
		fmt.Fprintf(b, "- *%s:* %s", Text(x.Topic, 40), Text(x.Text, 400))
		places(b, x.At)
		b.WriteString("\n")
	}
	m.more(b, len(m.r.Snapshot.Remarks), 40)
}

// candidates writes the causes by probability, those of a recording with a course too.
func (m *postmortem) candidates(b *bytes.Buffer) {
	if m.r.Snapshot.Taken == 0 {
		return
	}
	ranked, none := words.Ranked(m.r)
	if none != "" {
		fmt.Fprintf(b, "%s\n", none)
	}
	for _, c := range ranked[:min(6, len(ranked))] {
		fmt.Fprintf(b, "- **%s** %s", units.Confidence(c.Probability), Text(words.CandidateTitle(&c), 80))
		if s := words.Reasons(c.For, 4); s != "" {
			b.WriteString("; for: " + Text(s, 500))
		}
		if s := words.Reasons(c.Against, 4); s != "" {
			b.WriteString("; against: " + Text(s, 500))
		}
		b.WriteString("\n")
	}
	m.more(b, len(ranked), 6)
}

func (m *postmortem) unused(b *bytes.Buffer) {
	if s := words.UnusedWords(m.r, words.MostUnused); s != "" {
		fmt.Fprintf(b, "%s\n", Text(words.Sentence(s), 1200))
	}
}
