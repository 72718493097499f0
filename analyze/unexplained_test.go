package analyze

import (
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/sim"
	"github.com/connbox/connbox/fixtures/world"
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

// Without the number of connections nothing is healthy, whatever the other counters say.
func TestUnknownConnectionsAreNotHealthy(t *testing.T) {
	w := world.New(500)
	w.NoList = true
	w.Run(60, func(w *world.World, i int) { w.Fleet("10.2.0", "web", 3, 10, 0.5) })
	tl, err := timeline.Collect(w.Without("connected_clients").Source())
	if err != nil {
		t.Fatal(err)
	}
	if v := Run(tl, Options{}).Verdict; v.Status != finding.Undetermined || !strings.Contains(v.Summary, "how many clients were connected") {
		t.Errorf("%s (%.2f): %s", v.Status, v.Confidence, v.Summary)
	}
}
