package reply

import (
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// AppendClients writes a reply of CLIENT LIST as the server does: for any reply with \n
// line ends and no blank lines, Parse and AppendClients give back the same bytes.
func AppendClients(dst []byte, c *record.Clients) []byte {
	var fields []record.FieldSpec
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

// fieldsOf appends what each key is, the zero FieldSpec for a key of no field.
func fieldsOf(dst []record.FieldSpec, lay record.Layout) []record.FieldSpec {
	for _, key := range lay {
		var spec record.FieldSpec
		if f, ok := record.FieldByKey(key); ok {
			spec = f.Spec()
		}
		dst = append(dst, spec)
	}
	return dst
}

// appendRow writes a line; fields are those of the row's layout.
func appendRow(dst []byte, c *record.Client, layouts []record.Layout, fields []record.FieldSpec) []byte {
	if c.Layout < 0 || c.Layout >= len(layouts) {
		return append(dst, c.Raw...)
	}
	extra := c.Extra
	for i, key := range layouts[c.Layout] {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(append(dst, key...), '=')
		switch f := &fields[i]; {
		case f.Num != nil:
			dst = strconv.AppendInt(dst, *f.Num(c), 10)
		case f.Str != nil:
			dst = append(dst, *f.Str(c)...)
		default:
			var value string
			value, extra, _ = strings.Cut(extra, " ")
			dst = append(dst, value...)
		}
	}
	return dst
}
