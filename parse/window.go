package parse

import (
	"errors"
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
	// Unhashed leaves Origin.SHA256 of a bundle empty, so that of a range nothing but its
	// segments is read.
	Unhashed bool
}

// OpenRange opens a recording as Open does and gives the records that o asks for. Of a
// bundle, segments outside of the range are not decoded; they are hashed at the end, unless
// o.Unhashed. The first CLIENT LIST in the range is as complete as any other.
func OpenRange(path string, o Options) (Source, error) {
	if !o.From.IsZero() && !o.To.IsZero() && o.To.Before(o.From) {
		return nil, &InputError{Pos: Pos{File: path}, Msg: "no range", Err: errors.New("it ends before it begins")}
	}
	src, err := Open(path)
	if err != nil {
		return nil, err
	}
	kinds := kindSetOf(o.Kinds)
	switch s := src.(type) {
	case *Bundle:
		s.window, s.kinds = newWindow(o), kinds
	case *spooled:
		s.window, s.kinds = newWindow(o), kinds
	default:
		src = &ranged{src, newWindow(o), kinds}
	}
	return src, nil
}

// A kindSet holds a bit for each kind; the zero value stands for all kinds.
type kindSet uint16

func kindSetOf(kinds []Kind) (s kindSet) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

func (s kindSet) has(k Kind) bool { return s == 0 || s>>k&1 != 0 }

// A timeWindow tells which records are asked for. The zero value takes all.
type timeWindow struct {
	from, to time.Time
	bounded  bool
	in       bool // whether the last record was inside
	unhashed bool
}

func newWindow(o Options) timeWindow {
	return timeWindow{from: o.From, to: o.To, bounded: !o.From.IsZero() || !o.To.IsZero(),
		in: o.From.IsZero(), unhashed: o.Unhashed}
}

// holds tells whether a record of that time, next in the recording, is asked for.
func (w *timeWindow) holds(at time.Time) bool {
	if !at.IsZero() {
		w.in = !w.misses(at, at)
	}
	return w.in || !w.bounded
}

// misses tells whether all of the times between first and last are outside.
func (w *timeWindow) misses(first, last time.Time) bool {
	return !w.from.IsZero() && last.Before(w.from) || !w.to.IsZero() && first.After(w.to)
}

// wanted tells whether a segment may hold records that are asked for.
func (b *Bundle) wanted(s *segmentInfo) bool {
	first, last := microTime(s.FromUs), microTime(s.ToUs)
	return first.IsZero() || !b.window.misses(first, last)
}

// A ranged is a text recording of which a part is read.
type ranged struct {
	Source
	window timeWindow
	kinds  kindSet
}

// Scan implements Source.
func (r *ranged) Scan() bool {
	for r.Source.Scan() {
		rec := r.Record()
		if r.window.holds(rec.Base().At) && r.kinds.has(rec.Kind()) {
			return true
		}
	}
	return false
}
