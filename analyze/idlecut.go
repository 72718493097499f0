package analyze

import (
	"fmt"
	"math"

	"connbox/analyze/stat"
)

var idleCut = Cause{
	ID:       "idle-cut",
	Title:    "Idle connections cut",
	Phrase:   "idle connections being cut",
	Question: "Does a timeout cut idle connections that then come back?",
	Method: "Connections must go at nearly the same idle time, that of the server's `timeout` where it is set, in numbers, " +
		"and be replaced. Without a `timeout` on the server a pool that trims itself looks the same, so then it is only remarked on.",
	Needs: []Need{NeedList, NeedConfig},
	Params: []Param{
		{"deaths", 20, "connections", "ramp from 8"},
		{"same", 0.6, "of the deaths", "within the two octaves of idle time around the timeout; ramp from 0.35"},
		{"replaced", 0.6, "of the deaths", "births of the same sources; ramp from 0.3"},
	},
	Rivals: []Rival{{"connection-churn", "the connections were idle for a fixed time when they went"}, {"output-buffer-loop", "nothing waited for them"}},
	Fixes: []Fix{
		{Changes, "let the pools of {name} close or probe idle connections before the server's timeout (idle time-out below `timeout`, or a keep-alive PING)", "no request meets a connection that was cut", "accepted connections fall"},
	},
	assess: assessIdleCut,
}

func assessIdleCut(p *pass) assessment {
	timeout := atof(p.tl.Config["timeout"])
	if !(timeout > 0) {
		if v, ok := p.tl.Config["timeout"]; ok {
			return no(0, "the server's timeout is %s: it cuts nobody", v)
		}
		return no(0, "the server's timeout is not known")
	}
	dead, same, births := 0.0, 0.0, 0.0
	bin := math.Log2(timeout + 1)
	for _, s := range p.tl.Sources {
		dead += float64(s.dead)
		for b, n := range s.idle {
			// The last list before the cut sees the idle time up to one interval early.
			if f := float64(b); f+1 >= math.Log2(max(timeout-2*p.dt, 1)) && f <= bin {
				same += float64(n)
			}
		}
		for i := range s.cells {
			births += float64(s.cells[i].births)
		}
	}
	score := stat.Ramp(dead, 8, p.val("deaths")) * stat.Ramp(same/max(dead, 1), 0.35, p.val("same")) * stat.Ramp(births/max(dead, 1), 0.3, p.val("replaced"))
	if timeout < 3*p.dt {
		score *= 0.5 // the lists are too far apart to tell this idle time from another
	}
	if score < active {
		return no(score, "%.0f connections went, %.0f of them near the timeout of %.0f s", dead, same, timeout)
	}
	a := assessment{score: score, onset: 0, onsetLo: -1, end: -1, sources: p.churnSources()}
	a.claim = fmt.Sprintf("The server's timeout of %.0f s cut %.0f connections, and %.0f came back.", timeout, same, births)
	a.evidence = []Evidence{
		ev("connections that went after about this idle time", same, "connections", p.pos(0, true), p.pos(len(p.s)-1, true)),
		ev("timeout in force", timeout, "s", p.pos(0, true)),
		ev("connections opened meanwhile by the same sources", births, "connections", p.pos(0, true), p.pos(len(p.s)-1, true)),
	}
	return a
}
