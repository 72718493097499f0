package segment

import (
	"io"
	"reflect"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// A Part is where a segment's rows of a table are: a row group in memory. Of INFO, which
// several segments share, it is what LoadInfo gave, and the segment's first row in it.
type Part struct {
	Table string
	Group *table.Group
	Info  *Info
	Row   int
	Err   error // why it cannot be read
}

// A Reader gives the records of one segment, whose tables it has in memory.
type Reader struct {
	rows      []sampleRow
	i         int
	base, nth [record.NumKinds]int64
	info      *Info
	infoRow   int
	config    configReader
	slow      slowReader
	lists     listReplay
	changes   *changeReader // in place of lists, unless nil
	wanted    record.KindSet
	bad       [record.NumKinds]error // why the records of a kind cannot be read
	set       Set
	changed   record.ClientChanges // in place of the set's lists

	stored, storedLists bool // see Store
	storedList          StoredList
	storedInfo          StoredInfo
	list                record.Clients // see listAt
	replayed            int32          // lists put together so far
}

// A want says which column to read and where to, a *table.Ints or *table.Texts.
type want struct {
	name string
	to   any
}

func load(g *table.Group, columns ...want) (err error) {
	for _, c := range columns {
		switch to := c.to.(type) {
		case *table.Ints:
			err = g.Ints(c.name, to)
		case *table.Texts:
			err = g.Texts(c.name, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Read makes a Reader of a segment's tables, of which those that the kinds wanted do not
// need may be missing. Lists come as changes if these are asked for and can tell them. An
// error is that of the samples; any other table's comes with the first record that needs it.
// The memory of old, a Reader that is not used any more, is used again for changes.
func Read(parts []Part, wanted record.KindSet, changes bool, old *Reader) (*Reader, error) {
	s, changeMemory := &Reader{wanted: wanted}, (*changeReader)(nil)
	if changes {
		if old != nil && old.changes != nil {
			s.lists, changeMemory = old.lists, old.changes
			s.lists.reset()
		}
		s.lists.only = changeColumns
	}
	for _, l := range []struct {
		table string
		load  func(*table.Group) error
	}{
		{Samples, s.loadSamples}, // first: the others need how many of each kind
		{ConfigTable, s.config.load},
		{SlowlogTable, s.slow.loadEntries},
		{SlowlogReplies, s.slow.loadReplies},
		{Lists, s.lists.loadLists},
		{ClientsTable, s.lists.loadClients},
		{Spells, s.lists.loadSpells},
	} {
		for i := range parts {
			p := &parts[i]
			if p.Table != l.table || !Needs(p.Table, wanted) {
				continue
			}
			err := p.Err
			if err == nil && p.Group.Rows() > MaxRows {
				err = errorf("%d rows are too many", p.Group.Rows())
			}
			if err == nil && s.bad[Of(p.Table).Kind] == nil {
				err = l.load(p.Group)
			}
			if s.note(p.Table, err); err != nil && p.Table == Samples {
				return nil, s.bad[0]
			}
		}
	}
	for i := range parts {
		if p := &parts[i]; p.Table == InfoTable {
			s.info, s.infoRow = p.Info, p.Row
			s.note(InfoTable, p.Err)
		}
	}
	if s.lists.spells == 0 && wanted.Has(record.KindClients) {
		s.note(Lists, s.lists.link())
	}
	if !changes || !wanted.Has(record.KindClients) || s.bad[record.KindClients] != nil {
		return s, nil
	}
	if s.changes = newChanges(&s.lists, changeMemory); s.changes == nil {
		return Read(parts, wanted, false, nil)
	}
	return s, nil
}

// note keeps why the records that need a table cannot be read.
func (s *Reader) note(table string, err error) {
	if k := Of(table).Kind; err != nil && s.bad[k] == nil {
		s.bad[k] = errorf("table %s: %w", table, err)
	}
}

// Len gives the number of records, and First the number of the first one.
func (s *Reader) Len() int64   { return int64(len(s.rows)) }
func (s *Reader) First() int64 { return s.rows[0].Seq }

func (s *Reader) loadSamples(g *table.Group) (err error) {
	if s.rows, err = readRows[sampleRow](g); err != nil {
		return err
	}
	var seen [record.NumKinds]bool
	for i := range s.rows {
		k := record.KindOf(s.rows[i].Kind)
		if !seen[k] {
			seen[k], s.base[k] = true, s.rows[i].Nth
		}
		if k == record.KindClients {
			s.lists.lists++
		}
	}
	return nil
}

// Next gives the next record; io.EOF after the last. An error that comes with a record says
// that those of its kind cannot be read.
func (s *Reader) Next() (record.Record, error) {
	if s.i == len(s.rows) {
		return nil, io.EOF
	}
	row := &s.rows[s.i]
	s.i++
	k := record.KindOf(row.Kind)
	rec := s.set.Of(k)
	if rec == nil {
		return nil, errorf("record of unknown kind %q", row.Kind)
	}
	nth := s.nth[k]
	s.nth[k]++
	switch {
	case k == record.KindClients && s.changes != nil:
		rec = &s.changed
	case k == record.KindClients && s.storedLists:
		s.storedList.of, s.storedList.nth = s, int32(nth)
		rec = &s.storedList
	case k == record.KindInfo && s.stored && s.info != nil && s.bad[k] == nil && s.info.sound(s.infoRow+int(nth)):
		s.storedInfo.of, s.storedInfo.row = s.info, s.infoRow+int(nth)
		rec = &s.storedInfo
	}
	*rec.Base() = record.Head{At: TimeOf(row.At), Took: TookOf(row.Took), Size: int(row.Size)}
	if !s.wanted.Has(k) { // its time is all that is asked for
		return rec, nil
	}
	if s.bad[k] != nil {
		return rec, s.bad[k]
	}
	var err error
	switch r := rec.(type) {
	case *record.Info:
		err = s.readInfo(int(nth), r)
	case *record.Clients:
		err = s.lists.read(int32(nth), r)
	case *record.ClientChanges:
		err = s.changes.read(int32(nth), r)
	case *record.Slowlog:
		err = s.slow.read(s.base[k]+nth, row.Lines, r)
	case *record.Config:
		err = s.config.read(s.base[k]+nth, row.Lines, r)
	case *record.Other:
		r.Command, r.Text = row.Command, append(r.Text[:0], row.Text...)
	case *record.Failure:
		r.Command, r.Class, r.Text = row.Command, record.FailureClass(row.Class), row.Text
	case *record.Mark:
		r.Text = row.Text
	case *record.Chatter:
		r.Lines, r.Text = int(row.Lines), row.Text
	}
	return rec, err
}

func (s *Reader) readInfo(nth int, r *record.Info) error {
	if s.info == nil {
		return errorf("table %s is missing", InfoTable)
	}
	text, err := s.info.Text(s.infoRow + nth)
	if err != nil {
		return err
	}
	r.Reset(text)
	return nil
}

// A Set holds one record of each kind, to be filled again and again.
type Set struct {
	recs [record.NumKinds]record.Record
}

// recordTypes are the types of the records that a bundle has, by their kinds.
var recordTypes = [record.NumKinds]reflect.Type{
	record.KindInfo: reflect.TypeFor[record.Info](), record.KindClients: reflect.TypeFor[record.Clients](),
	record.KindSlowlog: reflect.TypeFor[record.Slowlog](), record.KindConfig: reflect.TypeFor[record.Config](),
	record.KindOther: reflect.TypeFor[record.Other](), record.KindFailure: reflect.TypeFor[record.Failure](),
	record.KindMark: reflect.TypeFor[record.Mark](), record.KindChatter: reflect.TypeFor[record.Chatter](),
}

// Stores tells whether a bundle has records of a kind.
func Stores(k record.Kind) bool { return int(k) < len(recordTypes) && recordTypes[k] != nil }

// Of gives the record of a kind, nil for one that no bundle has.
func (s *Set) Of(k record.Kind) record.Record {
	if !Stores(k) {
		return nil
	}
	if s.recs[k] == nil {
		s.recs[k] = reflect.New(recordTypes[k]).Interface().(record.Record)
	}
	return s.recs[k]
}
