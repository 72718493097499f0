package analyze

import (
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/world"
)

// TestStormSaysItsEnd: a storm that was over before the recording ended says when the last client
// was refused; one that goes on does not.
func TestStormSaysItsEnd(t *testing.T) {
	for _, end := range []int{70, 100} {
		r := storyReport(200, 100, nil, func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 4, 20, 0.5)
			for _, c := range w.Of("", "worker") {
				if i >= end || w.Rng.Float64() < 0.15 {
					w.Close(c)
				}
			}
			for k := range 700 {
				if i >= 40 && i < end {
					w.Open(fmt.Sprintf("10.4.0.%d", k%12+1), "worker")
				}
			}
			for _, c := range w.Of("", "worker") {
				c.Used = w.At
				w.Commands += 3
			}
		})
		if len(r.Causes) == 0 || r.Causes[0].ID != "retry-storm" {
			t.Fatalf("until sample %d: %+v", end, r.Verdict)
		}
		c := r.Causes[0]
		says := strings.Contains(c.Claim, ", the last at "+finding.Clock(c.End))
		if over := end < 100; says != over || c.End.IsZero() == over {
			t.Errorf("until sample %d, ended at %v: %s", end, c.End, c.Claim)
		}
	}
}
