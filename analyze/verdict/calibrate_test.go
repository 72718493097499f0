package verdict

import "testing"

// TestCalibration: every curve rises, stays within what may be said, and every tier that a
// recording can be of has one.
func TestCalibration(t *testing.T) {
	seen := map[tier]bool{}
	for _, c := range calibration {
		seen[c.tier] = true
		for i, k := range c.At {
			if k.right < leastSure || k.right > mostSure || i > 0 && (k.score <= c.At[i-1].score || k.right < c.At[i-1].right) {
				t.Errorf("%s %s: knots %v", c.tier, c.status, c.At)
			}
		}
		for _, s := range c.causes {
			if CauseByID(s.cause) == nil {
				t.Errorf("%s: no cause %q", c.tier, s.cause)
			}
		}
		last := 0.0
		for s := 0.0; s <= 1; s += 0.01 {
			p := Calibrated(c.tier, c.status, "", s)
			if p < last {
				t.Errorf("%s %s falls at score %.2f", c.tier, c.status, s)
			}
			last = p
		}
	}
	for _, want := range []tier{tierInfo, tierRows, tierAddress, tierList, tierFull} {
		if !seen[want] {
			t.Errorf("no calibration for %s", want)
		}
	}
}
