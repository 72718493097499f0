package record

import (
	"time"
)

// Options say what of a recording to read.
type Options struct {
	// From and To bound the times of the records, both included; zero is no bound. A
	// record without a time goes with the one before it; one before any time is known is
	// read only if From is zero. A time of the year 0 is a time of day, in its own zone: of the
	// recording's first day or, where that is over by half a day and more, of the next. One of To is
	// that after From.
	From, To time.Time
	// Kinds are those of the records to give; none stands for all. Of a bundle, nothing of
	// the others is read but their times.
	Kinds []Kind
	// MaxUnpacked bounds the bytes that a compressed text may unpack to; 0 stands for
	// DefaultMaxUnpacked.
	MaxUnpacked int64
	// MaxTime bounds how long reading may take, MaxRecords the records that are given and MaxBytes
	// their replies' bytes; 0 is no bound. Beyond, as beyond MaxUnpacked, Source.Err gives a
	// *LimitError. What came before stays valid.
	MaxTime              time.Duration
	MaxRecords, MaxBytes int64
	// Unhashed leaves Origin.SHA256 of a bundle empty, so that of a range nothing but its
	// segments is read.
	Unhashed bool
	// Stored asks for records as they lie in a bundle, where they are to be written into another: see
	// package segment's StoredList.
	Stored bool
}

// DefaultMaxUnpacked is more text than a server with 10,000 clients gives in a week at a
// sample each ten seconds. What unpacks to more is rather made to unpack without end.
const DefaultMaxUnpacked = 256_000_000_000

// Reversed tells a range that ends before it begins; of times of day nobody knows.
func (o *Options) Reversed() bool {
	return !o.From.IsZero() && !o.To.IsZero() && !isClock(o.From) && !isClock(o.To) && o.To.Before(o.From)
}

func isClock(t time.Time) bool { return t.Year() == 0 }

// onDay gives the moment that a time of day means in a recording of which the first known time
// is given, at the earliest half a day before that.
func onDay(clock, first time.Time) time.Time {
	if !isClock(clock) {
		return clock
	}
	y, m, d := first.In(clock.Location()).Date()
	at := time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), 0, clock.Location())
	if first.Sub(at) > 12*time.Hour {
		return at.AddDate(0, 0, 1)
	}
	return at
}

// A KindSet holds a bit for each kind; the zero value stands for all kinds.
type KindSet uint16

func KindSetOf(kinds []Kind) (s KindSet) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

func (s KindSet) Has(k Kind) bool { return s == 0 || s>>k&1 != 0 }

// A Window tells which records are asked for. The zero value takes all.
type Window struct {
	from, to time.Time
	bounded  bool
	in       bool // whether the last record was inside
	Unhashed bool // see Options
}

func NewWindow(o Options) Window {
	return Window{from: o.From, to: o.To, bounded: !o.From.IsZero() || !o.To.IsZero(),
		in: o.From.IsZero(), Unhashed: o.Unhashed}
}

// Holds tells whether a record of that time, next in the recording, is asked for.
func (w *Window) Holds(at time.Time) bool {
	if !at.IsZero() {
		w.Begin(at)
		w.in = !w.Misses(at, at)
	}
	return w.in || !w.bounded
}

// Begin takes the first known time of the recording, by which times of day are placed.
func (w *Window) Begin(first time.Time) {
	clocks, day := isClock(w.from) && isClock(w.to), first
	if !isClock(w.from) && w.from.After(first) { // a day is known: the time is the next after it
		day = w.from
	}
	w.from, w.to = onDay(w.from, first), onDay(w.to, day)
	if !w.to.IsZero() && !w.from.IsZero() && w.to.Before(w.from) {
		w.to = w.to.AddDate(0, 0, 1)
	}
	if clocks && w.to.Before(first) { // all of it is before the recording: the next day's is meant
		w.from, w.to = w.from.AddDate(0, 0, 1), w.to.AddDate(0, 0, 1)
	}
}

// Leave notes that the records before the next one were outside.
func (w *Window) Leave() { w.in = false }

// Misses tells whether all of the times between first and last are outside.
func (w *Window) Misses(first, last time.Time) bool {
	return !w.from.IsZero() && last.Before(w.from) || !w.to.IsZero() && first.After(w.to)
}

// Contains tells whether a kind is in the set, where the empty set is that of none.
func (s KindSet) Contains(k Kind) bool { return s>>k&1 != 0 }
