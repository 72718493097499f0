package svgchart

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A Heat is a chart over time whose rows are shaded by how much there is in them.
type Heat struct {
	ID, Title, Desc string
	From, To        time.Time
	Zone            *time.Location
	At              []time.Time // of the columns, rising
	Rows            []HeatRow   // from the top down
	Gap             time.Duration
	Marks           []Mark
}

// A HeatRow is one row. V has the length of Heat.At.
type HeatRow struct {
	Label string
	V     []float64
}

// Shades is how many shades there are beside none. They are by the square root of the amount, so
// that few connections in a row are seen beside thousands in another.
const Shades = 6

// heatColumns is how many columns of time are drawn at most; each has the most of its time.
const heatColumns = 220

// heatRow is the height of a row in pixels.
const heatRow = 16

// HeatColor is that of all shades, which differ in how much shines through.
const HeatColor = "#c2410c"

// Shade gives the shade of an amount where most is the largest: 0 for none, to Shades.
func Shade(v, most float64) int {
	if !(v > 0) || !(most > 0) || math.IsInf(most, 0) {
		return 0
	}
	f := math.Sqrt(min(v, most) / most)
	return max(1, min(Shades, int(math.Ceil(f*Shades-1e-9))))
}

// Opacity gives how much of HeatColor is seen in a shade.
func Opacity(shade int) float64 { return float64(shade*shade)*0.022 + 0.08*float64(min(shade, 1)) }

// SVG gives the drawing as an <svg> element that stands alone or within HTML.
func (m Heat) SVG() string {
	h := float64(heatRow * len(m.Rows))
	c := Chart{ID: m.ID, From: m.From, To: m.To, Zone: m.Zone, Height: int(h), Marks: m.Marks, Few: true}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	top := float64(c.Top())
	var b strings.Builder
	id := Escape(m.ID)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" id="%s" class="chart heat" role="img" aria-labelledby="%s-t %s-d" width="100%%" height="%d" overflow="visible" font-family="system-ui,sans-serif" font-size="11">`,
		id, id, id, c.Total())
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, Escape(m.Title), id, Escape(m.Desc))
	for i, r := range m.Rows {
		y := top + float64(heatRow*i)
		fmt.Fprintf(&b, `<line class="grid" x1="0" x2="100%%" y1="%s" y2="%s" stroke="#8886" stroke-width="0.6"/>`, coord(y+heatRow), coord(y+heatRow))
		fmt.Fprintf(&b, `<text class="lab" x="-6" y="%s" text-anchor="end" fill="#59616b">%s</text>`, coord(y+heatRow-4), Escape(r.Label))
	}
	c.timeAxis(&b, h)
	fmt.Fprintf(&b, `<svg class="plot" x="0" y="%s" width="100%%" height="%s" viewBox="0 0 %d %s" preserveAspectRatio="none">`, coord(top), coord(h), plotW, coord(h))
	m.cells(&b, c)
	b.WriteString(`</svg>`)
	marks(&b, c.places(), top, h)
	b.WriteString("</svg>\n")
	return b.String()
}

// cells draws one path for each row and shade.
func (m Heat) cells(b *strings.Builder, c Chart) {
	cols := m.columns(c)
	most := 0.0
	for _, r := range m.Rows {
		for _, v := range r.V {
			if !math.IsInf(v, 0) && v > most {
				most = v
			}
		}
	}
	for i, r := range m.Rows {
		var d [Shades + 1]strings.Builder
		for k := 0; k < len(cols); {
			shade, end := Shade(cols[k].most(r.V), most), k+1
			for end < len(cols) && cols[end].x0 <= cols[end-1].x1 && Shade(cols[end].most(r.V), most) == shade {
				end++
			}
			if shade > 0 {
				fmt.Fprintf(&d[shade], "M%s %dH%sV%dH%sZ", coord(cols[k].x0), i*heatRow+1, coord(cols[end-1].x1), (i+1)*heatRow, coord(cols[k].x0))
			}
			k = end
		}
		for shade := 1; shade <= Shades; shade++ {
			if d[shade].Len() > 0 {
				fmt.Fprintf(b, `<path class="h" d="%s" fill="%s" fill-opacity="%.2f"/>`, d[shade].String(), HeatColor, Opacity(shade))
			}
		}
	}
}

// A column is a stretch of the time axis and the moments within it.
type column struct {
	x0, x1   float64
	from, to int
}

func (c column) most(v []float64) float64 {
	m := 0.0
	for _, x := range v[min(c.from, len(v)):min(c.to, len(v))] {
		m = max(m, x) // NaN makes it NaN, which is no shade
	}
	return m
}

// columns folds neighbouring moments together where they are closer than a column. A column
// reaches to the next one, but over no gap.
func (m Heat) columns(c Chart) []column {
	var out []column
	for i, t := range m.At {
		if t.Before(m.From) || t.After(m.To) {
			continue
		}
		x := c.x(t)
		if n := len(out); n > 0 && x-out[n-1].x0 < plotW/heatColumns {
			out[n-1].to = i + 1
			continue
		}
		out = append(out, column{x0: x, from: i, to: i + 1})
	}
	gap := plotW / 20.0
	if span := m.To.Sub(m.From); span > 0 && m.Gap > 0 {
		gap = max(plotW*float64(m.Gap)/float64(span), 2.5*plotW/heatColumns)
	}
	for i := range out {
		out[i].x1 = min(out[i].x0+gap/2, plotW)
		if i+1 < len(out) && out[i+1].x0-out[i].x0 <= gap {
			out[i].x1 = out[i+1].x0
		}
	}
	return out
}
