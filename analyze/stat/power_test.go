package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// What each method says where there is nothing, and how often it finds what there is, at
// the settings that the causes use. "Wrong" is measured with no effect, "found" with one
// of the size that matters; both bounds are part of the method.

// often counts how many of n draws are true.
func often(n int, draw func() bool) float64 {
	k := 0
	for range n {
		if draw() {
			k++
		}
	}
	return float64(k) / float64(n)
}

// A trend is claimed where the 90 % interval of its slope leaves out zero on the upper
// side. On correlated noise that may be wrong in one of twenty, where least squares alone
// would be in a third.
func TestSlopePower(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 1))
	for _, c := range []struct{ phi, slope, wrong, found float64 }{{0, 0.01, 0.08, 0.9}, {0.5, 0.02, 0.08, 0.9}, {0.8, 0.05, 0.1, 0.9}, {0.9, 0.12, 0.12, 0.85}, {0.95, 0.3, 0.14, 0.8}} {
		rises := func(slope float64) func() bool {
			return func() bool {
				x, y := ar1(rng, 200, c.phi, slope)
				return Slope(x, y, 0.9).Lo > 0
			}
		}
		if w := often(400, rises(0)); w > c.wrong {
			t.Errorf("φ=%v: a trend in %.3f of trendless series", c.phi, w)
		}
		if f := often(200, rises(c.slope)); f < c.found {
			t.Errorf("φ=%v: a slope of %v found in %.3f", c.phi, c.slope, f)
		}
	}
}

// The 90 % interval of a slope holds it.
func TestSlopeCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(42, 1))
	for _, phi := range []float64{0, 0.5, 0.8, 0.9} {
		held := often(400, func() bool {
			x, y := ar1(rng, 300, phi, 0.1)
			e := Slope(x, y, 0.9)
			return e.Lo <= 0.1 && 0.1 <= e.Hi
		})
		if held < 0.82 || held > 0.97 {
			t.Errorf("φ=%v: held in %.3f", phi, held)
		}
	}
}

// Spread tells a stream from a burst: at the leak's bound of 0.45, a steady stream of ten
// events and more is hardly ever over it, and a burst of pools that fill hardly ever under.
func TestSpreadPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 1))
	x := make([]float64, 200)
	for i := range x {
		x[i] = float64(i)
	}
	scattered := func(n int, from, to float64) float64 {
		w := make([]float64, len(x))
		for range n {
			w[1+int(from+rng.Float64()*(to-from))]++
		}
		return Spread(x, w)
	}
	for _, n := range []int{10, 20, 50, 200} {
		if w := often(500, func() bool { return scattered(n, 0, 199) > 0.45 }); w > 0.02 {
			t.Errorf("a stream of %d events is a burst in %.3f", n, w)
		}
		if f := often(500, func() bool { at := rng.Float64() * 180; return scattered(n, at, at+10) > 0.45 }); f < 0.98 {
			t.Errorf("a burst of %d events is found in %.3f", n, f)
		}
	}
}

// TauB against the growth of a fleet's 0.4: two series that have nothing to do with each
// other pass it seldom, even where each is correlated with itself; commands that follow the
// connections pass it nearly always.
func TestTauBPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(44, 1))
	for _, c := range []struct{ phi, wrong float64 }{{0, 0.005}, {0.5, 0.01}, {0.8, 0.05}, {0.9, 0.12}} {
		w := often(300, func() bool {
			_, x := ar1(rng, 100, c.phi, 0)
			_, y := ar1(rng, 100, c.phi, 0)
			return TauB(x, y) > 0.4
		})
		if w > c.wrong {
			t.Errorf("φ=%v: unrelated series pass in %.3f", c.phi, w)
		}
	}
	found := often(300, func() bool {
		x, noise := ar1(rng, 100, 0.5, 0)
		y := make([]float64, len(x))
		for i := range y {
			x[i] = math.Round(x[i] / 5) // connections come in steps, with ties
			y[i] = x[i] + 3*noise[i]
		}
		return TauB(x, y) > 0.4
	})
	if found < 0.95 {
		t.Errorf("related series pass in %.3f", found)
	}
}

// RateStep finds a tenfold rise within samples, and an even stream seldom begins late.
func TestRateStepPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(45, 1))
	near := often(300, func() bool {
		tau := 300 + rng.Float64()*1800
		x, w := stream(rng, 200, 15, 0.01, 0.1, tau, 1)
		return math.Abs(x[RateStep(x, w)]-tau) <= 6*15
	})
	if near < 0.85 {
		t.Errorf("within six samples in %.3f", near)
	}
	early := often(300, func() bool {
		x, w := stream(rng, 200, 15, 0, 0.05, 0, 1)
		return RateStep(x, w) <= 100
	})
	if early < 0.85 { // it always names a place: whether there is a change at all is RateChange's to say
		t.Errorf("an even stream begins in its first half in %.3f", early)
	}
}

// RateChange in the words of the report: the change is in its interval, for the rates of
// leaks that matter, whatever came before.
func TestRateChangePower(t *testing.T) {
	rng := rand.New(rand.NewPCG(46, 1))
	for _, after := range []float64{0.005, 0.02, 0.1} {
		var width float64
		const runs = 200
		held := often(runs, func() bool {
			tau := 600 + rng.Float64()*1800
			x, w := stream(rng, 300, 15, after/10, after, tau, 1)
			c, ok := RateChange(x, w, 0.9)
			width += (c.Hi - c.Lo) / runs
			return ok && c.Lo <= tau && tau <= c.Hi
		})
		if held < 0.86 {
			t.Errorf("%v a second: held in %.3f", after, held)
		}
		if bound := 15/after + 60; width > bound {
			t.Errorf("%v a second: %.0f s wide, over %.0f", after, width, bound)
		}
	}
}

// RampChange finds where something began to multiply, and does not call a step a ramp.
func TestRampChangePower(t *testing.T) {
	rng := rand.New(rand.NewPCG(47, 1))
	ramp := func() (x, w []float64, tau float64) {
		tau = 600 + rng.Float64()*900
		x, w = stream(rng, 240, 15, 0.01, 0.01, 0, 1)
		for i := 1; i < len(x); i++ {
			mean := 0.0004 * max(0, x[i]-7.5-tau) * 15
			for u := rng.ExpFloat64(); u < mean; u += rng.ExpFloat64() {
				w[i]++
			}
		}
		return x, w, tau
	}
	held, better := 0, 0
	const runs = 200
	for range runs {
		x, w, tau := ramp()
		c, b, ok := RampChange(x, w, 0.9)
		if ok && c.Lo-15 <= tau && tau <= c.Hi+15 {
			held++
		}
		if b {
			better++
		}
	}
	if held < runs*85/100 || better < runs*95/100 {
		t.Errorf("held in %d, taken for a ramp in %d of %d", held, better, runs)
	}
	wrong := often(runs, func() bool {
		x, w := stream(rng, 240, 15, 0.01, 0.4, 600+rng.Float64()*900, 1)
		_, b, _ := RampChange(x, w, 0.9)
		return b
	})
	if wrong > 0.05 {
		t.Errorf("a step is taken for a ramp in %.3f", wrong)
	}
}

// BendChange: the beginning of a rise lies in its interval, and its fit is Hinge's.
func TestBendChangeCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(48, 1))
	for _, phi := range []float64{0, 0.5, 0.8} {
		held := often(200, func() bool {
			at := 30 + rng.Float64()*60
			x, v := ar1(rng, 150, phi, 0)
			for i := range v {
				v[i] += 0.5 * max(0, x[i]-at)
			}
			c, ok := BendChange(x, v, 0.9)
			return ok && c.Lo <= at && at <= c.Hi
		})
		if held < 0.84 {
			t.Errorf("φ=%v: held in %.3f", phi, held)
		}
	}
	for range 20 {
		x, v := ar1(rng, 60, 0.3, 0)
		for i := range v {
			v[i] += max(0, x[i]-25)
		}
		at, _, _ := Hinge(x, v)
		if c, _ := BendChange(x, v, 0.9); c.At != x[at] {
			t.Errorf("bend at %v, hinge at %v", c.At, x[at])
		}
	}
}

// Step looks for one step: in noise alone its two sides differ by little, a real one is
// dated to the sample.
func TestStepPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(49, 1))
	wrong := often(300, func() bool {
		_, v := ar1(rng, 100, 0.5, 0)
		for i := range v {
			v[i] += 20
		}
		_, before, after := Step(v)
		return before < 0.75*after || after < 0.75*before
	})
	if wrong > 0.05 {
		t.Errorf("noise steps by a quarter in %.3f", wrong)
	}
	found := often(300, func() bool {
		_, v := ar1(rng, 100, 0.5, 0)
		k := 10 + rng.IntN(80)
		for i := range v {
			v[i] += 20
			if i >= k {
				v[i] += 10
			}
		}
		at, _, _ := Step(v)
		return at >= k-1 && at <= k+1
	})
	if found < 0.95 {
		t.Errorf("a step by half is dated right in %.3f", found)
	}
}

// Earlier: of two streams that began at one moment, either is called the earlier as seldom
// as it says; of two well apart, the right one is.
func TestEarlierPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(50, 1))
	begun := func(tau float64) Change {
		x, w := stream(rng, 200, 15, 0, 0.03, tau, 1)
		c, _ := RateChange(x, w, 0.9)
		return c
	}
	wrong := often(400, func() bool { tau := 500 + rng.Float64()*1000; return Earlier(begun(tau), begun(tau)) >= 0.9 })
	if wrong > 0.13 {
		t.Errorf("an order is seen in %.3f where there is none", wrong)
	}
	found := often(300, func() bool { tau := 500 + rng.Float64()*500; return Earlier(begun(tau), begun(tau+300)) >= 0.9 })
	if found < 0.95 {
		t.Errorf("300 s apart, the order is seen in %.3f", found)
	}
}
