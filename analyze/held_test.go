package analyze

import (
	"fmt"
	"math"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/world"
)

// TestHeld: at each list the groups sum to the clients listed, and so do the bands of idle time;
// the leaking application is the first, and a long recording keeps its bounds, its incident's
// moments closer together than the others.
func TestHeld(t *testing.T) {
	for _, n := range []int{40, 900} {
		var listed []float64
		r := storyReport(600, n, nil, func(w *world.World, i int) {
			for k := range 12 { // more applications than groups
				w.Pool(fmt.Sprintf("10.2.0.%d", k), fmt.Sprintf("app-%c", 'a'+k), 3+k, 0.5)
			}
			for k := 0; i >= n/2 && k < 2000/n; k++ {
				w.Leak("10.3.0.1", "leaky")
			}
			listed = append(listed, float64(len(w.Clients)))
		})
		h := r.Held
		if len(h.At) > finding.MaxMoments || len(h.At) < min(n, finding.MaxMoments/2) || len(h.Groups) != finding.MaxHeld || !h.Groups[finding.MaxHeld-1].Others {
			t.Fatalf("%d lists: %d moments, %d groups", n, len(h.At), len(h.Groups))
		}
		if g := h.Groups[0]; g.Label != "leaky" || !g.Blamed {
			t.Errorf("%d lists: first group %q of a %s", n, g.Label, r.Verdict.Cause)
		}
		closest, widest := math.Inf(1), 0.0
		for i := range h.At {
			groups, idle := 0.0, 0.0
			for _, g := range h.Groups {
				groups += g.Connections[i]
			}
			for _, band := range h.Idle {
				idle += band[i]
			}
			if want := listed[int(h.At[i].Sub(r.Input.From).Seconds()/r.Input.Interval.Seconds()+0.5)]; groups != want || idle != want {
				t.Fatalf("%d lists, %s: %g in groups, %g in bands, %g listed", n, h.At[i], groups, idle, want)
			}
			if i > 0 {
				d := h.At[i].Sub(h.At[i-1]).Seconds()
				if d <= 0 {
					t.Fatalf("%d lists: moments do not rise", n)
				}
				closest, widest = min(closest, d), max(widest, d)
			}
		}
		if long := n > finding.MaxMoments; long != (widest > 1.5*closest) {
			t.Errorf("%d lists: moments %g to %g s apart, %+v", n, closest, widest, r.Impact)
		}
	}
	if h := storyReport(600, 0, nil, nil).Held; len(h.At) > 0 {
		t.Errorf("of nothing %d moments", len(h.At))
	}
}

func TestIdleBand(t *testing.T) {
	for idle, want := range map[int64]int{-1: 0, 0: 0, 1: 1, 9: 1, 10: 2, 59: 2, 60: 3, 86399: 6, 86400: 7, math.MaxInt64: 7} {
		if got := finding.IdleBand(idle); got != want {
			t.Errorf("%d s: band %d, want %d", idle, got, want)
		}
	}
}
