package parse

import (
	"errors"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// OpenRange opens a recording as Open does and gives the records that o asks for. Of a
// bundle, segments outside of the range are not decoded; they are hashed at the end, unless
// o.Unhashed. The first CLIENT LIST in the range is as complete as any other.
func OpenRange(path string, o record.Options) (record.Source, error) {
	if o.Reversed() {
		return nil, &record.InputError{Pos: record.Pos{File: path}, Msg: "no range", Err: errors.New("it ends before it begins")}
	}
	src, err := open(path, o)
	if err != nil {
		return nil, err
	}
	switch s := src.(type) {
	case *bundle.Bundle, *Merged:
		return src, nil
	case *spooled:
		s.Limit(o)
		return src, nil
	}
	return &ranged{src, record.NewWindow(o), record.KindSetOf(o.Kinds)}, nil
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
