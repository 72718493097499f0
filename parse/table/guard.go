package table

import (
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"slices"
)

// The guard walks what a file claims before the library sees it. The library allocates by
// the counts of a footer and of page headers, and decodes runs as long as they say they are,
// so that a few hundred bytes can make it take all memory, which no recover catches. The
// guard holds every count against the bytes that are there and the rows of the row group.
// A file that passes may still be wrong; the library then gives an error, or a panic that
// caught turns into one.
//
// Read are flat tables, required or optional columns, data pages of version 1 and 2, the
// codecs of inflate and the encodings of valuesFit. All else is refused by name.
// Source: https://github.com/apache/parquet-format, parquet.thrift and Encodings.md.

// Bounds of a footer. The library takes up to 2 kB for a column chunk, of which a file of a
// quiet server has one for each 280 of its bytes, and the footer three times.
const (
	maxColumns    = 8000
	freeFooter    = 8 << 20
	freeChunks    = 16 << 10
	bytesPerChunk = 256
	freeIndex     = 1 << 20
	maxChunkList  = 64 // elements of a list in a chunk's metadata
)

// A row group of up to freeRows rows may be as small as it likes: a table of one value
// compresses to nothing. Beyond, each rowsPerByte rows need a byte of the file.
const (
	freeRows    = 1 << 18
	rowsPerByte = 64
)

// Types, repetitions and codecs of parquet.thrift.
const (
	typeBool, typeInt32, typeInt64, typeFloat, typeDouble, typeText = 0, 1, 2, 4, 5, 6
	repRequired, repOptional                                        = 0, 1
	codecNone, codecSnappy, codecGzip, codecZstd                    = 0, 1, 2, 6
)

// bounds is a footer that was walked: what the library will be told of the file.
type bounds struct {
	leaves []leaf
	groups []groupBounds
	size   int64 // of the file
	footer int64 // where it begins
	most   int64 // column chunks that the file may have
	list   span  // of the row groups, with its head, in the footer
}

// A span is a part of the footer.
type span struct{ from, to int }

type leaf struct {
	name     string
	typ      int64
	optional bool
}

type groupBounds struct {
	rows   int64
	at     span
	number span // its number in the file, in the footer; empty where it has none
	chunks []chunkBounds
}

// A chunkBounds is where a column's pages of one row group lie, and its page index.
type chunkBounds struct {
	path                                     []string
	typ, codec, values, size                 int64
	dataAt, dictAt                           int64
	columnIndex, columnLen, offsetIndex, len int64
}

// start is where the library begins to read the chunk.
func (c *chunkBounds) start() int64 {
	if c.dictAt != 0 {
		return c.dictAt
	}
	return c.dataAt
}

// checkFooter walks the footer of a file of size bytes, of which tail are the last.
func checkFooter(tail []byte, size int64) (*bounds, error) {
	n := len(tail)
	if n < 8 || size < int64(n) || size < 12 || string(tail[n-4:]) != "PAR1" {
		return nil, errorf("no Parquet file, or an encrypted one")
	}
	length := int64(binary.LittleEndian.Uint32(tail[n-8:]))
	if most := min(int64(n-8), size-12, freeFooter+size/2); length > most {
		return nil, errorf("a footer of %d bytes in a file of %d, of which %d are at hand; %d is the most",
			length, size, n, most)
	}
	b := &bounds{size: size, footer: size - 8 - length, most: freeChunks + size/bytesPerChunk}
	r := &thrift{b: tail[int64(n-8)-length : n-8], at: b.footer, lists: maxList}
	rows := b.read(r)
	if r.err == nil && r.i != len(r.b) {
		r.fail("bytes behind the footer")
	}
	if r.err != nil {
		return nil, r.err
	}
	return b, b.check(rows)
}

// read walks FileMetaData.
func (b *bounds) read(r *thrift) (rows int64) {
	rows = -1
	r.fields(thriftStruct, func(id int16, typ byte) bool {
		switch id {
		case 2:
			b.readSchema(r, typ)
		case 3:
			rows = r.number(typ, thriftI64)
		case 4:
			b.list.from = r.i
			r.list(typ, thriftStruct, int(min(b.most, math.MaxInt16)), func() { b.readGroup(r) })
			b.list.to = r.i
		case 8, 9:
			r.fail("encrypted")
		default:
			return false
		}
		return true
	})
	return rows
}

// readSchema walks the list of SchemaElement: a root and its columns.
func (b *bounds) readSchema(r *thrift, typ byte) {
	children, seen := int64(-1), map[string]bool{}
	n := r.list(typ, thriftStruct, maxColumns+1, func() {
		e := readElement(r)
		switch {
		case children < 0: // the root
			if children = e.children; e.typ >= 0 || children < 1 {
				r.fail("a schema without a root")
			}
		case e.typ < 0 || e.children > 0 || e.repetition > repOptional:
			r.fail("column %q is nested or repeated; only flat tables are read", e.name)
		case e.name == "" || seen[e.name]:
			r.fail("two columns, or none, are named %q", e.name)
		case !e.known():
			r.fail("column %q: type %d with annotations %d and %d is not read", e.name, e.typ, e.logical, e.converted)
		default:
			seen[e.name] = true
			b.leaves = append(b.leaves, leaf{e.name, e.typ, e.repetition == repOptional})
		}
	})
	if int64(n-1) != children {
		r.fail("a schema of %d columns whose root has %d", n-1, children)
	}
}

// readGroup walks a RowGroup.
func (b *bounds) readGroup(r *thrift) {
	g := groupBounds{rows: -1, at: span{from: r.i}}
	r.fields(thriftStruct, func(id int16, typ byte) bool {
		switch id {
		case 1:
			if len(b.leaves) == 0 || int64(len(b.groups)+1)*int64(len(b.leaves)) > b.most {
				r.fail("%d row groups of %d columns", len(b.groups)+1, len(b.leaves))
			}
			r.list(typ, thriftStruct, len(b.leaves), func() { g.chunks = append(g.chunks, readChunk(r)) })
		case 3:
			g.rows = r.number(typ, thriftI64)
		case 7:
			if r.is(typ, thriftI16) {
				g.number.from = r.i
				r.varint()
				g.number.to = r.i
			}
		case 4: // SortingColumn
			r.list(typ, thriftStruct, len(b.leaves), func() {
				r.fields(thriftStruct, func(id int16, typ byte) bool {
					if id == 1 && r.number(typ, thriftI32) >= int64(len(b.leaves)) {
						r.fail("sorted by a column that is not there")
					}
					return id == 1
				})
			})
		default:
			return false
		}
		return true
	})
	g.at.to = r.i
	b.groups = append(b.groups, g)
}

// readChunk walks a ColumnChunk.
func readChunk(r *thrift) chunkBounds {
	c := chunkBounds{typ: -1, codec: -1, values: -1, size: -1}
	r.lists = maxChunkList
	defer func() { r.lists = maxList }()
	r.fields(thriftStruct, func(id int16, typ byte) bool {
		switch id {
		case 1:
			r.fail("a column in another file")
		case 3:
			r.fields(typ, func(id int16, typ byte) bool { return c.readMeta(r, id, typ) })
		case 4:
			c.offsetIndex = r.number(typ, thriftI64)
		case 5:
			c.len = r.number(typ, thriftI32)
		case 6:
			c.columnIndex = r.number(typ, thriftI64)
		case 7:
			c.columnLen = r.number(typ, thriftI32)
		case 8, 9:
			r.fail("an encrypted column")
		default:
			return false
		}
		return true
	})
	return c
}

// readMeta walks a field of ColumnMetaData.
func (c *chunkBounds) readMeta(r *thrift, id int16, typ byte) bool {
	switch id {
	case 1:
		c.typ = r.number(typ, thriftI32)
	case 2:
		r.list(typ, thriftI32, 16, func() { r.varint() })
	case 3:
		r.list(typ, thriftBinary, 1, func() { c.path = append(c.path, string(r.bytes())) })
	case 4:
		c.codec = r.number(typ, thriftI32)
	case 5:
		c.values = r.number(typ, thriftI64)
	case 7:
		c.size = r.number(typ, thriftI64)
	case 9:
		c.dataAt = r.number(typ, thriftI64)
	case 11:
		c.dictAt = r.number(typ, thriftI64)
	default:
		return false
	}
	return true
}

// check holds the footer against itself.
func (b *bounds) check(rows int64) error {
	type place struct{ from, to int64 }
	var spans []place
	if len(b.leaves) == 0 {
		return errorf("no columns")
	}
	for k, g := range b.groups {
		if g.rows < 0 || g.rows > rows || len(g.chunks) != len(b.leaves) {
			return errorf("row group %d has %d rows of %d and %d columns of %d", k, g.rows, rows, len(g.chunks), len(b.leaves))
		}
		rows -= g.rows
		for i := range g.chunks {
			c, l := &g.chunks[i], &b.leaves[i]
			switch {
			case len(c.path) != 1 || c.path[0] != l.name || c.typ != l.typ:
				return errorf("row group %d: column %q of type %d stands at the place of %q", k, c.path, c.typ, l.name)
			case c.codec != codecNone && c.codec != codecSnappy && c.codec != codecGzip && c.codec != codecZstd:
				return errorf("column %q: codec %d is not read", l.name, c.codec)
			case c.codec != b.groups[0].chunks[i].codec:
				return errorf("column %q changes its codec", l.name)
			case c.values != g.rows:
				return errorf("column %q has %d values in %d rows", l.name, c.values, g.rows)
			case c.start() < 4 || c.size < 0 || c.start() > b.footer || c.size > b.footer-c.start():
				return errorf("column %q takes %d bytes at %d; the footer begins at %d", l.name, c.size, c.start(), b.footer)
			case c.dictAt != 0 && (c.dataAt <= c.dictAt || c.dataAt-c.dictAt > c.size):
				return errorf("column %q: its dictionary does not come first", l.name)
			case !b.inside(c.offsetIndex, c.len) || !b.inside(c.columnIndex, c.columnLen):
				return errorf("column %q: its page index lies outside of the file", l.name)
			}
			spans = append(spans, place{c.start(), c.start() + c.size})
		}
	}
	if rows != 0 {
		return errorf("the row groups lack %d of the file's rows", rows)
	}
	slices.SortFunc(spans, func(a, b place) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return errorf("two columns share the bytes at %d", spans[i].from)
		}
	}
	return nil
}

func (b *bounds) inside(at, n int64) bool { return at <= b.footer && n <= b.footer-at }

// checkGroup holds a row group against the bytes that were read of it, which begin at a
// place of the file.
func (b *bounds) checkGroup(group int, at int64, data []byte) error {
	g := &b.groups[group]
	if most := freeRows + rowsPerByte*b.size; g.rows > most {
		return errorf("row group %d claims %d rows in a file of %d bytes; %d is the most", group, g.rows, b.size, most)
	}
	for i := range g.chunks {
		c := &g.chunks[i]
		if c.start() < at || c.start()+c.size > at+int64(len(data)) {
			return errorf("row group %d: column %q lies outside of its bytes", group, b.leaves[i].name)
		}
	}
	return nil
}

// checkCopy walks all of a row group that r gives, for the library to copy it.
func (b *bounds) checkCopy(r io.ReaderAt, group int) error {
	from, to := int64(math.MaxInt64), int64(0)
	for i := range b.groups[group].chunks {
		c := &b.groups[group].chunks[i]
		from, to = min(from, c.start()), max(to, c.start()+c.size)
	}
	data := make([]byte, to-from)
	if _, err := r.ReadAt(data, from); err != nil && err != io.EOF {
		return err
	}
	err := b.checkGroup(group, from, data)
	for i := 0; i < len(b.leaves) && err == nil; i++ {
		err = b.checkChunk(group, i, from, data, math.MaxInt64)
	}
	return err
}

// checkIndex walks the page index of a file, whose footer it checks too. The library reads
// the indexes of all chunks at once, as if they lay one behind the other.
func checkIndex(r io.ReaderAt, size int64) (*bounds, error) {
	var end [8]byte
	if _, err := r.ReadAt(end[:], max(size-8, 0)); err != nil && err != io.EOF {
		return nil, err
	}
	tail := make([]byte, min(size, 8+min(int64(binary.LittleEndian.Uint32(end[:])), freeFooter+size/2)))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return nil, err
	}
	b, err := checkFooter(tail, size)
	if err != nil {
		return nil, err
	}
	var columnLen, offsetLen int64 // in all
	for _, g := range b.groups {
		for _, c := range g.chunks {
			if columnLen, offsetLen = columnLen+c.columnLen, offsetLen+c.len; columnLen+offsetLen > freeIndex+size/2 {
				return nil, errorf("page indexes of %d bytes and more in a file of %d", columnLen+offsetLen, size)
			}
			for _, part := range [][2]int64{{c.columnIndex, c.columnLen}, {c.offsetIndex, c.len}} {
				if part[0] == 0 {
					continue
				}
				buf := make([]byte, part[1])
				if _, err := r.ReadAt(buf, part[0]); err != nil && err != io.EOF {
					return nil, err
				}
				t := &thrift{b: buf, at: part[0], lists: math.MaxInt}
				if t.skip(thriftStruct); t.err != nil {
					return nil, t.err
				}
			}
		}
	}
	return b, nil
}

// An element is a SchemaElement.
type element struct {
	typ, repetition, children  int64
	name                       string
	converted, logical, detail int64 // detail: bits of an integer, unit of a time
}

func readElement(r *thrift) element {
	e := element{typ: -1, repetition: repRequired, converted: -1, logical: -1}
	r.fields(thriftStruct, func(id int16, typ byte) bool {
		switch id {
		case 1:
			e.typ = r.number(typ, thriftI32)
		case 3:
			e.repetition = r.number(typ, thriftI32)
		case 4:
			e.name = r.text(typ)
		case 5:
			e.children = r.number(typ, thriftI32)
		case 6:
			e.converted = r.number(typ, thriftI32)
		case 10:
			r.fields(typ, func(id int16, typ byte) bool {
				if e.logical >= 0 {
					r.fail("two annotations of a column")
				}
				e.logical = int64(id)
				r.fields(typ, func(id int16, typ byte) bool { return e.readDetail(r, id, typ) })
				return true
			})
		default:
			return false
		}
		return true
	})
	return e
}

// readDetail walks a field of IntType, TimeType or TimestampType.
func (e *element) readDetail(r *thrift, id int16, typ byte) bool {
	switch {
	case e.logical == logicalInt && id == 1 && r.is(typ, thriftI8):
		e.detail = int64(r.byte())
		return true
	case (e.logical == logicalTime || e.logical == logicalTimestamp) && id == 2:
		r.fields(typ, func(id int16, typ byte) bool { e.detail = int64(id); return false })
		return true
	}
	return false
}

// Annotations: LogicalType and the older ConvertedType.
const (
	logicalString, logicalEnum, logicalDecimal, logicalDate, logicalTime = 1, 4, 5, 6, 7
	logicalTimestamp, logicalInt, logicalJSON                            = 8, 10, 12
	millis                                                               = 1
)

// known tells whether the library makes of the annotations a type of the column's own kind;
// it trusts them before the type.
func (e *element) known() bool {
	logical, converted := e.logical, e.converted
	switch e.typ {
	case typeBool, typeFloat, typeDouble:
		return logical == -1 && converted == -1
	case typeText:
		return slices.Contains([]int64{-1, logicalString, logicalEnum, logicalJSON}, logical) &&
			slices.Contains([]int64{-1, 0, 4, 19}, converted)
	case typeInt32:
		return slices.Contains([]int64{-1, 5, 6, 7, 11, 12, 13, 15, 16, 17}, converted) && (logical == -1 ||
			logical == logicalDecimal || logical == logicalDate || logical == logicalTime && e.detail == millis ||
			logical == logicalInt && (e.detail == 8 || e.detail == 16 || e.detail == 32))
	case typeInt64:
		return slices.Contains([]int64{-1, 5, 8, 9, 10, 14, 18}, converted) && (logical == -1 ||
			logical == logicalDecimal || logical == logicalTimestamp || logical == logicalTime && e.detail > millis ||
			logical == logicalInt && e.detail == 64)
	}
	return false
}

// width gives the bytes of a value; 0 for texts and bools.
func (l *leaf) width() int64 {
	switch l.typ {
	case typeInt32, typeFloat:
		return 4
	case typeInt64, typeDouble:
		return 8
	}
	return 0
}
