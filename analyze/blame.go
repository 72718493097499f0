package analyze

import (
	"cmp"
	"fmt"
	"slices"
)

// blame gives the entities with a positive weight, heaviest first, with their shares of
// the total; at most 20. Without client lists there is nobody to name.
func (m *model) blame(ents []*entity, weight func(*entity) float64) []Source {
	if m.infoOnly {
		return nil
	}
	type part struct {
		e *entity
		w float64
	}
	var all []part
	total := 0.0
	for _, e := range ents {
		if w := weight(e); w > 0 {
			all, total = append(all, part{e, w}), total+w
		}
	}
	slices.SortStableFunc(all, func(a, b part) int {
		return cmp.Or(-cmp.Compare(a.w, b.w), cmp.Compare(a.e.host, b.e.host), cmp.Compare(a.e.name, b.e.name))
	})
	var out []Source
	for _, x := range all[:min(len(all), 20)] {
		s := x.e.source()
		s.Connections, s.Share = int(x.w), x.w/total
		out = append(out, s)
	}
	return out
}

// churnSources gives the sources with most short lives: connections that one list shows
// and the next does not. Where no list caught one, those with most births and deaths.
func (m *model) churnSources() []Source {
	brief := m.blame(m.ents, func(e *entity) float64 {
		n := int32(0)
		for k := 0; k+1 < len(m.lists); k++ {
			n += min(e.at(m.tl, m.lists[k]).births, e.at(m.tl, m.lists[k+1]).deaths)
		}
		return float64(n)
	})
	if len(brief) > 0 {
		return brief
	}
	return m.blame(m.ents, func(e *entity) float64 {
		n := int32(0)
		for _, s := range e.parts {
			for _, c := range s.cells {
				n += min(c.births, max(c.deaths, c.births/2))
			}
		}
		return float64(n)
	})
}

// stormSources shares out the attempts by who got through: accepted connections are a
// random thinning of the attempts, so the births during the storm show who tried.
func (m *model) stormSources(first, last int) []Source {
	return m.blame(m.ents, func(e *entity) float64 {
		n := int32(0)
		for i := first; i <= last; i++ {
			n += e.at(m.tl, i).births
		}
		return float64(n)
	})
}

// holders gives an app's hosts by connections at a sample.
func (m *model) holders(a *app, slot int) []Source {
	return m.blame(a.ents, func(e *entity) float64 { return float64(e.at(m.tl, slot).n) })
}

// nameOf names a source for a sentence.
func nameOf(s Source) string {
	if s.Name != "" {
		return s.Name
	}
	return cmp.Or(s.Host, "a client")
}

// label names an entity for a sentence.
func label(e *entity) string {
	switch {
	case e.name != "" && e.host != "":
		return fmt.Sprintf("%s (%s)", e.name, e.host)
	case e.name != "":
		return e.name
	case e.host == "":
		return "clients together"
	}
	return e.host
}
