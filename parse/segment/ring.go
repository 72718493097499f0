package segment

import "slices"

// A ring foretells the order of a list from the one before: the server turns its list of
// clients a little each time (clientsCron) and appends new ones, so that the cyclic order
// of those who stay is kept and a new one stands behind the client that was last then.
type ring struct {
	next map[int32]int32
	a, b []int32
}

// turn gives the order of a list of n clients that begins with first, when those of prev
// that are gone are taken out and each born is put behind the client after it. It gives
// nil where that makes no such list. The result belongs to the ring until the next call.
func (r *ring) turn(prev []int32, gone func(int32) bool, born []int32, after func(int32) int32, first int32, n int) []int32 {
	if r.next == nil {
		r.next = map[int32]int32{}
	}
	clear(r.next)
	for _, d := range born {
		r.next[after(d)] = d
	}
	r.a = r.a[:0]
	chain := func(d int32) {
		r.a = append(r.a, d)
		for {
			x, ok := r.next[d]
			if !ok {
				return
			}
			delete(r.next, d)
			r.a = append(r.a, x)
			d = x
		}
	}
	for _, d := range prev {
		if !gone(d) {
			chain(d)
		}
	}
	if len(r.a) == 0 && n > 0 {
		for before, d := range r.next { // the ring closes on first: open it there
			if d == first {
				delete(r.next, before)
				break
			}
		}
		chain(first)
	}
	at := slices.Index(r.a, first)
	if len(r.a) != n || at < 0 && n > 0 {
		return nil
	}
	r.b = append(append(r.b[:0], r.a[max(at, 0):]...), r.a[:max(at, 0)]...)
	return r.b
}
