package words

import (
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// An openQuestion is a set of causes that could not be looked at for the same want.
type openQuestion struct {
	titles []string
	needs  string // "needs CLIENT LIST"; may be empty
}

// OpenQuestions groups the causes that nobody could look at by what they need: to say that
// they are ruled out would be a lie.
func OpenQuestions(r *finding.Report) []openQuestion {
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
		open[i].titles = append(open[i].titles, CauseTitle(x.Title, x.ID))
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
