package parse

import (
	"fmt"
	"io"

	"github.com/connbox/connbox/parse/record"
)

// A segmentReader gives the records of one segment, whose tables it holds in memory.
type segmentReader struct {
	i, rows              int
	first                int64 // number of the first record
	at, took, size, lin  numColumn
	kind                 textColumn
	command, class, text textColumn
	kinds                []record.Kind // of kind's dictionary
	nth                  [record.NumKinds]int32
	series               seriesReplay
	info                 infoReplay
	config               configReplay
	slow                 slowReplay
	lists                listReplay
	changes              *changesReplay // in place of lists, unless nil
	wanted               record.KindSet
}

// loadSegment reads the tables of a segment. Tables it does not know are passed over.
// Lists come as changes, in the memory of those given, unless that is nil.
func (b *Bundle) loadSegment(info *segmentInfo, changes *changesReplay) (_ *segmentReader, err error) {
	s := &segmentReader{changes: changes, wanted: b.kinds}
	loadClients, loadSpells := s.lists.loadClients, s.lists.loadSpells
	if changes != nil {
		changes.forget(&s.lists)
		loadClients, loadSpells = changes.loadClients, changes.loadSpells
	}
	loaders := []struct {
		table string
		kind  record.Kind // that it is for; 0: more than one
		load  func(*tableReader) error
	}{
		{tableSamples, 0, s.loadSamples}, // first: the others need how many of each kind
		{tableLists, record.KindClients, s.lists.loadLists},
		{tableNumbers, 0, s.series.loadNums},
		{tableTexts, 0, s.series.loadTexts},
		{tableInfo, record.KindInfo, nil},
		{tableSlowlog, record.KindSlowlog, s.slow.load},
		{tableClients, record.KindClients, loadClients},
		{tableSpells, record.KindClients, loadSpells},
	}
	t := &tableReader{zstd: b.zstd}
	for i := range info.Members {
		t.left += info.Members[i].Bytes
	}
	t.left = textsOf(t.left)
	for _, l := range loaders {
		if l.kind != 0 && !s.wanted.Has(l.kind) {
			continue
		}
		for i := range info.Members {
			m := &info.Members[i]
			if m.Table != l.table {
				continue
			}
			data, err := readMember(b.files, m)
			if err != nil {
				return nil, err
			}
			if m.Table == tableInfo {
				s.info.load(data)
				continue
			}
			if err := t.open(data, m.Rows); err != nil {
				return nil, fmt.Errorf("member %q: %w", m.Name, err)
			}
			if err := l.load(t); err != nil {
				return nil, fmt.Errorf("member %q: %w", m.Name, err)
			}
		}
	}
	if int64(s.rows) != info.Records {
		return nil, fmt.Errorf("segment has %d records, the manifest says %d", s.rows, info.Records)
	}
	if s.first != info.First {
		return nil, fmt.Errorf("segment begins with record %d, the manifest says %d", s.first, info.First)
	}
	s.series.sort()
	if !s.wanted.Has(record.KindClients) {
		return s, nil
	}
	if changes == nil {
		if s.lists.spells == 0 {
			err = s.lists.link()
		}
		return s, err
	}
	if ok, err := changes.link(); ok || err != nil {
		return s, err
	}
	return b.loadSegment(info, nil)
}

func (s *segmentReader) loadSamples(t *tableReader) (err error) {
	s.rows = t.rows()
	var nth, seq numColumn
	if err := t.loadNums([]numWant{{"seq", &seq}, {"ts", &s.at}, {"took_us", &s.took}, {"size", &s.size}, {"lines", &s.lin}, {"nth", &nth}}); err != nil {
		return err
	}
	if err := t.loadTexts([]textWant{{"kind", &s.kind}, {"command", &s.command}, {"class", &s.class}, {"text", &s.text}}); err != nil {
		return err
	}
	s.first = seq.at(0)
	for _, name := range s.kind.dict {
		s.kinds = append(s.kinds, record.KindOf(name))
	}
	var seen [record.NumKinds]bool
	for i := range s.rows {
		k := s.kinds[s.kind.idx[i]]
		if !seen[k] {
			seen[k], s.series.base[k] = true, nth.at(i)
		}
		switch k {
		case record.KindClients:
			s.lists.lists++
		case record.KindInfo:
			s.info.left++
		}
	}
	return nil
}

// A numWant and a textWant say which column to read and where to.
type numWant struct {
	name string
	to   *numColumn
}

type textWant struct {
	name string
	to   *textColumn
}

func (t *tableReader) loadNums(cols []numWant) (err error) {
	for _, c := range cols {
		if err = t.nums(c.name, c.to); err != nil {
			return err
		}
	}
	return nil
}

func (t *tableReader) loadTexts(cols []textWant) (err error) {
	for _, c := range cols {
		if err = t.texts(c.name, c.to); err != nil {
			return err
		}
	}
	return nil
}

// next gives the next record in set; io.EOF after the last.
func (s *segmentReader) next(set *recordSet) (record.Record, error) {
	if s.i == s.rows {
		return nil, io.EOF
	}
	i := s.i
	s.i++
	k := s.kinds[s.kind.idx[i]]
	if set.of(k) == nil {
		return nil, parquetErrorf("record of unknown kind %q", s.kind.at(i))
	}
	rec, nth := set.of(k), s.nth[k]
	if k == record.KindClients && s.changes != nil {
		rec = &set.changes
	}
	s.nth[k]++
	*rec.Base() = record.Head{At: microTime(s.at.at(i)), Took: microTook(s.took.at(i)), Size: int(s.size.at(i))}
	if !s.wanted.Has(k) { // its time is all that is asked for
		return rec, nil
	}
	changed := s.series.advance(k, nth)
	var err error
	switch r := rec.(type) {
	case *record.Info:
		err = s.info.read(&s.series, s.at.at(i), r)
	case *record.Clients:
		err = s.lists.read(nth, r)
	case *ClientChanges:
		err = s.changes.read(nth, r)
	case *record.Slowlog:
		err = s.slow.read(&s.series, r)
	case *record.Config:
		err = s.config.read(&s.series, changed, r)
	case *record.Other:
		r.Command, r.Text = s.command.at(i), append(r.Text[:0], s.text.at(i)...)
	case *record.Failure:
		r.Command, r.Class, r.Text = s.command.at(i), record.FailureClass(s.class.at(i)), s.text.at(i)
	case *record.Mark:
		r.Text = s.text.at(i)
	case *record.Chatter:
		r.Lines, r.Text = int(s.lin.at(i)), s.text.at(i)
	}
	return rec, err
}
