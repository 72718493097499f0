package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestMeasured(t *testing.T) {
	m := LevelOf([]float64{10, 12, 8, 11, 9, 10, 12, 8}, 1)
	if e := m.Within(0.9); m.Value != 10 || !(e.Lo < 10 && e.Lo > 8) || !(e.Hi > 10 && e.Hi < 12) {
		t.Errorf("%+v %+v", m, e)
	}
	if p := m.Below(10); math.Abs(p-0.5) > 1e-9 {
		t.Errorf("below its own value: %v", p)
	}
	if flat := LevelOf([]float64{7, 7, 7, 7}, 1); flat.Err == 0 || flat.Value != 7 {
		t.Errorf("a flat count is known to %v", flat.Err)
	}
	for _, few := range [][]float64{nil, {1}, {1, 2}, {math.NaN()}} {
		if m := LevelOf(few, 1); !math.IsInf(m.Err, 1) || !math.IsNaN(m.Below(3)) || !math.IsNaN(Unequal(m, m)) {
			t.Errorf("%v: %+v", few, m)
		}
	}
	if !math.IsInf(SlopeOf([]float64{1, 2}, []float64{1, 2}).Err, 1) {
		t.Error("a slope of two points is bounded")
	}
	if got := m.Times(60); got.Value != 600 || got.Err != m.Err*60 {
		t.Errorf("%+v", got)
	}
}

func TestUnequalRates(t *testing.T) {
	for _, c := range []struct {
		a, b   Counted
		lo, hi float64
	}{
		{Counted{0, 100, 1}, Counted{0, 100, 1}, 1, 1},
		{Counted{10, 100, 1}, Counted{10, 100, 1}, 0.9, 1},
		{Counted{0, 100, 1}, Counted{20, 100, 1}, 0, 1e-4},
		{Counted{1000, 100, 1}, Counted{0, 1, 1}, 0, 1e-3},
		{Counted{0, 100, 1}, Counted{20, 100, 20}, 0.9, 1}, // one batch is one event
		{Counted{5, 0, 1}, Counted{5, 1, 1}, math.NaN(), math.NaN()},
	} {
		p := UnequalRates(c.a, c.b)
		if math.IsNaN(c.lo) != math.IsNaN(p) || p < c.lo || p > c.hi {
			t.Errorf("%+v %+v: %v, not %v to %v", c.a, c.b, p, c.lo, c.hi)
		}
	}
}

func TestHolm(t *testing.T) {
	got := Holm([]float64{0.01, math.NaN(), 0.04, 0.03})
	for i, want := range []float64{0.03, math.NaN(), 0.06, 0.06} {
		if math.IsNaN(want) != math.IsNaN(got[i]) || math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("%v", got)
		}
	}
}

func TestGap(t *testing.T) {
	g := Gap(Estimate{Value: 8, Lo: 7, Hi: 9}, Estimate{Value: 1, Lo: 1, Hi: 4})
	if g.Value != -7 || math.Abs(g.Lo-(-8)) > 1e-9 || math.Abs(g.Hi-(-7+math.Sqrt(10))) > 1e-9 {
		t.Errorf("%+v", g)
	}
	if g := Gap(Estimate{Value: 1, Lo: math.Inf(-1), Hi: math.Inf(1)}, Estimate{Value: 1}); !math.IsInf(g.Lo, -1) || !math.IsInf(g.Hi, 1) {
		t.Errorf("%+v", g)
	}
}

// TestUnequalErrors simulates how often the tests see a difference where there is none (autocorrelated
// levels, Poisson and batched counts) and where there is one.
func TestUnequalErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	const each = 2000
	series := func(phi, level float64) []float64 {
		v := make([]float64, 120)
		e := 0.0
		for i := range v {
			e = phi*e + rng.NormFloat64()
			v[i] = level + e
		}
		return v
	}
	poisson := func(mean float64) float64 {
		n, at := 0.0, rng.ExpFloat64()
		for at < mean {
			n, at = n+1, at+rng.ExpFloat64()
		}
		return n
	}
	counts := func(mean, size float64) Counted {
		at, w := make([]float64, 60), make([]float64, 60)
		c := Counted{}
		for i := range w {
			at[i], w[i] = float64(i)*10, size*poisson(mean)
			if i > 0 {
				c.N, c.Time = c.N+w[i], c.Time+10
			}
		}
		c.Batch = Batches(at, w)
		return c
	}
	for _, c := range []struct {
		name        string
		p           func() float64
		least, most float64
	}{
		{"equal levels, independent", func() float64 { return Unequal(LevelOf(series(0, 50), 1), LevelOf(series(0, 50), 1)) }, 0, 0.06},
		{"equal levels, φ 0.6", func() float64 { return Unequal(LevelOf(series(0.6, 50), 1), LevelOf(series(0.6, 50), 1)) }, 0, 0.08},
		{"levels a noise apart", func() float64 { return Unequal(LevelOf(series(0, 50), 1), LevelOf(series(0, 51), 1)) }, 0.99, 1},
		{"equal rates", func() float64 { return UnequalRates(counts(2, 1), counts(2, 1)) }, 0, 0.06},
		{"equal rates in batches", func() float64 { return UnequalRates(counts(2, 8), counts(2, 8)) }, 0, 0.08},
		{"few events", func() float64 { return UnequalRates(counts(0.05, 1), counts(0.05, 1)) }, 0, 0.06},
		{"half the rate", func() float64 { return UnequalRates(counts(2, 1), counts(1, 1)) }, 0.95, 1},
	} {
		seen := 0
		for range each {
			if c.p() < 0.05 {
				seen++
			}
		}
		if share := float64(seen) / each; share < c.least || share > c.most {
			t.Errorf("%s: %.3f are told apart at 0.05, want %g to %g", c.name, share, c.least, c.most)
		}
	}
}
