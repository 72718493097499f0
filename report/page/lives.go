package page

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/svgchart"
	"github.com/connbox/connbox/report/units"
)

// leastDrawn is how many connections are worth a drawing.
const leastDrawn = 3

// A drawingView is one picture of a snapshot.
type drawingView struct {
	Title, Note string
	SVG         template.HTML
}

// lives draws how the connections of a snapshot live: when those that are left were opened,
// and how long each was not used.
func (v *page) lives(r *finding.Report) {
	s := &r.Snapshot
	n := min(len(s.Ages), len(s.Idles))
	if n < leastDrawn {
		return
	}
	ages := slices.Clone(s.Ages[:n])
	slices.Sort(ages)
	slices.Reverse(ages)
	born := make([]float64, n)
	for i := range born {
		born[i] = float64(i + 1)
	}
	label := units.Age
	v.Drawings = append(v.Drawings,
		drawingView{"Arrival curve of the connections that are left", "An even rise is one connection after the other, a step a burst. Those closed since left no trace.",
			template.HTML(svgchart.Plot{ID: "arrivals", Title: "Arrival curve of the connections that are left",
				Desc: fmt.Sprintf("%d connections, the oldest %s old, the youngest %s.", n, units.Seconds(ages[0]), units.Seconds(ages[n-1])),
				X:    ages, Y: born, XName: "opened so long ago", YName: "connections", FX: label, FY: units.Number, Steps: true, Back: true}.SVG())},
		drawingView{"Idle time against age", "On the dashed line are connections that were never used since they were opened; at the bottom those in use.",
			template.HTML(svgchart.Plot{ID: "idle-age", Title: "Idle time against age",
				Desc: fmt.Sprintf("A point for each of %d connections.", n),
				X:    s.Ages[:n], Y: s.Idles[:n], XName: "age", YName: "idle", FX: label, FY: label, Equal: true}.SVG())})
}
