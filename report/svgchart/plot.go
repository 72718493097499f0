package svgchart

import (
	"fmt"
	"math"
	"strings"
)

// A Plot is a drawing of points on two axes that begin at 0.
type Plot struct {
	ID     string // a name unique in the page: letters, digits and hyphens
	Title  string
	Desc   string // one sentence for those who do not see the drawing
	X, Y   []float64
	XName  string
	YName  string
	FX, FY func(float64) string // labels of the axes
	Steps  bool                 // a line in steps through the points, which are by X
	Back   bool                 // X counts backwards: 0 is at the right
	Equal  bool                 // one scale for both, and the line on which they are equal
}

// plotH is the height of a Plot's inner part, plotTicks the number of labels of an axis.
const (
	plotH     = 220
	plotTicks = 4
)

// SVG gives the plot as an <svg> element that stands alone or within HTML. It takes the width it is
// given, and the labels of the Y axis stand left of it, as in a Chart.
func (p Plot) SVG() string {
	mx, my := most(p.X), most(p.Y)
	if p.Equal {
		mx = max(mx, my)
		my = mx
	}
	x := func(v float64) float64 {
		if p.Back {
			v = mx - v
		}
		return v / mx * plotW
	}
	y := func(v float64) float64 { return plotH - v/my*plotH }
	var b strings.Builder
	id, height := Escape(p.ID), top+plotH+40
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" id="%s" class="points" role="img" aria-labelledby="%s-t %s-d" width="100%%" height="%d" overflow="visible" font-family="system-ui,sans-serif" font-size="11">`,
		id, id, id, height)
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, Escape(p.Title), id, Escape(p.Desc))
	for i := range plotTicks + 1 {
		vx, vy := mx*float64(i)/plotTicks, my*float64(i)/plotTicks
		at := coord(top + y(vy))
		fmt.Fprintf(&b, `<line class="grid" x1="0" x2="100%%" y1="%s" y2="%s" stroke="#8886" stroke-width="0.6"/><text class="lab" x="-6" y="%s" text-anchor="end" fill="#59616b">%s</text>`,
			at, at, coord(top+y(vy)+4), Escape(p.FY(vy)))
		fmt.Fprintf(&b, `<text class="lab" x="%s" y="%d" text-anchor="%s" fill="#59616b">%s</text>`, percent(x(vx)), top+plotH+16, endAnchor(x(vx)), Escape(p.FX(vx)))
	}
	fmt.Fprintf(&b, `<text class="lab" x="50%%" y="%d" text-anchor="middle" fill="#59616b">%s</text><text class="lab" x="0" y="14" fill="#59616b">%s</text>`,
		top+plotH+32, Escape(p.XName), Escape(p.YName))
	if p.Equal {
		fmt.Fprintf(&b, `<line class="c1" x1="0" y1="%d" x2="100%%" y2="%d" stroke="%s" stroke-dasharray="4 4"/>`, top+plotH, top, Color(1))
	}
	p.points(&b, x, y)
	b.WriteString("</svg>\n")
	return b.String()
}

// endAnchor keeps a label at the right edge within the drawing.
func endAnchor(x float64) string {
	if x > plotW-1 {
		return "end"
	}
	return "middle"
}

func (p Plot) points(b *strings.Builder, x, y func(float64) float64) {
	n := min(len(p.X), len(p.Y))
	if !p.Steps {
		for i := range n {
			fmt.Fprintf(b, `<circle class="f0" cx="%s" cy="%s" r="3" fill="%s" fill-opacity="0.5"/>`, percent(x(p.X[i])), coord(top+y(p.Y[i])), Color(0))
		}
		return
	}
	fmt.Fprintf(b, `<svg y="%d" width="100%%" height="%d" viewBox="0 0 %d %d" preserveAspectRatio="none"><path class="c0" fill="none" stroke-width="2" vector-effect="non-scaling-stroke" stroke="%s" d="`,
		top, plotH, plotW, plotH, Color(0))
	for i := range n {
		if i == 0 {
			fmt.Fprintf(b, "M%s %s", coord(x(p.X[i])), coord(y(0)))
		} else {
			fmt.Fprintf(b, "H%s", coord(x(p.X[i])))
		}
		fmt.Fprintf(b, "V%s", coord(y(p.Y[i])))
	}
	b.WriteString(`"/></svg>`)
}

// most gives the highest of numbers, at least 1.
func most(vs []float64) float64 {
	m := 1.0
	for _, v := range vs {
		if v > m && !math.IsInf(v, 0) {
			m = v
		}
	}
	return m
}
