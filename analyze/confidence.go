package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

// A Contribution is one part of a verdict's confidence. All parts sum to it.
type Contribution struct {
	What  string
	Value float64
}

// sure turns what speaks for a verdict into its confidence and writes down the way there:
// what became of such scores on simulated recordings of this kind, less where there are
// few samples. least is the share of it that a recording of no length would keep.
func (m *model) sure(v Verdict, parts []Contribution, data, least float64) Verdict {
	score := 0.0
	for _, p := range parts {
		score += p.Value
	}
	v.Score = math.Round(score*1000) / 1000
	p := calibrated(m.tier(), v.Status, v.Cause, v.Score)
	v.Confidence = math.Round(p*(least+(1-least)*data)*100) / 100
	kind := "such verdicts"
	if v.Cause != "" {
		kind = "verdicts of this cause and strength"
	}
	if m.tl.Rounds >= int(fullRounds) {
		p = v.Confidence // there is but the rounding between them, which no lack of samples is
	}
	parts = append(parts,
		Contribution{fmt.Sprintf("how often %s were right on simulated recordings with %s", kind, m.tier().words()), p - score},
		Contribution{fmt.Sprintf("few samples: %d of %.0f", m.tl.Rounds, fullRounds), v.Confidence - p})
	for _, c := range parts {
		if c.Value = math.Round(c.Value*1000) / 1000; c.Value != 0 {
			v.Parts = append(v.Parts, c)
		}
	}
	return v
}

// dents gives what a recording's own flaws take from any firm verdict.
func (m *model) dents() []Contribution {
	var out []Contribution
	if odd := m.oddIdleShare(); odd > 0.3 {
		out = append(out, Contribution{fmt.Sprintf("%.0f %% of the idle times cannot be", odd*100), -0.4 * stat.Ramp(odd, 0.3, 0.9)})
	}
	if what := m.limitDoubt(); what != "" {
		out = append(out, Contribution{what, -0.3})
	}
	return out
}

// strongest gives the cause that did not take part and has the highest score.
func strongest(not []opinion) (id string, score float64) {
	for _, o := range not {
		if o.score > score {
			id, score = o.c.ID, o.score
		}
	}
	return id, score
}

// forIncident says what speaks for a root: its own signs, less those of the strongest
// cause that was turned down.
func (m *model) forIncident(root opinion, not []opinion) []Contribution {
	id, rival := strongest(not)
	parts := []Contribution{
		{"an even chance", 0.5},
		{fmt.Sprintf("the signs of %s (score %.2f)", root.c.ID, root.score), 0.48 * stat.Ramp(root.score, active, 0.9)},
		{fmt.Sprintf("signs of %s (score %.2f)", id, rival), -0.1 * stat.Ramp(rival, weakSignScore, active)},
	}
	if root.c.ID == "retry-storm" && m.satFirst <= m.firstReply()+1 {
		parts = append(parts, Contribution{"what filled the limit is not in the recording, which begins with it full", -0.2})
	}
	if root.open != "" {
		parts = append(parts, Contribution{root.open, -openRival})
	}
	return append(parts, m.dents()...)
}

// openRival is what a root's score loses where a rival of it would show only in a counter
// that the recording lacks: two thirds of what its signs added to an even chance.
const openRival = 0.32

// forHealth says what speaks for a healthy recording.
func (m *model) forHealth(not []opinion) []Contribution {
	id, rival := strongest(not)
	parts := []Contribution{{"no cause has enough evidence", 0.97},
		{fmt.Sprintf("signs of %s (score %.2f)", id, rival), -0.4 * stat.Ramp(rival, weakSignScore, active)}}
	if m.refused > 0 {
		parts = append(parts, Contribution{"connections were refused once", -0.15})
	}
	if math.IsNaN(m.used) {
		parts = append(parts, Contribution{"the limit is not known", min(0, 0.7-parts[0].Value-parts[1].Value)})
	}
	if !m.holds(refusedOf) && m.counts {
		said := 0.0
		for _, c := range parts {
			said += c.Value
		}
		parts = append(parts, Contribution{refusedUncounted, min(0, 0.7-said)})
	}
	if !m.counts { // nor that none was refused, or how many came
		said := 0.0
		for _, c := range parts {
			said += c.Value
		}
		parts = append(parts, Contribution{"the counters are not known", min(0, 0.5-said)})
	}
	return append(parts, m.dents()...)
}

// forDoubt says what an undetermined verdict has to go by: its confidence is how likely
// the strongest candidate is.
func forDoubt(not []opinion) []Contribution {
	id, rival := strongest(not)
	if id == "" {
		return []Contribution{{"no cause has any sign", 0}}
	}
	return []Contribution{{fmt.Sprintf("the strongest candidate is %s (score %.2f)", id, rival), rival}}
}
