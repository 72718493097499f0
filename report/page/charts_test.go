package page

import (
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/reporttest"
)

func TestGrowthIsDrawn(t *testing.T) {
	g := reporttest.GrowingLeak()
	r := &finding.Report{Causes: []finding.Finding{{ID: "connection-leak", Growth: g}}}
	r.Input.From, r.Input.To, r.Input.Interval = g.At[0], g.At[len(g.At)-1], time.Minute
	p, ok := newChartSet(r, time.UTC).growthPanel(0)
	if !ok || p.Title != "Growth of 10.0.0.1" || len(p.Lines) != 4 {
		t.Fatalf("panel %q with %d lines, %v", p.Title, len(p.Lines), ok)
	}
	svg := p.Chart.SVG()
	if strings.Count(svg, "h0.1") < 20 || strings.Count(svg, `stroke-dasharray="3 3"`) != 2 {
		t.Errorf("no 20 dots or no two faint lines in %s", svg)
	}
	r.Causes[0].Growth = finding.Growth{}
	if _, ok := newChartSet(r, time.UTC).growthPanel(0); ok {
		t.Error("a panel of nothing")
	}
}
