package measure

import (
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/stat/growth"
	"github.com/connbox/connbox/analyze/timeline"
)

// A Grown is the connections of one subject within one server process, and how each of the
// shapes that connections take fits them: the weights are signs.
type Grown struct {
	Slots []int // samples
	growth.Series
	growth.Comparison
}

// A fitKey names a subject over a stretch of samples. Entities always come in the same order.
type fitKey struct {
	first    *Entity // nil: the slots in use
	n        int
	from, to int
}

// Shapes fits the connections of some entities at the samples given; nil where there is
// nothing to fit, or too many others have been. What was fitted before is not fitted again.
func (m *Model) Shapes(ents []*Entity, slots []int) *Grown {
	if len(ents) == 0 || len(slots) == 0 {
		return nil
	}
	return m.fitted(fitKey{ents[0], len(ents), slots[0], slots[len(slots)-1]}, func(g *Grown) {
		for _, i := range slots {
			n, births := 0.0, 0.0
			for _, e := range ents {
				c := e.At(i)
				n, births = n+float64(c.N), births+float64(c.Births)
			}
			g.add(m, i, n, births)
		}
	})
}

// SourceShapes does so for a source, for all clients where no entity is it.
func (m *Model) SourceShapes(of finding.Source, slots []int) *Grown {
	var ents []*Entity
	for _, e := range m.Entities {
		if e.Is(of) {
			ents = append(ents, e)
		}
	}
	if len(ents) == 0 {
		ents = m.All.Entities
	}
	return m.Shapes(ents, slots)
}

// ListsLike gives the lists within the server process of a sample.
func (m *Model) ListsLike(slot int) []int {
	epoch := m.epochOf(slot)
	return slices.DeleteFunc(slices.Clone(m.Lists), func(i int) bool { return m.Samples[i].Epoch != epoch })
}

// ServerShapes fits the slots in use, beside their limit, within the server process of a
// sample.
func (m *Model) ServerShapes(slot int) *Grown {
	epoch := m.epochOf(slot)
	return m.fitted(fitKey{from: epoch}, func(g *Grown) {
		for i := range m.Samples {
			if m.Samples[i].Epoch == epoch {
				g.add(m, i, m.Occupancy[i], m.Samples[i].Accepted)
			}
		}
		g.Limit = timeline.Known(m.LimitPeak)
	})
}

// Fitted tells whether any shape could be fitted.
func (g *Grown) Fitted() bool {
	if g == nil {
		return false
	}
	_, ok := g.Best()
	return ok
}

// Weigh gives the weight of some shapes together; NaN where nothing was fitted.
func (g *Grown) Weigh(shapes ...string) float64 {
	if !g.Fitted() {
		return math.NaN()
	}
	sum := 0.0
	for _, s := range shapes {
		sum += g.Weight(s)
	}
	return sum
}

func (m *Model) fitted(key fitKey, fill func(*Grown)) *Grown {
	if g := m.fits[key]; g != nil || len(m.fits) >= mostFits {
		return g
	}
	if m.fits == nil {
		m.fits = map[fitKey]*Grown{}
	}
	g := new(Grown)
	fill(g)
	g.Comparison = growth.Fit(g.Series)
	m.fits[key] = g
	return g
}

func (g *Grown) add(m *Model, slot int, n, births float64) {
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

func (m *Model) epochOf(slot int) int {
	if len(m.Samples) == 0 {
		return 0
	}
	return m.Samples[min(max(slot, 0), len(m.Samples)-1)].Epoch
}
