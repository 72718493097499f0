// Package growth says by which shape the connections of one subject grew: it fits every
// shape of a table to a series of counts and gives each a weight. It takes numbers and gives
// numbers; it knows nothing of servers.
//
// The steps:
//
//  1. Prepare: missing samples are left out, more than maxPoints are thinned out evenly.
//  2. Noise: all shapes share one kind, e(i) = φ^Δ·e(i−1) + ε(i), where Δ is the time between
//     two samples in steps. It keeps gaps exact and does not take the slow wander of a
//     healthy pool for a trend. Its innovation ε has an unknown variance, which is no less
//     than 1/2π: whole numbers carry no finer information, and the density of a sample then
//     never exceeds the 1 that the probability of a whole number may have.
//  3. Evidence: for given φ and given non-linear parameters (an onset, a time constant, the
//     places of jumps) the curve is linear in the rest, and the integral of the likelihood
//     over these and the variance is known (evidence.go). The evidence of a shape is the
//     mean over a grid of the former: a shape with more freedom pays for it, and a change
//     that may be anywhere pays for having been looked for everywhere.
//  4. Weights: evidence times the prior of the shape, over the sum of all.
//  5. Fit: the best grid point is refined (gonum's Nelder-Mead), and parameters and curve get
//     90 % intervals.
//
// How often it is right, and how often its intervals hold, is measured by TestErrorRates and
// told in docs/method.md. A fit of 60 samples takes 1 ms, of 400 samples and more about 4 ms;
// Flat tells in microseconds which series need none.
//
// The same series gives the same answer, and no answer holds a NaN or an infinity.
package growth

import (
	"math"
	"slices"
)

// leastPoints is the fewest samples that are fitted. With fewer, an autocorrelation of 0.9
// lets any shape pass for any other.
const leastPoints = 12

// maxPoints bounds the work: the evidence is summed over about 2,000 grid points, each of
// which costs a few operations a sample.
const maxPoints = 400

// leastWeight is the least weight of a shape whose parameters and curve are worked out.
const leastWeight = 1e-3

// A Series is what is known of one subject. Slices but T and N may be nil; a NaN is a missing
// value. Fit does not change or keep it.
type Series struct {
	T      []float64 // time of each sample, seconds, rising
	N      []float64 // connections
	Births []float64 // connections opened since the sample before
	Demand []float64 // what may drive the connections, such as commands a second
	Limit  float64   // the most connections there may be; 0: not known
}

// A Param is a parameter of a fitted shape, with its 90 % interval.
type Param struct {
	Name, Unit    string
	Value, Lo, Hi float64
}

// A Fitted is one shape as it fits a series. With a Weight under 0.001 it has no more than that.
type Fitted struct {
	Shape  string  // a Name of Shapes
	Weight float64 // posterior probability, 0 to 1; all weights add up to 1
	Params []Param
	Curve  []float64 // at each time of the series, those without a count included
	Lo, Hi []float64 // 90 % interval of the curve
	Phi    float64   // autocorrelation of the noise from sample to sample
	Sigma  float64   // standard deviation of the noise, connections
	Reason string    // why the shape could not be fitted; Weight is 0 and Curve nil then
}

// A Comparison holds all shapes, the likeliest first.
type Comparison struct {
	Shapes []Fitted
	Points int    // samples with a count
	Reason string // why nothing could be fitted; all weights are 0 then
}

// Best gives the likeliest shape, ok where anything was fitted.
func (c Comparison) Best() (f Fitted, ok bool) {
	if len(c.Shapes) == 0 || c.Shapes[0].Weight == 0 {
		return Fitted{}, false
	}
	return c.Shapes[0], true
}

// RunnerUp gives the second likeliest, ok where it was fitted.
func (c Comparison) RunnerUp() (f Fitted, ok bool) {
	if len(c.Shapes) < 2 || c.Shapes[1].Weight == 0 {
		return Fitted{}, false
	}
	return c.Shapes[1], true
}

// Weight gives the weight of a shape by its name.
func (c Comparison) Weight(shape string) float64 {
	for _, f := range c.Shapes {
		if f.Shape == shape {
			return f.Weight
		}
	}
	return 0
}

// Flat tells by one pass, without a fit, that a series stays within the least change that
// counts as growth: of thousands of subjects, most need no more.
func Flat(s Series) bool {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range s.N {
		if usable(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return !(hi-lo >= leastChange(hi))
}

// leastChange is the least rise, fall or step that counts at a level: four connections (a
// sampler, a cron job and a shell or two come and go anywhere), or a twentieth.
func leastChange(level float64) float64 { return max(4, level/20) }

// leastRise is the same for what rises slowly, where a tenth may be the hour of the day.
func leastRise(level float64) float64 { return max(5, level/10) }

func usable(v float64) bool { return v >= 0 && v <= 1e12 } // not NaN, and no overflow when squared

// Fit fits every shape to s and compares them.
func Fit(s Series) Comparison {
	full, c := newPoints(s), Comparison{}
	c.Points = len(full.at)
	if c.Points < leastPoints {
		c.Reason = "fewer than 12 samples"
		for _, sh := range shapes {
			c.Shapes = append(c.Shapes, Fitted{Shape: sh.Name, Reason: c.Reason})
		}
		return c
	}
	p := full.thinned()
	p.prepare()
	fits := make([]candidate, len(shapes))
	top := math.Inf(-1)
	for i, sh := range shapes {
		fits[i] = sh.search(p)
		if fits[i].reason == "" {
			fits[i].logE += sh.logPrior
			top = max(top, fits[i].logE)
		}
	}
	total := 0.0
	for i := range fits {
		if fits[i].reason == "" {
			total += math.Exp(fits[i].logE - top)
		}
	}
	for i, sh := range shapes {
		f := Fitted{Shape: sh.Name, Reason: fits[i].reason}
		if f.Reason == "" {
			f.Weight = math.Exp(fits[i].logE-top) / total
		}
		if f.Weight >= leastWeight {
			sh.describe(full, p, fits[i], &f)
		}
		c.Shapes = append(c.Shapes, f)
	}
	slices.SortStableFunc(c.Shapes, func(a, b Fitted) int {
		switch {
		case a.Weight > b.Weight:
			return -1
		case a.Weight < b.Weight:
			return 1
		}
		return 0
	})
	return c
}
