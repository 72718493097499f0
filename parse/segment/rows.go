package segment

import (
	"reflect"
	"strings"

	"github.com/connbox/connbox/parse/table"
)

// Small tables are structs, a row each: a field's tag has its column's name and encoding, and
// "time" for one of times. Numbers are int64, texts strings.

var encodings = map[string]table.Encoding{"dict": table.Dict, "delta": table.Delta, "plain": table.Plain}

// columnsOf gives the columns of a table of T.
func columnsOf[T any]() (out []table.Column) {
	t := reflect.TypeFor[T]()
	for i := range t.NumField() {
		words := strings.Split(t.Field(i).Tag.Get("column"), ",")
		c := table.Column{Name: words[0], Encoding: encodings[words[1]]}
		switch {
		case len(words) > 2:
			c.Type = table.Time
		case t.Field(i).Type.Kind() == reflect.String:
			c.Type = table.Text
		}
		out = append(out, c)
	}
	return out
}

// tableOf gives the table of some rows.
func tableOf[T any](name string, rows []T) Table {
	columns := columnsOf[T]()
	return Table{name, int64(len(rows)), columns, func(to *table.Writer) {
		v := reflect.ValueOf(rows)
		for k, c := range columns {
			if c.Type == table.Text {
				to.Texts(c.Name, len(rows), func(i int) string { return v.Index(i).Field(k).String() })
			} else {
				to.Ints(c.Name, len(rows), func(i int) int64 { return v.Index(i).Field(k).Int() })
			}
		}
	}}
}

// readRows reads the rows of a table of T.
func readRows[T any](g *table.Group) ([]T, error) {
	rows := make([]T, g.Rows())
	v := reflect.ValueOf(rows)
	var nums table.Ints
	var texts table.Texts
	for k, c := range columnsOf[T]() {
		var err error
		if c.Type == table.Text {
			err = g.Texts(c.Name, &texts)
			for i := 0; i < len(rows) && err == nil; i++ {
				v.Index(i).Field(k).SetString(texts.At(i))
			}
		} else {
			err = g.Ints(c.Name, &nums)
			for i := 0; i < len(rows) && err == nil; i++ {
				v.Index(i).Field(k).SetInt(nums.At(i))
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}
