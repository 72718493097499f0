package measure

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/stat"
)

// Tellable is the least change of a course worth telling: a twentieth of what it spans, and
// more than a sampler and a cron job or two.
func Tellable(v []float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, x := range v {
		if !math.IsNaN(x) {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	return max(4, (hi-lo)/20)
}

// Phases gives how the connections in use grew over the recording, as stat.Phases sees it. A
// server process that ends breaks it off.
func (m *Model) Phases() []finding.Phase {
	var out []finding.Phase
	t := make([]float64, len(m.Samples))
	for i := range m.Samples {
		t[i] = m.Samples[i].T
	}
	least := Tellable(m.Occupancy)
	for lo := 0; lo < len(m.Samples); {
		hi := lo + 1
		for hi < len(m.Samples) && m.Samples[hi].Epoch == m.Samples[lo].Epoch {
			hi++
		}
		for _, s := range stat.Phases(t[lo:hi], m.Occupancy[lo:hi], least) {
			out = append(out, finding.Phase{From: m.TimeOf(lo + s.From), To: m.TimeOf(lo + s.To), Begin: s.Begin, End: s.End,
				PerMin: s.Slope.Value * 60, Lo: s.Slope.Lo * 60, Hi: s.Slope.Hi * 60})
		}
		lo = hi
	}
	return out
}

// A Surge is a stretch in which a leak went on, between pauses: indices of lists within a
// window, and the connections at its ends.
type Surge struct {
	Lo, Hi   int
	From, To float64
}

// Surges splits a leak that pauses into the stretches in which it went on; nil where it does
// not pause, or comes in jumps. A pause is a phase at less than a fifth of the mean rate of
// those that rise, and as long as a tenth of the time since the first of them.
func Surges(t, v []float64) []Surge {
	phases := stat.Phases(t, v, Tellable(v))
	jumps := 0.0
	first := -1
	for k, p := range phases {
		if k > 0 {
			jumps += math.Abs(p.Begin - phases[k-1].End)
		}
		if p.Slope.Lo > 0 && first < 0 {
			first = p.From
		}
	}
	if first < 0 {
		return nil
	}
	gain, span := 0.0, 0.0
	for _, p := range phases {
		if p.Slope.Lo > 0 {
			gain, span = gain+p.End-p.Begin, span+t[p.To]-t[p.From]
		}
	}
	mean := gain / span
	var out []Surge
	paused := true
	for _, p := range phases {
		switch {
		case p.Slope.Lo > 0 && p.Slope.Value >= mean/surgePace && paused:
			out, paused = append(out, Surge{p.From, p.To, v[p.From], v[p.To]}), false
		case p.Slope.Value >= mean/surgePace && !paused:
			out[len(out)-1].Hi, out[len(out)-1].To = p.To, v[p.To]
		case t[p.To]-t[p.From] >= (t[len(t)-1]-t[first])/pausePart:
			paused = true
		}
	}
	if len(out) < 2 || jumps > jumpsMost*gain {
		return nil
	}
	// A phase ends at a point of the fit; what rises on beside it is still the leak's.
	for k := range out {
		s := &out[k]
		for s.Lo > 0 && v[s.Lo-1] < v[s.Lo] {
			s.Lo--
		}
		for s.Hi+1 < len(v) && v[s.Hi+1] > v[s.Hi] {
			s.Hi++
		}
		s.From, s.To = v[s.Lo], v[s.Hi]
	}
	return out
}

// Spells gives surges as a report has them.
func (m *Model) Spells(w Window, of []Surge) []finding.Phase {
	var out []finding.Phase
	for _, s := range of {
		minutes := max(m.ListTimes[w.Lo+s.Hi]-m.ListTimes[w.Lo+s.Lo], m.Interval) / 60
		rate := stat.Rate(max(s.To-s.From, 1), minutes, 0.9)
		out = append(out, finding.Phase{From: finding.UnixTime(m.ListTimes[w.Lo+s.Lo]), To: finding.UnixTime(m.ListTimes[w.Lo+s.Hi]), Begin: s.From, End: s.To,
			PerMin: rate.Value, Lo: rate.Lo, Hi: rate.Hi})
	}
	return out
}

// SpellWords describes spells within a sentence.
func SpellWords(of []finding.Phase) string {
	first, last := of[0], of[len(of)-1]
	return fmt.Sprintf("in %d spells, the first until %s, the last from %s", len(of), finding.Clock(first.To), finding.Clock(last.From))
}
