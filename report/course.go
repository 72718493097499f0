package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// courseWords says how connections grew: "63 until 16:43:59, then +8.0/min until 16:57:20
// (170), then 170 to the end". At most shown phases are told, the last ones first to go. Empty
// where the course is not known.
func courseWords(phases []finding.Phase, c clock, shown int) string {
	var parts []string
	for k, p := range phases[:min(shown, len(phases))] {
		until := "until " + c.at(p.To)
		if k == len(phases)-1 {
			until = "to the end"
		}
		level := math.Round((p.Begin + p.End) / 2)
		switch {
		case p.Rises() || p.Falls():
			from := ""
			if k == 0 || math.Abs(p.Begin-phases[k-1].End) >= max(4, math.Abs(p.End-p.Begin)/10) {
				from = "from " + number(math.Round(p.Begin)) + " "
			}
			parts = append(parts, fmt.Sprintf("%s%s %s (%s)", from, pace(p.PerMin), until, number(math.Round(p.End))))
		case math.Abs(p.End-p.Begin) >= max(4, level/10):
			parts = append(parts, fmt.Sprintf("from %s to %s %s", number(math.Round(p.Begin)), number(math.Round(p.End)), until))
		default:
			parts = append(parts, fmt.Sprintf("about %s %s", number(level), until))
		}
	}
	if n := len(phases) - shown; n > 0 {
		more := "1 more phase"
		if n > 1 {
			more = fmt.Sprintf("%d more phases", n)
		}
		parts = append(parts, more)
	}
	return strings.Join(parts, ", then ")
}

// pace writes a rate with its sign, in the unit that makes it a number people can picture.
func pace(perMin float64) string {
	for _, u := range [...]struct {
		times float64
		name  string
	}{{1, "min"}, {60, "h"}} {
		if math.Abs(perMin*u.times) >= 0.5 {
			return fmt.Sprintf("%+.1f/%s", perMin*u.times, u.name)
		}
	}
	return fmt.Sprintf("%+.1f/d", perMin*1440)
}
