package parse

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Parquet is read here and not with a library: a bundle comes from a stranger, and
// general readers allocate by the counts a file claims. This one knows the few types,
// encodings and codecs that connbox writes, checks every size against what is there and
// refuses the rest.
// Source: parquet-format, src/main/thrift/parquet.thrift and Encodings.md.

// errParquet is what everything wrong in a Parquet member wraps.
var errParquet = errors.New("damaged Parquet member")

func parquetErrorf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errParquet, fmt.Sprintf(format, args...))
}

// Types, codecs, encodings and page kinds of parquet.thrift that connbox writes.
const (
	typeInt64, typeByteArray                = 2, 6
	codecNone, codecZstd                    = 0, 6
	encPlain, encPlainDict                  = 0, 2
	encDelta, encRLEDict                    = 5, 8
	pageData, pageDictionary, pageDataV2    = 0, 2, 3
	maxColumns, maxGroups, maxFooter        = 256, 64, 1 << 20
	thriftTrue, thriftFalse                 = 1, 2
	thriftByte, thriftI64, thriftDouble     = 3, 6, 7
	thriftBinary, thriftList, thriftSet     = 8, 9, 10
	thriftMap, thriftStruct, thriftMaxDepth = 11, 12, 16
)

// A thriftReader walks Thrift's compact protocol over bytes in memory and never allocates
// by a number it reads. The first error sticks.
type thriftReader struct {
	b     []byte
	i     int
	depth int
	err   error
}

func (r *thriftReader) fail(what string) {
	if r.err == nil {
		r.err = parquetErrorf("metadata: %s at byte %d", what, r.i)
	}
	r.i = len(r.b)
}

func (r *thriftReader) byte() byte {
	if r.i >= len(r.b) {
		r.fail("cut off")
		return 0
	}
	r.i++
	return r.b[r.i-1]
}

func (r *thriftReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b[r.i:])
	if n <= 0 {
		r.fail("bad number")
		return 0
	}
	r.i += n
	return v
}

func (r *thriftReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *thriftReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)-r.i) {
		r.fail("text longer than the file")
		return nil
	}
	r.i += int(n)
	return r.b[r.i-int(n) : r.i]
}

// fields calls fn for each field of a struct; fn reads the value or calls skip.
func (r *thriftReader) fields(fn func(id int16, typ byte)) {
	if r.depth++; r.depth > thriftMaxDepth {
		r.fail("nested too deeply")
	}
	var id int16
	for r.err == nil {
		h := r.byte()
		if h == 0 || r.err != nil {
			break
		}
		if d := int16(h >> 4); d != 0 {
			id += d
		} else {
			id = int16(r.varint())
		}
		fn(id, h&15)
	}
	r.depth--
}

// list calls fn for each element; fn reads it. The count is bounded by the bytes left,
// as each element takes at least one.
func (r *thriftReader) list(fn func(typ byte)) {
	h := r.byte()
	n := uint64(h >> 4)
	if n == 15 {
		n = r.uvarint()
	}
	if n > uint64(len(r.b)-r.i) {
		r.fail("list longer than the file")
	}
	for ; n > 0 && r.err == nil; n-- {
		fn(h & 15)
	}
}

func (r *thriftReader) skip(typ byte) {
	switch typ {
	case thriftTrue, thriftFalse:
	case thriftByte:
		r.byte()
	case thriftByte + 1, thriftByte + 2, thriftI64:
		r.uvarint()
	case thriftDouble:
		for range 8 {
			r.byte()
		}
	case thriftBinary:
		r.bytes()
	case thriftList, thriftSet:
		if r.depth++; r.depth > thriftMaxDepth {
			r.fail("nested too deeply")
		}
		r.list(func(t byte) {
			if t == thriftTrue || t == thriftFalse {
				r.byte() // a bool in a list has a byte of its own
				return
			}
			r.skip(t)
		})
		r.depth--
	case thriftStruct:
		r.fields(func(_ int16, t byte) { r.skip(t) })
	default: // maps are not used by parquet.thrift
		r.fail("unknown type")
	}
}

func isInt(typ byte) bool { return typ >= thriftByte+1 && typ <= thriftI64 }

// A chunkMeta is where a column's pages of one row group lie.
type chunkMeta struct {
	name      string
	typ       int64
	codec     int64
	values    int64
	size      int64
	dataAt    int64
	dictAt    int64
	hasDictAt bool
}

// A footer is what connbox needs of a Parquet file's.
type footer struct {
	rows   int64
	leaves map[string]leaf
	groups []groupMeta
}

type leaf struct{ typ, repetition int64 }

type groupMeta struct {
	rows   int64
	chunks []chunkMeta
}

// readFooter reads and checks the footer of a whole Parquet file in memory.
func readFooter(data []byte) (*footer, error) {
	n := len(data)
	if n < 12 || string(data[:4]) != "PAR1" || string(data[n-4:]) != "PAR1" {
		return nil, parquetErrorf("no Parquet file")
	}
	size := int64(binary.LittleEndian.Uint32(data[n-8:]))
	if size > int64(n-12) || size > maxFooter {
		return nil, parquetErrorf("footer of %d bytes in a file of %d", size, n)
	}
	end := int64(n-8) - size
	r := &thriftReader{b: data[end : n-8]}
	f := &footer{leaves: map[string]leaf{}}
	r.fields(func(id int16, typ byte) {
		switch {
		case id == 2 && typ == thriftList:
			first := true
			r.list(func(t byte) { f.readLeaf(r, t, &first) })
		case id == 3 && isInt(typ):
			f.rows = r.varint()
		case id == 4 && typ == thriftList:
			r.list(func(t byte) { f.readGroup(r, t) })
		default:
			r.skip(typ)
		}
	})
	if r.err != nil {
		return nil, r.err
	}
	return f, f.check(end)
}

func (f *footer) readLeaf(r *thriftReader, typ byte, first *bool) {
	if typ != thriftStruct {
		r.fail("bad schema")
		return
	}
	l, name, children := leaf{typ: -1, repetition: -1}, "", int64(0)
	r.fields(func(id int16, typ byte) {
		switch {
		case id == 1 && isInt(typ):
			l.typ = r.varint()
		case id == 3 && isInt(typ):
			l.repetition = r.varint()
		case id == 4 && typ == thriftBinary:
			name = string(r.bytes())
		case id == 5 && isInt(typ):
			children = r.varint()
		default:
			r.skip(typ)
		}
	})
	if *first { // the root
		*first = false
		return
	}
	_, twice := f.leaves[name]
	if twice || children != 0 || len(f.leaves) >= maxColumns {
		r.fail("not a flat schema")
		return
	}
	f.leaves[name] = l
}

func (f *footer) readGroup(r *thriftReader, typ byte) {
	if typ != thriftStruct || len(f.groups) >= maxGroups {
		r.fail("bad row groups")
		return
	}
	var g groupMeta
	r.fields(func(id int16, typ byte) {
		switch {
		case id == 1 && typ == thriftList:
			r.list(func(t byte) {
				if t != thriftStruct || len(g.chunks) >= maxColumns {
					r.fail("bad column chunks")
					return
				}
				g.chunks = append(g.chunks, readChunk(r))
			})
		case id == 3 && isInt(typ):
			g.rows = r.varint()
		default:
			r.skip(typ)
		}
	})
	f.groups = append(f.groups, g)
}

func readChunk(r *thriftReader) chunkMeta {
	c := chunkMeta{typ: -1, codec: -1}
	meta := func(id int16, typ byte) {
		switch {
		case id == 3 && typ == thriftList:
			r.list(func(t byte) {
				if t != thriftBinary || c.name != "" {
					r.fail("bad column path")
					return
				}
				c.name = string(r.bytes())
			})
		case id == 11 && isInt(typ):
			c.dictAt, c.hasDictAt = r.varint(), true
		case isInt(typ):
			v := r.varint()
			switch id {
			case 1:
				c.typ = v
			case 4:
				c.codec = v
			case 5:
				c.values = v
			case 7:
				c.size = v
			case 9:
				c.dataAt = v
			}
		default:
			r.skip(typ)
		}
	}
	r.fields(func(id int16, typ byte) {
		if id == 3 && typ == thriftStruct {
			r.fields(meta)
			return
		}
		r.skip(typ)
	})
	return c
}

// check holds the footer against itself; data pages must lie before end.
func (f *footer) check(end int64) error {
	var rows int64
	for _, g := range f.groups {
		if g.rows < 0 || g.rows > f.rows-rows {
			return parquetErrorf("row groups hold more rows than the file")
		}
		rows += g.rows
		seen := map[string]bool{}
		for i := range g.chunks {
			c := &g.chunks[i]
			l, known := f.leaves[c.name]
			switch {
			case !known || seen[c.name] || l.typ != c.typ:
				return parquetErrorf("column %q does not fit the schema", c.name)
			case c.codec != codecNone && c.codec != codecZstd:
				return parquetErrorf("column %q: codec %d is not allowed", c.name, c.codec)
			case c.values != g.rows:
				return parquetErrorf("column %q has %d values in %d rows", c.name, c.values, g.rows)
			}
			start := c.dataAt
			if c.hasDictAt && c.dictAt > 0 && c.dictAt < start {
				start = c.dictAt
			}
			if start < 4 || c.size < 0 || start > end || c.size > end-start {
				return parquetErrorf("column %q lies outside the file", c.name)
			}
			c.dataAt = start
			seen[c.name] = true
		}
		if len(seen) != len(f.leaves) {
			return parquetErrorf("a row group lacks columns")
		}
	}
	if rows != f.rows {
		return parquetErrorf("row groups hold %d of %d rows", rows, f.rows)
	}
	return nil
}
