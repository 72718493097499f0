package cli

import (
	"context"
	"runtime"
	"sync"
)

// Jobs gives how many workers --jobs asks for: as many as there are processors for 0.
func Jobs(n int) (int, error) {
	switch {
	case n < 0:
		return 0, Exitf(StatusUsage, "--jobs %d: at least one", n)
	case n == 0:
		return runtime.GOMAXPROCS(0), nil
	}
	return n, nil
}

// Each calls fn for every i from 0 on below n, at most jobs at once, and waits for all. When ctx
// ends, no more are begun.
func Each(ctx context.Context, n, jobs int, fn func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(jobs, n) {
		wg.Go(func() {
			for i := range next {
				fn(i)
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
}
