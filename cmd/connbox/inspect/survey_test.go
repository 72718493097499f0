package inspect

import (
	"slices"
	"testing"
	"time"
)

func TestSurveyGaps(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	p := &probe{name: "INFO"}
	for _, s := range []int{0, 10, 20, 30, 55, 56, 90, 100} {
		p.times = append(p.times, at.Add(time.Duration(s)*time.Second))
	}
	if p.cadence() != 10*time.Second {
		t.Errorf("cadence %v", p.cadence())
	}
	if g := p.gaps(); len(g) != 1 || !g[0].from.Equal(at.Add(56*time.Second)) { // 25 s are not over 2.5 intervals
		t.Errorf("gaps %v", g)
	}
	if (&probe{}).cadence() != 0 || slices.ContainsFunc((&probe{}).gaps(), func(gap) bool { return true }) {
		t.Error("no replies, no cadence")
	}
}
