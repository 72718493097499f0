package analyze

import (
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/sim"
)

// What no cause accounts for is not called healthy, nor an incident of a cause, and what was
// seen is said.
func TestUnknownTroubleIsNotHealthy(t *testing.T) {
	seen := 0
	for _, f := range sim.Families() {
		if f.Kind != sim.Unknown {
			continue
		}
		for seed := uint64(1); seed <= 4; seed++ {
			tl, err := timeline.Collect(f.Record(seed, sim.View{}))
			if err != nil {
				t.Fatal(err)
			}
			v := Run(tl, Options{}).Verdict
			if v.Status != finding.Undetermined {
				t.Errorf("%s, seed %d: %s %s (%.2f): %s", f.Name, seed, v.Status, v.Cause, v.Confidence, v.Summary)
			}
			if strings.Contains(v.Summary, "all at once") || strings.Contains(v.Summary, "At its fullest") {
				seen++
			}
		}
	}
	if seen < 18 {
		t.Errorf("%d verdicts say what was seen", seen)
	}
}
