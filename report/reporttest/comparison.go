package reporttest

import (
	"math"

	"github.com/connbox/connbox/analyze/finding"
)

// Fix is a comparison of a leak with a recording after its fix.
func Fix() *finding.Comparison {
	nan := math.NaN()
	grew := finding.Change{ID: "grew", Title: "growth", Unit: "connections/min", Before: finding.Interval{Value: 653.4, Lo: 640, Hi: 667},
		After: finding.Interval{Value: 0.1, Lo: -0.4, Hi: 0.6}, Gap: finding.Interval{Value: -653.3, Lo: -667, Hi: -640}, P: 1e-9, Test: "Welch", Moved: finding.Fell}
	held := finding.Change{ID: "held", Title: "connections held", Unit: "connections", Before: finding.Interval{Value: 4210, Lo: math.Inf(-1), Hi: math.Inf(1)},
		After: finding.Interval{Value: 641, Lo: 640, Hi: 642}, Gap: finding.Interval{Value: -3569, Lo: math.Inf(-1), Hi: math.Inf(1)}, P: nan, Moved: finding.Untold, Why: "too few samples"}
	use := finding.Change{ID: "use", Title: "highest share of the limit in use", Unit: "share", Before: finding.Interval{Value: 1, Lo: nan, Hi: nan},
		After: finding.Interval{Value: 0.24, Lo: nan, Hi: nan}, Gap: finding.Interval{Value: -0.76, Lo: nan, Hi: nan}, P: nan, Moved: finding.Untold, Why: "one number each"}
	refused := finding.Change{ID: "refused", Title: "connections refused", Unit: "per second", Before: finding.Interval{Value: 340.2, Lo: 336, Hi: 344},
		After: finding.Interval{Value: 0, Lo: 0, Hi: 0.002}, Gap: finding.Interval{Value: -340.2, Lo: -344, Hi: -336}, P: 0, Test: "binomial", Moved: finding.Fell}
	steady := finding.Change{ID: "commands", Title: "commands", Unit: "per second", Before: finding.Interval{Value: 21000, Lo: 20900, Hi: 21100},
		After: finding.Interval{Value: 21100, Lo: 21000, Hi: 21200}, Gap: finding.Interval{Value: 100, Lo: -40, Hi: 240}, P: 0.4, Test: "binomial", Moved: finding.Steady}
	before, after := LeakThenStorm(), Healthy()
	return &finding.Comparison{Before: *before, After: *after,
		Outcome: finding.Outcome{Status: finding.Fixed, Confidence: 0.99, Cause: "connection-leak", Subject: "checkout-api", Key: grew,
			Summary: "Growth of checkout-api fell from 653 to 0.1 a minute: fixed, 0.99."},
		Settings: []finding.SettingChange{{Key: "maxclients", Before: "10000", After: "20000"}, {Key: "timeout", Before: "0", After: ""}},
		Signals:  []finding.Change{use, refused, steady},
		Apps: []finding.AppChange{{Label: "checkout-api", InBefore: true, InAfter: true, HostsBefore: 12, HostsAfter: 12, Changes: []finding.Change{held, grew}},
			{Label: "batch", InAfter: true, HostsAfter: 1, Changes: []finding.Change{held}}},
		MoreApps: 3, Common: 1, New: 4,
		Doubts: []finding.Doubt{{What: "the recordings are of different server processes", Effect: "a restart between them, or another server"}}}
}

// StrangersFix is a comparison in which a stranger chose every string.
func StrangersFix(n string) *finding.Comparison {
	r := Named(n)
	c := Fix()
	c.Before, c.After = *r, *r
	c.Outcome.Summary, c.Outcome.Subject, c.Outcome.Cause = n, n, n
	c.Settings = []finding.SettingChange{{Key: n, Before: n, After: n}}
	c.Doubts = []finding.Doubt{{What: n, Effect: n}}
	c.Apps[0].Label, c.Apps[1].Label = n, n
	c.Signals[0].Title, c.Signals[0].Unit, c.Signals[0].Why, c.Signals[0].Test = n, n, n, n
	return c
}
