package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Share gives the share k/n with its exact binomial interval (Clopper and Pearson 1934, by
// quantiles of the beta distribution): it covers at least as often as asked for, also where k
// is 0 or n. NaN and [0, 1] without trials.
func Share(k, n, confidence float64) Estimate {
	if !(n > 0) || k < 0 || k > n {
		return Estimate{Value: math.NaN(), Lo: 0, Hi: 1}
	}
	e := Estimate{Value: k / n, Lo: 0, Hi: 1, N: int(n)}
	a := (1 - confidence) / 2
	if k > 0 {
		e.Lo = distuv.Beta{Alpha: k, Beta: n - k + 1}.Quantile(a)
	}
	if k < n {
		e.Hi = distuv.Beta{Alpha: k + 1, Beta: n - k}.Quantile(1 - a)
	}
	return e
}
