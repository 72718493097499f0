package parse

import "fmt"

// A readAhead loads the next segment while the present one is read. There is never more
// than one at work, so memory is bounded by two segments.
type readAhead struct {
	next  chan loadedSegment // nil while none is being loaded
	spare [2]changesReplay   // of the present segment and the next, in turns
	turn  int
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
	if a.next == nil {
		a.start(b, info)
	}
	l := <-a.next
	a.next = nil
	if l.err != nil {
		return nil, l.err
	}
	for i := b.seg; i < len(b.man.Segments); i++ {
		if next := &b.man.Segments[i]; b.wanted(next) {
			a.start(b, next)
			break
		}
	}
	return l.s, nil
}

func (a *readAhead) start(b *Bundle, info *segmentInfo) {
	done := make(chan loadedSegment, 1) // never blocks: a Bundle left unclosed leaks nothing
	spare := &a.spare[a.turn]
	a.next, a.turn = done, 1-a.turn
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
	if a != nil && a.next != nil {
		<-a.next
		a.next = nil
	}
}
