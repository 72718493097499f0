package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

// standing judges oversized pools in INFO alone where they filled the limit before the
// recording began: the slots are taken from the first sample to the last, hardly one
// changes hands, next to none waits in a blocking command, and the commands would keep
// only a small part of them busy.
func (p *pass) standing() assessment {
	least, most := math.Inf(1), 0.0
	for _, o := range p.occ {
		if !math.IsNaN(o) {
			least, most = min(least, o), max(most, o)
		}
	}
	level := stat.Median(p.occ)
	f := p.renewal(0, len(p.s))
	work := stat.Median(p.rate(commandsOf)) / max(level, 1)
	var waits []float64
	for i := range p.s {
		waits = append(waits, known(p.s[i].Blocked)+known(p.s[i].Replicas)+known(p.s[i].ClusterLinks)+known(p.s[i].Subscribed))
	}
	waiting := stat.Median(waits) / max(level, 1)
	calm := stat.Ramp(known(p.used*least/max(most, 1)), 0.75, p.val("throughout")) * stat.Ramp(f.life/min(max(f.random, 0.02), 1), 1800, 5400)
	score := 0.75 * calm * stat.Ramp(work, 2*p.val("work"), p.val("work")) * stat.Ramp(waiting, 0.6, p.val("waiting")) * stat.Ramp(level, 30, 60)
	if len(p.s) < 16 || math.IsNaN(work) || p.limitSeen { // the last: from refusals, which may have had another reason
		score = 0
	}
	if math.IsNaN(p.used) || math.IsNaN(work) {
		return no(known(score), "the limit, or how busy the connections were, is not known; nor is whose they were")
	}
	if score < active {
		return no(known(score), "at most %.0f %% of the limit was used, by connections that live for %s and run %.1f commands a second; whose they were is not known",
			p.used*100, lifetime(f.life), work)
	}
	a := assessment{score: score, onset: 0, onsetLo: -1, end: -1}
	a.claim = fmt.Sprintf("%.0f of %.0f slots were taken all the time, hardly one changed hands, and %.1f commands a second for each would keep few of them busy.", level, p.limitPeak, work)
	last := len(p.s) - 1
	a.evidence = []Evidence{
		ev("lowest share of the limit in use", known(p.used*least/max(most, 1)), "share", p.pos(0, false), p.pos(last, false)),
		ev("commands a second for each connection", work, "commands/s", p.pos(0, false), p.pos(last, false)),
		ev("connections that closed", f.closed, "connections", p.pos(0, false), p.pos(last, false)),
	}
	return a
}
