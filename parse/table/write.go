package table

import (
	"bytes"
	"io"
	"math"
	"strings"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// leastPage is the size of a page that a row group of few rows may fill.
const leastPage = 4 << 10

// pageBuffers hold the compressed page of each column until its row group is written. The
// library's own take 256 kB each, whatever is in them, and INFO has hundreds of columns.
var pageBuffers = parquet.NewChunkBufferPool(4 << 10)

// batch is how many values go to the library at once; they take 24 bytes each.
const batch = 2048

// A Writer writes one table. Columns are given in the schema's order, each whole, and
// EndGroup after the last. The first error sticks. It holds the compressed pages of one row
// group and the values of one column.
type Writer struct {
	columns []Column
	writer  *parquet.GenericWriter[any]
	next    int // of columns
	place   int // of that one in the file
	probe   bool
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
		parquet.ColumnPageBuffers(pageBuffers), parquet.DataPageVersion(2), parquet.DataPageStatistics(false), parquet.CreatedBy("connbox", "", ""),
	}
	for i := range columns {
		options = append(options, parquet.SkipPageBounds(columns[i].Name))
	}
	if _, err := parquet.NewWriterConfig(options...); err != nil {
		return nil, err // NewWriter would panic
	}
	w := &Writer{columns: columns, writer: parquet.NewGenericWriter[any](out, options...), rows: -1}
	var unused []string
	for i := range columns {
		if columns[i].Unused {
			unused = append(unused, columns[i].Name)
		}
	}
	if unused != nil {
		w.writer.SetKeyValueMetadata(unusedKey, strings.Join(unused, " "))
	}
	return w, nil
}

// unusedKey is the footer's key under which the names of the columns stand that it lacks because all of
// their rows are 0 or empty: a column that is neither there nor named was lost.
const unusedKey = "unused"

// Ints writes a column of numbers, whose values at gives.
func (w *Writer) Ints(name string, rows int, at func(i int) int64) {
	w.OptionalInts(name, rows, none, at)
}

// Texts writes a column of texts, whose values at gives; they may hold any bytes.
func (w *Writer) Texts(name string, rows int, at func(i int) string) {
	w.OptionalTexts(name, rows, none, at)
}

func none(int) bool { return false }

// OptionalInts writes a column of numbers; null tells which rows of an optional one have none.
func (w *Writer) OptionalInts(name string, rows int, null func(i int) bool, at func(i int) int64) {
	w.write(name, rows, false, null, func(c *Column, i int) parquet.Value {
		v := at(i)
		if c.Type != Int32 {
			return parquet.Int64Value(v)
		}
		if v < math.MinInt32 || v > math.MaxInt32 {
			w.err = errorf("column %q: %d does not fit it", name, v)
		}
		return parquet.Int32Value(int32(v))
	})
}

// OptionalTexts writes a column of texts, in the same way.
func (w *Writer) OptionalTexts(name string, rows int, null func(i int) bool, at func(i int) string) {
	w.write(name, rows, true, null, func(_ *Column, i int) parquet.Value { return textValue(at(i)) })
}

// write writes the next column, which must be the named one, as a page.
func (w *Writer) write(name string, rows int, text bool, null func(i int) bool, at func(c *Column, i int) parquet.Value) {
	switch {
	case w.err != nil:
		return
	case w.next == len(w.columns) || w.columns[w.next].Name != name || (w.columns[w.next].Type == Text) != text:
		w.err = errorf("column %q is not the table's next, or of another type", name)
		return
	case w.rows >= 0 && w.rows != rows:
		w.err = errorf("column %q has %d rows instead of %d", name, rows, w.rows)
		return
	}
	c, place := &w.columns[w.next], w.place
	w.rows = rows
	w.next++
	if w.probe {
		for i := 0; i < rows && c.Unused; i++ {
			v := at(c, i)
			c.Unused = !text && v.Int64() == 0 || text && len(v.ByteArray()) == 0
		}
	}
	if w.probe || c.Unused {
		return
	}
	w.place++
	to := w.writer.ColumnWriters()[place]
	for i := 0; i < rows && w.err == nil; {
		w.values = w.values[:0]
		for stop := min(i+batch, rows); i < stop; i++ {
			switch {
			case !c.Optional:
				w.values = append(w.values, at(c, i))
			case null(i):
				w.values = append(w.values, parquet.NullValue().Level(0, 0, place))
			default:
				w.values = append(w.values, at(c, i).Level(0, 1, place))
			}
		}
		if w.err == nil {
			_, w.err = to.WriteRowValues(w.values)
		}
	}
	if w.err == nil {
		w.err = to.Flush()
	}
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
	w.next, w.place, w.rows = 0, 0, -1
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

// CopyGroup copies the first row group of a whole file of the same columns as it is, without
// unpacking it. The file must be one that a Writer wrote, as only its hash can tell: nothing
// guards the library here.
func (w *Writer) CopyGroup(file []byte) (err error) {
	defer caught(&err)
	if w.err != nil {
		return w.err
	}
	from, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	_, w.err = w.writer.WriteRowGroup(from.RowGroups()[0])
	return w.err
}
