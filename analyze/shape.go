package analyze

import (
	"math"
	"time"

	shapes "github.com/connbox/connbox/analyze/stat/growth"
)

// A Growth says by which shape the connections of a cause's worst source grew. Its Shape is
// empty where nothing could be fitted.
type Growth struct {
	Subject      string  // whose connections
	Shape        string  // the likeliest
	Weight       float64 // how likely, of all shapes
	Runner       string  // the second likeliest
	RunnerWeight float64
	Params       []GrowthParam // of the likeliest, the most telling first
	At           []time.Time
	Count        []float64 // connections measured; NaN: not known
	Curve        []float64 // of the likeliest at these times, and its 90 % interval
	Lo, Hi       []float64
}

// A GrowthParam is a parameter of a shape, with its 90 % interval.
type GrowthParam struct {
	Name, Unit    string
	Value, Lo, Hi float64
}

// A grown is the connections of one subject within one server process, and how each of the
// shapes that connections take fits them: the weights are signs.
type grown struct {
	Slots []int // samples
	shapes.Series
	shapes.Comparison
}

// sourceShapes fits the connections of a source, of all clients where no entity is it, within
// the server process of a sample.
func (m *model) sourceShapes(of Source, slot int) grown {
	var ents []*entity
	for _, e := range m.ents {
		if e.is(of) {
			ents = append(ents, e)
		}
	}
	if len(ents) == 0 {
		ents = m.all.ents
	}
	var g grown
	for _, i := range m.lists {
		if m.s[i].Epoch != m.epochOf(slot) {
			continue
		}
		var c cell
		for _, e := range ents {
			c.sum(e.at(m.tl, i))
		}
		g.add(m, i, float64(c.n), float64(c.births))
	}
	g.Comparison = shapes.Fit(g.Series)
	return g
}

// serverShapes fits the slots in use, beside their limit, within the server process of a
// sample.
func (m *model) serverShapes(slot int) grown {
	var g grown
	for i := range m.s {
		if m.s[i].Epoch == m.epochOf(slot) {
			g.add(m, i, m.occ[i], m.s[i].Accepted)
		}
	}
	if !math.IsNaN(m.limitPeak) {
		g.Limit = m.limitPeak
	}
	g.Comparison = shapes.Fit(g.Series)
	return g
}

func (g *grown) add(m *model, slot int, n, births float64) {
	g.Slots = append(g.Slots, slot)
	g.T, g.N, g.Births = append(g.T, m.s[slot].T), append(g.N, n), append(g.Births, births)
	demand := math.NaN()
	if slot > 0 {
		if dt := m.s[slot].T - m.s[slot-1].T; dt > 0 {
			demand = m.s[slot].Commands / dt
		}
	}
	g.Demand = append(g.Demand, demand)
}

func (m *model) epochOf(slot int) int {
	if len(m.s) == 0 {
		return 0
	}
	return m.s[min(max(slot, 0), len(m.s)-1)].Epoch
}

// growthOf fits the connections behind a cause that has a shape of its own: those of its worst
// source, and for a storm all slots, for the limit is everybody's.
func growthOf(m *model, o opinion) (out Growth) {
	var g grown
	switch o.c.ID {
	case "retry-storm":
		out.Subject = "all clients"
		g = m.serverShapes(max(o.onset, 0))
	case "connection-leak", "oversized-pool", "output-buffer-loop":
		var s Source
		out.Subject = "all clients"
		if len(o.sources) > 0 {
			s = o.sources[0]
			out.Subject = nameOf(s)
		}
		g = m.sourceShapes(s, max(o.onset, 0))
	}
	best, ok := g.Best()
	if !ok || len(best.Curve) == 0 {
		return Growth{}
	}
	out.Shape, out.Weight, out.Params = best.Shape, best.Weight, params(best)
	if next, ok := g.RunnerUp(); ok {
		out.Runner, out.RunnerWeight = next.Shape, next.Weight
	}
	out.At = make([]time.Time, len(g.Slots))
	for k, i := range g.Slots {
		out.At[k] = m.timeOf(i)
	}
	out.Count, out.Curve, out.Lo, out.Hi = g.N, best.Curve, best.Lo, best.Hi
	return out
}

func params(f shapes.Fitted) []GrowthParam {
	out := make([]GrowthParam, len(f.Params))
	for i, p := range f.Params {
		out[i] = GrowthParam(p)
	}
	return out
}
