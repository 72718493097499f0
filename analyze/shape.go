package analyze

import (
	"math"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	shapes "github.com/connbox/connbox/analyze/stat/growth"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
)

// A grown is the connections of one subject within one server process, and how each of the
// shapes that connections take fits them: the weights are signs.
type grown struct {
	Slots []int // samples
	shapes.Series
	shapes.Comparison
}

// sourceShapes fits the connections of a source, of all clients where no entity is it, within
// the server process of a sample.
func sourceShapes(m *measure.Model, of finding.Source, slot int) grown {
	var ents []*measure.Entity
	for _, e := range m.Entities {
		if e.Is(of) {
			ents = append(ents, e)
		}
	}
	if len(ents) == 0 {
		ents = m.All.Entities
	}
	var g grown
	for _, i := range m.Lists {
		if m.Samples[i].Epoch != epochOf(m, slot) {
			continue
		}
		var c timeline.Cell
		for _, e := range ents {
			c.Sum(e.At(m.TL, i))
		}
		g.add(m, i, float64(c.N), float64(c.Births))
	}
	g.Comparison = shapes.Fit(g.Series)
	return g
}

// serverShapes fits the slots in use, beside their limit, within the server process of a
// sample.
func serverShapes(m *measure.Model, slot int) grown {
	var g grown
	for i := range m.Samples {
		if m.Samples[i].Epoch == epochOf(m, slot) {
			g.add(m, i, m.Occupancy[i], m.Samples[i].Accepted)
		}
	}
	if !math.IsNaN(m.LimitPeak) {
		g.Limit = m.LimitPeak
	}
	g.Comparison = shapes.Fit(g.Series)
	return g
}

func (g *grown) add(m *measure.Model, slot int, n, births float64) {
	g.Slots = append(g.Slots, slot)
	g.T, g.N, g.Births = append(g.T, m.Samples[slot].T), append(g.N, n), append(g.Births, births)
	demand := math.NaN()
	if slot > 0 {
		if dt := m.Samples[slot].T - m.Samples[slot-1].T; dt > 0 {
			demand = m.Samples[slot].Commands / dt
		}
	}
	g.Demand = append(g.Demand, demand)
}

func epochOf(m *measure.Model, slot int) int {
	if len(m.Samples) == 0 {
		return 0
	}
	return m.Samples[min(max(slot, 0), len(m.Samples)-1)].Epoch
}

// growthOf fits the connections behind a cause that has a shape of its own: those of its worst
// source, and for a storm all slots, for the limit is everybody's.
func growthOf(m *measure.Model, o verdict.Opinion) (out finding.Growth) {
	var g grown
	switch o.Cause.ID {
	case "retry-storm":
		out.Subject = "all clients"
		g = serverShapes(m, max(o.Onset, 0))
	case "connection-leak", "oversized-pool", "output-buffer-loop":
		var s finding.Source
		out.Subject = "all clients"
		if len(o.Sources) > 0 {
			s = o.Sources[0]
			out.Subject = measure.NameOf(s)
		}
		g = sourceShapes(m, s, max(o.Onset, 0))
	}
	best, ok := g.Best()
	if !ok || len(best.Curve) == 0 {
		return finding.Growth{}
	}
	out.Shape, out.Weight, out.Params = best.Shape, best.Weight, params(best)
	if next, ok := g.RunnerUp(); ok {
		out.Runner, out.RunnerWeight = next.Shape, next.Weight
	}
	out.At = make([]time.Time, len(g.Slots))
	for k, i := range g.Slots {
		out.At[k] = m.TimeOf(i)
	}
	out.Count, out.Curve, out.Lo, out.Hi = g.N, best.Curve, best.Lo, best.Hi
	return out
}

func params(f shapes.Fitted) []finding.GrowthParam {
	out := make([]finding.GrowthParam, len(f.Params))
	for i, p := range f.Params {
		out[i] = finding.GrowthParam(p)
	}
	return out
}
