// Package verdict makes one answer of many assessments: it asks every cause of the catalog,
// lets causes explain each other's signs, finds the root by order, physics and arithmetic on
// the slots, and says how sure that is.
//
//	Weigh -> order -> Decide
//
// An Opinion is a cause with its assessment and its role.
package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// An Opinion is a cause with its assessment.
type Opinion struct {
	Cause *cause.Cause
	cause.Assessment
	Role finding.Role
}

// Weigh asks every cause, lets causes explain each other's signs, and puts those that
// took part in order: the root first.
func Weigh(m *measure.Model) (took, not []Opinion) {
	all := make([]Opinion, 0, len(Causes))
	for _, c := range Causes {
		all = append(all, Opinion{Cause: c, Assessment: Ask(m, c)})
	}
	// What is equal otherwise goes by name, so that the order of the catalog is nobody's.
	slices.SortFunc(all, func(a, b Opinion) int { return cmp.Compare(a.Cause.ID, b.Cause.ID) })
	score := map[string]float64{}
	for i, o := range all {
		if Starved(m) && o.Score >= cause.Active {
			all[i].Score, all[i].Why = cause.Active-0.01, fmt.Sprintf("signs of it, but in %s only", finding.Count(m.TL.Rounds, "sample"))
		}
		score[o.Cause.ID] = all[i].Score
	}
	for _, o := range all {
		by, why := explainedBy(o.Cause.ID, score)
		switch {
		case o.Score < cause.Active:
			if w := o.Subject.Weakest(); w != nil { // what the score itself fell short of
				o.Why += "; weakest sign: " + w.Words()
			}
			not = append(not, o)
		case by != "":
			o.Why = fmt.Sprintf("explained by %s: %s", by, why)
			o.Score = cause.Active - 0.01
			not = append(not, o)
		default:
			took = append(took, o)
		}
	}
	if len(took) == 1 && took[0].Beside {
		took[0].Score, took[0].Why = cause.Active-0.01, "too mild by itself, and what filled the limit is not known"
		took, not = nil, append(not, took[0])
	}
	order(m, took)
	return took, not
}

// Starved tells whether there is too little to name a cause, however it looks.
func Starved(m *measure.Model) bool {
	return m.TL.Rounds < minRounds || m.Lasting() < minSpan
}

// Ask runs one cause, or says what it lacks.
func Ask(m *measure.Model, c *cause.Cause) cause.Assessment {
	missing := Lacks(m, c.Needs)
	if len(missing) == 0 {
		missing = lacksKeys(m, c)
	}
	if len(missing) > 0 {
		a := cause.No(0, cause.NotAssessed+"needs %s", missing[0].Words())
		a.Missing = missing
		return a
	}
	p := &cause.Pass{Model: m, Cause: c}
	a := c.Assess(p)
	if math.IsNaN(a.Score) { // it compares as no number does: neither for nor against
		a = cause.No(0, "what it is told by is not counted here")
	}
	a.Subject = p.Found()
	return a
}

// Lacks gives the observations that a recording has too few of: two show a course, one does not.
func Lacks(m *measure.Model, needs []cause.Need) (out []cause.Need) {
	lists, infos := m.TL.Lists >= 2, m.Infos >= 2
	have := map[cause.Need]bool{cause.NeedCounts: lists || infos, cause.NeedInfo: infos, cause.NeedList: lists}
	for _, n := range needs {
		if ok, asked := have[n]; asked && !ok {
			out = append(out, n)
		}
	}
	return out
}

// explainedBy gives the cause that took part and brings along the signs of id.
func explainedBy(id string, score map[string]float64) (by, why string) {
	for _, c := range Causes {
		if score[c.ID] < cause.Active {
			continue
		}
		for _, e := range BringsAlong(c) {
			// Where two explain each other, the stronger one stands; of several that explain it,
			// the strongest is named.
			if e.ID == id && score[c.ID] >= score[id]-muchStronger && !(mutual(id, c.ID) && score[id] > score[c.ID]) &&
				(by == "" || cmp.Or(cmp.Compare(score[c.ID], score[by]), cmp.Compare(by, c.ID)) > 0) {
				by, why = c.ID, e.Why
			}
		}
	}
	return by, why
}

// mutual tells whether two causes bring along each other's signs.
func mutual(a, b string) bool {
	return slices.ContainsFunc(related(a, Explains), func(n Neighbour) bool { return n.ID == b })
}

// Decide makes the verdict from the opinions.
func Decide(m *measure.Model, took, not []Opinion) finding.Verdict {
	data := stat.Ramp(float64(m.TL.Rounds), 0, FullRounds)
	var seen []string // what else a verdict that names no cause has to say
	doubt := func(least float64, format string, args ...any) finding.Verdict {
		text := strings.Join(append([]string{fmt.Sprintf(format, args...)}, seen...), " ")
		return sure(m, finding.Verdict{Status: finding.Undetermined, Summary: text}, forDoubt(not), data, least)
	}
	if bad := Contradictions(m); len(bad) > 0 {
		return doubt(0, "The recording does not agree with itself: %s. No verdict can rest on it.", strings.Join(bad, "; "))
	}
	if len(took) > 0 && countsOnly(m) {
		v := sure(m, finding.Verdict{Status: finding.Incident, Cause: took[0].Cause.ID}, forIncident(m, took[0], not), data, 0.7)
		v.Parts = append(v.Parts, finding.Contribution{What: "what else looks like it is not counted here", Value: min(mostOfCounts-v.Confidence, 0)})
		v.Status, v.Cause, v.Confidence = finding.Undetermined, "", min(v.Confidence, mostOfCounts)
		v.Summary = summary(took) + " Refusals and blocked clients are not counted here: other causes look the same."
		return v
	}
	if len(took) > 0 {
		v := sure(m, finding.Verdict{Status: finding.Incident, Cause: took[0].Cause.ID, Summary: summary(took)}, forIncident(m, took[0], not), data, 0.7)
		if v.Confidence < evenChance { // a name, and what to do against it, would be wrong more often than right
			v.Status, v.Cause = finding.Undetermined, ""
			v.Summary += " That is less likely than not, so no cause is named."
		}
		return v
	}
	span := m.Lasting()
	odd := Ask(m, &Unexplained)
	if odd.Score >= cause.Active {
		seen = append(seen, odd.Claim)
	} else if s := holderSeen(m); s != "" {
		seen = append(seen, s)
	}
	switch {
	case m.Span == 0 && m.TL.Lists == 0 && m.FullProbes > 0:
		return doubt(0, "The server was at its limit: %s over %s, and no other reply. Who held the slots is not in the recording.",
			finding.Count(m.TL.Failed, "refused probe"), finding.Duration(span))
	case m.Span == 0 && m.TL.Lists == 0 && m.TL.Failed >= minRounds:
		return doubt(0, "No probe got a reply: %s over %s. Nothing is known of the connections.", finding.Count(m.TL.Failed, "failure"), finding.Duration(span))
	case m.TL.Rounds < minRounds || span < minSpan || m.Span == 0 && len(m.Lists) < minRounds:
		return doubt(0, "Not enough data to say: %s over %s; %d over %s are the least.", finding.Count(m.TL.Rounds, "sample"), finding.Duration(span), minRounds, finding.Duration(minSpan))
	case m.Span == 0 && math.IsNaN(m.Used):
		return doubt(1, "No cause shows in the client lists, but without INFO neither the limit nor the refusals are known.")
	case m.FullProbes > 0:
		return doubt(1, "The server was at its limit (%s refused for want of a slot), but no cause has enough evidence.", finding.Count(m.FullProbes, "sample"))
	case m.Refused > 0 && !oneBurst(m):
		return doubt(1, "%.0f connections were refused, but no cause has enough evidence.", m.Refused)
	case m.InfoOnly && math.IsNaN(m.Used) && !m.Holds(measure.RefusedOf) && m.PeakSlot >= 0:
		return doubt(1, "No cause shows in at most %.0f connections, but neither the limit nor the refusals are known.", m.Occupancy[m.PeakSlot])
	case Unobserved(m):
		return doubt(1, "No cause shows, but for %.0f %% of the time the server was not observed.", unobserved(m)*100)
	case m.PeakSlot < 0 || !(m.Occupancy[m.PeakSlot] > 0):
		return doubt(1, "No cause shows, but how many clients were connected is not known.")
	case m.Used >= HealthyUsed:
		return doubt(1, "%.0f %% of the limit was in use, but no cause has enough evidence.", m.Used*100)
	case odd.Score >= cause.Active:
		return doubt(1, "No cause that is known accounts for what was seen.")
	}
	return sure(m, finding.Verdict{Status: finding.Healthy, Summary: healthySummary(m)}, forHealth(m, not, odd.Score), data, 0.6)
}

// Refused tells whether clients were refused, or a probe for want of a slot. A burst at one moment of
// a recording does not count.
func Refused(m *measure.Model) bool { return m.FullProbes > 0 || m.Refused > 0 && !oneBurst(m) }

// Unobserved tells whether too much of a recording is without a reply to call it healthy.
func Unobserved(m *measure.Model) bool { return unobserved(m) > mostUnobserved }

// unobserved gives the share of the time between the first sample and the last in which no
// reply came: distances of more than five intervals, less one of them. Samples missed here and there
// hide nothing that counters and lists do not show afterwards.
func unobserved(m *measure.Model) float64 {
	interval, last, dark := m.TL.Interval().Seconds(), math.NaN(), 0.0
	if interval <= 0 || len(m.Samples) == 0 {
		return 0
	}
	usual := interval * max(1, float64(m.TL.Rounds)/float64(len(m.Samples))) // of a long recording, samples are folded together
	for i := range m.Samples {
		s := &m.Samples[i]
		if !s.HasInfo && !s.HasList && i < len(m.Samples)-1 {
			continue
		}
		if d := s.T - last; d > silentIntervals*interval+usual {
			dark += d - usual
		}
		last = s.T
	}
	return dark / max(m.Samples[len(m.Samples)-1].T-m.Samples[0].T, interval)
}

// countsOnly tells a recording of which hardly more is known than how many were connected, as
// in a dashboard's export: a leak, a pile of blocked clients and a pool that grows are one line
// in it.
func countsOnly(m *measure.Model) bool {
	if !m.InfoOnly || m.Holds(measure.RefusedOf) {
		return false
	}
	for i := range m.Samples {
		if m.Samples[i].Blocked >= 0 {
			return false
		}
	}
	return true
}

func summary(took []Opinion) string {
	s := took[0].Claim
	if len(took) > 1 && took[1].Role != finding.Modifier {
		s += " " + took[1].Claim
	}
	return s
}

func healthySummary(m *measure.Model) string {
	peak := 0.0
	if m.PeakSlot >= 0 {
		peak = m.Occupancy[m.PeakSlot]
	}
	refused := "none refused"
	switch {
	case !m.Holds(measure.RefusedOf):
		refused = "and whether any was refused is not known"
	case m.Refused > 0:
		refused = fmt.Sprintf("%.0f refused once, for a moment", m.Refused)
	case m.TL.Failed > 0: // these may have been refused themselves
		refused = "none counted as refused"
	}
	if math.IsNaN(m.Used) {
		return fmt.Sprintf("No incident found: at most %.0f connections, %s; the limit is not known.", peak, refused)
	}
	return fmt.Sprintf("No incident found: at most %.0f of %.0f connections (%.0f %%), %s.", peak, m.LimitPeak, m.Used*100, refused)
}

// oneBurst tells whether all refusals fell between two samples with room in both, fewer
// than a quarter of the slots, and a good while of quiet followed: a moment's burst, of
// which nothing stayed.
func oneBurst(m *measure.Model) bool {
	at := -1
	for i := range m.Samples {
		switch s := &m.Samples[i]; {
		case s.Full || s.AtLimit():
			return false
		case !(s.Refused > 0):
		case at >= 0:
			return false
		default:
			at = i
		}
	}
	return at > 0 && len(m.Samples)-1-at >= quietRounds && m.Refused < m.LimitPeak/burstPart
}
