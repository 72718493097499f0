package parse

import (
	"context"
	"errors"

	"github.com/connbox/connbox/parse/record"
)

// OpenRange opens a recording as Open does and gives the records that o asks for: see Input.Open,
// which also takes a context. Text from standard input can be read once.
func OpenRange(path string, o record.Options) (record.Source, error) {
	in := FromFile(path)
	src, err := in.Open(context.Background(), o)
	if err != nil || in.tmp == nil {
		return src, err
	}
	c, _ := src.(record.ChangeSource) // a bundle that came as a stream
	return &owner{c, in}, nil
}

// An owner is a Source whose Input goes with it.
type owner struct {
	record.ChangeSource
	in *Input
}

func (o *owner) Close() error { return errors.Join(o.ChangeSource.Close(), o.in.Close()) }

// A ranged is a text recording of which a part is read.
type ranged struct {
	record.Source
	window record.Window
	kinds  record.KindSet
}

func (r *ranged) Scan() bool {
	for r.Source.Scan() {
		rec := r.Record()
		if r.window.Holds(rec.Base().At) && r.kinds.Has(rec.Kind()) {
			return true
		}
	}
	return false
}
