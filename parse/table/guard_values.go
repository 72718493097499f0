package table

import (
	"encoding/binary"
	"math/bits"
)

// runExcess is how many values a bit-packed run may have behind the last: it ends on a
// multiple of 8, and writers fill up blocks.
const runExcess = 256

// walkRuns walks the RLE and bit-packed runs of n values of width bits, and calls fn for
// each. A run may claim 2^31 values in six bytes; the library takes four bytes for each.
func walkRuns(b []byte, width, n int64, fn func(count int64, packed bool, b []byte)) (total int64, err error) {
	for i := 0; i < len(b); {
		u, k := binary.Uvarint(b[i:])
		if k <= 0 || u>>1 > uint64(n+runExcess) {
			return 0, errorf("a run of %d values of %d", u>>1, n)
		}
		i += k
		count, size := int64(u>>1), (width+7)/8
		if u&1 != 0 {
			count, size = 8*count, count*width
		}
		if count == 0 {
			continue
		}
		if total += count; total > n+runExcess || size > int64(len(b)-i) {
			return 0, errorf("runs of %d and more values instead of %d, or cut off", total, n)
		}
		if fn != nil {
			fn(count, u&1 != 0, b[i:i+int(size)])
		}
		i += int(size)
	}
	if total < n {
		return 0, errorf("runs of %d values instead of %d", total, n)
	}
	return total, nil
}

// walkLevels walks the definition levels of n rows of an optional column and counts those
// that have a value.
func walkLevels(b []byte, n int64) (present int64, err error) {
	seen, odd := int64(0), false
	_, err = walkRuns(b, 1, n, func(count int64, packed bool, b []byte) {
		count = min(count, n-seen)
		if seen += count; count <= 0 {
			return
		}
		if !packed {
			odd = odd || b[0] > 1
			present += count * int64(b[0]&1)
			return
		}
		for ; count >= 8; count, b = count-8, b[1:] {
			present += int64(bits.OnesCount8(b[0]))
		}
		if count > 0 {
			present += int64(bits.OnesCount8(b[0] << (8 - count)))
		}
	})
	if err == nil && odd {
		err = errorf("a level above 1")
	}
	return present, err
}

// walkDelta walks DELTA_BINARY_PACKED numbers, of which there must be n of at most width bits.
func walkDelta(b []byte, n, width int64) error {
	r := &thrift{b: b} // its numbers are Thrift's
	block, minis, total := r.uvarint(), r.uvarint(), r.uvarint()
	r.varint()
	if r.err != nil || block == 0 || block%128 != 0 || block > 1<<16 || minis == 0 || block%minis != 0 ||
		block/minis%32 != 0 || total != uint64(n) {
		return errorf("a delta header of %d values in blocks of %d by %d instead of %d values", total, block, minis, n)
	}
	per := int64(block / minis)
	for left := n - 1; left > 0; {
		r.varint()
		if r.err != nil || int(minis) > len(b)-r.i {
			return errorf("delta blocks cut off with %d values left", left)
		}
		widths := b[r.i : r.i+int(minis)]
		r.i += int(minis)
		for _, w := range widths {
			if left <= 0 {
				break
			}
			size := per * int64(w) / 8
			if int64(w) > width || size > int64(len(b)-r.i) {
				return errorf("delta numbers of %d bits, or cut off", w)
			}
			r.i += int(size)
			left -= per
		}
	}
	return nil
}

// walkTexts walks PLAIN texts, of which there must be n.
func walkTexts(b []byte, n int64) error {
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
