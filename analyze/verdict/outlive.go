package verdict

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// A trigger is what set off a storm, and when it was over.
type trigger struct {
	what string // completes "the storm outlived …"
	over int    // sample from which on it was over
}

// outlived tells whether a storm went on after what set it off was over: then the retries
// themselves keep it up (a metastable failure), and taking the trigger away does not end it.
func outlived(m *measure.Model, storm *Opinion, parents []*Opinion) (trigger, float64, bool) {
	first, last := storm.Onset, lastRefusal(m)
	for _, find := range [...]func() (trigger, bool){
		func() (trigger, bool) { return restartOver(m, first) },
		func() (trigger, bool) { return slotsFreed(m, parents) },
		func() (trigger, bool) { return burstOver(m, first, last) },
	} {
		t, ok := find()
		if !ok || t.over > last {
			continue
		}
		n := 0
		for i := t.over; i <= last; i++ {
			if m.Samples[i].Refused > 0 {
				n++
			}
		}
		times := attempts(m, t.over, last+1) / max(attempts(m, 0, first), 1e-3)
		if n >= outliveSamples && times > outliveTimes {
			return t, times, true
		}
	}
	return trigger{}, 0, false
}

func lastRefusal(m *measure.Model) int {
	for i := len(m.Samples) - 1; i >= 0; i-- {
		if m.Samples[i].Refused > 0 {
			return i
		}
	}
	return -1
}

// attempts gives the median of attempts to connect, accepted or refused, a second.
func attempts(m *measure.Model, lo, hi int) float64 {
	var r []float64
	for i := max(lo, 0); i < min(hi, len(m.Samples)); i++ {
		if s := &m.Samples[i]; s.Span > 0 {
			r = append(r, (s.Accepted+s.Refused)/s.Span)
		}
	}
	return timeline.Known(stat.Median(r))
}

// restartOver: the server restarted just before the storm, and as many connections as
// there were have been accepted since.
func restartOver(m *measure.Model, first int) (trigger, bool) {
	at := -1
	for i := 1; i < len(m.Samples); i++ {
		if m.Samples[i].Epoch != m.Samples[i-1].Epoch && i >= first-restartBefore && i <= first+restartAfter {
			at = i
			break
		}
	}
	if at < 0 {
		return trigger{}, false
	}
	before := stat.Median(m.Occupancy[max(min(at, first)-20, 0):max(min(at, first), 1)])
	n := 0.0
	for i := at; i < len(m.Samples); i++ {
		if n += timeline.Known(m.Samples[i].Accepted); n >= before {
			return trigger{"the restart that set it off", i + 1}, true
		}
	}
	return trigger{}, false
}

// slotsFreed: the slots that a cause had filled are free of it again.
func slotsFreed(m *measure.Model, parents []*Opinion) (trigger, bool) {
	reached := reachedAt(m)
	for _, p := range parents {
		if p.Slots == nil || reached < 0 {
			continue
		}
		top, over := p.Slots(reached), -1
		for k := len(m.Lists) - 1; k >= 0 && m.Lists[k] > reached; k-- {
			if p.Slots(m.Lists[k]) > freedPart*top {
				break
			}
			over = m.Lists[k]
		}
		if over >= 0 {
			return trigger{fmt.Sprintf("%s, whose connections are gone", p.Cause.Phrase), over}, true
		}
	}
	return trigger{}, false
}

// burstOver: commands jumped with the first refusals, and fell again while the refusals
// went on.
func burstOver(m *measure.Model, first, last int) (trigger, bool) {
	rate := m.Rate(measure.CommandsOf)
	if first < 2*burstSamples {
		return trigger{}, false
	}
	before := stat.Median(rate[max(first-40, 0):first])
	var t, v []float64
	var at []int
	for i := first; i <= last; i++ {
		if !math.IsNaN(rate[i]) {
			t, v, at = append(t, m.Samples[i].T), append(v, rate[i]), append(at, i)
		}
	}
	k, high, low := stat.Step(v)
	if k < burstSamples || len(v)-k < outliveSamples || !(high >= burstTimes*before) || high-low < burstBack*(high-before) {
		return trigger{}, false
	}
	return trigger{fmt.Sprintf("the burst of requests that set it off (%.1f times the commands until %s)", high/before, finding.Clock(finding.UnixTime(t[k]))), at[k]}, true
}

// tellOutlived writes it into the storm's claim and evidence.
func tellOutlived(m *measure.Model, storm *Opinion, parents []*Opinion) {
	t, times, ok := outlived(m, storm, parents)
	if !ok {
		return
	}
	last := lastRefusal(m)
	keep := "keep"
	if storm.End >= 0 {
		keep = "kept"
	}
	storm.Claim += fmt.Sprintf(" It outlived %s: the retries themselves %s it up.", t.what, keep)
	storm.Evidence = append(storm.Evidence,
		finding.New("attempts to connect after the trigger was over, against before the storm: only retries make these", times, "times", m.Place(t.over, false), m.Place(last, false)),
		finding.New("time the storm went on after its trigger", m.Samples[last].T-m.Samples[t.over].T, "s", m.Place(t.over, false), m.Place(last, false)))
}
