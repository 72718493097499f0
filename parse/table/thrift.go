package table

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
)

// Nothing that parquet.thrift describes is nested deeper than maxDepth. Of a column chunk's
// metadata no list has more than maxChunkList elements.
const (
	maxDepth     = 16
	maxChunkList = 64
)

// decode reads a struct of Thrift's compact protocol, which begins b, into v, and gives its
// length. Texts in v refer to b. The library allocates by the counts it reads and recurses as
// deep as it is told, so the bytes are walked before: lists that are in at most one other may
// have most elements in all.
func decode(b []byte, most int64, v any) (n int, err error) {
	var protocol thrift.CompactProtocol
	w := &walk{r: protocol.NewReaderFromBytes(b), size: len(b), most: most}
	if err := w.value(thrift.STRUCT, 0, 0); err != nil {
		return 0, fmt.Errorf("%w, %d bytes into the metadata", err, w.r.BytesRead())
	}
	n = w.r.BytesRead()
	d := thrift.NewDecoder(protocol.NewReaderFromBytes(b[:n]))
	d.SetStrict(true)
	return n, d.Decode(v)
}

// A walk goes over values of Thrift's compact protocol and keeps none.
type walk struct {
	r    thrift.BytesReader
	size int   // of what r reads
	most int64 // elements that are still allowed
}

func (w *walk) value(t thrift.Type, depth, lists int) (err error) {
	if depth > maxDepth {
		return errors.New("nested too deeply")
	}
	switch t {
	case thrift.TRUE, thrift.FALSE: // the type is the value
	case thrift.I8:
		_, err = w.r.ReadInt8()
	case thrift.I16, thrift.I32, thrift.I64:
		_, err = w.r.ReadInt64()
	case thrift.DOUBLE:
		_, err = w.r.ReadFloat64()
	case thrift.BINARY:
		_, err = w.r.ReadBytes() // of b, not copied
	case thrift.LIST, thrift.SET:
		return w.list(depth, lists)
	case thrift.STRUCT:
		return w.fields(depth, lists)
	default: // parquet.thrift has no maps
		err = fmt.Errorf("type %d is unknown", t)
	}
	return err
}

func (w *walk) list(depth, lists int) error {
	l, err := w.r.ReadList()
	if err != nil {
		return err
	}
	n, most := int64(l.Size), int64(maxChunkList)
	if lists < 2 {
		most = w.most
		w.most -= n
	}
	if left := int64(w.size - w.r.BytesRead()); n > min(most, left) {
		return fmt.Errorf("a list of %d elements; %d bytes are left and %d elements allowed", n, left, most)
	}
	for ; n > 0 && err == nil; n-- {
		if l.Type == thrift.TRUE || l.Type == thrift.FALSE { // has a byte of its own in a list
			_, err = w.r.ReadBool()
		} else {
			err = w.value(l.Type, depth+1, lists+1)
		}
	}
	return err
}

func (w *walk) fields(depth, lists int) error {
	for last := int16(0); ; {
		f, err := w.r.ReadField()
		if err != nil || f.Type == thrift.STOP {
			return err
		}
		if f.Delta {
			f.ID += last
		}
		if f.ID <= last {
			return fmt.Errorf("field %d after field %d", f.ID, last)
		}
		last = f.ID
		if err := w.value(f.Type, depth+1, lists); err != nil {
			return err
		}
	}
}
