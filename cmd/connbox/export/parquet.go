package export

import (
	"io"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/table"
)

// groupRows is how many rows a row group has: what the writer holds in memory.
const groupRows = 16_384

// parquetClients gives the writer of CLIENT LIST as Parquet: a row a connection and sample, a
// column a key that connbox knows, null where the server did not print it. The columns are those of
// CSV.
func parquetClients(to io.Writer) (write func(io.Writer, record.Record) error, finish func() error, err error) {
	columns := []table.Column{{Name: "time", Type: table.Time, Encoding: table.Delta, Optional: true}}
	for f := range record.NumFields {
		spec := record.Field(f).Spec()
		c := table.Column{Name: spec.Key, Type: table.Text, Optional: true}
		if spec.Num != nil {
			c.Type = table.Int
		}
		columns = append(columns, c)
	}
	columns = append(columns, table.Column{Name: "extra", Type: table.Text, Optional: true})
	w, err := table.NewWriter(to, "clients", columns, groupRows)
	if err != nil {
		return nil, nil, err
	}
	var at []int64 // µs; 0: no time
	var rows []record.Client
	flush := func() error {
		n := len(rows)
		w.OptionalInts("time", n, func(i int) bool { return at[i] == 0 }, func(i int) int64 { return at[i] })
		for f := range record.NumFields {
			field := record.Field(f)
			null := func(i int) bool { return !rows[i].Has.Has(field) }
			if field.Spec().Num != nil {
				w.OptionalInts(field.String(), n, null, func(i int) int64 { v, _ := rows[i].Int(field); return v })
			} else {
				w.OptionalTexts(field.String(), n, null, func(i int) string { v, _ := rows[i].Text(field); return v })
			}
		}
		w.OptionalTexts("extra", n, func(i int) bool { return rows[i].Extra == "" }, func(i int) string { return rows[i].Extra })
		at, rows = at[:0], rows[:0]
		return w.EndGroup()
	}
	write = func(_ io.Writer, rec record.Record) error {
		list, ok := rec.(*record.Clients)
		if !ok {
			return nil
		}
		t := int64(0)
		if !list.At.IsZero() {
			t = list.At.UnixMicro()
		}
		for i := range list.Rows {
			at, rows = append(at, t), append(rows, kept(&list.Rows[i]))
			if len(rows) == groupRows {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return write, func() error { return closed(w, len(rows), flush) }, nil
}

// kept copies a client whose texts belong to the source.
func kept(c *record.Client) record.Client {
	out := *c
	for f := range record.NumFields {
		if s := record.Field(f).Spec().Str; s != nil {
			*s(&out) = strings.Clone(*s(c))
		}
	}
	out.Extra = strings.Clone(c.Extra)
	return out
}

// parquetInfo gives the writer of INFO as Parquet: a row a value that is not as in the sample before.
func parquetInfo(to io.Writer) (write func(io.Writer, record.Record) error, finish func() error, err error) {
	columns := []table.Column{{Name: "sample", Type: table.Int, Encoding: table.Delta}, {Name: "time", Type: table.Time, Encoding: table.Delta, Optional: true},
		{Name: "key", Type: table.Text}, {Name: "field", Type: table.Text}, {Name: "value", Type: table.Text}}
	w, err := table.NewWriter(to, "info", columns, groupRows)
	if err != nil {
		return nil, nil, err
	}
	var samples, at []int64
	var rows [][3]string
	now := int64(0)
	flush := func() error {
		n := len(rows)
		w.Ints("sample", n, func(i int) int64 { return samples[i] })
		w.OptionalInts("time", n, func(i int) bool { return at[i] == 0 }, func(i int) int64 { return at[i] })
		for k, name := range [...]string{"key", "field", "value"} {
			w.Texts(name, n, func(i int) string { return rows[i][k] })
		}
		samples, at, rows = samples[:0], at[:0], rows[:0]
		return w.EndGroup()
	}
	each := infoRows(func(row []string) error {
		sample, _ := strconv.ParseInt(row[0], 10, 64) // infoRows formatted it
		samples, at, rows = append(samples, sample), append(at, now), append(rows, [3]string{row[2], row[3], row[4]})
		if len(rows) == groupRows {
			return flush()
		}
		return nil
	}, func() error { return nil })
	write = func(to io.Writer, rec record.Record) error {
		if now = 0; !rec.Base().At.IsZero() {
			now = rec.Base().At.UnixMicro()
		}
		return each(to, rec)
	}
	return write, func() error { return closed(w, len(rows), flush) }, nil
}

// closed writes the last rows and ends the file.
func closed(w *table.Writer, rows int, flush func() error) error {
	if rows > 0 {
		if err := flush(); err != nil {
			return err
		}
	}
	return w.Close()
}
