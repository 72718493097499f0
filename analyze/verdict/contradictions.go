package verdict

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

// clockTrouble says whether clocks were set so often that no time can be trusted.
func clockTrouble(m *measure.Model) string {
	n := max(m.TL.ClockSteps, m.TL.StepCount)
	if n < again || tenth*n < m.TL.Rounds {
		return ""
	}
	return fmt.Sprintf("clocks were set, or ran backwards, %s in %s", finding.Times(n), finding.Count(m.TL.Rounds, "sample"))
}

// Contradictions says where a recording does not agree with itself, so that neither
// health nor a cause can be read from it: each names what and how much.
func Contradictions(m *measure.Model) []string {
	var out []string
	tl := m.TL
	if bad := clockTrouble(m); bad != "" {
		out = append(out, bad)
	}
	if tl.Resets >= again && tenth*tl.Resets >= oftenTenths*tl.Rounds {
		out = append(out, fmt.Sprintf("counters fall %s in %s", finding.Times(tl.Resets), finding.Count(tl.Rounds, "sample")))
	}
	if tl.Mixed >= 2 {
		out = append(out, "replies of different servers are mixed")
	}
	if tl.Others >= again && tenth*tl.Others >= tl.Rounds {
		out = append(out, fmt.Sprintf("another process, older than the reply before, answered %s in %s", finding.Times(tl.Others), finding.Count(tl.Rounds, "sample")))
	}
	if tl.Backwards >= again && tenth*tl.Backwards >= tl.Rounds {
		out = append(out, fmt.Sprintf("counters run backwards %s without a restart", finding.Times(tl.Backwards)))
	}
	if tl.Outlived >= again && tenth*tl.Outlived >= oftenTenths*tl.Rounds {
		out = append(out, fmt.Sprintf("another process came with the connections of the one before, %s in %s", finding.Times(tl.Outlived), finding.Count(tl.Rounds, "sample")))
	}
	if tl.Ragged >= again && fifth*tl.Ragged >= tl.Lists {
		out = append(out, fmt.Sprintf("%d of %d client lists hold quite another part of the connections that INFO counts than the list before", tl.Ragged, tl.Lists))
	}
	if tl.Twice >= again && fifth*tl.Twice >= tl.Lists {
		out = append(out, fmt.Sprintf("many connections share an id in %d of %d client lists", tl.Twice, tl.Lists))
	}
	both, off, beyond := 0, 0, 0
	for i := range m.Samples {
		s := &m.Samples[i]
		if s.HasInfo && s.HasList && !math.IsNaN(s.Connected) {
			both++
			// A list and a count are not of the same moment; half is far beyond that.
			if s.Listed < s.Connected/2-fewApart {
				off++
			}
			if s.Listed > 2*s.Occupancy()+fewApart {
				beyond++
			}
		}
	}
	if both >= again && third*off > both {
		out = append(out, fmt.Sprintf("%d of %d client lists hold less than half of the connections that INFO counts", off, both))
	}
	if both >= again && third*beyond > both {
		out = append(out, fmt.Sprintf("%d of %d client lists hold more than twice the connections that INFO counts", beyond, both))
	}
	return out
}
