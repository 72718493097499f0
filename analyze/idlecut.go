package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var idleCut = Cause{
	ID:       "idle-cut",
	Title:    "Idle connections cut",
	Phrase:   "idle connections being cut",
	Question: "Does a timeout cut idle connections that then come back?",
	Method: "Connections must go at nearly the same idle time, in numbers, and be replaced at once by the same host: the " +
		"number stays and the connections do not. The time is that of the server's `timeout` where it is set. Without one, or " +
		"below it, subscribers are looked at, which nobody trims; and pools of which all are cut: one that trims itself goes the same " +
		"way, but the connections it works with live on, where a middlebox does not know them from others and leaves a mean life hardly longer than one rest.",
	Needs: []Need{NeedList},
	Params: []Param{
		{"deaths", 20, "connections", "ramp from 8; without a timeout to expect, twice as many"},
		{"same", 0.6, "of the deaths", "within the two octaves of idle time around the timeout, or the two with most; ramp from 0.35"},
		{"box_least", 32, "s", "lower bound of the latter: boxes forget connections after a minute or more"},
		{"box_most", 2048, "s", "and upper bound"},
		{"subscribed", 0.9, "of the connections seen", "of a host whose deaths count without a timeout: a list may catch a connection before it has subscribed"},
		{"at_once", 0.8, "of the deaths", "of a pool without a timeout to expect: within half an octave; ramp from 0.6"},
		{"life", 2, "idle times", "mean life of the connections of such a pool, at most, and none rests longer; where pools trim themselves it is four and more. Ramp to one more"},
		{"replaced", 0.6, "of the deaths", "followed by a birth at the same host in the same list or the next; ramp from 0.3"},
	},
	Rivals: []Rival{
		{"connection-churn", "the connections were idle for a fixed time when they went"},
		{"output-buffer-loop", "nothing waited for them"},
		{"connection-leak", "the number of connections stays as each cut one is replaced; a leak's grows"},
	},
	Fixes: []Fix{
		{Changes, "let the pools of {name} close or probe idle connections before the server's timeout (idle time-out below `timeout`, or a keep-alive PING)", "no request meets a connection that was cut", "accepted connections fall"},
	},
	assess: assessIdleCut,
}

func assessIdleCut(p *pass) assessment {
	timeout := atof(p.tl.Config["timeout"])
	var idle [idleOctaves]float64
	var dead, answered float64
	var cut []*entity
	for _, e := range p.ents {
		if !(timeout > 0) && !p.subscribers(e) {
			continue
		}
		d, a := p.rebornOf(e)
		dead, answered = dead+d, answered+a
		for _, s := range e.parts {
			for b, n := range s.idle {
				idle[b/perOctave] += float64(n)
			}
		}
		if a > 0 {
			cut = append(cut, e)
		}
	}
	same, about := p.cutTogether(idle[:], timeout)
	replaced, least := answered/max(dead, 1), 1.0
	if !(timeout > 0) {
		least = 2
	}
	score := stat.Ramp(dead, 8*least, least*p.val("deaths")) * stat.Ramp(replaced, 0.3, p.val("replaced")) *
		stat.Ramp(same/max(dead, 1), 0.35, p.val("same"))
	if about < 3*p.dt {
		score *= 0.5 // the lists are too far apart to tell this idle time from another
	}
	if score < active {
		if x := p.boxCut(timeout); x.score > score {
			return x
		}
	}
	switch {
	case score < active && timeout > 0:
		return no(score, "%.0f connections went, %.0f of them near the timeout of %.0f s; %.0f %% were replaced at once", dead, same, timeout, replaced*100)
	case score < active:
		return no(score, "the server's timeout is 0 or not known, and neither subscribers nor whole pools were cut after a fixed time")
	}
	a := assessment{score: score, onset: -1, onsetLo: -1, end: -1}
	a.sources = p.blame(cut, func(e *entity) float64 { _, n := p.rebornOf(e); return n })
	a.claim = fmt.Sprintf("%.0f connections were cut after about %s without use, and %.0f %% were replaced at once.", same, duration(about), replaced*100)
	a.evidence = []Evidence{
		ev("connections that went after about this idle time", same, "connections", p.pos(0, true), p.pos(len(p.s)-1, true)),
		ev("idle time at which they went", about, "s", p.pos(0, true), p.pos(len(p.s)-1, true)),
		ev("share of the connections gone that the same host replaced by the next list", replaced, "share", p.pos(0, true), p.pos(len(p.s)-1, true)),
	}
	if timeout > 0 {
		a.evidence = append(a.evidence, ev("timeout in force", timeout, "s", p.pos(0, true)))
	}
	return a
}

// subscribers tells whether the connections of an entity are: a list may catch one between
// its accept and its SUBSCRIBE.
func (p *pass) subscribers(e *entity) bool {
	all, subscribed := 0, 0
	for _, s := range e.parts {
		all, subscribed = all+s.mass, subscribed+s.subs
	}
	return all > 0 && float64(subscribed) >= p.val("subscribed")*float64(all)
}

// cutTogether counts the deaths at about one idle time: the server's timeout, or the best
// pair of octaves. idle counts deaths by log2 of the idle time when last seen, which is up
// to one interval short of that at death.
func (p *pass) cutTogether(idle []float64, timeout float64) (n, about float64) {
	if timeout > 0 {
		for b := range idle {
			if f := float64(b); f+1 >= math.Log2(max(timeout-2*p.dt, 1)) && f <= math.Log2(timeout+1) {
				n += idle[b]
			}
		}
		return n, timeout
	}
	for b := 0; b+1 < len(idle); b++ {
		lo, hi := math.Exp2(float64(b))-1, math.Exp2(float64(b+2))-1
		if lo+1 < p.val("box_least") || hi+1 > p.val("box_most") {
			continue
		}
		if k := idle[b] + idle[b+1]; k > n {
			n, about = k, hi/2
			if idle[b+1] > idle[b] {
				about = hi * 0.75
			}
		}
	}
	return n, about
}

// rebornOf counts the connections of an entity that went, and those of them that it
// replaced in the same list or the next: each birth answers one death.
func (m *model) rebornOf(e *entity) (deaths, answered float64) {
	waiting := 0.0
	w := m.shown(e)
	for _, i := range m.lists[w.lo:w.hi] {
		c := e.at(m.tl, i)
		d, b := float64(c.deaths), float64(c.births)
		// Births of this list answer deaths of the list before, then its own.
		k := min(b, waiting)
		answered, b = answered+k, b-k
		k = min(b, d)
		answered += k
		waiting, deaths = d-k, deaths+d
	}
	return deaths, answered
}
