package analyze

import (
	"testing"

	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse"
)

// TestWhatIfIncidents: recordings of a real server under known stories. The bounds are of the
// stories (fixtures/incidents/*.story.md), not of what was computed before.
func TestWhatIfIncidents(t *testing.T) {
	for _, c := range []struct {
		file, id string
		least    float64
		most     float64
		why      string
	}{
		{"leak-named", "time-to-limit", 22, 60, "185 to 420 at about 5 a minute"},
		{"leak-named", "kill", 100, 190, "about 170 leaked connections, most idle for long"},
		{"leak-named", "pool-size", 3, 12, "pools that work far fewer than 15 connections each"},
		{"leak-then-storm", "alert", 2, 20, "the limit is reached some 14 min after the leak begins"},
		{"leak-then-storm", "back-off", 0.01, 1, "3.4 refusals a second without"},
		{"limit-organic", "raise-maxclients", 30, 70, "210 slots at about 4.5 a minute"},
		{"pool-oversized", "pool-size", 2, 8, "two or three connections an instance are enough on the mean"},
		{"storm-after-restart", "back-off", 0.5, 10, "45 refusals a second without"},
		{"output-buffer-loop", "time-to-limit", 60, 1e300, "a level that stays"},
	} {
		src, err := parse.Open("../fixtures/incidents/" + c.file + ".dump.zst")
		if err != nil {
			t.Fatal(err)
		}
		tl, err := timeline.Collect(src)
		src.Close()
		if err != nil {
			t.Fatal(err)
		}
		x := whatIfOf(Run(tl, Options{}), c.id)
		switch {
		case x == nil || x.Missing:
			t.Errorf("%s: %s is not answered: %+v", c.file, c.id, x)
		case c.most == 1e300:
			if !(x.Lo >= c.least) {
				t.Errorf("%s: %s not before %v, want %v or more: %s", c.file, c.id, x.Lo, c.least, c.why)
			}
		case !(c.least <= x.Value && x.Value <= c.most):
			t.Errorf("%s: %s is %v, want %v to %v: %s (%s)", c.file, c.id, x.Value, c.least, c.most, c.why, x.Answer)
		}
	}
}
