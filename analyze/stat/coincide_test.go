package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A worked example: five of ten units at the two marks; of the ten shifts, only the one by
// nothing and that by five catch as many.
func TestCoincidence(t *testing.T) {
	marked := make([]bool, 10)
	marked[2], marked[7] = true, true
	x := []float64{0, 1, 3, 0, 1, 0, 1, 2, nan, 2}
	c := Coincidence(x, marked)
	if c.Share != 0.5 || c.Chance != 0.2 || c.P != 0.2 || math.Abs(c.Lift()-0.375) > 1e-12 {
		t.Errorf("%+v, lift %v", c, c.Lift())
	}
	for _, m := range [][]bool{nil, make([]bool, 10), {true, true, true, true, true, true, true, true, true, true}} {
		if c := Coincidence(x, m); c.P != 1 {
			t.Errorf("marks %v: %+v", m, c)
		}
	}
	if c := Coincidence(make([]float64, 10), marked); c.P != 1 || c.Share != 0 {
		t.Errorf("nothing happened: %+v", c)
	}
}

// bursts gives places that come in runs: a mark is followed by one with probability stay.
func bursts(rng *rand.Rand, n int, share, stay float64) []bool {
	out := make([]bool, n)
	on := rng.Float64() < share
	for i := range out {
		if on {
			on = rng.Float64() < stay
		} else {
			on = rng.Float64() < share*(1-stay)/(1-share)
		}
		out[i] = on
	}
	return out
}

// Things that have nothing to do with each other coincide at P ≤ 0.05 in a twentieth, where
// both are independent, both come in bursts, and both come by the clock. Counting them as
// independent would claim it in a fifth and more of bursts.
func TestCoincidenceFalse(t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 1))
	const n = 200
	var byCount float64
	for _, c := range []struct {
		name string
		draw func() (x []float64, marked []bool)
	}{
		{"independent", func() ([]float64, []bool) { return numbered(bursts(rng, n, 0.1, 0.1)), bursts(rng, n, 0.1, 0.1) }},
		{"bursts", func() ([]float64, []bool) { return numbered(bursts(rng, n, 0.2, 0.9)), bursts(rng, n, 0.2, 0.9) }},
		{"swings and bursts", func() ([]float64, []bool) {
			_, x := ar1(rng, n, 0.9, 0)
			return x, bursts(rng, n, 0.2, 0.8)
		}},
		{"by the clock", func() ([]float64, []bool) {
			x, marked, a, b := make([]float64, n), make([]bool, n), rng.IntN(10), rng.IntN(12)
			for i := range n {
				x[i], marked[i] = rng.Float64(), (i+a)%10 == 0
				if (i+b)%12 == 0 {
					x[i] += 5
				}
			}
			return x, marked
		}},
	} {
		wrong := often(600, func() bool { x, marked := c.draw(); return Coincidence(x, marked).P <= 0.05 })
		if wrong > 0.075 {
			t.Errorf("%s: claimed in %.3f", c.name, wrong)
		}
	}
	byCount = often(600, func() bool {
		x, marked := numbered(bursts(rng, n, 0.2, 0.9)), bursts(rng, n, 0.2, 0.9)
		c := Coincidence(x, marked)
		hits, marks := c.Share*Mean(x)*n, c.Chance*n
		mean := marks * Mean(x)
		sd := math.Sqrt(mean * (1 - Mean(x)) * (n - marks) / (n - 1)) // hypergeometric
		return hits > mean+1.645*sd
	})
	if byCount < 0.15 {
		t.Errorf("counting claims it in %.3f only: the shifts are not needed", byCount)
	}
}

func numbered(marked []bool) []float64 {
	x := make([]float64, len(marked))
	for i, m := range marked {
		if m {
			x[i] = 1
		}
	}
	return x
}

// What does happen at the marks is found: every other time at a dozen of them, on swings.
func TestCoincidencePower(t *testing.T) {
	rng := rand.New(rand.NewPCG(62, 1))
	for _, n := range []int{100, 400, 2048} {
		found := often(200, func() bool {
			_, x := ar1(rng, n, 0.5, 0)
			marked := make([]bool, n)
			for range 12 {
				i := rng.IntN(n)
				marked[i] = true
				if rng.IntN(2) == 0 {
					x[i] += 6
				}
			}
			return Coincidence(x, marked).P <= 0.05
		})
		if found < 0.9 {
			t.Errorf("%d samples: found in %.3f", n, found)
		}
	}
}
