package verdict

import "testing"

// TestCalibration: every curve rises, stays within what may be said, and every tier that a
// recording can be of has one.
func TestCalibration(t *testing.T) {
	seen := map[Tier]bool{}
	for _, c := range calibrations() {
		seen[c.Tier] = true
		for i, k := range c.At {
			if k.Right < leastSure || k.Right > mostSure || i > 0 && (k.Score <= c.At[i-1].Score || k.Right < c.At[i-1].Right) {
				t.Errorf("%s %s: knots %v", c.Tier, c.Status, c.At)
			}
		}
		for id := range c.Shifts {
			if CauseByID(id) == nil {
				t.Errorf("%s: no cause %q", c.Tier, id)
			}
		}
		last := 0.0
		for s := 0.0; s <= 1; s += 0.01 {
			p := Calibrated(c.Tier, c.Status, "", s)
			if p < last {
				t.Errorf("%s %s falls at score %.2f", c.Tier, c.Status, s)
			}
			last = p
		}
	}
	for _, want := range []Tier{tierInfo, tierRows, tierAddress, tierList, tierFull} {
		if !seen[want] {
			t.Errorf("no calibration for %s", want)
		}
	}
}
