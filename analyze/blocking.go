package analyze

import (
	"fmt"

	"github.com/connbox/connbox/analyze/stat"
)

var blocking = Cause{
	ID:       "blocking-commands",
	Title:    "Blocking commands hold the slots",
	Phrase:   "blocking commands holding slots",
	Question: "Do more and more connections wait in BLPOP, XREAD, WAIT and the like?",
	Method: "Connections with flag b (INFO's blocked_clients where no list was taken) must grow by a good number, and make " +
		"up most of what occupancy grew by. A fleet of workers that waits and stays the same size is healthy.",
	Needs: []Need{NeedCounts},
	Params: []Param{
		{"gain", 12, "connections", "workers come and go by a few; ramp from 6"},
		{"share", 0.5, "of the growth", "less, and something else grew; ramp from 0.3"},
		{"ratio", 1.4, "times", "a worker fleet scales by a third without anyone being paged; ramp from 1.15"},
		{"late", 0.3, "of an even rise", "a fleet that started and is complete does not grow; ramp from 0.05"},
		{"spread", 0.3, "KS distance", "or the rise took long and was even before it came to rest at the pools' size: workers that are started come in a burst; ramp from 0.5"},
		{"lasted", 0.2, "of the window", "how long such a rise must have taken; ramp from 0.1"},
	},
	Rivals: []Rival{
		{"connection-leak", "the added connections wait in a blocking command (flag b)"},
		{"slow-commands", "waiting is not running: SLOWLOG shows no long command"},
		{"oversized-pool", "the connections wait in a command (flag b) and are not spare"},
		{"app-pool-exhaustion", "the connections that wait grow in number on the server; an exhausted pool stays at its size"},
		{"maxclients-too-low", "the added connections wait; traffic's connections run commands"},
	},
	Fixes: []Fix{
		{Safe, "redis-cli CLIENT LIST | grep -E 'cmd=(b|xread|wait)' | grep -F '{match}'", "lists those that wait, with their age", "the oldest ones belong to workers that no longer exist"},
		{Changes, "give the blocking commands of {name} a timeout and close the connection of a worker that ends", "each worker holds one slot", "blocked_clients equals the number of workers"},
	},
	assess: assessBlocking,
}

func assessBlocking(p *pass) assessment {
	w := p.growing()
	blocked := func(i int) float64 { return float64(p.all.at(p.tl, i).blocked) }
	if w.len() < 5 {
		return no(0, "only %s before the limit or the end", many(w.len(), p.listWord()))
	}
	b := p.course(w, blocked)
	t := p.t[w.lo:w.hi]
	b0, b1 := ends(b)
	o0, o1 := ends(p.course(w, func(i int) float64 { return p.occ[i] }))
	share := (b1 - b0) / max(o1-o0, 1)
	at := streamStart(t, b)
	_, late := evenness(t[at:], b[at:])
	on := max(stat.Ramp(late, 0.05, p.val("late")), p.filledUp(t, b, at))
	score := stat.Ramp(b1-b0, 6, p.val("gain")) * stat.Ramp(share, 0.3, p.val("share")) *
		stat.Ramp(b1/max(b0, 1), 1.15, p.val("ratio")) * on
	if score < active {
		return no(score, "blocked clients %s", fromTo(b0, b1))
	}
	onset := p.lists[w.lo+at]
	rate := stat.Rate(max(b[len(b)-1]-b[at], 1), max(t[len(t)-1]-t[at], p.dt)/60, 0.9)
	a := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	a.began = p.rose(w, b, onset)
	a.slots = func(slot int) float64 { return blocked(slot) - b[at] }
	last := p.lists[w.hi-1]
	a.sources = p.blame(p.ents, func(e *entity) float64 {
		return float64(e.at(p.tl, last).blocked) - float64(e.at(p.tl, p.lists[w.lo]).blocked)
	})
	who := "Clients"
	if len(a.sources) > 0 {
		who = nameOf(a.sources[0])
	}
	a.claim = fmt.Sprintf("%s waits in blocking commands on more and more connections: %.0f became %.0f, %.1f a minute %s on.",
		who, b[at], b[len(b)-1], rate.Value, a.began.words())
	a.evidence = []Evidence{
		ev("connections that wait in a blocking command", b[len(b)-1], "connections", p.pos(last, true)),
		ev("their growth", rate.Value, "connections/min", p.pos(onset, true), p.pos(last, true)).within(rate.Lo, rate.Hi),
		ev("share of all growth that they are", share, "share", p.pos(p.lists[w.lo], true), p.pos(last, true)),
	}
	return a
}

// filledUp scores a rise from at on that was even and long, and then came to rest.
func (p *pass) filledUp(t, b []float64, at int) float64 {
	full := at
	for full < len(b)-1 && b[full] < b[at]+0.95*(b[len(b)-1]-b[at]) {
		full++
	}
	if full-at < 8 {
		return 0
	}
	spread, _ := evenness(t[at:full+1], b[at:full+1])
	return stat.Ramp(spread, 0.5, p.val("spread")) * stat.Ramp((t[full]-t[at])/(t[len(t)-1]-t[0]), 0.1, p.val("lasted"))
}
