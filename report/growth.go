package report

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// growthWords says by which shape connections grew: "steady rise (0.97; next saturating rise
// 0.02): rate 2.0 connections/min (1.8 to 2.2)". Empty where nothing was fitted.
func growthWords(g finding.Growth) string {
	if g.Shape == "" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%.2f", g.Shape, g.Weight)
	if g.RunnerWeight >= 0.005 {
		fmt.Fprintf(&b, "; next %s %.2f", g.Runner, g.RunnerWeight)
	}
	b.WriteString(")")
	if len(g.Params) > 0 {
		p := g.Params[0]
		fmt.Fprintf(&b, ": %s %s", p.Name, strings.TrimSpace(number(p.Value)+" "+p.Unit))
		if p.Lo != p.Hi {
			fmt.Fprintf(&b, " (%s to %s)", number(p.Lo), number(p.Hi))
		}
	}
	return b.String()
}

// firstGrowth gives the first cause whose growth was fitted.
func firstGrowth(r *finding.Report) (g finding.Growth, ok bool) {
	for _, f := range r.Causes {
		if f.Growth.Shape != "" {
			return f.Growth, true
		}
	}
	return g, false
}

// growthPanel draws the connections of the first cause whose growth was fitted as points, and
// through them the curve and its interval.
func (c *chartSet) growthPanel(n int) (panel, bool) {
	g, ok := firstGrowth(c.r)
	if !ok {
		return panel{}, false
	}
	line := func(id string, v []float64) *finding.Signal {
		return &finding.Signal{ID: id, Unit: "connections", At: g.At, Value: v}
	}
	p, ok := c.panel(n, "Growth of "+short(g.Subject, 40), growthWords(g)+"; 90 % interval of the curve", 120,
		[]*finding.Signal{line("fitted", g.Curve), line("measured", g.Count), line("at_least", g.Lo), line("at_most", g.Hi)})
	if len(p.Chart.Series) != 4 {
		return p, false
	}
	p.Chart.Series[1].Dots = true
	p.Chart.Series[2].Faint, p.Chart.Series[3].Faint = true, true
	return p, ok
}
