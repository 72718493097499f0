package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// counts adds Poisson streams up: v[i] = v[i−1] + Poisson(rate(i)).
func counts(rng *rand.Rand, n int, from float64, rate func(i int) float64) (t, v []float64) {
	for i := range n {
		t = append(t, float64(i)*15)
		for u := rng.ExpFloat64(); i > 0 && u < rate(i); u += rng.ExpFloat64() {
			from++
		}
		v = append(v, from)
	}
	return t, v
}

// Lines without noise are found as they are, in their own units of time, with gaps, missing
// values and a value that stands out by itself.
func TestPhasesExact(t *testing.T) {
	var x, v []float64
	for i := range 120 {
		at := float64(i) * 15
		if i > 100 {
			at += 600 // a gap
		}
		y := 20.0
		switch {
		case i >= 80:
			y = 150
		case i >= 40:
			y = 20 + 2*float64(i-40)
		}
		if i == 20 {
			y = 90 // one list in the middle of an exchange
		}
		if i == 60 {
			y = nan
		}
		x, v = append(x, at), append(v, y)
	}
	got := Phases(x, v, 4)
	if len(got) != 3 {
		t.Fatalf("%d phases: %+v", len(got), got)
	}
	for k, want := range []struct {
		from, to   float64
		begin, end float64
		slope      float64
	}{{0, 40, 20, 20, 0}, {40, 79, 20, 98, 2.0 / 15}, {80, 119, 150, 150, 0}} {
		p := got[k]
		if abs(float64(p.From)-want.from) > 2 || abs(float64(p.To)-want.to) > 2 || abs(p.Begin-want.begin) > 4 || abs(p.End-want.end) > 4 ||
			abs(p.Slope.Value-want.slope) > 0.01 || p.Slope.Lo > want.slope || want.slope > p.Slope.Hi {
			t.Errorf("phase %d: %+v, want %+v", k, p, want)
		}
	}
	if p := Phases(x[:3], v[:3], 4); p != nil {
		t.Errorf("three values gave %+v", p)
	}
	if p := Phases(x[:2], []float64{nan, nan}, 4); p != nil {
		t.Errorf("no values gave %+v", p)
	}
	flat := make([]float64, 50)
	if p := Phases(x[:50], flat, 4); len(p) != 1 || p[0].Slope.Value != 0 || p[0].From != 0 || p[0].To != 49 {
		t.Errorf("a constant gave %+v", p)
	}
}

// Phases follow each other, cover the series, and hold finite numbers, whatever it is.
func TestPhasesCover(t *testing.T) {
	rng := rand.New(rand.NewPCG(50, 1))
	for run := range 300 {
		n := 4 + rng.IntN(400)
		x, v := make([]float64, n), make([]float64, n)
		at := 0.0
		for i := range x {
			at += 15 * float64(1+rng.IntN(1+run%5))
			x[i], v[i] = at, math.Round(1e3*rng.NormFloat64())
			if rng.IntN(8) == 0 {
				v[i] = nan
			}
			if run%7 == 0 && i > 0 && rng.IntN(3) > 0 {
				v[i] = v[i-1]
			}
		}
		next := 0
		for _, p := range Phases(x, v, 4) {
			for next < p.From && math.IsNaN(v[next]) {
				next++
			}
			if p.From != next || p.To < p.From || math.IsNaN(p.Begin+p.End+p.Slope.Value+p.Slope.Lo+p.Slope.Hi) {
				t.Fatalf("run %d: phase %+v, expected to begin at %d", run, p, next)
			}
			next = p.To + 1
		}
	}
}

// Without a change, a series is hardly ever split: noise of every memory up to a random
// walk, the streams of leaks, and the comings and goings of healthy pools, which are a walk
// in whole numbers.
func TestPhasesFalse(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 1))
	split := func(name string, bound float64, draw func(n int) (x, v []float64)) {
		for _, n := range []int{60, 160, 400} {
			if w := often(250, func() bool { x, v := draw(n); return len(Phases(x, v, 4)) > 1 }); w > bound {
				t.Errorf("%s: %.3f of series of %d are split", name, w, n)
			}
		}
	}
	for _, c := range []struct{ phi, bound float64 }{{0, 0.05}, {0.5, 0.05}, {0.8, 0.06}, {0.9, 0.06}, {0.95, 0.06}, {1, 0.06}} {
		split(fmt.Sprintf("φ=%v", c.phi), c.bound, func(n int) (x, v []float64) {
			x, v = ar1(rng, n, c.phi, 0)
			for i := range v {
				v[i] *= 3
			}
			return x, v
		})
	}
	for _, rate := range []float64{0.02, 0.1, 0.5, 2} {
		even := func(int) float64 { return rate }
		split(fmt.Sprintf("stream of %v", rate), 0.08, func(n int) ([]float64, []float64) { return counts(rng, n, 20, even) })
		split(fmt.Sprintf("walk of %v", rate), 0.08, func(n int) (x, v []float64) {
			x, v = counts(rng, n, 200, even)
			_, away := counts(rng, n, 0, even)
			for i := range v {
				v[i] -= away[i]
			}
			return x, v
		})
	}
}

// A leak that begins, pauses and goes on is told with its three changes, clean and on a
// fleet that breathes; where it drowns in what a walk does by itself, nothing is claimed.
func TestPhasesPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(52, 1))
	for _, c := range []struct {
		name          string
		rate, phi, sd float64
		least, most   float64
	}{{"clean", 1, 0, 0, 0.8, 1}, {"on independent noise", 1, 0, 3, 0.6, 1}, {"on a fleet's swings", 2, 0.95, 1, 0.65, 1}, {"drowned", 0.2, 0.98, 3, 0, 0.1}} {
		off := 0.0
		found := often(200, func() bool {
			x, v := counts(rng, 200, 20, func(i int) float64 {
				if i > 40 && i <= 90 || i > 150 {
					return c.rate
				}
				return 0
			})
			_, e := ar1(rng, 200, c.phi, 0)
			for i := range v {
				v[i] = math.Round(v[i] + c.sd*e[i])
			}
			p := Phases(x, v, 5)
			if len(p) != 4 {
				return false
			}
			off = max(off, (abs(float64(p[1].From-40))+abs(float64(p[2].From-90))+abs(float64(p[3].From-150)))/3)
			return p[1].Slope.Lo > 0 && p[3].Slope.Lo > 0
		})
		if found < c.least || found > c.most {
			t.Errorf("%s: told in %.3f, want %v to %v", c.name, found, c.least, c.most)
		}
		if off > 20 {
			t.Errorf("%s: off by up to %.0f samples", c.name, off)
		}
	}
}

// Jumps are told beside each other, where they are few; steps that come all the time are the
// noise of a stream.
func TestPhasesJumps(t *testing.T) {
	rng := rand.New(rand.NewPCG(53, 1))
	found := often(200, func() bool {
		x, v := ar1(rng, 50, 0.5, 0)
		for i := range v {
			switch {
			case i >= 36:
				v[i] += 180
			case i >= 16 && i < 26:
				v[i] += 185
			}
		}
		p := Phases(x, v, 9)
		return len(p) == 4 && p[1].From == 16 && p[2].From == 26 && p[3].From == 36
	})
	if found < 0.8 {
		t.Errorf("three jumps are told in %.3f", found)
	}
	stairs := often(200, func() bool {
		x, v := make([]float64, 200), make([]float64, 200)
		for i := range x {
			x[i] = float64(i)
			if v[i] = v[max(i-1, 0)]; rng.IntN(8) == 0 {
				v[i] += 10
			}
		}
		return len(Phases(x, v, 12)) > 2
	})
	if stairs > 0.25 {
		t.Errorf("a staircase of 25 steps falls apart in %.3f", stairs)
	}
}

// The interval of a phase's slope holds it, on a stream and on noise about a line.
func TestPhasesSlopeCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(54, 1))
	for _, c := range []struct {
		name string
		draw func() (x, v []float64, slope float64)
	}{
		{"stream", func() ([]float64, []float64, float64) {
			x, v := counts(rng, 100, 0, func(int) float64 { return 0.6 })
			return x, v, 0.6 / 15
		}},
		{"φ=0.5", func() ([]float64, []float64, float64) {
			x, v := ar1(rng, 100, 0.5, 0.2)
			return x, v, 0.2
		}},
	} {
		held := often(400, func() bool {
			x, v, slope := c.draw()
			p := Phases(x, v, 1e9) // one phase
			return p[0].Slope.Lo <= slope && slope <= p[0].Slope.Hi
		})
		if held < 0.84 || held > 0.99 {
			t.Errorf("%s: held in %.3f", c.name, held)
		}
	}
}

func ExamplePhases() {
	var t, v []float64
	for i := range 60 {
		t, v = append(t, float64(i)), append(v, 20+3*max(0, min(float64(i), 40)-20))
	}
	for _, p := range Phases(t, v, 4) {
		fmt.Printf("%.0f to %.0f, %+.1f a minute\n", p.Begin, p.End, p.Slope.Value)
	}
	// Output:
	// 20 to 20, +0.0 a minute
	// 23 to 80, +3.0 a minute
	// 80 to 80, +0.0 a minute
}
