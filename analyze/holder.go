package analyze

import (
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// holder sums up one application for the table of who held the slots.
func holder(m *measure.Model, a *measure.App, peak int, idle []float64, cmds map[string]int) finding.Holder {
	first, last, at := a.At(m.Lists[0]), a.At(m.Lists[len(m.Lists)-1]), a.At(peak)
	h := finding.Holder{Label: a.Label, Hosts: a.Hosts(peak), Source: a.Entities[0].Source(), Base: int(first.N), Last: int(last.N),
		Peak: int(at.N), Blocked: int(at.Blocked), PubSub: int(at.PubSub), OMem: at.OutMem, TopCmd: mostFrequent(cmds),
		IdleP50: stat.Quantile(idle, 0.5), IdleP95: stat.Quantile(idle, 0.95)}
	if len(a.Entities) > 1 {
		h.Source.Host = ""
	}
	for _, e := range a.Entities {
		for _, s := range e.Parts {
			h.Births, h.Deaths = h.Births+s.Born, h.Deaths+s.Gone
		}
	}
	w := m.Growing()
	if w.Len() >= 3 {
		g := m.Grow(w, a.At)
		if g.Gain > 0 {
			if rise := stat.Slope(m.ListTimes[w.Lo+g.Onset:w.Hi], g.V[g.Onset:], 0.9); !math.IsNaN(rise.Value) {
				h.Growth = rise.Value * 60
			}
		}
	}
	return h
}

// Signals gives the series of a timeline alone, for a look at a part of a recording with more of its
// samples than the whole had room for.
func Signals(tl *timeline.Timeline) []finding.Signal { return signals(measure.New(tl)) }

// signals gives the series behind the charts, in a fixed order; those that were never
// observed are left out.
func signals(m *measure.Model) []finding.Signal {
	n := len(m.Samples)
	at := make([]time.Time, n)
	for i := range at {
		at[i] = m.TimeOf(i)
	}
	pick := func(f func(*timeline.Sample) float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = f(&m.Samples[i])
		}
		return out
	}
	closed := m.Rate(measure.AcceptedOf)
	prev := -1
	for i := range closed {
		d := math.NaN()
		if prev >= 0 && m.Samples[i].Epoch == m.Samples[prev].Epoch && m.Samples[i].Span > 0 {
			// closed = accepted − growth of occupancy: the ledger, exact between two INFO.
			d = (m.Samples[i].Accepted - (m.Occupancy[i] - m.Occupancy[prev])) / m.Samples[i].Span
		}
		closed[i] = max(d, 0)
		if m.Samples[i].HasInfo {
			prev = i
		}
	}
	all := []finding.Signal{
		{ID: "connections", Title: "Connections", Unit: "clients", Step: true, Value: m.Occupancy},
		{ID: "refused", Title: "Refused connections", Unit: "per second", Step: true, Log: true, Value: m.Rate(measure.RefusedOf)},
		{ID: "accepted", Title: "New connections", Unit: "per second", Step: true, Value: m.Rate(measure.AcceptedOf)},
		{ID: "closed", Title: "Closed connections", Unit: "per second", Step: true, Value: closed},
		{ID: "commands", Title: "Commands", Unit: "per second", Step: true, Value: m.Rate(measure.CommandsOf)},
		{ID: "blocked", Title: "Blocked clients", Unit: "clients", Step: true, Value: pick(func(s *timeline.Sample) float64 { return s.Blocked })},
		{ID: "output_memory", Title: "Output waiting for clients", Unit: "bytes", Step: true, Value: pick(func(s *timeline.Sample) float64 { return s.OutMem })},
		{ID: "idle", Title: "Median idle time", Unit: "seconds", Value: pick(func(s *timeline.Sample) float64 { return s.IdleP50 })},
	}
	var out []finding.Signal
	for _, s := range all {
		s.At = at
		if slices.ContainsFunc(s.Value, func(v float64) bool { return !math.IsNaN(v) }) {
			out = append(out, s)
		}
	}
	return out
}

func limitCourse(m *measure.Model) finding.Limit {
	var l finding.Limit
	for i := range m.Samples {
		if v := m.Samples[i].Limit; !math.IsNaN(v) {
			l.Effective = int64(v)
			l.At, l.Value = append(l.At, m.TimeOf(i)), append(l.Value, v)
		}
	}
	if m.LimitSeen {
		l.From = "refusals"
	} else if l.Effective > 0 {
		l.From = "INFO"
		if _, ok := m.TL.Config["maxclients"]; ok {
			l.From = "INFO and CONFIG GET"
		}
	}
	return l
}
