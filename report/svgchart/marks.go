package svgchart

import (
	"fmt"
	"strings"
)

// Marks stand above the plot, each number on a line down through it. Numbers that are close in time
// stand one above the other, in lanes; in a chart with Few lanes they stand in one, joined: 2–7.
const (
	laneH    = 18 // pixels
	markGap  = 26 // units of the time axis: a number's width on a narrow page
	joinGap  = 44 // the same of joined numbers, in a chart of half a page's width
	maxLanes = 6
)

// A placed mark has its place on the time axis, 0..plotW, and its lane, 0 nearest to the plot. Last
// is the number up to which it stands for those after it, and joined that another stands for it.
type placed struct {
	Mark
	x      float64
	lane   int
	last   int
	joined bool
}

// places gives the marks within the chart's time, each where there is room for it.
func (c Chart) places() []placed {
	var out []placed
	var ends [maxLanes]float64 // where the last number of each lane stands
	for i := range ends {
		ends[i] = -joinGap
	}
	first := -1 // of those that are joined
	for _, m := range c.Marks {
		if m.At.Before(c.From) || m.At.After(c.To) {
			continue
		}
		p := placed{Mark: m, x: c.x(m.At), last: m.N}
		switch {
		case c.Few && first >= 0 && p.x-ends[0] < joinGap:
			p.joined, out[first].last = true, m.N
		case c.Few:
			first = len(out)
		default:
			for p.lane < maxLanes-1 && p.x-ends[p.lane] < markGap {
				p.lane++
			}
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
		text, hidden := fmt.Sprint(p.N), ""
		if p.last != p.N {
			text = fmt.Sprintf("%d–%d", p.N, p.last)
		}
		if p.joined {
			hidden = ` visibility="hidden"`
		}
		w := markWidth(text)
		fmt.Fprintf(b, `<svg class="mark" data-x="%s" data-n="%d" x="%s" overflow="visible">%s<path d="M0 %sV%s" stroke="#777" stroke-width="1" stroke-dasharray="2 3"/>`,
			coord4(p.x/plotW), p.N, percent(p.x), title, coord(cy), coord(top+h))
		fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="16" rx="8" fill="#333"%s/><text y="%s" text-anchor="middle" font-size="10" fill="#fff"%s>%s</text></svg>`,
			coord(-w/2), coord(cy-8), coord(w), hidden, coord(cy+3.5), hidden, text)
	}
}

// markWidth is the width of a number's ground: a circle for two digits.
func markWidth(text string) float64 { return max(16, 4+6*float64(len([]rune(text)))) }
