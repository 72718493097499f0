package analyze

import (
	"cmp"
	"fmt"
	"slices"
)

// shareBy gives the entities with a positive weight, heaviest first, with their shares.
func (m *model) shareBy(weight func(*entity) float64) []Source {
	type part struct {
		e *entity
		w float64
	}
	var all []part
	total := 0.0
	for _, e := range m.ents {
		if w := weight(e); w > 0 && !m.infoOnly {
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

// nameOf names a source for a sentence.
func nameOf(s Source) string {
	if s.Name != "" {
		return s.Name
	}
	return cmp.Or(s.Host, "a client")
}

// churnSources gives the sources with most connections born and gone.
func (p *pass) churnSources() []Source {
	type turned struct {
		e *entity
		n int
	}
	var all []turned
	total := 0
	if p.infoOnly {
		return nil
	}
	for _, e := range p.ents {
		n := 0
		for _, s := range e.parts {
			for i := range s.cells {
				n += int(min(s.cells[i].births, max(s.cells[i].deaths, s.cells[i].births/2)))
			}
		}
		if n > 0 {
			all, total = append(all, turned{e, n}), total+n
		}
	}
	slices.SortStableFunc(all, func(a, b turned) int {
		return cmp.Or(-cmp.Compare(a.n, b.n), cmp.Compare(a.e.host, b.e.host))
	})
	var out []Source
	for _, t := range all[:min(len(all), 20)] {
		s := t.e.source()
		s.Connections, s.Share = t.n, float64(t.n)/float64(total)
		out = append(out, s)
	}
	return out
}

// stormSources shares out the attempts by who got through: accepted connections are a
// random thinning of the attempts, so the births during the storm show who tried.
func (p *pass) stormSources(first, last int) []Source {
	type who struct {
		e      *entity
		births int
	}
	var all []who
	total := 0
	if p.infoOnly {
		return nil
	}
	for _, e := range p.ents {
		w := who{e: e}
		for i := first; i <= last; i++ {
			w.births += int(e.at(p.tl, i).births)
		}
		if w.births > 0 {
			all, total = append(all, w), total+w.births
		}
	}
	slices.SortStableFunc(all, func(a, b who) int {
		return cmp.Or(-cmp.Compare(a.births, b.births), cmp.Compare(a.e.host, b.e.host))
	})
	var out []Source
	for _, w := range all[:min(len(all), 20)] {
		s := w.e.source()
		s.Connections, s.Share = w.births, float64(w.births)/float64(total)
		out = append(out, s)
	}
	return out
}

// holders gives an app's hosts by connections at a sample.
func (p *pass) holders(a *app, slot int) []Source {
	type held struct {
		e *entity
		n int
	}
	var all []held
	total := 0
	if p.infoOnly {
		return nil
	}
	for _, e := range a.ents {
		if n := int(e.at(p.tl, slot).n); n > 0 {
			all, total = append(all, held{e, n}), total+n
		}
	}
	slices.SortStableFunc(all, func(x, y held) int {
		return cmp.Or(-cmp.Compare(x.n, y.n), cmp.Compare(x.e.host, y.e.host))
	})
	var out []Source
	for _, h := range all[:min(len(all), 20)] {
		s := h.e.source()
		s.Connections, s.Share = h.n, float64(h.n)/float64(total)
		out = append(out, s)
	}
	return out
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
