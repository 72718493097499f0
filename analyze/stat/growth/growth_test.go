package growth_test

import (
	"encoding/binary"
	"math"
	"reflect"
	"testing"

	"github.com/connbox/connbox/analyze/stat/growth"
)

func at(n int, f func(i int) float64) growth.Series {
	var s growth.Series
	for i := range n {
		s.T, s.N = append(s.T, float64(60*i)), append(s.N, f(i))
	}
	return s
}

// wobble is a small noise without a seed.
func wobble(i int) float64 { return float64(uint32(i)*2654435761>>20%5) - 2 }

func TestShapesOfPlainSeries(t *testing.T) {
	demand := func(i int) float64 { return 1000 + 500*math.Sin(float64(i)/12) }
	busy := at(120, func(i int) float64 { return math.Round(demand(i)/20 + wobble(i)) })
	for i := range busy.T {
		busy.Demand = append(busy.Demand, demand(i))
	}
	full := at(80, func(i int) float64 { return 500 - float64(i*31%3) })
	full.Limit = 500
	for i := range full.T {
		full.Births = append(full.Births, 40+wobble(i))
	}
	idle := full
	idle.Births = make([]float64, len(full.T))
	for _, c := range []struct {
		name string
		s    growth.Series
		want string
	}{
		{"level", at(60, func(i int) float64 { return 50 + wobble(i) }), growth.Constant},
		{"nothing at all", at(60, func(int) float64 { return 0 }), growth.Constant},
		{"one step", at(60, func(i int) float64 { return 50 + wobble(i) + float64(i/30)*40 }), growth.Steps},
		{"up and down again", at(90, func(i int) float64 { return 50 + wobble(i) + float64(i/30%2)*40 }), growth.Steps},
		{"ten a step", at(120, func(i int) float64 { return 30 + wobble(i) + float64(i/15)*12 }), growth.Staircase},
		{"one a minute", at(90, func(i int) float64 { return 30 + wobble(i) + float64(max(i-20, 0)) }), growth.Leak},
		{"fills to 100", at(120, func(i int) float64 { return math.Round(100 + wobble(i) - 80*math.Exp(-float64(i)/20)) }),
			growth.Saturation},
		{"load", busy, growth.Demand},
		{"cut every 17", at(150, func(i int) float64 { return 10 + wobble(i) + float64(i%17*4) }), growth.Sawtooth},
		{"at the limit", full, growth.Pinned},
		{"at the limit, but nobody comes or goes", idle, growth.Constant},
	} {
		best, ok := growth.Fit(c.s).Best()
		if !ok || best.Shape != c.want || best.Weight < 0.8 {
			t.Errorf("%s: %s with weight %.2f, want %s", c.name, best.Shape, best.Weight, c.want)
		}
	}
}

func TestWhatCannotBeFitted(t *testing.T) {
	nan := math.NaN()
	for name, s := range map[string]growth.Series{
		"nothing":      {},
		"one":          at(1, func(int) float64 { return 5 }),
		"eleven":       at(11, func(i int) float64 { return float64(i) }),
		"all missing":  at(90, func(int) float64 { return nan }),
		"negative":     at(90, func(int) float64 { return -1 }),
		"no time":      {T: make([]float64, 50), N: make([]float64, 50)},
		"half as long": {T: make([]float64, 5), N: make([]float64, 50)},
	} {
		c := growth.Fit(s)
		if best, ok := c.Best(); ok || c.Reason == "" {
			t.Errorf("%s: fitted as %s, reason %q", name, best.Shape, c.Reason)
		}
		for _, f := range c.Shapes {
			if f.Weight != 0 || f.Reason == "" {
				t.Errorf("%s: %s weighs %g, reason %q", name, f.Shape, f.Weight, f.Reason)
			}
		}
	}
}

// names are those of the table.
func names() (out []string) {
	for _, f := range growth.Fit(growth.Series{}).Shapes {
		out = append(out, f.Shape)
	}
	return out
}

func TestTableOfShapes(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range names() {
		if name == "" || seen[name] {
			t.Errorf("a row of the table: %q", name)
		}
		seen[name] = true
	}
	if len(seen) != 8 {
		t.Errorf("%d shapes", len(seen))
	}
}

// check holds what has to be so of any comparison: weights that add up to 1 or are all 0, in
// falling order, and no number that is none.
func check(t *testing.T, s growth.Series, c growth.Comparison) {
	t.Helper()
	sum, last := 0.0, 1.0
	for _, f := range c.Shapes {
		if !(f.Weight >= 0 && f.Weight <= last) {
			t.Errorf("%s weighs %g after %g", f.Shape, f.Weight, last)
		}
		sum, last = sum+f.Weight, f.Weight
		var numbers []float64
		for _, p := range f.Params {
			numbers = append(numbers, p.Value, p.Lo, p.Hi)
			if p.Lo > p.Value || p.Hi < p.Value {
				t.Errorf("%s: %s is %g in [%g, %g]", f.Shape, p.Name, p.Value, p.Lo, p.Hi)
			}
		}
		for _, v := range [][]float64{f.Curve, f.Lo, f.Hi} {
			numbers = append(numbers, v...)
			if len(v) != 0 && len(v) != len(s.N) {
				t.Errorf("%s: a curve of %d for %d samples", f.Shape, len(v), len(s.N))
			}
		}
		for _, v := range numbers {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%s: %v", f.Shape, f)
			}
		}
	}
	if math.Abs(sum-1) > 1e-9 && sum != 0 {
		t.Errorf("weights add up to %g", sum)
	}
}

func FuzzFit(f *testing.F) {
	f.Add([]byte{1, 2, 3}, 0.0)
	f.Add([]byte("a level that is a level that is a level"), 200.0)
	f.Add(make([]byte, 100), math.NaN())
	f.Add([]byte{0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255}, 255.0)
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}, math.Inf(1))
	f.Fuzz(func(t *testing.T, b []byte, limit float64) {
		b = b[:min(len(b), 300)]
		s := growth.Series{Limit: limit}
		for i, x := range b {
			v := float64(x)
			if x%16 == 15 { // some are anything
				v = math.Float64frombits(binary.LittleEndian.Uint64(append([]byte{x, x, x, x, x, x}, b[i/2], b[i/3])))
			}
			s.T = append(s.T, float64(i)+v/512)
			s.N, s.Demand, s.Births = append(s.N, v), append(s.Demand, v*v-float64(i)), append(s.Births, float64(x%3))
		}
		c := growth.Fit(s)
		check(t, s, c)
		if !reflect.DeepEqual(c, growth.Fit(s)) {
			t.Error("two answers")
		}
	})
}

func TestSimulatedAreSound(t *testing.T) {
	for _, name := range names() {
		for seed := range uint64(3) {
			s, _ := simulate(name, 1000+seed)
			check(t, s, growth.Fit(s))
		}
	}
}

func BenchmarkFit(b *testing.B) {
	for _, n := range []int{60, 400, 2048} {
		b.Run(map[int]string{60: "60", 400: "400", 2048: "2048"}[n], func(b *testing.B) {
			s := at(n, func(i int) float64 { return 80 + 3*wobble(i) + float64(max(i-n/3, 0)*60/n) })
			for b.Loop() {
				growth.Fit(s)
			}
		})
	}
}
