package reply

import "strconv"

// This file has the pieces of the notations that redis-cli prints values in: C-escaped
// strings, lines of the numbered tree of --no-raw, numbers. value.go puts them together.

// AppendQuoted writes s in quotes and with escapes, as redis-cli --no-raw does: the result is
// one line of printable ASCII. Source: sds.c sdscatrepr.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == '\\' || b == '"':
			dst = append(dst, '\\', b)
		case b == '\n':
			dst = append(dst, `\n`...)
		case b == '\r':
			dst = append(dst, `\r`...)
		case b == '\t':
			dst = append(dst, `\t`...)
		case b == '\a':
			dst = append(dst, `\a`...)
		case b == '\b':
			dst = append(dst, `\b`...)
		case b < ' ' || b > '~':
			dst = append(dst, '\\', 'x', hex[b>>4], hex[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return append(dst, '"')
}

// Unquote reads the quoted string at the beginning of s into dst, and gives what follows
// it. It knows redis-cli's C escapes and, as --json writes them, \u00XX, \f and \/.
func Unquote(dst, s []byte) (value, rest []byte, ok bool) {
	if len(s) == 0 || s[0] != '"' {
		return dst, s, false
	}
	for i := 1; i < len(s); i++ {
		switch b := s[i]; b {
		case '"':
			return dst, s[i+1:], true
		case '\\':
			i++
			if i == len(s) {
				return dst, s, false
			}
			n := 0 // hexadecimal digits that follow
			switch s[i] {
			case 'n':
				dst = append(dst, '\n')
			case 'r':
				dst = append(dst, '\r')
			case 't':
				dst = append(dst, '\t')
			case 'a':
				dst = append(dst, '\a')
			case 'b':
				dst = append(dst, '\b')
			case 'f':
				dst = append(dst, '\f')
			case 'x':
				n = 2
			case 'u':
				n = 4
			default:
				dst = append(dst, s[i])
			}
			if n > 0 {
				if i+n >= len(s) {
					return dst, s, false
				}
				v, err := strconv.ParseUint(string(s[i+1:i+1+n]), 16, 16)
				if err != nil {
					return dst, s, false
				}
				if v < 256 {
					dst = append(dst, byte(v))
				} else {
					dst = append(dst, string(rune(v))...)
				}
				i += n
			}
		default:
			dst = append(dst, b)
		}
	}
	return dst, s, false
}

// A TreeLine is a line of the numbered tree: `  4) 1) "GET"` has index 4, and its rest is
// itself the first line of the nested list.
type TreeLine struct {
	Col   int  // place of the bracket, which is the same for all items of one list
	Index int  // 1-based
	Pair  bool // RESP3 map, `4# key => value`
	Rest  []byte
}

// ParseTreeLine takes a line of the numbered tree apart.
func ParseTreeLine(line []byte) (t TreeLine, ok bool) {
	i := 0
	for i < len(line) && line[i] == ' ' {
		i++
	}
	start := i
	for i < len(line) && i < start+9 && line[i]-'0' <= 9 {
		t.Index = t.Index*10 + int(line[i]-'0')
		i++
	}
	if i == start || i >= len(line) || line[start] == '0' || line[i] != ')' && line[i] != '#' {
		return t, false
	}
	t.Col, t.Pair = i, line[i] == '#'
	if i++; i < len(line) {
		if line[i] != ' ' {
			return t, false
		}
		i++
	}
	t.Rest = line[i:]
	return t, true
}

// IsEmptyList tells the ways redis-cli prints a list of nothing.
func IsEmptyList(s []byte) bool {
	switch string(s) {
	case "(empty array)", "(empty list or set)", "(empty list)", "(empty hash)", "(empty set)", "[]", "{}":
		return true
	}
	return false
}

// Digits tells whether s is a plain number of at least one and at most max digits.
func Digits(s []byte, max int) bool {
	if len(s) == 0 || len(s) > max {
		return false
	}
	for _, b := range s {
		if b-'0' > 9 {
			return false
		}
	}
	return true
}

// UnixTime reads a unix time in whole seconds as it has been since 2001 and will be until
// 2286: ten digits, the first not zero.
func UnixTime(s []byte) (int64, bool) {
	if len(s) != 10 || s[0] == '0' || !Digits(s, 10) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(s), 10, 64)
	return n, err == nil
}
