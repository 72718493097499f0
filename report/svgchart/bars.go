package svgchart

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Bar is one row of a bar chart: an amount at the peak, the part of it that was there at
// the start, and what was left at the end.
type Bar struct {
	Label            string
	Base, Peak, Last float64
	Text             string // figures to the right
}

// Bars draws rows of bars on one scale from zero.
func Bars(id, title string, bars []Bar) string {
	const labelW, barW, row, head = 230, 520, 24, 24
	most := 0.0
	for _, b := range bars {
		most = max(most, b.Base, b.Peak, b.Last)
	}
	if !(most > 0) {
		most = 1
	}
	w := func(v float64) string { return coord(max(0, v) / most * barW) }
	var b strings.Builder
	height := head + row*len(bars) + 4
	id = Escape(id)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" id="%s" class="bars" role="img" aria-labelledby="%s-t" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui,sans-serif" font-size="12"><title id="%s-t">%s</title>`,
		id, id, Width, height, Width, height, id, Escape(title))
	fmt.Fprintf(&b, `<g font-size="11"><rect x="%d" y="5" width="12" height="10" fill="%s" class="f0"/><text class="lab" x="%d" y="14" fill="#666">at the peak</text>`, labelW, Color(0), labelW+18)
	fmt.Fprintf(&b, `<rect x="%d" y="5" width="12" height="10" fill="#8a8f98"/><text class="lab" x="%d" y="14" fill="#666">there at the start</text>`, labelW+100, labelW+118)
	fmt.Fprintf(&b, `<path class="c1" d="M%d 4v12" stroke="%s" stroke-width="3"/><text class="lab" x="%d" y="14" fill="#666">left at the end</text></g>`, labelW+226, Color(1), labelW+236)
	for i, x := range bars {
		y := head + i*row
		fmt.Fprintf(&b, `<text class="ink" x="%d" y="%d" text-anchor="end" fill="#333">%s</text>`, labelW-8, y+15, Escape(cutLabel(x.Label, 32)))
		fmt.Fprintf(&b, `<rect class="f0" x="%d" y="%d" width="%s" height="14" fill="%s"/>`, labelW, y+4, w(x.Peak), Color(0))
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%s" height="14" fill="#8a8f98"/>`, labelW, y+4, w(min(x.Base, x.Peak)))
		fmt.Fprintf(&b, `<path class="c1" d="M%s %dv18" stroke="%s" stroke-width="3"/>`, coord(labelW+float64(max(0, x.Last)/most*barW)), y+2, Color(1))
		fmt.Fprintf(&b, `<text class="ink" x="%d" y="%d" fill="#333">%s</text>`, labelW+barW+12, y+15, Escape(cutLabel(x.Text, 30)))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// cutLabel keeps at most n characters, for text that has a fixed room.
func cutLabel(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
}

// Meter draws a share of 0..1 as a short bar.
func Meter(v float64, title string) string {
	v = min(1, max(0, v))
	if v != v {
		v = 0
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="meter" role="img" viewBox="0 0 120 10" width="120" height="10"><title>%s</title><rect width="120" height="10" rx="5" fill="#8884"/><rect class="f0" width="%s" height="10" rx="5" fill="%s"/></svg>`,
		Escape(title), coord(v*120), Color(0))
}
