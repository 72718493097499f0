package stat

import (
	"math"
	"slices"
)

// prepare sums up z = y(i) − φ·y(i−1) and u = x(i) − φ·x(i−1), their squares and product. Of
// a walk, whose steps vary as they are long, the sum of z²/u will do: z and u add up to the
// differences of y and x.
func (s *segmenter) prepare() {
	if s.sums == nil {
		s.sums = make([]sums, len(s.y)+1)
	}
	for i := 1; i < len(s.y); i++ {
		z, u, at := s.y[i]-float64(s.phi*s.y[i-1]), s.x[i]-float64(s.phi*s.x[i-1]), s.sums[i]
		if s.walk {
			at.zz += z * z / u
		} else {
			at.z, at.u, at.zz, at.uu, at.zu = at.z+z, at.u+u, at.zz+float64(z*z), at.uu+float64(u*u), at.zu+float64(z*u)
		}
		s.sums[i+1] = at
	}
}

// A sums is what a least-squares line of z on u needs.
type sums struct{ z, u, zz, uu, zu float64 }

// of gives the sums over the points lo < i < hi about their means, and their number.
func (s *segmenter) of(lo, hi int) (c sums, n float64) {
	a, b := &s.sums[lo+1], &s.sums[hi]
	c = sums{b.z - a.z, b.u - a.u, b.zz - a.zz, b.uu - a.uu, b.zu - a.zu}
	n = float64(hi - lo - 1)
	c.zz, c.uu, c.zu = c.zz-c.z*c.z/n, c.uu-c.u*c.u/n, c.zu-c.z*c.u/n
	return c, n
}

// cost gives the residual sum of squares of a line over the points lo ≤ i < hi, the first
// of them free. They are two at least.
func (s *segmenter) cost(lo, hi int) float64 {
	if s.walk {
		d := s.y[hi-1] - s.y[lo]
		return s.sums[hi].zz - s.sums[lo+1].zz - d*d/(s.x[hi-1]-s.x[lo])
	}
	c, _ := s.of(lo, hi)
	if c.uu <= 1e-9 {
		return c.zz
	}
	return c.zz - c.zu*c.zu/c.uu
}

// What a change must be worth, in units of σ²·ln n: of a walk its place and the slope that
// follows, and the jump where it has one; of noise about a level these three, and the level.
const (
	bendWorth, jumpWorth = 3.0, 4.0
	levelWorth           = 5.0
)

// penalties gives what a change must be worth, and what a jump at it beyond that.
func (s *segmenter) penalties() (change, jump float64) {
	l := math.Log(float64(len(s.y)))
	if s.walk {
		return bendWorth * l, jumpWorth * l
	}
	return levelWorth * l, 0
}

// after gives the cost of a stretch that follows another: a walk goes on from it, with the
// step between the two, or jumps.
func (s *segmenter) after(lo, hi int, jump float64) float64 {
	c := s.cost(lo, hi) + jump
	if s.walk && lo > 0 {
		c = min(c, s.cost(lo-1, hi))
	}
	return c
}

// partition gives the first points of the best stretches. In longer series only every other
// point is tried, and the points beside it afterwards; and every one at a step that may be a jump.
func (s *segmenter) partition() []int {
	n := len(s.y)
	change, jump := s.penalties()
	change, jump = float64(change*s.sigma), float64(jump*s.sigma)
	if s.best == nil {
		s.best, s.from, s.open = make([]float64, n+1), make([]int, n+1), make([]int, 0, n+1)
	}
	best, from, open := s.best, s.from, append(s.open[:0], 0)
	best[0] = -change - jump
	grid := 1 + n/41
	for hi := segmentLeast; hi <= n; hi++ {
		if (n-hi)%grid != 0 {
			if d := s.y[hi] - s.y[hi-1]; d*d < 9*s.sigma*(s.x[hi]-s.x[hi-1]) {
				continue
			}
		}
		least, at, kept := math.Inf(1), 0, open[:0]
		for k, lo := range open {
			if hi-lo < segmentLeast {
				kept = append(kept, open[k:]...)
				break
			}
			c := best[lo] + s.after(lo, hi, jump)
			if c+change < least {
				least, at = c+change, lo
			}
			if c <= least { // else a change here is never better (PELT)
				kept = append(kept, lo)
			}
		}
		best[hi], from[hi] = least, at
		open = append(kept, hi)
	}
	var starts []int
	for hi := n; hi > 0; hi = from[hi] {
		starts = append(starts, from[hi])
	}
	slices.Reverse(starts)
	for k := 1; k < len(starts) && grid > 1; k++ {
		lo, mid, hi := starts[k-1], starts[k], s.end(starts, k)
		at, least := mid, math.Inf(1)
		for i := max(mid-grid+1, lo+segmentLeast); i < min(mid+grid, hi-segmentLeast+1); i++ {
			if c := s.cost(lo, i) + s.after(i, hi, jump); c < least {
				at, least = i, c
			}
		}
		starts[k] = at
	}
	return starts
}

// joined takes back the changes that the noise beside them, or least, does not bear out,
// the least of them first.
func (s *segmenter) joined(starts []int, least float64) []int {
	starts = slices.Clone(starts)
	for len(starts) > 1 {
		worst, at := 1.0, 0
		for k := 1; k < len(starts); k++ {
			if w := s.worth(starts[k-1], starts[k], s.end(starts, k), least); w < worst {
				worst, at = w, k
			}
		}
		if at == 0 {
			break
		}
		starts = slices.Delete(starts, at, at+1)
	}
	return starts
}

// worth says how well a change at mid is borne out, 1 and more being enough.
func (s *segmenter) worth(lo, mid, hi int, least float64) float64 {
	left := s.cost(lo, mid)
	noise := (left + s.cost(mid, hi)) / max(float64(hi-lo-2-2*s.slopes()), 1)
	if s.walk {
		noise = max(noise, math.Abs(s.y[hi-1]-s.y[lo])/(s.x[hi-1]-s.x[lo]))
	}
	noise = max(noise, leastNoise)
	change, jump := s.penalties()
	sure := (s.cost(lo, hi) - left - s.after(mid, hi, jump*noise)) / noise / change
	a, b := s.line(lo, mid), s.line(mid, hi)
	bend := math.Abs(a.Slope.Value-b.Slope.Value) * min(s.t[a.To]-s.t[a.From], s.t[b.To]-s.t[b.From])
	return min(sure, max(math.Abs(b.Begin-a.End), bend)/least)
}
