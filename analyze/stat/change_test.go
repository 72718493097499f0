package stat

import (
	"math/rand/v2"
	"testing"
)

// stream gives the counts of a Poisson process whose rate (events a second) rises at τ.
func stream(rng *rand.Rand, n int, dt, before, after, tau float64, batch int) (t, w []float64) {
	t, w = make([]float64, n), make([]float64, n)
	for i := range t {
		t[i] = float64(i) * dt
	}
	end := t[n-1]
	put := func(from, to, rate float64) {
		for x := from + rng.ExpFloat64()/rate; x < to; x += rng.ExpFloat64() / rate {
			w[min(int(x/dt)+1, n-1)] += float64(batch)
		}
	}
	if before > 0 {
		put(0, tau, before)
	}
	put(tau, end, after)
	return t, w
}

// The interval of a change of rate holds it as often as it says, for fast streams, slow
// ones of which the first event comes late, and batches; and the median is no worse than
// the time of the first event.
func TestRateChangeCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	for _, c := range []struct {
		name          string
		before, after float64
		batch         int
	}{{"fast", 0, 0.5, 1}, {"slow", 0, 0.01, 1}, {"on a background", 0.01, 0.05, 1}, {"batches", 0, 0.02, 6}} {
		const runs = 600
		held, late, error, first := 0, 0, 0.0, 0.0
		for range runs {
			tau := 300 + rng.Float64()*1500
			x, w := stream(rng, 250, 15, c.before, c.after, tau, c.batch)
			got, ok := RateChange(x, w, 0.9)
			if !ok {
				t.Fatalf("%s: no change found", c.name)
			}
			if got.Lo <= tau && tau <= got.Hi {
				held++
			}
			if got.At > tau {
				late++
			}
			error += abs(got.At-tau) / runs
			first += abs(x[RateStep(x, w)-1]-tau) / runs
		}
		if share := float64(held) / runs; share < 0.87 {
			t.Errorf("%s: the 90 %% interval holds the change in %.3f", c.name, share)
		}
		if share := float64(late) / runs; share < 0.1 || share > 0.75 {
			t.Errorf("%s: %.2f of the estimates are late", c.name, share)
		}
		if error > 1.1*first+15 {
			t.Errorf("%s: off by %.0f s on average, the first event by %.0f", c.name, error, first)
		}
	}
}

// A stream that was there from the first sample on is told from one that began.
func TestRateChangeBefore(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	wrong, missed := 0, 0
	for range 400 {
		x, w := stream(rng, 200, 15, 0, 0.03, 0, 1)
		if c, _ := RateChange(x, w, 0.9); c.Before < 0.5 {
			wrong++
		}
		x, w = stream(rng, 200, 15, 0.002, 0.03, 1500, 1)
		if c, _ := RateChange(x, w, 0.9); c.Before >= 0.5 {
			missed++
		}
	}
	if wrong > 40 || missed > 20 {
		t.Errorf("an even stream was said to begin in %d of 400, a beginning one not to in %d", wrong, missed)
	}
	if _, ok := RateChange([]float64{0, 1, 2}, []float64{0, 0, 1}, 0.9); ok {
		t.Error("one event gave a change")
	}
}

func TestEarlier(t *testing.T) {
	a := Change{Lo: 0, Hi: 10}
	for _, c := range []struct {
		b      Change
		lo, hi float64
	}{{Change{Lo: 100, Hi: 110}, 0.999, 1}, {a, 0.5, 0.5}, {Change{Lo: -100, Hi: -90}, 0, 0.001}, {Change{Lo: 2, Hi: 14}, 0.6, 0.8}} {
		if p := Earlier(a, c.b); p < c.lo || p > c.hi {
			t.Errorf("before %v: %v", c.b, p)
		}
	}
	if p := Earlier(Change{}, Change{}); p != 0.5 {
		t.Errorf("two equal moments: %v", p)
	}
}

func abs(x float64) float64 { return max(x, -x) }
