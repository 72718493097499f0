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

// TestFirstGrowth: a count that stayed about one level is no growth to show, and the next cause's is.
func TestFirstGrowth(t *testing.T) {
	level, rise := finding.Growth{Shape: "constant"}, finding.Growth{Shape: "steady rise"}
	r := &finding.Report{Causes: []finding.Finding{{Growth: level}}}
	if g, ok := FirstGrowth(r); ok {
		t.Errorf("%+v", g)
	}
	r.Causes = append(r.Causes, finding.Finding{Growth: rise})
	if g, ok := FirstGrowth(r); !ok || g.Shape != rise.Shape {
		t.Errorf("%+v", g)
	}
}

// TestAsNamed: a curve called pinned at the limit begins where it is; others are left whole.
func TestAsNamed(t *testing.T) {
	g := reporttest.GrowingLeak()
	if got := AsNamed(g); len(got.At) != len(g.At) {
		t.Errorf("%d of %d points of a rise", len(got.At), len(g.At))
	}
	g.Params = append(g.Params, finding.GrowthParam{Name: "pinned from", Unit: "s", Value: 150})
	got := AsNamed(g)
	if len(got.At) != 17 || len(got.Curve) != 17 || len(got.Lo) != 17 || len(got.Hi) != 17 || len(got.Count) != 17 || !got.At[0].Equal(g.At[3]) {
		t.Errorf("%d points from %v on, want 17 from %v on", len(got.At), got.At[0], g.At[3])
	}
}
