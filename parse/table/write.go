package table

import (
	"io"
	"math"
	"strings"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// leastPage is the size of a page that a row group of few rows may fill.
const leastPage = 4 << 10

// batch is how many values go to the library at once; they take 24 bytes each.
const batch = 2048

// A Writer writes one table. Columns are given in the schema's order, each whole, and
// EndGroup after the last. The first error sticks. It holds the compressed pages of one row
// group and the values of one column.
type Writer struct {
	columns []Column
	writer  *parquet.GenericWriter[any]
	next    int // of columns
	rows    int // of the open group; -1 before its first column
	values  []parquet.Value
	err     error
}

// NewWriter begins a table named name on out. Each column of a row group of up to so many
// rows is one page, as a page has a dictionary index width and a zstd frame of its own; only
// long texts make several. The library takes memory for a page at once.
func NewWriter(out io.Writer, name string, columns []Column, rows int) (*Writer, error) {
	options := []parquet.WriterOption{
		schemaOf(name, columns), parquet.Compression(codec), parquet.PageBufferSize(max(leastPage, 16*rows)), parquet.WriteBufferSize(0),
		parquet.DataPageVersion(2), parquet.DataPageStatistics(false), parquet.CreatedBy("connbox", "", ""),
	}
	for i := range columns {
		options = append(options, parquet.SkipPageBounds(columns[i].Name))
	}
	if _, err := parquet.NewWriterConfig(options...); err != nil {
		return nil, err // NewWriter would panic
	}
	return &Writer{columns: columns, writer: parquet.NewGenericWriter[any](out, options...), rows: -1}, nil
}

// column begins the next column, which must be the named one, with the given rows.
func (w *Writer) column(name string, rows int, text bool) (*Column, *parquet.ColumnWriter) {
	switch {
	case w.err != nil:
		return nil, nil
	case w.next == len(w.columns) || w.columns[w.next].Name != name || (w.columns[w.next].Type == Text) != text:
		w.err = errorf("column %q is not the table's next, or of another type", name)
		return nil, nil
	case w.rows >= 0 && w.rows != rows:
		w.err = errorf("column %q has %d rows instead of %d", name, rows, w.rows)
		return nil, nil
	}
	w.rows = rows
	w.next++
	return &w.columns[w.next-1], w.writer.ColumnWriters()[w.next-1]
}

// flush writes the values collected.
func (w *Writer) flush(to *parquet.ColumnWriter) {
	if w.err == nil && len(w.values) > 0 {
		_, w.err = to.WriteRowValues(w.values)
	}
	w.values = w.values[:0]
}

// end ends a column, whose values become a page.
func (w *Writer) end(to *parquet.ColumnWriter) {
	w.flush(to)
	if w.err == nil {
		w.err = to.Flush()
	}
}

// Ints writes a column of numbers, whose values at gives.
func (w *Writer) Ints(name string, rows int, at func(i int) int64) {
	c, to := w.column(name, rows, false)
	if c == nil {
		return
	}
	for i := 0; i < rows; {
		for stop := min(i+batch, rows); i < stop; i++ {
			v := at(i)
			if c.Type != Int32 {
				w.values = append(w.values, parquet.Int64Value(v))
				continue
			}
			if v < math.MinInt32 || v > math.MaxInt32 {
				w.err = errorf("column %q: %d does not fit it", name, v)
			}
			w.values = append(w.values, parquet.Int32Value(int32(v)))
		}
		w.flush(to)
	}
	w.end(to)
}

// Texts writes a column of texts, whose values at gives; they may hold any bytes.
func (w *Writer) Texts(name string, rows int, at func(i int) string) {
	c, to := w.column(name, rows, true)
	if c == nil {
		return
	}
	for i := 0; i < rows; {
		for stop := min(i+batch, rows); i < stop; i++ {
			w.values = append(w.values, textValue(at(i)))
		}
		w.flush(to)
	}
	w.end(to)
}

// OptionalInts writes an optional column of numbers; at tells whether row i has one.
func (w *Writer) OptionalInts(name string, rows int, at func(i int) (int64, bool)) {
	w.optional(name, rows, false, func(i int) (parquet.Value, bool) {
		v, ok := at(i)
		return parquet.Int64Value(v), ok
	})
}

// OptionalTexts writes an optional column of texts.
func (w *Writer) OptionalTexts(name string, rows int, at func(i int) (string, bool)) {
	w.optional(name, rows, true, func(i int) (parquet.Value, bool) {
		v, ok := at(i)
		return textValue(v), ok
	})
}

func (w *Writer) optional(name string, rows int, text bool, at func(i int) (parquet.Value, bool)) {
	c, to := w.column(name, rows, text)
	if c == nil {
		return
	}
	for i := 0; i < rows; {
		for stop := min(i+batch, rows); i < stop; i++ {
			if v, ok := at(i); ok {
				w.values = append(w.values, v.Level(0, 1, w.next-1))
			} else {
				w.values = append(w.values, parquet.NullValue().Level(0, 0, w.next-1))
			}
		}
		w.flush(to)
	}
	w.end(to)
}

// textValue gives a text as a value that refers to it; writers copy.
func textValue(s string) parquet.Value {
	s = escapeText(s)
	return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// EndGroup ends the row group: what was given is written out when it returns.
func (w *Writer) EndGroup() error {
	if w.err == nil && w.next != len(w.columns) {
		w.err = errorf("column %q is missing", w.columns[w.next].Name)
	}
	if w.err == nil {
		w.err = w.writer.Flush()
	}
	w.next, w.rows = 0, -1
	return w.err
}

// Close ends the file.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	return w.writer.Close()
}

// Fill lets the file be so many bytes larger.
func (w *Writer) Fill(bytes int) { w.writer.SetKeyValueMetadata("fill", strings.Repeat(" ", bytes)) }
