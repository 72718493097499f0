package segment

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/connbox/connbox/parse/record"
)

// JoinLayouts writes layouts as lines of keys, each followed by a space. A key that is not
// plain is escaped as in a URL, so that a hostile one cannot pass for two.
func JoinLayouts(ls []record.Layout) string {
	var b strings.Builder
	for _, l := range ls {
		for _, k := range l {
			b.WriteString(url.QueryEscape(k))
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// SplitLayouts undoes JoinLayouts; false for a text that it does not write.
func SplitLayouts(s string) ([]record.Layout, bool) {
	var ls []record.Layout
	for len(s) > 0 {
		line, rest, ok := strings.Cut(s, "\n")
		if !ok {
			return nil, false
		}
		l := record.Layout{}
		for len(line) > 0 {
			word, more, ok := strings.Cut(line, " ")
			key, err := url.QueryUnescape(word)
			if !ok || err != nil {
				return nil, false
			}
			l, line = append(l, key), more
		}
		ls, s = append(ls, l), rest
	}
	return ls, true
}

// quoteArgs writes a command as a person would: words, and what is not a plain word quoted
// as in Go. unquoteArgs undoes it exactly.
func quoteArgs(args []string) string {
	var b []byte
	for i, a := range args {
		if i > 0 {
			b = append(b, ' ')
		}
		if plainWord(a) {
			b = append(b, a...)
		} else {
			b = strconv.AppendQuote(b, a)
		}
	}
	return string(b)
}

func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= utf8.RuneSelf || s[i] == '"' || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}

func unquoteArgs(s string) ([]string, bool) {
	var args []string
	for s != "" {
		if s[0] == '"' {
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, false
			}
			a, err := strconv.Unquote(q)
			if err != nil {
				return nil, false
			}
			args, s = append(args, a), s[len(q):]
		} else {
			n := 0
			for n < len(s) && s[n] != ' ' {
				n++
			}
			args, s = append(args, s[:n]), s[n:]
		}
		if s == "" {
			break
		}
		if s[0] != ' ' || len(s) == 1 {
			return nil, false
		}
		s = s[1:]
	}
	return args, true
}

// maxLayoutKeys bounds the keys of a list's layouts together; servers have one of some 30.
const maxLayoutKeys = 1 << 20

// CheckLayouts makes sure that each row's Layout is one: others index with it.
func CheckLayouts(c *record.Clients) error {
	keys := 0
	for _, l := range c.Layouts {
		keys += len(l)
	}
	if keys > maxLayoutKeys {
		return errorf("CLIENT LIST has %d different keys, which is too many", keys)
	}
	for i := range c.Rows {
		if l := c.Rows[i].Layout; l < -1 || l >= len(c.Layouts) {
			return errorf("row %d of CLIENT LIST has layout %d of %d", i+1, l, len(c.Layouts))
		}
	}
	return nil
}
