package hold

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// standing judges oversized pools in INFO alone where they filled the limit before the
// recording began: the slots are taken from the first sample to the last, hardly one
// changes hands, next to none waits in a blocking command, and the commands would keep
// only a small part of them busy.
func standing(p *cause.Pass) cause.Assessment {
	least, most := math.Inf(1), 0.0
	for _, o := range p.Occupancy {
		if !math.IsNaN(o) {
			least, most = min(least, o), max(most, o)
		}
	}
	level := stat.Median(p.Occupancy)
	f := renewal(p.Model, 0, len(p.Samples))
	work := stat.Median(p.Rate(measure.CommandsOf)) / max(level, 1)
	var waits []float64
	for i := range p.Samples {
		waits = append(waits, timeline.Known(p.Samples[i].Blocked)+timeline.Known(p.Samples[i].Replicas)+timeline.Known(p.Samples[i].ClusterLinks)+timeline.Known(p.Samples[i].Subscribed))
	}
	waiting := stat.Median(waits) / max(level, 1)
	last := len(p.Samples) - 1
	x := spare{least: timeline.Known(p.Used * least / max(most, 1)), life: f.life / min(max(f.random, p.Number("wander")), 1), work: work, waiting: waiting, level: level}
	if math.IsNaN(p.Used) || math.IsNaN(work) {
		return cause.No(0, "the limit, or how busy the connections were, is not known; nor is whose they were")
	}
	if len(p.Samples) < 16 || p.LimitSeen { // the last: from refusals, which may have had another reason
		return cause.No(0, "at most %.0f %% of the limit was used, by connections that live for %s and run %.1f commands a second; whose they were is not known",
			p.Used*100, lifetime(f), work)
	}
	score := p.Judge("standing still, INFO alone", "connections that stand still", cause.Span{To: last}, &x)
	if score < cause.Active {
		return cause.No(score, "at most %.0f %% of the limit was used, by connections that live for %s and run %.1f commands a second; whose they were is not known",
			p.Used*100, lifetime(f), work)
	}
	a := cause.Assessment{Score: score, Onset: 0, OnsetLo: -1, End: -1}
	a.Claim = fmt.Sprintf("%.0f of %.0f slots were taken all the time, hardly one changed hands, and %.1f commands a second for each would keep few of them busy.", level, p.LimitPeak, work)
	a.Evidence = append(p.Evidence("throughout", "work"), finding.New("connections that closed", f.closed, "connections", p.Place(0, false), p.Place(last, false)))
	return a
}
