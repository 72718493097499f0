// Package segment turns records of a stretch of a recording into tables and back.
//
// A segment is some minutes up to an hour of records. Writer collects them in columns and
// gives the tables; Reader has the tables of one segment in memory and gives the records.
// A list is a reply of CLIENT LIST; a spell is a stretch of lists over which a client did
// not change but for what time changes; nth is a record's number among those of its kind.
//
// What a Writer is given it copies, but for strings; what a Reader gives belongs to it until
// the next call. Files, hashes and names are package bundle's.
package segment

import (
	"fmt"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// MaxText bounds the texts of a record that is no CLIENT LIST. An INFO has some 8 kB.
const MaxText = 8 << 20

// MaxRows bounds the rows of one table of a segment.
const MaxRows = 2 << 20

// maxSpells and a list of record.MaxListRows fit MaxRows.
const maxSpells = 1 << 20

// Limits say when a segment is full; they bound the writer's memory. With thousands of
// clients it is the spells that end one, after some minutes. Small recordings get an hour,
// as their segments would else be mostly Parquet's footers, some 20 kB.
type Limits struct {
	Span    time.Duration // from first to last record, if there are Least records
	Least   int
	Records int
	Spells  int
	// PerClient is how many spells there may be for each client at least: a segment repeats what it
	// needs of the clients that were there before, so that with many it must hold more.
	PerClient int
	Bytes     int // of what is held
}

// DefaultLimits are those of every recording.
func DefaultLimits() Limits {
	return Limits{Span: time.Hour, Least: 256, Records: 16 << 10, Spells: 192 << 10, PerClient: 20, Bytes: 8 << 20}
}

// LiveLimits are those of what is recorded beside a server: a third of the memory, for some
// percent of the bytes.
func LiveLimits() Limits {
	l := DefaultLimits()
	l.Spells, l.PerClient = 48<<10, 6
	return l
}

// A numbering says where a segment's numbers begin in the recording's.
type numbering struct {
	kinds                [record.NumKinds]int64
	lists, clients, slow int64
}

// A Writer collects the records of one segment after the other.
type Writer struct {
	Limits  Limits
	samples []sampleRow
	texts   int // bytes of samples' texts
	tally   Tally
	base    numbering
	lists   listWriter
	stored  storedLists // in place of lists, while there are any
	info    *InfoWriter
	config  configWriter
	slow    slowWriter
}

// NewWriter begins the first segment of a recording.
func NewWriter() *Writer {
	w := &Writer{Limits: DefaultLimits()}
	w.reset(numbering{})
	return w
}

// Next empties the Writer for the segment behind.
func (w *Writer) Next() {
	n := w.base
	for k, more := range w.tally.Kinds {
		n.kinds[k] += more
	}
	n.lists += int64(len(w.lists.lists) + len(w.stored.seqs))
	n.clients += int64(len(w.lists.clients))
	if s := &w.stored; len(s.seqs) > 0 {
		n.clients += int64(s.of.lists.clients)
	}
	n.slow += int64(len(w.slow.entries))
	w.reset(n)
}

func (w *Writer) reset(base numbering) {
	w.base = base
	clear(w.samples)
	w.samples, w.texts = w.samples[:0], 0
	w.tally = Tally{}
	w.lists.reset()
	w.stored = storedLists{}
	w.info, w.config = NewInfoWriter(nil, 0), configWriter{}
	w.slow.reset(base.slow)
}

// Len gives the number of records in the segment.
func (w *Writer) Len() int { return len(w.samples) }

// First gives the number of its first record; there must be one.
func (w *Writer) First() int64 { return w.samples[0].Seq }

// Tally gives what the segment's records come to.
func (w *Writer) Tally() Tally { return w.tally }

// Full tells that the segment should be written before more is added.
func (w *Writer) Full() bool {
	l := &w.Limits
	if s := &w.stored; len(s.seqs) > 0 { // which is a segment's size, if all of them come
		return s.whole() || len(w.samples) >= 2*l.Records || w.texts+w.info.Bytes()+w.config.bytes+w.slow.bytes >= 2*l.Bytes
	}
	clients := len(w.lists.order)
	spells := min(max(l.Spells, l.PerClient*clients), maxSpells)
	return len(w.samples) >= l.Records || len(w.lists.spells) >= spells ||
		len(w.samples) >= l.Least && w.tally.To.Sub(w.tally.From) >= l.Span ||
		w.texts+w.info.Bytes()+w.config.bytes+w.slow.bytes+w.lists.bytes >= l.Bytes+clients*bytesPerClient
}

// Add takes a copy of a record.
func (w *Writer) Add(seq int64, rec record.Record) {
	h, kind := rec.Base(), rec.Kind()
	nth := w.base.kinds[kind] + w.tally.Kinds[kind]
	w.tally.Add(rec)
	row := sampleRow{Seq: seq, Kind: kind.String(), Nth: nth, At: Micros(h.At), Took: TookMicros(h.Took), Size: int64(h.Size)}
	switch r := rec.(type) {
	case *record.Info:
		w.info.Add(seq, row.At, r.Text)
	case *StoredInfo:
		w.info.AddRow(seq, row.At, r.of, r.row)
	case *StoredList:
		row.Lines = r.of.lists.rowOf[r.nth].Rows
		w.addStored(int32(nth-w.base.kinds[kind]), seq, r)
	case *record.Clients:
		w.unpack()
		row.Lines = int64(len(r.Rows))
		w.lists.add(int32(nth-w.base.kinds[kind]), seq, r)
	case *record.Slowlog:
		row.Lines = int64(len(r.Entries))
		w.slow.add(seq, nth, r.Entries)
	case *record.Config:
		row.Lines = int64(len(r.Pairs))
		w.config.add(seq, row.At, nth, r.Pairs)
	case *record.Other:
		row.Command, row.Text = r.Command, string(r.Text)
	case *record.Failure:
		row.Command, row.Class, row.Text = r.Command, string(r.Class), r.Text
	case *record.Mark:
		row.Text = r.Text
	case *record.Chatter:
		row.Lines, row.Text = int64(r.Lines), r.Text
	}
	w.samples = append(w.samples, row)
	w.texts += 100 + len(row.Text) + len(row.Command)
}

// A Tally is how many records there are of each kind, and their first and last known time,
// zero where there is none.
type Tally struct {
	Kinds    [record.NumKinds]int64
	From, To time.Time
}

// Add counts a record.
func (t *Tally) Add(rec record.Record) {
	t.Kinds[rec.Kind()]++
	at := TimeOf(Micros(rec.Base().At))
	if at.IsZero() {
		return
	}
	if t.From.IsZero() || at.Before(t.From) {
		t.From = at
	}
	if at.After(t.To) {
		t.To = at
	}
}

// A Table is one table of a segment, to be written as a row group.
type Table struct {
	Name    string
	Rows    int64
	Columns []table.Column
	Write   func(*table.Writer) // all columns; EndGroup is the caller's
}

// Put gives each table that has rows to put, in the order of Tables.
func (w *Writer) Put(put func(Table) error) error {
	if !w.stored.whole() {
		w.unpack()
	}
	for _, t := range append([]Table{
		tableOf(Samples, w.samples),
		{InfoTable, int64(w.info.Rows()), w.info.Columns(), w.info.Write},
		w.info.TemplateTable(),
		tableOf(ConfigTable, w.config.rows),
		tableOf(SlowlogTable, w.slow.rows()),
		tableOf(SlowlogReplies, w.slow.replies),
	}, w.listTables()...) {
		if t.Rows == 0 {
			continue
		}
		if err := put(t); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) listTables() []Table {
	if w.stored.whole() {
		return w.stored.tables(&w.base)
	}
	l := &w.lists
	dims := numberClients(l)
	return []Table{
		tableOf(Lists, l.rowsOf(dims, &w.base)),
		{ClientsTable, int64(len(l.clients)), clientTable, func(to *table.Writer) { l.writeClients(to, dims, &w.base) }},
		{Spells, int64(len(l.spells)), spellTable, func(to *table.Writer) { l.writeSpells(to, dims, &w.base) }},
	}
}

// errorf makes an error about the content of a segment.
func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// unknownTime in ts stands for the zero time; took_us is -1 for an unknown duration.
const unknownTime = -1 << 63

// Micros gives a time's microseconds, a number of its own for the zero time and for one too
// far off. TimeOf undoes it.
func Micros(t time.Time) int64 {
	if t.IsZero() || t.Year() > 200000 || t.Year() < -200000 {
		return unknownTime
	}
	return t.UnixMicro()
}

// TimeOf gives the time of so many microseconds.
func TimeOf(us int64) time.Time {
	if us == unknownTime {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// TookMicros gives a duration's microseconds, -1 for an unknown one. TookOf undoes it.
func TookMicros(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Microseconds()
}

// TookOf gives -1, not -1 µs, for an unknown duration, and no number that overflows.
func TookOf(us int64) time.Duration {
	if us < 0 || us > 1<<53 {
		return -1
	}
	return time.Duration(us) * time.Microsecond
}
