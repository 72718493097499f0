package analyze

import (
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/world"
)

// TestLongIsObserved: of a recording of more samples than are kept, those that were folded together
// were observed all the same.
func TestLongIsObserved(t *testing.T) {
	r := storyReport(1000, 4*timeline.MaxSamples+500, nil, func(w *world.World, i int) {
		w.Pool("10.2.0.1", "web", 5, 0.8)
		w.Pool("10.2.0.2", "web", 5, 0.8)
	})
	if r.Verdict.Status != finding.Healthy {
		t.Errorf("%d samples of a quiet server: %s, %s", r.Input.Samples, r.Verdict.Status, r.Verdict.Summary)
	}
}
