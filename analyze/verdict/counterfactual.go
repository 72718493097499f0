package verdict

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// A counterfactual is the test whether the limit would have been reached without one cause's
// connections. It is arithmetic on the ledger of slots, which add up, and no learnt model:
// at the sample at which the limit was first reached to stay, the slots that the cause held
// are taken out; what is left would have had to grow into the limit by itself.
//
// Later samples do not count: once connections are refused, whatever slot comes free is
// taken by whoever tries next, so occupancy without the cause would stay at the limit by
// definition.
type counterfactual struct {
	slot   int     // sample of the test
	held   float64 // slots the cause held there
	others float64 // slots in use without them
	limit  float64
	anyway float64 // unix s at which the others alone would have reached the limit; NaN: not within the recording
	needed bool    // a dose, and without it the limit would not have been reached
}

// reachedAt gives the sample that shows who held the slots when the limit was reached: the
// first with a client list from then on, in the same process; -1 where there is none.
func reachedAt(m *measure.Model) int {
	if m.LimitReached >= len(m.Samples) {
		return -1
	}
	for _, i := range m.Lists {
		if i >= m.LimitReached && m.Samples[i].Epoch == m.LimitEpoch() && !math.IsNaN(m.Occupancy[i]) {
			return i
		}
	}
	return -1
}

// withoutEach takes each cause that holds slots out of the ledger.
func withoutEach(m *measure.Model, took []Opinion) map[string]*counterfactual {
	at := reachedAt(m)
	if at < 0 || math.IsNaN(m.LimitPeak) {
		return nil
	}
	out := map[string]*counterfactual{}
	for i := range took {
		if o := &took[i]; o.Slots != nil {
			out[o.Cause.ID] = without(m, o, at)
		}
	}
	return out
}

func without(m *measure.Model, o *Opinion, at int) *counterfactual {
	limit := m.Samples[at].Limit
	if math.IsNaN(limit) {
		limit = m.LimitPeak
	}
	b := &counterfactual{slot: at, held: o.Slots(at), limit: limit, anyway: math.NaN()}
	b.held = min(max(b.held, 0), m.Occupancy[at])
	b.others = m.Occupancy[at] - b.held
	if slope := othersRise(m, o, at); slope > 0 {
		end := m.Samples[len(m.Samples)-1].T
		if t := m.Samples[at].T + (limit-b.others)/slope; t <= end {
			b.anyway = t
		}
	}
	// Others that came at once, more of them than the cause held slots, and were refused in
	// part, would have taken those slots too.
	if p := listBefore(m, at); p >= 0 {
		was := m.Occupancy[p] - min(max(o.Slots(p), 0), m.Occupancy[p])
		if b.others-was >= b.held && m.Sum(p+1, at+2, measure.RefusedOf) > 0 {
			b.anyway = m.Samples[at].T
		}
	}
	b.needed = b.held >= doseLeast*limit && math.IsNaN(b.anyway)
	return b
}

// listBefore gives the last list before the limit was first reached, in the process of
// sample at; -1 where there is none.
func listBefore(m *measure.Model, at int) int {
	if p := m.LastListBefore(m.LimitReached - 1); p >= 0 && m.Samples[p].Epoch == m.Samples[at].Epoch && !math.IsNaN(m.Occupancy[p]) {
		return p
	}
	return -1
}

// othersRise gives how fast all connections but the cause's rose, per second, from when the
// cause began until the limit was reached; 0 where the rise could be none.
func othersRise(m *measure.Model, o *Opinion, at int) float64 {
	var t, v []float64
	for _, i := range m.Lists {
		if i >= o.Onset && i < at && m.Samples[i].Epoch == m.Samples[at].Epoch && !math.IsNaN(m.Occupancy[i]) {
			t, v = append(t, m.Samples[i].T), append(v, m.Occupancy[i]-max(o.Slots(i), 0))
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
func butForEvidence(m *measure.Model, b *counterfactual) []finding.Evidence {
	pos := []string{m.Place(b.slot, true)}
	if p := m.Place(b.slot, false); p != pos[0] {
		pos = append(pos, p)
	}
	held := finding.New(fmt.Sprintf("slots it held when the limit of %.0f was reached", b.limit), b.held, "connections", pos...)
	what := "slots in use without those: the limit would not have been reached within the recording"
	switch {
	case !math.IsNaN(b.anyway):
		what = "slots in use without those: the limit would have been reached all the same"
		if later := b.anyway - m.Samples[b.slot].T; later > 0 {
			what = fmt.Sprintf("slots in use without those, rising: the limit would have been reached all the same, %s later", finding.Duration(later))
		}
	case !b.needed:
		what = "slots in use without those: too few were its own to have filled the limit"
	}
	others := finding.New(what, b.others, "connections", pos...)
	if !b.needed {
		held, others = held.Against(), others.Against()
	}
	return []finding.Evidence{held, others}
}
