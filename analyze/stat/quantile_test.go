package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// TestQuantileSelects holds the selection against gonum's, to the bit.
func TestQuantileSelects(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		x := make([]float64, 1+r.IntN(1+r.IntN(300)))
		kind := r.IntN(5)
		for i := range x {
			switch kind {
			case 0:
				x[i] = r.NormFloat64()
			case 1:
				x[i] = float64(r.IntN(4)) // many equal
			case 2:
				x[i] = float64(i)
			case 3:
				x[i] = float64(min(i, len(x)-i)) // bad for the median of three
			case 4:
				x[i] = math.Inf(r.IntN(3) - 1) // both infinities
			}
		}
		sorted := slices.Clone(x)
		slices.Sort(sorted)
		given := slices.Clone(x)
		for _, q := range []float64{0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 1, r.Float64()} {
			want := sorted[0]
			if len(x) > 1 {
				want = stat.Quantile(q, stat.LinInterp, sorted, nil)
			}
			if got := Quantile(x, q); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("%v of %v: %v instead of %v", q, x, got, want)
			}
		}
		if !slices.Equal(x, given) {
			t.Fatalf("%v was changed", given)
		}
	}
	if v := Quantile([]float64{math.NaN()}, 0.5); !math.IsNaN(v) {
		t.Errorf("quantile of nothing: %v", v)
	}
}

// BenchmarkQuantile is of ten thousand counts.
func BenchmarkQuantile(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 10_000)
	for i := range x {
		x[i] = float64(r.IntN(50))
	}
	for b.Loop() {
		Quantile(x, 0.99)
	}
}

// TestTally: the quantiles of counted numbers are those of the numbers.
func TestTally(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for n := range 60 {
		var tally Tally
		var x []float64
		for range n {
			v := rng.IntN(1 + n/3)
			tally.Add(v)
			x = append(x, float64(v))
		}
		for _, q := range [...]float64{0, 0.01, 0.5, 0.75, 0.99, 1} {
			if got, want := tally.Quantile(q), Quantile(x, q); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("%v of %v: %v, want %v", q, x, got, want)
			}
		}
	}
}
