package table

import (
	"strings"
	"unicode/utf8"
)

const (
	hexDigits  = "0123456789ABCDEF"
	escapeMark = "\uFFFD"
)

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

// unescapeText undoes escapeText; false for a text that it does not write.
func unescapeText(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, escapeMark)
	if !ok || strings.IndexByte(rest, '%') < 0 {
		return rest, true
	}
	var b []byte
	for i := 0; i < len(rest); i++ {
		if rest[i] != '%' {
			b = append(b, rest[i])
			continue
		}
		if i+2 >= len(rest) {
			return "", false
		}
		hi, lo := strings.IndexByte(hexDigits, rest[i+1]), strings.IndexByte(hexDigits, rest[i+2])
		if hi < 0 || lo < 0 {
			return "", false
		}
		b = append(b, byte(hi<<4|lo))
		i += 2
	}
	return string(b), true
}
