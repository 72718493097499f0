package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

// A trigger is what set off a storm, and when it was over.
type trigger struct {
	what string // completes "the storm outlived …"
	over int    // sample from which on it was over
}

// Tunables of a storm that outlives its trigger.
const (
	outliveSamples = 5   // of refusals after the trigger; fewer are its echo
	outliveTimes   = 2.0 // attempts against before, above which retries are what keeps it up (Huang et al., OSDI 2022)
	burstTimes     = 1.5 // commands against before: a burst of demand
	burstBack      = 0.5 // of the burst's excess that must be gone after it
	burstSamples   = 2   // a burst must last so many samples
)

// outlived tells whether a storm went on after what set it off was over: then the retries
// themselves keep it up (a metastable failure), and taking the trigger away does not end it.
func (m *model) outlived(storm *opinion, parents []*opinion) (trigger, float64, bool) {
	first, last := storm.onset, m.lastRefusal()
	for _, find := range [...]func() (trigger, bool){
		func() (trigger, bool) { return m.restartOver(first) },
		func() (trigger, bool) { return m.slotsFreed(parents) },
		func() (trigger, bool) { return m.burstOver(first, last) },
	} {
		t, ok := find()
		if !ok || t.over > last {
			continue
		}
		n := 0
		for i := t.over; i <= last; i++ {
			if m.s[i].Refused > 0 {
				n++
			}
		}
		times := m.attempts(t.over, last+1) / max(m.attempts(0, first), 1e-3)
		if n >= outliveSamples && times > outliveTimes {
			return t, times, true
		}
	}
	return trigger{}, 0, false
}

func (m *model) lastRefusal() int {
	for i := len(m.s) - 1; i >= 0; i-- {
		if m.s[i].Refused > 0 {
			return i
		}
	}
	return -1
}

// attempts gives the median of attempts to connect, accepted or refused, a second.
func (m *model) attempts(lo, hi int) float64 {
	var r []float64
	for i := max(lo, 0); i < min(hi, len(m.s)); i++ {
		if s := &m.s[i]; s.Span > 0 {
			r = append(r, (s.Accepted+s.Refused)/s.Span)
		}
	}
	return known(stat.Median(r))
}

// restartOver: the server restarted just before the storm, and as many connections as
// there were have been accepted since.
func (m *model) restartOver(first int) (trigger, bool) {
	at := -1
	for i := 1; i < len(m.s); i++ {
		if m.s[i].Epoch != m.s[i-1].Epoch && i >= first-2 && i <= first+4 {
			at = i
			break
		}
	}
	if at < 0 {
		return trigger{}, false
	}
	before := stat.Median(m.occ[max(min(at, first)-20, 0):max(min(at, first), 1)])
	n := 0.0
	for i := at; i < len(m.s); i++ {
		if n += known(m.s[i].Accepted); n >= before {
			return trigger{"the restart that set it off", i + 1}, true
		}
	}
	return trigger{}, false
}

// slotsFreed: the slots that a cause had filled are free of it again.
func (m *model) slotsFreed(parents []*opinion) (trigger, bool) {
	reached := m.reachedAt()
	for _, p := range parents {
		if p.slots == nil || reached < 0 {
			continue
		}
		top, over := p.slots(reached), -1
		for k := len(m.lists) - 1; k >= 0 && m.lists[k] > reached; k-- {
			if p.slots(m.lists[k]) > 0.1*top {
				break
			}
			over = m.lists[k]
		}
		if over >= 0 {
			return trigger{fmt.Sprintf("%s, whose connections are gone", p.c.Phrase), over}, true
		}
	}
	return trigger{}, false
}

// burstOver: commands jumped with the first refusals, and fell again while the refusals
// went on.
func (m *model) burstOver(first, last int) (trigger, bool) {
	rate := m.rate(commandsOf)
	if first < 2*burstSamples {
		return trigger{}, false
	}
	before := stat.Median(rate[max(first-40, 0):first])
	var t, v []float64
	var at []int
	for i := first; i <= last; i++ {
		if !math.IsNaN(rate[i]) {
			t, v, at = append(t, m.s[i].T), append(v, rate[i]), append(at, i)
		}
	}
	k, high, low := stat.Step(v)
	if k < burstSamples || len(v)-k < outliveSamples || !(high >= burstTimes*before) || high-low < burstBack*(high-before) {
		return trigger{}, false
	}
	return trigger{fmt.Sprintf("the burst of requests that set it off (%.1f times the commands until %s)", high/before, hhmmss(unixTime(t[k]))), at[k]}, true
}

// tellOutlived writes it into the storm's claim and evidence.
func (m *model) tellOutlived(storm *opinion, parents []*opinion) {
	t, times, ok := m.outlived(storm, parents)
	if !ok {
		return
	}
	last := m.lastRefusal()
	storm.claim += fmt.Sprintf(" It outlived %s: the retries themselves keep it up.", t.what)
	storm.evidence = append(storm.evidence,
		ev("attempts to connect after the trigger was over, against before the storm: only retries make these", times, "times", m.pos(t.over, false), m.pos(last, false)),
		ev("time the storm went on after its trigger", m.s[last].T-m.s[t.over].T, "s", m.pos(t.over, false), m.pos(last, false)))
}
