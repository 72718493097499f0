package table

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Types of Thrift's compact protocol.
// Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
const (
	thriftTrue, thriftFalse            = 1, 2
	thriftI8, thriftI16                = 3, 4
	thriftI32, thriftI64, thriftDouble = 5, 6, 7
	thriftBinary                       = 8
	thriftList, thriftSet              = 9, 10
	thriftStruct                       = 12
)

// Nothing that parquet.thrift describes is nested deeper than maxDepth, and no list that the
// guard does not count itself has more than maxList elements. The library recurses and
// allocates by both.
const (
	maxDepth = 16
	maxList  = maxColumns
)

// A thrift walks Thrift's compact protocol over bytes in memory and allocates nothing by a
// number it reads. It is stricter than the library, so that both see the same: the fields of
// a struct come in the order of their numbers, none twice, and a known one has its type.
// The first error sticks.
type thrift struct {
	b     []byte
	i     int
	at    int64 // of b in the file
	lists int   // elements that a list may have which is skipped
	depth int
	err   error
}

func (r *thrift) fail(format string, args ...any) {
	if r.err == nil {
		r.err = errorf("metadata at byte %d: %s", r.at+int64(r.i), fmt.Sprintf(format, args...))
	}
	r.i = len(r.b)
}

func (r *thrift) byte() byte {
	if r.i >= len(r.b) {
		r.fail("cut off")
		return 0
	}
	r.i++
	return r.b[r.i-1]
}

func (r *thrift) uvarint() uint64 {
	v, n := binary.Uvarint(r.b[r.i:])
	if n <= 0 {
		r.fail("bad number")
		return 0
	}
	r.i += n
	return v
}

func (r *thrift) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// is tells whether a field has the wanted type.
func (r *thrift) is(typ, want byte) bool {
	if typ != want {
		r.fail("a field of type %d instead of %d", typ, want)
	}
	return r.err == nil
}

// number reads an integer of the wanted type that is not negative.
func (r *thrift) number(typ, want byte) int64 {
	if !r.is(typ, want) {
		return 0
	}
	v := r.varint()
	if v < 0 || want == thriftI32 && v > math.MaxInt32 {
		r.fail("%d where a count or a place should be", v)
		return 0
	}
	return v
}

func (r *thrift) text(typ byte) string {
	if !r.is(typ, thriftBinary) {
		return ""
	}
	return string(r.bytes())
}

func (r *thrift) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)-r.i) {
		r.fail("a text of %d bytes where %d are left", n, len(r.b)-r.i)
		return nil
	}
	r.i += int(n)
	return r.b[r.i-int(n) : r.i]
}

// fields calls fn for each field of a struct; fn reads the value, or tells that it has not.
func (r *thrift) fields(typ byte, fn func(id int16, typ byte) bool) {
	if !r.is(typ, thriftStruct) {
		return
	}
	if r.depth++; r.depth > maxDepth {
		r.fail("nested too deeply")
	}
	for last := int64(0); r.err == nil; {
		h := r.byte()
		if h == 0 {
			break
		}
		id := last + int64(h>>4)
		if h>>4 == 0 {
			id = r.varint()
		}
		if id <= last || id > math.MaxInt16 || h&15 == 0 {
			r.fail("field %d after field %d", id, last)
			break
		}
		last = id
		if !fn(int16(id), h&15) {
			r.skip(h & 15)
		}
	}
	r.depth--
}

// list calls fn for each of at most most elements of type want; fn reads it. Each element
// takes at least one byte.
func (r *thrift) list(typ, want byte, most int, fn func()) (n int) {
	if !r.is(typ, thriftList) {
		return 0
	}
	t, n := r.listHead(most)
	if n > 0 && !r.is(t, want) {
		return 0
	}
	for range n {
		if r.err != nil {
			return 0
		}
		fn()
	}
	return n
}

func (r *thrift) listHead(most int) (typ byte, n int) {
	h := r.byte()
	u := uint64(h >> 4)
	if u == 15 {
		u = r.uvarint()
	}
	if u > uint64(min(most, len(r.b)-r.i)) {
		r.fail("a list of %d elements; %d bytes are left and %d elements allowed", u, len(r.b)-r.i, most)
		return 0, 0
	}
	return h & 15, int(u)
}

// skip walks over a value.
func (r *thrift) skip(typ byte) {
	switch typ {
	case thriftTrue, thriftFalse: // the type is the value
	case thriftI8:
		r.byte()
	case thriftI16, thriftI32, thriftI64:
		r.uvarint()
	case thriftDouble:
		for range 8 {
			r.byte()
		}
	case thriftBinary:
		r.bytes()
	case thriftList, thriftSet:
		if r.depth++; r.depth > maxDepth {
			r.fail("nested too deeply")
		}
		t, n := r.listHead(r.lists)
		for ; n > 0 && r.err == nil; n-- {
			if t == thriftTrue || t == thriftFalse {
				r.byte() // a bool in a list has a byte of its own
				continue
			}
			r.skip(t)
		}
		r.depth--
	case thriftStruct:
		r.fields(typ, func(int16, byte) bool { return false })
	default: // parquet.thrift has no maps
		r.fail("unknown type %d", typ)
	}
}
