package analyze

import (
	"fmt"
	"math"

	"connbox/analyze/stat"
)

var storm = Cause{
	ID:       "retry-storm",
	Title:    "Retry storm",
	Question: "Do refused or cut clients come back at once, without backing off?",
	Method: "While the limit is reached, refusals are set against the useful work: the median of refusals per command " +
		"processed, sample by sample, together with the slots that change hands. Attempts are accepted plus refused " +
		"connections, because total_connections_received counts accepted ones only (redis networking.c). A limit that " +
		"is merely too low refuses now and then; a storm refuses about as often as the server serves.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"per_command", 0.33, "refusals per command", "clients that wait between tries stay under 0.25 in recordings of fleets that outgrew their limit; storms ran at 0.4 to 5"},
		{"turnover", 0.05, "slots/s", "in a storm connections are cut and re-made while the limit holds"},
		{"samples", 3, "samples", "a burst at a deploy is over sooner"},
	},
	Rivals: []Rival{
		{"maxclients-too-low", "refusals under a third of the commands, and hardly a slot changes hands"},
		{"connection-churn", "connections are refused, and the limit is reached"},
		{"protected-mode-refusals", "the limit is reached while connections are refused"},
		{"reconnect-wave", "refusals go on long after every client could have been back"},
	},
	Fixes: []Fix{
		{Changes, "give clients exponential back-off with full jitter and a circuit breaker", "each refused client waits longer between tries, so the rate of attempts falls by half with every doubling", "rejected_connections rises more slowly; accepted connections stay"},
		{Safe, "redis-cli INFO stats | grep rejected_connections", "shows whether the storm still goes on", "two readings a few seconds apart are equal when it is over"},
	},
	assess: assessStorm,
}

func assessStorm(p *pass) assessment {
	var slots []int
	var perCmd, rate []float64
	for _, i := range p.sat {
		s := &p.s[i]
		if s.Refused > 0 && s.Span > 0 {
			slots = append(slots, i)
			perCmd = append(perCmd, s.Refused/max(s.Commands, 1))
			rate = append(rate, s.Refused/s.Span)
		}
	}
	switch {
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
	med := stat.Median(perCmd)
	score := stat.Logistic(2.5*math.Log(med/p.val("per_command")) + 0.35*math.Log((turn+0.005)/p.val("turnover")))
	if score < active {
		return no(score, "%.2f refusals a command and %.2f new connections a second at the limit: clients waited between tries", med, turn)
	}
	a := assessment{score: score, onset: first, onsetLo: first - 1, end: -1}
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
	a.claim = fmt.Sprintf("Refused clients came back at once: %.0f refusals in %s, %.2f for every command served.", total, duration(secs), med)
	a.evidence = []Evidence{
		ev("refusals per command served, median while at the limit", med, "refusals/command", p.pos(first, false), p.pos(last, false)),
		ev("connections refused", total, "connections", p.pos(first, false), p.pos(last, false)),
		ev("highest rate of refusals", p.s[peak].Refused/p.s[peak].Span, "refusals/s", p.pos(peak, false)),
		ev("slots that changed hands at the limit", turn, "connections/s", p.pos(first, false), p.pos(last, false)),
	}
	if k := len(rate) / 4; k > 0 {
		q1, q4 := stat.Median(rate[:k]), stat.Median(rate[len(rate)-k:])
		a.evidence = append(a.evidence, ev("rate of refusals in the last quarter against the first (back-off would lower it)", q4/q1, "times", p.pos(first, false), p.pos(last, false)))
	}
	return a
}
