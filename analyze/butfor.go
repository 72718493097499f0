package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

// A butFor is the test whether the limit would have been reached without one cause's
// connections. It is arithmetic on the ledger of slots, which add up, and no learnt model:
// at the sample at which the limit was first reached to stay, the slots that the cause held
// are taken out; what is left would have had to grow into the limit by itself.
//
// Later samples do not count: once connections are refused, whatever slot comes free is
// taken by whoever tries next, so occupancy without the cause would stay at the limit by
// definition.
type butFor struct {
	slot   int     // sample of the test
	held   float64 // slots the cause held there
	others float64 // slots in use without them
	limit  float64
	anyway float64 // unix s at which the others alone would have reached the limit; NaN: not within the recording
	needed bool    // a dose, and without it the limit would not have been reached
}

// reachedAt gives the sample that shows who held the slots when the limit was reached: the
// first with a client list from then on, in the same process; -1 where there is none.
func (m *model) reachedAt() int {
	if m.satFirst >= len(m.s) {
		return -1
	}
	for _, i := range m.lists {
		if i >= m.satFirst && m.s[i].Epoch == m.satEpoch() && !math.IsNaN(m.occ[i]) {
			return i
		}
	}
	return -1
}

// withoutEach takes each cause that holds slots out of the ledger.
func (m *model) withoutEach(took []opinion) map[string]*butFor {
	at := m.reachedAt()
	if at < 0 || math.IsNaN(m.limitPeak) {
		return nil
	}
	out := map[string]*butFor{}
	for i := range took {
		if o := &took[i]; o.slots != nil {
			out[o.c.ID] = m.without(o, at)
		}
	}
	return out
}

func (m *model) without(o *opinion, at int) *butFor {
	limit := m.s[at].Limit
	if math.IsNaN(limit) {
		limit = m.limitPeak
	}
	b := &butFor{slot: at, held: o.slots(at), limit: limit, anyway: math.NaN()}
	b.held = min(max(b.held, 0), m.occ[at])
	b.others = m.occ[at] - b.held
	if slope := m.othersRise(o, at); slope > 0 {
		end := m.s[len(m.s)-1].T
		if t := m.s[at].T + (limit-b.others)/slope; t <= end {
			b.anyway = t
		}
	}
	// Others that came at once, more of them than the cause held slots, and were refused in
	// part, would have taken those slots too.
	if p := m.listBefore(at); p >= 0 {
		was := m.occ[p] - min(max(o.slots(p), 0), m.occ[p])
		if b.others-was >= b.held && m.sum(p+1, at+2, refusedOf) > 0 {
			b.anyway = m.s[at].T
		}
	}
	b.needed = b.held >= doseLeast*limit && math.IsNaN(b.anyway)
	return b
}

// listBefore gives the last list before the limit was first reached, in the process of
// sample at; -1 where there is none.
func (m *model) listBefore(at int) int {
	if p := m.lastListBefore(m.satFirst - 1); p >= 0 && m.s[p].Epoch == m.s[at].Epoch && !math.IsNaN(m.occ[p]) {
		return p
	}
	return -1
}

// othersRise gives how fast all connections but the cause's rose, per second, from when the
// cause began until the limit was reached; 0 where the rise could be none.
func (m *model) othersRise(o *opinion, at int) float64 {
	var t, v []float64
	for _, i := range m.lists {
		if i >= o.onset && i < at && m.s[i].Epoch == m.s[at].Epoch && !math.IsNaN(m.occ[i]) {
			t, v = append(t, m.s[i].T), append(v, m.occ[i]-max(o.slots(i), 0))
		}
	}
	if len(t) < 6 {
		return 0
	}
	if s := stat.Slope(t, v, 0.9); s.Lo > 0 {
		return s.Value
	}
	return 0
}

// butForEvidence says what the test found, for the cause itself.
func (m *model) butForEvidence(b *butFor) []Evidence {
	pos := []string{m.pos(b.slot, true)}
	if p := m.pos(b.slot, false); p != pos[0] {
		pos = append(pos, p)
	}
	held := ev(fmt.Sprintf("slots it held when the limit of %.0f was reached", b.limit), b.held, "connections", pos...)
	what := "slots in use without those: the limit would not have been reached within the recording"
	switch {
	case !math.IsNaN(b.anyway):
		what = "slots in use without those: the limit would have been reached all the same"
		if later := b.anyway - m.s[b.slot].T; later > 0 {
			what = fmt.Sprintf("slots in use without those, rising: the limit would have been reached all the same, %s later", duration(later))
		}
	case !b.needed:
		what = "slots in use without those: too few were its own to have filled the limit"
	}
	others := ev(what, b.others, "connections", pos...)
	if !b.needed {
		held, others = held.against(), others.against()
	}
	return []Evidence{held, others}
}
