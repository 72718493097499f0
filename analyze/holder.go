package analyze

import (
	"math"
	"time"

	"github.com/connbox/connbox/analyze/stat"
)

// holder sums up one application for the table of who held the slots.
func (m *model) holder(a *app, peak int, idle []float64, cmds map[string]int) Holder {
	v := m.course(window{0, len(m.lists)}, func(i int) float64 { return float64(a.at(m.tl, i).n) })
	first, last := v[0], v[len(v)-1]
	at := a.at(m.tl, peak)
	h := Holder{Label: a.label, Hosts: a.hosts(m.tl, peak), Source: a.ents[0].source(), Base: int(first), Last: int(last),
		Peak: int(at.n), Blocked: int(at.blocked), PubSub: int(at.pubsub), OMem: at.omem, TopCmd: mostFrequent(cmds),
		IdleP50: stat.Quantile(idle, 0.5), IdleP95: stat.Quantile(idle, 0.95)}
	if len(a.ents) > 1 {
		h.Source.Host = ""
	}
	for _, e := range a.ents {
		for _, s := range e.parts {
			for i := range s.cells {
				h.Births += int(s.cells[i].births)
				h.Deaths += int(s.cells[i].deaths)
			}
		}
	}
	w := m.growing()
	if w.len() >= 3 {
		g := m.grow(w, func(i int) cell { return a.at(m.tl, i) })
		if g.gain > 0 {
			if rise := stat.Slope(m.t[w.lo+g.onset:w.hi], g.v[g.onset:], 0.9); !math.IsNaN(rise.Value) {
				h.Growth = rise.Value * 60
			}
		}
	}
	return h
}

// signals gives the series behind the charts, in a fixed order; those that were never
// observed are left out.
func (m *model) signals() []Signal {
	n := len(m.s)
	at := make([]time.Time, n)
	for i := range at {
		at[i] = m.timeOf(i)
	}
	pick := func(f func(*Sample) float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = f(&m.s[i])
		}
		return out
	}
	closed := m.rate(acceptedOf)
	prev := -1
	for i := range closed {
		d := math.NaN()
		if prev >= 0 && m.s[i].Epoch == m.s[prev].Epoch && m.s[i].Span > 0 {
			// closed = accepted − growth of occupancy: the ledger, exact between two INFO.
			d = (m.s[i].Accepted - (m.occ[i] - m.occ[prev])) / m.s[i].Span
		}
		closed[i] = max(d, 0)
		if m.s[i].HasInfo {
			prev = i
		}
	}
	all := []Signal{
		{ID: "connections", Title: "Connections", Unit: "clients", Step: true, Value: m.occ},
		{ID: "refused", Title: "Refused connections", Unit: "per second", Step: true, Log: true, Value: m.rate(refusedOf)},
		{ID: "accepted", Title: "New connections", Unit: "per second", Step: true, Value: m.rate(acceptedOf)},
		{ID: "closed", Title: "Closed connections", Unit: "per second", Step: true, Value: closed},
		{ID: "commands", Title: "Commands", Unit: "per second", Step: true, Value: m.rate(commandsOf)},
		{ID: "blocked", Title: "Blocked clients", Unit: "clients", Step: true, Value: pick(func(s *Sample) float64 { return s.Blocked })},
		{ID: "output_memory", Title: "Output waiting for clients", Unit: "bytes", Step: true, Value: pick(func(s *Sample) float64 { return s.OutMem })},
		{ID: "idle", Title: "Median idle time", Unit: "seconds", Value: pick(func(s *Sample) float64 { return s.IdleP50 })},
	}
	var out []Signal
	for _, s := range all {
		s.At = at
		if len(stat.Finite(s.Value)) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func (m *model) limitCourse() Limit {
	var l Limit
	for i := range m.s {
		if v := m.s[i].Limit; !math.IsNaN(v) {
			l.Effective = int64(v)
			l.At = append(l.At, m.timeOf(i))
			l.Value = append(l.Value, v)
		}
	}
	if m.limitSeen {
		l.From = "refusals"
	} else if l.Effective > 0 {
		l.From = "INFO"
		if _, ok := m.tl.Config["maxclients"]; ok {
			l.From = "INFO and CONFIG GET"
		}
	}
	return l
}
