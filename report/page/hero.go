package page

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/svgchart"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// heroID is its id in the page.
const heroID = "chart1"

// heroHeight is that of the chart on the first screen, in pixels, with the numbers above it: where
// these take several lanes, the plot is lower, but no lower than leastHero.
const (
	heroHeight = 220
	leastHero  = 140
)

// The colours of the hero chart's lines.
const (
	inkLine  = 4 // all connections
	fitLine  = 2 // the fitted course
	hostLine = 3 // what it is fitted to, where no area is that
)

// hero draws the connections: by who holds them, where client lists told it, up to the limit,
// with the fitted course and its interval.
func (c *chartSet) hero() (panel, bool) {
	s := words.Signal(c.r, "connections")
	top, _, ok := words.Peak(s)
	if !ok {
		return panel{}, false
	}
	in := c.r.Input
	p := panel{ID: heroID, Title: "Connections", Unit: s.Unit,
		Method: "slots in use as INFO told them: clients, replicas and cluster links; replies of the server, not interpolated; by application: rows of CLIENT LIST"}
	at, v := words.Told(s)
	gap := words.GapLimit(s, in.Interval)
	p.add(panelLine{ID: s.ID, Name: "all connections", Unit: s.Unit, Color: inkLine, At: at, V: v, Gap: gap, Step: s.Step}, svgchart.Series{}, in)
	c.trend(&p)
	c.stack(&p)
	p.Chart.Height = heroHeight
	c.frame(&p, s, top)
	p.Chart.Height = max(p.Chart.Height-p.Chart.Top(), leastHero)
	if len(c.limit) > 0 && top >= c.limit[0].V/10 {
		p.Chart.Limit, p.Chart.LimitLabel = c.limit, "limit "+units.Number(c.limit[0].V)
	}
	return p, true
}

// add enters a line into a panel and its drawing; look says how it is drawn.
func (p *panel) add(l panelLine, look svgchart.Series, in finding.Input) {
	look.Points, look.Step, look.Color, look.Area = svgchart.Thin(l.At, l.V, in.From, in.To, l.Gap), l.Step, l.Color, l.Area
	p.Lines = append(p.Lines, l)
	p.Chart.Series = append(p.Chart.Series, look)
}

// trend draws the curve that was fitted to the growth of the worst source, with its interval; or
// the straight stretches of the course.
func (c *chartSet) trend(p *panel) {
	in := c.r.Input
	if g, ok := words.FirstGrowth(c.r); ok && len(g.Curve) == len(g.At) && c.tells(g) {
		g = words.AsNamed(g)
		name := "fitted: " + inert.Short(g.Subject, 40) + ", " + g.Shape
		if c.group(g) < 0 && g.Subject != "all clients" && len(g.Count) == len(g.At) {
			p.add(panelLine{Name: inert.Short(g.Subject, 40), Unit: p.Unit, Color: hostLine, At: g.At, V: g.Count, Step: true}, svgchart.Series{}, in)
		}
		p.add(panelLine{Name: name, Unit: p.Unit, Color: fitLine, At: g.At, V: g.Curve, Fixed: true}, svgchart.Series{Dashed: true}, in)
		p.Chart.Ribbon = []svgchart.Ribbon{{Lo: svgchart.Thin(g.At, g.Lo, in.From, in.To, 0), Hi: svgchart.Thin(g.At, g.Hi, in.From, in.To, 0), Color: fitLine}}
		p.Method += "; " + words.GrowthWords(g) + "; shaded: the 90 % interval of the curve"
		return
	}
	var at []time.Time
	var v []float64
	var ribbons []svgchart.Ribbon
	for _, ph := range c.r.Course[:min(len(c.r.Course), 20)] {
		if !ph.Rises() && !ph.Falls() {
			continue
		}
		at = append(at, ph.From, ph.To, ph.To)
		v = append(v, ph.Begin, ph.End, math.NaN())
		mid, half := (ph.Begin+ph.End)/2, ph.To.Sub(ph.From).Minutes()/2
		ends := func(perMin float64) []svgchart.Point { // the slope's interval, turned about the middle
			return svgchart.Thin([]time.Time{ph.From, ph.To}, []float64{max(0, mid-perMin*half), max(0, mid+perMin*half)}, in.From, in.To, 0)
		}
		lo, hi := ends(ph.Lo), ends(ph.Hi)
		if len(lo) == 2 && len(hi) == 2 {
			ribbons = append(ribbons, svgchart.Ribbon{Lo: lo, Hi: hi, Color: fitLine})
		}
	}
	if len(at) == 0 {
		return
	}
	p.add(panelLine{Name: "fitted course", Unit: p.Unit, Color: fitLine, At: at, V: v, Fixed: true}, svgchart.Series{Dashed: true}, in)
	p.Chart.Ribbon = ribbons
	p.Method += "; fitted: straight stretches, shaded by the 90 % interval of their slopes"
}

// tells whether a fitted curve is of most of an application's connections: that of one host of
// many would run far below the area of its name.
func (c *chartSet) tells(g finding.Growth) bool {
	i := c.group(g)
	return i < 0 || 2*largest(g.Count) > largest(c.r.Held.Groups[i].Connections)
}

// group gives the area of a curve's subject; -1 where there is none.
func (c *chartSet) group(g finding.Growth) int {
	return slices.IndexFunc(c.r.Held.Groups, func(h finding.HeldGroup) bool { return h.Label == g.Subject })
}

// largest gives the largest finite number, 0 where there is none.
func largest(v []float64) float64 {
	most := 0.0
	for _, x := range v {
		if units.Finite(x) {
			most = max(most, x)
		}
	}
	return most
}

// stack adds the groups that held the slots as areas, each on those before.
func (c *chartSet) stack(p *panel) {
	h := &c.r.Held
	sum := make([]float64, len(h.At))
	for k, g := range h.Groups[:min(len(h.Groups), svgchart.Fills)] {
		for i := range sum {
			if i < len(g.Connections) {
				sum[i] += g.Connections[i]
			}
		}
		color := k
		if g.Others {
			color = svgchart.Fills - 1
		}
		p.add(panelLine{Name: inert.Short(words.OrLabel(g.Label), 40), Unit: p.Unit, Color: color, Area: true, Group: k + 1, At: h.At,
			V: append([]float64(nil), sum...), Gap: c.listGap(), Step: true}, svgchart.Series{}, c.r.Input)
	}
}

// listGap is the distance of two client lists from which on nothing is known between them. The
// moments kept of a long recording are further apart than its lists were.
func (c *chartSet) listGap() time.Duration {
	in := c.r.Input
	s := &finding.Signal{At: c.r.Held.At, Value: make([]float64, len(c.r.Held.At))}
	return max(words.GapLimit(s, in.Interval), in.To.Sub(in.From)/90)
}

// swatch draws how a line looks, for a legend.
func (l *panelLine) swatch() template.HTML {
	if l.Area {
		return swatch(l.Color)
	}
	dash := ""
	if l.Fixed {
		dash = ` stroke-dasharray="5 3"`
	}
	return template.HTML(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="swatch" width="16" height="10" aria-hidden="true"><path class="c%d" d="M0 5H16" stroke="%s" stroke-width="2.5"%s/></svg>`,
		l.Color, svgchart.Color(l.Color), dash))
}
