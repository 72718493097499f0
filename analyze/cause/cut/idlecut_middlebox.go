package cut

import (
	"fmt"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

// A boxed is an application whose connections something on the way cuts when they rest.
type boxed struct {
	a        *measure.App
	dead     float64 // connections that went
	same     float64 // of those, at about one idle time
	about    float64 // which, in seconds
	replaced float64 // share replaced by the next list
	life     float64 // mean life against that idle time
	even     float64 // KS distance of the deaths from an even stream
	beyond   float64 // share that rested for longer
	score    float64
}

func (x *boxed) reborn() float64 { return x.replaced }

// boxCut looks for pools that are cut by a middlebox, or by anything that is not the server's
// timeout: they go at one idle time, none rests for longer, all the time, and are replaced. A
// pool that trims itself does that too, but only with what it does not need: the connections
// it works with live on. Here the mean life is hardly longer than that one rest.
func boxCut(p *cause.Pass, timeout float64) cause.Assessment {
	var cut []boxed
	best := boxed{}
	for _, a := range p.Apps[:min(len(p.Apps), 200)] {
		if a.Overflows() {
			continue
		}
		x := boxOf(p, a)
		if timeout > 0 && x.about > p.Number("own")*timeout {
			continue // the server's own doing
		}
		if x.score > best.score {
			best = x
		}
		if x.score >= cause.Active {
			cut = append(cut, x)
		}
	}
	if len(cut) == 0 {
		return cause.No(best.score, "the server's timeout is 0, not known or longer, and connections were not cut after a fixed time")
	}
	last := len(p.Samples) - 1
	var same, dead, replaced float64
	for _, x := range cut {
		same, dead, replaced = same+x.same, dead+x.dead, replaced+x.replaced*x.dead
	}
	a := cause.Assessment{Score: best.score, Onset: -1, OnsetLo: -1, End: -1}
	a.Sources = p.Blame(p.Entities, func(e *measure.Entity) float64 {
		if !slices.ContainsFunc(cut, func(x boxed) bool { return x.a == e.App }) {
			return 0
		}
		d, _ := p.Replaced(e)
		return d
	})
	a.Claim = fmt.Sprintf("%.0f connections were cut after about %s without use, not by the server's timeout, and %.0f %% were replaced at once: something on the way (a NAT, a balancer, a firewall) or the clients' own idle limit forgets them.",
		same, finding.Duration(best.about), replaced/dead*100)
	a.Evidence = []finding.Evidence{
		finding.New("connections that went at about the same idle time", same, "connections", p.Place(0, true), p.Place(last, true)),
		finding.New("idle time at which they went", best.about, "s", p.Place(0, true), p.Place(last, true)),
		finding.New("share of the connections gone that the same host replaced by the next list", replaced/dead, "share", p.Place(0, true), p.Place(last, true)),
		finding.New("mean life of a connection of "+best.a.Label+" against that idle time: what trims itself keeps those it works with", best.life, "times", p.Place(0, true), p.Place(last, true)),
	}
	return a
}

// boxOf measures one application.
func boxOf(p *cause.Pass, a *measure.App) boxed {
	x := boxed{a: a}
	var idle [timeline.IdleOctaves * timeline.PerOctave]float64
	var spells timeline.SpellCounts
	for _, e := range a.Entities {
		for _, s := range e.Parts {
			for b, n := range s.Idle {
				idle[b] += float64(n)
				x.dead += float64(n)
			}
		}
	}
	if x.dead < p.Number("deaths") {
		return x
	}
	at := 0
	for b := 0; b+1 < len(idle); b++ {
		if lo, hi := timeline.BinEdge(b), timeline.BinEdge(b+2); lo+1 < p.Number("box_least") || hi > p.Number("box_most") {
			continue
		}
		if n := idle[b] + idle[b+1]; n > x.same {
			x.same, at = n, b
		}
	}
	if x.same < p.Number("most_at")*x.dead {
		return x
	}
	x.about = timeline.BinEdge(at + 2)
	for b := at + 2; b < len(idle); b++ {
		x.beyond += idle[b] / x.dead
	}
	for _, e := range a.Entities {
		for _, s := range e.Parts {
			spells.Sum(&s.Spells)
		}
		_, k := p.Replaced(e)
		x.replaced += k / x.dead
	}
	if b := timeline.SpellBin(int64(x.about)); b+1 < timeline.SpellBins {
		// Those that rest for longer than the wall, of all that came near it.
		all, _, _, _ := spells.Reached(b)
		longer, _, _, _ := spells.Reached(b + 1)
		x.beyond = max(x.beyond, longer/max(all, 1))
	}
	var went []float64
	n := 0.0
	for _, i := range p.Lists {
		c := a.At(i)
		n += float64(c.N) / float64(len(p.Lists))
		for range c.Deaths {
			went = append(went, p.Samples[i].T)
		}
	}
	span := p.ListTimes[len(p.ListTimes)-1] - p.ListTimes[0]
	x.life = n * span / x.dead / x.about
	x.even = measure.SpreadOver(went, p.ListTimes[0], p.ListTimes[len(p.ListTimes)-1])
	y := x
	if x.about < 2*p.Interval {
		y.same *= p.Number("apart") // the lists are too far apart to know this idle time from another
	}
	x.score = p.Judge("a box on the way", a.Label, cause.Span{To: len(p.Samples) - 1, Lists: true}, &y)
	return x
}
