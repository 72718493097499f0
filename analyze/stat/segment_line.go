package stat

import (
	"math"
	"slices"
)

// line fits the points lo ≤ i < hi.
func (s *segmenter) line(lo, hi int) Phase {
	p := Phase{From: s.at[lo], To: s.at[hi-1]}
	n := hi - lo
	span := s.x[hi-1] - s.x[lo]
	free := float64(n - 1 - s.slopes())
	var slope, se float64
	noise := max(s.cost(lo, hi)/max(free, 1), leastNoise)
	if s.walk {
		slope, se = (s.y[hi-1]-s.y[lo])/span, math.Sqrt(max(noise, math.Abs(s.y[hi-1]-s.y[lo])/span)/span)
		p.Begin, p.End = s.y[lo], s.y[hi-1]
	} else {
		c, _ := s.of(lo, hi)
		se = math.Sqrt(noise / max(c.uu, 1e-9))
		slope, p.Begin = leastSquares(s.x[lo:hi], s.y[lo:hi])
		p.End = p.Begin + float64(slope*span)
		low, high := slices.Min(s.y[lo:hi]), slices.Max(s.y[lo:hi]) // a short stretch may curve
		p.Begin, p.End = min(max(p.Begin, low), high), min(max(p.End, low), high)
	}
	q := student95(max(free, 1))
	p.Slope = Estimate{Value: slope / s.step, Lo: (slope - float64(q*se)) / s.step, Hi: (slope + float64(q*se)) / s.step, N: n}
	return p
}

// leastSquares gives the slope of a line through points and its height at the first of them.
func leastSquares(x, y []float64) (slope, first float64) {
	var sx, sy, sxx, sxy float64
	n := float64(len(x))
	for i := range x {
		d := x[i] - x[0]
		sx, sy, sxx, sxy = sx+d, sy+y[i], sxx+float64(d*d), sxy+float64(d*y[i])
	}
	slope = (sxy - sx*sy/n) / (sxx - sx*sx/n)
	return slope, (sy - float64(slope*sx)) / n
}

// student95 gives the 95 % quantile of Student's t (the expansion of Cornish and Fisher; from
// four degrees of freedom on within 1 %), in nanoseconds.
func student95(free float64) float64 {
	const z = 1.6448536
	const z3, z5 = z * z * z, z * z * z * z * z
	return z + (z3+z)/(4*free) + (5*z5+16*z3+3*z)/(96*free*free)
}

// phases gives the stretches as the series has them. Where points were left out, a change
// lies where the two lines leave the least between them.
func (s *segmenter) phases(starts []int) []Phase {
	out := make([]Phase, len(starts))
	for k, lo := range starts {
		out[k] = s.line(lo, s.end(starts, k))
	}
	for k := 1; k < len(out); k++ {
		a, b := &out[k-1], &out[k]
		if b.From-a.To < 2 {
			continue
		}
		off := func(p *Phase, i int) float64 {
			return math.Abs(s.v[i] - p.Begin - float64(p.Slope.Value*(s.t[i]-s.t[p.From])))
		}
		left := 0.0 // of those given to a, less what b would leave
		best, to := 0.0, a.To
		for i := a.To + 1; i < b.From; i++ {
			if math.IsNaN(s.v[i]) {
				continue
			}
			if left += off(a, i) - off(b, i); left < best {
				best, to = left, i
			}
		}
		from := to + 1
		for from < b.From && math.IsNaN(s.v[from]) {
			from++
		}
		a.End += float64(a.Slope.Value * (s.t[to] - s.t[a.To]))
		b.Begin += float64(b.Slope.Value * (s.t[from] - s.t[b.From]))
		a.To, b.From = to, from
	}
	return out
}
