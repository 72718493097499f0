package terminal

import (
	"fmt"
	"math"
	"strings"

	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// evidence explains the references of the timeline: the claim, its value, and where in
// the input to look.
func (t *text) evidence() {
	list, _ := words.CitedEvidence(t.r, math.MaxInt, len(t.r.Timeline))
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
		for _, l := range cells.Wrap(t.whole("at "+words.Places(e.At, math.MaxInt)), t.o.Width-len(indent)) {
			t.line(indent + t.paint(dim, l))
		}
	}
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
	for i := range list {
		s := &list[i]
		t.para("  ", inert.Short(s.Name, 60)+": "+words.ServerLine(s))
		for _, says := range words.ServerSays(s, most) {
			t.para("    ", says)
		}
	}
	if t.r.Name != "" {
		t.title("OF " + inert.Short(t.r.Name, 60) + ", the one in the most trouble")
	}
}

// textReasons is how many speak for a candidate, and against it.
const textReasons = 5

// textTopic is the width of the column of topics.
const textTopic = 16

// remarks lists what a snapshot shows, topic by topic.
func (t *text) remarks() {
	list := t.r.Snapshot.Remarks
	topic := ""
	for _, x := range list {
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
}

// candidates lists the likeliest causes with what speaks for and against each.
func (t *text) candidates() {
	if t.r.Snapshot.Taken == 0 || len(t.r.Candidates) == 0 {
		return
	}
	t.title("CANDIDATES")
	ranked, none := words.Ranked(t.r)
	if none != "" {
		t.para("  ", none)
	}
	for _, c := range ranked {
		t.line(fmt.Sprintf("  %s  %s", units.Confidence(c.Probability), words.CandidateTitle(&c)))
		if s := words.Reasons(c.For, textReasons); s != "" {
			t.para("        for: ", s)
		}
		if s := words.Reasons(c.Against, textReasons); s != "" {
			t.para("        against: ", s)
		}
	}
}

// unused names the text that was not used, under the header.
func (t *text) unused() {
	if s := words.UnusedWords(t.r, math.MaxInt); s != "" {
		for _, l := range cells.Wrap(t.whole(s), t.o.Width) {
			t.line(l)
		}
	}
}
