package parse

import (
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// maxPage bounds one decompressed page. Writers stay below it: see maxRecord.
const maxPage = 64 << 20

// A numColumn is a decoded INT64 column: either plain values, or places in dict.
type numColumn struct {
	vals []int64
	idx  []uint32
	dict []int64
}

func (c *numColumn) at(i int) int64 {
	if c.idx != nil {
		return c.dict[c.idx[i]]
	}
	return c.vals[i]
}

// constant tells whether the column has rows and all have the same value.
func (c *numColumn) constant() bool {
	if c.idx != nil {
		return len(c.dict) == 1
	}
	for _, v := range c.vals {
		if v != c.vals[0] {
			return false
		}
	}
	return len(c.vals) > 0
}

// A textColumn is a decoded BYTE_ARRAY column. Its strings share one backing string a page.
type textColumn struct {
	idx  []uint32
	dict []string
}

func (c *textColumn) at(i int) string { return c.dict[c.idx[i]] }

// A tableReader reads columns of one Parquet member in memory.
type tableReader struct {
	data []byte
	meta *footer
	zstd *zstd.Decoder
	page []byte // the decompressed page, reused
}

// newPageDecoder gives the decompressor that table readers share. It holds no goroutine.
func newPageDecoder() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecodeAllCapLimit(true))
}

// open makes t read the member data, which must have the given number of rows.
func (t *tableReader) open(data []byte, rows int64) error {
	meta, err := readFooter(data)
	if err != nil {
		return err
	}
	if meta.rows != rows {
		return parquetErrorf("%d rows, the manifest says %d", meta.rows, rows)
	}
	t.data, t.meta = data, meta
	return nil
}

func (t *tableReader) rows() int { return int(t.meta.rows) }

// A pageView is one page with its header's numbers.
type pageView struct {
	kind, encoding, values int64
	data                   []byte
}

// pages calls fn for each page of a column, in order over all row groups. first tells the
// beginning of a row group, whose dictionary is its own.
func (t *tableReader) pages(name string, typ int64, fn func(p pageView, groupRows int, first bool) error) error {
	l, ok := t.meta.leaves[name]
	if !ok || l.typ != typ || l.repetition != 0 {
		return parquetErrorf("no column %q of the right type", name)
	}
	for _, g := range t.meta.groups {
		for i := range g.chunks {
			c := &g.chunks[i]
			if c.name != name {
				continue
			}
			left, first := c.values, true
			r := &thriftReader{b: t.data[:c.dataAt+c.size], i: int(c.dataAt)}
			for r.i < len(r.b) {
				p, err := t.readPage(r, c)
				if err != nil {
					return err
				}
				limit := left
				if p.kind == pageDictionary {
					limit = c.values
				} else {
					left -= p.values
				}
				if p.values > limit {
					return parquetErrorf("column %q: page of %d values", name, p.values)
				}
				if err := fn(p, int(g.rows), first); err != nil {
					return err
				}
				first = false
			}
			if left != 0 {
				return parquetErrorf("column %q lacks %d values", name, left)
			}
		}
	}
	return nil
}

// readPage reads one page's header and gives its decompressed content, which belongs to t
// until the next call.
func (t *tableReader) readPage(r *thriftReader, c *chunkMeta) (pageView, error) {
	p := pageView{kind: -1, encoding: -1, values: -1}
	full, packed, bad := int64(-1), int64(-1), int64(0)
	compressed := c.codec == codecZstd
	inner := func(v2 bool) func(int16, byte) {
		return func(id int16, typ byte) {
			switch {
			case v2 && id == 7 && (typ == thriftTrue || typ == thriftFalse):
				compressed = compressed && typ == thriftTrue
			case !isInt(typ):
				r.skip(typ)
			default:
				v := r.varint()
				switch {
				case id == 1:
					p.values = v
				case !v2 && id == 2, v2 && id == 4:
					p.encoding = v
				case v2 && (id == 2 || id == 5 || id == 6): // nulls and levels: there are none
					bad |= v
				}
			}
		}
	}
	r.fields(func(id int16, typ byte) {
		switch {
		case isInt(typ):
			v := r.varint()
			switch id {
			case 1:
				p.kind = v
			case 2:
				full = v
			case 3:
				packed = v
			}
		case id == 7 && typ == thriftStruct:
			r.fields(inner(false))
		case id == 8 && typ == thriftStruct:
			r.fields(inner(true))
		default:
			r.skip(typ)
		}
	})
	if r.err != nil {
		return p, r.err
	}
	if (p.kind != pageDictionary && p.kind != pageDataV2) || p.values < 0 || bad != 0 ||
		packed < 0 || packed > int64(len(r.b)-r.i) || full < 0 || full > maxPage {
		return p, parquetErrorf("column %q: bad page header", c.name)
	}
	body := r.b[r.i : r.i+int(packed)]
	r.i += int(packed)
	if !compressed {
		p.data = body
		if packed != full {
			return p, parquetErrorf("column %q: page sizes differ", c.name)
		}
		return p, nil
	}
	var err error
	p.data, err = t.unpack(body, full)
	return p, err
}

// unpack decompresses one page to exactly the size that its header claims, at most
// maxPage. The frame may not claim another, nor the body be too short for any such frame.
func (t *tableReader) unpack(body []byte, full int64) ([]byte, error) {
	var h zstd.Header
	if len(body) == 0 && full == 0 {
		return nil, nil
	}
	if err := h.Decode(body); err != nil || h.HasFCS && h.FrameContentSize != uint64(full) ||
		full > int64(len(body))*zstdMaxRatio {
		return nil, parquetErrorf("page is no zstd frame of %d bytes", full)
	}
	if int64(cap(t.page)) < full {
		t.page = make([]byte, full)
	}
	out, err := t.zstd.DecodeAll(body, t.page[:0:full])
	if err != nil || int64(len(out)) != full {
		return nil, parquetErrorf("page does not decompress to %d bytes", full)
	}
	return out, nil
}

// zstdMaxRatio is what a frame of repeated bytes comes to: blocks of 128 KiB in 4 bytes.
const zstdMaxRatio = 128 << 10 / 4

// nums reads an INT64 column.
func (t *tableReader) nums(name string) (numColumn, error) {
	var c numColumn
	base := 0 // where the row group's dictionary begins in dict
	err := t.pages(name, typeInt64, func(p pageView, _ int, first bool) error {
		if first {
			base = len(c.dict)
		}
		switch {
		case p.kind == pageDictionary && first && (p.encoding == encPlain || p.encoding == encPlainDict):
			var err error
			c.dict, err = appendPlain(c.dict, p)
			return err
		case p.kind == pageDataV2 && p.encoding == encRLEDict && c.vals == nil:
			var err error
			c.idx, err = appendIndexes(c.idx, p, base, len(c.dict))
			return err
		case p.kind == pageDataV2 && p.encoding == encDelta && c.idx == nil:
			var err error
			c.vals, err = appendDelta(c.vals, p)
			return err
		case p.kind == pageDataV2 && p.encoding == encPlain && c.idx == nil:
			var err error
			c.vals, err = appendPlain(c.vals, p)
			return err
		}
		return parquetErrorf("column %q: encoding %d is not allowed", name, p.encoding)
	})
	if err == nil && len(c.idx)+len(c.vals) != t.rows() {
		err = parquetErrorf("column %q is short", name)
	}
	return c, err
}

// texts reads a BYTE_ARRAY column.
func (t *tableReader) texts(name string) (textColumn, error) {
	var c textColumn
	base := 0
	err := t.pages(name, typeByteArray, func(p pageView, _ int, first bool) error {
		if first {
			base = len(c.dict)
		}
		var err error
		switch {
		case p.kind == pageDictionary && first && (p.encoding == encPlain || p.encoding == encPlainDict):
			c.dict, err = appendTexts(c.dict, p)
		case p.kind == pageDataV2 && p.encoding == encRLEDict:
			c.idx, err = appendIndexes(c.idx, p, base, len(c.dict))
		case p.kind == pageDataV2 && p.encoding == encPlain:
			n := len(c.dict)
			c.dict, err = appendTexts(c.dict, p)
			for i := n; i < len(c.dict); i++ {
				c.idx = append(c.idx, uint32(i))
			}
		default:
			err = parquetErrorf("column %q: encoding %d is not allowed", name, p.encoding)
		}
		return err
	})
	if err == nil && len(c.idx) != t.rows() {
		err = parquetErrorf("column %q is short", name)
	}
	return c, err
}

func appendPlain(dst []int64, p pageView) ([]int64, error) {
	if int64(len(p.data)) != 8*p.values {
		return nil, parquetErrorf("plain page of %d bytes for %d numbers", len(p.data), p.values)
	}
	for b := p.data; len(b) > 0; b = b[8:] {
		dst = append(dst, int64(binary.LittleEndian.Uint64(b)))
	}
	return dst, nil
}

func appendTexts(dst []string, p pageView) ([]string, error) {
	if int64(len(p.data)) < 4*p.values {
		return nil, parquetErrorf("plain page of %d bytes for %d texts", len(p.data), p.values)
	}
	all := string(p.data) // one copy; the page is reused
	for ; p.values > 0; p.values-- {
		if len(all) < 4 {
			return nil, parquetErrorf("text page is cut off")
		}
		n := uint32(all[0]) | uint32(all[1])<<8 | uint32(all[2])<<16 | uint32(all[3])<<24
		if uint64(n) > uint64(len(all)-4) {
			return nil, parquetErrorf("text longer than its page")
		}
		dst = append(dst, all[4:4+n])
		all = all[4+n:]
	}
	if len(all) != 0 {
		return nil, parquetErrorf("text page is too long")
	}
	return dst, nil
}

// appendIndexes decodes the RLE / bit-packing hybrid of dictionary indexes, each below
// size-base, and adds base.
func appendIndexes(dst []uint32, p pageView, base, size int) ([]uint32, error) {
	b, n := p.data, int(p.values)
	if n == 0 {
		return dst, nil
	}
	if len(b) == 0 || b[0] > 32 {
		return nil, parquetErrorf("bad index width")
	}
	width, limit, b := uint(b[0]), uint64(size-base), b[1:]
	for n > 0 {
		h, k := binary.Uvarint(b)
		if k <= 0 || h>>1 == 0 {
			return nil, parquetErrorf("bad run of indexes")
		}
		b = b[k:]
		if h&1 == 0 { // one value, repeated
			w := int(width+7) / 8
			if h>>1 > uint64(n) || len(b) < w {
				return nil, parquetErrorf("run of indexes is too long")
			}
			v := load64(b[:w], 0)
			if v >= limit {
				return nil, parquetErrorf("index %d outside of a dictionary of %d", v, limit)
			}
			for range h >> 1 {
				dst = append(dst, uint32(v)+uint32(base))
			}
			b, n = b[w:], n-int(h>>1)
			continue
		}
		groups := h >> 1 // of eight values, width bytes each; the last may be padded
		if groups > uint64(n+7)/8 || groups*uint64(width) > uint64(len(b)) {
			return nil, parquetErrorf("run of indexes is too long")
		}
		mask := uint64(1)<<width - 1
		take := min(n, int(groups)*8)
		for i := range take {
			bit := uint(i) * width
			v := load64(b, int(bit>>3)) >> (bit & 7) & mask
			if v >= limit {
				return nil, parquetErrorf("index %d outside of a dictionary of %d", v, limit)
			}
			dst = append(dst, uint32(v)+uint32(base))
		}
		b, n = b[groups*uint64(width):], n-take
	}
	return dst, nil
}

// load64 reads up to eight bytes at i, little endian; what is past the end is zero.
func load64(b []byte, i int) uint64 {
	if i+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[i:])
	}
	var v uint64
	for k := len(b) - 1; k >= i; k-- {
		v = v<<8 | uint64(b[k])
	}
	return v
}

// appendDelta decodes DELTA_BINARY_PACKED numbers.
func appendDelta(dst []int64, p pageView) ([]int64, error) {
	r := &thriftReader{b: p.data}
	block, minis, total := r.uvarint(), r.uvarint(), r.uvarint()
	value := r.varint()
	if p.values == 0 && len(p.data) == 0 {
		return dst, nil
	}
	if r.err != nil || total != uint64(p.values) || minis == 0 || minis > 64 || block > 1<<16 ||
		block%minis != 0 || block/minis%32 != 0 || block == 0 {
		return nil, parquetErrorf("bad header of delta numbers")
	}
	if total == 0 {
		return dst, nil
	}
	per, left := int(block/minis), int(total)-1
	dst = append(dst, value)
	for left > 0 {
		least := r.varint()
		if r.err != nil || uint64(len(r.b)-r.i) < minis {
			return nil, parquetErrorf("delta numbers are cut off")
		}
		widths := r.b[r.i : r.i+int(minis)]
		r.i += int(minis)
		for _, w := range widths {
			if left == 0 {
				break
			}
			size := per * int(w) / 8
			if w > 64 || size > len(r.b)-r.i {
				return nil, parquetErrorf("delta numbers are cut off")
			}
			b := r.b[r.i : r.i+size]
			r.i += size
			for i := range min(per, left) {
				value += least + int64(loadBits(b, uint(i)*uint(w), uint(w)))
				dst = append(dst, value)
			}
			left -= min(per, left)
		}
	}
	return dst, nil
}

// loadBits reads a number of width bits, at most 64, that begins at a bit of b.
func loadBits(b []byte, bit, width uint) uint64 {
	if width == 0 {
		return 0
	}
	i, s := int(bit>>3), bit&7
	v := load64(b, i) >> s
	if s+width > 64 {
		v |= uint64(b[i+8]) << (64 - s)
	}
	return v & (1<<(width-1)<<1 - 1)
}
