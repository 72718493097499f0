package parse

import "encoding/binary"

// A thriftWriter writes Thrift's compact protocol.
type thriftWriter struct {
	b    []byte
	last []int16 // number of the last field, of each open struct
}

func (w *thriftWriter) field(id int16, typ byte) {
	top := &w.last[len(w.last)-1]
	if d := id - *top; d > 0 && d < 16 {
		w.b = append(w.b, byte(d)<<4|typ)
	} else {
		w.b = binary.AppendVarint(append(w.b, typ), int64(id))
	}
	*top = id
}

// begin opens a struct, as a field or, for id 0, as an element of a list.
func (w *thriftWriter) begin(id int16) {
	if id > 0 {
		w.field(id, thriftStruct)
	}
	w.last = append(w.last, 0)
}

func (w *thriftWriter) end() {
	w.b = append(w.b, 0)
	w.last = w.last[:len(w.last)-1]
}

func (w *thriftWriter) i32(id int16, v int) {
	w.field(id, thriftByte+2)
	w.b = binary.AppendVarint(w.b, int64(v))
}

func (w *thriftWriter) i64(id int16, v int) {
	w.field(id, thriftI64)
	w.b = binary.AppendVarint(w.b, int64(v))
}

func (w *thriftWriter) bool(id int16, v bool) {
	if v {
		w.field(id, thriftTrue)
	} else {
		w.field(id, thriftFalse)
	}
}

func (w *thriftWriter) text(id int16, s string) {
	w.field(id, thriftBinary)
	w.bytes(s)
}

func (w *thriftWriter) bytes(s string) {
	w.b = append(binary.AppendUvarint(w.b, uint64(len(s))), s...)
}

func (w *thriftWriter) list(id int16, typ byte, n int) {
	w.field(id, thriftList)
	if n < 15 {
		w.b = append(w.b, byte(n)<<4|typ)
		return
	}
	w.b = binary.AppendUvarint(append(w.b, 0xF0|typ), uint64(n))
}

// pageHead writes the header of a page: PageHeader of parquet.thrift.
func (f *tableFile) pageHead(kind, full, packed, values int, encoding byte, compressed bool) {
	w := &thriftWriter{b: f.buf}
	w.begin(0)
	w.i32(1, kind)
	w.i32(2, full)
	w.i32(3, packed)
	if kind == pageDictionary {
		w.begin(7)
		w.i32(1, values)
		w.i32(2, int(encoding))
		w.end()
	} else {
		w.begin(8)
		w.i32(1, values)
		w.i32(2, 0) // nulls
		w.i32(3, values)
		w.i32(4, int(encoding))
		w.i32(5, 0) // bytes of levels: all columns are REQUIRED
		w.i32(6, 0)
		w.bool(7, compressed)
		w.end()
	}
	w.end()
	f.buf = w.b
}

// finish writes the footer, FileMetaData of parquet.thrift, and gives the file. Rows that
// compress to next to nothing are padded, as readers refuse them: see leastBytes.
func (f *tableFile) finish(table string) []byte {
	if least := (f.rows - fewRows) * int(leastBytes(table)); len(f.buf) < least {
		f.buf = append(f.buf, make([]byte, least-len(f.buf))...)
	}
	at := len(f.buf)
	w := &thriftWriter{b: f.buf}
	w.begin(0)
	w.i32(1, 2) // version
	w.list(2, thriftStruct, 1+len(f.cols))
	w.begin(0)
	w.text(4, "connbox")
	w.i32(5, len(f.cols))
	w.end()
	for i := range f.cols {
		w.schemaElement(&f.cols[i])
	}
	w.i64(3, f.rows)
	w.list(4, thriftStruct, 1)
	f.rowGroup(w)
	w.text(6, "connbox") // not the build's version: same input, same bytes
	w.end()
	f.buf = binary.LittleEndian.AppendUint32(w.b, uint32(len(w.b)-at))
	f.buf = append(f.buf, parquetMagic...)
	return f.buf
}

func (w *thriftWriter) schemaElement(c *columnDone) {
	const convertedUTF8, convertedMicros, required = 0, 10, 0
	w.begin(0)
	typ := typeInt64
	if c.kind == logicalText {
		typ = typeByteArray
	}
	w.i32(1, typ)
	w.i32(3, required)
	w.text(4, c.name)
	switch c.kind {
	case logicalText:
		w.i32(6, convertedUTF8)
		w.begin(10)
		w.begin(1) // STRING
		w.end()
		w.end()
	case logicalTime:
		w.i32(6, convertedMicros)
		w.begin(10)
		w.begin(8) // TIMESTAMP
		w.bool(1, true)
		w.begin(2)
		w.begin(2) // MICROS
		w.end()
		w.end()
		w.end()
		w.end()
	}
	w.end()
}

func (f *tableFile) rowGroup(w *thriftWriter) {
	w.begin(0)
	w.list(1, thriftStruct, len(f.cols))
	total := 0
	for i := range f.cols {
		c := &f.cols[i]
		total += c.full
		w.begin(0)
		w.i64(2, c.start)
		w.begin(3)
		if c.kind == logicalText {
			w.i32(1, typeByteArray)
		} else {
			w.i32(1, typeInt64)
		}
		if c.hasDict {
			w.list(2, thriftByte+2, 2)
			w.b = binary.AppendVarint(w.b, encPlain) // the dictionary's
		} else {
			w.list(2, thriftByte+2, 1)
		}
		w.b = binary.AppendVarint(w.b, int64(c.encoding))
		w.list(3, thriftBinary, 1)
		w.bytes(c.name)
		w.i32(4, codecZstd)
		w.i64(5, f.rows)
		w.i64(6, c.full)
		w.i64(7, c.size)
		w.i64(9, c.data)
		if c.hasDict {
			w.i64(11, c.start)
		}
		w.end()
		w.end()
	}
	w.i64(2, total)
	w.i64(3, f.rows)
	w.end()
}
