package reduce

import (
	"cmp"
	"hash/maphash"
	"slices"
	"time"
)

// Tellings note what each server's recordings told, and of which stretch of time, so that a fact that two
// recordings tell of the same time counts once: the one that was added first counts.
type tellings struct {
	seed   maphash.Seed
	last   map[uint64]int32 // hash of a server and a fact -> its last telling
	all    []telling
	beyond int // facts that were not noted

	// Of the row that is added:
	server   string
	from, to int64 // unix seconds; equal where they are not known
}

// A telling is a fact's stretch of time, which grows as recordings of it overlap.
type telling struct {
	from, to int64
	before   int32 // the telling of the fact before this one; -1: none
}

// recent is how many tellings of a fact are looked at.
const recent = 1000

func newTellings() tellings { return tellings{seed: maphash.MakeSeed(), last: map[uint64]int32{}} }

// begin takes the time of a row of a server, of which first is then asked. It is false if another
// recording of the server overlaps.
func (t *tellings) begin(server string, from, to *time.Time) bool {
	t.server, t.from, t.to = server, 0, 0
	if from != nil && to != nil {
		t.from = from.Unix()
		t.to = max(to.Unix(), t.from+1) // a snapshot has a time, too
	}
	return t.first("recording", "", "")
}

// first tells whether no recording of the same server and time has told a fact, and notes it.
func (t *tellings) first(kind, a, b string) bool {
	if t.from == t.to {
		return true
	}
	key := maphash.Comparable(t.seed, [...]string{t.server, kind, a, b})
	last, ok := t.last[key]
	if !ok {
		last = -1
	}
	for i, n := last, 0; i >= 0 && n < recent; i, n = t.all[i].before, n+1 {
		if x := &t.all[i]; x.from < t.to && t.from < x.to {
			x.from, x.to = min(x.from, t.from), max(x.to, t.to)
			return false
		}
	}
	if len(t.all) >= maxTold {
		t.beyond++
		return true
	}
	t.last[key] = int32(len(t.all))
	t.all = append(t.all, telling{t.from, t.to, last})
	return true
}

// once leaves out incidents that overlapping recordings of one server tell again: of each chain of them the
// surest stays. They come back by time.
func once(all []incident) (left []incident, twice int) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b incident) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.cause, b.cause), cmp.Compare(a.from, b.from), cmp.Compare(a.input, b.input))
	})
	end := 0.0
	for i := range all {
		x := &all[i]
		if i == 0 || x.key != all[i-1].key || x.cause != all[i-1].cause || !(x.from < end) {
			left = append(left, *x)
			end = max(x.to, x.from+1)
			continue
		}
		twice++
		end = max(end, x.to)
		if y := &left[len(left)-1]; cmp.Or(-cmp.Compare(x.confidence, y.confidence), cmp.Compare(x.input, y.input)) < 0 {
			*y = *x
		}
	}
	slices.SortFunc(left, func(a, b incident) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.input, b.input), cmp.Compare(a.server, b.server))
	})
	return left, twice
}
