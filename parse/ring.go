package parse

import (
	"path/filepath"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// openRing opens the bundles of a ring that may hold something of the range as one recording.
// One that cannot be read does not keep the others from being read; a warning says so.
func openRing(dir string, o record.Options) (record.Source, error) {
	members, err := bundle.RingMembers(dir)
	if err != nil {
		return nil, err
	}
	var parts []record.Source
	var warn record.Warnings
	for i, path := range members {
		b, err := bundle.Open(path)
		if err != nil { // it may have become a file, or have been dropped, just now
			b, err = bundle.Open(path)
		}
		if err != nil {
			warn.Add(record.Pos{File: filepath.Base(path)}, "left out: %v", err)
			continue
		}
		meta := b.Origin().Meta
		before := !o.From.IsZero() && !meta.To.IsZero() && meta.To.Before(o.From)
		after := !o.To.IsZero() && !meta.From.IsZero() && meta.From.After(o.To)
		if i < len(members)-1 && (before || after) { // the last one's journal is not in its times yet
			b.Close()
			continue
		}
		b.Limit(o)
		parts = append(parts, b)
	}
	if len(parts) == 0 {
		return nil, record.Errorf(record.Pos{File: filepath.Base(dir)}, "the ring holds no recording that can be read")
	}
	m := Merge(parts...)
	m.name = filepath.Base(dir)
	m.warn.Take(&warn)
	return m, nil
}
