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
// for φ from 0 to 1 (a random walk), and 7 % of Poisson streams and of walks in
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
	all := s.sigma
	s.sigma = s.trimmed()
	starts := s.partition()
	if len(starts) > manyPhases { // so many steps are the noise
		s.sigma = all
		starts = s.partition()
	}
	for range 2 {
		phi, sigma := s.phi, s.sigma
		if s.estimate(starts); len(starts) == 1 || s.phi == phi && math.Abs(s.sigma/sigma-1) < 0.2 {
			break
		}
		next := s.partition()
		if slices.Equal(next, starts) {
			break
		}
		starts = next
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

	best []float64 // partition's: cost of the best split before each point,
	from []int     // where its last stretch begins,
	open []int     // and beginnings that may still be best
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
	s.step = 1
	if n := len(gaps); n > 0 {
		slices.Sort(gaps)
		s.step = gaps[n/2]
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
			d := s.y[i] - s.y[i-1] - float64(mean*(s.x[i]-s.x[i-1]))
			g0 += d * d / (s.x[i] - s.x[i-1])
			if !math.IsNaN(last) {
				g1 += float64(d * last)
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
	for range (len(d) + 9) / 10 {
		if mid-d[0] > d[len(d)-1]-mid {
			d = d[1:]
		} else {
			d = d[:len(d)-1]
		}
	}
	sum := 0.0
	for _, x := range d {
		sum += float64((x - mid) * (x - mid))
	}
	// Differences of noise with φ have 2/(1+φ) times the variance of ε.
	return min(max(sum/float64(len(d))/0.623*(1+s.phi)/2, leastNoise), s.sigma)
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
