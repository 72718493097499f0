package table

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// Kinds of pages and encodings of parquet.thrift.
const (
	pageData, pageDictionary, pageDataV2 = 0, 2, 3
	encPlain, encPlainDict, encRLE       = 0, 2, 3
	encDelta, encDeltaLength             = 5, 6
	encRLEDict, encSplit                 = 8, 9

	maxPage = 128 << 20 // unpacked
)

// A pageHead is a PageHeader: sizes in the file and unpacked, and of a data page its values
// and, of version 2, the bytes of its levels.
type pageHead struct {
	kind, raw, packed     int64
	sub                   int16 // field of the header of its kind
	values, encoding      int64
	levels                int64 // encoding of a version 1 page's
	nulls, rows, def, rep int64
	plain                 bool // version 2: values are not compressed
}

// readPageHead walks a PageHeader.
func readPageHead(r *thrift) pageHead {
	p := pageHead{kind: -1, raw: -1, packed: -1, values: -1, encoding: -1}
	r.fields(thriftStruct, func(id int16, typ byte) bool {
		switch id {
		case 1:
			p.kind = r.number(typ, thriftI32)
		case 2:
			p.raw = r.number(typ, thriftI32)
		case 3:
			p.packed = r.number(typ, thriftI32)
		case 5, 6, 7, 8:
			if p.sub != 0 {
				r.fail("a page of two kinds")
			}
			p.sub = id
			r.fields(typ, func(f int16, typ byte) bool { return p.readField(r, id, f, typ) })
		default:
			return false
		}
		return true
	})
	want := map[int64]int16{pageData: 5, pageDictionary: 7, pageDataV2: 8}[p.kind]
	if r.err == nil && (want == 0 || p.sub != want || p.raw < 0 || p.packed < 0 || p.values < 0 || p.encoding < 0) {
		r.fail("a page of kind %d, or without its sizes", p.kind)
	}
	return p
}

// readField walks a field of DataPageHeader, DictionaryPageHeader or DataPageHeaderV2.
func (p *pageHead) readField(r *thrift, sub, id int16, typ byte) bool {
	v2 := sub == 8
	switch {
	case id == 1:
		p.values = r.number(typ, thriftI32)
	case id == 2 && v2:
		p.nulls = r.number(typ, thriftI32)
	case id == 2:
		p.encoding = r.number(typ, thriftI32)
	case id == 3 && v2:
		p.rows = r.number(typ, thriftI32)
	case id == 3 && sub == 5:
		p.levels = r.number(typ, thriftI32)
	case id == 4 && v2:
		p.encoding = r.number(typ, thriftI32)
	case id == 5 && v2:
		p.def = r.number(typ, thriftI32)
	case id == 6 && v2:
		p.rep = r.number(typ, thriftI32)
	case id == 7 && v2:
		if typ != thriftTrue && typ != thriftFalse {
			r.fail("a field of type %d instead of a bool", typ)
		}
		p.plain = typ == thriftFalse
	default:
		return false
	}
	return true
}

// A chunkWalk is a walk over the pages of one column in one row group.
type chunkWalk struct {
	leaf
	codec   int64
	rows    int64 // of the group
	left    int64 // values that the pages to come must have
	dict    int64 // values of the dictionary; -1 without one
	most    int64 // bytes that texts may come to
	scratch []byte
}

// checkChunk walks the pages of a column in data, the bytes of the row group from a place of
// the file on. The texts of its pages must not come to more than most bytes.
func (b *bounds) checkChunk(group, column int, at int64, data []byte, most int64) error {
	g, l := &b.groups[group], b.leaves[column]
	c := &g.chunks[column]
	w := &chunkWalk{leaf: l, codec: c.codec, rows: g.rows, left: g.rows, dict: -1, most: most}
	data = data[c.start()-at:][:c.size]
	for i := int64(0); i < c.size; {
		r := &thrift{b: data[i:], at: c.start() + i, lists: maxChunkList}
		p := readPageHead(r)
		from := i + int64(r.i)
		err := r.err
		if err == nil && p.packed > c.size-from {
			err = errorf("a page of %d bytes where %d are left", p.packed, c.size-from)
		}
		if err == nil && p.kind == pageDictionary && (i != 0 || c.dictAt != 0 && from+p.packed != c.dataAt-c.start()) {
			err = errorf("a dictionary at another place than the footer says")
		}
		if err == nil && p.kind != pageDictionary && i == 0 && c.dictAt != 0 {
			err = errorf("no dictionary where the footer says")
		}
		if err == nil {
			err = w.page(&p, data[from:from+p.packed])
		}
		if err != nil {
			return errorf("column %q, page at byte %d: %s", l.name, c.start()+i, strings.TrimPrefix(err.Error(), prefix))
		}
		i = from + p.packed
	}
	if w.left != 0 {
		return errorf("column %q lacks %d values", l.name, w.left)
	}
	return nil
}

// page holds a page against its column.
func (w *chunkWalk) page(p *pageHead, body []byte) error {
	if p.raw > maxPage {
		return errorf("unpacks to %d bytes; %d is the most", p.raw, maxPage)
	}
	texts := w.typ == typeText && (p.kind == pageDictionary || p.encoding != encRLEDict && p.encoding != encPlainDict)
	if texts {
		if w.most -= p.raw; w.most < 0 {
			return errorf("unpacks to more than the texts of a row group may come to")
		}
	} else if p.raw > 16*p.values+64<<10 { // no number takes more than 9 bytes
		return errorf("%d values unpack to %d bytes", p.values, p.raw)
	}
	if p.kind == pageDictionary {
		return w.dictionary(p, body)
	}
	if p.values < 1 || p.values > w.left {
		return errorf("claims %d values of %d that are left", p.values, w.left)
	}
	w.left -= p.values
	if p.kind == pageDataV2 {
		return w.dataV2(p, body)
	}
	return w.dataV1(p, body)
}

func (w *chunkWalk) dictionary(p *pageHead, body []byte) error {
	if p.encoding != encPlain && p.encoding != encPlainDict || p.values > w.rows || w.typ == typeBool {
		return errorf("a dictionary of %d values in encoding %d for %d rows", p.values, p.encoding, w.rows)
	}
	w.dict = p.values
	return w.values(encPlain, p.values, p.raw, body, true)
}

func (w *chunkWalk) dataV1(p *pageHead, body []byte) error {
	if !w.optional {
		return w.values(p.encoding, p.values, p.raw, body, true)
	}
	if p.levels != encRLE {
		return errorf("levels in encoding %d", p.levels)
	}
	raw, err := w.unpack(body, p.raw, true)
	if err != nil {
		return err
	}
	if len(raw) < 4 || uint64(binary.LittleEndian.Uint32(raw)) > uint64(len(raw)-4) {
		return errorf("levels longer than the page")
	}
	n := 4 + int(binary.LittleEndian.Uint32(raw))
	present, err := walkLevels(raw[4:n], p.values)
	if err != nil {
		return err
	}
	return w.values(p.encoding, present, int64(len(raw)-n), raw[n:], false)
}

func (w *chunkWalk) dataV2(p *pageHead, body []byte) error {
	present := p.values
	switch {
	case p.rows != p.values || p.rep != 0 || p.def > p.packed || p.def > p.raw:
		return errorf("%d rows of %d values with %d and %d bytes of levels", p.rows, p.values, p.rep, p.def)
	case w.optional:
		var err error
		if present, err = walkLevels(body[:p.def], p.values); err != nil {
			return err
		}
	case p.def != 0:
		return errorf("levels in a column that needs none")
	}
	if p.nulls != p.values-present {
		return errorf("claims %d nulls of %d", p.nulls, p.values-present)
	}
	return w.values(p.encoding, present, p.raw-p.def, body[p.def:], !p.plain)
}

// values holds the values of a page against their number. Where their sizes tell all, they
// are not unpacked.
func (w *chunkWalk) values(encoding, n, raw int64, body []byte, packed bool) error {
	width := w.width()
	fixed := width != 0 && (encoding == encPlain || encoding == encSplit)
	if fixed && raw != n*width {
		return errorf("%d values of %d bytes in %d", n, width, raw)
	}
	if fixed && packed && w.codec == codecZstd && frameSize(body) == raw {
		return nil
	}
	b, err := w.unpack(body, raw, packed)
	if err != nil || fixed {
		return err
	}
	return w.valuesFit(encoding, n, b)
}

// valuesFit walks unpacked values of which there must be n.
func (w *chunkWalk) valuesFit(encoding, n int64, b []byte) error {
	text, number := w.typ == typeText, w.typ == typeInt32 || w.typ == typeInt64
	switch {
	case encoding == encPlain && w.typ == typeBool:
		if int64(len(b)) != (n+7)/8 {
			return errorf("%d bits in %d bytes", n, len(b))
		}
		return nil
	case encoding == encPlain && text:
		return walkTexts(b, n)
	case encoding == encDelta && number:
		return walkDelta(b, n, 8*w.width())
	case encoding == encDeltaLength && text:
		return walkDelta(b, n, 32)
	case (encoding == encRLEDict || encoding == encPlainDict) && w.dict >= 0:
		if n == 0 {
			return nil
		}
		if len(b) == 0 || b[0] > 32 || w.dict == 0 {
			return errorf("places of a dictionary of %d values without their width", w.dict)
		}
		_, err := walkRuns(b[1:], int64(b[0]), n, nil)
		return err
	}
	return errorf("encoding %d is not read for this type, or lacks its dictionary", encoding)
}

// unpack gives the bytes of a page, which must be raw. They are valid until the next call.
func (w *chunkWalk) unpack(body []byte, raw int64, packed bool) (b []byte, err error) {
	switch {
	case !packed || w.codec == codecNone || raw == 0 && len(body) == 0:
		b = body
	default:
		if int64(cap(w.scratch)) < raw {
			w.scratch = make([]byte, raw)
		}
		b, err = inflate(w.codec, body, w.scratch[:raw:raw])
	}
	if err == nil && int64(len(b)) != raw {
		err = errorf("comes to %d bytes instead of %d", len(b), raw)
	}
	return b, err
}

// inflate unpacks body into dst, which it must fill.
func inflate(codec int64, body, dst []byte) ([]byte, error) {
	switch codec {
	case codecSnappy:
		if n, err := snappy.DecodedLen(body); err != nil || n != len(dst) {
			return nil, errorf("comes to %d bytes instead of %d", n, len(dst))
		}
		return snappy.Decode(dst, body)
	case codecGzip:
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		n, err := io.ReadFull(r, dst)
		if err == nil || err == io.EOF {
			var one [1]byte
			if k, _ := io.ReadFull(r, one[:]); k != 0 {
				return nil, errorf("comes to more than %d bytes", n)
			}
		}
		return dst[:n], nil
	}
	return unpacker().DecodeAll(body, dst[:0])
}

// unpacker gives a decoder that never gives more than the capacity of what it is given.
var unpacker = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderConcurrency(0))
	if err != nil {
		panic(err) // options only
	}
	return d
})

// frameSize gives the size that b, one zstd frame and nothing else, unpacks to as it says
// itself, to which decoders hold it; -1 for anything else.
// Source: RFC 8878, section 3.1.1.
func frameSize(b []byte) int64 {
	var h zstd.Header
	if h.Decode(b) != nil || h.Skippable || !h.HasFCS || h.FrameContentSize > math.MaxInt32 {
		return -1
	}
	for i := h.HeaderSize; i+3 <= len(b); {
		block := int(b[i]) | int(b[i+1])<<8 | int(b[i+2])<<16
		size := block >> 3
		if block>>1&3 == 1 { // one byte, size times
			size = 1
		}
		if i += 3 + size; block&1 == 0 {
			continue
		}
		if h.HasCheckSum {
			i += 4
		}
		if i != len(b) {
			return -1
		}
		return int64(h.FrameContentSize)
	}
	return -1
}
