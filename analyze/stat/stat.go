// Package stat turns numbers into estimates with intervals: the robust and
// autocorrelation-aware statistics that connection counts need. It knows nothing of
// servers. Where a test for independent samples would mislead (counts sampled each minute
// are correlated at 0.9 and more), the effective number of samples is used instead.
//
// It and growth below it are the only packages that import gonum. gonum's stat.Kendall is not used: it counts
// ties as concordant, which calls a constant series a perfect trend.
package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// An Estimate is a number with the interval that holds it.
type Estimate struct {
	Value, Lo, Hi float64 // Lo and Hi are ∓Inf where the samples are too few to bound it
	N             int     // samples used
}

// Finite gives x without its NaNs, which stand for missing samples. x is not changed.
func Finite(x []float64) []float64 { return slices.DeleteFunc(slices.Clone(x), math.IsNaN) }

// Mean gives the mean of x, NaNs left out; NaN when nothing is left.
func Mean(x []float64) float64 {
	s := Finite(x)
	if len(s) == 0 {
		return math.NaN()
	}
	return stat.Mean(s, nil)
}

// Slope fits a line to v over t by least squares and gives its slope with an interval at
// the given confidence that allows for first-order autocorrelation of the residuals: the
// standard error is widened by sqrt((1+φ)/(1−φ)) and Student's t uses the effective
// number of samples n(1−φ)/(1+φ). NaNs in v are left out.
func Slope(t, v []float64, confidence float64) Estimate {
	return SlopeOf(t, v).Within(confidence)
}

// Rate gives the rate of n events in time t, with the interval of a Poisson process
// (Garwood 1936, by χ² quantiles). It suits births of connections, which need no trend
// model: nothing but their number and the time they took.
func Rate(n, t, confidence float64) Estimate {
	if t <= 0 || n < 0 {
		return Estimate{Value: math.NaN(), Lo: math.Inf(-1), Hi: math.Inf(1)}
	}
	e := Estimate{Value: n / t, N: int(n)}
	if n > 0 {
		e.Lo = distuv.ChiSquared{K: 2 * n}.Quantile((1-confidence)/2) / 2 / t
	}
	e.Hi = distuv.ChiSquared{K: float64(2*n) + 2}.Quantile((1+confidence)/2) / 2 / t
	return e
}

// TimeTo gives the q-quantile of the time in which a Poisson process brings n more events,
// after k of them in time t: t·(n/k)·F with 2n and 2k degrees of freedom, which is exact
// (Nelson, Applied Life Data Analysis, 1982, on predicting the next failures).
func TimeTo(n, k, t, q float64) float64 {
	if !(n > 0 && k > 0 && t > 0) {
		return math.NaN()
	}
	return t * n / k * distuv.F{D1: 2 * n, D2: 2 * k}.Quantile(q)
}

// lag1 gives the first-order autocorrelation of residuals, kept within [0, 0.98]: a
// negative one would narrow the interval, which short series do not justify.
func lag1(r []float64) float64 {
	var num, den float64
	for i := range r {
		den += float64(r[i] * r[i])
		if i > 0 {
			num += float64(r[i] * r[i-1])
		}
	}
	if den == 0 {
		return 0
	}
	return min(max(num/den, 0), 0.98)
}

// Hinge fits v = c for t < τ and v = c + s·(t−τ) after it, by least squares over every τ
// among t, and gives τ's index, s and c. It finds where a steady growth began. It wants
// five samples; with fewer, at is -1.
func Hinge(t, v []float64) (at int, slope, level float64) {
	x, y := pairs(t, v)
	if len(x) < 5 {
		return -1, math.NaN(), math.NaN()
	}
	rss, slopes, levels := bends(x, y)
	best := 0
	for k := range rss {
		if rss[k] < rss[best]-1e-9 {
			best = k
		}
	}
	return slices.Index(t, x[best]), slopes[best], levels[best]
}

// Step finds the index i that splits v into two levels with least squares: samples before
// i have mean lo, from i on mean hi. NaNs are left out. at is -1 with fewer than four
// samples.
func Step(v []float64) (at int, before, after float64) {
	var idx []int
	for i, x := range v {
		if !math.IsNaN(x) {
			idx = append(idx, i)
		}
	}
	n := len(idx)
	if n < 4 {
		return -1, math.NaN(), math.NaN()
	}
	var total float64
	for _, i := range idx {
		total += v[i]
	}
	best, left := math.Inf(-1), 0.0
	for k := 1; k < n; k++ {
		left += v[idx[k-1]]
		ml, mr := left/float64(k), (total-left)/float64(n-k)
		// The between-group sum of squares is largest where the residual one is least.
		gain := float64(float64(k)*ml*ml) + float64(float64(n-k)*mr*mr)
		if gain > best+1e-9 {
			best, at, before, after = gain, idx[k], ml, mr
		}
	}
	return at, before, after
}

// RateStep finds the index from which events came at a higher rate than before, by the
// largest Poisson likelihood ratio: w[i] events between t[i-1] and t[i], i ≥ 1. At least
// half of the events come after it, so that a last burst is not taken for the whole. It gives
// the first index of the higher rate, 1 where the rate was high from the beginning, and
// -1 where there are no events.
func RateStep(t, w []float64) int {
	n := min(len(t), len(w))
	if n < 2 {
		return -1
	}
	var events float64
	for _, x := range w[1:n] {
		events += max(x, 0)
	}
	span := t[n-1] - t[0]
	if events == 0 || span <= 0 {
		return -1
	}
	loglik := func(k, d float64) float64 {
		if k == 0 || d <= 0 {
			return 0
		}
		return float64(k * math.Log(k/d))
	}
	best, at := 0.0, 1
	var k float64
	for i := 1; i < n-1; i++ {
		k += max(w[i], 0)
		d := t[i] - t[0]
		if k/d >= (events-k)/(span-d) || 2*k > events {
			continue // slower afterwards, or too little of it left: not where the rise began
		}
		if g := loglik(k, d) + loglik(events-k, span-d) - loglik(events, span); g > best+1e-9 {
			best, at = g, i+1
		}
	}
	return at
}

// Spread gives the Kolmogorov-Smirnov distance between the times of w[i] events at t[i]
// and events spread evenly over [t[0], t[len-1]]: near 0 for a steady stream, near 1 for
// one burst. Negative weights count as none. It gives 1 where there are no events.
func Spread(t, w []float64) float64 {
	if len(t) < 2 {
		return 1
	}
	span := t[len(t)-1] - t[0]
	var total float64
	for _, x := range w {
		total += max(x, 0)
	}
	if total == 0 || span <= 0 {
		return 1
	}
	var cum, d float64
	for i := range t {
		u := (t[i] - t[0]) / span
		// The events of w[i] happened between t[i-1] and t[i]: compare at t[i] only.
		cum += max(w[i], 0) / total
		d = max(d, math.Abs(cum-u))
	}
	return d
}

// TauB gives Kendall's rank correlation of x and y with ties handled (τ-b), 0 when
// either is constant. It is quadratic and looks at no more than 400 evenly chosen pairs.
func TauB(x, y []float64) float64 {
	a, b := pairs(x, y)
	if len(a) > 400 {
		k := len(a)/400 + 1
		a, b = every(a, k), every(b, k)
	}
	var con, dis, tx, ty float64
	for i := range a {
		for j := range i {
			dx, dy := a[i]-a[j], b[i]-b[j]
			switch {
			case dx == 0 && dy == 0:
			case dx == 0:
				tx++
			case dy == 0:
				ty++
			case (dx > 0) == (dy > 0):
				con++
			default:
				dis++
			}
		}
	}
	den := math.Sqrt((con + dis + tx) * (con + dis + ty))
	if den == 0 {
		return 0
	}
	return (con - dis) / den
}

// Logistic gives 1/(1+exp(−x)).
func Logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Ramp gives 0 at lo and below, 1 at hi and above, straight between; a NaN gives 0. With
// lo > hi it falls instead.
func Ramp(x, lo, hi float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return min(max((x-lo)/(hi-lo), 0), 1)
}

func pairs(t, v []float64) (x, y []float64) {
	n := min(len(t), len(v))
	x, y = make([]float64, 0, n), make([]float64, 0, n)
	for i := range n {
		if !math.IsNaN(v[i]) && !math.IsNaN(t[i]) {
			x, y = append(x, t[i]), append(y, v[i])
		}
	}
	return x, y
}

func every(x []float64, k int) []float64 {
	var out []float64
	for i := 0; i < len(x); i += k {
		out = append(out, x[i])
	}
	return out
}
