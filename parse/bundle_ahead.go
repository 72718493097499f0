package parse

import "fmt"

// aheadSegments is how many segments are loaded while the present one is read. Loading
// takes longer than most readers take, and two cores are the least that is met.
const aheadSegments = 2

// A readAhead loads the next segments while the present one is read, each in a goroutine of
// its own. Memory is bounded by aheadSegments and the present one.
type readAhead struct {
	queue []chan loadedSegment // those being loaded, in the order in which they are read
	next  int                  // of man.Segments, the first that is not being loaded
	spare [aheadSegments + 1]changesReplay
	turn  int // of spare
}

type loadedSegment struct {
	s   *segmentReader
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
		a.next = b.seg - 1
	}
	a.fill(b)
	l := <-a.queue[0]
	a.queue = append(a.queue[:0], a.queue[1:]...)
	if l.err == nil {
		a.fill(b)
	}
	return l.s, l.err
}

// fill begins to load segments that are wanted until the queue is full.
func (a *readAhead) fill(b *Bundle) {
	for ; len(a.queue) < aheadSegments && a.next < len(b.man.Segments); a.next++ {
		if info := &b.man.Segments[a.next]; b.wanted(info) {
			a.start(b, info)
		}
	}
}

func (a *readAhead) start(b *Bundle, info *segmentInfo) {
	done := make(chan loadedSegment, 1) // never blocks: a Bundle left unclosed leaks nothing
	spare := &a.spare[a.turn]
	a.queue, a.turn = append(a.queue, done), (a.turn+1)%len(a.spare)
	go func() {
		var l loadedSegment
		defer func() {
			if p := recover(); p != nil { // as in Bundle.scan
				l = loadedSegment{err: fmt.Errorf("damaged in a way that was not foreseen: %v", p)}
			}
			done <- l
		}()
		l.s, l.err = b.loadSegment(info, spare)
	}()
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
