package parse

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/connbox/connbox/parse/record"
)

// Sizes of a writer's queue: enough for it to work on one list while the next is parsed,
// with the small records between. They are arbitrary.
const (
	queueRecords = 8
	queueLists   = 2
	queueLarge   = 1 << 20 // bytes from which on a record waits for the queue to be empty
)

// A recordQueue hands copies of records to a goroutine that adds them to the segments, so
// that a list is added while the next is parsed: the two cost about the same.
type recordQueue struct {
	add   func(seq int64, rec record.Record) error
	full  chan *queued
	free  chan *queued
	lists chan *record.Clients // rows' memory, large and therefore for few records only
	quit  chan struct{}
	ended chan struct{}
	once  sync.Once
	err   atomic.Pointer[error] // the first of add
}

// A queued is a copy of a record: of a list, or of another in the journal's form.
type queued struct {
	seq  int64
	list *record.Clients
	data []byte
}

func newRecordQueue(add func(int64, record.Record) error) *recordQueue {
	q := &recordQueue{add: add, full: make(chan *queued, queueRecords), free: make(chan *queued, queueRecords),
		lists: make(chan *record.Clients, queueLists), quit: make(chan struct{}), ended: make(chan struct{})}
	for range queueRecords {
		q.free <- new(queued)
	}
	for range queueLists {
		q.lists <- new(record.Clients)
	}
	go q.run()
	return q
}

func (q *recordQueue) run() {
	defer close(q.ended)
	var set recordSet
	for {
		select {
		case <-q.quit:
			return
		case e := <-q.full:
			if q.failed() == nil {
				if err := q.take(e, &set); err != nil {
					q.err.Store(&err)
				}
			}
			if e.list != nil {
				q.lists <- e.list
				e.list = nil
			}
			q.free <- e
		}
	}
}

func (q *recordQueue) take(e *queued, set *recordSet) error {
	if e.list != nil {
		return q.add(e.seq, e.list)
	}
	rec, err := set.decode(&recordReader{b: e.data})
	if err != nil {
		return err
	}
	return q.add(e.seq, rec)
}

func (q *recordQueue) failed() error {
	if err := q.err.Load(); err != nil {
		return *err
	}
	return nil
}

// put queues a copy of a record. The error may be an earlier record's.
func (q *recordQueue) put(seq int64, rec record.Record, size int) error {
	if err := q.failed(); err != nil {
		return err
	}
	list, ok := rec.(*record.Clients)
	large := !ok && size >= queueLarge
	if large {
		if err := q.flush(); err != nil {
			return err
		}
	}
	e := <-q.free
	e.seq = seq
	if ok {
		e.list = <-q.lists
		copyClients(e.list, list)
	} else {
		e.data = appendRecord(e.data[:0], rec)
	}
	q.full <- e // there is room for all
	if large {
		err := q.flush()
		e.data = nil
		return err
	}
	return nil
}

// flush waits until the queue is empty, and gives its error.
func (q *recordQueue) flush() error {
	var all [queueRecords]*queued
	for i := range all {
		select {
		case all[i] = <-q.free:
		case <-q.ended:
			return errClosed
		}
	}
	for _, e := range all {
		q.free <- e
	}
	return q.failed()
}

// stop ends the goroutine, and returns when it has ended. What is queued is dropped.
func (q *recordQueue) stop() {
	q.once.Do(func() { close(q.quit) })
	<-q.ended
}

// copyClients makes c a copy of from, with the memory it has.
func copyClients(c, from *record.Clients) {
	rows := c.Rows
	*c = *from
	c.Rows = append(rows[:0], from.Rows...)
	c.Layouts = make([]record.Layout, len(from.Layouts))
	for i, l := range from.Layouts {
		c.Layouts[i] = slices.Clone(l)
	}
}
