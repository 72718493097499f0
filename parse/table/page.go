package table

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

const maxPage = 128 << 20 // unpacked

// A page has values of a column, unpacked: as many as it says, in bytes that were walked.
type page struct {
	dictionary bool
	encoding   format.Encoding
	kind       format.Type
	n          int    // values; rows without one do not count
	null       []bool // by row, where some have no value; else nil
	body       []byte // the group's until the next page
}

// A chunkRead is how far the pages of a column in one row group are read.
type chunkRead struct {
	g        *Group
	kind     format.Type
	codec    format.CompressionCodec
	optional bool
	left     int // rows that the pages to come must have
	dict     int // values of the dictionary; -1 without one
}

// pages calls fn for each page of a column, whose values must be of one of the kinds.
func (g *Group) pages(name string, fn func(p *page) error, kinds ...format.Type) (err error) {
	defer caught(&err)
	i, ok := g.f.places[name]
	if !ok {
		return errorf("no column %q", name)
	}
	c := g.place.chunks[i]
	r := &chunkRead{g, g.f.kinds[i], c.codec, g.f.columns[i].Optional, g.Rows(), -1}
	if !slices.Contains(kinds, r.kind) {
		return errorf("column %q is of type %s", name, r.kind)
	}
	if c.from < g.at || c.from+c.size > g.at+int64(len(g.data)) {
		return errorf("column %q lies outside of its row group", name)
	}
	data := g.data[c.from-g.at:][:c.size]
	g.scratch = scratches.Get().(*[]byte)
	defer scratches.Put(g.scratch)
	for at := 0; at < len(data); {
		p, n, err := r.page(data[at:], at == 0)
		if err == nil {
			err = fn(p)
		}
		if err != nil {
			return errorf("column %q, page at byte %d: %s", name, c.from+int64(at), strings.TrimPrefix(err.Error(), prefix))
		}
		at += n
	}
	if r.left != 0 {
		return errorf("column %q lacks %d values", name, r.left)
	}
	return nil
}

// page reads the page that data begins with, and gives its length. Every count is held
// against the bytes that are there and the rows that are left, before there is memory for it.
func (r *chunkRead) page(data []byte, first bool) (*page, int, error) {
	var h format.PageHeader
	n, err := decode(data, 0, &h)
	if err != nil {
		return nil, 0, err
	}
	size, raw := int(h.CompressedPageSize), int(h.UncompressedPageSize)
	if size < 0 || size > len(data)-n || raw < 0 || raw > maxPage {
		return nil, 0, errorf("%d bytes of %d that are left, which unpack to %d of at most %d", size, len(data)-n, raw, maxPage)
	}
	p := &page{kind: r.kind}
	body := data[n : n+size]
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid && first:
		err = r.dictionary(p, &h.DictionaryPageHeader.V, body, raw)
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		err = r.dataV1(p, &h.DataPageHeader.V, body, raw)
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		err = r.dataV2(p, &h.DataPageHeaderV2.V, body, raw)
	default:
		err = errorf("a page of kind %s, or at a wrong place", h.Type)
	}
	return p, n + size, err
}

func (r *chunkRead) dictionary(p *page, h *format.DictionaryPageHeader, body []byte, raw int) (err error) {
	if h.Encoding != format.Plain && h.Encoding != plainDictionary || h.NumValues < 0 || int(h.NumValues) > r.left {
		return errorf("a dictionary of %d values in encoding %s for %d rows", h.NumValues, h.Encoding, r.left)
	}
	p.dictionary, p.encoding, p.n = true, format.Plain, int(h.NumValues)
	r.dict = p.n
	if p.body, err = r.unpack(p, body, raw); err != nil {
		return err
	}
	return p.valuesFit(r.dict)
}

func (r *chunkRead) dataV1(p *page, h *format.DataPageHeader, body []byte, raw int) (err error) {
	if err := r.rows(p, h.NumValues, h.Encoding); err != nil {
		return err
	}
	if p.body, err = r.unpack(p, body, raw); err != nil {
		return err
	}
	if r.optional {
		if h.DefinitionLevelEncoding != format.RLE || len(p.body) < 4 || uint64(binary.LittleEndian.Uint32(p.body)) > uint64(len(p.body)-4) {
			return errorf("levels in encoding %s, or longer than the page", h.DefinitionLevelEncoding)
		}
		n := 4 + int(binary.LittleEndian.Uint32(p.body))
		if err := p.readLevels(p.body[4:n]); err != nil {
			return err
		}
		p.body = p.body[n:]
	}
	return p.valuesFit(r.dict)
}

func (r *chunkRead) dataV2(p *page, h *format.DataPageHeaderV2, body []byte, raw int) (err error) {
	if err := r.rows(p, h.NumValues, h.Encoding); err != nil {
		return err
	}
	n := int(h.DefinitionLevelsByteLength)
	if h.NumRows != h.NumValues || h.RepetitionLevelsByteLength != 0 || n < 0 || n > min(len(body), raw) || n > 0 && !r.optional {
		return errorf("%d rows of %d values with %d and %d bytes of levels", h.NumRows, h.NumValues, h.RepetitionLevelsByteLength, n)
	}
	if r.optional {
		if err := p.readLevels(body[:n]); err != nil {
			return err
		}
	}
	if nulls := int(h.NumValues) - p.n; int(h.NumNulls) != nulls {
		return errorf("claims %d nulls of %d", h.NumNulls, nulls)
	}
	if h.IsCompressed.Valid && !h.IsCompressed.V {
		r.codec = format.Uncompressed
	}
	if p.body, err = r.unpack(p, body[n:], raw-n); err != nil {
		return err
	}
	return p.valuesFit(r.dict)
}

// rows takes a data page's rows off those that are left.
func (r *chunkRead) rows(p *page, n int32, encoding format.Encoding) error {
	if n < 1 || int(n) > r.left {
		return errorf("claims %d values of %d that are left", n, r.left)
	}
	p.n, p.encoding = int(n), encoding
	r.left -= p.n
	return nil
}

// unpack gives the bytes of a page, which must be raw; texts are taken off the budget first.
func (r *chunkRead) unpack(p *page, body []byte, raw int) (b []byte, err error) {
	if p.kind == format.ByteArray && !p.places() {
		if err := r.g.budget.spend(int64(raw) + 16*int64(p.n)); err != nil {
			return nil, err
		}
	} else if raw > 16*p.n+64<<10 { // no number takes more than 9 bytes
		return nil, errorf("%d values unpack to %d bytes", p.n, raw)
	}
	if b = body; r.codec != format.Uncompressed && len(body) > 0 {
		to := slices.Grow((*r.g.scratch)[:0], raw)
		*r.g.scratch = to
		b, err = inflate(r.codec, body, to[:raw:raw])
	}
	if err == nil && len(b) != raw {
		err = errorf("comes to %d bytes instead of %d", len(b), raw)
	}
	return b, err
}

// inflate unpacks body into dst, which it must fill.
func inflate(codec format.CompressionCodec, body, dst []byte) ([]byte, error) {
	switch codec {
	case format.Zstd:
		return unpacker().DecodeAll(body, dst[:0])
	case format.Snappy:
		if n, err := snappy.DecodedLen(body); err != nil || n != len(dst) {
			return nil, errorf("comes to %d bytes instead of %d", n, len(dst))
		}
		return snappy.Decode(dst, body)
	case format.Gzip:
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
	return nil, errorf("codec %s is not read", codec)
}

// scratches have pages of one column, unpacked.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

// unpacker gives a decoder that never gives more than the capacity of what it is given.
var unpacker = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderConcurrency(0))
	if err != nil {
		panic(err) // options only
	}
	return d
})
