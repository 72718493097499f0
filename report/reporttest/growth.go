package reporttest

import (
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// GrowingLeak is a growth that was fitted.
func GrowingLeak() finding.Growth {
	g := finding.Growth{Subject: "10.0.0.1", Shape: "steady rise", Weight: 0.97, Runner: "saturating rise", RunnerWeight: 0.02,
		Params: []finding.GrowthParam{{Name: "rate", Unit: "connections/min", Value: 2, Lo: 1.8, Hi: 2.2}}}
	for i := range 20 {
		v := float64(10 + 2*i)
		g.At = append(g.At, time.Unix(int64(1_700_000_000+60*i), 0).UTC())
		g.Count, g.Curve, g.Lo, g.Hi = append(g.Count, v+float64(i%2)), append(g.Curve, v), append(g.Lo, v-1), append(g.Hi, v+1)
	}
	return g
}
