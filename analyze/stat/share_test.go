package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestShare: known intervals (Clopper and Pearson's table for 5 of 10 at 95 %; the rule of
// three's exact form for none), and coverage by simulation.
func TestShare(t *testing.T) {
	for _, c := range []struct{ k, n, conf, lo, hi float64 }{
		{5, 10, 0.95, 0.1871, 0.8129}, {0, 30, 0.9, 0, 1 - math.Pow(0.05, 1.0/30)}, {30, 30, 0.9, math.Pow(0.05, 1.0/30), 1},
	} {
		e := Share(c.k, c.n, c.conf)
		if math.Abs(e.Lo-c.lo) > 1e-4 || math.Abs(e.Hi-c.hi) > 1e-4 || e.Value != c.k/c.n {
			t.Errorf("Share(%v, %v) = %+v, want %v to %v", c.k, c.n, e, c.lo, c.hi)
		}
	}
	if e := Share(0, 0, 0.9); !math.IsNaN(e.Value) || e.Lo != 0 || e.Hi != 1 {
		t.Errorf("no trials: %+v", e)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	held := 0
	const reps = 2000
	for range reps {
		k := 0.0
		for range 40 {
			if rng.Float64() < 0.07 {
				k++
			}
		}
		if e := Share(k, 40, 0.9); e.Lo <= 0.07 && 0.07 <= e.Hi {
			held++
		}
	}
	if held < 0.9*reps {
		t.Errorf("the 90 %% interval held %d of %d", held, reps)
	}
}
