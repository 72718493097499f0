package measure

import (
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// A Growth is how the connections of one entity or app rose over a window: the quantities
// that tell a leak from a pool that filled, a fleet that grew, and workers that wait.
type Growth struct {
	V           []float64 // connections at each list of the window
	From, To    float64   // at its ends (medians of a few samples)
	Gain        float64   // to − from
	Onset       int       // list (index into v) at which the rise began
	Spread      float64   // 0 steady stream … 1 one burst, from the onset on
	Late        float64   // rise in the last third, relative to an even rise
	Births      float64
	Deaths      float64
	IdleGain    float64 // share of the gain that is not in use: idle for staleAfter, or between two lists in a short window
	BlockedGain float64 // share of the gain that waits in a blocking command
	InternGain  float64
}

// Grow measures a rise over window w; at gives the cells.
func (m *Model) Grow(w Window, at func(slot int) timeline.Cell) Growth {
	var g Growth
	n := w.Len()
	if n < fewSamples {
		g.Spread = 1
		return g
	}
	var first, last []timeline.Cell // its ends
	var births []float64            // where InfoOnly asks for them
	g.V = make([]float64, n)
	ends := endsLen(n)
	for k, i := range m.Lists[w.Lo:w.Hi] {
		c := at(i)
		g.V[k] = float64(c.N)
		g.Births += float64(c.Births)
		g.Deaths += float64(c.Deaths)
		if k < ends {
			first = append(first, c)
		}
		if k >= n-ends {
			last = append(last, c)
		}
		if m.InfoOnly {
			births = append(births, float64(c.Births))
		}
	}
	g.From, g.To = Ends(g.V)
	g.Gain = g.To - g.From
	if g.Gain <= 0 {
		g.Spread = 1
		return g
	}
	t := m.ListTimes[w.Lo:w.Hi]
	g.Onset = StreamStart(t, g.V)
	if m.InfoOnly {
		g.aboveBaseline(births, t)
	}
	tail := g.V[g.Onset:]
	g.Spread, g.Late = Evenness(t[g.Onset:], tail)
	share := func(pick func(timeline.Cell) int32) float64 {
		return (medianOf(last, pick) - medianOf(first, pick)) / g.Gain
	}
	// Even a working pool rests between two lists, so idle for staleAfter tells more; in
	// a window that is short against it, nothing has had the time.
	g.IdleGain = share(func(c timeline.Cell) int32 { return c.N - c.Active })
	if t[n-1]-t[g.Onset] >= idleLong*timeline.StaleAfter {
		g.IdleGain = min(share(func(c timeline.Cell) int32 { return c.Stale }), g.IdleGain)
	}
	g.BlockedGain = share(func(c timeline.Cell) int32 { return c.Blocked })
	g.InternGain = share(func(c timeline.Cell) int32 { return c.Internal })
	return g
}

// aboveBaseline leaves out of births and deaths what came and went before the rise too: of
// a whole server INFO counts every short-lived connection, the recorder's own included. It
// wants five samples from before the rise.
func (g *Growth) aboveBaseline(births, t []float64) {
	if g.Onset < fewSamples {
		return
	}
	var perSecond []float64
	for k := 1; k <= g.Onset; k++ {
		perSecond = append(perSecond, births[k]/(t[k]-t[k-1]))
	}
	after := 0.0
	for _, n := range births[g.Onset+1:] {
		after += n
	}
	after -= stat.Median(perSecond) * (t[len(t)-1] - t[g.Onset])
	g.Births = max(after, g.Gain)
	g.Deaths = g.Births - g.Gain
}

func medianOf(cells []timeline.Cell, pick func(timeline.Cell) int32) float64 {
	v := make([]float64, len(cells))
	for k, c := range cells {
		v[k] = float64(pick(c))
	}
	return stat.Median(v)
}

// RiseStart finds where a rise began: the hinge of least squares, moved by up to two
// samples back to the last one that was still at the level before it, or on past a flat
// stretch.
func RiseStart(t, v []float64) int {
	at, _, level := stat.Hinge(t, v)
	if at < 0 {
		return 0
	}
	k := at
	for k > max(at-2, 0) && v[k-1] > level+half {
		k--
	}
	for k+1 < len(v) && v[k+1] <= level+half && v[k] <= level+half {
		k++
	}
	return k
}

// StreamStart finds where a stream of new connections began: the rises of v's running
// maximum, as events, come at a higher rate from there on. It suits a leak better than a
// hinge, which bends with every later change of the slope. The sample before the first
// event of the stream is the last at which it had certainly not shown.
func StreamStart(t, v []float64) int {
	at := stat.RateStep(t, Rises(v))
	return max(at-1, 0)
}

// Rises gives how far each sample lifts v's running maximum.
func Rises(v []float64) []float64 {
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

// Evenness looks at the rises of v's running maximum: how evenly they are spread over
// time, and how much of them lies in the last third, relative to an even rise.
func Evenness(t, v []float64) (spread, late float64) {
	if len(v) < 4 {
		return 1, 0
	}
	w := Rises(v)
	var total, last float64
	span := t[len(t)-1] - t[0]
	for i := range w {
		total += w[i]
		if t[i] > t[0]+span*(thirds-1)/thirds {
			last += w[i]
		}
	}
	if total == 0 || span <= 0 {
		return 1, 0
	}
	return stat.Spread(t, w), last / total * thirds
}
