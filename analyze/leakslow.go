package analyze

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

// never are the connections of one entity that were not used since they were opened, by the
// last list.
type never struct {
	e     *entity
	n     float64
	since []float64 // times of birth of those opened within the recording, unix s, in order
	all   []float64 // of all of them
	beds  int       // other hosts of its application
	most  float64   // that any of those has
}

// slowLeak finds a leak that began long before the recording and adds only a few in it: too
// little growth to tell, but the connections it left tell by themselves. One host keeps
// connections that were never used, where the other hosts of its application have next to
// none, and goes on to open such, now and then and not in one burst. Where hosts have no
// others to be held against, an even stream from long before the recording is a sign, too
// weak to name.
func (p *pass) slowLeak() assessment {
	last := len(p.lists) - 1
	if p.infoOnly || last < 8 || p.satFirst < len(p.s) {
		return no(0, "")
	}
	var best never
	score := 0.0
	start, end := p.t[0], p.t[last]
	for _, x := range p.neverUsed() {
		k := float64(len(x.since))
		s := stat.Ramp(x.n, 0.8*p.val("old"), 1.2*p.val("old")) * stat.Ramp(k, 2, p.val("new")) * stat.Ramp(spreadOver(x.since, start, end), 0.6, 0.45)
		if x.beds >= 2 {
			s *= 0.75 * stat.Ramp(x.most, 0.3*x.n, max(p.val("others")*x.n, 2))
		} else {
			s *= 0.45 * stat.Ramp(spreadOver(x.all, x.all[0], end), 0.35, 0.2) * stat.Ramp((end-x.all[0])/max(end-start, 1), 1.2, 2)
		}
		if s > score {
			best, score = x, s
		}
	}
	if score < active {
		if score > 0 {
			return no(score, "%s has %.0f connections that were never used, %d of them opened meanwhile, but nothing to hold it against", label(best.e), best.n, len(best.since))
		}
		return no(0, "")
	}
	at := p.lists[last]
	a := assessment{score: score, onset: 0, onsetLo: -1, end: -1}
	a.slots = func(slot int) float64 { return min(best.n, float64(best.e.at(p.tl, slot).n)) }
	src := best.e.source()
	src.Connections, src.Share = int(best.n), 1
	a.sources = []Source{src}
	rate := stat.Rate(float64(len(best.since)), (end-start)/3600, 0.9)
	a.claim = fmt.Sprintf("%s holds %.0f connections that were never used, where none of the %d other hosts has more than %.0f, and opened %d more meanwhile: a leak since before the recording.",
		label(best.e), best.n, best.beds, best.most, len(best.since))
	a.evidence = []Evidence{
		ev("connections of this host that were never used since they were opened", best.n, "connections", p.pos(at, true)),
		ev("the most that another host of its application has", best.most, "connections", p.pos(at, true)),
		ev("such connections opened within the recording", rate.Value, "connections/h", p.pos(0, true), p.pos(at, true)).within(rate.Lo, rate.Hi),
		ev("time since the oldest of them was opened", end-best.all[0], "s", p.pos(at, true)),
	}
	return a
}

// neverUsed gives the entities with connections that were never used and are as old as one
// that rests, in the entities' order.
func (p *pass) neverUsed() []never {
	pic := &p.tl.Last
	if pic.slot < 0 || pic.slot >= len(p.s) || len(pic.src) == 0 {
		return nil
	}
	births := make([][]float64, len(p.tl.Sources))
	t := p.s[pic.slot].T
	for i, src := range pic.src {
		if pic.is[i] == 0 && pic.age[i] > staleAfter && pic.age[i]-pic.idle[i] <= idleSlack {
			births[src] = append(births[src], t-pic.age[i])
		}
	}
	index := map[*series]int{}
	for i, s := range p.tl.Sources {
		index[s] = i
	}
	of := map[*entity][]float64{}
	for _, e := range p.ents {
		for _, s := range e.parts {
			if b := births[index[s]]; len(b) > 0 {
				of[e] = append(of[e], b...)
			}
		}
	}
	var out []never
	for _, e := range p.ents {
		all := of[e]
		if float64(len(all)) < 0.8*p.val("old") || e.host == others.host {
			continue
		}
		slices.Sort(all)
		x := never{e: e, n: float64(len(all)), all: all}
		k, _ := slices.BinarySearch(all, p.s[0].T+1)
		x.since = all[k:]
		for _, o := range e.app.ents {
			if o != e && o.at(p.tl, pic.slot).n > 0 {
				x.beds++
				x.most = max(x.most, float64(len(of[o])))
			}
		}
		out = append(out, x)
	}
	return out
}

// spreadOver gives how far times are from an even stream over a stretch: the Kolmogorov-
// Smirnov distance, 1 without any.
func spreadOver(at []float64, from, to float64) float64 {
	if len(at) == 0 || to <= from {
		return 1
	}
	d, n := 0.0, float64(len(at))
	for i, x := range at {
		u := (x - from) / (to - from)
		d = max(d, math.Abs(float64(i+1)/n-u), math.Abs(float64(i)/n-u))
	}
	return d
}
