package stat

import (
	"math"
	"math/bits"
	"slices"
)

// Median gives the median of x, NaNs left out; NaN when nothing is left.
func Median(x []float64) float64 { return Quantile(x, 0.5) }

// Quantile gives the q-quantile of x, 0 <= q <= 1 (linear interpolation of the empirical
// CDF, as gonum's LinInterp), NaNs left out; NaN when nothing is left. It selects in linear
// time, where gonum wants x sorted; x is not changed.
func Quantile(x []float64, q float64) float64 { return QuantileIn(Finite(x), q) }

// QuantileIn is Quantile for numbers without a NaN, which it puts in another order: of several
// quantiles of the same, each copies nothing.
func QuantileIn(s []float64, q float64) float64 {
	n := float64(len(s))
	if n == 0 {
		return math.NaN()
	}
	at := float64(q * n)
	i := max(int(math.Ceil(at))-1, 0)
	selectNth(s, i)
	if i == 0 {
		return s[0]
	}
	t := float64(i+1) - at
	return float64(t*slices.Max(s[:i])) + float64((1-t)*s[i])
}

// selectNth puts the nth smallest of s, which has no NaN, in its place, nothing greater
// before it and nothing smaller behind: quickselect with the median of three (Hoare 1961).
// Where the pivots keep being bad, the rest is sorted.
func selectNth(s []float64, n int) {
	for tries := 2 * bits.Len(uint(len(s))); len(s) > 12; tries-- {
		if tries == 0 {
			break
		}
		pivot := middle(s[0], s[len(s)/2], s[len(s)-1])
		lo, hi := 0, len(s)-1
		for lo <= hi {
			for s[lo] < pivot {
				lo++
			}
			for s[hi] > pivot {
				hi--
			}
			if lo <= hi {
				s[lo], s[hi] = s[hi], s[lo]
				lo, hi = lo+1, hi-1
			}
		}
		switch { // s[:hi+1] <= s[hi+1:lo] == pivot <= s[lo:]
		case n <= hi:
			s = s[:hi+1]
		case n < lo:
			return
		default:
			s, n = s[lo:], n-lo
		}
	}
	slices.Sort(s)
}

func middle(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
