package analyze

import (
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

// leakBegan finds when a leak began: the earliest of the applications that leak, because
// two leaks seen as one begin where the faster one does.
func (m *model) leakBegan(leaking []suspect, first int) *moment {
	var best *moment
	done := map[*app]bool{}
	for _, s := range leaking {
		if done[s.e.app] {
			continue
		}
		done[s.e.app] = true
		of, gain := map[*entity]bool{}, 0.0
		for _, x := range leaking {
			if x.e.app == s.e.app && x.w == s.w {
				of[x.e] = true
				gain += max(x.g.gain, 0)
			}
		}
		o := m.abandoned(s.w, of, gain)
		if o == nil {
			o = m.rose(s.w, m.course(s.w, func(i int) float64 { return float64(m.sumOf(of, i).n) }), first)
		}
		if best == nil || !best.before && (o.before || o.At < best.At) {
			best = o
		}
	}
	return best
}

// firstSurge looks at a leak that pauses up to its first pause only: when it began is told by
// what came then, however much more came later.
func firstSurge(leaking []suspect, on []surge) []suspect {
	if len(on) == 0 {
		return leaking
	}
	out := slices.Clone(leaking)
	gain := 0.0
	for _, s := range on {
		gain += s.to - s.from
	}
	for i := range out {
		out[i].w.hi = min(out[i].w.lo+on[0].hi+1, out[i].w.hi)
		out[i].g.gain *= (on[0].to - on[0].from) / max(gain, 1)
	}
	return out
}

// sumOf adds up the states of a set of entities at a sample.
func (m *model) sumOf(of map[*entity]bool, slot int) cell {
	var c cell
	for e := range of { // sums of whole numbers: the order of a map does not show
		c.sum(e.at(m.tl, slot))
	}
	return c
}

// abandoned reads the beginning of a leak off the connections that it left behind: those
// that were never used after their birth tell the moment of each leak to the second, and
// what the pool beside them does is not in them. Where there are too few, as when
// connections are borrowed and not returned, those that have not been used for long do. It
// gives nil where the picture of the peak does not hold the leak.
func (m *model) abandoned(w window, of map[*entity]bool, gain float64) *moment {
	pk := m.tl.Peak.slot
	if pk >= len(m.s) || w.len() < 6 || m.s[pk].Epoch != m.s[m.lists[w.hi-1]].Epoch || pk < m.lists[w.lo+w.len()/2] {
		return nil
	}
	at, end := m.lastListBefore(pk), m.lists[w.hi-1]
	if at < 0 || float64(m.sumOf(of, at).n) < 0.8*float64(m.sumOf(of, end).n) {
		return nil
	}
	until := min(m.s[pk].T, m.s[end].T)
	for _, how := range [...]struct {
		unused bool
		rest   float64 // connections used within this many seconds may be at rest only
		share  float64 // of the rise that must be among them
	}{{true, 2 * m.dt, 0.85}, {false, max(2*staleAfter, 4*m.dt), 0.5}, {true, 2 * m.dt, 0.5}} {
		events := m.lastUses(of, how.unused)
		t := m.t[w.lo:w.hi]
		for len(t) > 0 && t[len(t)-1] > until-how.rest {
			t = t[:len(t)-1]
		}
		if len(t) < 6 {
			continue
		}
		counts := binned(t, events)
		held := stat.Mean(counts) * float64(len(t))
		if held < max(5, how.share*gain*(t[len(t)-1]-t[0])/(until-m.t[w.lo])) {
			continue
		}
		c, ok := stat.RateChange(t, counts, 0.9)
		if !ok {
			continue
		}
		o := moment{Change: c}
		if c.Before > 0.5 && m.leakedEarlier(events, t, held) {
			o.before, o.Hi = true, t[0]
		}
		return &o
	}
	return nil
}

// leakedEarlier tells whether connections were abandoned before the recording at the rate
// of those within it: there should be five, as far back as the server runs.
func (m *model) leakedEarlier(events, t []float64, held float64) bool {
	span := t[len(t)-1] - t[0]
	back := min(5*span/held, 10*span)
	if k := min(m.s[m.firstReply()].Epoch, len(m.tl.Booted)-1); k >= 0 && m.tl.Booted[k] > t[0]-back {
		back = t[0] - m.tl.Booted[k] // without INFO, it is not known since when the server runs
	}
	n := 0.0
	for _, x := range events {
		if x <= t[0] && x > t[0]-back {
			n++
		}
	}
	return n >= 0.3*held/span*back
}
