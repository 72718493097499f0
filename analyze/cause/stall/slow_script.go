package stall

import (
	"fmt"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
)

// scripts are the samples in which the server said that it was busy running one.
type scripts struct {
	samples, secs float64
	first, last   int
}

// byScript judges slow commands by the server's own word: while a script runs for long it answers
// nobody but with BUSY, and the script is in no slow log before it ends.
func byScript(p *cause.Pass) cause.Assessment {
	x := scripts{first: -1}
	for i := range p.Samples {
		if p.Samples[i].Failed[record.FailBusy] == 0 {
			continue
		}
		if x.samples++; x.first < 0 {
			x.first = i
		}
		x.last = i
		x.secs += p.Samples[min(i+1, len(p.Samples)-1)].T - p.Samples[i].T
	}
	if x.first < 0 {
		return cause.No(0, "the server never said BUSY")
	}
	score := p.Judge("a script", "", cause.Span{From: x.first, To: x.last}, &x)
	if score < cause.Active {
		return cause.No(score, "the server was busy running a script in %.0f samples", x.samples)
	}
	a := cause.Assessment{Score: score, Onset: x.first, OnsetLo: max(x.first-1, 0), End: min(x.last+1, len(p.Samples)-1)}
	if x.first == 0 {
		a.Began = p.Always()
	}
	long, _ := p.LongerThan(p.Number("stall"))
	a.Sources = slowSources(long)
	a.Claim = fmt.Sprintf("A script held the server: from %s on it said BUSY in %.0f samples, for %s in all, and ran nothing else.",
		finding.Clock(p.TimeOf(x.first)), x.samples, finding.Duration(x.secs))
	a.Evidence = p.Evidence("busy", "busy_for")
	return a
}
