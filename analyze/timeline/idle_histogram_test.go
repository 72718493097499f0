package timeline

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/connbox/connbox/analyze/stat"
)

func TestMedianIdle(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for n := range 400 {
		tab := &connTable{idleBase: 10, idleMost: math.MaxInt64 - 100}
		var want []float64
		tab.idles.reset()
		for range n % 40 {
			v := rnd.Int64N(1 << rnd.IntN(20))
			switch rnd.IntN(10) {
			case 0:
				v = -v
			case 1:
				v = math.MaxInt64 - v
			}
			tab.now = append(tab.now, connNow{from: 10 - v}, connNow{src: noSource})
			if v >= 0 && v <= tab.idleMost { // others cannot be
				tab.idles.add(v)
				want = append(want, float64(v))
			}
		}
		if got, want := tab.medianIdle(), stat.Median(want); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("median of %d idle times: %v, want %v", n%40, got, want)
		}
	}
	last := -1
	for v := int64(-2); v < 1<<17; v++ {
		if b := idleBucket(v); b < last || b > last+1 {
			t.Fatalf("bucket of %d is %d, after %d", v, b, last)
		} else {
			last = b
		}
	}
	if b := idleBucket(math.MaxInt64); b != idleBuckets-1 {
		t.Fatalf("the last of %d buckets is %d", idleBuckets, b)
	}
}
