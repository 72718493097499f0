package measure

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
)

// Blame gives the entities with a positive weight, heaviest first, with their shares of
// the total; at most 20. Without client lists there is nobody to name.
func (m *Model) Blame(ents []*Entity, weight func(*Entity) float64) []finding.Source {
	if m.InfoOnly {
		return nil
	}
	var out []finding.Source
	total := 0.0
	for _, e := range ents {
		if w := weight(e); w > 0 {
			s := e.Source()
			s.Connections, s.Share = int(w), w
			out, total = append(out, s), total+w
		}
	}
	slices.SortStableFunc(out, func(a, b finding.Source) int {
		return cmp.Or(-cmp.Compare(a.Share, b.Share), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Name, b.Name))
	})
	out = out[:min(len(out), finding.MostSources)]
	for i := range out {
		out[i].Share /= total
	}
	return out
}

// ChurnSources gives the sources with most short lives: connections that one list shows
// and the next does not. Where no list caught one, those with most births and deaths.
func (m *Model) ChurnSources() []finding.Source {
	brief := m.Blame(m.Entities, func(e *Entity) float64 {
		n := int32(0)
		for k := 0; k+1 < len(m.Lists); k++ {
			n += min(e.At(m.Lists[k]).Births, e.At(m.Lists[k+1]).Deaths)
		}
		return float64(n)
	})
	if len(brief) > 0 {
		return brief
	}
	return m.Blame(m.Entities, func(e *Entity) float64 {
		n := int32(0)
		for _, s := range e.Parts {
			for _, c := range s.Cells {
				n += min(c.Births, max(c.Deaths, c.Births/2))
			}
		}
		return float64(n)
	})
}

// StormSources shares out the attempts by who got through: accepted connections are a
// random thinning of the attempts, so the births during the storm show who tried.
func (m *Model) StormSources(first, last int) []finding.Source {
	return m.Blame(m.Entities, func(e *Entity) float64 {
		n := int32(0)
		for i := first; i <= last; i++ {
			n += e.At(i).Births
		}
		return float64(n)
	})
}

// Holders gives an app's hosts by connections at a sample.
func (m *Model) Holders(a *App, slot int) []finding.Source {
	return m.Blame(a.Entities, func(e *Entity) float64 { return float64(e.At(slot).N) })
}

// NameOf names a source for a sentence.
func NameOf(s finding.Source) string {
	if s.Name != "" {
		return s.Name
	}
	return cmp.Or(s.Host, "a client")
}

// Label names an entity for a sentence.
func Label(e *Entity) string {
	switch {
	case e.Name != "" && e.Host != "":
		return fmt.Sprintf("%s (%s)", e.Name, e.Host)
	case e.Name != "":
		return e.Name
	case e.Host == "":
		return "clients together"
	}
	return e.Host
}
