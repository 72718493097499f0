package cli

import (
	"context"
	"sync/atomic"
	"testing"
)

func TestEach(t *testing.T) {
	for _, jobs := range []int{1, 3, 100} {
		var done [20]atomic.Int32
		var now, most atomic.Int32
		Each(t.Context(), len(done), jobs, func(i int) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			done[i].Add(1)
			now.Add(-1)
		})
		for i := range done {
			if done[i].Load() != 1 {
				t.Errorf("%d jobs: %d was done %d times", jobs, i, done[i].Load())
			}
		}
		if int(most.Load()) > jobs {
			t.Errorf("%d at once of %d jobs", most.Load(), jobs)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	n := 0
	Each(ctx, 1000, 1, func(i int) {
		if n++; i == 4 {
			stop()
		}
	})
	if n < 5 || n > 7 {
		t.Errorf("%d were done after the end", n)
	}
	Each(t.Context(), 0, 4, func(int) { t.Error("nothing is to be done") })
	if _, err := Jobs(-1); StatusOf(err) != StatusUsage {
		t.Error(err)
	}
	if n, err := Jobs(0); n < 1 || err != nil {
		t.Error(n, err)
	}
}
