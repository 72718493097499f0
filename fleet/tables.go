package fleet

import (
	"errors"
	"io"
	"math"
	"time"

	"github.com/connbox/connbox/parse/table"
)

// groupRows is how many rows of a table are held and make a row group.
const groupRows = 20_000

// A TableColumn is a column of a Parquet table, as docs/fleet.md lists it.
type TableColumn struct {
	table.Column
	Doc string
}

// A column takes its value from a thing of type T; false is null.
type column[T any] struct {
	TableColumn
	text func(T) (string, bool)
	num  func(T) (int64, bool)
}

// A causeRow is what a row of the table of causes is of: a source is nil where the cause has none.
type causeRow struct {
	row    *Row
	cause  *Cause
	place  int
	source *Source
	rank   int
}

func text[T any](name, doc string, of func(T) string) column[T] {
	return column[T]{TableColumn: TableColumn{table.Column{Name: name, Type: table.Text, Optional: true}, doc},
		text: func(t T) (string, bool) { s := of(t); return s, s != "" }}
}

// needed is a text that is always there.
func needed[T any](name, doc string, of func(T) string) column[T] {
	return column[T]{TableColumn: TableColumn{table.Column{Name: name, Type: table.Text}, doc},
		text: func(t T) (string, bool) { return of(t), true }}
}

func number[T any](name, doc string, of func(T) *int64) column[T] {
	return column[T]{TableColumn: TableColumn{table.Column{Name: name, Type: table.Int, Optional: true}, doc},
		num: func(t T) (int64, bool) {
			if v := of(t); v != nil {
				return *v, true
			}
			return 0, false
		}}
}

// scale is how many decimals fractions have.
const scale = 4

func fraction[T any](name, doc string, of func(T) *float64) column[T] {
	return column[T]{TableColumn: TableColumn{table.Column{Name: name, Type: table.Decimal, Scale: scale, Optional: true}, doc},
		num: func(t T) (int64, bool) {
			v := of(t)
			if v == nil || math.Abs(*v) >= 1e13 { // beyond the digits of a decimal
				return 0, false
			}
			return int64(math.Round(*v * 1e4)), true
		}}
}

func at[T any](name, doc string, of func(T) *time.Time) column[T] {
	return column[T]{TableColumn: TableColumn{table.Column{Name: name, Type: table.Time, Optional: true}, doc},
		num: func(t T) (int64, bool) {
			if v := of(t); v != nil {
				return v.UnixMicro(), true
			}
			return 0, false
		}}
}

func whole(v int) *int64 { n := int64(v); return &n }

// bundleColumns are those of the table with one row a recording.
var bundleColumns = []column[*Row]{
	needed("input", "path of the recording", func(r *Row) string { return r.Input }),
	text("part", "the server's name within it, where it holds several", func(r *Row) string { return r.Part }),
	needed("server", "key that joins recordings of one server", func(r *Row) string { return r.Key() }),
	text("address", "host:port", func(r *Row) string { return r.Address }),
	text("label", "what people call the server", func(r *Row) string { return r.Label }),
	text("cluster", "that it belongs to", func(r *Row) string { return r.Cluster }),
	text("zone", "where it runs", func(r *Row) string { return r.Zone }),
	text("team", "whose it is", func(r *Row) string { return r.Team }),
	text("version", "of the server", func(r *Row) string { return r.Version }),
	text("role", "master or slave", func(r *Row) string { return r.Role }),
	text("run_id", "of its last process", func(r *Row) string { return r.RunID }),
	needed("status", "incident, healthy, undetermined or failed", func(r *Row) string { return r.Status }),
	text("reason", "why it failed, or what was cut off", func(r *Row) string { return r.Reason }),
	text("error", "the same as a sentence", func(r *Row) string { return r.Error }),
	at("recorded_from", "first sample", func(r *Row) *time.Time { return r.From }),
	at("recorded_to", "last sample", func(r *Row) *time.Time { return r.To }),
	number("samples", "sampling rounds", func(r *Row) *int64 { return whole(r.Samples) }),
	text("cause", "id of the root cause", func(r *Row) string { return r.Cause }),
	fraction("confidence", "probability that the verdict is right", func(r *Row) *float64 { return r.Confidence }),
	text("summary", "one sentence", func(r *Row) string { return r.Summary }),
	number("slots", "slots for clients", func(r *Row) *int64 { return r.Limit }),
	number("peak", "most connections seen", func(r *Row) *int64 { return r.Peak }),
	number("refused", "connections refused", func(r *Row) *int64 { return r.Refused }),
	fraction("time_at_limit_s", "seconds at the limit", func(r *Row) *float64 { return r.AtLimitS }),
	fraction("unavailable_s", "seconds without an answer, at least", func(r *Row) *float64 { return r.UnavailableS }),
	at("first_signal", "first sign of trouble", func(r *Row) *time.Time { return r.FirstSignal }),
	at("limit_reached", "when", func(r *Row) *time.Time { return r.LimitReached }),
	fraction("full_min", "minutes from the end to the limit", func(r *Row) *float64 { return r.FullMin }),
	fraction("full_lo_min", "90 % interval of that", func(r *Row) *float64 { return r.FullLoMin }),
	fraction("full_hi_min", "its end; null: perhaps never", func(r *Row) *float64 { return r.FullHiMin }),
	number("spare", "slots that all pools counted would give back", func(r *Row) *int64 {
		if len(r.Pools) == 0 {
			return nil
		}
		n := 0
		for _, p := range r.Pools {
			n += p.Spare
		}
		return whole(n)
	}),
	text("sha256", "of the recording", func(r *Row) string { return r.SHA256 }),
	needed("tool", "version of connbox", func(r *Row) string { return r.Tool }),
}

// causeColumns are those of the table with one row a cause and source.
var causeColumns = []column[*causeRow]{
	needed("input", "path of the recording", func(f *causeRow) string { return f.row.Input }),
	text("part", "the server's name within it", func(f *causeRow) string { return f.row.Part }),
	needed("server", "key that joins recordings of one server", func(f *causeRow) string { return f.row.Key() }),
	text("cluster", "that it belongs to", func(f *causeRow) string { return f.row.Cluster }),
	text("zone", "where it runs", func(f *causeRow) string { return f.row.Zone }),
	text("team", "whose it is", func(f *causeRow) string { return f.row.Team }),
	at("recorded_from", "first sample of the recording", func(f *causeRow) *time.Time { return f.row.From }),
	number("rank", "of the cause in the recording, from 1; the root is 1", func(f *causeRow) *int64 { return whole(f.place + 1) }),
	needed("cause", "its id", func(f *causeRow) string { return f.cause.ID }),
	needed("role", "root, trigger, amplifier, modifier or consequence", func(f *causeRow) string { return f.cause.Role }),
	fraction("confidence", "probability that it took part", func(f *causeRow) *float64 { return f.cause.Confidence }),
	at("onset", "null: before the recording, or unknown", func(f *causeRow) *time.Time { return f.cause.Onset }),
	at("onset_lo", "holds the onset nine times in ten", func(f *causeRow) *time.Time { return f.cause.OnsetLo }),
	at("onset_hi", "the end of that interval", func(f *causeRow) *time.Time { return f.cause.OnsetHi }),
	at("ended", "null: still on at the end", func(f *causeRow) *time.Time { return f.cause.End }),
	number("source", "of the cause, from 1, worst first; null: none", func(f *causeRow) *int64 {
		if f.source == nil {
			return nil
		}
		return whole(f.rank + 1)
	}),
	source("service", "key that joins it with others of its service", func(s *Source) string { return s.Service }),
	source("host", "address without its port", func(s *Source) string { return s.Host }),
	source("name", "as CLIENT SETNAME gave it", func(s *Source) string { return s.Name }),
	source("user", "of the ACL", func(s *Source) string { return s.User }),
	source("lib", "client library", func(s *Source) string { return s.Lib }),
	number("connections", "those that count for the cause", func(f *causeRow) *int64 {
		if f.source == nil {
			return nil
		}
		return whole(f.source.Connections)
	}),
	fraction("share", "of all that count for it", func(f *causeRow) *float64 {
		if f.source == nil {
			return nil
		}
		return f.source.Share
	}),
}

func source(name, doc string, of func(*Source) string) column[*causeRow] {
	return text(name, doc, func(f *causeRow) string {
		if f.source == nil {
			return ""
		}
		return of(f.source)
	})
}

// BundleColumns and CauseColumns list the columns of the tables, for documents.
func BundleColumns() []TableColumn { return listed(bundleColumns) }

// CauseColumns is explained at BundleColumns.
func CauseColumns() []TableColumn { return listed(causeColumns) }

func listed[T any](columns []column[T]) []TableColumn {
	var out []TableColumn
	for i := range columns {
		out = append(out, columns[i].TableColumn)
	}
	return out
}

// A buffered is a table whose rows wait for their row group.
type buffered[T any] struct {
	columns []column[T]
	rows    []T
	w       *table.Writer
}

func newBuffered[T any](w io.Writer, name string, columns []column[T]) (*buffered[T], error) {
	var plain []table.Column
	for i := range columns {
		plain = append(plain, columns[i].Column)
	}
	to, err := table.NewWriter(w, name, plain, groupRows)
	return &buffered[T]{columns: columns, w: to}, err
}

func (b *buffered[T]) add(row T) error {
	if b.rows = append(b.rows, row); len(b.rows) < groupRows {
		return nil
	}
	return b.flush()
}

func (b *buffered[T]) flush() error {
	n := len(b.rows)
	for i := range b.columns {
		c := &b.columns[i]
		if c.text != nil {
			b.w.OptionalTexts(c.Name, n, func(i int) bool { _, ok := c.text(b.rows[i]); return !ok },
				func(i int) string { v, _ := c.text(b.rows[i]); return v })
		} else {
			b.w.OptionalInts(c.Name, n, func(i int) bool { _, ok := c.num(b.rows[i]); return !ok },
				func(i int) int64 { v, _ := c.num(b.rows[i]); return v })
		}
	}
	clear(b.rows)
	b.rows = b.rows[:0]
	return b.w.EndGroup()
}

// Tables writes rows as two Parquet tables: one row a recording, one a cause and source. Rows that
// are added must not change until Close; as many as make a row group are held.
type Tables struct {
	bundles *buffered[*Row]
	causes  *buffered[*causeRow]
}

// NewTables begins the two files.
func NewTables(bundles, causes io.Writer) (*Tables, error) {
	b, err := newBuffered(bundles, "bundles", bundleColumns)
	if err != nil {
		return nil, err
	}
	c, err := newBuffered(causes, "causes", causeColumns)
	return &Tables{b, c}, err
}

// Add writes a row.
func (t *Tables) Add(row *Row) error {
	err := t.bundles.add(row)
	for i := range row.Causes {
		c := &row.Causes[i]
		if len(c.Sources) == 0 {
			err = errors.Join(err, t.causes.add(&causeRow{row: row, cause: c, place: i}))
		}
		for k := range c.Sources {
			err = errors.Join(err, t.causes.add(&causeRow{row, c, i, &c.Sources[k], k}))
		}
	}
	return err
}

// Close writes what is left and ends the files; the writers stay the caller's.
func (t *Tables) Close() error {
	return errors.Join(t.bundles.flush(), t.causes.flush(), t.bundles.w.Close(), t.causes.w.Close())
}
