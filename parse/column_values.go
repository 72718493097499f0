package parse

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// The encodings of Parquet that a bundle uses; see Encodings.md of parquet-format.

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
	all := unsafe.String(unsafe.SliceData(p.data), len(p.data)) // nobody writes to a page of texts
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
			n0 := len(dst)
			dst = slices.Grow(dst, int(h>>1))[:n0+int(h>>1)]
			fill := dst[n0:]
			for i := range fill {
				fill[i] = uint32(v) + uint32(base)
			}
			b, n = b[w:], n-int(h>>1)
			continue
		}
		groups := h >> 1 // of eight values, width bytes each; the last may be padded
		if groups > uint64(n+7)/8 || groups*uint64(width) > uint64(len(b)) {
			return nil, parquetErrorf("run of indexes is too long")
		}
		take := min(n, int(groups)*8)
		n0 := len(dst)
		dst = slices.Grow(dst, take)[:n0+take]
		if most := unpackIndexes(dst[n0:], b, width, uint32(base)); most >= limit {
			return nil, parquetErrorf("index %d outside of a dictionary of %d", most, limit)
		}
		b, n = b[groups*uint64(width):], n-take
	}
	return dst, nil
}

// unpackIndexes fills dst from bit-packed numbers of width bits, adds base to each, and gives
// the greatest of them without base. Eight of up to eight bits lie in one word, which is the
// common case of a dictionary of up to 256; four of up to sixteen in another.
func unpackIndexes(dst []uint32, b []byte, width uint, base uint32) (most uint64) {
	mask := uint64(1)<<width - 1
	i, at := 0, 0 // of dst, and the byte of b where the group of i begins
	switch {
	case width <= 8:
		for ; i+8 <= len(dst) && at+8 <= len(b); i, at = i+8, at+int(width) {
			v, d := binary.LittleEndian.Uint64(b[at:]), dst[i:i+8:i+8]
			for k := range d {
				x := v & mask
				v >>= width & 63
				most = max(most, x)
				d[k] = uint32(x) + base
			}
		}
	case width <= 16:
		for ; i+8 <= len(dst) && at+int(width) <= len(b) && at+16 <= len(b); i, at = i+8, at+int(width) {
			lo, hi := binary.LittleEndian.Uint64(b[at:]), binary.LittleEndian.Uint64(b[at+int(width)/2:])>>(width%2*4)
			d := dst[i : i+8 : i+8]
			for k := range 4 {
				x, y := lo&mask, hi&mask
				lo, hi = lo>>(width&63), hi>>(width&63)
				most = max(most, x, y)
				d[k], d[k+4] = uint32(x)+base, uint32(y)+base
			}
		}
	}
	for ; i < len(dst); i++ {
		bit := uint(i) * width
		x := load64(b, int(bit>>3)) >> (bit & 7) & mask
		most = max(most, x)
		dst[i] = uint32(x) + base
	}
	return most
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
