package svgchart

import "fmt"

// Meter draws a share of 0..1 as a short bar.
func Meter(v float64, title string) string {
	v = min(1, max(0, v))
	if v != v {
		v = 0
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="meter" role="img" viewBox="0 0 120 10" width="120" height="10"><title>%s</title><rect width="120" height="10" rx="5" fill="#8884"/><rect class="f0" width="%s" height="10" rx="5" fill="%s"/></svg>`,
		Escape(title), coord(v*120), Color(0))
}
