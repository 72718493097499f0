package compare

import (
	"math"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
)

// TestWordsOfEveryOutcome: each cause and outcome makes a whole sentence, whatever the application is called.
func TestWordsOfEveryOutcome(t *testing.T) {
	statuses := []finding.OutcomeStatus{finding.Fixed, finding.Better, finding.Unchanged, finding.Worse, finding.Another, finding.Began, finding.Ended, finding.Quiet, finding.Unknown}
	for _, s := range signs {
		for _, status := range statuses {
			for _, measured := range []bool{false, true} {
				o := finding.Outcome{Status: status, Cause: s.cause, Subject: "100%s\x1b", Confidence: 0.97}
				if status == finding.Unknown {
					o.Confidence = math.NaN()
				}
				if measured {
					o.Key = finding.Change{ID: s.of, Unit: quantityByID(s.of).unit, Before: finding.Interval{Value: 8}, After: finding.Interval{Value: 0.1}}
				}
				for _, before := range []finding.Status{finding.Incident, finding.Undetermined} {
					a := &finding.Report{Verdict: finding.Verdict{Status: before, Cause: s.cause}}
					b := &finding.Report{Verdict: finding.Verdict{Status: finding.Incident, Cause: "retry-storm"}}
					got := words(&o, a, b)
					if strings.Contains(got, "%!") || strings.Contains(got, "NaN") || strings.Contains(got, "  ") || strings.Contains(got, "\x1b") || !strings.HasSuffix(got, ".") {
						t.Errorf("%s %s: %q", s.cause, status, got)
					}
				}
			}
		}
	}
}
