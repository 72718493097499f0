package measure

import (
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/stat"
)

// Turnover counts an app's hosts: at both ends of the recording, only at the beginning,
// only at the end. lo is the list in which the first of the new ones appears, hi the first
// without the last of the old ones.
func (m *Model) Turnover(a *App) (stayed, gone, fresh, lo, hi int) {
	n := len(m.Lists)
	k := min(max(3, n/10), n)
	lo, hi = n-1, 0
	for _, e := range a.Entities {
		first, last := m.FirstList(e), m.lastList(e)
		switch was, is := first < k, last >= n-k; {
		case was && is:
			stayed++
		case was:
			gone++
			hi = max(hi, min(last+1, n-1))
		case is:
			fresh++
			lo = min(lo, first)
		}
	}
	return stayed, gone, fresh, min(lo, hi), max(lo, hi)
}

// lastList gives the last list (index into lists) that shows the entity; -1 if none.
func (m *Model) lastList(e *Entity) int {
	w := m.Shown(e)
	for k := w.Hi - 1; k >= w.Lo; k-- {
		if e.At(m.Lists[k]).N > 0 {
			return k
		}
	}
	return -1
}

// HostGrowth gives how many of an app's hosts held connections at the window's ends.
func (m *Model) HostGrowth(a *App, w Window) (first, last float64) {
	n := m.Values(w, func(i int) float64 { return float64(a.Hosts(i)) })
	return Ends(n)
}

// PerHost gives the median connections of an app's hosts at a sample.
func (m *Model) PerHost(a *App, slot int) (median, spread float64) {
	var n []float64
	for _, e := range a.Entities {
		if c := e.At(slot); c.N > 0 {
			n = append(n, float64(c.N))
		}
	}
	med := stat.Median(n)
	if len(n) < 2 {
		return med, math.NaN()
	}
	return med, (stat.Quantile(n, 0.9) - stat.Quantile(n, 0.1)) / max(med, 1)
}

// SpreadOver gives how far times are from an even stream over a stretch: the Kolmogorov-
// Smirnov distance, 1 without any.
func SpreadOver(at []float64, from, to float64) float64 {
	if len(at) == 0 || to <= from {
		return 1
	}
	d, n := 0.0, float64(len(at))
	for i, x := range at {
		u := (x - from) / (to - from)
		d = max(d, math.Abs(float64(i+1)/n-u), math.Abs(float64(i)/n-u))
	}
	return d
}

// MostGrown gives the application that added most connections over a window; the biggest
// where none grew.
func (m *Model) MostGrown(w Window) *App {
	best, most := m.Apps[0], 0.0
	for _, a := range m.Apps[:min(len(m.Apps), 50)] {
		from, to := Ends(m.Connections(w, a.At))
		if to-from > most {
			best, most = a, to-from
		}
	}
	return best
}

// Most gives the highest number of connections an entity had.
func (e *Entity) Most() int {
	n := 0
	for _, s := range e.Parts {
		n = max(n, s.Most)
	}
	return n
}

// Is tells whether an entity is the one a report names.
func (e *Entity) Is(s finding.Source) bool {
	return (s.Host == "" || e.Host == s.Host) && e.Name == s.Name
}

// FirstList gives the first list (index into lists) that shows the entity.
func (m *Model) FirstList(e *Entity) int {
	w := m.Shown(e)
	for k := w.Lo; k < w.Hi; k++ {
		if e.At(m.Lists[k]).N > 0 {
			return k
		}
	}
	return len(m.Lists)
}
