package analyze

import (
	"fmt"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

// A boxed is an application whose connections something on the way cuts when they rest.
type boxed struct {
	a        *app
	dead     float64 // connections that went
	same     float64 // of those, at about one idle time
	about    float64 // which, in seconds
	replaced float64 // share replaced by the next list
	life     float64 // mean life against that idle time
	even     float64 // KS distance of the deaths from an even stream
	beyond   float64 // share that rested for longer
	score    float64
}

// boxCut looks for pools that are cut by a middlebox, or by anything that is not the server's
// timeout: they go at one idle time, none rests for longer, all the time, and are replaced. A
// pool that trims itself does that too, but only with what it does not need: the connections
// it works with live on. Here the mean life is hardly longer than that one rest.
func (p *pass) boxCut(timeout float64) assessment {
	var cut []boxed
	best := boxed{}
	for _, a := range p.apps[:min(len(p.apps), 200)] {
		if a.overflows() {
			continue
		}
		x := p.boxOf(a)
		if timeout > 0 && x.about > 0.8*timeout {
			continue // the server's own doing
		}
		if x.score > best.score {
			best = x
		}
		if x.score >= active {
			cut = append(cut, x)
		}
	}
	if len(cut) == 0 {
		return no(best.score, "the server's timeout is 0, not known or longer, and connections were not cut after a fixed time")
	}
	last := len(p.s) - 1
	var same, dead, replaced float64
	for _, x := range cut {
		same, dead, replaced = same+x.same, dead+x.dead, replaced+x.replaced*x.dead
	}
	a := assessment{score: best.score, onset: -1, onsetLo: -1, end: -1}
	a.sources = p.blame(p.ents, func(e *entity) float64 {
		if !slices.ContainsFunc(cut, func(x boxed) bool { return x.a == e.app }) {
			return 0
		}
		d, _ := p.rebornOf(e)
		return d
	})
	a.claim = fmt.Sprintf("%.0f connections were cut after about %s without use, not by the server's timeout, and %.0f %% were replaced at once: something on the way (a NAT, a balancer, a firewall) or the clients' own idle limit forgets them.",
		same, duration(best.about), replaced/dead*100)
	a.evidence = []Evidence{
		ev("connections that went after about this idle time", same, "connections", p.pos(0, true), p.pos(last, true)),
		ev("idle time at which they went", best.about, "s", p.pos(0, true), p.pos(last, true)),
		ev("share of the connections gone that the same host replaced by the next list", replaced/dead, "share", p.pos(0, true), p.pos(last, true)),
		ev("mean life of a connection of "+best.a.label+" against that idle time: what trims itself keeps those it works with", best.life, "times", p.pos(0, true), p.pos(last, true)),
	}
	return a
}

// boxOf measures one application.
func (p *pass) boxOf(a *app) boxed {
	x := boxed{a: a}
	var idle [idleOctaves * perOctave]float64
	var spells spellCounts
	for _, e := range a.ents {
		for _, s := range e.parts {
			for b, n := range s.idle {
				idle[b] += float64(n)
				x.dead += float64(n)
			}
		}
	}
	if x.dead < p.val("deaths") {
		return x
	}
	at := 0
	for b := 0; b+1 < len(idle); b++ {
		if lo, hi := binEdge(b), binEdge(b+2); lo+1 < p.val("box_least") || hi > p.val("box_most") {
			continue
		}
		if n := idle[b] + idle[b+1]; n > x.same {
			x.same, at = n, b
		}
	}
	if x.same < 0.5*x.dead {
		return x
	}
	x.about = binEdge(at + 2)
	for b := at + 2; b < len(idle); b++ {
		x.beyond += idle[b] / x.dead
	}
	for _, e := range a.ents {
		for _, s := range e.parts {
			spells.sum(&s.spells)
		}
		_, k := p.rebornOf(e)
		x.replaced += k / x.dead
	}
	if b := spellBin(int64(x.about)); b+1 < spellBins {
		// Those that rest for longer than the wall, of all that came near it.
		all, _, _, _ := spells.reached(b)
		longer, _, _, _ := spells.reached(b + 1)
		x.beyond = max(x.beyond, longer/max(all, 1))
	}
	var went []float64
	n := 0.0
	for _, i := range p.lists {
		c := a.at(p.tl, i)
		n += float64(c.n) / float64(len(p.lists))
		for range c.deaths {
			went = append(went, p.s[i].T)
		}
	}
	span := p.t[len(p.t)-1] - p.t[0]
	x.life = n * span / x.dead / x.about
	x.even = spreadOver(went, p.t[0], p.t[len(p.t)-1])
	x.score = 0.9 * stat.Ramp(x.dead, p.val("deaths"), 2*p.val("deaths")) * stat.Ramp(x.same/x.dead, 0.6, p.val("at_once")) *
		stat.Ramp(x.life, p.val("life")+1, p.val("life")) * stat.Ramp(x.even, 0.35, 0.2) * stat.Ramp(x.beyond, 0.25, 0.12) * stat.Ramp(x.replaced, 0.3, p.val("replaced"))
	if x.about < 2*p.dt {
		x.score *= 0.5 // the lists are too far apart to tell this idle time from another
	}
	return x
}
