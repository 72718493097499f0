package words

import (
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
