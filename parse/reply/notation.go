package reply

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// This file has the pieces of the notations that redis-cli prints values in: C-escaped
// strings, lines of the numbered tree of --no-raw, numbers. value.go puts them together.

// AppendQuoted writes s in quotes and with escapes, as redis-cli --no-raw does: the result is
// one line of printable ASCII. Source: sds.c sdscatrepr.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch k := strings.IndexByte(escaped, s[i]); {
		case k >= 0:
			dst = append(dst, '\\', escapeLetters[k])
		case s[i] < ' ' || s[i] > '~':
			dst = fmt.Appendf(dst, `\x%02x`, s[i])
		default:
			dst = append(dst, s[i])
		}
	}
	return append(dst, '"')
}

// escaped are bytes that a letter stands for behind a backslash, in the order of escapeLetters.
const escaped, escapeLetters = "\\\"\n\r\t\a\b", `\"nrtab`

// Unquote reads the quoted string at the beginning of s into dst, and gives what follows
// it. It knows redis-cli's C escapes and, as --json writes them, \u00XX, \f and \/.
func Unquote(dst, s []byte) (value, rest []byte, ok bool) {
	if len(s) == 0 || s[0] != '"' {
		return dst, s, false
	}
	for i := 1; i < len(s); i++ {
		b := s[i]
		if b == '"' {
			return dst, s[i+1:], true
		}
		if b != '\\' {
			dst = append(dst, b)
			continue
		}
		if i++; i == len(s) {
			break
		}
		digits := 0 // hexadecimal, that follow
		switch b = s[i]; b {
		case 'x':
			digits = 2
		case 'u':
			digits = 4
		case 'f':
			b = '\f'
		default:
			if k := strings.IndexByte(escapeLetters, b); k >= 0 {
				b = escaped[k]
			}
		}
		if digits == 0 {
			dst = append(dst, b)
			continue
		}
		if i+digits >= len(s) {
			break
		}
		v, err := strconv.ParseUint(string(s[i+1:i+1+digits]), 16, 16)
		if err != nil {
			break
		}
		if i += digits; v < 256 {
			dst = append(dst, byte(v))
		} else {
			dst = append(dst, string(rune(v))...)
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
func Digits(s []byte, max int) bool { return len(s) <= max && record.Only(s, record.DigitBytes) }

// UnixTime reads a unix time in whole seconds as it has been since 2001 and will be until
// 2286: ten digits, the first not zero.
func UnixTime(s []byte) (int64, bool) {
	if len(s) != 10 || s[0] == '0' || !Digits(s, 10) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(s), 10, 64)
	return n, err == nil
}
