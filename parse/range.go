package parse

import (
	"cmp"
	"errors"

	"github.com/connbox/connbox/parse/record"
)

// OpenRange opens a recording as Open does and gives the records that o asks for. Of a
// bundle, segments outside of the range are not decoded; they are hashed at the end, unless
// o.Unhashed. The first CLIENT LIST in the range is as complete as any other.
func OpenRange(path string, o record.Options) (record.Source, error) {
	if !o.From.IsZero() && !o.To.IsZero() && o.To.Before(o.From) {
		return nil, &record.InputError{Pos: record.Pos{File: path}, Msg: "no range", Err: errors.New("it ends before it begins")}
	}
	src, err := open(path, cmp.Or(o.MaxUnpacked, record.DefaultMaxUnpacked))
	if err != nil {
		return nil, err
	}
	kinds := record.KindSetOf(o.Kinds)
	switch s := src.(type) {
	case *Bundle:
		s.window, s.kinds = record.NewWindow(o), kinds
	case *spooled:
		s.window, s.kinds = record.NewWindow(o), kinds
	default:
		src = &ranged{src, record.NewWindow(o), kinds}
	}
	return src, nil
}

// wanted tells whether a segment may hold records that are asked for.
func (b *Bundle) wanted(s *segmentInfo) bool {
	first, last := microTime(s.FromUs), microTime(s.ToUs)
	return first.IsZero() || !b.window.Misses(first, last)
}

// A ranged is a text recording of which a part is read.
type ranged struct {
	record.Source
	window record.Window
	kinds  record.KindSet
}

// Scan implements Source.
func (r *ranged) Scan() bool {
	for r.Source.Scan() {
		rec := r.Record()
		if r.window.Holds(rec.Base().At) && r.kinds.Has(rec.Kind()) {
			return true
		}
	}
	return false
}
