package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// How many places of unused text are named on a terminal, and elsewhere.
const (
	textUnused = 2
	fullUnused = 10
)

// unusedWords says what of the input's text was of no use; empty where all of it was.
func unusedWords(r *finding.Report, most int) string {
	u, what := &r.Unused, "line"
	if u.Lines <= 0 {
		return ""
	}
	if r.Input.Form != "" { // of an export each value counts
		what = "value"
	}
	s := plural(int(u.Lines), what) + " of the text not used"
	var parts []string
	for i, at := range u.At[:min(most, len(u.At))] {
		p := short(at, 80)
		if i < len(u.Text) && u.Text[i] != "" {
			p += " “" + short(u.Text[i], 48) + "”"
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return s
	}
	s += ": " + strings.Join(parts, ", ")
	if len(u.At) > most {
		s += " …"
	}
	return s
}

// unused names the text that was not used, under the header.
func (t *text) unused() {
	if s := unusedWords(t.r, textUnused); s != "" {
		t.para("", s)
	}
}

func (m *markdown) unused(b *bytes.Buffer) {
	if s := unusedWords(m.r, fullUnused); s != "" {
		fmt.Fprintf(b, "%s\n", mdText(sentence(s), 1200))
	}
}
