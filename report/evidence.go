package report

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// citedEvidence picks at most most pieces of evidence, in the report's order: what the
// first events lines of the timeline refer to comes before what no line names, so that a
// reference on the screen is explained on the screen.
func citedEvidence(r *finding.Report, most, events int) (list []finding.Evidence, total int) {
	named := map[string]bool{}
	for _, e := range r.Timeline[:min(events, len(r.Timeline))] {
		for _, ref := range e.Refs {
			named[ref] = true
		}
	}
	var all []finding.Evidence
	for _, c := range r.Causes {
		all = append(all, c.Evidence...)
	}
	room := most
	for _, e := range all {
		if named[e.Ref] {
			room--
		}
	}
	for _, e := range all {
		switch {
		case len(list) == most:
		case named[e.Ref]:
			list = append(list, e)
		case room > 0:
			list = append(list, e)
			room--
		}
	}
	return list, len(all)
}

// places lists where evidence can be looked up, at most most of them.
func places(at []string, most int) string {
	s := strings.Join(at[:min(most, len(at))], ", ")
	if len(at) > most {
		s += fmt.Sprintf(" and %s more", count(int64(len(at)-most)))
	}
	return s
}

// evidence explains the references of the timeline: the claim, its value, and where in
// the input to look.
func (t *text) evidence() {
	list, total := citedEvidence(t.r, textEvidence, textTimeline)
	if len(list) == 0 {
		return
	}
	t.title("EVIDENCE")
	for _, e := range list {
		lead := "  " + pad(cut(orLabel(e.Ref), 8, t.o.ASCII), 3, false) + " "
		side := ""
		if !e.For {
			side = "speaks against: "
		}
		t.para(lead, side+strings.TrimRight(strings.TrimSpace(short(e.Claim, textPara/2)), ".:")+": "+short(evidenceValue(e), 80))
		if len(e.At) == 0 {
			continue
		}
		indent := strings.Repeat(" ", cellWidth(lead))
		for _, l := range wrap(t.clip("at "+places(e.At, textPlaces)), t.o.Width-len(indent)) {
			t.line(indent + t.paint(dim, l))
		}
	}
	t.more(total, len(list))
}
