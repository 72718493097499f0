package words

import (
	"strings"
)

// A Span is a stretch of a sentence: prose, or a command between backticks.
type Span struct {
	Text string
	Code bool
}

// Spans parts a sentence of the analyzer at its pairs of backticks. A backtick without a
// second, or with nothing between, is prose.
func Spans(s string) []Span {
	var out []Span
	for {
		before, rest, ok := strings.Cut(s, "`")
		code, after, closed := strings.Cut(rest, "`")
		if !ok || !closed || strings.TrimSpace(code) == "" {
			if s != "" {
				out = append(out, Span{Text: s})
			}
			return out
		}
		if before != "" {
			out = append(out, Span{Text: before})
		}
		out = append(out, Span{code, true})
		s = after
	}
}
