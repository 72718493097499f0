package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Change is when something changed, with the interval that holds it, in the unit of the
// times that were given.
type Change struct {
	At, Lo, Hi float64
	Before     float64 // probability that it was so from the first of the times on
}

// RateChange finds when events began to come at a higher rate: w[i] of them between t[i-1]
// and t[i], i ≥ 1. At is the median of the posterior of the change, Lo and Hi its quantiles
// at the given confidence: times are as likely as the counts on their two sides are, under
// a Poisson process of unknown rate each (gamma with the weight of half an event), widened
// by the dispersion of the counts where events come in batches. At least half of the events
// come after it, as with RateStep. ok is false where there are no events.
//
// A slow stream shows with its first event, which is late by one event's waiting time on
// average; the median of the posterior lies before it.
func RateChange(t, w []float64, confidence float64) (c Change, ok bool) {
	n := min(len(t), len(w))
	if n < 3 || !(t[n-1] > t[0]) {
		return c, false
	}
	var events float64
	for _, x := range w[1:n] {
		events += max(x, 0)
	}
	if events < 2 {
		return c, false
	}
	p, before := changePosterior(t[:n], w[:n], events)
	at := quantilesOf(t[:n], p, 0.5, (1-confidence)/2, (1+confidence)/2)
	c = Change{At: at[0], Lo: at[1], Hi: at[2], Before: before}
	// When within a cell it was, the counts do not tell: the interval ends at samples.
	i, _ := slices.BinarySearch(t[:n], c.Lo)
	j, _ := slices.BinarySearch(t[:n], c.Hi)
	c.Lo, c.Hi = t[max(i-1, 0)], t[min(j, n-1)]
	return c, true
}

// changePosterior gives the probability of a change at each t[j], j < n−1, and of none
// after t[0].
func changePosterior(t, w []float64, events float64) (p []float64, before float64) {
	n := len(t)
	span := t[n-1] - t[0]
	prior := 0.5 * span / events // time worth half an event
	// The marginal likelihood of k events in time d, up to what all times share.
	loglik := func(k, d float64) float64 {
		g, _ := math.Lgamma(k + 0.5)
		return g - float64((k+0.5)*math.Log(d+prior))
	}
	disp := dispersion(t, w)
	none := loglik(events, span)
	g0, _ := math.Lgamma(0.5)
	unit := g0 - float64(0.5*math.Log(prior)) // of the second rate's prior, which "none" does without
	logp := make([]float64, n)
	most := math.Inf(-1)
	var k float64
	for j := range n {
		logp[j] = math.Inf(-1)
		if j == n-1 {
			break
		}
		if j > 0 {
			k += max(w[j], 0)
		}
		d := t[j] - t[0]
		if 2*k > events || j > 0 && k/d >= (events-k)/(span-d) {
			continue
		}
		width := (t[min(j+1, n-1)] - t[max(j-1, 0)]) / 2 / span
		logp[j] = math.Log(width) + (loglik(k, d)+loglik(events-k, span-d)-unit-none)/disp
		most = max(most, logp[j])
	}
	p, sum := normalized(logp, most)
	return p, 1 / (1 + float64(sum*math.Exp(most)))
}

// normalized makes probabilities of what is told by its logs, of which most is the largest; sum is
// what they came to before, in units of the largest.
func normalized(logp []float64, most float64) (p []float64, sum float64) {
	p = make([]float64, len(logp))
	for j, l := range logp {
		p[j] = math.Exp(l - most)
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
	}
	return p, sum
}

// dispersion gives the variance of counts over their mean, after their course is taken out
// (by differences of neighbours, which a change of the rate disturbs once): 1 for a Poisson
// process, the size of the batches where events come in batches. Never below 1.
func dispersion(t, w []float64) float64 {
	var num, den float64
	for i := 2; i < len(t); i++ {
		a, b := max(w[i-1], 0), max(w[i], 0)
		da, db := t[i-1]-t[i-2], t[i]-t[i-1]
		if da <= 0 || db <= 0 || a+b == 0 {
			continue
		}
		// Under one rate, (a·db − b·da)² has mean (a+b)·da·db.
		x := float64(a*db) - float64(b*da)
		num, den = num+float64(x*x), den+float64((a+b)*da*db)
	}
	if den == 0 {
		return 1
	}
	return max(num/den, 1)
}

// quantilesOf reads quantiles from the probabilities of the times t, each spread evenly to
// halfway to its neighbours.
func quantilesOf(t, p []float64, q ...float64) []float64 {
	out := make([]float64, len(q))
	for i, want := range q {
		cum := 0.0
		out[i] = t[len(t)-1]
		for j := range p {
			if cum+p[j] >= want && p[j] > 0 {
				lo, hi := t[j], t[j]
				if j > 0 {
					lo = (t[j-1] + t[j]) / 2
				}
				if j+1 < len(t) {
					hi = (t[j] + t[j+1]) / 2
				}
				out[i] = lo + (hi-lo)*(want-cum)/p[j]
				break
			}
			cum += p[j]
		}
	}
	return out
}

// Earlier gives the probability that a change with interval a (at 90 %) came before one
// with interval b, both taken as normal.
func Earlier(a, b Change) float64 {
	const z90 = 2 * 1.6449
	sa, sb := (a.Hi-a.Lo)/z90, (b.Hi-b.Lo)/z90
	ma, mb := (a.Lo+a.Hi)/2, (b.Lo+b.Hi)/2
	s := math.Hypot(sa, sb)
	if s == 0 {
		switch {
		case ma < mb:
			return 1
		case ma > mb:
			return 0
		}
		return 0.5
	}
	return distuv.UnitNormal.CDF((mb - ma) / s)
}

// BendChange finds when a level began to rise or fall as a line does: v = c before τ and
// c + s·(t−τ) after it, every τ as likely as its residual sum of squares says, with the
// variance widened by the autocorrelation of what is left. At is the time of t with the
// least residuals. NaNs are left out. ok is false with fewer than six values.
func BendChange(t, v []float64, confidence float64) (c Change, ok bool) {
	x, y := pairs(t, v)
	n := len(x)
	if n < 6 || !(x[n-1] > x[0]) {
		return c, false
	}
	rss, slope, level := bends(x, y)
	best := floats.MinIdx(rss)
	res := make([]float64, n)
	for i := range y {
		res[i] = y[i] - level[best] - float64(slope[best]*max(0, x[i]-x[best]))
	}
	phi := lag1(res)
	phi = min(phi+(1+float64(4*phi))/float64(n), 0.98) // residuals of a fit look less correlated than the noise is (Kendall 1954)
	variance := max(rss[best]/float64(n-3), 1e-9) * (1 + phi) / (1 - phi)
	p := make([]float64, n)
	sum := 0.0
	for k := range rss {
		p[k] = float64((x[min(k+1, n-1)] - x[max(k-1, 0)]) * math.Exp((rss[best]-rss[k])/2/variance))
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	q := quantilesOf(x, p, (1-confidence)/2, (1+confidence)/2)
	return Change{At: x[best], Lo: min(q[0], x[best]), Hi: max(q[1], x[best])}, true
}

// bends fits a hinge at every x[k], k < n−2, by running sums from the right: linear in n.
func bends(x, y []float64) (rss, slope, level []float64) {
	n := len(x)
	my := Mean(y)
	var syy float64
	for i := range y {
		syy += float64((y[i] - my) * (y[i] - my))
	}
	rss, slope, level = make([]float64, n-2), make([]float64, n-2), make([]float64, n-2)
	// Sums over i ≥ k of h = x[i] − x[k] and of y, moved left step by step.
	var m, h, hh, sy, hy float64
	for k := n - 1; k >= 0; k-- {
		if k+1 < n {
			d := x[k+1] - x[k]
			hh += float64(2*d*h) + float64(d*d*m)
			hy += float64(d * sy)
			h += float64(d * m)
		}
		m++
		sy += y[k] - my
		if k >= n-2 {
			continue
		}
		shh := hh - h*h/float64(n)
		if shh <= 0 {
			rss[k], level[k] = syy, my
			continue
		}
		slope[k] = hy / shh // Σ(y−ȳ) = 0, so the mean of h drops out
		level[k] = my - slope[k]*h/float64(n)
		rss[k] = max(syy-hy*hy/shh, 0)
	}
	return rss, slope, level
}

// RampChange finds when events began to come ever faster: a Poisson process of one rate
// until τ, which then rises as a line. It suits what multiplies, of which RateChange finds
// the middle. better tells whether it explains the counts better than a step of the rate.
// At most 400 cells are looked at; finer ones are joined.
func RampChange(t, w []float64, confidence float64) (c Change, better, ok bool) {
	t, w = joined(t, w, 400)
	n := len(t)
	var events float64
	for i := 1; i < n; i++ {
		events += max(w[i], 0)
	}
	if n < 6 || events < 8 || !(t[n-1] > t[0]) {
		return c, false, false
	}
	disp := dispersion(t, w)
	logp := make([]float64, n-2)
	most, step, k := math.Inf(-1), math.Inf(-1), 0.0
	for j := range logp {
		if j > 0 {
			k += max(w[j], 0)
		}
		d, rest := t[j]-t[0], t[n-1]-t[j]
		base := (k + 0.5) / (d + 0.5*(t[n-1]-t[0])/events)
		s := 2 * (events - k - float64(base*rest)) / (rest * rest)
		logp[j] = math.Inf(-1)
		if s <= 0 {
			continue
		}
		flat := (events - k) / rest
		var ramp, even float64
		for i := 1; i < n; i++ {
			x, dt := max(w[i], 0), t[i]-t[i-1]
			r, e := base, base
			if i > j {
				r, e = base+float64(s*((t[i]+t[i-1])/2-t[j])), flat
			}
			ramp += float64(x*math.Log(r)) - float64(r*dt)
			even += float64(x*math.Log(e)) - float64(e*dt)
		}
		logp[j] = math.Log((t[j+1]-t[max(j-1, 0)])/2) + ramp/disp
		most, step = max(most, ramp/disp), max(step, even/disp)
	}
	if math.IsInf(most, -1) {
		return c, false, false
	}
	p, _ := normalized(logp, most)
	q := quantilesOf(t, p, 0.5, (1-confidence)/2, (1+confidence)/2)
	return Change{At: q[0], Lo: q[1], Hi: q[2]}, most > step, true
}

// joined joins neighbouring cells until there are at most n.
func joined(t, w []float64, n int) ([]float64, []float64) {
	for len(t) > n {
		u, v := []float64{t[0]}, []float64{0}
		for i := 2; i < len(t); i += 2 {
			u, v = append(u, t[i]), append(v, max(w[i-1], 0)+max(w[i], 0))
		}
		t, w = u, v
	}
	return t, w
}
