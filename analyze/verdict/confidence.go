package verdict

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// sure turns what speaks for a verdict into its confidence and writes down the way there:
// what became of such scores on simulated recordings of this kind, less for the recording's own
// flaws, which those do not have, and where there are few samples. least is the share of it that
// a recording of no length would keep.
func sure(m *measure.Model, v finding.Verdict, parts []finding.Contribution, data, least float64) finding.Verdict {
	score := 0.0
	for _, p := range parts {
		score += p.Value
	}
	v.Score = math.Round(score*1000) / 1000
	p := Calibrated(TierOf(m), v.Status, v.Cause, v.Score)
	fitted := finding.Contribution{Value: p - score}
	var lost []finding.Contribution
	if v.Status != finding.Undetermined {
		lost = dents(m)
	}
	for _, f := range lost {
		p = max(p+f.Value, leastSure)
	}
	v.Confidence = math.Round(p*(least+(1-least)*data)*100) / 100
	kind := "such verdicts"
	if v.Cause != "" {
		kind = "verdicts of this cause and strength"
	}
	if m.TL.Rounds >= int(FullRounds) {
		p = v.Confidence // there is but the rounding between them, which no lack of samples is
	}
	fitted.What = fmt.Sprintf("how often %s were right on simulated recordings with %s", kind, TierOf(m).words())
	parts = append(append(parts, fitted), lost...)
	parts = append(parts,
		finding.Contribution{What: fmt.Sprintf("few samples: %d of %.0f", m.TL.Rounds, FullRounds), Value: v.Confidence - p})
	for _, c := range parts {
		if c.Value = math.Round(c.Value*1000) / 1000; c.Value != 0 {
			v.Parts = append(v.Parts, c)
		}
	}
	return v
}

// dents gives what a recording's own flaws take from any firm verdict.
func dents(m *measure.Model) []finding.Contribution {
	var out []finding.Contribution
	for _, f := range flaws {
		if v := f.Value(m); v > f.None {
			out = append(out, finding.Contribution{What: fmt.Sprintf(f.Words, v*max(f.Scale, 1)), Value: -f.Costs * stat.Ramp(v, f.None, f.Full)})
		}
	}
	if what := m.LimitDoubt(); what != "" {
		out = append(out, weights.limitDoubt.part(1, what))
	}
	return out
}

// A flaw is a weakness of the recording as a row: how much there is of it, from where to where
// it counts, and what a verdict loses where it counts fully.
type flaw struct {
	None, Full float64
	Costs      float64
	Scale      float64 // of the value in words; 0: 1
	Words      string
	Why        string
	Value      func(*measure.Model) float64
}

var flaws = [...]flaw{
	{0.3, 0.9, 0.4, 100, "%.0f %% of the idle times cannot be",
		"Only the other idle times show who uses its connections.", (*measure.Model).OddIdleShare},
	{0, 1, 0.3, 0, "signs that replies of different servers are mixed: %.0f",
		"A finding about one server may be drawn from another.", func(m *measure.Model) float64 { return float64(m.TL.Mixed) }},
	{1, 3, 0.2, 0, "restarts of the server: %.0f",
		"Each restart hides what went on before it. One may be a part of the incident.", func(m *measure.Model) float64 { return float64(len(m.TL.Servers) - 1) }},
	{0, 2, 0.2, 0, "times a clock was set back: %.0f",
		"The order in time distinguishes cause from consequence.", clocksBack},
	{0, 4, 0.2, 0, "numbers of INFO that cannot be: %.0f",
		"Where counters fall by themselves, or connections appear that nobody opened, other numbers may be wrong, too.",
		func(m *measure.Model) float64 { return float64(m.TL.Backwards + m.TL.Spikes) }},
	{0.05, 0.5, 0.2, 100, "%.0f %% of the client lists are cut short",
		"What such a list lacks is taken from the lists around it.", func(m *measure.Model) float64 { return float64(m.TL.Torn) / max(float64(m.TL.Lists), 1) }},
}

func clocksBack(m *measure.Model) float64 {
	n := m.TL.ClockSteps
	for _, s := range m.TL.Steps {
		if s.By < 0 {
			n++
		}
	}
	return float64(n)
}

// A weight is what something adds to a verdict's score, as a row: its value where it counts fully, and
// the words for it. One that is a most is what the score does not exceed where it holds.
type weight struct {
	Value float64
	Words string
	Why   string
}

var weights = struct {
	chance, signs, rival, fullBefore, openRival weight // of an incident
	noCause, healthRival, waves, refused        weight // of a healthy recording
	noLimit, uncounted, noCounters              weight // of one, each a most
	limitDoubt                                  weight // of any firm verdict
}{
	chance: weight{0.5, "an even chance", "A cause that just takes part is as likely to be the root as not."},
	signs: weight{0.48, "the signs of %s (score %.2f)",
		"With all signs, two in a hundred are left for what is not in the recording."},
	rival: weight{-0.1, "signs of %s (score %.2f)", "The strongest of the causes that were ruled out was ruled out narrowly."},
	fullBefore: weight{-0.2, "what filled the limit is not in the recording, which begins with it full",
		"A storm keeps a limit full that something else may have filled."},
	openRival:   weight{-0.32, "%s", "The rival would show only in a counter that the recording lacks. The cost is two thirds of what signs adds."},
	noCause:     weight{0.97, "no cause has enough evidence", "Something that no cause of the catalog describes remains possible."},
	healthRival: weight{-0.4, "signs of %s (score %.2f)", "With a little more evidence it would be an incident."},
	waves: weight{-0.4, "connections came in waves, or grew without work (score %.2f)",
		"Waves that repeat without an explanation are no sign of health."},
	refused:    weight{-0.15, "connections were refused once", "It may be a moment's burst, but somebody was refused."},
	noLimit:    weight{0.7, "the limit is not known", "Without the limit, its use is not known either."},
	uncounted:  weight{0.7, cause.RefusedUncounted, "It is not known whether anybody was refused."},
	noCounters: weight{0.5, "the counters are not known", "Without counters, the number of new connections is not known."},
	limitDoubt: weight{-0.3, "%s", "Statements about the limit rest on one of two contradictory numbers."},
}

// part gives a share of a weight as a contribution.
func (w *weight) part(share float64, args ...any) finding.Contribution {
	return finding.Contribution{What: fmt.Sprintf(w.Words, args...), Value: w.Value * share}
}

// most gives what takes a score down to the weight.
func (w *weight) most(parts []finding.Contribution) finding.Contribution {
	said := 0.0
	for _, c := range parts {
		said += c.Value
	}
	return finding.Contribution{What: w.Words, Value: min(0, w.Value-said)}
}

// strongest gives the cause that did not take part and has the highest score.
func strongest(not []Opinion) (id string, score float64) {
	for _, o := range not {
		if o.Score > score {
			id, score = o.Cause.ID, o.Score
		}
	}
	return id, score
}

// forIncident says what speaks for a root: its own signs, less those of the strongest
// cause that was turned down.
func forIncident(m *measure.Model, root Opinion, not []Opinion) []finding.Contribution {
	id, rival := strongest(not)
	parts := []finding.Contribution{
		weights.chance.part(1),
		weights.signs.part(stat.Ramp(root.Score, cause.Active, plainRoot), root.Cause.ID, root.Score),
		weights.rival.part(stat.Ramp(rival, WeakSignScore, cause.Active), id, rival),
	}
	if root.Cause.ID == "retry-storm" && m.LimitReached <= m.FirstReply()+1 {
		parts = append(parts, weights.fullBefore.part(1))
	}
	if root.Open != "" {
		parts = append(parts, weights.openRival.part(1, root.Open))
	}
	return parts
}

// forHealth says what speaks for a healthy recording; odd is the score of what no cause
// accounts for.
func forHealth(m *measure.Model, not []Opinion, odd float64) []finding.Contribution {
	id, rival := strongest(not)
	parts := []finding.Contribution{
		weights.noCause.part(1),
		weights.healthRival.part(stat.Ramp(rival, WeakSignScore, cause.Active), id, rival),
	}
	if odd > 0 {
		parts = append(parts, weights.waves.part(stat.Ramp(odd, 0, cause.Active), odd))
	}
	if m.Refused > 0 {
		parts = append(parts, weights.refused.part(1))
	}
	if math.IsNaN(m.Used) {
		parts = append(parts, weights.noLimit.most(parts[:2]))
	}
	if !m.Holds(measure.RefusedOf) && m.Counts {
		parts = append(parts, weights.uncounted.most(parts))
	}
	if !m.Counts { // nor that none was refused, or how many came
		parts = append(parts, weights.noCounters.most(parts))
	}
	return parts
}

// forDoubt says what an undetermined verdict has to go by: its confidence is how likely
// the strongest candidate is.
func forDoubt(not []Opinion) []finding.Contribution {
	id, rival := strongest(not)
	if id == "" {
		return []finding.Contribution{{What: "no cause has any sign", Value: 0}}
	}
	return []finding.Contribution{{What: fmt.Sprintf("the strongest candidate is %s (score %.2f)", id, rival), Value: rival}}
}
