package bundle

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// copyStored writes what a bundle holds within bounds into another one, as it is stored, but for every
// drop-th record (0: all). It gives that one's path and how many lists came stored.
func copyStored(t *testing.T, path string, o record.Options, drop int) (copied string, stored int) {
	t.Helper()
	src := openBundle(t, path)
	o.Stored = true
	src.Limit(o)
	copied = filepath.Join(t.TempDir(), "copy.connbox")
	w, err := Create(copied, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	w.seg.Limits.Least = 2
	for n := 1; src.Scan(); n++ {
		if drop > 0 && n%drop == 0 {
			continue
		}
		if _, ok := src.Record().(*segment.StoredList); ok {
			stored++
		}
		if err := w.Write(src.Record()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("cut"); err != nil || src.Err() != nil {
		t.Fatal(err, src.Err())
	}
	return copied, stored
}

// TestStored: a copy of stored records holds exactly the records of the original within the bounds,
// whatever the bounds are and whatever is left out; whole segments of lists stay segments.
func TestStored(t *testing.T) {
	stored := 0
	same := func(recs []record.Record, o record.Options, drop int) {
		t.Helper()
		var want []record.Record
		for i, r := range between(recs, o) {
			if drop == 0 || (i+1)%drop != 0 {
				want = append(want, r)
			}
		}
		if len(want) == 0 {
			return
		}
		copied, n := copyStored(t, writeBundle(t, recs), o, drop)
		stored += n
		wantRecords(t, copied, want)
		if x, err := Inspect(copied); err != nil || x.Err != nil {
			t.Errorf("inspect --verify: %v %v", err, x)
		}
	}
	recs := serverRecords(t, 9, 250)
	first := recs[0].Base().At
	same(recs, record.Options{}, 0)
	same(recs, record.Options{}, 3)
	same(recs, record.Options{}, 101)
	for i := range 5 {
		same(recs, record.Options{From: first.Add(time.Duration(i*17) * time.Minute), To: first.Add(time.Duration(100+i*9) * time.Minute)}, 0)
	}
	same(recs, record.Options{Kinds: []record.Kind{record.KindClients}}, 0)
	same(recs, record.Options{Kinds: []record.Kind{record.KindInfo}}, 0)
	if stored < 1000 {
		t.Errorf("%d lists came stored", stored)
	}
	stored = 0
	for seed := range uint64(16) {
		odd := hostileRecords(seed, 60)
		for _, r := range odd { // of a text, lists have no duration and come as rows
			if h := r.Base(); seed%2 == 0 && h.Took < 0 {
				h.Took = 5 * time.Microsecond
			}
		}
		same(odd, record.Options{}, 0)
		same(odd, record.Options{From: time.Unix(1_784_000_000, 0).Add(15 * time.Minute)}, 0)
		same(odd, record.Options{}, 7)
	}
	if stored == 0 {
		t.Error("no list of the hostile recordings came stored")
	}
	path := writeBundle(t, recs)
	copied, _ := copyStored(t, path, record.Options{}, 0)
	var was, is []int64
	for _, b := range []*Bundle{openBundle(t, path), openBundle(t, copied)} {
		was, is = is, nil
		for _, s := range b.man.Segments {
			if n := s.Kinds[record.KindClients.String()]; n > 0 {
				is = append(is, n)
			}
		}
	}
	if len(was) < 2 || !reflect.DeepEqual(was, is) {
		t.Errorf("segments of %d lists become some of %d", was, is)
	}
}

// TestStoredInterleaved: stored records of two bundles, one after the other in time, are written as
// they come.
func TestStoredInterleaved(t *testing.T) {
	recs := serverRecords(t, 11, 120)
	var halves [2][]record.Record
	for i, r := range recs {
		halves[i/2%2] = append(halves[i/2%2], r)
	}
	var srcs [2]*Bundle
	for i := range halves {
		srcs[i] = openBundle(t, writeBundle(t, halves[i]))
		srcs[i].Limit(record.Options{Stored: true})
	}
	path := filepath.Join(t.TempDir(), "both.connbox")
	w, err := Create(path, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	w.seg.Limits.Least = 2
	for i := range recs {
		src := srcs[i/2%2]
		if !src.Scan() {
			t.Fatal(src.Err())
		}
		if err := w.Write(src.Record()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("cut"); err != nil {
		t.Fatal(err)
	}
	wantRecords(t, path, recs)
}
