package analyze

import (
	"fmt"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

// zombieBlocks judges dead peers where hosts cannot be told apart, by what their connections
// still show. Those of an instance that died were used, were last used within seconds of each
// other, and never again; what a pool does not need was hardly ever used, or was last used at
// any time. They come on top of as many as there were, and commands are what they were.
func (p *pass) zombieBlocks() assessment {
	pic, last := &p.tl.Last, len(p.lists)-1
	if p.infoOnly || pic.slot < 0 || pic.slot >= len(p.s) {
		return no(0, "")
	}
	silence := max(p.val("silence")*p.dt, 2*staleAfter)
	t, began := p.s[pic.slot].T, p.t[0]
	var use []float64 // last uses of those that worked and are silent
	silent := 0.0
	for i := range pic.src {
		if pic.is[i] != 0 || !(pic.idle[i] >= silence) {
			continue
		}
		silent++
		if at := t - pic.idle[i]; pic.age[i]-pic.idle[i] > staleAfter/2 && at > began {
			use = append(use, at)
		}
	}
	slices.Sort(use)
	blocks, held, first := blocksOf(use, max(p.dt, 15))
	if blocks == 0 {
		return no(0, "hosts cannot be told apart, and no connections fell silent together")
	}
	share := held / max(p.occ[p.lists[last]], 1)
	k, _ := slices.BinarySearch(p.t, first)
	_, now := ends(p.occ)
	was := stat.Median(p.occ[max(p.lists[min(k, last)]-10, 0) : p.lists[min(k, last)]+1])
	grown := now - was // the others are as many as ever, and these come on top
	before, after := p.commandRate(p.lists[max(k-2, 0)]), p.commandRate(p.lists[max(last-2, 0)])
	score := 0.75 * stat.Ramp(share, 0.1, p.val("share")) * stat.Ramp(held/max(silent, 1), 0.3, 0.6) *
		stat.Ramp(grown/held, 0.3, 0.6) * stat.Ramp(after/max(before, 1e-9), 0.6, 0.8)
	if !(score >= active) {
		return no(known(score), "hosts cannot be told apart; %.0f connections fell silent together after use, %.0f in all", held, silent)
	}
	onset := p.lists[min(k, last)]
	a := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	a.slots = func(slot int) float64 {
		n, _ := slices.BinarySearch(use, p.s[slot].T)
		return min(float64(n), held)
	}
	if len(p.apps) > 0 {
		a.sources = p.holders(p.apps[0], p.lists[last])
	}
	a.claim = fmt.Sprintf("From %s on %.0f connections fell silent after use, together in %d blocks, and stayed; %.0f connections more than then, and commands as they were: others took over, and their peers are gone.",
		hhmmss(p.timeOf(onset)), held, blocks, grown)
	a.evidence = []Evidence{
		ev("connections that were used, last within seconds of each other, and never again", held, "connections", p.pos(p.lists[last], true)),
		ev("share of the connections that rest which they are", held/max(silent, 1), "share", p.pos(p.lists[last], true)),
		ev("connections more than before", grown, "connections", p.pos(onset, true), p.pos(p.lists[last], true)),
	}
	return a
}

// blocksOf finds runs of at least four times no more than gap apart: how many there are, what
// they hold, and when the first of them began.
func blocksOf(at []float64, gap float64) (blocks int, held, first float64) {
	for lo := 0; lo < len(at); {
		hi := lo + 1
		for hi < len(at) && at[hi]-at[hi-1] <= gap {
			hi++
		}
		if hi-lo >= 4 {
			if blocks++; blocks == 1 {
				first = at[lo]
			}
			held += float64(hi - lo)
		}
		lo = hi
	}
	return blocks, held, first
}
