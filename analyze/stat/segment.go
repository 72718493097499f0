package stat

import (
	"math"
	"slices"
)

// A Phase is a stretch of a series in which it goes on as one line.
type Phase struct {
	From, To   int      // its first and last index in the series
	Begin, End float64  // the line at these
	Slope      Estimate // per unit of the times, with its 90 % interval
}

// segmentPoints is the most points that are looked at: the work grows with their square.
const segmentPoints = 100

// segmentLeast is the fewest points of a phase.
const segmentLeast = 4

// manyPhases is more phases than people tell.
const manyPhases = 8

// leastNoise is the least variance of ε: a series of whole numbers that stays the same for
// its hundred points may still wander by one.
const leastNoise = 0.02

// Phases splits a series into the stretches in which it goes on as a line; between two of
// them it may jump. least is the smallest change worth telling, in the unit of v: a jump,
// or what a change of slope comes to over the shorter of its two stretches. NaNs are left
// out. There is no phase where fewer than four values are left.
//
// The noise is a first-order autoregression, e(i) = φ·e(i−1) + ε(i), so a line is fitted to
// v(i) − φ·v(i−1), whose noise ε is independent, and the first value of a stretch is free,
// which is the jump. φ is 1 + 2ρ with ρ the lag-1 autocorrelation of the differences, which
// changes hardly touch. From φ = 0.9 on (within its own error) the noise counts as a random
// walk, of which only the slope can be told: that is what leaks are (the steps of a counting
// process) and what the tides of healthy pools look like, and it is the careful side for
// noise that is not quite one. The split has the least sum of squares / σ² + β·ln n for each
// change: optimal partitioning (Jackson et al. 2005) with the pruning of PELT (Killick,
// Fearnhead and Eckley 2012), on autocorrelated noise as in DeCAFS (Romano et al. 2022). β is
// set by simulation (bendWorth). Noise is estimated anew within the stretches; at last, two
// neighbours are joined where the noise of just these two (no less than that of a Poisson
// stream of their rate) does not bear the change out, or least does not.
//
// More than segmentPoints values are thinned out evenly, and a change then placed among all.
// One value that stands out from equal neighbours is left out of the fit.
//
// False-positive rate: of series of 60 to 400 values without a change, at most 4 % are split
// for φ from 0 to 1 (a random walk), and 6 % of Poisson streams and of walks in
// whole numbers. Steps in batches of at least least that come at random are jumps, and told.
// Power: a stream of one event a sample that runs for 50 samples, pauses for 60 and goes on
// is told with all three changes nine times in ten (TestPhasesPower).
func Phases(t, v []float64, least float64) []Phase {
	s := newSegmenter(t, v)
	if len(s.y) < segmentLeast {
		return nil
	}
	whole := []int{0}
	s.estimate(whole)
	s.sigma = s.trimmed()
	starts := s.partition()
	if s.estimate(whole); len(starts) > manyPhases {
		starts = s.partition() // so many steps are the noise
	}
	for range 2 {
		if s.estimate(starts); len(starts) == 1 {
			break
		}
		starts = s.partition()
	}
	s.estimate(starts)
	return s.phases(s.joined(starts, least))
}

// A segmenter holds the points of a series and the sums that make the cost of any stretch
// a matter of a few operations.
type segmenter struct {
	t, v []float64 // the series
	at   []int     // index of each point in it
	x, y []float64 // the points; x in steps, whose median is 1
	step float64   // unit of t

	walk  bool
	phi   float64
	sigma float64 // variance of ε, per step
	sums  []sums  // of the points before each
}

func newSegmenter(t, v []float64) *segmenter {
	s := &segmenter{t: t, v: v}
	var at []int
	for i := range min(len(t), len(v)) {
		if !math.IsNaN(v[i]) && !math.IsNaN(t[i]) && (len(at) == 0 || t[i] > t[at[len(at)-1]]) {
			at = append(at, i)
		}
	}
	every := (len(at) + segmentPoints - 1) / segmentPoints
	for k := 0; k < len(at); k += max(every, 1) {
		s.at = append(s.at, at[k])
	}
	if n := len(at); n > 0 && s.at[len(s.at)-1] != at[n-1] {
		s.at[len(s.at)-1] = at[n-1]
	}
	gaps := make([]float64, 0, len(s.at))
	for k, i := range s.at {
		s.x, s.y = append(s.x, t[i]), append(s.y, v[i])
		if k > 0 {
			gaps = append(gaps, s.x[k]-s.x[k-1])
		}
	}
	if s.step = Median(gaps); !(s.step > 0) {
		s.step = 1
	}
	for k := range s.x {
		s.x[k] = (s.x[k] - t[s.at[0]]) / s.step
	}
	s.despike()
	return s
}

// despike moves a point between two neighbours that agree with each other, and with it by
// no means, to the level of these.
func (s *segmenter) despike() {
	y := slices.Clone(s.y)
	for k := 1; k+1 < len(y); k++ {
		a, b := y[k-1], y[k+1]
		if off := math.Abs(y[k] - (a+b)/2); off > 4 && off > 4*math.Abs(a-b) {
			s.y[k] = (a + b) / 2
		}
	}
}

// estimate sets φ and σ² from the differences within stretches, each less their mean.
func (s *segmenter) estimate(starts []int) {
	var g0, g1, n float64
	for k, lo := range starts {
		hi := s.end(starts, k)
		mean := (s.y[hi-1] - s.y[lo]) / (s.x[hi-1] - s.x[lo])
		last := math.NaN()
		for i := lo + 1; i < hi; i++ {
			d := s.y[i] - s.y[i-1] - mean*(s.x[i]-s.x[i-1])
			g0 += d * d / (s.x[i] - s.x[i-1])
			if !math.IsNaN(last) {
				g1 += d * last
			}
			last, n = d, n+1
		}
		n-- // the mean
	}
	s.phi, s.walk = 1, true
	if g0 > 0 && n > 8 {
		s.phi = min(max(1+2*g1/g0, 0), 1)
		s.walk = s.phi+3/math.Sqrt(n) > 0.9
	}
	if s.walk {
		s.phi = 1
	}
	s.prepare()
	rss, free := 0.0, 0.0
	for k, lo := range starts {
		c := s.cost(lo, s.end(starts, k))
		rss, free = rss+c, free+float64(s.end(starts, k)-lo-1-s.slopes())
	}
	s.sigma = max(rss/max(free, 1), leastNoise)
}

// trimmed estimates σ² from the differences without the tenth that is farthest from their
// median: a few jumps among them would hide themselves and all else. Of normal noise what is
// left has 0.623 of the variance.
func (s *segmenter) trimmed() float64 {
	d := make([]float64, 0, len(s.y))
	for i := 1; i < len(s.y); i++ {
		d = append(d, (s.y[i]-s.y[i-1])/math.Sqrt(s.x[i]-s.x[i-1]))
	}
	slices.Sort(d)
	mid := d[len(d)/2]
	for i := range d {
		d[i] = (d[i] - mid) * (d[i] - mid)
	}
	slices.Sort(d)
	sum, n := 0.0, len(d)-(len(d)+9)/10
	for _, x := range d[:n] {
		sum += x
	}
	// Differences of noise with φ have 2/(1+φ) times the variance of ε.
	return min(max(sum/float64(n)/0.623*(1+s.phi)/2, leastNoise), s.sigma)
}

// slopes gives how many numbers a line takes from its stretch, the free jump apart.
func (s *segmenter) slopes() int {
	if s.walk {
		return 1
	}
	return 2
}

// end gives where the k-th stretch ends: before the next one's first point.
func (s *segmenter) end(starts []int, k int) int {
	if k+1 < len(starts) {
		return starts[k+1]
	}
	return len(s.y)
}

// prepare sums up z = y(i) − φ·y(i−1) and u = x(i) − φ·x(i−1), their squares and product. Of
// a walk, whose steps vary as they are long, the sum of z²/u will do: z and u add up to the
// differences of y and x.
func (s *segmenter) prepare() {
	if s.sums == nil {
		s.sums = make([]sums, len(s.y)+1)
	}
	for i := 1; i < len(s.y); i++ {
		z, u, at := s.y[i]-s.phi*s.y[i-1], s.x[i]-s.phi*s.x[i-1], s.sums[i]
		if s.walk {
			at.zz += z * z / u
		} else {
			at.z, at.u, at.zz, at.uu, at.zu = at.z+z, at.u+u, at.zz+z*z, at.uu+u*u, at.zu+z*u
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
	bendWorth, jumpWorth = 3.2, 4.0
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
// point is tried, and the points beside it afterwards.
func (s *segmenter) partition() []int {
	n := len(s.y)
	change, jump := s.penalties()
	change, jump = change*s.sigma, jump*s.sigma
	best, from := make([]float64, n+1), make([]int, n+1)
	best[0] = -change - jump
	open := append(make([]int, 0, n+1), 0)
	grid := 1 + n/41
	for hi := n - (n-segmentLeast)/grid*grid; hi <= n; hi += grid {
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
		p.End = p.Begin + slope*span
		low, high := slices.Min(s.y[lo:hi]), slices.Max(s.y[lo:hi]) // a short stretch may curve
		p.Begin, p.End = min(max(p.Begin, low), high), min(max(p.End, low), high)
	}
	q := student95(max(free, 1))
	p.Slope = Estimate{Value: slope / s.step, Lo: (slope - q*se) / s.step, Hi: (slope + q*se) / s.step, N: n}
	return p
}

// leastSquares gives the slope of a line through points and its height at the first of them.
func leastSquares(x, y []float64) (slope, first float64) {
	var sx, sy, sxx, sxy float64
	n := float64(len(x))
	for i := range x {
		d := x[i] - x[0]
		sx, sy, sxx, sxy = sx+d, sy+y[i], sxx+d*d, sxy+d*y[i]
	}
	slope = (sxy - sx*sy/n) / (sxx - sx*sx/n)
	return slope, (sy - slope*sx) / n
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
			return math.Abs(s.v[i] - p.Begin - p.Slope.Value*(s.t[i]-s.t[p.From]))
		}
		left := 0.0 // of those given to a, less what b would leave
		best, to, from := 0.0, a.To, a.To
		for i := a.To + 1; i < b.From; i++ {
			if math.IsNaN(s.v[i]) {
				continue
			}
			if left += off(a, i) - off(b, i); left < best {
				best, to = left, i
			}
		}
		for from = to + 1; from < b.From && math.IsNaN(s.v[from]); {
			from++
		}
		a.End += a.Slope.Value * (s.t[to] - s.t[a.To])
		b.Begin += b.Slope.Value * (s.t[from] - s.t[b.From])
		a.To, b.From = to, from
	}
	return out
}
