package analyze

import (
	"cmp"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

// heldThroughTime gives who held the slots at each list, for the charts and the replay.
func heldThroughTime(m *measure.Model, r *finding.Report, peak int, rows []*measure.App) (h finding.Held) {
	if len(rows) == 0 {
		return h
	}
	slots := moments(m, r, peak)
	for _, i := range slots {
		h.At = append(h.At, m.TimeOf(i))
	}
	h.Groups = heldGroups(m, r, slots, rows)
	h.Idle = make([][]float64, len(finding.IdleEdges)+1)
	for b := range h.Idle {
		h.Idle[b] = make([]float64, len(slots))
		for k, i := range slots {
			h.Idle[b][k] = float64(m.Samples[i].IdleBands[b])
		}
	}
	return h
}

// moments picks the lists that are shown: all, or half of them evenly and half around the
// incident, where a reader looks closer.
func moments(m *measure.Model, r *finding.Report, peak int) []int {
	var all []int
	last := math.Inf(-1)
	for _, i := range m.Lists {
		if t := m.Samples[i].T; t > last { // a clock that ran backwards has no place on an axis
			all, last = append(all, i), t
		}
	}
	if len(all) <= finding.MaxMoments {
		return all
	}
	from, to := r.Impact.FirstSignal, r.Impact.Recovered
	if from.IsZero() {
		from = r.Input.From
	}
	if to.IsZero() {
		to = r.Input.To
	}
	margin := to.Sub(from) / 10
	near := slices.DeleteFunc(slices.Clone(all), func(i int) bool {
		t := m.TimeOf(i)
		return t.Before(from.Add(-margin)) || t.After(to.Add(margin))
	})
	if len(near) == len(all) {
		near = nil
	}
	far := finding.MaxMoments - 1
	if len(near) > 0 {
		far /= 2
	}
	picked := append(evenly(all, far), evenly(near, finding.MaxMoments-1-far)...)
	if slices.Contains(all, peak) {
		picked = append(picked, peak)
	}
	slices.Sort(picked)
	return slices.Compact(picked)
}

// evenly picks n of a list, the first and the last among them.
func evenly(all []int, n int) []int {
	if len(all) <= n {
		return all
	}
	out := make([]int, n)
	for k := range out {
		out[k] = all[k*(len(all)-1)/(n-1)]
	}
	return out
}

// heldGroups gives the largest applications one by one and the rest together.
func heldGroups(m *measure.Model, r *finding.Report, slots []int, apps []*measure.App) []finding.HeldGroup {
	type row struct {
		finding.HeldGroup
		most float64
	}
	rows := make([]row, 0, len(apps))
	for _, a := range apps {
		g := row{HeldGroup: finding.HeldGroup{Label: a.Label, Blamed: blamed(r, a)}}
		for _, i := range slots {
			c := a.At(i)
			addMoment(&g.HeldGroup, c, float64(a.Hosts(i)))
			g.most = max(g.most, float64(c.N))
		}
		rows = append(rows, g)
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if a.Blamed != b.Blamed {
			return cmp.Compare(truth(b.Blamed), truth(a.Blamed))
		}
		return cmp.Or(-cmp.Compare(a.most, b.most), cmp.Compare(a.Label, b.Label))
	})
	var out []finding.HeldGroup
	if len(rows) <= finding.MaxHeld {
		for _, g := range rows {
			out = append(out, g.HeldGroup)
		}
		return out
	}
	slices.SortStableFunc(rows[1:], func(a, b row) int { return -cmp.Compare(a.most, b.most) }) // many may be to blame: room for the largest
	for _, g := range rows[:finding.MaxHeld-1] {
		out = append(out, g.HeldGroup)
	}
	rest := finding.HeldGroup{Label: finding.Count(len(rows)-len(out), "other"), Others: true}
	for k := range slots {
		var sum timeline.Cell
		for _, g := range rows[finding.MaxHeld-1:] {
			sum.N += int32(g.Connections[k])
			sum.Stale += int32(g.Unused[k])
			sum.Blocked += int32(g.Blocked[k])
		}
		addMoment(&rest, sum, math.NaN())
	}
	return append(out, rest)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// addMoment enters what a list says of a group.
func addMoment(g *finding.HeldGroup, c timeline.Cell, hosts float64) {
	g.Connections = append(g.Connections, float64(c.N))
	g.Hosts = append(g.Hosts, hosts)
	g.Unused = append(g.Unused, float64(c.Stale))
	g.Blocked = append(g.Blocked, float64(c.Blocked))
}

// blamed tells whether the verdict's cause names connections of an application.
func blamed(r *finding.Report, a *measure.App) bool {
	if r.Verdict.Status != finding.Incident || len(r.Causes) == 0 {
		return false
	}
	for _, s := range r.Causes[0].Sources {
		for _, e := range a.Entities {
			if s.Name == e.Name && (s.Host == "" || s.Host == e.Host) {
				return true
			}
		}
	}
	return false
}
