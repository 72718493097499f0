package words

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
)

// CandidateTitle names a candidate; no cause at all is one, too.
func CandidateTitle(c *finding.Candidate) string {
	if c.ID == finding.HealthyID {
		return "Healthy: no incident"
	}
	return CauseTitle(c.Title, c.ID)
}

// Ranked gives the causes by probability; where the input tells none of them from the others
// there is no order to show, and a sentence says so.
func Ranked(r *finding.Report) (list []finding.Candidate, none string) {
	if len(r.Candidates) == 0 {
		return nil, ""
	}
	if best := r.Candidates[0].Probability; r.Verdict.Status == finding.Undetermined && best < LeastCandidate {
		if len(r.Candidates) == 1 {
			return nil, fmt.Sprintf("No cause that is known is likely; the first has %.0f %%.", 100*best)
		}
		return nil, fmt.Sprintf("Nothing in the input tells the %d candidates apart; the likeliest has %.0f %%.", len(r.Candidates), 100*best)
	}
	return r.Candidates, ""
}

// reasonRunes is how long one of several reasons may be.
const reasonRunes = 200

// Reasons joins the claims of evidence, the strongest first.
func Reasons(es []finding.Evidence, most int) string {
	var parts []string
	for _, e := range es[:min(most, len(es))] {
		parts = append(parts, strings.TrimRight(inert.Short(e.Claim, reasonRunes), "."))
	}
	return strings.Join(parts, "; ")
}
