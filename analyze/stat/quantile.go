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
func Quantile(x []float64, q float64) float64 {
	s := Finite(x)
	return quantile(len(s), q, func(i int) (below, v float64) {
		selectNth(s, i)
		return slices.Max(s[:max(i, 1)]), s[i]
	})
}

// quantile interpolates between two neighbours of n sorted values: at gives number i, and the one below.
func quantile(n int, q float64, at func(i int) (below, v float64)) float64 {
	if n == 0 {
		return math.NaN()
	}
	x := float64(q * float64(n))
	i := max(int(math.Ceil(x))-1, 0)
	below, v := at(i)
	if i == 0 {
		return v
	}
	t := float64(i+1) - x
	return float64(t*below) + float64((1-t)*v)
}

// A Tally counts whole numbers from 0 up, by how often each came: there are few small ones, again and again.
type Tally struct {
	N     int
	times []int
}

// Add counts a number.
func (t *Tally) Add(v int) { t.add(v, 1) }

func (t *Tally) add(v, times int) {
	for len(t.times) <= v {
		t.times = append(t.times, 0)
	}
	t.times[v] += times
	t.N += times
}

// AddAll counts the numbers of another.
func (t *Tally) AddAll(o Tally) {
	for v, times := range o.times {
		t.add(v, times)
	}
}

// Quantile gives the same as Quantile of the numbers.
func (t *Tally) Quantile(q float64) float64 {
	return quantile(t.N, q, func(i int) (below, v float64) { return t.nth(i - 1), t.nth(i) })
}

// nth gives number i of the sorted ones.
func (t *Tally) nth(i int) float64 {
	v := 0
	for ; i >= t.times[v]; v++ {
		i -= t.times[v]
	}
	return float64(v)
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
