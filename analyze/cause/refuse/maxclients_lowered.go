package refuse

import (
	"fmt"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

// A setLower is a limit that somebody set below another of the same process.
type setLower struct {
	before, limit  float64
	open           float64 // connections at the sample before
	refused, lasts float64 // refused from then on; share of the recording for which it was lower
}

// loweredLimit judges a limit that was lowered while it was recorded, below what was connected:
// nothing need have grown. The server cuts nobody, it refuses whoever comes until enough have gone.
func loweredLimit(p *cause.Pass) cause.Assessment {
	at := p.Lowered()
	if at < 0 {
		return cause.No(0, "")
	}
	x := setLower{before: p.LimitAt(at - 1), limit: p.LimitAt(at), open: p.Occupancy[at-1]}
	end := at
	for end < len(p.Samples) && p.LimitAt(end) < x.before {
		end++
	}
	x.refused = p.Sum(at, end, measure.RefusedOf)
	x.lasts = float64(end-at) / float64(len(p.Samples))
	score := p.Judge("a limit that was lowered", "the limit", cause.Span{From: at - 1, To: at}, &x)
	if score < cause.Active {
		return cause.No(score, "the limit went from %.0f to %.0f", x.before, x.limit)
	}
	a := cause.Assessment{Score: score, Onset: at, OnsetLo: at - 1, End: -1}
	if end < len(p.Samples) {
		a.End = end
	}
	a.Claim = fmt.Sprintf("maxclients was lowered from %.0f to %.0f at %s, with %.0f connections open, and %.0f were refused since.",
		x.before, x.limit, finding.Clock(p.TimeOf(at)), x.open, x.refused)
	a.Evidence = p.Evidence("lowered", "outdone", "turned_away")
	return a
}
