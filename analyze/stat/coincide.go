package stat

import "math"

// A Coincided tells how much of a quantity lies at marked places.
type Coincided struct {
	Share  float64 // of what the quantity rises, at the marks; 0 where it does not rise
	Chance float64 // the share of places that are marked: what would lie there by chance
	P      float64 // how likely it is that so much lies there by chance
}

// Lift gives how much more lies at the marks than by chance: 0 as much, 1 all.
func (c Coincided) Lift() float64 {
	if c.Chance >= 1 {
		return 0
	}
	return (c.Share - c.Chance) / (1 - c.Chance)
}

// Coincidence tells whether x is larger at the marked places than elsewhere. P is the share
// of the circular shifts of the marks, none included, under which the sum of x at the marks is
// as large. Both keep their own order, so that what comes in bursts, or again and again at one
// distance, is compared with bursts and with such distances, which counting by a
// hypergeometric law would not (event coincidence with a circular time-shift null: valid at
// every length where either is stationary and they have nothing to do with each other). NaNs
// in x count as nothing.
//
// P is 1/n at the least, and 1 where nothing or all is marked. False-positive rate: P ≤ α in
// at most α of unrelated pairs, at any autocorrelation (TestCoincidenceFalse). What rises once, at one
// of many regular marks, has a high Lift and a P that is no smaller than their share of the time. About shiftWork sums are
// made; in longer series, evenly chosen shifts stand for all.
func Coincidence(x []float64, marked []bool) Coincided {
	n := min(len(x), len(marked))
	y := make([]float64, n)
	var at []int
	total, held := 0.0, 0.0
	for i := range n {
		if !math.IsNaN(x[i]) {
			y[i] = x[i]
		}
		total += max(y[i], 0)
		if marked[i] {
			at = append(at, i)
			held += y[i]
		}
	}
	c := Coincided{P: 1, Chance: float64(len(at)) / max(float64(n), 1)}
	if total > 0 {
		c.Share = max(held, 0) / total
	}
	if len(at) == 0 || len(at) == n {
		return c
	}
	step := 1 + n*len(at)/shiftWork
	as, shifts := 0, 0
	for k := 0; k < n; k += step {
		sum := 0.0
		for _, i := range at {
			if i += k; i >= n {
				i -= n
			}
			sum += y[i]
		}
		if shifts++; sum >= held-1e-9 {
			as++
		}
	}
	c.P = float64(as) / float64(shifts)
	return c
}

// shiftWork bounds the sums that one test makes.
const shiftWork = 20_000
