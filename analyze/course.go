package analyze

import (
	"fmt"
	"math"
	"time"

	"github.com/connbox/connbox/analyze/stat"
)

// A Phase is a stretch in which connections went on as a line.
type Phase struct {
	From, To   time.Time
	Begin, End float64 // connections at these, by the line
	PerMin     float64 // connections a minute, and the 90 % interval
	Lo, Hi     float64
}

// Rises tells whether the phase certainly goes up, Falls whether it certainly goes down.
func (p Phase) Rises() bool { return p.Lo > 0 && p.End-p.Begin >= 1 }

// Falls is explained at Rises.
func (p Phase) Falls() bool { return p.Hi < 0 && p.Begin-p.End >= 1 }

// tellable is the least change of a course worth telling: a twentieth of what it spans, and
// more than a sampler and a cron job or two.
func tellable(v []float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, x := range v {
		if !math.IsNaN(x) {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	return max(4, (hi-lo)/20)
}

// phases gives how the connections in use grew over the recording, as stat.Phases sees it. A
// server process that ends breaks it off.
func (m *model) phases() []Phase {
	var out []Phase
	t := make([]float64, len(m.s))
	for i := range m.s {
		t[i] = m.s[i].T
	}
	least := tellable(m.occ)
	for lo := 0; lo < len(m.s); {
		hi := lo + 1
		for hi < len(m.s) && m.s[hi].Epoch == m.s[lo].Epoch {
			hi++
		}
		for _, s := range stat.Phases(t[lo:hi], m.occ[lo:hi], least) {
			out = append(out, Phase{From: m.timeOf(lo + s.From), To: m.timeOf(lo + s.To), Begin: s.Begin, End: s.End,
				PerMin: s.Slope.Value * 60, Lo: s.Slope.Lo * 60, Hi: s.Slope.Hi * 60})
		}
		lo = hi
	}
	return out
}

// A surge is a stretch in which a leak went on, between pauses: indices of lists within a
// window, and the connections at its ends.
type surge struct {
	lo, hi   int
	from, to float64
}

// surges splits a leak that pauses into the stretches in which it went on; nil where it does
// not pause, or comes in jumps. A pause is a phase at less than a fifth of the mean rate of
// those that rise, and as long as a tenth of the time since the first of them.
func surges(t, v []float64) []surge {
	phases := stat.Phases(t, v, tellable(v))
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
	var out []surge
	paused := true
	for _, p := range phases {
		switch {
		case p.Slope.Lo > 0 && p.Slope.Value >= mean/5 && paused:
			out, paused = append(out, surge{p.From, p.To, v[p.From], v[p.To]}), false
		case p.Slope.Value >= mean/5 && !paused:
			out[len(out)-1].hi, out[len(out)-1].to = p.To, v[p.To]
		case t[p.To]-t[p.From] >= (t[len(t)-1]-t[first])/10:
			paused = true
		}
	}
	if len(out) < 2 || jumps > 0.3*gain {
		return nil
	}
	// A phase ends at a point of the fit; what rises on beside it is still the leak's.
	for k := range out {
		s := &out[k]
		for s.lo > 0 && v[s.lo-1] < v[s.lo] {
			s.lo--
		}
		for s.hi+1 < len(v) && v[s.hi+1] > v[s.hi] {
			s.hi++
		}
		s.from, s.to = v[s.lo], v[s.hi]
	}
	return out
}

// spells gives surges as a report has them.
func (m *model) spells(w window, of []surge) []Phase {
	var out []Phase
	for _, s := range of {
		minutes := max(m.t[w.lo+s.hi]-m.t[w.lo+s.lo], m.dt) / 60
		rate := stat.Rate(max(s.to-s.from, 1), minutes, 0.9)
		out = append(out, Phase{From: unixTime(m.t[w.lo+s.lo]), To: unixTime(m.t[w.lo+s.hi]), Begin: s.from, End: s.to,
			PerMin: rate.Value, Lo: rate.Lo, Hi: rate.Hi})
	}
	return out
}

// spellEvidence says where surges begin; nothing where there are none.
func (m *model) spellEvidence(w window, of []surge) []Evidence {
	if len(of) == 0 {
		return nil
	}
	var at []string
	for _, s := range of {
		at = append(at, m.pos(m.lists[w.lo+s.lo], true))
	}
	return []Evidence{ev("spells in which they rose, with pauses between", float64(len(of)), "spells", at...)}
}

// spellWords tells of spells within a sentence.
func spellWords(of []Phase) string {
	first, last := of[0], of[len(of)-1]
	return fmt.Sprintf("in %d spells, the first until %s, the last from %s", len(of), hhmmss(first.To), hhmmss(last.From))
}
