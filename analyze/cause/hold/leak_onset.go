package hold

import (
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// spellEvidence says where surges begin; nothing where there are none.
func spellEvidence(m *measure.Model, w measure.Window, of []measure.Surge) []finding.Evidence {
	if len(of) == 0 {
		return nil
	}
	var at []string
	for _, s := range of {
		at = append(at, m.Place(m.Lists[w.Lo+s.Lo], true))
	}
	return []finding.Evidence{finding.New("spells in which they rose, with pauses between", float64(len(of)), "spells", at...)}
}

// leakBegan finds when a leak began: the earliest of the applications that leak, because
// two leaks seen as one begin where the faster one does.
func leakBegan(p *cause.Pass, leaking []suspect, first int) *measure.Moment {
	m := p.Model
	var best *measure.Moment
	done := map[*measure.App]bool{}
	for _, s := range leaking {
		if done[s.e.App] {
			continue
		}
		done[s.e.App] = true
		of, gain := map[*measure.Entity]bool{}, 0.0
		for _, x := range leaking {
			if x.e.App == s.e.App && x.w == s.w {
				of[x.e] = true
				gain += max(x.g.Gain, 0)
			}
		}
		o := abandoned(p, s.w, of, gain)
		if o == nil {
			o = m.Rose(s.w, m.Values(s.w, func(i int) float64 { return float64(sumOf(m, of, i).N) }), first)
		}
		if best == nil || !best.Before && (o.Before || o.At < best.At) {
			best = o
		}
	}
	return best
}

// firstSurge looks at a leak that pauses up to its first pause only: when it began is told by
// what came then, however much more came later.
func firstSurge(leaking []suspect, on []measure.Surge) []suspect {
	if len(on) == 0 {
		return leaking
	}
	out := slices.Clone(leaking)
	gain := 0.0
	for _, s := range on {
		gain += s.To - s.From
	}
	for i := range out {
		out[i].w.Hi = min(out[i].w.Lo+on[0].Hi+1, out[i].w.Hi)
		out[i].g.Gain *= (on[0].To - on[0].From) / max(gain, 1)
	}
	return out
}

// sumOf adds up the states of a set of entities at a sample.
func sumOf(m *measure.Model, of map[*measure.Entity]bool, slot int) timeline.Cell {
	var c timeline.Cell
	for e := range of { // sums of whole numbers: the order of a map does not show
		c.Sum(e.At(slot))
	}
	return c
}

// abandoned reads the beginning of a leak off the connections that it left behind: those
// that were never used after their birth tell the moment of each leak to the second, and
// what the pool beside them does is not in them. Where there are too few, as when
// connections are borrowed and not returned, those that have not been used for long do. It
// gives nil where the picture of the peak does not hold the leak.
func abandoned(p *cause.Pass, w measure.Window, of map[*measure.Entity]bool, gain float64) *measure.Moment {
	m := p.Model
	pk := m.TL.Peak.Slot
	if pk >= len(m.Samples) || w.Len() < 6 || m.Samples[pk].Epoch != m.Samples[m.Lists[w.Hi-1]].Epoch || pk < m.Lists[w.Lo+w.Len()/2] {
		return nil
	}
	at, end := m.LastListBefore(pk), m.Lists[w.Hi-1]
	if at < 0 || float64(sumOf(m, of, at).N) < p.Number("picture")*float64(sumOf(m, of, end).N) {
		return nil
	}
	until := min(m.Samples[pk].T, m.Samples[end].T)
	for _, how := range [...]struct {
		unused bool
		rest   float64 // connections used within this many seconds may be at rest only
		share  float64 // of the rise that must be among them
	}{
		{true, 2 * m.Interval, p.Number("abandoned")},
		{false, max(2*timeline.StaleAfter, 4*m.Interval), p.Number("borrowed")},
		{true, 2 * m.Interval, p.Number("borrowed")},
	} {
		events := m.LastUses(of, how.unused)
		t := m.ListTimes[w.Lo:w.Hi]
		for len(t) > 0 && t[len(t)-1] > until-how.rest {
			t = t[:len(t)-1]
		}
		if len(t) < 6 {
			continue
		}
		counts := measure.Binned(t, events)
		held := stat.Mean(counts) * float64(len(t))
		if held < max(p.Number("left"), how.share*gain*(t[len(t)-1]-t[0])/(until-m.ListTimes[w.Lo])) {
			continue
		}
		c, ok := stat.RateChange(t, counts, 0.9)
		if !ok {
			continue
		}
		o := measure.Moment{Change: c}
		if c.Before > p.Number("before") && leakedEarlier(p, events, t, held) {
			o.Before, o.Hi = true, t[0]
		}
		return &o
	}
	return nil
}

// leakedEarlier tells whether connections were abandoned before the recording at the rate
// of those within it: there should be five, as far back as the server runs.
func leakedEarlier(p *cause.Pass, events, t []float64, held float64) bool {
	m := p.Model
	span := t[len(t)-1] - t[0]
	back := min(5*span/held, 10*span)
	if k := min(m.Samples[m.FirstReply()].Epoch, len(m.TL.Booted)-1); k >= 0 && m.TL.Booted[k] > t[0]-back {
		back = t[0] - m.TL.Booted[k] // without INFO, it is not known since when the server runs
	}
	n := 0.0
	for _, x := range events {
		if x <= t[0] && x > t[0]-back {
			n++
		}
	}
	return n >= p.Number("earlier")*held/span*back
}
