package hold

import (
	"fmt"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// never are the connections of one entity that were not used since they were opened, by the
// last list.
type never struct {
	e     *measure.Entity
	n     float64
	since []float64 // times of birth of those opened within the recording, unix s, in order
	all   []float64 // of all of them
	beds  int       // other hosts of its application
	most  float64   // that any of those has

	newEven, oldEven float64 // KS distances from an even stream, of since and of all
	long             float64 // time since the first of them, of the recording
}

// slowLeak finds a leak that began long before the recording and adds only a few in it: too
// little growth to tell, but the connections it left tell by themselves. One host keeps
// connections that were never used, where the other hosts of its application have next to
// none, and goes on to open such, now and then and not in one burst. Where hosts have no
// others to be held against, an even stream from long before the recording is a sign, too
// weak to name.
func slowLeak(p *cause.Pass) cause.Assessment {
	last := len(p.Lists) - 1
	if p.InfoOnly || float64(last) < p.Number("old_lists") || p.LimitReached < len(p.Samples) {
		return cause.No(0, "")
	}
	var best never
	score := 0.0
	start, end := p.ListTimes[0], p.ListTimes[last]
	for _, x := range neverUsed(p) {
		x.newEven, x.oldEven = measure.SpreadOver(x.since, start, end), measure.SpreadOver(x.all, x.all[0], end)
		x.long = (end - x.all[0]) / max(end-start, 1)
		view := "left from before, alone"
		if x.beds >= 2 {
			view = "left from before, beside other hosts"
		}
		if s := p.Judge(view, measure.Label(x.e), cause.Span{From: p.Lists[last], To: p.Lists[last], Lists: true}, &x); s > score {
			best, score = x, s
		}
	}
	if score < cause.Active {
		if score > 0 {
			return cause.No(score, "%s has %.0f connections that were never used, %d of them opened meanwhile, but nothing to hold it against", measure.Label(best.e), best.n, len(best.since))
		}
		return cause.No(0, "")
	}
	at := p.Lists[last]
	a := cause.Assessment{Score: score, Onset: 0, OnsetLo: -1, End: -1}
	a.Slots = func(slot int) float64 { return min(best.n, float64(best.e.At(slot).N)) }
	src := best.e.Source()
	src.Connections, src.Share = int(best.n), 1
	a.Sources = []finding.Source{src}
	rate := stat.Rate(float64(len(best.since)), (end-start)/3600, 0.9)
	a.Claim = fmt.Sprintf("%s holds %.0f connections that were never used, where none of the %d other hosts has more than %.0f, and opened %d more meanwhile: a leak since before the recording.",
		measure.Label(best.e), best.n, best.beds, best.most, len(best.since))
	a.Evidence = []finding.Evidence{
		finding.New("connections of this host that were never used since they were opened", best.n, "connections", p.Place(at, true)),
		finding.New("the most that another host of its application has", best.most, "connections", p.Place(at, true)),
		finding.New("such connections opened within the recording", rate.Value, "connections/h", p.Place(0, true), p.Place(at, true)).Within(rate.Lo, rate.Hi),
		finding.New("time since the oldest of them was opened", end-best.all[0], "s", p.Place(at, true)),
	}
	return a
}

// neverUsed gives the entities with connections that were never used and are as old as one
// that rests, in the entities' order.
func neverUsed(p *cause.Pass) []never {
	pic := &p.TL.Last
	if pic.Slot < 0 || pic.Slot >= len(p.Samples) || len(pic.Src) == 0 {
		return nil
	}
	births := make([][]float64, len(p.TL.Sources))
	t := p.Samples[pic.Slot].T
	for i, src := range pic.Src {
		if pic.Is[i] == 0 && pic.Age[i] > timeline.StaleAfter && pic.Age[i]-pic.Idle[i] <= timeline.IdleSlack {
			births[src] = append(births[src], t-pic.Age[i])
		}
	}
	index := map[*timeline.Series]int{}
	for i, s := range p.TL.Sources {
		index[s] = i
	}
	of := map[*measure.Entity][]float64{}
	for _, e := range p.Entities {
		for _, s := range e.Parts {
			if b := births[index[s]]; len(b) > 0 {
				of[e] = append(of[e], b...)
			}
		}
	}
	var out []never
	for _, e := range p.Entities {
		all := of[e]
		if p.Part("old", float64(len(all))) == 0 || e.Host == timeline.Others.Host {
			continue
		}
		slices.Sort(all)
		x := never{e: e, n: float64(len(all)), all: all}
		k, _ := slices.BinarySearch(all, p.Samples[0].T+1)
		x.since = all[k:]
		for _, o := range e.App.Entities {
			if o != e && o.At(pic.Slot).N > 0 {
				x.beds++
				x.most = max(x.most, float64(len(of[o])))
			}
		}
		out = append(out, x)
	}
	return out
}
