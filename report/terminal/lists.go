package terminal

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// evidence explains the references of the timeline: the claim, its value, and where in
// the input to look.
func (t *text) evidence() {
	list, total := words.CitedEvidence(t.r, textEvidence, textTimeline)
	if len(list) == 0 {
		return
	}
	t.title("EVIDENCE")
	for _, e := range list {
		lead := "  " + cells.Pad(cells.Cut(words.OrLabel(e.Ref), 8, t.o.ASCII), 3, false) + " "
		side := ""
		if !e.For {
			side = "speaks against: "
		}
		t.para(lead, side+strings.TrimRight(strings.TrimSpace(inert.Short(e.Claim, textPara/2)), ".:")+": "+inert.Short(words.EvidenceValue(e), 80))
		if len(e.At) == 0 {
			continue
		}
		indent := strings.Repeat(" ", cells.Width(lead))
		for _, l := range cells.Wrap(t.clip("at "+words.Places(e.At, textPlaces)), t.o.Width-len(indent)) {
			t.line(indent + t.paint(dim, l))
		}
	}
	t.more(total, len(list))
}

// unassessed names what could not be looked at, and for want of what.
func (t *text) unassessed() {
	open := words.OpenQuestions(t.r)
	if len(open) == 0 {
		return
	}
	var parts []string
	for _, q := range open {
		parts = append(parts, q.String())
	}
	t.out.WriteByte('\n')
	list := "NOT ASSESSED: " + strings.Join(parts, "; ")
	if list = inert.Short(list, 2*textPara); t.o.ASCII { // the whole catalog fits
		list = inert.ASCIIOnly(list)
	}
	for i, l := range cells.Wrap(list, t.o.Width-2) {
		if i == 0 {
			head := l[:min(len(l), len("NOT ASSESSED:"))]
			t.line(t.paint(bold, head) + l[len(head):])
			continue
		}
		t.line("  " + l)
	}
}

// textServers is how many servers of one input are shown on a terminal.
const textServers = 6

// servers gives a short block for each server of the input.
func (t *text) servers() {
	list := t.r.Servers
	if len(list) == 0 {
		return
	}
	title := strings.ToUpper(words.Plural(len(list), "server")) + " IN THE INPUT, each judged by itself"
	if words.OnlyRuns(list) {
		title = fmt.Sprintf("%d SERVER PROCESSES IN THE INPUT: servers, or one restarted; each by itself", len(list))
	}
	t.title(title)
	most := words.MostSaid
	if len(list) > 2 {
		most = 1
	}
	for i := range list[:min(textServers, len(list))] {
		s := &list[i]
		t.para("  ", inert.Short(s.Name, 60)+": "+words.ServerLine(s))
		for _, says := range words.ServerSays(s, most) {
			t.para("    ", says)
		}
	}
	t.more(len(list), textServers)
	if t.r.Name != "" {
		t.title("OF " + inert.Short(t.r.Name, 60) + ", the one in the most trouble")
	}
}

// The bounds of a snapshot's sections on a terminal: they are to fit its first screen.
const (
	textRemarks    = 14
	textCandidates = 4
	textReasons    = 2 // for a candidate, and against it
)

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
		for i, l := range cells.Wrap(t.clip(x.Text), t.o.Width-textTopic) {
			if i > 0 {
				lead = ""
			}
			t.line(t.paint(bold, lead) + strings.Repeat(" ", max(textTopic-cells.Width(lead), 1)) + l)
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
	ranked, none := words.Ranked(t.r)
	if none != "" {
		t.para("  ", none)
	}
	for _, c := range ranked {
		if shown == textCandidates || shown > 0 && c.Probability < words.LeastCandidate/2 {
			break
		}
		shown++
		t.line(fmt.Sprintf("  %s  %s", units.Confidence(c.Probability), words.CandidateTitle(&c)))
		if s := words.Reasons(c.For, textReasons); s != "" {
			t.para("        for: ", s)
		}
		if s := words.Reasons(c.Against, textReasons); s != "" {
			t.para("        against: ", s)
		}
	}
	t.more(len(ranked), shown)
}

// textUnused is how many places of unused text are named on a terminal.
const textUnused = 2

// unused names the text that was not used, under the header.
func (t *text) unused() {
	if s := words.UnusedWords(t.r, textUnused); s != "" {
		t.para("", s)
	}
}
