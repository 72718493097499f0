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

// zombieBlocks judges dead peers where hosts cannot be told apart, by what their connections
// still show. Those of an instance that died were used, were last used within seconds of each
// other, and never again; what a pool does not need was hardly ever used, or was last used at
// any time. They come on top of as many as there were, and commands are what they were.
func zombieBlocks(p *cause.Pass) cause.Assessment {
	pic, last := &p.TL.Last, len(p.Lists)-1
	if p.InfoOnly || pic.Slot < 0 || pic.Slot >= len(p.Samples) {
		return cause.No(0, "")
	}
	silence := max(p.Number("silence")*p.Interval, 2*timeline.StaleAfter)
	t, began := p.Samples[pic.Slot].T, p.ListTimes[0]
	var use []float64 // last uses of those that worked and are silent
	silent := 0.0
	for i := range pic.Src {
		if pic.Is[i] != 0 || !(pic.Idle[i] >= silence) {
			continue
		}
		silent++
		if at := t - pic.Idle[i]; pic.Age[i]-pic.Idle[i] > timeline.StaleAfter/2 && at > began {
			use = append(use, at)
		}
	}
	slices.Sort(use)
	blocks, held, first := blocksOf(use, max(p.Interval, 15), int(p.Number("block")))
	if blocks == 0 {
		return cause.No(0, "hosts cannot be told apart, and no connections fell silent together")
	}
	share := held / max(p.Occupancy[p.Lists[last]], 1)
	k, _ := slices.BinarySearch(p.ListTimes, first)
	_, now := measure.Ends(p.Occupancy)
	was := stat.Median(p.Occupancy[max(p.Lists[min(k, last)]-10, 0) : p.Lists[min(k, last)]+1])
	grown := now - was // the others are as many as ever, and these come on top
	before, after := p.CommandRate(p.Lists[max(k-2, 0)]), p.CommandRate(p.Lists[max(last-2, 0)])
	x := dead{share: share, held: held / max(silent, 1), grown: grown / held, work: after / max(before, 1e-9)}
	score := p.Judge("blocks, hosts hidden", "blocks that fell silent", cause.Span{From: p.Lists[min(k, last)], To: p.Lists[last], Lists: true}, &x)
	if score < cause.Active {
		return cause.No(score, "hosts cannot be told apart; %.0f connections fell silent together after use, %.0f in all", held, silent)
	}
	onset := p.Lists[min(k, last)]
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	a.Slots = func(slot int) float64 {
		n, _ := slices.BinarySearch(use, p.Samples[slot].T)
		return min(float64(n), held)
	}
	if len(p.Apps) > 0 {
		a.Sources = p.Holders(p.Apps[0], p.Lists[last])
	}
	a.Claim = fmt.Sprintf("From %s on %.0f connections fell silent after use, together in %d blocks, and stayed; %.0f connections more than then, and commands as they were: others took over, and their peers are gone.",
		finding.Clock(p.TimeOf(onset)), held, blocks, grown)
	a.Evidence = []finding.Evidence{
		finding.New("connections that were used, last within seconds of each other, and never again", held, "connections", p.Place(p.Lists[last], true)),
		finding.New("share of the connections that rest which they are", held/max(silent, 1), "share", p.Place(p.Lists[last], true)),
		finding.New("connections more than before", grown, "connections", p.Place(onset, true), p.Place(p.Lists[last], true)),
	}
	return a
}

// blocksOf finds runs of at least so many times no more than gap apart: how many there are, what
// they hold, and when the first of them began.
func blocksOf(at []float64, gap float64, least int) (blocks int, held, first float64) {
	for lo := 0; lo < len(at); {
		hi := lo + 1
		for hi < len(at) && at[hi]-at[hi-1] <= gap {
			hi++
		}
		if hi-lo >= least {
			if blocks++; blocks == 1 {
				first = at[lo]
			}
			held += float64(hi - lo)
		}
		lo = hi
	}
	return blocks, held, first
}
