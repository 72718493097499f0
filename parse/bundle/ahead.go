package bundle

import "github.com/connbox/connbox/parse/segment"

// aheadSegments is how many segments are loaded at most while the present one is read.
const aheadSegments = 2

// A readAhead loads the next segments as changes while the present one is read, each in a
// goroutine of its own. A replay of a long recording is mostly loading, so that it takes two
// thirds of the time on two cores.
type readAhead struct {
	queue []chan loaded     // those being loaded, in the order in which they are read
	next  int               // of man.Segments, the first that is not being loaded
	done  []*segment.Reader // read to their end: memory for the next
}

type loaded struct {
	r   *segment.Reader
	err error
}

// take gives the segment just counted in b.seg.
func (a *readAhead) take(b *Bundle) (*segment.Reader, error) {
	if len(a.queue) == 0 {
		a.next = b.seg - 1
	}
	a.fill(b)
	l := <-a.queue[0]
	a.queue = append(a.queue[:0], a.queue[1:]...)
	a.fill(b)
	return l.r, l.err
}

// fill begins to load segments that are wanted until the queue is full.
func (a *readAhead) fill(b *Bundle) {
	for ; len(a.queue) < aheadSegments && a.next < len(b.man.Segments); a.next++ {
		info := &b.man.Segments[a.next]
		if !b.wanted(info) {
			continue
		}
		done := make(chan loaded, 1) // never blocks: a Bundle left unclosed leaks nothing
		a.queue = append(a.queue, done)
		kinds, loader := b.kinds, b.loader
		var old *segment.Reader
		if n := len(a.done); n > 0 {
			old, a.done = a.done[n-1], a.done[:n-1]
		}
		go func() {
			r, err := loader.segment(info, kinds, true, old)
			done <- loaded{r, err}
		}()
	}
}

// wait returns when nothing is being loaded any more.
func (a *readAhead) wait() {
	if a == nil {
		return
	}
	for _, done := range a.queue {
		<-done
	}
	a.queue = nil
}
