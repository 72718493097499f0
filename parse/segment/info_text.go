package segment

import (
	"bytes"
	"strconv"
	"strings"
)

// INFO is a wide table: a row a reply, a column a value. A reply's text is parted into its
// values and what is around them, the template, in which {name} stands for the value in the
// column of that name; a brace of the text itself is doubled. Replies mostly have the
// template of the one before.

// Bounds of what is parted. Servers print some 300 values, with names of some 30 bytes; what
// goes beyond stays in the template.
const (
	maxInfoValues  = 8 << 10
	maxInfoName    = 100
	maxInfoColumns = 2045 // of values in a file; each costs its footer some 200 bytes a row group
)

// The columns that come before the values'.
const (
	columnTime     = "ts"
	columnSeq      = "seq"
	columnTemplate = "template"
)

// A valueSpan is where a value of a reply stands: its key, the word before its equals sign
// where the key has several, and itself.
type valueSpan struct{ key, field, value [2]int }

// cutInfo finds the values of a reply: what follows the first colon of a line, or, where all
// of that is words with an equals sign, what follows each of these.
func cutInfo(dst []valueSpan, text []byte) []valueSpan {
	for lo := 0; lo < len(text) && len(dst) < maxInfoValues; {
		hi, next := len(text), len(text)
		if n := bytes.IndexByte(text[lo:], '\n'); n >= 0 {
			hi, next = lo+n, lo+n+1
		}
		for hi > lo && text[hi-1] == '\r' {
			hi--
		}
		if c := bytes.IndexByte(text[lo:hi], ':'); c > 0 && text[lo] != '#' {
			dst = cutValue(dst, text, [2]int{lo, lo + c}, hi)
		}
		lo = next
	}
	return dst
}

// cutValue appends the parts of the value behind a key that ends before hi.
func cutValue(dst []valueSpan, text []byte, key [2]int, hi int) []valueSpan {
	lo, n := key[1]+1, len(dst)
	for at := lo; ; {
		end := hi
		if c := bytes.IndexByte(text[at:hi], ','); c >= 0 {
			end = at + c
		}
		eq := bytes.IndexByte(text[at:end], '=')
		if eq <= 0 || len(dst) >= maxInfoValues {
			return append(dst[:n], valueSpan{key: key, value: [2]int{lo, hi}})
		}
		dst = append(dst, valueSpan{key, [2]int{at, at + eq}, [2]int{at + eq + 1, end}})
		if end == hi {
			return dst
		}
		at = end + 1
	}
}

// infoNames gives the names of the columns of a reply's values: the key, and for a part of
// several its word behind an underscore, as cmdstat_get_calls. Bytes other than letters,
// digits and underscores become underscores. A name that is taken in the reply already, or
// by another column, in capitals or not as SQL does not tell these apart, gets _2, _3 …
// behind it. It is empty where a value stays in the template.
func infoNames(text []byte, spans []valueSpan) []string {
	names := make([]string, len(spans))
	next := map[string]int{columnTime: 2, columnSeq: 2, columnTemplate: 2} // by name in small letters: the number to try
	var b []byte
	for i, s := range spans {
		b = append(b[:0], text[s.key[0]:s.key[1]]...)
		if s.field[1] > 0 {
			b = append(append(b, '_'), text[s.field[0]:s.field[1]]...)
		}
		if len(b) > maxInfoName {
			continue
		}
		for k, c := range b {
			if !plainByte(c) {
				b[k] = '_'
			}
		}
		name := string(b)
		folded := strings.ToLower(name)
		for n := next[folded]; next[strings.ToLower(name)] > 0; n++ {
			name = string(b) + "_" + strconv.Itoa(n)
			next[folded] = n + 1
		}
		next[strings.ToLower(name)] = max(next[strings.ToLower(name)], 2)
		names[i] = name
	}
	return names
}

func plainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// appendTemplate appends a reply's template; a value without a name stays as it is.
func appendTemplate(dst, text []byte, spans []valueSpan, names []string) []byte {
	from := 0
	for i, s := range spans {
		if names[i] == "" {
			continue
		}
		dst = appendLiteral(dst, text[from:s.value[0]])
		dst = append(append(append(dst, '{'), names[i]...), '}')
		from = s.value[1]
	}
	return appendLiteral(dst, text[from:])
}

func appendLiteral(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '{')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:i+1]...), '{')
		text = text[i+1:]
	}
}

// A piece of a template is text and then, unless name is empty, a value.
type piece struct{ text, name string }

// splitTemplate undoes appendTemplate; false for what it does not write.
func splitTemplate(s string) ([]piece, bool) {
	var out []piece
	var lit strings.Builder
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			lit.WriteString(s)
			return append(out, piece{lit.String(), ""}), len(out) <= maxInfoValues
		}
		lit.WriteString(s[:i])
		s = s[i+1:]
		if strings.HasPrefix(s, "{") {
			lit.WriteByte('{')
			s = s[1:]
			continue
		}
		end := strings.IndexByte(s, '}')
		if end <= 0 || end > maxInfoName+10 || len(out) > maxInfoValues {
			return nil, false
		}
		out = append(out, piece{lit.String(), s[:end]})
		lit.Reset()
		s = s[end+1:]
	}
}

// decimal reads a number that appendDecimal writes back the same: of at most 18 digits,
// without zeros before it, a plus, or a minus before zero.
func decimal(v []byte) (n int64, scale int, ok bool) {
	digits, point := v, -1
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && len(digits) > 1 && digits[1] != '.' {
		return 0, 0, false
	}
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		case c == '.' && point < 0 && i > 0 && i < len(digits)-1:
			point = i
		default:
			return 0, 0, false
		}
	}
	if point >= 0 {
		scale = len(digits) - 1 - point
	}
	if len(digits)-min(scale, 1) > 18 {
		return 0, 0, false
	}
	if len(digits) < len(v) {
		n = -n
		ok = n != 0
		return n, scale, ok
	}
	return n, scale, true
}

// appendDecimal writes n / 10^scale with exactly scale decimals.
func appendDecimal(dst []byte, n int64, scale int) []byte {
	if scale <= 0 {
		return strconv.AppendInt(dst, n, 10)
	}
	u := uint64(n)
	if n < 0 {
		dst, u = append(dst, '-'), -u
	}
	var b [24]byte
	digits := strconv.AppendUint(b[:0], u, 10)
	whole := len(digits) - scale
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	return append(append(append(dst, digits[:whole]...), '.'), digits[whole:]...)
}
