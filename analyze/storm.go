package analyze

import (
	"fmt"
	"math"

	"connbox/analyze/stat"
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
		"server serves.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"per_command", 0.33, "refusals per command", "a limit that is merely too low stays under 0.25"},
		{"per_slot", 0.035, "refusals/s per slot", "clients that wait 20 s and more between tries make 0.05 if there are as many of them as slots, and a tenth of that as a rule; those that do not wait make 0.1 to 20. The score is a half where the product of both figures is that of these two: recorded and simulated storms have 2.6 times that product and more, patient fleets a third and less"},
		{"samples", 3, "samples", "a burst at a deploy is over sooner"},
		{"amplified", 2, "times", "attempts at the limit against those before it: clients that always open a connection a request are refused as often as they come, and no oftener. Ramp from 1.3"},
	},
	Rivals: []Rival{
		{"maxclients-too-low", "refusals are few against the commands and the slots: clients wait between tries"},
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

func assessStorm(p *pass) assessment {
	var slots []int
	var perCmd, perSlot, rate []float64
	for _, i := range p.sat {
		s := &p.s[i]
		if s.Refused > 0 && s.Span > 0 {
			slots = append(slots, i)
			perCmd = append(perCmd, s.Refused/max(s.Commands, 1))
			rate = append(rate, s.Refused/s.Span)
			perSlot = append(perSlot, s.Refused/s.Span/max(p.limitPeak, 1))
		}
	}
	switch {
	case p.refused == 0 && !p.holds(refusedOf):
		return no(0, refusedUncounted)
	case p.refused == 0:
		return no(0, "no connection was refused")
	case len(slots) == 0:
		return no(0, "connections were refused, but never while the limit was reached")
	case len(slots) < int(p.val("samples")):
		return no(0.2, "refusals lasted %d samples", len(slots))
	}
	first, last := slots[0], slots[len(slots)-1]
	accepted := p.sum(first, last+1, acceptedOf)
	secs := p.s[last].T - p.s[first].T + p.s[first].Span
	turn := accepted / secs
	med, slot := stat.Median(perCmd), stat.Median(perSlot)
	score := stat.Logistic(2 * math.Log(med/p.val("per_command")*slot/p.val("per_slot")))
	if math.IsNaN(med) {
		score = 0.9 * stat.Logistic(2*math.Log(slot/p.val("per_slot")))
	}
	if math.IsNaN(slot) {
		score = stat.Logistic(2.5 * math.Log(med/p.val("per_command")))
	}
	if score < active && math.IsNaN(med) {
		return no(score, "%.2g refusals a second and slot: clients waited between tries", slot)
	}
	if score < active {
		return no(score, "%.2g refusals a command and %.2g a second and slot: clients waited between tries", med, slot)
	}
	amplified := p.amplified(slots)
	if score *= stat.Ramp(amplified, 1.3, p.val("amplified")); score < active {
		return no(score, "attempts at the limit were %.1f times those before it: nobody tried more often for being refused", amplified)
	}
	// A refusal here and there before it is no storm yet.
	began, usual := 0, stat.Median(rate)
	for rate[began] < 0.1*usual {
		began++
	}
	onset := p.firstRefused(slots[began])
	a := assessment{score: score, onset: onset, onsetLo: onset - 1, end: -1, began: p.outage(onset)}
	if last < len(p.s)-3 {
		a.end = last
	}
	a.sources = p.stormSources(first, last)
	peak := first
	for k, i := range slots {
		if rate[k] >= p.s[peak].Refused/p.s[peak].Span {
			peak = i
		}
	}
	total := p.sum(first, last+1, refusedOf)
	a.claim = fmt.Sprintf("Refused clients came back at once: %.0f refusals in %s.", total, duration(secs))
	if !math.IsNaN(med) {
		a.claim = fmt.Sprintf("Refused clients came back at once: %.0f refusals in %s, %.2f for every command served.", total, duration(secs), med)
		a.evidence = append(a.evidence, ev("refusals per command served, median while at the limit", med, "refusals/command", p.pos(first, false), p.pos(last, false)))
	}
	a.evidence = append(a.evidence,
		ev("connections refused", total, "connections", p.pos(first, false), p.pos(last, false)),
		ev("highest rate of refusals", p.s[peak].Refused/p.s[peak].Span, "refusals/s", p.pos(peak, false)),
		ev("refusals a second and slot, median while at the limit", slot, "refusals/s per slot", p.pos(first, false), p.pos(last, false)),
		ev("slots that changed hands at the limit", turn, "connections/s", p.pos(first, false), p.pos(last, false)))
	if k := len(rate) / 4; k > 0 {
		q1, q4 := stat.Median(rate[:k]), stat.Median(rate[len(rate)-k:])
		a.evidence = append(a.evidence, ev("rate of refusals in the last quarter against the first (back-off would lower it)", q4/q1, "times", p.pos(first, false), p.pos(last, false)))
	}
	return a
}

// amplified gives how many times as many connections were tried for in the samples at the
// limit as before them; +Inf where that is not known.
func (p *pass) amplified(slots []int) float64 {
	var before, at []float64
	for i := range slots[0] {
		if s := &p.s[i]; s.Span > 0 && !s.AtLimit() && !math.IsNaN(s.Accepted) {
			before = append(before, (s.Accepted+known(s.Refused))/s.Span)
		}
	}
	for _, i := range slots {
		at = append(at, (known(p.s[i].Accepted)+p.s[i].Refused)/p.s[i].Span)
	}
	if usual := stat.Median(before); len(before) >= 6 && usual > 0 {
		return stat.Median(at) / usual
	}
	return math.Inf(1)
}

// firstRefused goes back from the first sample at the limit with refusals to the first of
// all refusals without a pause, the probes' own among them.
func (p *pass) firstRefused(first int) int {
	for i := first - 1; i >= 0; i-- {
		if p.s[i].Full || p.s[i].Refused > 0 {
			first = i
		} else if p.s[i].HasInfo {
			break
		}
	}
	return first
}
