package parse

import (
	"strconv"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A segment repeats what it needs of the clients that were there before, so that with many
// of them it must hold more, in proportion; maxSpells and a list of maxListRows fit maxTable.
const (
	spellsPerClient = 20
	bytesPerClient  = 100
	maxSpells       = 1 << 20
)

// segmentLimits say when a segment is sealed; they bound the writer's memory. With
// thousands of clients it is the spells that end one, after some minutes. Small recordings
// get an hour, as their segments would else be mostly Parquet's footers, some 20 kB.
type segmentLimits struct {
	span    time.Duration // from first to last record, if there are least records
	least   int
	records int
	spells  int
	bytes   int // of texts, numbers and rows held
}

func defaultLimits() segmentLimits {
	return segmentLimits{span: time.Hour, least: 256, records: 16 << 10, spells: 192 << 10, bytes: 8 << 20}
}

// A numbering says where a segment's numbers begin in the recording's.
type numbering struct {
	kinds                [record.NumKinds]int64
	lists, clients, slow int64
}

// A segment collects records for one set of tables.
type segment struct {
	limits   segmentLimits
	samples  []sampleRow
	texts    int // bytes of samples' texts
	kinds    [record.NumKinds]int64
	base     numbering
	from, to time.Time // first and last known times
	series   seriesSet
	lists    listWriter
	info     infoWriter
	config   configWriter
	slow     slowWriter
}

func newSegment() *segment {
	s := &segment{limits: defaultLimits()}
	s.reset(numbering{})
	return s
}

// end gives where the numbers of the next segment begin.
func (s *segment) end() numbering {
	n := s.base
	for k := range s.kinds {
		n.kinds[k] += s.kinds[k]
	}
	n.lists += int64(len(s.lists.lists))
	n.clients += int64(len(s.lists.clients))
	n.slow += int64(len(s.slow.entries))
	return n
}

// reset empties the segment and lets its numbers begin at base.
func (s *segment) reset(base numbering) {
	s.base = base
	clear(s.samples)
	s.samples, s.texts = s.samples[:0], 0
	s.kinds = [record.NumKinds]int64{}
	s.from, s.to = time.Time{}, time.Time{}
	s.series.reset()
	s.lists.reset()
	s.info, s.config = infoWriter{}, configWriter{}
	s.slow.reset(base.slow)
}

// full tells that the segment should be sealed before more is added.
func (s *segment) full() bool {
	l := &s.limits
	spells := min(max(l.spells, spellsPerClient*len(s.lists.order)), maxSpells)
	return len(s.samples) >= l.records || len(s.lists.spells) >= spells ||
		len(s.samples) >= l.least && s.to.Sub(s.from) >= l.span ||
		s.texts+s.series.bytes+s.info.bytes()+s.slow.bytes+s.lists.bytes >= l.bytes+len(s.lists.order)*bytesPerClient
}

// add takes a copy of a record that appendRecord has accepted.
func (s *segment) add(seq int64, rec record.Record) {
	h, kind := rec.Base(), rec.Kind()
	nth := s.kinds[kind]
	s.kinds[kind]++
	row := sampleRow{seq: seq, kind: kind, nth: s.base.kinds[kind] + nth, at: unixMicro(h.At),
		took: tookMicro(h.Took), size: int64(h.Size)}
	switch r := rec.(type) {
	case *record.Info:
		s.info.add(&s.series, nth, row.at, r.Text)
	case *record.Clients:
		s.lists.add(int32(nth), seq, r)
	case *record.Slowlog:
		s.slow.add(&s.series, nth, r.Entries)
	case *record.Config:
		s.config.add(&s.series, nth, r.Pairs)
	case *record.Other:
		row.command, row.text = r.Command, string(r.Text)
	case *record.Failure:
		row.command, row.class, row.text = r.Command, string(r.Class), r.Text
	case *record.Mark:
		row.text = r.Text
	case *record.Chatter:
		row.lines, row.text = int64(r.Lines), r.Text
	}
	if t := microTime(row.at); !t.IsZero() {
		if s.from.IsZero() || t.Before(s.from) {
			s.from = t
		}
		if t.After(s.to) {
			s.to = t
		}
	}
	s.samples = append(s.samples, row)
	s.texts += 100 + len(row.text) + len(row.command)
}

// A configWriter keeps the pairs of CONFIG GET that change.
type configWriter struct{ keys []string }

func (w *configWriter) add(set *seriesSet, nth int64, pairs []record.Pair) {
	w.keys = w.keys[:0]
	for _, p := range pairs {
		w.keys = append(w.keys, p.Key)
	}
	set.setText(set.at(seriesKey{record.KindConfig, -1, keyTemplate}), nth, joinLayouts([]record.Layout{w.keys}))
	for i, name := range seriesNames(w.keys) {
		set.setText(set.at(seriesKey{record.KindConfig, -1, name}), nth, pairs[i].Value)
	}
}

// A slowWriter keeps each entry of SLOWLOG GET once, oldest first, and which of them a
// reply showed.
type slowWriter struct {
	base    int64 // commands of the segments before
	entries []record.SlowEntry
	index   map[[3]int64]int
	bytes   int
	shown   []int
}

func (w *slowWriter) reset(base int64) {
	if w.index == nil {
		w.index = map[[3]int64]int{}
	}
	w.base = base
	clear(w.index)
	clear(w.entries)
	w.entries, w.bytes = w.entries[:0], 0
}

func (w *slowWriter) add(set *seriesSet, nth int64, entries []record.SlowEntry) {
	w.shown = append(w.shown[:0], make([]int, len(entries))...)
	for i := len(entries) - 1; i >= 0; i-- {
		w.shown[i] = w.place(&entries[i])
	}
	top, regular := -1, true
	if len(entries) > 0 {
		top = w.shown[0]
	}
	for i, e := range w.shown {
		regular = regular && e == top-i
	}
	num := func(key string, v int64) { set.setNum(set.at(seriesKey{record.KindSlowlog, 0, key}), nth, v, 0) }
	num(keyCount, int64(len(entries)))
	if regular {
		num(keyListed, 0)
		num(keyTop, w.base+int64(top))
		return
	}
	num(keyListed, 1)
	var list []byte
	for _, e := range w.shown {
		list = append(strconv.AppendInt(list, w.base+int64(e), 10), ' ')
	}
	set.setText(set.at(seriesKey{record.KindSlowlog, -1, keyListed}), nth, string(list))
}

// place gives the number of an entry, which is added if it is new. The id alone does not
// tell: a restart of the server begins anew.
func (w *slowWriter) place(e *record.SlowEntry) int {
	key := [3]int64{e.ID, e.Time, e.Micros}
	if i, ok := w.index[key]; ok && sameSlowEntry(&w.entries[i], e) {
		return i
	}
	c := *e
	c.Args = append([]string(nil), e.Args...)
	w.index[key] = len(w.entries)
	w.entries = append(w.entries, c)
	w.bytes += 150 + len(c.Addr) + len(c.Name)
	for _, a := range c.Args {
		w.bytes += 16 + len(a)
	}
	return len(w.entries) - 1
}

func sameSlowEntry(a, b *record.SlowEntry) bool {
	if a.Addr != b.Addr || a.Name != b.Name || a.Six != b.Six || len(a.Args) != len(b.Args) {
		return false
	}
	for i := range a.Args {
		if a.Args[i] != b.Args[i] {
			return false
		}
	}
	return true
}
