package stat

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Measured is a quantity with what its uncertainty is known by: a standard error and the
// degrees of freedom of the noise it was estimated from. Err is +Inf where nothing bounds it.
type Measured struct {
	Value, Err, Free float64
	N                int // values used
}

// unmeasured stands for a quantity that was not seen.
func unmeasured(n int) Measured { return Measured{Value: math.NaN(), Err: math.Inf(1), N: n} }

// Within gives the interval that holds the quantity at the given confidence (Student's t).
func (m Measured) Within(confidence float64) Estimate {
	if math.IsNaN(m.Value) || math.IsInf(m.Err, 1) {
		return Estimate{Value: m.Value, Lo: math.Inf(-1), Hi: math.Inf(1), N: m.N}
	}
	q := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: m.Free}.Quantile(0.5 + confidence/2)
	return Estimate{Value: m.Value, Lo: m.Value - float64(q*m.Err), Hi: m.Value + float64(q*m.Err), N: m.N}
}

// Below gives the probability that the quantity is less than x, as its noise has it (Student's t
// about the value); NaN where nothing is known of it.
func (m Measured) Below(x float64) float64 {
	switch {
	case math.IsNaN(m.Value) || math.IsInf(m.Err, 1):
		return math.NaN()
	case m.Err == 0:
		if m.Value < x {
			return 1
		}
		return 0
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: m.Free}.CDF((x - m.Value) / m.Err)
}

// Times gives the quantity in another unit.
func (m Measured) Times(k float64) Measured {
	return Measured{Value: m.Value * k, Err: m.Err * math.Abs(k), Free: m.Free, N: m.N}
}

// SlopeOf is Slope with its standard error in place of an interval.
func SlopeOf(t, v []float64) Measured {
	x, y := pairs(t, v)
	n := len(x)
	if n < 3 || x[n-1] <= x[0] {
		return unmeasured(n)
	}
	a, b := stat.LinearRegression(x, y, nil, false)
	res := make([]float64, n)
	var rss, sxx float64
	mx := stat.Mean(x, nil)
	for i := range x {
		res[i] = y[i] - a - float64(b*x[i])
		rss += float64(res[i] * res[i])
		sxx += float64((x[i] - mx) * (x[i] - mx))
	}
	phi := lag1(res)
	neff := float64(n) * (1 - phi) / (1 + phi)
	if neff < 3 {
		return Measured{Value: b, Err: math.Inf(1), N: n}
	}
	return Measured{Value: b, Err: math.Sqrt(rss/float64(n-2)/sxx) * math.Sqrt((1+phi)/(1-phi)), Free: neff - 2 + 1e-9, N: n}
}

// LevelOf gives the mean of v with its standard error: that of n(1−φ)/(1+φ) independent values,
// φ the autocorrelation of neighbours. resolution is the least step of v (1 for a count): noise
// below it is not seen, and its rounding error, resolution²/12, is the least variance. It wants
// three values; NaNs are left out.
func LevelOf(v []float64, resolution float64) Measured {
	x := Finite(v)
	n := len(x)
	if n == 0 {
		return unmeasured(0)
	}
	mean, variance := stat.MeanVariance(x, nil)
	if n < 3 {
		return Measured{Value: mean, Err: math.Inf(1), N: n}
	}
	res := make([]float64, n)
	for i := range x {
		res[i] = x[i] - mean
	}
	phi := lag1(res)
	neff := float64(n) * (1 - phi) / (1 + phi)
	if neff < 2 {
		return Measured{Value: mean, Err: math.Inf(1), N: n}
	}
	return Measured{Value: mean, Err: math.Sqrt(max(variance, resolution*resolution/12) / neff), Free: neff - 1 + 1e-9, N: n}
}

// Unequal tests whether two quantities differ: the two-sided p-value of Welch's test (1947), with
// the degrees of freedom of Welch and Satterthwaite. NaN where one of them is not bounded.
func Unequal(a, b Measured) float64 {
	va, vb := a.Err*a.Err, b.Err*b.Err
	switch {
	case math.IsNaN(a.Value) || math.IsNaN(b.Value) || math.IsInf(va, 1) || math.IsInf(vb, 1):
		return math.NaN()
	case va+vb == 0:
		if a.Value == b.Value {
			return 1
		}
		return 0
	}
	free := (va + vb) * (va + vb) / (float64(va*va/a.Free) + float64(vb*vb/b.Free))
	t := math.Abs(a.Value-b.Value) / math.Sqrt(va+vb)
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: free}.Survival(t)
}

// A Counted is a number of events in a time. Batch is how many come together: the variance of
// counts over their mean, 1 for a Poisson process (see Batches).
type Counted struct{ N, Time, Batch float64 }

// Batches gives the variance of counts over their mean, after their course is taken out: w[i]
// events between t[i-1] and t[i]. Never below 1.
func Batches(t, w []float64) float64 { return dispersion(t, w) }

// PerTime gives the rate with its interval: that of N/Batch independent events (Garwood 1936).
func (c Counted) PerTime(confidence float64) Estimate {
	b := max(c.Batch, 1)
	e := Rate(c.N/b, c.Time/b, confidence)
	e.N = int(c.N)
	return e
}

// Below gives the probability that the rate is less than x (gamma, with the prior of Jeffreys).
func (c Counted) Below(x float64) float64 {
	b := max(c.Batch, 1)
	switch {
	case !(c.Time > 0) || c.N < 0:
		return math.NaN()
	case !(x > 0):
		return 0
	}
	return distuv.Gamma{Alpha: c.N/b + 0.5, Beta: c.Time / b}.CDF(x)
}

// UnequalRates tests whether two rates differ: given the sum of the events, those of the second
// are binomial with its share of the time (Przyborowski and Wilenski 1940); the two-sided p-value
// is twice the lesser tail. Batches count as one event each. NaN without time, 1 without events.
func UnequalRates(a, b Counted) float64 {
	if !(a.Time > 0) || !(b.Time > 0) || a.N < 0 || b.N < 0 {
		return math.NaN()
	}
	batch := max(a.Batch, b.Batch, 1)
	k, n := b.N/batch, (a.N+b.N)/batch
	if n == 0 {
		return 1
	}
	share := b.Time / (a.Time + b.Time)
	most, least := 1.0, 1.0 // of k or more, of k or fewer
	if k > 0 {
		most = distuv.Beta{Alpha: k, Beta: n - k + 1}.CDF(share)
	}
	if k < n {
		least = 1 - distuv.Beta{Alpha: k + 1, Beta: n - k}.CDF(share)
	}
	return min(1, 2*min(most, least))
}

// Gap gives b − a with an interval made of theirs, all at one confidence (MOVER, Zou and Donner
// 2008): it needs no symmetry, and holds as long as the two are independent.
func Gap(a, b Estimate) Estimate {
	d := b.Value - a.Value
	square := func(x float64) float64 { return x * x }
	return Estimate{Value: d, N: min(a.N, b.N),
		Lo: d - math.Sqrt(square(b.Value-b.Lo)+square(a.Hi-a.Value)),
		Hi: d + math.Sqrt(square(b.Hi-b.Value)+square(a.Value-a.Lo))}
}

// Holm corrects p-values for how many there are (Holm 1979): the chance that any of those under a
// level is there by luck is at most that level, however they hang together. NaNs stay, and count
// for nothing. p is not changed.
func Holm(p []float64) []float64 {
	out := slices.Clone(p)
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(p[a], p[b]), cmp.Compare(a, b)) })
	most := 0.0
	for rank, i := range order {
		most = max(most, min(1, p[i]*float64(len(order)-rank)))
		out[i] = most
	}
	return out
}
