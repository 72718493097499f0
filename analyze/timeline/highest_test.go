package timeline

import (
	"fmt"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// TestHighestSurvivesThinning: of a recording of more samples than are kept, the highest occupancy
// is as it was, at its place, though the gauges of the sample it was folded into are later ones.
func TestHighestSurvivesThinning(t *testing.T) {
	for _, at := range []int{1, 2, 3000, 5000, 9998} {
		c := newCollector()
		for i := range 10000 {
			n := 50
			if i == at {
				n = 777
			}
			s := c.open(float64(1700000000 + i))
			s.HasInfo, s.Connected, s.InfoPos = true, float64(n), record.Pos{File: "x", Line: int64(i + 1)}
		}
		best, where := 0.0, ""
		for i := range c.tl.Samples {
			if n, pos := c.tl.Samples[i].Highest(); n > best {
				best, where = n, pos.String()
			}
		}
		if want := fmt.Sprintf("x:%d", at+1); best != 777 || where != want || len(c.tl.Samples) > MaxSamples {
			t.Errorf("%v at %s, want 777 at %s, of %d samples", best, where, want, len(c.tl.Samples))
		}
	}
}
