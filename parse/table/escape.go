package table

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

const escapeMark = "\uFFFD"

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
			b = fmt.Appendf(b, "%%%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// unescapeText undoes escapeText.
func unescapeText(s string) (string, error) {
	rest, ok := strings.CutPrefix(s, escapeMark)
	if !ok {
		return s, nil
	}
	return url.PathUnescape(rest)
}
