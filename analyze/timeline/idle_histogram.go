package timeline

import (
	"math"
	"math/bits"
	"slices"
)

// An idleCounts is a histogram of one list's idle times, to find their median without
// sorting all of them: buckets of one second up to 256 s, then within 1/128 of the value.
type idleCounts struct {
	n     int
	count [idleBuckets]uint32
	near  []int64
}

const (
	idleSteps   = 128
	idleBuckets = 1 + idleSteps*57 // below zero, and to the largest int64
)

func (c *idleCounts) reset() {
	c.n = 0
	clear(c.count[:])
}

func (c *idleCounts) add(seconds int64) {
	c.n++
	c.count[idleBucket(seconds)]++
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
