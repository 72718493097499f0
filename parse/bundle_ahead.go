package parse

import "fmt"

// aheadSegments is how many segments are loaded at most while the present one is read.
const aheadSegments = 2

// A readAhead loads the next segments while the present one is read, each in a goroutine of
// its own: one, and one more for a reader that keeps waiting, as that costs the memory of a
// segment.
type readAhead struct {
	waits int                  // in a row
	width int                  // how many to load
	queue []chan loadedSegment // those being loaded, in the order in which they are read
	next  int                  // of man.Segments, the first that is not being loaded
	spare []*changesReplay     // whose memory may be used again
	last  *changesReplay       // of the present segment
}

type loadedSegment struct {
	s   *segmentReader
	in  *changesReplay // its memory
	err error
}

// Changes implements ChangeSource.
func (b *Bundle) Changes() { b.ahead = new(readAhead) }

// load gives the segment just counted in b.seg.
func (b *Bundle) load(info *segmentInfo) (*segmentReader, error) {
	a := b.ahead
	if a == nil {
		return b.loadSegment(info, nil)
	}
	if len(a.queue) == 0 {
		a.next, a.width = b.seg-1, max(a.width, 1)
	} else if len(a.queue[0]) != 0 {
		a.waits = 0
	} else if a.waits++; a.waits == 3 {
		a.width = aheadSegments
	}
	a.release(a.last)
	a.fill(b)
	l := <-a.queue[0]
	a.queue, a.last = append(a.queue[:0], a.queue[1:]...), l.in
	if l.err == nil {
		a.fill(b)
	}
	return l.s, l.err
}

// fill begins to load segments that are wanted until the queue is full.
func (a *readAhead) fill(b *Bundle) {
	for ; len(a.queue) < a.width && a.next < len(b.man.Segments); a.next++ {
		if info := &b.man.Segments[a.next]; b.wanted(info) {
			a.start(b, info)
		}
	}
}

func (a *readAhead) start(b *Bundle, info *segmentInfo) {
	done := make(chan loadedSegment, 1) // never blocks: a Bundle left unclosed leaks nothing
	a.queue = append(a.queue, done)
	in := new(changesReplay)
	if n := len(a.spare); n > 0 {
		in, a.spare = a.spare[n-1], a.spare[:n-1]
	}
	go func() {
		l := loadedSegment{in: in}
		defer func() {
			if p := recover(); p != nil { // as in Bundle.scan
				l.s, l.err = nil, fmt.Errorf("damaged in a way that was not foreseen: %v", p)
			}
			done <- l
		}()
		l.s, l.err = b.loadSegment(info, in)
	}()
}

// release keeps the memory of a segment that has been read.
func (a *readAhead) release(c *changesReplay) {
	if c != nil {
		a.spare = append(a.spare, c)
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
