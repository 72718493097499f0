package spool

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A disk is a Sink that can be full, slow or broken.
type disk struct {
	mu    sync.Mutex
	err   error
	wait  time.Duration
	panic string // in this text
	texts []string
}

func (d *disk) Write(rec record.Record) error {
	time.Sleep(d.wait)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	text := rec.(*record.Mark).Text
	if d.panic != "" && text == d.panic {
		panic("no such table")
	}
	d.texts = append(d.texts, text)
	return nil
}

func (d *disk) set(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

var at = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

func write(t *testing.T, s *Spool, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		m := &record.Mark{Head: record.Head{At: at.Add(time.Duration(i) * time.Second), Took: -1}, Text: fmt.Sprint(i)}
		if err := s.Write(m); err != nil {
			t.Fatal(err)
		}
		m.Text = "the caller's again"
	}
}

func TestOrder(t *testing.T) {
	d := &disk{}
	s := New(d, Options{})
	write(t, s, 0, 10)
	s.Do(func() error { return d.Write(&record.Mark{Text: "between"}) })
	write(t, s, 10, 20)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := "0 1 2 3 4 5 6 7 8 9 between 10 11 12 13 14 15 16 17 18 19"
	if got := strings.Join(d.texts, " "); got != want {
		t.Errorf("%s", got)
	}
}

// TestFull: while the disk is full nothing waits and nothing is lost; what is too much is said.
func TestFull(t *testing.T) {
	for _, test := range []struct {
		most, n int
		lost    bool
	}{{1 << 20, 500, false}, {2000, 500, true}} {
		d := &disk{}
		s := New(d, Options{Most: test.most, Retry: time.Millisecond})
		write(t, s, 0, 1)
		d.set(errors.New("no space left on device"))
		write(t, s, 1, test.n)
		for s.Trouble().Err == nil {
			time.Sleep(time.Millisecond)
		}
		if lost := s.Trouble().Lost; lost > 0 != test.lost || s.held > test.most {
			t.Errorf("%d lost, %d bytes held of %d", lost, s.held, test.most)
		}
		d.set(nil)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(d.texts, "\n")
		if said := strings.Contains(got, "were not kept: no space left on device"); said != test.lost {
			t.Errorf("%d bytes: %s", test.most, got)
		}
		if last := d.texts[len(d.texts)-1]; last != fmt.Sprint(test.n-1) || s.Trouble().Err != nil {
			t.Errorf("the last record is %s; %+v", last, s.Trouble())
		}
		if n := len(d.texts); !test.lost && n != test.n {
			t.Errorf("%d of %d records", n, test.n)
		}
	}
}

func TestStaysFull(t *testing.T) {
	d := &disk{}
	s := New(d, Options{Retry: lastTries})
	write(t, s, 0, 1)
	d.set(errors.New("no space left on device"))
	write(t, s, 1, 4)
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "3 records at the end are not written: no space") {
		t.Errorf("%v", err)
	}
}

// TestSlow: a disk that takes its time holds nobody up.
func TestSlow(t *testing.T) {
	d := &disk{wait: 20 * time.Millisecond}
	s := New(d, Options{Most: 100})
	write(t, s, 0, 1)
	write(t, s, 1, 200) // more than it may hold
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(d.texts); n > 100 || !strings.Contains(strings.Join(d.texts, "\n"), "too slow") {
		t.Errorf("%d records, %q", n, d.texts)
	}
}

func TestFirstIsAtOnce(t *testing.T) {
	want := errors.New("exists already")
	s := New(&disk{err: want}, Options{})
	if err := s.Write(&record.Mark{}); err != want {
		t.Errorf("%v", err)
	}
	s.Close()
}

func TestPanic(t *testing.T) {
	d := &disk{panic: "3"}
	s := New(d, Options{})
	write(t, s, 0, 6)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.texts, "|"); !strings.HasPrefix(got, "0|1|2|1 records from") || !strings.Contains(got, "internal error: no such table|4|5") {
		t.Errorf("%s", got)
	}
}

func ExampleSpool() {
	d := &disk{}
	s := New(d, Options{})
	s.Write(&record.Mark{Head: record.Head{At: at}, Text: "deploy 41"})
	s.Close()
	fmt.Println(d.texts)
	// Output: [deploy 41]
}
