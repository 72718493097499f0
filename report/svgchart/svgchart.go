// Package svgchart draws small charts over time as SVG text.
//
// A chart must survive a page whose scripts and styles are both blocked, so all that
// matters is in presentation attributes; the class names beside them let a style sheet
// change colours and a script zoom. A chart takes the width it is given, from a telephone's to a
// desk's: places on the time axis are percentages, so that text keeps its size, and the plot is a
// nested <svg> whose viewBox is the time axis: changing one attribute zooms. The labels of the value
// axis stand left of the drawing, in a margin of 48 pixels that the page leaves free. Everything
// written into the drawing is escaped here, and the same chart gives the same bytes.
package svgchart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Size and inner edges of a chart, in user units. PlotW is the length of the time axis in the
// coordinates of what is drawn on it, whatever the chart's width on the page.
const (
	Width  = 960
	PlotW  = 880
	plotW  = PlotW
	top    = 22 // of a Plot: room for the name of its axis
	bottom = 20 // room for the time labels
)

// Colours of the series, by index, chosen to be told apart by people who see no red and
// green, on white and on black.
var colors = [...]string{"#1668b8", "#d1480f", "#7b3fb5", "#0f8a6a", "#333333"}

// Color gives the colour of the i-th series of a chart, as #rrggbb.
func Color(i int) string { return colors[((i%len(colors))+len(colors))%len(colors)] }

// fills are the colours of stacked areas from the bottom up; the last is for what is left over.
var fills = [...]string{"#2f7fd0", "#f0a65a", "#58b39a", "#b58bd6", "#d9cf6a", "#7fc4e8", "#e08f9f", "#9aa86b", "#b9bfc7"}

// Fills is how many colours of areas there are.
const Fills = len(fills)

// Fill gives the colour of the i-th area of a stack, as #rrggbb.
func Fill(i int) string { return fills[((i%len(fills))+len(fills))%len(fills)] }

// A Chart is a plot over time.
type Chart struct {
	ID     string // a name unique in the page: letters, digits and hyphens
	Title  string
	Desc   string // one sentence for those who do not see the drawing
	From   time.Time
	To     time.Time
	Zone   *time.Location
	Height int // of the plot; 0 is 140
	Log    bool
	Unit   Unit
	Format func(float64) string // labels of the value axis
	Series []Series             // the first on top
	Ribbon []Ribbon             // behind the lines, before the areas
	Limit  []Point              // dashed line, as steps; empty = none
	// LimitLabel is written on the limit line.
	LimitLabel string
	Bands      []Band
	Gaps       []Band // hatched: no data
	Marks      []Mark
	Few        bool // numbers of marks that are close are joined: there is room for one lane
}

// A Series is one line, or one area of a stack.
type Series struct {
	Points []Point // see Thin
	Step   bool    // the value holds until the next one
	Color  int     // see Color; of an area see Fill
	Area   bool    // filled down to zero: of a stack the sum of it and those below
	Dots   bool    // each point by itself, no line
	Faint  bool    // thin and dashed: the interval of another line
	Dashed bool    // a fitted line
}

// A Ribbon is what lies between two lines: an interval. Lo and Hi have the same times.
type Ribbon struct {
	Lo, Hi []Point
	Color  int
}

// A Band is a span of time to shade.
type Band struct{ From, To time.Time }

// A Mark is a numbered moment.
type Mark struct {
	At    time.Time
	N     int
	Label string // told on hover
}

// SVG gives the chart as an <svg> element that stands alone or within HTML.
func (c Chart) SVG() string {
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.Format == nil {
		c.Format = func(v float64) string { return fmt.Sprintf("%g", v) }
	}
	h := c.height()
	scale := c.scale(h)
	var b strings.Builder
	id := Escape(c.ID)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" id="%s" class="chart" role="img" aria-labelledby="%s-t %s-d" width="100%%" height="%d" overflow="visible" font-family="system-ui,sans-serif" font-size="11">`,
		id, id, id, c.Total())
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, Escape(c.Title), id, Escape(c.Desc))
	c.grid(&b, scale, h)
	c.plot(&b, scale, h)
	c.overlay(&b, scale, h)
	b.WriteString("</svg>\n")
	return b.String()
}

func (c Chart) height() float64 {
	if c.Height == 0 {
		return 140
	}
	return float64(c.Height)
}

// Total gives the height of the drawing in pixels.
func (c Chart) Total() int { return int(c.height()) + c.Top() + bottom }

// An Axis maps values to heights: y = height·(1 − (f(v) − lo)/(hi − lo)), f the decimal logarithm
// where Log is set, and the value itself else.
type Axis struct {
	Lo, Hi float64
	Log    bool
}

// Axis gives the value axis, for a script that draws the chart anew.
func (c Chart) Axis() Axis {
	if c.Format == nil {
		c.Format = func(float64) string { return "" }
	}
	s := c.scale(c.height())
	return Axis{s.lo, s.hi, s.log}
}

func (c Chart) scale(h float64) valueScale {
	hi, least := 0.0, math.Inf(1)
	see := func(ps []Point) {
		for _, p := range ps {
			if !math.IsNaN(p.V) {
				hi = max(hi, p.V)
				if p.V > 0 {
					least = min(least, p.V)
				}
			}
		}
	}
	for _, s := range c.Series {
		see(s.Points)
	}
	see(c.Limit)
	return newValueScale(h, hi, least, c.Log, c.Unit, c.Format)
}

// x gives a moment's place on the time axis, 0..plotW.
func (c Chart) x(t time.Time) float64 {
	span := c.To.Sub(c.From)
	if span <= 0 {
		return plotW / 2
	}
	return min(plotW, max(0, float64(t.Sub(c.From))/float64(span)*plotW))
}

// percent writes a place on the time axis as a share of the chart's width.
func percent(x float64) string {
	return strconv.FormatFloat(math.Round(x/plotW*1e4)/100, 'f', -1, 64) + "%"
}

// grid draws the lines and labels of both axes. The time axis is a group of its own, for
// a script that zooms to write anew.
func (c Chart) grid(b *strings.Builder, s valueScale, h float64) {
	top := float64(c.Top())
	for _, t := range s.ticks() {
		y := top + t.pos
		fmt.Fprintf(b, `<line class="grid" x1="0" x2="100%%" y1="%s" y2="%s" stroke="#8886" stroke-width="0.6"/>`, coord(y), coord(y))
		fmt.Fprintf(b, `<text class="lab" x="-6" y="%s" text-anchor="end" fill="#59616b">%s</text>`, coord(y+4), Escape(t.label))
	}
	c.timeAxis(b, h)
}

// timeAxis draws the lines and labels of the time axis.
func (c Chart) timeAxis(b *strings.Builder, h float64) {
	top := float64(c.Top())
	b.WriteString(`<g class="xaxis">`)
	for _, t := range timeTicks(c.From, c.To, plotW, 8, c.Zone) {
		x, anchor := percent(t.pos), "middle"
		if t.pos > plotW*0.97 { // it would stand out of the drawing
			anchor = "end"
		}
		fmt.Fprintf(b, `<g><line class="grid" x1="%s" x2="%s" y1="%s" y2="%s" stroke="#8886" stroke-width="0.6"/>`, x, x, coord(top), coord(top+h))
		fmt.Fprintf(b, `<text class="lab" x="%s" y="%s" text-anchor="%s" fill="#59616b">%s</text></g>`, x, coord(top+h+14), anchor, Escape(t.label))
	}
	b.WriteString(`</g>`)
}

// plot draws what zooms: bands, gaps, areas and lines, in a viewBox of its own. data-s is the
// place of a line among the chart's series.
func (c Chart) plot(b *strings.Builder, s valueScale, h float64) {
	fmt.Fprintf(b, `<svg class="plot" x="0" y="%d" width="100%%" height="%s" viewBox="0 0 %d %s" preserveAspectRatio="none">`,
		c.Top(), coord(h), plotW, coord(h))
	for _, w := range c.Bands {
		a := c.x(w.From)
		fmt.Fprintf(b, `<rect class="band" x="%s" y="0" width="%s" height="%s" fill="#e03030" fill-opacity="0.13"/>`, coord(a), coord(max(1, c.x(w.To)-a)), coord(h))
	}
	if len(c.Gaps) > 0 {
		fmt.Fprintf(b, `<defs><pattern id="%s-h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="6" fill="#888" fill-opacity="0.55"/></pattern></defs>`, Escape(c.ID))
		for _, w := range c.Gaps {
			a := c.x(w.From)
			fmt.Fprintf(b, `<rect class="gap" x="%s" y="0" width="%s" height="%s" fill="url(#%s-h)"><title>no samples</title></rect>`, coord(a), coord(max(1, c.x(w.To)-a)), coord(h), Escape(c.ID))
		}
	}
	for i := len(c.Series) - 1; i >= 0; i-- { // of a stack, the sums of more lie behind
		if se := c.Series[i]; se.Area {
			if d := c.area(se.Points, se.Step, s, h); d != "" {
				fmt.Fprintf(b, `<path class="a%d" data-s="%d" d="%s" fill="%s"/>`, se.Color%len(fills), i, d, Fill(se.Color))
			}
		}
	}
	for _, r := range c.Ribbon {
		if d := c.ribbon(r, s); d != "" {
			fmt.Fprintf(b, `<path class="r%d" d="%s" fill="%s" fill-opacity="0.3"/>`, r.Color, d, Color(r.Color))
		}
	}
	if d := c.path(c.Limit, true, s); d != "" {
		fmt.Fprintf(b, `<path class="limit" d="%s" fill="none" stroke="#c81e1e" stroke-width="1.5" stroke-dasharray="6 4" vector-effect="non-scaling-stroke"/>`, d)
	}
	for i := len(c.Series) - 1; i >= 0; i-- {
		se := c.Series[i]
		if se.Area {
			continue
		}
		d, look := c.path(se.Points, se.Step, s), `stroke-width="1.6"`
		switch {
		case se.Dots:
			d, look = c.dots(se.Points, s), `stroke-width="3.2"`
		case se.Faint:
			look = `stroke-width="0.9" stroke-dasharray="3 3"`
		case se.Dashed:
			look = `stroke-width="2" stroke-dasharray="7 4"`
		}
		if d != "" {
			fmt.Fprintf(b, `<path class="c%d" data-s="%d" d="%s" fill="none" stroke="%s" %s stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"/>`,
				se.Color, i, d, Color(se.Color), look)
		}
	}
	b.WriteString(`</svg>`)
}

// overlay draws what keeps its shape when the plot zooms: the limit's name and the
// numbered marks. data-x is a mark's place on the unzoomed axis, 0 to 1.
func (c Chart) overlay(b *strings.Builder, s valueScale, h float64) {
	top := float64(c.Top())
	if len(c.Limit) > 0 && c.LimitLabel != "" {
		y := top + s.y(c.Limit[0].V)
		if y < top+14 {
			y += 14
		} else {
			y -= 4
		}
		fmt.Fprintf(b, `<text class="limit halo" x="4" y="%s" fill="#b01717" stroke="#fff" stroke-width="3" paint-order="stroke">%s</text>`, coord(y), Escape(c.LimitLabel))
	}
	marks(b, c.places(), top, h)
}

// dots writes points: strokes without length, round by their caps.
func (c Chart) dots(ps []Point, s valueScale) string {
	var b strings.Builder
	for _, p := range ps {
		if !math.IsNaN(p.V) {
			b.WriteString("M" + coord(c.x(p.At)) + " " + coord(s.y(p.V)) + "h0.1")
		}
	}
	return b.String()
}

// area closes each stretch of a line down to zero.
func (c Chart) area(ps []Point, step bool, s valueScale, h float64) string {
	var b strings.Builder
	for i := 0; i < len(ps); {
		if math.IsNaN(ps[i].V) {
			i++
			continue
		}
		j := i
		for j < len(ps) && !math.IsNaN(ps[j].V) {
			j++
		}
		line := c.path(ps[i:j], step, s)
		if strings.HasSuffix(line, "h0.1") {
			line = strings.TrimSuffix(line, "h0.1") + "h1" // a moment alone has a pixel
		}
		fmt.Fprintf(&b, "%sV%sH%sZ", line, coord(h), coord(c.x(ps[i].At)))
		i = j
	}
	return b.String()
}

// ribbon goes along the lower line and back along the upper one.
func (c Chart) ribbon(r Ribbon, s valueScale) string {
	var b strings.Builder
	lead := "M"
	point := func(p Point) {
		if !math.IsNaN(p.V) {
			b.WriteString(lead + coord(c.x(p.At)) + " " + coord(s.y(p.V)))
			lead = "L"
		}
	}
	for _, p := range r.Lo {
		point(p)
	}
	for i := len(r.Hi) - 1; i >= 0; i-- {
		point(r.Hi[i])
	}
	if b.Len() > 0 {
		b.WriteByte('Z')
	}
	return b.String()
}

// path writes a line; a NaN lifts the pen. Points at one height make one stroke, and a
// point alone is a dot by its round cap.
func (c Chart) path(ps []Point, step bool, s valueScale) string {
	var b strings.Builder
	var x, y string // where the pen is to be
	drawnX := ""    // how far it has drawn at this height; empty = pen up
	catchUp := func() {
		if drawnX != "" && drawnX != x {
			b.WriteString("H" + x)
		}
		drawnX = x
	}
	alone := false
	for _, p := range append(ps[:len(ps):len(ps)], Point{V: math.NaN()}) {
		if math.IsNaN(p.V) {
			if alone && drawnX == x {
				b.WriteString("h0.1")
			}
			if drawnX != "" {
				catchUp()
			}
			drawnX = ""
			continue
		}
		nx, ny := coord(c.x(p.At)), coord(s.y(p.V))
		switch {
		case drawnX == "":
			b.WriteString("M" + nx + " " + ny)
			drawnX, alone = nx, true
		case ny == y: // drawn by the next catchUp
		case step:
			x = nx
			catchUp()
			b.WriteString("V" + ny)
			alone = false
		default:
			catchUp()
			b.WriteString("L" + nx + " " + ny)
			drawnX, alone = nx, false
		}
		x, y = nx, ny
	}
	return b.String()
}

// Escape makes text safe within XML and HTML, in content and in quoted attributes.
// Characters XML does not allow become U+FFFD.
func Escape(s string) string {
	return escaper.Replace(strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfffe || r == 0xffff {
			return 0xfffd
		}
		return r
	}, s))
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")
