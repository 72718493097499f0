package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var autoscale = Cause{
	ID:       "autoscaling-spiral",
	Title:    "Autoscaling spiral",
	Phrase:   "an autoscaling spiral",
	Question: "Did failing instances make the scaler add instances that fail?",
	Method: "New hosts of an application that already ran must appear once the limit is reached; those from before it count as " +
		"far as the commands did not rise with them, as they do where traffic grows. And refusals must go on rising while occupancy " +
		"is pinned, until the scaler has no more to give: each added instance adds its own tries. A storm of a fixed fleet levels off. " +
		"In the end the refusals outweigh the work: a fleet that outgrew its limit is refused now and then.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"rise", 3, "times", "refusals in the last third of the stay at the limit against the first; ramp from 1.5"},
		{"tau", 0.6, "τ-b", "rank correlation of refusals with time at the limit, up to when they are highest; ramp from 0.3"},
		{"work", 0.8, "elasticity", "of commands to connections before the limit, with which new hosts came with the work; ramp from 0.5"},
		{"per_command", 0.5, "refusals per command", "in the last third of the stay at the limit; ramp from 0.2, which fleets that merely outgrew the limit do not pass"},
		{"outweigh", 1, "refusals per command", "from which on twice the refusals are rise enough, ramp from 1.2; ramp from 0.5"},
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
	top := p.topOf(rate)
	tau := stat.TauB(t[:top], rate[:top])
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
	rise := r1 / max(r0, 1e-9)
	// A smaller rise will do where the tries outweigh the work: clients that wait their turn never come to that.
	grew := max(stat.Ramp(rise, 1.5, p.val("rise")), stat.Ramp(rise, 1.2, 2)*stat.Ramp(perCmd, 0.5, p.val("outweigh")))
	score := known * stat.Ramp(perCmd, 0.2, p.val("per_command")) * grew * stat.Ramp(tau, 0.3, p.val("tau")) * stat.Ramp(fresh, 0, p.val("fresh"))
	if r1 <= r0 {
		return no(score, "refusals did not rise while the limit was reached")
	}
	if score < active || a == nil {
		return no(score, "refusals went from %.1f to %.1f a second at the limit; %.0f new hosts of a running application that its work does not explain", r0, r1, fresh)
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
		ev("refusals a second in the last third at the limit, against the first", rise, "times", p.pos(slots[0], false), p.pos(slots[len(slots)-1], false)),
		ev("rank correlation of refusals with time at the limit, up to when they are highest", tau, "τ-b", p.pos(slots[0], false), p.pos(slots[len(slots)-1], false)),
		ev("hosts of "+a.label+" that appeared around reaching the limit, and not with its work", fresh, "hosts", p.pos(onset, true)),
	}
	if p.holds(commandsOf) {
		out.evidence = append(out.evidence, ev("refusals per command in the last third at the limit", perCmd, "refusals/command", p.pos(tail[0], false), p.pos(tail[len(tail)-1], false)))
	}
	return out
}

// topOf gives how many samples of a rate there are up to where it was highest, in the mean
// of an eighth of them.
func (p *pass) topOf(rate []float64) int {
	k := max(len(rate)/8, 3)
	top, most := len(rate), 0.0
	for i := k; i <= len(rate); i++ {
		if m := stat.Mean(rate[i-k : i]); m > most {
			top, most = i, m
		}
	}
	return min(max(top, int(p.val("samples"))), len(rate))
}

// scaledApp finds the application with most new hosts from shortly before the limit was
// reached on that its work does not explain, among those that had hosts from the beginning.
func (p *pass) scaledApp() (best *app, most float64, first int) {
	if p.satFirst >= len(p.s) {
		return nil, 0, 0
	}
	satT := p.s[p.satFirst].T
	for _, a := range p.apps {
		old, before, after, at := 0, 0, 0, len(p.lists)
		for _, e := range a.ents {
			k := p.firstList(e)
			switch {
			case k >= len(p.lists):
				continue
			case p.t[k] <= p.t[0]+(satT-p.t[0])/2:
				old++
				continue
			case p.t[k] <= satT:
				before++
			default:
				after++
			}
			at = min(at, k)
		}
		if old == 0 || before+after == 0 {
			continue
		}
		if fresh := float64(after) + float64(before)*(1-p.withWork(at, satT)); fresh > most {
			best, most, first = a, fresh, at
		}
	}
	return best, most, first
}

// withWork says how far the commands rose with the connections, as they do where traffic
// grows, from a list up to when the limit was reached.
func (p *pass) withWork(from int, satT float64) float64 {
	to := from
	for to < len(p.lists) && p.t[to] <= satT {
		to++
	}
	el := p.elasticity(window{max(from-3, 0), to})
	if to-from < 3 || math.IsNaN(el) {
		return 0
	}
	return stat.Ramp(el, 0.5, p.val("work"))
}
