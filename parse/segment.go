package parse

import (
	"bytes"
	"strconv"
	"time"
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
	return segmentLimits{span: time.Hour, least: 256, records: 16 << 10, spells: 48 << 10, bytes: 8 << 20}
}

// A segment collects records for one set of tables.
type segment struct {
	limits   segmentLimits
	samples  []sampleRow
	texts    int // bytes of samples' texts
	kinds    [KindChatter + 1]int64
	from, to time.Time // first and last known times
	series   seriesSet
	lists    listWriter
	info     infoWriter
	config   configWriter
	slow     slowWriter
}

func (s *segment) reset() {
	clear(s.samples)
	s.samples, s.texts = s.samples[:0], 0
	s.kinds = [KindChatter + 1]int64{}
	s.from, s.to = time.Time{}, time.Time{}
	s.series.reset()
	s.lists.reset()
	s.info, s.config = infoWriter{}, configWriter{}
	s.slow.reset()
}

// full tells that the segment should be sealed before more is added.
func (s *segment) full() bool {
	l := &s.limits
	return len(s.samples) >= l.records || len(s.lists.closed) >= l.spells ||
		len(s.samples) >= l.least && s.to.Sub(s.from) >= l.span ||
		s.texts+s.series.bytes+s.slow.bytes+len(s.lists.log) >= l.bytes
}

// add takes a copy of a record that appendRecord has accepted.
func (s *segment) add(seq int64, rec Record) {
	h, kind := rec.Base(), rec.Kind()
	nth := s.kinds[kind]
	s.kinds[kind]++
	row := sampleRow{Seq: seq, Kind: int64(kind), Nth: nth, AtUs: unixMicro(h.At),
		TookUs: tookMicro(h.Took), Size: int64(h.Size)}
	switch r := rec.(type) {
	case *Info:
		s.info.add(&s.series, nth, r.Text)
	case *Clients:
		s.lists.add(&s.series, nth, r)
	case *Slowlog:
		s.slow.add(&s.series, nth, r.Entries)
	case *Config:
		s.config.add(&s.series, nth, r.Pairs)
	case *Other:
		row.Command, row.Text = r.Command, bytes.Clone(r.Text)
	case *Failure:
		row.Command, row.Class, row.Text = r.Command, string(r.Class), []byte(r.Text)
	case *Mark:
		row.Text = []byte(r.Text)
	case *Chatter:
		row.Lines, row.Text = int64(r.Lines), []byte(r.Text)
	}
	if t := microTime(row.AtUs); !t.IsZero() {
		if s.from.IsZero() || t.Before(s.from) {
			s.from = t
		}
		if t.After(s.to) {
			s.to = t
		}
	}
	s.samples = append(s.samples, row)
	s.texts += len(row.Text) + len(row.Command)
}

// An infoWriter parts INFO into a template, the shapes of its values and their numbers.
type infoWriter struct {
	template []byte
	slots    []infoSlot
	// scratch
	cut    []byte
	values []span
	keys   []string
	shape  []byte
	nums   []int64
}

// An infoSlot is one key of the template.
type infoSlot struct {
	name  string
	value []byte  // of the last sample
	text  int32   // series of the shape
	nums  []int32 // series of the numbers
}

func (w *infoWriter) add(set *seriesSet, nth int64, text []byte) {
	w.cut, w.values = w.cut[:0], w.values[:0]
	at := 0
	eachInfoLine(text, func(_ []byte, _, value span) {
		w.cut = append(w.cut, text[at:value.lo]...)
		w.values, at = append(w.values, value), value.hi
	})
	w.cut = append(w.cut, text[at:]...)
	fresh := w.slots == nil || !bytes.Equal(w.cut, w.template)
	if fresh {
		w.template = append(w.template[:0], w.cut...)
		set.setText(set.at(seriesKey{KindInfo, -1, keyTemplate}), nth, string(w.cut))
		w.keys = w.keys[:0]
		eachInfoLine(w.cut, func(_ []byte, key, _ span) {
			w.keys = append(w.keys, string(w.cut[key.lo:key.hi]))
		})
		w.slots = make([]infoSlot, len(w.keys))
		for i, name := range seriesNames(w.keys) {
			w.slots[i] = infoSlot{name: name, text: set.at(seriesKey{KindInfo, -1, name})}
		}
	}
	for i := range w.slots {
		slot, v := &w.slots[i], text[w.values[i].lo:w.values[i].hi]
		if !fresh && bytes.Equal(v, slot.value) {
			continue
		}
		slot.value = append(slot.value[:0], v...)
		w.shape, w.nums = cutNumbers(w.shape[:0], w.nums[:0], v)
		if x := &set.all[slot.text]; x.rows == 0 || x.text != string(w.shape) {
			set.setText(slot.text, nth, string(w.shape))
		}
		for p, n := range w.nums {
			if p == len(slot.nums) {
				slot.nums = append(slot.nums, set.at(seriesKey{KindInfo, int32(p), slot.name}))
			}
			set.setNum(slot.nums[p], nth, n)
		}
	}
}

// A configWriter keeps the pairs of CONFIG GET that change.
type configWriter struct{ keys []string }

func (w *configWriter) add(set *seriesSet, nth int64, pairs []Pair) {
	w.keys = w.keys[:0]
	for _, p := range pairs {
		w.keys = append(w.keys, p.Key)
	}
	set.setText(set.at(seriesKey{KindConfig, -1, keyTemplate}), nth, joinLayouts([]Layout{w.keys}))
	for i, name := range seriesNames(w.keys) {
		set.setText(set.at(seriesKey{KindConfig, -1, name}), nth, pairs[i].Value)
	}
}

// A slowWriter keeps each entry of SLOWLOG GET once, oldest first, and which of them a
// reply showed.
type slowWriter struct {
	entries []SlowEntry
	index   map[[3]int64]int
	bytes   int
	shown   []int
}

func (w *slowWriter) reset() {
	if w.index == nil {
		w.index = map[[3]int64]int{}
	}
	clear(w.index)
	clear(w.entries)
	w.entries, w.bytes = w.entries[:0], 0
}

func (w *slowWriter) add(set *seriesSet, nth int64, entries []SlowEntry) {
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
	num := func(key string, v int64) { set.setNum(set.at(seriesKey{KindSlowlog, 0, key}), nth, v) }
	num(keyCount, int64(len(entries)))
	if regular {
		num(keyListed, 0)
		num(keyTop, int64(top))
		return
	}
	num(keyListed, 1)
	var list []byte
	for _, e := range w.shown {
		list = append(strconv.AppendInt(list, int64(e), 10), ' ')
	}
	set.setText(set.at(seriesKey{KindSlowlog, -1, keyListed}), nth, string(list))
}

// place gives the number of an entry, which is added if it is new. The id alone does not
// tell: a restart of the server begins anew.
func (w *slowWriter) place(e *SlowEntry) int {
	key := [3]int64{e.ID, e.Time, e.Micros}
	if i, ok := w.index[key]; ok && sameEntry(&w.entries[i], e) {
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

func sameEntry(a, b *SlowEntry) bool {
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
