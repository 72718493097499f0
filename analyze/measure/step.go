package measure

import (
	"math"

	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// A Step is one step up of all connections, in a short time and to stay: what a fleet
// that starts or is replaced does, seen where hosts cannot be told apart.
type Step struct {
	At, To        int     // lists: the last of the level before, the first of the level after
	Before, After float64 // connections
	Sure          float64 // 0 … 1: how much like one step it is
	Work          float64 // elasticity of commands to connections
	Dip           float64 // lowest commands shortly before the step, of the level before it
}

// StepUp finds the step. Levels are medians; the step must be most of the difference,
// short against the recording and still there at its end, and hardly anything may close meanwhile,
// as in an exchange.
func (m *Model) StepUp() Step {
	b := Step{At: -1, Work: math.NaN(), Dip: 1}
	n := len(m.Lists)
	v := m.Values(Window{0, n}, func(i int) float64 { return m.Occupancy[i] })
	k, before, after := stat.Step(v)
	gain := after - before
	if n < stepLists || k < fewSamples || n-k < fewSamples || !(gain >= stepGain) || len(m.TL.Servers) > 1 {
		return b
	}
	b.At, b.To, b.Before, b.After = k, k, before, after
	for b.At > 0 && v[b.At] > before+stepSlack*gain {
		b.At--
	}
	for b.To < n-1 && v[b.To] < after-stepSlack*gain {
		b.To++
	}
	first, last := m.Lists[b.At], m.Lists[b.To]
	came := m.Sum(first+1, last+1, AcceptedOf)
	usual := stat.Median(m.Rate(AcceptedOf)[1:max(first, 2)])
	came -= timeline.Known(usual) * (m.Samples[last].T - m.Samples[first].T)
	wander := (stat.Quantile(v[:b.At+1], 0.9) - stat.Quantile(v[:b.At+1], 0.1) + stat.Quantile(v[b.To:], 0.9) - stat.Quantile(v[b.To:], 0.1)) / gain
	_, end := Ends(v)
	b.Sure = stat.Ramp((end-before)/gain, stepKeptNone, stepKeptFull) *
		stat.Ramp(float64(b.To-b.At)/float64(n), stepTookNone, stepTookFull) *
		stat.Ramp(wander, stepWanderNone, stepWanderFull) *
		stat.Ramp(came/gain, stepCameNone, stepCameFull) *
		stat.Ramp(gain/max(before, 1), stepHighNone, stepHighFull)
	rate := m.Rate(CommandsOf)
	c0, c1 := stat.Median(rate[1:max(first-3, 2)]), stat.Median(rate[last:])
	b.Work = math.Log(c1/c0) / math.Log(after/max(before, 1))
	// What noise reached before is no dip.
	low := min(stat.Quantile(rate[1:max(first-8, 2)], 0), c0)
	for i := max(first-8, 1); i <= last; i++ {
		if r := rate[i] / c0; r < b.Dip && rate[i] < dipBelow*low {
			b.Dip = r
		}
	}
	return b
}
