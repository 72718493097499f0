package words

import (
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/reporttest"
)

func TestGrowthWords(t *testing.T) {
	g := reporttest.GrowingLeak()
	if got, want := GrowthWords(g), "steady rise (0.97; next saturating rise 0.02): rate 2 connections/min (1.8 to 2.2)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	g.RunnerWeight, g.Params = 0, nil
	if got, want := GrowthWords(g), "steady rise (0.97)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := GrowthWords(finding.Growth{}); got != "" {
		t.Errorf("%q of nothing", got)
	}
}
