package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"connbox/parse"
)

// csvRows gives the writer of rows as CSV: a column for the time and for every key of
// CLIENT LIST that connbox knows, so that columns are the same for every server. A value
// that the server did not print is empty.
func csvRows(to io.Writer) func(io.Writer, parse.Record) error {
	out := csv.NewWriter(to)
	begun := false
	row := make([]string, parse.NumFields+2)
	return func(_ io.Writer, rec parse.Record) error {
		list, ok := rec.(*parse.Clients)
		if !ok {
			return nil
		}
		if !begun {
			begun = true
			row[0], row[len(row)-1] = "time", "extra"
			for f := range parse.NumFields {
				row[f+1] = parse.Field(f).String()
			}
			out.Write(row)
		}
		at := rowTime(list.At)
		for i := range list.Rows {
			c := &list.Rows[i]
			row[0], row[len(row)-1] = at, c.Extra
			for f := range parse.NumFields {
				row[f+1], _ = fieldText(c, parse.Field(f))
			}
			out.Write(row)
		}
		out.Flush()
		return out.Error()
	}
}

// jsonRows writes rows as JSON lines: the time, and the keys that the server printed, in
// the order of the table of fields.
func jsonRows(w io.Writer, rec parse.Record) error {
	list, ok := rec.(*parse.Clients)
	if !ok {
		return nil
	}
	var b []byte
	at := rowTime(list.At)
	for i := range list.Rows {
		c := &list.Rows[i]
		b = append(b[:0], `{"time":`...)
		b = appendJSON(b, at)
		for f := range parse.NumFields {
			f := parse.Field(f)
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

func fieldText(c *parse.Client, f parse.Field) (string, bool) {
	if !c.Has.Has(f) {
		return "", false
	}
	if v, ok := c.Int(f); ok {
		return strconv.FormatInt(v, 10), true
	}
	return c.Text(f)
}
