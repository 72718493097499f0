package timeline

import (
	"math"
	"math/bits"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/stat"
)

// A spell is a stretch in which a connection rests: from a use to the next, to its end, or
// to the end of the recording, which cuts it short without saying how it would have ended.
// How spells end is what `timeout N` and CLIENT KILL are judged by.

func SpellBin(idle int64) int {
	b := 0
	for b+1 < SpellBins && idle >= SpellEdges[b+1] {
		b++
	}
	return b
}

// follow enters an idle time. The connection's spell is its bin and one; 0 is none. That the
// time fell is the sign of a use: one that left a longer idle time behind than it found is
// not seen, so bins below the distance of two lists say little.
func (k *SpellCounts) follow(now *connNow, idle int64) {
	if now.is&timeoutSpares != 0 {
		if now.spell != 0 {
			k.used[now.spell-1]++
			now.spell = 0
		}
		return
	}
	b := uint8(SpellBin(idle)) + 1
	switch {
	case now.spell == 0:
		k.entered[b-1]++
	case b < now.spell:
		k.used[now.spell-1]++
		k.entered[b-1]++
	}
	now.spell = b
}

// inBin tells whether an idle time is still in the bin of a spell, which is the usual case.
func inBin(spell uint8, idle int64) bool {
	if spell == 0 || idle < SpellEdges[spell-1] {
		return false
	}
	return int(spell) == SpellBins || idle < SpellEdges[spell]
}

// Sum adds the spells of another source.
func (k *SpellCounts) Sum(b *SpellCounts) {
	for i := range SpellBins {
		k.entered[i] += b.entered[i]
		k.used[i] += b.used[i]
		k.closed[i] += b.closed[i]
		k.still[i] += b.still[i]
	}
}

// Reached counts the spells seen to reach a bin, and how they ended.
func (k *SpellCounts) Reached(bin int) (all, used, closed, still float64) {
	for b := bin; b < SpellBins; b++ {
		used, closed, still = used+float64(k.used[b]), closed+float64(k.closed[b]), still+float64(k.still[b])
	}
	return used + closed + still, used, closed, still
}

// Resume gives, for each bin, the chance that a connection whose idle time is in it will be
// used again, within as long as the recording watched (stat.Incidence of use against closing).
// NaN where no spell reached the bin.
func (k *SpellCounts) Resume() (p [SpellBins]float64) {
	var table [SpellBins]stat.Life
	for b := range table {
		table[b] = stat.Life{Entered: float64(k.entered[b]), Event: float64(k.used[b]), Other: float64(k.closed[b]), Censored: float64(k.still[b])}
	}
	copy(p[:], stat.Incidence(table[:]))
	return p
}

// An idleCounts is a histogram of one list's idle times, to find their median without
// sorting all of them: buckets of one second up to 256 s, then within 1/128 of the value.
type idleCounts struct {
	n     int
	count [idleBuckets]uint32
	near  []int64
	band  [len(finding.IdleEdges) + 1]int32
}

const (
	idleSteps   = 128
	idleBuckets = 1 + idleSteps*57 // below zero, and to the largest int64
)

func (c *idleCounts) reset() {
	c.n = 0
	clear(c.count[:])
	clear(c.band[:])
}

func (c *idleCounts) add(seconds int64) {
	c.n++
	c.count[idleBucket(seconds)]++
	c.band[finding.IdleBand(seconds)]++
}

// idleBucket gives the bucket of an idle time; it never falls as the time grows.
func idleBucket(seconds int64) int {
	if seconds < idleSteps {
		return int(max(seconds, -1)) + 1
	}
	e := bits.Len64(uint64(seconds)) - 8
	return 1 + idleSteps*e + int(seconds>>e)
}

// find gives the bucket of the time of a rank, from 0, and how many are in those below.
func (c *idleCounts) find(rank int) (bucket, below int) {
	for b := range c.count {
		if n := int(c.count[b]); rank < below+n {
			return b, below
		} else {
			below += n
		}
	}
	panic("rank above the number of idle times")
}

// medianIdle gives what stat.Median would of the idle times just counted.
func (t *connTable) medianIdle() float64 {
	c := &t.idles
	if c.n == 0 {
		return math.NaN()
	}
	hi := (c.n+1)/2 - 1
	lo := max(hi-c.n%2, 0)
	from, below := c.find(lo)
	to, _ := c.find(hi)
	if from == to && from > 0 && from <= 2*idleSteps {
		return float64(from - 1)
	}
	c.near = c.near[:0]
	for i := range t.now {
		if now := &t.now[i]; now.src >= 0 {
			_, idle, known := t.times(now)
			if b := idleBucket(idle); known && from <= b && b <= to {
				c.near = append(c.near, idle)
			}
		}
	}
	slices.Sort(c.near)
	return 0.5*float64(c.near[lo-below]) + 0.5*float64(c.near[hi-below])
}
