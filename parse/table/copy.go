package table

import (
	"io"

	"github.com/parquet-go/parquet-go"
)

// A Stored is a table all of whose bytes are at hand, whose row groups can be copied to
// another file as they are.
type Stored struct {
	file   *parquet.File
	bounds *bounds
	all    io.ReaderAt
}

// OpenAll opens a table of size bytes, which must stay as they are.
func OpenAll(r io.ReaderAt, size int64) (_ *Stored, err error) {
	defer caught(&err)
	s := &Stored{all: r}
	if s.bounds, err = checkIndex(r, size); err != nil {
		return nil, err
	}
	s.file, err = parquet.OpenFile(r, size, parquet.SkipBloomFilters(true), parquet.ReadBufferSize(64<<10))
	return s, err
}

// Unpacked gives about the bytes that a row group's columns come to.
func (s *Stored) Unpacked(group int) int64 { return s.file.Metadata().RowGroups[group].TotalByteSize }

// Columns gives the columns, as Group.Columns does.
func (s *Stored) Columns() []Column { return columnsOf(s.file) }

// CopyGroup copies a row group of a table of the same columns as it is, without unpacking it.
func (w *Writer) CopyGroup(s *Stored, group int) (err error) {
	defer caught(&err)
	if w.err == nil {
		w.err = s.bounds.checkCopy(s.all, group)
	}
	if w.err == nil {
		_, w.err = w.writer.WriteRowGroup(s.file.RowGroups()[group])
	}
	return w.err
}

// Sizes gives the bytes that each column takes in all row groups of a table.
func Sizes(r io.ReaderAt, size int64) ([]int64, error) {
	s, err := OpenAll(r, size)
	if err != nil {
		return nil, err
	}
	var out []int64
	for i := range s.bounds.leaves {
		n := int64(0)
		for _, g := range s.bounds.groups {
			n += g.chunks[i].size
		}
		out = append(out, n)
	}
	return out, nil
}
