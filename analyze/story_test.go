package analyze

import (
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/world"
)

// storyReport gives the report of a world moved n samples, set up first where that is asked for.
func storyReport(limit, n int, setup func(*world.World), step func(w *world.World, i int)) *finding.Report {
	w := world.New(limit)
	if setup != nil {
		setup(w)
	}
	w.Run(n, step)
	return report(w)
}

// doubts tells whether a report's data quality says something.
func doubts(r *finding.Report, what string) bool {
	return slices.ContainsFunc(r.DataQuality, func(d finding.Doubt) bool { return strings.Contains(d.What, what) })
}

func report(w *world.World) *finding.Report {
	tl, err := timeline.Collect(w.Source())
	if err != nil {
		panic(err)
	}
	return Run(tl, Options{})
}
