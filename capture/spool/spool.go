// Package spool takes a recording's records without ever waiting for the disk: a goroutine of
// its own hands them to the Sink. While the sink refuses them (a full disk, a folder that is
// gone, an fsync of seconds) they stay in bounded memory and are tried again each second; of
// too many the oldest go, and a mark in the recording says from when to when.
//
// The memory of a record that is written belongs to the caller again when Write returns.
package spool

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// A Sink is where the records go in the end. After an error it must take the same record
// again, as bundle.Writer does while recording.
type Sink interface {
	Write(record.Record) error
}

// Defaults of Options.
const (
	DefaultMost  = 16 << 20
	defaultRetry = time.Second
	// lastTries is how long Close goes on trying.
	lastTries = 3 * time.Second
)

// Options says how a Spool waits.
type Options struct {
	Most  int           // bytes of records that are held; 0 = DefaultMost
	Retry time.Duration // between two tries; 0 = a second
}

// A Spool is a queue before a Sink.
type Spool struct {
	sink Sink
	opts Options
	done chan struct{} // closed when the goroutine has ended

	writing sync.Mutex // over the sink

	mu      sync.Mutex
	more    *sync.Cond // something was added, or closing was set
	items   []item
	held    int // bytes
	closing bool
	begun   bool // the first record was taken
	trouble Trouble
	lost    gap
}

// largeRecord is the size from which the memory of a record that was written is given back.
const largeRecord = 128 << 10

// An item is a record in the form of bundle.AppendRecord, or something else that has to be
// done in the order of the records.
type item struct {
	rec []byte
	at  time.Time
	do  func() error
}

// Trouble is what keeps a Spool from writing.
type Trouble struct {
	Err   error // of the last try; nil = there is none
	Since time.Time
	Held  int   // records that wait
	Lost  int64 // records given up so far
}

// A gap is what was given up and not yet said.
type gap struct {
	n        int64
	from, to time.Time
	all      int64
}

// New begins a Spool. Close ends it.
func New(to Sink, o Options) *Spool {
	if o.Most == 0 {
		o.Most = DefaultMost
	}
	if o.Retry == 0 {
		o.Retry = defaultRetry
	}
	s := &Spool{sink: to, opts: o, done: make(chan struct{})}
	s.more = sync.NewCond(&s.mu)
	go s.run()
	return s
}

// Write takes a record. The first goes to the sink before Write returns, with its error: a
// place that cannot be written at all is an error of the start. Later there is none.
func (s *Spool) Write(rec record.Record) error {
	s.mu.Lock()
	first := !s.begun
	s.begun = true
	s.mu.Unlock()
	if first {
		s.writing.Lock()
		defer s.writing.Unlock()
		return s.sink.Write(rec)
	}
	form := make([]byte, 0, rec.Base().Size/2+100) // a list takes less than half of its text
	s.add(item{rec: bundle.AppendRecord(form, rec), at: rec.Base().At})
	return nil
}

// Do runs fn between the records written before and after it, again and again until it gives
// no error.
func (s *Spool) Do(fn func() error) { s.add(item{do: fn}) }

func (s *Spool) add(it item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items = append(s.items, it)
	s.held += len(it.rec)
	for s.held > s.opts.Most && s.drop() {
	}
	s.more.Signal()
}

// drop gives up the oldest record that is not the one being tried.
func (s *Spool) drop() bool {
	for i := 1; i < len(s.items)-1; i++ {
		it := s.items[i]
		if it.rec == nil {
			continue
		}
		s.items = append(s.items[:i], s.items[i+1:]...)
		s.held -= len(it.rec)
		s.lost.add(it.at)
		return true
	}
	return false
}

func (g *gap) add(at time.Time) {
	if g.n == 0 {
		g.from = at
	}
	g.n, g.to = g.n+1, at
	g.all++
}

// errSlow is why records were given up where no write has failed.
var errSlow = errors.New("the disk is too slow")

// mark gives the record that tells of a gap.
func (g *gap) mark(why error) *record.Mark {
	if why == nil {
		why = errSlow
	}
	return &record.Mark{Head: record.Head{At: g.to, Took: -1}, Text: fmt.Sprintf(
		"%d records from %s to %s were not kept: %v", g.n, g.from.UTC().Format(time.RFC3339), g.to.UTC().Format(time.RFC3339), why)}
}

// Trouble tells what keeps the Spool from writing, from any goroutine.
func (s *Spool) Trouble() Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.trouble
	t.Held, t.Lost = len(s.items), s.lost.all
	return t
}

// Close ends the Spool when all is written, or could not be for some seconds; then the error
// says so. The sink is left open.
func (s *Spool) Close() error {
	s.mu.Lock()
	s.closing = true
	s.more.Signal()
	s.mu.Unlock()
	<-s.done
	if s.trouble.Err != nil {
		return fmt.Errorf("%d records at the end are not written: %w", len(s.items), s.trouble.Err)
	}
	return nil
}

func (s *Spool) run() {
	defer close(s.done)
	var buf bundle.RecordBuffer
	var ending time.Time
	for {
		it, closing, ok := s.next()
		if !ok {
			return
		}
		if closing && ending.IsZero() {
			ending = time.Now()
		}
		err := s.try(&buf, it)
		if len(it.rec) > largeRecord {
			buf = bundle.RecordBuffer{}
		}
		it = item{} // its memory is the queue's alone
		s.settle(err)
		if err == nil {
			continue
		}
		if closing && time.Since(ending) > lastTries {
			return
		}
		time.Sleep(s.opts.Retry)
	}
}

// next waits for the oldest item, which stays the first until settle takes it.
func (s *Spool) next() (it item, closing, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.items) == 0 && !s.closing {
		s.more.Wait()
	}
	if len(s.items) == 0 {
		return item{}, true, false
	}
	return s.items[0], s.closing, true
}

// A panicked is a record that cannot be written by a fault of the program: it is given up,
// not the recording.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("internal error: %v", p.value) }

// try does one item.
func (s *Spool) try(buf *bundle.RecordBuffer, it item) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p}
		}
	}()
	s.writing.Lock()
	defer s.writing.Unlock()
	if it.do != nil {
		return it.do()
	}
	rec, err := buf.Record(it.rec)
	if err != nil {
		rec = &record.Failure{Head: record.Head{At: it.at, Took: -1}, Class: record.FailOther, Text: "left out: " + err.Error()}
	}
	return s.sink.Write(rec)
}

// settle takes the item that was done off the queue, or notes why it was not. After a gap the
// next record is the mark that tells of it.
func (s *Spool) settle(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.trouble.Err == nil {
		s.trouble.Since = time.Now()
	}
	var p *panicked
	switch {
	case errors.As(err, &p):
		s.lost.add(s.items[0].at)
		s.trouble.Err = err
	case err != nil:
		s.trouble.Err = err
		return
	}
	s.held -= len(s.items[0].rec)
	s.items[0] = item{}
	s.items = s.items[1:]
	if s.lost.n > 0 {
		m := s.lost.mark(s.trouble.Err)
		s.items = append([]item{{rec: bundle.AppendRecord(nil, m), at: m.At}}, s.items...)
		s.held += len(s.items[0].rec)
		s.lost.n = 0
	}
	s.trouble.Err = nil
}
