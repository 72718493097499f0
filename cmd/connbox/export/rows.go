package export

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// csvRows gives the writer of rows as CSV. Of CLIENT LIST: a column for the time and for
// every key that connbox knows, so that columns are the same for every server. A value that
// the server did not print is empty.
func csvRows(to io.Writer) func(io.Writer, record.Record) error {
	out := csv.NewWriter(to)
	begun := false
	row := make([]string, record.NumFields+2)
	return func(_ io.Writer, rec record.Record) error {
		list, ok := rec.(*record.Clients)
		if !ok {
			return nil
		}
		if !begun {
			begun = true
			row[0], row[len(row)-1] = "time", "extra"
			for f := range record.NumFields {
				row[f+1] = record.Field(f).String()
			}
			out.Write(row)
		}
		at := rowTime(list.At)
		for i := range list.Rows {
			c := &list.Rows[i]
			row[0], row[len(row)-1] = at, c.Extra
			for f := range record.NumFields {
				row[f+1], _ = fieldText(c, record.Field(f))
			}
			out.Write(row)
		}
		out.Flush()
		return out.Error()
	}
}

// infoColumns are the columns of INFO's rows: a row per value that is not as in the sample
// before. Sample is the number of the record, field the part of a value as calls=12,usec=34.
var infoColumns = [...]string{"sample", "time", "key", "field", "value"}

// infoCSV and infoJSON give the writers of INFO's rows.
func infoCSV(to io.Writer) func(io.Writer, record.Record) error {
	out := csv.NewWriter(to)
	out.Write(infoColumns[:])
	return infoRows(func(row []string) error { return out.Write(row) }, func() error {
		out.Flush()
		return out.Error()
	})
}

func infoJSON(to io.Writer) func(io.Writer, record.Record) error {
	var b []byte
	return infoRows(func(row []string) error {
		b = append(b, `{"sample":`...)
		b = append(b, row[0]...)
		for i, name := range infoColumns[1:] {
			b = append(appendJSON(append(b, ','), name), ':')
			b = appendJSON(b, row[1+i])
		}
		b = append(b, '}', '\n')
		return nil
	}, func() error {
		_, err := to.Write(b)
		b = b[:0]
		return err
	})
}

func infoRows(write func([]string) error, flush func() error) func(io.Writer, record.Record) error {
	var changes infoChanges
	var row [len(infoColumns)]string
	return func(_ io.Writer, rec record.Record) error {
		info, ok := rec.(*record.Info)
		if !ok {
			return nil
		}
		row[0], row[1] = strconv.FormatInt(max(info.Pos.Sample, info.Pos.Line), 10), rowTime(info.At)
		var failed error
		changes.each(info, func(key, field, value []byte) {
			row[2], row[3], row[4] = string(key), string(field), string(value)
			if err := write(row[:]); err != nil {
				failed = err
			}
		})
		if failed != nil {
			return failed
		}
		return flush()
	}
}

// jsonRows writes rows as JSON lines: the time, and the keys that the server printed, in
// the order of the table of fields.
func jsonRows(w io.Writer, rec record.Record) error {
	list, ok := rec.(*record.Clients)
	if !ok {
		return nil
	}
	var b []byte
	at := rowTime(list.At)
	for i := range list.Rows {
		c := &list.Rows[i]
		b = append(b[:0], `{"time":`...)
		b = appendJSON(b, at)
		for f := range record.NumFields {
			f := record.Field(f)
			if !c.Has.Has(f) {
				continue
			}
			b = append(appendJSON(append(b, ','), f.String()), ':')
			if v, ok := c.Int(f); ok {
				b = strconv.AppendInt(b, v, 10)
			} else {
				v, _ := c.Text(f)
				b = appendJSON(b, v)
			}
		}
		if c.Extra != "" {
			b = appendJSON(append(b, `,"extra":`...), c.Extra)
		}
		if _, err := w.Write(append(b, '}', '\n')); err != nil {
			return err
		}
	}
	return nil
}

func appendJSON(b []byte, s string) []byte {
	v, _ := json.Marshal(s) // a string always can be
	return append(b, v...)
}

func rowTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func fieldText(c *record.Client, f record.Field) (string, bool) {
	if !c.Has.Has(f) {
		return "", false
	}
	if v, ok := c.Int(f); ok {
		return strconv.FormatInt(v, 10), true
	}
	return c.Text(f)
}
