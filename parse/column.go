package parse

import (
	"slices"

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
	if len(c.idx) != 0 {
		return c.dict[c.idx[i]]
	}
	return c.vals[i]
}

// constant tells whether the column has rows and all have the same value.
func (c *numColumn) constant() bool {
	if len(c.idx) != 0 {
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
	left int64  // bytes that the texts of the segment's tables may still come to
}

// textsOf bounds the texts of a segment whose members have so many bytes: a bomb is no text.
// What a writer holds (segmentLimits, and a record that fills it) comes to less.
func textsOf(bytes int64) int64 { return maxRecord + 16<<20 + 16*bytes }

// spend takes n bytes off what texts may come to.
func (t *tableReader) spend(n int64) error {
	if t.left -= n; t.left < 0 {
		return parquetErrorf("texts are too large for a segment of this size")
	}
	return nil
}

// newPageDecoder gives the decompressor that table readers share. It holds no goroutine.
func newPageDecoder() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(aheadSegments), zstd.WithDecoderLowmem(true),
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
// until the next call. That of texts nobody writes to any more.
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
	if c.typ == typeByteArray {
		if err := t.spend(full); err != nil {
			return p, err
		}
	} else if full > 16*c.values+4096 { // more than any encoding of numbers takes
		return p, parquetErrorf("column %q: page of %d bytes for %d numbers", c.name, full, c.values)
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
	p.data, err = t.unpack(body, full, c.typ == typeByteArray)
	return p, err
}

// unpack decompresses one page to exactly the size that its header claims, at most
// maxPage. The frame may not claim another, nor the body be too short for any such frame.
func (t *tableReader) unpack(body []byte, full int64, texts bool) ([]byte, error) {
	var h zstd.Header
	if len(body) == 0 && full == 0 {
		return nil, nil
	}
	if err := h.Decode(body); err != nil || h.HasFCS && h.FrameContentSize != uint64(full) ||
		full > int64(len(body))*zstdMaxRatio {
		return nil, parquetErrorf("page is no zstd frame of %d bytes", full)
	}
	page := t.page
	if texts {
		page = make([]byte, full) // which the texts keep: see appendTexts
	} else if int64(cap(page)) < full {
		page = make([]byte, full)
		t.page = page
	}
	out, err := t.zstd.DecodeAll(body, page[:0:full])
	if err != nil || int64(len(out)) != full {
		return nil, parquetErrorf("page does not decompress to %d bytes", full)
	}
	return out, nil
}

// zstdMaxRatio is what a frame of repeated bytes comes to: blocks of 128 KiB in 4 bytes.
const zstdMaxRatio = 128 << 10 / 4

// nums reads an INT64 column into c, whose memory it uses again.
func (t *tableReader) nums(name string, c *numColumn) error {
	c.idx, c.vals, c.dict = c.idx[:0], c.vals[:0], c.dict[:0]
	rows := t.rows() // at most: see manifest.check
	base := 0        // where the row group's dictionary begins in dict
	err := t.pages(name, typeInt64, func(p pageView, _ int, first bool) error {
		if first {
			base = len(c.dict)
		}
		switch {
		case p.kind == pageDictionary && first && (p.encoding == encPlain || p.encoding == encPlainDict):
			var err error
			c.dict, err = appendPlain(c.dict, p)
			return err
		case p.kind == pageDataV2 && p.encoding == encRLEDict && len(c.vals) == 0:
			var err error
			c.idx, err = appendIndexes(slices.Grow(c.idx, rows-len(c.idx)), p, base, len(c.dict))
			return err
		case p.kind == pageDataV2 && p.encoding == encDelta && len(c.idx) == 0:
			var err error
			c.vals, err = appendDelta(slices.Grow(c.vals, rows-len(c.vals)), p)
			return err
		case p.kind == pageDataV2 && p.encoding == encPlain && len(c.idx) == 0:
			var err error
			c.vals, err = appendPlain(slices.Grow(c.vals, rows-len(c.vals)), p)
			return err
		}
		return parquetErrorf("column %q: encoding %d is not allowed", name, p.encoding)
	})
	if err == nil && len(c.idx)+len(c.vals) != t.rows() {
		err = parquetErrorf("column %q is short", name)
	}
	return err
}

// texts reads a BYTE_ARRAY column into c, whose memory it uses again, but for the texts.
func (t *tableReader) texts(name string, c *textColumn) error {
	c.idx, c.dict = c.idx[:0], c.dict[:0]
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
			c.idx, err = appendIndexes(slices.Grow(c.idx, t.rows()-len(c.idx)), p, base, len(c.dict))
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
	for i := range c.dict {
		s, ok := unescapeText(c.dict[i])
		if !ok && err == nil {
			err = parquetErrorf("column %q: text is not escaped as it should be", name)
		}
		c.dict[i] = s
	}
	return err
}
