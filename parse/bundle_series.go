package parse

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// A seriesReplay replays the changes of numbers and texts of a segment.
type seriesReplay struct {
	index map[seriesKey]int32
	base  [record.NumKinds]int64 // number of the segment's first record of each kind
	now   []seriesNow
	next  [record.NumKinds][]seriesChange // not yet replayed, by nth
}

// A seriesNow is the present state of a series.
type seriesNow struct {
	set  bool
	num  int64
	text string
}

type seriesChange struct {
	nth, series int32
	num         int64
	text        string
}

func (s *seriesReplay) loadNums(t *tableReader) error {
	var part, nth, value numColumn
	var kind, key textColumn
	if err := t.loadNums([]numWant{{"part", &part}, {"nth", &nth}, {"value", &value}}); err != nil {
		return err
	}
	if err := t.loadTexts([]textWant{{"kind", &kind}, {"key", &key}}); err != nil {
		return err
	}
	for i := range t.rows() {
		p := part.at(i)
		if p < 0 || p > math.MaxInt32 {
			return parquetErrorf("number %d of a value", p)
		}
		if err := s.add(kind.at(i), key.at(i), int32(p), nth.at(i), seriesChange{num: value.at(i)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *seriesReplay) loadTexts(t *tableReader) error {
	var nth numColumn
	var kind, key, text textColumn
	if err := t.loadNums([]numWant{{"nth", &nth}}); err != nil {
		return err
	}
	if err := t.loadTexts([]textWant{{"kind", &kind}, {"key", &key}, {"text", &text}}); err != nil {
		return err
	}
	for i := range t.rows() {
		if err := s.add(kind.at(i), key.at(i), -1, nth.at(i), seriesChange{text: text.at(i)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *seriesReplay) add(kindName, key string, part int32, nth int64, c seriesChange) error {
	kind := record.KindOf(kindName)
	if nth -= s.base[kind]; kind == 0 || nth < 0 || nth >= maxTable {
		return parquetErrorf("change of record %d of kind %q", nth, kindName)
	}
	k := seriesKey{kind, part, key}
	if s.index == nil {
		s.index = map[seriesKey]int32{}
	}
	i, ok := s.index[k]
	if !ok {
		i = int32(len(s.now))
		s.index[k] = i
		s.now = append(s.now, seriesNow{})
	}
	c.nth, c.series = int32(nth), i
	s.next[kind] = append(s.next[kind], c)
	return nil
}

// sort brings the changes into the order in which records come.
func (s *seriesReplay) sort() {
	for k := range s.next {
		slices.SortStableFunc(s.next[k], func(a, b seriesChange) int { return cmp.Compare(a.nth, b.nth) })
	}
}

// advance replays the changes up to the nth record of a kind; true if there were any.
func (s *seriesReplay) advance(kind record.Kind, nth int32) bool {
	cs := s.next[kind]
	n := 0
	for n < len(cs) && cs[n].nth <= nth {
		s.now[cs[n].series] = seriesNow{true, cs[n].num, cs[n].text}
		n++
	}
	s.next[kind] = cs[n:]
	return n > 0
}

// find gives the place of a series, -1 if there is none.
func (s *seriesReplay) find(k seriesKey) int32 {
	if i, ok := s.index[k]; ok {
		return i
	}
	return -1
}

// num and text give present values by key; an error where there is none.
func (s *seriesReplay) num(kind record.Kind, key string) (int64, error) {
	if i := s.find(seriesKey{kind, 0, key}); i >= 0 && s.now[i].set {
		return s.now[i].num, nil
	}
	return 0, parquetErrorf("number %q of %s is missing", key, kind)
}

func (s *seriesReplay) text(kind record.Kind, key string) (string, error) {
	if i := s.find(seriesKey{kind, -1, key}); i >= 0 && s.now[i].set {
		return s.now[i].text, nil
	}
	return "", parquetErrorf("text %q of %s is missing", key, kind)
}

// A configReplay puts CONFIG GET together again.
type configReplay struct{ pairs []record.Pair }

func (r *configReplay) read(s *seriesReplay, changed bool, rec *record.Config) error {
	if changed || r.pairs == nil {
		template, err := s.text(record.KindConfig, keyTemplate)
		if err != nil {
			return err
		}
		var l []record.Layout
		ok := strings.Count(template, " ") <= len(s.now) // each key has a series
		if ok {
			l, ok = splitLayouts(template)
		}
		if !ok || len(l) != 1 {
			return parquetErrorf("keys of CONFIG cannot be read")
		}
		r.pairs = make([]record.Pair, len(l[0]))
		for i, name := range seriesNames(l[0]) {
			v, err := s.text(record.KindConfig, name)
			if err != nil {
				return err
			}
			r.pairs[i] = record.Pair{Key: l[0][i], Value: v}
		}
	}
	rec.Pairs = append(rec.Pairs[:0], r.pairs...)
	return nil
}

// A slowReplay puts SLOWLOG GET together again.
type slowReplay struct {
	base    int64 // number of the first
	entries []record.SlowEntry
}

func (r *slowReplay) load(t *tableReader) error {
	var entry, id, at, micros, six numColumn
	var args, addr, name textColumn
	if err := t.loadNums([]numWant{{"entry", &entry}, {"id", &id}, {"time", &at}, {"micros", &micros}, {"six", &six}}); err != nil {
		return err
	}
	if err := t.loadTexts([]textWant{{"args", &args}, {"addr", &addr}, {"name", &name}}); err != nil {
		return err
	}
	r.base = entry.at(0)
	for i := range t.rows() {
		if err := t.spend(int64(16 * strings.Count(args.at(i), " "))); err != nil {
			return err
		}
		words, ok := unquoteArgs(args.at(i))
		if !ok {
			return parquetErrorf("slow command %d cannot be read", i)
		}
		r.entries = append(r.entries, record.SlowEntry{ID: id.at(i), Time: at.at(i), Micros: micros.at(i),
			Args: words, Addr: addr.at(i), Name: name.at(i), Six: six.at(i) != 0})
	}
	return nil
}

func (r *slowReplay) read(s *seriesReplay, rec *record.Slowlog) error {
	rec.Entries = rec.Entries[:0]
	count, err := s.num(record.KindSlowlog, keyCount)
	if err != nil {
		return err
	}
	listed, err := s.num(record.KindSlowlog, keyListed)
	if err != nil {
		return err
	}
	if count == 0 {
		return nil
	}
	if listed == 0 {
		top, err := s.num(record.KindSlowlog, keyTop)
		if err != nil {
			return err
		}
		if top -= r.base; count < 0 || count > top+1 || top >= int64(len(r.entries)) {
			return parquetErrorf("slow commands %d to %d of %d", top-count+1, top, len(r.entries))
		}
		for i := range count {
			rec.Entries = append(rec.Entries, r.entries[top-i])
		}
		return nil
	}
	list, err := s.text(record.KindSlowlog, keyListed)
	if err != nil {
		return err
	}
	for word := range strings.FieldsSeq(list) {
		n, err := strconv.ParseInt(word, 10, 64)
		if n -= r.base; err != nil || n < 0 || n >= int64(len(r.entries)) {
			return parquetErrorf("slow command %q of %d", word, len(r.entries))
		}
		rec.Entries = append(rec.Entries, r.entries[n])
	}
	if int64(len(rec.Entries)) != count {
		return parquetErrorf("%d slow commands instead of %d", len(rec.Entries), count)
	}
	return nil
}
