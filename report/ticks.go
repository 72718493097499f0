package report

import "strings"

// A span is a stretch of a sentence: prose, or a command between backticks.
type span struct {
	Text string
	Code bool
}

// spans parts a sentence of the analyzer at its pairs of backticks. A backtick without a
// second, or with nothing between, is prose.
func spans(s string) []span {
	var out []span
	for {
		before, rest, ok := strings.Cut(s, "`")
		code, after, closed := strings.Cut(rest, "`")
		if !ok || !closed || strings.TrimSpace(code) == "" {
			if s != "" {
				out = append(out, span{Text: s})
			}
			return out
		}
		if before != "" {
			out = append(out, span{Text: before})
		}
		out = append(out, span{code, true})
		s = after
	}
}

// mdTicks writes a sentence as mdText does, with what stands between backticks as code.
// Names of strangers may have backticks of their own: in code nothing is markup either.
func mdTicks(s string, limit int) string {
	var b strings.Builder
	fenced := false // whether what is written ends with a fence: a second one would make it longer
	for i, x := range spans(short(s, limit)) {
		t := mdText(x.Text, limit)
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
