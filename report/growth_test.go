package report

import (
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

func grown() finding.Growth {
	g := finding.Growth{Subject: "10.0.0.1", Shape: "steady rise", Weight: 0.97, Runner: "saturating rise", RunnerWeight: 0.02,
		Params: []finding.GrowthParam{{Name: "rate", Unit: "connections/min", Value: 2, Lo: 1.8, Hi: 2.2}}}
	for i := range 20 {
		v := float64(10 + 2*i)
		g.At = append(g.At, time.Unix(int64(1_700_000_000+60*i), 0).UTC())
		g.Count, g.Curve, g.Lo, g.Hi = append(g.Count, v+float64(i%2)), append(g.Curve, v), append(g.Lo, v-1), append(g.Hi, v+1)
	}
	return g
}

func TestGrowthWords(t *testing.T) {
	g := grown()
	if got, want := growthWords(g), "steady rise (0.97; next saturating rise 0.02): rate 2 connections/min (1.8 to 2.2)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	g.RunnerWeight, g.Params = 0, nil
	if got, want := growthWords(g), "steady rise (0.97)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := growthWords(finding.Growth{}); got != "" {
		t.Errorf("%q of nothing", got)
	}
}

func TestGrowthIsDrawn(t *testing.T) {
	g := grown()
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
