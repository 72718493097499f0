package svgchart

import (
	"fmt"
	"strings"
)

// Marks stand above the plot, each number in a circle on a line down through it. Those that are
// close in time stand one above the other, in lanes.
const (
	laneH    = 18 // pixels
	markGap  = 26 // units of the time axis: a circle's width on a narrow page
	maxLanes = 6
)

// A placed mark has its place on the time axis, 0..plotW, and its lane, 0 nearest to the plot.
type placed struct {
	Mark
	x    float64
	lane int
}

// places gives the marks within the chart's time, each in the lowest lane that has room for it.
func (c Chart) places() []placed {
	var out []placed
	var ends [maxLanes]float64 // where the last circle of each lane stands
	for i := range ends {
		ends[i] = -markGap
	}
	for _, m := range c.Marks {
		if m.At.Before(c.From) || m.At.After(c.To) {
			continue
		}
		p := placed{Mark: m, x: c.x(m.At)}
		for p.lane < maxLanes-1 && p.x-ends[p.lane] < markGap {
			p.lane++
		}
		ends[p.lane] = p.x
		out = append(out, p)
	}
	return out
}

// lanes is how many lanes the marks take.
func (c Chart) lanes() int {
	n := 0
	for _, p := range c.places() {
		n = max(n, p.lane+1)
	}
	return n
}

// Top is how far below the drawing's edge the plot begins, in pixels.
func (c Chart) Top() int { return 8 + laneH*c.lanes() }

// marks draws them over a plot that begins at top and is h high.
func marks(b *strings.Builder, all []placed, top, h float64) {
	for _, p := range all {
		cy := top - 11 - float64(laneH*p.lane)
		title := ""
		if p.Label != "" {
			title = fmt.Sprintf("<title>%d: %s</title>", p.N, Escape(p.Label))
		}
		fmt.Fprintf(b, `<svg class="mark" data-x="%s" x="%s" overflow="visible">%s<path d="M0 %sV%s" stroke="#777" stroke-width="1" stroke-dasharray="2 3"/>`,
			coord4(p.x/plotW), percent(p.x), title, coord(cy), coord(top+h))
		fmt.Fprintf(b, `<circle cy="%s" r="8" fill="#333"/><text y="%s" text-anchor="middle" font-size="10" fill="#fff">%d</text></svg>`,
			coord(cy), coord(cy+3.5), p.N)
	}
}
