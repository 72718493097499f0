package report

import (
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// An openQuestion is a set of causes that could not be looked at for the same want.
type openQuestion struct {
	titles []string
	needs  string // "needs CLIENT LIST"; may be empty
}

// openQuestions groups the causes that nobody could look at by what they need: to say that
// they are ruled out would be a lie.
func openQuestions(r *finding.Report) []openQuestion {
	var open []openQuestion
	at := map[string]int{}
	for _, x := range r.NotAssessed {
		needs := strings.Trim(x.Why, " .,:;")
		i, seen := at[needs]
		if !seen {
			i = len(open)
			at[needs] = i
			open = append(open, openQuestion{needs: needs})
		}
		open[i].titles = append(open[i].titles, causeTitle(x.Title, x.ID))
	}
	return open
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
	open := openQuestions(t.r)
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
