// Package svgchart draws small charts over time as SVG text.
//
// A chart must survive a page whose scripts and styles are both blocked, so all that
// matters is in presentation attributes; the class names beside them let a style sheet
// change colours and a script zoom. The plot is a nested <svg> whose viewBox is the time
// axis: changing one attribute zooms. Everything written into the drawing is escaped here,
// and the same chart gives the same bytes.
package svgchart

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Size and inner edges of a chart, in user units.
const (
	Width  = 960
	left   = 64
	right  = 16
	plotW  = Width - left - right
	top    = 22 // room for the numbered marks
	bottom = 22 // room for the time labels
)

// Colours of the series, by index, chosen to be told apart by people who see no red and
// green, on white and on black.
var colors = [...]string{"#1668b8", "#d1480f", "#7b3fb5", "#0f8a6a"}

// Color gives the colour of the i-th series of a chart, as #rrggbb.
func Color(i int) string { return colors[((i%len(colors))+len(colors))%len(colors)] }

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
	Series []Series
	Limit  []Point // dashed line, as steps; empty = none
	// LimitLabel is written on the limit line.
	LimitLabel string
	Bands      []Band
	Gaps       []Band // hatched: no data
	Marks      []Mark
}

// A Series is one line.
type Series struct {
	Points []Point // see Thin
	Step   bool    // the value holds until the next one
	Color  int     // see Color
	Dots   bool    // each point by itself, no line
	Faint  bool    // thin and dashed: the interval of another line
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
	if c.Height == 0 {
		c.Height = 140
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.Format == nil {
		c.Format = func(v float64) string { return fmt.Sprintf("%g", v) }
	}
	h := float64(c.Height)
	scale := c.scale(h)
	var b strings.Builder
	id := Escape(c.ID)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" id="%s" class="chart" role="img" aria-labelledby="%s-t %s-d" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui,sans-serif" font-size="11">`,
		id, id, id, Width, c.total(), Width, c.total())
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, Escape(c.Title), id, Escape(c.Desc))
	c.grid(&b, scale, h)
	c.plot(&b, scale, h)
	c.overlay(&b, scale, h)
	b.WriteString("</svg>\n")
	return b.String()
}

// total is the drawing's height.
func (c Chart) total() int {
	if c.Height == 0 {
		return 140 + top + bottom
	}
	return c.Height + top + bottom
}

// Total gives the height of the drawing in user units; its width is Width.
func (c Chart) Total() int { return c.total() }

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

// grid draws the lines and labels of both axes. The time axis is a group of its own, for
// a script that zooms to write anew.
func (c Chart) grid(b *strings.Builder, s valueScale, h float64) {
	for _, t := range s.ticks() {
		y := top + t.pos
		fmt.Fprintf(b, `<path class="grid" d="M%d %sH%d" stroke="#8886" stroke-width="0.6"/>`, left, coord(y), left+plotW)
		fmt.Fprintf(b, `<text class="lab" x="%d" y="%s" text-anchor="end" fill="#666">%s</text>`, left-6, coord(y+4), Escape(t.label))
	}
	b.WriteString(`<g class="xaxis">`)
	for _, t := range timeTicks(c.From, c.To, plotW, 8, c.Zone) {
		x := coord(left + t.pos)
		fmt.Fprintf(b, `<path class="grid" d="M%s %dV%s" stroke="#8886" stroke-width="0.6"/>`, x, top, coord(top+h))
		anchor := "middle"
		if t.pos > plotW-10 { // it would stand out of the drawing
			x, anchor = coord(Width-1), "end"
		}
		fmt.Fprintf(b, `<text class="lab" x="%s" y="%s" text-anchor="%s" fill="#666">%s</text>`, x, coord(top+h+15), anchor, Escape(t.label))
	}
	b.WriteString(`</g>`)
}

// plot draws what zooms: bands, gaps and lines, in a viewBox of its own.
func (c Chart) plot(b *strings.Builder, s valueScale, h float64) {
	fmt.Fprintf(b, `<svg class="plot" x="%d" y="%d" width="%d" height="%s" viewBox="0 0 %d %s" preserveAspectRatio="none">`,
		left, top, plotW, coord(h), plotW, coord(h))
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
	if d := c.path(c.Limit, true, s); d != "" {
		fmt.Fprintf(b, `<path class="limit" d="%s" fill="none" stroke="#c81e1e" stroke-width="1.3" stroke-dasharray="5 4" vector-effect="non-scaling-stroke"/>`, d)
	}
	for i := len(c.Series) - 1; i >= 0; i-- { // the first on top
		se := c.Series[i]
		d, look := c.path(se.Points, se.Step, s), `stroke-width="1.6"`
		switch {
		case se.Dots:
			d, look = c.dots(se.Points, s), `stroke-width="3.2"`
		case se.Faint:
			look = `stroke-width="0.9" stroke-dasharray="3 3"`
		}
		if d != "" {
			fmt.Fprintf(b, `<path class="c%d" d="%s" fill="none" stroke="%s" %s stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"/>`,
				se.Color, d, Color(se.Color), look)
		}
	}
	b.WriteString(`</svg>`)
}

// overlay draws what keeps its shape when the plot zooms: the limit's label and the
// numbered marks. data-x is a mark's place on the unzoomed axis.
func (c Chart) overlay(b *strings.Builder, s valueScale, h float64) {
	if len(c.Limit) > 0 && c.LimitLabel != "" {
		y := top + s.y(c.Limit[0].V)
		if y < top+14 {
			y += 14
		} else {
			y -= 4
		}
		fmt.Fprintf(b, `<text class="limit" x="%d" y="%s" fill="#c81e1e">%s</text>`, left+4, coord(y), Escape(c.LimitLabel))
	}
	free := math.Inf(-1) // where the last number's circle ended
	for _, m := range c.Marks {
		if m.At.Before(c.From) || m.At.After(c.To) {
			continue
		}
		x := c.x(m.At)
		fmt.Fprintf(b, `<g class="mark" data-x="%s" transform="translate(%s 0)"><title>%d: %s</title><path d="M0 %dV%s" stroke="#777" stroke-width="1" stroke-dasharray="2 3"/>`,
			coord(x), coord(left+x), m.N, Escape(m.Label), top-4, coord(top+h))
		if x-8 < free { // no room for its number: the line and the hover text stay
			b.WriteString(`</g>`)
			continue
		}
		free = x + 8
		fmt.Fprintf(b, `<circle cy="%d" r="8" fill="#333"/><text y="%s" text-anchor="middle" font-size="10" fill="#fff">%d</text></g>`,
			top-11, coord(top-11+3.5), m.N)
	}
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
