package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/stat"
)

// Tunables of the verdict, apart from any one cause.
const (
	minRounds     = 6    // sampling rounds under which nothing can be said
	minSpan       = 20.0 // seconds under which a course cannot be told from a moment
	healthyUsed   = 0.9  // of the limit: above it a recording without a cause is not called healthy
	fullRounds    = 30.0 // rounds at which the amount of data no longer lowers the confidence
	quietRounds   = 10   // samples without a refusal after which a burst is over
	weakSignScore = 0.3  // a cause with this score is a rival worth naming
)

// An opinion is a cause with its assessment.
type opinion struct {
	c *Cause
	assessment
	role Role
}

// weigh asks every cause, lets causes explain each other's signs, and puts those that
// took part in order: the root first.
func weigh(m *model) (took, not []opinion) {
	var all []opinion
	for _, c := range catalog {
		all = append(all, opinion{c: c, assessment: ask(m, c)})
	}
	// What is equal otherwise goes by name, so that the order of the catalog is nobody's.
	slices.SortFunc(all, func(a, b opinion) int { return cmp.Compare(a.c.ID, b.c.ID) })
	score := map[string]float64{}
	for i, o := range all {
		if m.starved() && o.score >= active {
			all[i].score, all[i].why = active-0.01, fmt.Sprintf("signs of it, but in %s only", many(m.tl.Rounds, "sample"))
		}
		score[o.c.ID] = all[i].score
	}
	for _, o := range all {
		by, why := explainedBy(o.c.ID, score)
		switch {
		case o.score < active:
			not = append(not, o)
		case by != "":
			o.why = fmt.Sprintf("explained by %s: %s", by, why)
			o.score = active - 0.01
			not = append(not, o)
		default:
			took = append(took, o)
		}
	}
	if len(took) == 1 && took[0].beside {
		took[0].score, took[0].why = active-0.01, "too mild by itself, and what filled the limit is not known"
		took, not = nil, append(not, took[0])
	}
	order(m, took)
	return took, not
}

// starved tells whether there is too little to name a cause, however it looks.
func (m *model) starved() bool {
	return m.tl.Rounds < minRounds || m.lasting() < minSpan
}

// infos counts the samples with an INFO.
func (m *model) infos() int {
	n := 0
	for i := range m.s {
		if m.s[i].HasInfo {
			n++
		}
	}
	return n
}

// ask runs one cause, or says what it lacks.
func ask(m *model, c *Cause) assessment {
	infos := m.infos()
	have := map[Need]bool{NeedCounts: infos >= 2 || m.tl.Lists >= 2, NeedInfo: infos >= 2, NeedList: m.tl.Lists >= 2, NeedSlowlog: true, NeedConfig: true, NeedApp: true}
	var missing []Need
	for _, n := range c.Needs {
		if !have[n] {
			missing = append(missing, n)
		}
	}
	if len(missing) == 0 {
		missing = m.lacksKeys(c)
	}
	if len(missing) > 0 {
		a := no(0, notAssessed+"needs %s", missing[0].words())
		a.missing = missing
		return a
	}
	a := c.assess(&pass{model: m, cause: c})
	if math.IsNaN(a.score) { // it compares as no number does: neither for nor against
		return no(0, "what it is told by is not counted here")
	}
	return a
}

// explainedBy gives the cause that took part and brings along the signs of id.
func explainedBy(id string, score map[string]float64) (by, why string) {
	for _, c := range catalog {
		if score[c.ID] < active {
			continue
		}
		for _, e := range explains[c.ID] {
			// Where two explain each other, the stronger one stands; of several that explain it,
			// the strongest is named.
			if e.id == id && score[c.ID] >= score[id]-0.25 && !(mutual(id, c.ID) && score[id] > score[c.ID]) &&
				(by == "" || cmp.Or(cmp.Compare(score[c.ID], score[by]), cmp.Compare(by, c.ID)) > 0) {
				by, why = c.ID, e.why
			}
		}
	}
	return by, why
}

func mutual(a, b string) bool {
	for _, e := range explains[a] {
		if e.id == b {
			return true
		}
	}
	return false
}

// decide makes the verdict from the opinions.
func decide(m *model, took, not []opinion) Verdict {
	data := stat.Ramp(float64(m.tl.Rounds), 0, fullRounds)
	doubt := func(least float64, format string, args ...any) Verdict {
		return m.sure(Verdict{Status: Undetermined, Summary: fmt.Sprintf(format, args...)}, forDoubt(not), data, least)
	}
	if bad := m.contradictions(); len(bad) > 0 {
		return doubt(0, "The recording does not agree with itself: %s. No verdict can rest on it.", strings.Join(bad, "; "))
	}
	if len(took) > 0 {
		return m.sure(Verdict{Status: Incident, Cause: took[0].c.ID, Summary: summary(took)}, m.forIncident(took[0], not), data, 0.7)
	}
	span := m.lasting()
	switch {
	case m.span == 0 && m.tl.Lists == 0 && m.fullProbes > 0:
		return doubt(0, "The server was at its limit: %s over %s, and no other reply. Who held the slots is not in the recording.",
			many(m.tl.Failed, "refused probe"), duration(span))
	case m.span == 0 && m.tl.Lists == 0 && m.tl.Failed >= minRounds:
		return doubt(0, "No probe got a reply: %s over %s. Nothing is known of the connections.", many(m.tl.Failed, "failure"), duration(span))
	case m.tl.Rounds < minRounds || span < minSpan || m.span == 0 && len(m.lists) < minRounds:
		return doubt(0, "Not enough data to say: %s over %s; %d over %s are the least.", many(m.tl.Rounds, "sample"), duration(span), minRounds, duration(minSpan))
	case m.span == 0 && math.IsNaN(m.used):
		return doubt(1, "No cause shows in the client lists, but without INFO neither the limit nor the refusals are known.")
	case m.fullProbes > 0:
		return doubt(1, "The server was at its limit (%s refused for want of a slot), but no cause has enough evidence.", many(m.fullProbes, "sample"))
	case m.refused > 0 && !m.oneBurst():
		return doubt(1, "%.0f connections were refused, but no cause has enough evidence.", m.refused)
	case m.infoOnly && math.IsNaN(m.used) && !m.holds(refusedOf) && m.peakSlot >= 0:
		return doubt(1, "No cause shows in at most %.0f connections, but neither the limit nor the refusals are known.", m.occ[m.peakSlot])
	case m.used >= healthyUsed:
		return doubt(1, "%.0f %% of the limit was in use, but no cause has enough evidence.", m.used*100)
	}
	return m.sure(Verdict{Status: Healthy, Summary: healthySummary(m)}, m.forHealth(not), data, 0.6)
}

func summary(took []opinion) string {
	s := took[0].claim
	if len(took) > 1 && took[1].role != Modifier {
		s += " " + took[1].claim
	}
	return s
}

func healthySummary(m *model) string {
	peak := 0.0
	if m.peakSlot >= 0 {
		peak = m.occ[m.peakSlot]
	}
	refused := "none refused"
	switch {
	case !m.holds(refusedOf):
		refused = "and whether any was refused is not known"
	case m.refused > 0:
		refused = fmt.Sprintf("%.0f refused once, for a moment", m.refused)
	case m.tl.Failed > 0: // these may have been refused themselves
		refused = "none counted as refused"
	}
	if math.IsNaN(m.used) {
		return fmt.Sprintf("No incident found: at most %.0f connections, %s; the limit is not known.", peak, refused)
	}
	return fmt.Sprintf("No incident found: at most %.0f of %.0f connections (%.0f %%), %s.", peak, m.limitPeak, m.used*100, refused)
}

// oneBurst tells whether all refusals fell between two samples with room in both, fewer
// than a quarter of the slots, and a good while of quiet followed: a moment's burst, of
// which nothing stayed.
func (m *model) oneBurst() bool {
	at := -1
	for i := range m.s {
		switch s := &m.s[i]; {
		case s.Full || s.AtLimit():
			return false
		case !(s.Refused > 0):
		case at >= 0:
			return false
		default:
			at = i
		}
	}
	return at > 0 && len(m.s)-1-at >= quietRounds && m.refused < m.limitPeak/4
}
