package snapshot

import (
	"cmp"
	"slices"
)

// marks are what the connections of a cause are known by, other than their number.
var marks = [...]struct {
	cause   string
	buffers bool // what waits in buffers tells it
	by      func(g *Group) float64
}{
	{"connection-leak", false, func(g *Group) float64 { return g.NeverUsed * float64(g.Count) }},
	{"zombie-connections", false, func(g *Group) float64 { return one(g.IdleP50 > 120) * g.LastUse * float64(g.Count) }},
	{"blocking-commands", false, func(g *Group) float64 { return g.Blocked * float64(g.Count) }},
	{"output-buffer-loop", true, func(g *Group) float64 { return g.OutSum }},
	{"query-buffer-growth", true, byCount},
}

func byCount(g *Group) float64 { return float64(g.Count) }

// OfBuffers tells a cause that is known by what waits in buffers.
func OfBuffers(cause string) bool {
	for _, m := range marks {
		if m.cause == cause {
			return m.buffers
		}
	}
	return false
}

// maxCulprits bounds the hosts that a cause is laid to.
const maxCulprits = 200

// Culprits gives the hosts that a cause is laid to, worst first: those whose connections show
// what it is known by.
func (f *Facts) Culprits(cause string) []Group {
	if f.Masked {
		return nil
	}
	by := byCount
	for _, m := range marks {
		if m.cause == cause {
			by = m.by
		}
	}
	out := slices.Clone(f.Hosts)
	slices.SortStableFunc(out, func(a, b Group) int { return cmp.Compare(by(&b), by(&a)) })
	n := 0
	for n < min(len(out), maxCulprits) && by(&out[n]) > 0 {
		n++
	}
	return out[:n]
}
