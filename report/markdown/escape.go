package markdown

import (
	"strings"

	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/words"
)

// Text writes prose with a stranger's words in it: nothing in it is read as Markdown or
// HTML, and what trackers turn into links without any markup (mentions, issue numbers,
// addresses) stands in code, where they leave it alone.
func Text(s string, limit int) string {
	s = inert.Short(s, limit)
	var b []byte
	quoted := -1 // where the code span written last ends
	code := func(t string) {
		if quoted == len(b) && quoted > 0 { // side by side: two backticks in a row would mean another fence
			b = append(b[:len(b)-1], t+"`"...)
		} else {
			b = append(b, "`"+t+"`"...)
		}
		quoted = len(b)
	}
	for i := 0; i < len(s); {
		n := 1
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, "://"):
			n = 3
			code(rest[:n])
		case len(rest) >= 4 && strings.EqualFold(rest[:4], "www."):
			n = 4
			code(rest[:n])
		case rest[0] == '@' || rest[0] == '#':
			code(rest[:n])
		case rest[0] == '<':
			b = append(b, "&lt;"...)
		case rest[0] == '>':
			b = append(b, "&gt;"...)
		case rest[0] == '&':
			b = append(b, "&amp;"...)
		case strings.IndexByte("\\`*_{}[]|~!$", rest[0]) >= 0:
			b = append(b, '\\', rest[0])
		default:
			b = append(b, rest[0])
		}
		i += n
	}
	return lineStart(string(b))
}

// lineStart escapes what is markup only where a line or a cell begins: "- ", "---",
// "+ ", "===", "1. ".
func lineStart(s string) string {
	n := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if n == len(s) {
		return s
	}
	spaceNext := n+1 == len(s) || s[n+1] == ' '
	switch c := s[n]; {
	case n == 0 && (c == '-' || c == '=' || c == '+' && spaceNext),
		n > 0 && (c == '.' || c == ')') && spaceNext:
		return s[:n] + "\\" + s[n:]
	}
	return s
}

// Code writes a name as code within a line or a table cell: a fence longer than any run
// of backticks in it, and pipes escaped, which only tables take away again.
func Code(s string, limit int) string {
	s = strings.TrimSpace(inert.Short(s, limit))
	if s == "" {
		return "-"
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	s = strings.ReplaceAll(s, "|", "\\|")
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// Fence writes a command as a block, indented under a list.
func Fence(s, indent string) string {
	s = inert.Short(s, 600)
	fence := strings.Repeat("`", max(3, longestRun(s, '`')+1))
	return indent + fence + "sh\n" + indent + s + "\n" + indent + fence + "\n"
}

func longestRun(s string, c byte) int {
	best, n := 0, 0
	for i := 0; i < len(s); i++ {
		if s[i] != c {
			n = 0
			continue
		}
		n++
		best = max(best, n)
	}
	return best
}

// ticks writes a sentence as mdText does, with what stands between backticks as code.
// Names of strangers may have backticks of their own: in code nothing is markup either.
func ticks(s string, limit int) string {
	var b strings.Builder
	fenced := false // whether what is written ends with a fence: a second one would make it longer
	for i, x := range words.Spans(inert.Short(s, limit)) {
		t := Text(x.Text, limit)
		switch {
		case x.Code:
			t = "`" + x.Text + "`"
		case i > 0 && x.Text[0] == ' ' && t[0] != ' ': // short takes spaces at the ends away
			t = " " + t
		}
		if !x.Code && strings.HasSuffix(x.Text, " ") && !strings.HasSuffix(t, " ") {
			t += " "
		}
		if fenced && t[0] == '`' {
			b.WriteByte(' ')
		}
		b.WriteString(t)
		fenced = t[len(t)-1] == '`' && !strings.HasSuffix(t, "\\`")
	}
	return b.String()
}
