package analyze

import (
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

// A growth is how the connections of one entity or app rose over a window: the quantities
// that tell a leak from a pool that filled, a fleet that grew, and workers that wait.
type growth struct {
	v           []float64 // connections at each list of the window
	from, to    float64   // at its ends (medians of a few samples)
	gain        float64   // to − from
	onset       int       // list (index into v) at which the rise began
	spread      float64   // 0 steady stream … 1 one burst, from the onset on
	late        float64   // rise in the last third, relative to an even rise
	births      float64
	deaths      float64
	idleGain    float64 // share of the gain that is not in use: idle for staleAfter, or between two lists in a short window
	blockedGain float64 // share of the gain that waits in a blocking command
	internGain  float64
}

// grow measures a rise over window w; at gives the cells.
func (m *model) grow(w window, at func(slot int) cell) growth {
	var g growth
	n := w.len()
	if n < 5 {
		g.spread = 1
		return g
	}
	m.cells = append(m.cells[:0], make([]cell, n)...)
	cells := m.cells
	g.v = make([]float64, n)
	for k := range n {
		cells[k] = at(m.lists[w.lo+k])
		g.v[k] = float64(cells[k].n)
		g.births += float64(cells[k].births)
		g.deaths += float64(cells[k].deaths)
	}
	g.from, g.to = ends(g.v)
	g.gain = g.to - g.from
	if g.gain <= 0 {
		g.spread = 1
		return g
	}
	t := m.t[w.lo:w.hi]
	g.onset = streamStart(t, g.v)
	if m.infoOnly {
		g.aboveBaseline(cells, t)
	}
	tail := g.v[g.onset:]
	g.spread, g.late = evenness(t[g.onset:], tail)
	share := func(pick func(cell) int32) float64 {
		first, last := endsOf(cells, pick)
		return (last - first) / g.gain
	}
	// Even a working pool rests between two lists, so idle for staleAfter tells more; in
	// a window that is short against it, nothing has had the time.
	g.idleGain = share(func(c cell) int32 { return c.n - c.active })
	if t[n-1]-t[g.onset] >= 6*staleAfter {
		g.idleGain = min(share(func(c cell) int32 { return c.stale }), g.idleGain)
	}
	g.blockedGain = share(func(c cell) int32 { return c.blocked })
	g.internGain = share(func(c cell) int32 { return c.internal })
	return g
}

// aboveBaseline leaves out of births and deaths what came and went before the rise too: of
// a whole server INFO counts every short-lived connection, the recorder's own included. It
// wants five samples from before the rise.
func (g *growth) aboveBaseline(cells []cell, t []float64) {
	if g.onset < 5 {
		return
	}
	var perSecond []float64
	for k := 1; k <= g.onset; k++ {
		perSecond = append(perSecond, float64(cells[k].births)/(t[k]-t[k-1]))
	}
	after := 0.0
	for k := g.onset + 1; k < len(cells); k++ {
		after += float64(cells[k].births)
	}
	after -= stat.Median(perSecond) * (t[len(t)-1] - t[g.onset])
	g.births = max(after, g.gain)
	g.deaths = g.births - g.gain
}

// endsOf gives the ends of a course of cells.
func endsOf(cells []cell, pick func(cell) int32) (first, last float64) {
	k := endsLen(len(cells))
	v := make([]float64, 0, 2*k)
	for _, part := range [...][]cell{cells[:k], cells[len(cells)-k:]} {
		for _, c := range part {
			v = append(v, float64(pick(c)))
		}
	}
	return stat.Median(v[:k]), stat.Median(v[k:])
}

// riseStart finds where a rise began: the hinge of least squares, moved by up to two
// samples back to the last one that was still at the level before it, or on past a flat
// stretch.
func riseStart(t, v []float64) int {
	at, _, level := stat.Hinge(t, v)
	if at < 0 {
		return 0
	}
	k := at
	for k > max(at-2, 0) && v[k-1] > level+0.5 {
		k--
	}
	for k+1 < len(v) && v[k+1] <= level+0.5 && v[k] <= level+0.5 {
		k++
	}
	return k
}

// streamStart finds where a stream of new connections began: the rises of v's running
// maximum, as events, come at a higher rate from there on. It suits a leak better than a
// hinge, which bends with every later change of the slope. The sample before the first
// event of the stream is the last at which it had certainly not shown.
func streamStart(t, v []float64) int {
	at := stat.RateStep(t, rises(v))
	return max(at-1, 0)
}

// rises gives how far each sample lifts v's running maximum.
func rises(v []float64) []float64 {
	w := make([]float64, len(v))
	if len(v) == 0 {
		return w
	}
	top := v[0]
	for i := range v {
		if v[i] > top {
			w[i] = v[i] - top
			top = v[i]
		}
	}
	return w
}

// evenness looks at the rises of v's running maximum: how evenly they are spread over
// time, and how much of them lies in the last third, relative to an even rise.
func evenness(t, v []float64) (spread, late float64) {
	if len(v) < 4 {
		return 1, 0
	}
	w := rises(v)
	var total, last float64
	span := t[len(t)-1] - t[0]
	for i := range w {
		total += w[i]
		if t[i] > t[0]+span*2/3 {
			last += w[i]
		}
	}
	if total == 0 || span <= 0 {
		return 1, 0
	}
	return stat.Spread(t, w), last / total * 3
}

// hostGrowth gives how many of an app's hosts held connections at the window's ends.
func (m *model) hostGrowth(a *app, w window) (first, last float64) {
	n := m.course(w, func(i int) float64 { return float64(a.hosts(m.tl, i)) })
	return ends(n)
}

// perHost gives the median connections of an app's hosts at a sample.
func (m *model) perHost(a *app, slot int) (median, spread float64) {
	var n []float64
	for _, e := range a.ents {
		if c := e.at(m.tl, slot); c.n > 0 {
			n = append(n, float64(c.n))
		}
	}
	med := stat.Median(n)
	if len(n) < 2 {
		return med, math.NaN()
	}
	return med, (stat.Quantile(n, 0.9) - stat.Quantile(n, 0.1)) / max(med, 1)
}
