package parse

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// Parquet is written here, a column at a time: general writers keep a table's rows and
// every column's pages in memory together, pack dictionary indexes to odd widths, which
// zstd can hardly compress, and spend more on the footer of a small table than on its
// rows. What is written is the plain subset of the format that column_meta.go lists; other
// readers (DuckDB, Arrow, Spark, parquet-go) are tested against it.
// Source: parquet-format, src/main/thrift/parquet.thrift and Encodings.md.

// A logical type says what a column's values mean to other readers.
type logical uint8

const (
	logicalInt  logical = iota // a 64-bit number
	logicalTime                // microseconds since 1970, UTC
	logicalText                // UTF-8; see escapeText
)

// A tableFile is one Parquet file in the making. It is used again for each member; the
// bytes that finish gives belong to it until the next begin.
type tableFile struct {
	enc  *zstd.Encoder
	buf  []byte
	rows int
	cols []columnDone

	page, packed, other []byte // scratch
	codes               []uint16
	nums                []int64
}

// A columnDone is what the footer says of a column.
type columnDone struct {
	name        string
	kind        logical
	encoding    byte
	start, data int // of the chunk, of its first data page
	full, size  int // bytes before and after compression
	hasDict     bool
}

// newTableFile makes the one compressor that all tables share. The level is the highest
// whose tables are small enough to stay in a recorder.
func newTableFile() (*tableFile, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
		zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	return &tableFile{enc: enc}, err
}

func (f *tableFile) begin(rows int) {
	f.buf = append(f.buf[:0], parquetMagic...)
	f.rows, f.cols = rows, f.cols[:0]
}

const (
	parquetMagic = "PAR1"
	textPage     = 1 << 20 // a page of texts is closed when it is this large
)

// numbers writes an INT64 column from a store; order, if not nil, is the order of rows.
// With many values a dictionary or differences may be shorter: that is tried.
func (f *tableFile) numbers(name string, s *store[int64], order []int32) {
	c, from := f.column(name, logicalInt), len(f.buf)
	dict := len(s.plain) == 0
	if dict {
		f.dictNumbers(c, s, order)
	}
	if len(s.dict) <= 1<<8 && dict {
		return
	}
	f.nums = f.nums[:0]
	for i := range f.rows {
		f.nums = append(f.nums, s.at(place(order, i)))
	}
	asDict, middle := *c, len(f.buf)
	f.delta(c, f.nums)
	if dict && asDict.size <= c.size {
		*c, f.buf = asDict, f.buf[:middle]
		return
	}
	f.buf = append(f.buf[:from], f.buf[middle:]...)
	c.start, c.data = from, from
}

func (f *tableFile) dictNumbers(c *columnDone, s *store[int64], order []int32) {
	f.ordered(s.codes, order)
	// Neighbours in value are neighbours in the dictionary, which then compresses.
	rank, sorted := sortedDict(s.dict, cmp.Compare[int64])
	f.page = f.page[:0]
	for _, v := range sorted {
		f.page = binary.LittleEndian.AppendUint64(f.page, uint64(v))
	}
	f.dictionary(c, len(sorted), rank)
}

// place gives the row of a store that stands at i.
func place(order []int32, i int) int {
	if order == nil {
		return i
	}
	return int(order[i])
}

// ordered takes codes over into f.codes, which stays empty for a single value.
func (f *tableFile) ordered(codes []uint16, order []int32) {
	f.codes = append(f.codes[:0], codes...)
	if order != nil && len(codes) > 0 {
		for i, at := range order {
			f.codes[i] = codes[at]
		}
	}
}

// sortedDict sorts a dictionary and gives the new place of each old one.
func sortedDict[T any](dict []T, compare func(a, b T) int) (rank []uint16, sorted []T) {
	at := make([]uint16, len(dict))
	for i := range at {
		at[i] = uint16(i)
	}
	slices.SortFunc(at, func(a, b uint16) int { return compare(dict[a], dict[b]) })
	rank, sorted = make([]uint16, len(dict)), make([]T, len(dict))
	for i, a := range at {
		rank[a], sorted[i] = uint16(i), dict[a]
	}
	return rank, sorted
}

// texts writes a BYTE_ARRAY column from a store.
func (f *tableFile) texts(name string, s *store[string], order []int32) {
	if len(s.plain) == 0 && (len(s.dict) <= f.rows/2 || f.rows <= 16) {
		f.ordered(s.codes, order)
		rank, sorted := sortedDict(s.dict, strings.Compare)
		f.page = f.page[:0]
		for _, v := range sorted {
			f.page = appendPlainText(f.page, v)
		}
		f.dictionary(f.column(name, logicalText), len(sorted), rank)
		return
	}
	f.plainTexts(name, func(i int) string { return s.at(place(order, i)) })
}

// plainTexts writes a BYTE_ARRAY column whose values mostly differ.
func (f *tableFile) plainTexts(name string, at func(i int) string) {
	c := f.column(name, logicalText)
	c.begin(f, encPlain)
	f.page = f.page[:0]
	values := 0
	for i := range f.rows {
		f.page = appendPlainText(f.page, at(i))
		if values++; len(f.page) >= textPage {
			f.dataPage(c, values, f.page)
			f.page, values = f.page[:0], 0
		}
	}
	if values > 0 {
		f.dataPage(c, values, f.page)
	}
	f.done(c)
}

func appendPlainText(b []byte, s string) []byte {
	s = escapeText(s)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
}

// dictionary writes a column whose dictionary's values are in f.page and whose codes, of
// before the dictionary was sorted, in f.codes.
func (f *tableFile) dictionary(c *columnDone, size int, rank []uint16) {
	c.begin(f, encRLEDict)
	c.hasDict = true
	packed := f.compress(f.page)
	f.pageHead(pageDictionary, len(f.page), len(packed), size, encPlain, true)
	f.buf = append(f.buf, packed...)
	c.full += len(f.page)
	c.data = len(f.buf)
	for i, code := range f.codes {
		f.codes[i] = rank[code]
	}
	f.page = appendCodes(f.page[:0], f.codes, f.rows, byteWidth(size))
	if w := bits.Len(uint(size - 1)); w <= 4 && len(f.codes) > 0 {
		// Few values: their bits side by side may come to less than zstd makes of bytes.
		f.other = appendCodes(f.other[:0], f.codes, f.rows, w)
		n := len(f.compress(f.page))
		if len(f.compress(f.other)) < n {
			f.page, f.other = f.other, f.page
		}
	}
	f.dataPage(c, f.rows, f.page)
	f.done(c)
}

// byteWidth is the width of dictionary codes in bits: whole bytes, which zstd's entropy
// coder takes for symbols.
func byteWidth(dict int) int {
	if dict <= 1<<8 {
		return 8
	}
	return 16
}

// appendCodes writes codes in Parquet's RLE / bit-packing hybrid: one run of packed codes,
// or, of none, one repeated zero.
func appendCodes(b []byte, codes []uint16, rows, width int) []byte {
	b = append(b, byte(width))
	if len(codes) == 0 {
		b = binary.AppendUvarint(b, uint64(rows)<<1)
		return append(b, make([]byte, (width+7)/8)...)
	}
	groups := (len(codes) + 7) / 8
	b = binary.AppendUvarint(b, uint64(groups)<<1|1)
	at := len(b)
	switch width {
	case 8:
		for _, c := range codes {
			b = append(b, byte(c))
		}
	case 16:
		for _, c := range codes {
			b = append(b, byte(c), byte(c>>8))
		}
	default:
		var acc, n uint64
		for _, c := range codes {
			acc |= uint64(c) << n
			for n += uint64(width); n >= 8; n -= 8 {
				b = append(b, byte(acc))
				acc >>= 8
			}
		}
		if n > 0 {
			b = append(b, byte(acc))
		}
	}
	return append(b, make([]byte, groups*width-(len(b)-at))...)
}

// delta writes an INT64 column as differences of neighbours; a page begins at each cut.
func (f *tableFile) delta(c *columnDone, vals []int64, cuts ...int) {
	c.begin(f, encDelta)
	begin := 0
	for _, end := range append(cuts, len(vals)) {
		if end > begin {
			f.page = appendDeltas(f.page[:0], vals[begin:end], 1)
			f.other = appendDeltas(f.other[:0], vals[begin:end], 8)
			// Whole bytes are more, but zstd's entropy coder can take them for symbols.
			if n := min(len(f.compress(f.page)), len(f.page)); len(f.compress(f.other)) < n {
				f.page, f.other = f.other, f.page
			}
			f.dataPage(c, end-begin, f.page)
			begin = end
		}
	}
	f.done(c)
}

// appendDeltas writes DELTA_BINARY_PACKED: blocks of 128 differences less the block's
// least, packed to the width of the largest of each 32, a multiple of step.
func appendDeltas(b []byte, vals []int64, step int) []byte {
	const block, minis = 128, 4
	b = binary.AppendUvarint(b, block)
	b = binary.AppendUvarint(b, minis)
	b = binary.AppendUvarint(b, uint64(len(vals)))
	if len(vals) == 0 {
		return binary.AppendVarint(b, 0)
	}
	b = binary.AppendVarint(b, vals[0])
	var d [block]int64
	for i := 1; i < len(vals); i += block {
		n := min(block, len(vals)-i)
		least := vals[i] - vals[i-1]
		for k := range n {
			d[k] = vals[i+k] - vals[i+k-1] // wraps, and is undone by wrapping
			least = min(least, d[k])
		}
		b = binary.AppendVarint(b, least)
		widths := len(b)
		b = append(b, make([]byte, minis)...)
		for m := 0; m*block/minis < n; m++ {
			part := d[m*block/minis : (m+1)*block/minis]
			var all uint64
			for k := range part {
				if m*block/minis+k >= n {
					part[k] = least
				}
				all |= uint64(part[k] - least)
			}
			w := (bits.Len64(all) + step - 1) / step * step
			b[widths+m] = byte(w)
			b = appendPacked(b, part, least, w)
		}
	}
	return b
}

// appendPacked writes 32 numbers, less least, of width bits each.
func appendPacked(b []byte, part []int64, least int64, width int) []byte {
	at := len(b)
	b = append(b, make([]byte, len(part)*width/8)...)
	for i, v := range part {
		u := uint64(v - least)
		for bit, left := i*width, width; left > 0; {
			n := min(8-bit&7, left)
			b[at+bit>>3] |= byte(u&(1<<n-1)) << (bit & 7)
			u, bit, left = u>>n, bit+n, left-n
		}
	}
	return b
}

func (f *tableFile) column(name string, kind logical) *columnDone {
	f.cols = append(f.cols, columnDone{name: name, kind: kind})
	return &f.cols[len(f.cols)-1]
}

// begin begins the column's chunk at the end of the file.
func (c *columnDone) begin(f *tableFile, encoding byte) {
	*c = columnDone{name: c.name, kind: c.kind, encoding: encoding, start: len(f.buf), data: len(f.buf)}
}

func (f *tableFile) done(c *columnDone) { c.size = len(f.buf) - c.start }

func (f *tableFile) compress(b []byte) []byte {
	f.packed = f.enc.EncodeAll(b, f.packed[:0])
	return f.packed
}

func (f *tableFile) dataPage(c *columnDone, values int, page []byte) {
	packed := f.compress(page)
	smaller := len(packed) < len(page)
	if !smaller {
		packed = page
	}
	f.pageHead(pageDataV2, len(page), len(packed), values, c.encoding, smaller)
	f.buf = append(f.buf, packed...)
	c.full += len(page)
}

// escapeText makes any bytes a valid UTF-8 text, as other readers refuse a whole column
// for one that is not: one that is no UTF-8, or begins with the mark, becomes the mark
// (U+FFFD) and its bytes, those from 0x80 on and the percent sign as %XX.
func escapeText(s string) string {
	if utf8.ValidString(s) && !strings.HasPrefix(s, escapeMark) {
		return s
	}
	b := []byte(escapeMark)
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c == '%' {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

const escapeMark = "\uFFFD"

// unescapeText undoes escapeText; false for a text that it does not write.
func unescapeText(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, escapeMark)
	if !ok {
		return s, true
	}
	return unescapeWord(rest)
}
