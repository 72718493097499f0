package parse

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// A seriesKey names what numbers and texts tell of: a key of a kind of record, and the
// how-manieth number of its value (-1: its text).
type seriesKey struct {
	kind record.Kind
	part int32
	key  string
}

func (a seriesKey) compare(b seriesKey) int {
	if a.kind != b.kind {
		return int(a.kind) - int(b.kind)
	}
	if c := strings.Compare(a.key, b.key); c != 0 {
		return c
	}
	return int(a.part) - int(b.part)
}

// A series is the changes of one number or text within a segment.
type series struct {
	key   seriesKey
	field string // of a number: the word before it in the value, as calls
	scale byte   // of a number: its decimals
	nth   int64  // of the last change
	num   int64
	text  string
	rows  int
	log   []byte   // numbers: nth, scale and value of each change, as varint differences
	texts []string // texts: the values; log has the nths
}

// A seriesSet collects the changes of numbers and texts until the segment is sealed.
type seriesSet struct {
	index map[seriesKey]int32
	all   []series
	bytes int // held, about
}

func (s *seriesSet) reset() {
	if s.index == nil {
		s.index = map[seriesKey]int32{}
	}
	clear(s.index)
	clear(s.all) // forget the texts
	s.all, s.bytes = s.all[:0], 0
}

// at gives the place of a series, made if new.
func (s *seriesSet) at(k seriesKey) int32 {
	i, ok := s.index[k]
	if !ok {
		i = int32(len(s.all))
		s.index[k] = i
		s.all = append(s.all, series{key: k})
		s.bytes += 160 + len(k.key)
	}
	return i
}

// setNum notes that series i is v, of scale decimals, from the nth record on, unless it
// was so already.
func (s *seriesSet) setNum(i int32, nth, v int64, scale byte) {
	x := &s.all[i]
	if x.rows > 0 && x.num == v && x.scale == scale {
		return
	}
	n := len(x.log)
	x.scale = scale
	x.log = binary.AppendUvarint(binary.AppendVarint(x.log, nth-x.nth), uint64(scale))
	x.log = binary.AppendVarint(x.log, v-x.num)
	x.nth, x.num = nth, v
	x.rows++
	s.bytes += len(x.log) - n
}

// setText notes that series i is text from the nth record on, unless it was so already.
func (s *seriesSet) setText(i int32, nth int64, text string) {
	x := &s.all[i]
	if x.rows > 0 && x.text == text {
		return
	}
	x.log = binary.AppendVarint(x.log, nth-x.nth)
	x.nth, x.text = nth, text
	x.texts = append(x.texts, text)
	x.rows++
	s.bytes += 20 + len(text)
}

// sorted gives the series in the order of the tables.
func (s *seriesSet) sorted() []*series {
	out := make([]*series, len(s.all))
	for i := range s.all {
		out[i] = &s.all[i]
	}
	slices.SortFunc(out, func(a, b *series) int { return a.key.compare(b.key) })
	return out
}

// Keys that connbox adds to a kind's own; no key of a reply begins with a colon, see
// seriesNames.
const (
	keyTemplate = ":template" // INFO without its values; CONFIG's keys
	keyTop      = ":top"      // newest entry shown by SLOWLOG GET
	keyCount    = ":count"    // how many, each the one before in slowlog
	keyListed   = ":listed"
)

// seriesNames gives the keys of one reply the names of their series: a key that stands
// twice, or could be taken for one of ours, gets a number behind a zero byte. Reader and
// writer must agree, so it depends on the keys alone.
func seriesNames(keys []string) []string {
	names := make([]string, len(keys))
	used := make(map[string]int, len(keys))
	for i, k := range keys {
		name, n := k, used[k]
		if n == 0 && strings.HasPrefix(k, ":") {
			n = 1
		}
		if n > 0 {
			name = k + "\x00" + strconv.Itoa(n)
			for used[name] > 0 {
				n++
				name = k + "\x00" + strconv.Itoa(n)
			}
			used[name]++
		}
		used[k] = n + 1
		names[i] = name
	}
	return names
}

// cutNumbers parts a value into its shape and the numbers in it. In the shape a number
// stands as {n}, n being its decimals; a brace of the value itself is doubled. Only what
// can be put back exactly counts as a number. scales has the decimals of each.
func cutNumbers(shape []byte, nums []int64, scales []byte, v []byte) ([]byte, []int64, []byte) {
	for i := 0; i < len(v); {
		c := v[i]
		if c < '0' || c > '9' {
			if c == '{' {
				shape = append(shape, '{')
			}
			shape = append(shape, c)
			i++
			continue
		}
		end := digitsEnd(v, i)
		stop, scale := end, 0
		if end+1 < len(v) && v[end] == '.' {
			if e := digitsEnd(v, end+1); e-end-1 >= 1 && e-end-1 <= 9 {
				stop, scale = e, e-end-1
			}
		}
		if !startsNumber(v, i) || v[i] == '0' && end-i > 1 || end-i+scale > 18 {
			shape = append(shape, v[i:end]...)
			i = end
			continue
		}
		n := int64(0)
		for _, d := range v[i:stop] {
			if d != '.' {
				n = n*10 + int64(d-'0')
			}
		}
		shape = append(shape, '{', '0'+byte(scale), '}')
		nums, scales = append(nums, n), append(scales, byte(scale))
		i = stop
	}
	return shape, nums, scales
}

// quoteShape gives the shape of a value of which nothing is taken for a number.
func quoteShape(shape, v []byte) []byte {
	for _, c := range v {
		if c == '{' {
			shape = append(shape, '{')
		}
		shape = append(shape, c)
	}
	return shape
}

// countNumbers gives how many numbers a shape has places for.
func countNumbers(shape string) (n int) {
	for i := 0; i+1 < len(shape); i++ {
		if shape[i] == '{' {
			if i++; shape[i] >= '0' && shape[i] <= '9' {
				n++
			}
		}
	}
	return n
}

func digitsEnd(v []byte, i int) int {
	for i < len(v) && v[i] >= '0' && v[i] <= '9' {
		i++
	}
	return i
}

// startsNumber keeps digits inside words (a hash, a version) out of the numbers.
func startsNumber(v []byte, i int) bool {
	if i == 0 {
		return true
	}
	switch v[i-1] {
	case '=', ',', '-', ' ', ':', '/', '(':
		return true
	}
	return false
}

// joinNumbers undoes cutNumbers; false when the shape does not fit the numbers.
func joinNumbers(dst []byte, shape string, nums []int64) ([]byte, bool) {
	part := 0
	for i := 0; i < len(shape); i++ {
		if shape[i] != '{' {
			dst = append(dst, shape[i])
			continue
		}
		if i+1 < len(shape) && shape[i+1] == '{' {
			dst = append(dst, '{')
			i++
			continue
		}
		if i+2 < len(shape) && shape[i+1] == perCallMark && shape[i+2] == '}' && part >= 2 && part <= len(nums) {
			dst = appendPerCall(dst, nums[part-1], nums[part-2])
			i += 2
			continue
		}
		if i+2 >= len(shape) || shape[i+1] < '0' || shape[i+1] > '9' || shape[i+2] != '}' {
			return dst, false
		}
		if part >= len(nums) || nums[part] < 0 {
			return dst, false
		}
		dst = appendDecimal(dst, nums[part], int(shape[i+1]-'0'))
		part++
		i += 2
	}
	return dst, true
}

// appendDecimal writes n / 10^scale with exactly scale decimals.
func appendDecimal(dst []byte, n int64, scale int) []byte {
	at := len(dst)
	dst = strconv.AppendInt(dst, n, 10)
	if scale == 0 {
		return dst
	}
	for len(dst)-at <= scale {
		dst = slices.Insert(dst, at, '0')
	}
	return slices.Insert(dst, len(dst)-scale, '.')
}
