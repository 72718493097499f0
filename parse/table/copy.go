package table

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
)

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
