package words

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
)

// GrowthWords says by which shape connections grew: "steady rise (0.97; next saturating rise
// 0.02): rate 2.0 connections/min (1.8 to 2.2)". Empty where nothing was fitted.
func GrowthWords(g finding.Growth) string {
	if g.Shape == "" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%.2f", g.Shape, g.Weight)
	if g.RunnerWeight >= 0.005 {
		fmt.Fprintf(&b, "; next %s %.2f", g.Runner, g.RunnerWeight)
	}
	b.WriteString(")")
	if len(g.Params) > 0 {
		p := g.Params[0]
		fmt.Fprintf(&b, ": %s %s", p.Name, strings.TrimSpace(units.Number(p.Value)+" "+p.Unit))
		if p.Lo != p.Hi {
			fmt.Fprintf(&b, " (%s to %s)", units.Number(p.Lo), units.Number(p.Hi))
		}
	}
	if g.AtLimit {
		b.WriteString(", up to the limit")
	}
	return b.String()
}

// AsNamed cuts what a shape's name does not tell from the beginning of its curve: what came before
// the limit held the count is not pinned at it.
func AsNamed(g finding.Growth) finding.Growth {
	i := slices.IndexFunc(g.Params, func(p finding.GrowthParam) bool { return p.Name == "pinned from" })
	if i < 0 || len(g.At) == 0 || len(g.Lo) != len(g.At) || len(g.Hi) != len(g.At) {
		return g
	}
	from := g.At[0].Add(time.Duration(g.Params[i].Value * float64(time.Second)))
	n := 0
	for n < len(g.At)-1 && g.At[n].Before(from) {
		n++
	}
	g.At, g.Curve, g.Lo, g.Hi = g.At[n:], g.Curve[n:], g.Lo[n:], g.Hi[n:]
	if len(g.Count) >= n {
		g.Count = g.Count[n:]
	}
	return g
}

// FirstGrowth gives the growth of the first cause for which one was fitted; a count that stayed about
// one level shows none.
func FirstGrowth(r *finding.Report) (g finding.Growth, ok bool) {
	for _, f := range r.Causes {
		if f.Growth.Shape != "" && f.Growth.Shape != "constant" {
			return f.Growth, true
		}
	}
	return g, false
}

// CourseWords says how connections grew: "63 until 16:43:59, then +8.0/min until 16:57:20
// (170), then 170 to the end". At most shown phases are told, the last ones first to go. Empty
// where the course is not known.
func CourseWords(phases []finding.Phase, c units.Clock, shown int) string {
	var parts []string
	for k, p := range phases[:min(shown, len(phases))] {
		until := "until " + c.At(p.To)
		if k == len(phases)-1 {
			until = "to the end"
		}
		level := math.Round((p.Begin + p.End) / 2)
		switch {
		case p.Rises() || p.Falls():
			from := ""
			if k == 0 || math.Abs(p.Begin-phases[k-1].End) >= max(4, math.Abs(p.End-p.Begin)/10) {
				from = "from " + units.Number(math.Round(p.Begin)) + " "
			}
			parts = append(parts, fmt.Sprintf("%s%s %s (%s)", from, pace(p.PerMin), until, units.Number(math.Round(p.End))))
		case math.Abs(p.End-p.Begin) >= max(4, level/10):
			parts = append(parts, fmt.Sprintf("from %s to %s %s", units.Number(math.Round(p.Begin)), units.Number(math.Round(p.End)), until))
		default:
			parts = append(parts, fmt.Sprintf("about %s %s", units.Number(level), until))
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
