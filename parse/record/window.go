package record

import (
	"time"
)

// Options say what of a recording to read.
type Options struct {
	// From and To bound the times of the records, both included; zero is no bound. A
	// record without a time goes with the one before it; one before any time is known is
	// read only if From is zero.
	From, To time.Time
	// Kinds are those of the records to give; none stands for all. Of a bundle, nothing of
	// the others is read but their times.
	Kinds []Kind
	// MaxUnpacked bounds the bytes that a compressed text may unpack to; 0 stands for
	// DefaultMaxUnpacked.
	MaxUnpacked int64
	// Unhashed leaves Origin.SHA256 of a bundle empty, so that of a range nothing but its
	// segments is read.
	Unhashed bool
}

// DefaultMaxUnpacked is more text than a server with 10,000 clients gives in a week at a
// sample each ten seconds. What unpacks to more is rather made to unpack without end.
const DefaultMaxUnpacked = 256_000_000_000

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
		w.in = !w.Misses(at, at)
	}
	return w.in || !w.bounded
}

// Leave notes that the records before the next one were outside.
func (w *Window) Leave() { w.in = false }

// Misses tells whether all of the times between first and last are outside.
func (w *Window) Misses(first, last time.Time) bool {
	return !w.from.IsZero() && last.Before(w.from) || !w.to.IsZero() && first.After(w.to)
}

// Contains tells whether a kind is in the set, where the empty set is that of none.
func (s KindSet) Contains(k Kind) bool { return s>>k&1 != 0 }

// Without gives the kinds of s that are not in t, where the empty t is the set of none.
func (s KindSet) Without(t KindSet) KindSet {
	if t == 0 {
		return s
	}
	if s == 0 {
		s = 1<<NumKinds - 2
	}
	if s &^= t; s == 0 {
		return 1 // a kind that nothing is of
	}
	return s
}
