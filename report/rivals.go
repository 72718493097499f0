package report

import (
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// unassessed begins the reason of a rival that the analyzer could not look at.
const unassessed = "not assessed"

// An openQuestion is a set of causes that could not be looked at for the same want.
type openQuestion struct {
	titles []string
	needs  string // "needs CLIENT LIST"; may be empty
}

// rivals parts the causes that were ruled out from those nobody could look at: to say the
// latter are ruled out would be a lie. Those are grouped by what they need.
func rivals(r *finding.Report) (out []finding.RuledOut, open []openQuestion) {
	at := map[string]int{}
	for _, x := range r.RuledOut {
		why, ok := strings.CutPrefix(x.Why, unassessed)
		if !ok {
			out = append(out, x)
			continue
		}
		needs := strings.Trim(why, " .,:;")
		if inner, ok := strings.CutPrefix(needs, "("); ok {
			needs = strings.TrimSuffix(inner, ")")
		}
		i, seen := at[needs]
		if !seen {
			i = len(open)
			at[needs] = i
			open = append(open, openQuestion{needs: needs})
		}
		open[i].titles = append(open[i].titles, causeTitle(x.Title, x.ID))
	}
	return out, open
}

// String lists the causes and what they need.
func (q openQuestion) String() string {
	s := strings.Join(q.titles, ", ")
	if q.needs != "" {
		s += " (" + q.needs + ")"
	}
	return s
}

// unassessed names what could not be looked at, and for want of what.
func (t *text) unassessed() {
	_, open := rivals(t.r)
	if len(open) == 0 {
		return
	}
	var parts []string
	for _, q := range open {
		parts = append(parts, q.String())
	}
	t.out.WriteByte('\n')
	list := "NOT ASSESSED: " + strings.Join(parts, "; ")
	if list = short(list, 2*textPara); t.o.ASCII { // the whole catalog fits
		list = asciiOnly(list)
	}
	for i, l := range wrap(list, t.o.Width-2) {
		if i == 0 {
			head := l[:min(len(l), len("NOT ASSESSED:"))]
			t.line(t.paint(bold, head) + l[len(head):])
			continue
		}
		t.line("  " + l)
	}
}
