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
// told in docs/method.md. A fit of 60 samples takes 1 ms, of 400 samples and more about 4 ms.
//
// The same series gives the same answer, and no answer holds a NaN or an infinity.
package growth

import (
	"cmp"
	"math"
	"slices"
)

// A shape is one row of the table: what it is called, and how it is looked for. A
// new shape is one file with a search and a describe, and one row.
type shape struct {
	Name     string
	logPrior float64 // log of how likely it is before the counts are seen, set by simulation (see priors)
	search   func(*points) candidate
	describe func(full, p *points, c candidate, f *Fitted)
}

// priors are logs: a change is rarer than none, so that of constants at most one in fifty is
// called growth; TestErrorRates measures it.
const (
	priorConstant = 0
	priorChange   = -1.5
	priorBend     = -2   // a bend is seen in the wander of any rise
	priorLeak     = -1.1 // leaks and demand are the more frequent ones
)

// shapes is the table.
var shapes = [...]shape{
	{Constant, priorConstant, searchConstant, describeConstant},
	{Steps, priorChange, searchSteps, describeSteps},
	{Leak, priorLeak, searchLeak, describeLeak},
	{Staircase, priorChange, searchStaircase, describeStaircase},
	{Saturation, priorBend, searchSaturation, describeSaturation},
	{Demand, priorLeak, searchDemand, describeDemand},
	{Sawtooth, priorChange, searchSawtooth, describeSawtooth},
	{Pinned, priorChange, searchPinned, describePinned},
}

// leastWeight is the least weight of a shape whose parameters and curve are worked out.
const leastWeight = 1e-3

// A Comparison holds all shapes, the likeliest first.
type Comparison struct {
	Shapes []Fitted
	Points int    // samples with a count
	Reason string // why nothing could be fitted; all weights are 0 then
}

// Best gives the likeliest shape, ok where anything was fitted.
func (c Comparison) Best() (f Fitted, ok bool) { return c.ranked(0) }

// RunnerUp gives the second likeliest, ok where it was fitted.
func (c Comparison) RunnerUp() (f Fitted, ok bool) { return c.ranked(1) }

func (c Comparison) ranked(i int) (f Fitted, ok bool) {
	if i >= len(c.Shapes) || c.Shapes[i].Weight == 0 {
		return f, false
	}
	return c.Shapes[i], true
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
	slices.SortStableFunc(c.Shapes, func(a, b Fitted) int { return cmp.Compare(b.Weight, a.Weight) })
	return c
}
