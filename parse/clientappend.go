package parse

import (
	"strconv"
	"strings"
)

// AppendClients writes a reply of CLIENT LIST as the server does: for any reply with \n
// line ends and no blank lines, Parse and AppendClients give back the same bytes.
func AppendClients(dst []byte, c *Clients) []byte {
	var fields []Field
	at := -1 // layout that fields belongs to
	for i := range c.Rows {
		row := &c.Rows[i]
		if row.Layout >= 0 && row.Layout < len(c.Layouts) && row.Layout != at {
			at = row.Layout
			fields = fieldsOf(fields[:0], c.Layouts[at])
		}
		dst = append(appendRow(dst, row, c.Layouts, fields), '\n')
	}
	return dst
}

// AppendClient writes one line of CLIENT LIST without its line end, as the server printed
// it. layouts is the Layouts of the Clients that c is from.
func AppendClient(dst []byte, c *Client, layouts []Layout) []byte {
	var fields []Field
	if c.Layout >= 0 && c.Layout < len(layouts) {
		fields = fieldsOf(make([]Field, 0, numFields), layouts[c.Layout])
	}
	return appendRow(dst, c, layouts, fields)
}

// fieldsOf appends the field of each key, numFields for a key of no field.
func fieldsOf(dst []Field, lay Layout) []Field {
	for _, key := range lay {
		f, ok := FieldByKey(key)
		if !ok {
			f = numFields
		}
		dst = append(dst, f)
	}
	return dst
}

// appendRow writes a line; fields are those of the row's layout.
func appendRow(dst []byte, c *Client, layouts []Layout, fields []Field) []byte {
	if c.Layout < 0 || c.Layout >= len(layouts) {
		return append(dst, c.Raw...)
	}
	extra := c.Extra
	for i, key := range layouts[c.Layout] {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(append(dst, key...), '=')
		if fields[i] == numFields {
			var value string
			value, extra, _ = strings.Cut(extra, " ")
			dst = append(dst, value...)
			continue
		}
		if s := &clientFields[fields[i]]; s.num != nil {
			dst = strconv.AppendInt(dst, *s.num(c), 10)
		} else {
			dst = append(dst, *s.str(c)...)
		}
	}
	return dst
}
