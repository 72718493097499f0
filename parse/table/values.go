package table

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/format"
)

// runExcess is how many values a bit-packed run may have behind the last: it ends on a
// multiple of 8, and writers fill up blocks.
const runExcess = 256

// plainDictionary is what older writers call both the values of a dictionary and the places
// in it.
const plainDictionary format.Encoding = 2

// places tells whether the values are places in the dictionary.
func (p *page) places() bool {
	return p.encoding == format.RLEDictionary || p.encoding == plainDictionary
}

// valuesFit walks the values, before the library allocates by what they claim; dict is the
// number of the dictionary's, -1 without one.
func (p *page) valuesFit(dict int) error {
	text, width := p.kind == format.ByteArray, 8
	if p.kind == format.Int32 {
		width = 4
	}
	switch {
	case !text && (p.encoding == format.Plain || p.encoding == format.ByteStreamSplit):
		if len(p.body) != p.n*width {
			return errorf("%d values of %d bytes in %d", p.n, width, len(p.body))
		}
		return nil
	case text && p.encoding == format.Plain:
		return walkTexts(p.body, p.n)
	case !text && p.encoding == format.DeltaBinaryPacked:
		return walkDelta(p.body, p.n, 8*width)
	case text && p.encoding == format.DeltaLengthByteArray:
		return walkDelta(p.body, p.n, 32)
	case p.places() && dict >= 0:
		if p.n == 0 {
			return nil
		}
		if len(p.body) == 0 || p.body[0] > 32 || dict == 0 {
			return errorf("places of a dictionary of %d values without their width", dict)
		}
		return walkRuns(p.body[1:], int(p.body[0]), p.n, func(int, bool, []byte) {})
	}
	return errorf("encoding %s is not read for this type, or lacks its dictionary", p.encoding)
}

// walkRuns walks the RLE and bit-packed runs of n values of width bits, and calls fn for
// each. A run may claim 2^31 values in six bytes; the library takes four bytes for each.
func walkRuns(b []byte, width, n int, fn func(count int, packed bool, b []byte)) error {
	total := 0
	for i := 0; i < len(b); {
		u, k := binary.Uvarint(b[i:])
		if k <= 0 || u>>1 > uint64(n+runExcess) {
			return errorf("a run of %d values of %d", u>>1, n)
		}
		i += k
		count, size := int(u>>1), (width+7)/8
		if u&1 != 0 {
			count, size = 8*count, count*width
		}
		if count == 0 {
			continue
		}
		if total += count; total > n+runExcess || size > len(b)-i {
			return errorf("runs of %d and more values instead of %d, or cut off", total, n)
		}
		fn(count, u&1 != 0, b[i:i+size])
		i += size
	}
	if total < n {
		return errorf("runs of %d values instead of %d", total, n)
	}
	return nil
}

// readLevels reads which of the page's rows have a value.
func (p *page) readLevels(b []byte) (err error) {
	null, i, odd := make([]bool, p.n), 0, false
	err = walkRuns(b, 1, p.n, func(count int, packed bool, b []byte) {
		for k := 0; k < count && i < len(null); k, i = k+1, i+1 {
			level := b[0]
			if packed {
				level = b[k/8] >> (k % 8) & 1
			}
			odd = odd || level > 1
			if null[i] = level == 0; null[i] {
				p.n--
				p.null = null
			}
		}
	})
	if err == nil && odd {
		err = errorf("a level above 1")
	}
	return err
}

// walkDelta walks DELTA_BINARY_PACKED numbers, of which there must be n of at most width bits.
func walkDelta(b []byte, n, width int) error {
	number := func() uint64 {
		u, k := binary.Uvarint(b)
		b = b[max(k, 0):]
		return u
	}
	block, minis, total := number(), number(), number()
	number() // the first value
	if block == 0 || block%128 != 0 || block > 1<<16 || minis == 0 || block%minis != 0 || block/minis%32 != 0 || total != uint64(n) {
		return errorf("a delta header of %d values in blocks of %d by %d instead of %d values", total, block, minis, n)
	}
	per := int(block / minis)
	for left := n - 1; left > 0; {
		number() // the least delta
		if int(minis) > len(b) {
			return errorf("delta blocks cut off with %d values left", left)
		}
		widths := b[:minis]
		b = b[minis:]
		for _, w := range widths {
			if left <= 0 {
				break
			}
			size := per * int(w) / 8
			if int(w) > width || size > len(b) {
				return errorf("delta numbers of %d bits, or cut off", w)
			}
			b = b[size:]
			left -= per
		}
	}
	return nil
}

// walkTexts walks PLAIN texts, of which there must be n.
func walkTexts(b []byte, n int) error {
	for k := range n {
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return errorf("text %d of %d is cut off", k, n)
		}
		b = b[4+binary.LittleEndian.Uint32(b):]
	}
	if len(b) > 0 {
		return errorf("%d bytes behind the last of %d texts", len(b), n)
	}
	return nil
}
