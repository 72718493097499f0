package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var storm = Cause{
	ID:       "retry-storm",
	Title:    "Retry storm",
	Phrase:   "a retry storm",
	Question: "Do refused or cut clients come back at once, without backing off?",
	Method: "While the limit is reached, refusals are set against the useful work (per command processed) and against " +
		"the size of the fleet (a second and slot), both as medians over the samples. Neither alone will do: how many " +
		"commands a request takes, and how fast the world runs, differ by tens; their product does not. Attempts are " +
		"accepted plus refused connections, because total_connections_received counts accepted ones only (redis " +
		"networking.c). A limit that is merely too low refuses now and then; a storm refuses about as often as the " +
		"server serves. Beside a cause that filled the limit a storm may be milder, where few clients make it: applications that replace " +
		"their connections lose slots to it, and try for each lost one again every few seconds.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"per_command", 0.33, "refusals per command", "a limit that is merely too low stays under 0.25"},
		{"per_slot", 0.035, "refusals/s per slot", "clients that wait 20 s and more between tries make 0.05 if there are as many of them as slots, and a tenth of that as a rule; those that do not wait make 0.1 to 20. The score is a half where the product of both figures is that of these two: recorded and simulated storms have 2.6 times that product and more, patient fleets a third and less"},
		{"samples", 3, "samples", "a burst at a deploy is over sooner"},
		{"amplified", 2, "times", "attempts at the limit against those before it: clients that always open a connection a request are refused as often as they come, and no oftener. Ramp from 1.3"},
		{"lost", 4, "slots", "in a mild storm: lost at the limit by applications that replace their connections; ramp from 2"},
		{"won", 0.9, "of the births", "meanwhile are theirs: others that find no room win less of what comes free. Ramp from 0.7"},
		{"tries", 0.25, "attempts/s for each of them", "every four seconds; libraries that back off wait 8 to 90 s. Ramp from half of it"},
	},
	Rivals: []Rival{
		{"maxclients-too-low", "refusals are many against the commands or the slots: clients do not wait between tries"},
		{"connection-churn", "connections are refused, and the limit is reached"},
		{"protected-mode-refusals", "the limit is reached while connections are refused"},
		{"reconnect-wave", "refusals go on long after every client could have been back"},
		{"deploy-overlap", "refusals go on after the old instances are gone"},
		{"autoscaling-spiral", "the number of instances does not grow with the refusals"},
		{"auth-failure-loop", "the connections are refused for want of a slot, not accepted and then failed"},
	},
	Fixes: []Fix{
		{Changes, "give clients exponential back-off with full jitter and a circuit breaker", "each refused client waits longer between tries, so the rate of attempts falls by half with every doubling", "rejected_connections rises more slowly; accepted connections stay"},
		{Safe, "redis-cli INFO stats | grep rejected_connections", "shows whether the storm still goes on", "two readings a few seconds apart are equal when it is over"},
	},
	assess: assessStorm,
}

// refusedUncounted says why nothing follows from refusals that nobody saw.
const refusedUncounted = "INFO does not count refused connections here"

// A stand is a stay at the limit with refusals, in the samples that had them.
type stand struct {
	slots   []int
	rate    []float64 // refusals a second
	perCmd  float64   // refusals per command served, median
	perSlot float64   // refusals a second and slot, median
}

// refusing gathers the samples at the limit that had refusals.
func (m *model) refusing() (st stand) {
	var perCmd, perSlot []float64
	for _, i := range m.sat {
		s := &m.s[i]
		if s.Refused > 0 && s.Span > 0 {
			st.slots = append(st.slots, i)
			st.rate = append(st.rate, s.Refused/s.Span)
			perCmd = append(perCmd, s.Refused/max(s.Commands, 1))
			perSlot = append(perSlot, s.Refused/s.Span/max(m.limitPeak, 1))
		}
	}
	st.perCmd, st.perSlot = stat.Median(perCmd), stat.Median(perSlot)
	return st
}

func assessStorm(p *pass) assessment {
	st := p.refusing()
	switch {
	case p.refused == 0 && !p.holds(refusedOf):
		return no(0, refusedUncounted)
	case p.refused == 0:
		return no(0, "no connection was refused")
	case len(st.slots) == 0:
		return no(0, "connections were refused, but never while the limit was reached")
	case len(st.slots) < int(p.val("samples")):
		return no(0.2, "refusals lasted %d samples", len(st.slots))
	}
	score := stat.Logistic(2 * math.Log(st.perCmd/p.val("per_command")*st.perSlot/p.val("per_slot")))
	if math.IsNaN(st.perCmd) {
		score = 0.9 * stat.Logistic(2*math.Log(st.perSlot/p.val("per_slot")))
	}
	if math.IsNaN(st.perSlot) {
		score = stat.Logistic(2.5 * math.Log(st.perCmd/p.val("per_command")))
	}
	if score < active {
		if x := p.eager(st); x.score >= active {
			return x
		}
	}
	if score < active && math.IsNaN(st.perCmd) {
		return no(score, "%.2g refusals a second and slot: clients waited between tries", st.perSlot)
	}
	if score < active {
		return no(score, "%.2g refusals a command and %.2g a second and slot: clients waited between tries", st.perCmd, st.perSlot)
	}
	amplified := p.amplified(st.slots)
	if score *= stat.Ramp(amplified, 1.3, p.val("amplified")); score < active {
		return no(score, "attempts at the limit were %.1f times those before it: nobody tried more often for being refused", amplified)
	}
	if tries := p.outgrown(st); st.perCmd < 0.5 && stat.Ramp(tries, p.val("tries")/2, p.val("tries")) < 0.5 {
		return no(0.5*score, "the fleet grew with its work and outgrew the limit; those without a slot tried every %.0f s", 1/tries)
	}
	return p.stormReport(st, score)
}

// outgrown gives how often each connection that would have come tries for its slot, a second,
// where connections grew with the commands for long before the limit, and would have gone on
// as long at the least: +Inf where they did not.
func (m *model) outgrown(st stand) float64 {
	w := m.growing()
	if w.len() < 6 || m.elasticity(w) < 0.5 {
		return math.Inf(1)
	}
	v := m.course(w, func(i int) float64 { return m.occ[i] })
	from := w.lo + riseStart(m.t[w.lo:w.hi], v)
	first, last := m.s[st.slots[0]].T, m.s[st.slots[len(st.slots)-1]].T
	grew := first - m.t[from]
	rise := m.occ[st.slots[0]] - m.occ[m.lists[from]]
	if grew < 0.4*(last-first) || grew < 8*m.dt || !(rise > 0.3*m.limitPeak) {
		return math.Inf(1)
	}
	tail := st.slots[len(st.slots)*2/3:]
	var tries []float64
	for _, i := range tail {
		unmet := rise / grew * min(m.s[i].T-first, grew)
		tries = append(tries, m.s[i].Refused/m.s[i].Span/max(unmet, 1))
	}
	return stat.Median(tries)
}

func (m *model) stormReport(st stand, score float64) assessment {
	first, last := st.slots[0], st.slots[len(st.slots)-1]
	from, to := m.pos(first, false), m.pos(last, false)
	secs := m.s[last].T - m.s[first].T + m.s[first].Span
	// A refusal here and there before it is no storm yet.
	began, usual := 0, stat.Median(st.rate)
	for st.rate[began] < 0.1*usual {
		began++
	}
	onset := m.firstRefused(st.slots[began])
	a := assessment{score: score, onset: onset, onsetLo: onset - 1, end: -1, began: m.outage(onset)}
	if last < len(m.s)-3 {
		a.end = last
	}
	a.sources = m.stormSources(first, last)
	peak := 0
	for k, r := range st.rate {
		if r >= st.rate[peak] {
			peak = k
		}
	}
	total := m.sum(first, last+1, refusedOf)
	a.claim = fmt.Sprintf("Refused clients came back at once: %.0f refusals in %s.", total, duration(secs))
	if !math.IsNaN(st.perCmd) {
		a.claim = fmt.Sprintf("Refused clients came back at once: %.0f refusals in %s, %.2f for every command served.", total, duration(secs), st.perCmd)
		a.evidence = append(a.evidence, ev("refusals per command served, median while at the limit", st.perCmd, "refusals/command", from, to))
	}
	a.evidence = append(a.evidence,
		ev("connections refused", total, "connections", from, to),
		ev("highest rate of refusals", st.rate[peak], "refusals/s", m.pos(st.slots[peak], false)),
		ev("refusals a second and slot, median while at the limit", st.perSlot, "refusals/s per slot", from, to),
		ev("slots that changed hands at the limit", m.sum(first, last+1, acceptedOf)/secs, "connections/s", from, to))
	if k := len(st.rate) / 4; k > 0 {
		q1, q4 := stat.Median(st.rate[:k]), stat.Median(st.rate[len(st.rate)-k:])
		a.evidence = append(a.evidence, ev("rate of refusals in the last quarter against the first (back-off would lower it)", q4/q1, "times", from, to))
	}
	return a
}

// amplified gives how many times as many connections were tried for in the samples at the
// limit as before them; +Inf where that is not known.
func (m *model) amplified(slots []int) float64 {
	var before, at []float64
	for i := range slots[0] {
		if s := &m.s[i]; s.Span > 0 && !s.AtLimit() && !math.IsNaN(s.Accepted) {
			before = append(before, (s.Accepted+known(s.Refused))/s.Span)
		}
	}
	for _, i := range slots {
		at = append(at, (known(m.s[i].Accepted)+m.s[i].Refused)/m.s[i].Span)
	}
	if usual := stat.Median(before); len(before) >= 6 && usual > 0 {
		return stat.Median(at) / usual
	}
	return math.Inf(1)
}

// firstRefused goes back from the first sample at the limit with refusals to the first of
// all refusals without a pause, the probes' own among them.
func (m *model) firstRefused(first int) int {
	for i := first - 1; i >= 0; i-- {
		if m.s[i].Full || m.s[i].Refused > 0 {
			first = i
		} else if m.s[i].HasInfo {
			break
		}
	}
	return first
}
