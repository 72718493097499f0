package analyze

import (
	"fmt"

	"connbox/analyze/stat"
)

var autoscale = Cause{
	ID:       "autoscaling-spiral",
	Title:    "Autoscaling spiral",
	Phrase:   "an autoscaling spiral",
	Question: "Did failing instances make the scaler add instances that fail?",
	Method: "New hosts of an application that already ran must appear as the limit is reached (before it, when its slots " +
		"run out, while its commands per host do not rise), and refusals must go on rising while occupancy is pinned: " +
		"each added instance adds its own tries. A storm of a fixed fleet levels off. In the end the " +
		"refusals outweigh the work: a fleet that outgrew its limit is refused now and then.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"rise", 4, "times", "refusals in the last third of the stay at the limit against the first; ramp from 2"},
		{"tau", 0.6, "τ-b", "rank correlation of refusals with time at the limit; ramp from 0.3"},
		{"per_command", 0.5, "refusals per command", "in the last third of the stay at the limit; ramp from 0.2, which fleets that merely outgrew the limit do not pass"},
		{"fresh", 1, "hosts", "new hosts of an application that already had hosts, around reaching the limit"},
		{"hidden", 0.8, "score", "the most where hosts cannot be told apart, so that new ones do not show"},
		{"samples", 8, "samples", "a shorter stay cannot show a rise"},
	},
	Rivals: []Rival{
		{"retry-storm", "the rate of refusals keeps rising with the number of instances"},
		{"maxclients-too-low", "commands did not rise before the hosts did"},
		{"deploy-overlap", "no old host goes"},
		{"serverless-fanout", "each instance brings a pool, and only when the others fail"},
		{"oversized-pool", "the connections come with failing instances, at the limit"},
	},
	Fixes: []Fix{
		{Changes, "stop the autoscaler of {name} and go back to the number of instances before {onset}", "each instance gone takes its tries and its pool with it", "rejected_connections rises more slowly at once"},
		{Changes, "scale on work done (requests served), not on errors or CPU, and let health checks pass without Redis", "a full Redis no longer adds instances", "the number of instances stays when connections are refused"},
	},
	assess: assessAutoscale,
}

func assessAutoscale(p *pass) assessment {
	var slots []int
	var t, rate []float64
	for _, i := range p.sat {
		if s := &p.s[i]; s.Span > 0 && s.Refused >= 0 {
			slots, t, rate = append(slots, i), append(t, s.T), append(rate, s.Refused/s.Span)
		}
	}
	if !p.holds(refusedOf) {
		return no(0, refusedUncounted)
	}
	if len(slots) < int(p.val("samples")) || p.refused == 0 {
		return no(0, "%s at the limit with refusals counted", many(len(slots), "sample"))
	}
	k := len(rate) / 3
	r0, r1 := stat.Median(rate[:k]), stat.Median(rate[len(rate)-k:])
	tau := stat.TauB(t, rate)
	a, fresh, first := p.scaledApp()
	known := 1.0
	if p.allInOne() {
		// The instances do not show; that refusals rise all the time must do.
		known = p.val("hidden")
		fresh, first = 1, max(len(p.lists)-1, 0)
		for k, i := range p.lists {
			if i >= slots[0] {
				first = k
				break
			}
		}
		if len(p.apps) > 0 {
			a = p.apps[0]
		}
	}
	tail := slots[len(slots)-k:]
	perCmd := p.sum(tail[0], tail[len(tail)-1]+1, refusedOf) / max(p.sum(tail[0], tail[len(tail)-1]+1, commandsOf), 1)
	score := known * stat.Ramp(perCmd, 0.2, p.val("per_command")) * stat.Ramp(r1/max(r0, 1e-9), 2, p.val("rise")) * stat.Ramp(tau, 0.3, p.val("tau")) * stat.Ramp(float64(fresh), 0, p.val("fresh"))
	if r1 <= r0 {
		return no(score, "refusals did not rise while the limit was reached")
	}
	if score < active || a == nil {
		return no(score, "refusals went from %.1f to %.1f a second at the limit; %d new hosts of a running application around it", r0, r1, fresh)
	}
	// It begins with the failure that the scaler answers, where that shows first.
	onset := min(p.lists[first], p.firstRefused(slots[0]))
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	out.sources = p.holders(a, p.lists[len(p.lists)-1])
	if p.allInOne() {
		out.sources = p.stormSources(slots[0], slots[len(slots)-1])
	}
	out.claim = fmt.Sprintf("%s got new instances from %s on, the limit was reached, and refusals rose from %.1f to %.1f a second while no slot came free.",
		a.label, hhmmss(p.timeOf(onset)), r0, r1)
	if !p.holds(commandsOf) {
		out.open = "maxclients-too-low cannot be ruled out: INFO does not count commands here"
	}
	out.evidence = []Evidence{
		ev("refusals a second in the last third at the limit, against the first", r1/max(r0, 1e-9), "times", p.pos(slots[0], false), p.pos(slots[len(slots)-1], false)),
		ev("rank correlation of refusals with time at the limit", tau, "τ-b", p.pos(slots[0], false), p.pos(slots[len(slots)-1], false)),
		ev("hosts of "+a.label+" that appeared around reaching the limit", float64(fresh), "hosts", p.pos(onset, true)),
	}
	if p.holds(commandsOf) {
		out.evidence = append(out.evidence, ev("refusals per command in the last third at the limit", perCmd, "refusals/command", p.pos(tail[0], false), p.pos(tail[len(tail)-1], false)))
	}
	return out
}

// scaledApp finds the application with most new hosts from shortly before the limit was
// reached on, among those that had hosts from the beginning.
func (p *pass) scaledApp() (best *app, most, first int) {
	if p.satFirst >= len(p.s) {
		return nil, 0, 0
	}
	satT := p.s[p.satFirst].T
	for _, a := range p.apps {
		old, fresh, at := 0, 0, len(p.lists)
		for _, e := range a.ents {
			k := p.firstList(e)
			switch {
			case k >= len(p.lists):
			case p.t[k] <= p.t[0]+(satT-p.t[0])/2:
				old++
			default:
				fresh++
				at = min(at, k)
			}
		}
		if old > 0 && fresh > most {
			best, most, first = a, fresh, at
		}
	}
	return best, most, first
}
