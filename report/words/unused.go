package words

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
)

// MostUnused is how many places of unused text are named where there is room.
const MostUnused = 10

// UnusedWords says what of the input's text was of no use; empty where all of it was.
func UnusedWords(r *finding.Report, most int) string {
	u, what := &r.Unused, "line"
	if u.Lines <= 0 {
		return ""
	}
	if r.Input.Form != "" { // of an export each value counts
		what = "value"
	}
	s := Plural(int(u.Lines), what) + " of the text not used"
	if most == 0 && len(u.At) > 0 {
		if u.Lines == 1 {
			return s + ", at " + inert.Short(u.At[0], 80)
		}
		return s + ", the first at " + inert.Short(u.At[0], 80)
	}
	var parts []string
	for i, at := range u.At[:min(most, len(u.At))] {
		p := inert.Short(at, 80)
		if i < len(u.Text) && u.Text[i] != "" {
			p += " “" + inert.Short(u.Text[i], 48) + "”"
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return s
	}
	s += ": " + strings.Join(parts, ", ")
	if left := int(u.Lines) - len(parts); left > 0 {
		s += fmt.Sprintf(" and %s more", units.Count(int64(left)))
	}
	return s
}
