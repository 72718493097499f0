package analyze

import (
	"fmt"
	"math"
	"strconv"

	"connbox/analyze/stat"
)

var idleCut = Cause{
	ID:       "idle-cut",
	Title:    "Idle connections are cut and come back",
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
		return no(0, "the server's timeout is 0 or not known")
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

var wave = Cause{
	ID:       "reconnect-wave",
	Title:    "Reconnect wave after a restart",
	Question: "Did everyone reconnect at once after a restart or failover, over the limit?",
	Method: "The server process must have changed, occupancy must have come back from nothing within a few samples, and " +
		"connections must have been refused on the way. When the refusals then go on, the retries are the cause and " +
		"the wave is what set them off.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"refused", 10, "connections", "ramp from 2; a wave that fits under the limit is no incident"},
		{"lasting", 0.25, "of the time since", "refusals that last longer are a storm's; ramp to 0.5"},
	},
	Rivals: []Rival{{"retry-storm", "refusals end once everyone is back"}, {"deploy-overlap", "the server restarted, the hosts are the same"}},
	Fixes: []Fix{
		{Changes, "let clients reconnect after a random delay of up to several seconds", "the wave spreads out", "refusals stay at 0 at the next restart"},
	},
	assess: assessWave,
}

func assessWave(p *pass) assessment {
	if len(p.tl.Servers) < 2 {
		return no(0, "the server did not restart")
	}
	at := len(p.s)
	for i := 1; i < len(p.s); i++ {
		if p.s[i].Epoch != p.s[i-1].Epoch {
			at = i
			break
		}
	}
	ref := p.sum(at, len(p.s), refusedOf)
	n := 0
	for i := at; i < len(p.s); i++ {
		if p.s[i].Refused > 0 {
			n++
		}
	}
	lasting := float64(n) / max(float64(len(p.s)-at), 1)
	score := stat.Ramp(ref, 2, p.val("refused")) * stat.Ramp(lasting, p.val("lasting")+0.25, p.val("lasting"))
	if score < active {
		return no(score, "after the restart %.0f connections were refused, in %.0f %% of the samples since", ref, lasting*100)
	}
	a := assessment{score: score, onset: at, onsetLo: max(at-1, 0), end: -1}
	a.sources = p.stormSources(at, min(at+10, len(p.s)-1))
	a.claim = fmt.Sprintf("The server restarted at %s and everyone reconnected at once: %.0f connections were refused until the wave was over.", hhmmss(p.timeOf(at)), ref)
	a.evidence = []Evidence{
		ev("connections refused after the restart", ref, "connections", p.pos(at, false)),
		ev("server processes seen", float64(len(p.tl.Servers)), "processes", p.pos(at, false)),
	}
	return a
}

var stall = Cause{
	ID:       "server-stall",
	Title:    "The server stalled",
	Question: "Did a fork, an fsync or another stall of the server, not a command, hold everyone up?",
	Method:   "latest_fork_usec above a client's patience, or aof_delayed_fsync rising, with connections or refusals jumping in the same samples.",
	Needs:    []Need{NeedInfo},
	Params: []Param{
		{"fork", 0.5, "s", "usual client time-outs begin at 0.1 to 0.5 s; ramp from 0.25"},
		{"fsyncs", 5, "delayed fsyncs", "each is a write that waited for over 2 s; ramp from 2"},
		{"growth", 1.3, "times", "connections after it against before; ramp from 1.1"},
	},
	Rivals: []Rival{{"slow-commands", "SLOWLOG shows no command of that length"}},
	Fixes: []Fix{
		{Safe, "redis-cli INFO persistence; redis-cli LATENCY LATEST", "shows forks and fsyncs with their times", "latest_fork_usec under 100 ms"},
		{Changes, "turn off transparent huge pages, move persistence to a replica, or use appendfsync everysec", "forks and fsyncs are short", "no stall at the next save"},
	},
	assess: assessStall,
}

func assessStall(p *pass) assessment {
	at, fork := -1, 0.0
	for i := range p.s {
		if f := p.s[i].ForkUsec / 1e6; f > fork && i > 0 && p.s[i-1].ForkUsec != p.s[i].ForkUsec {
			fork, at = f, i
		}
	}
	delayed := p.sum(0, len(p.s), func(s *Sample) float64 { return s.Stalls })
	if at < 0 && delayed > 0 {
		for i := range p.s {
			if p.s[i].Stalls > 0 {
				at = i
				break
			}
		}
	}
	if at < 0 {
		return no(0, "no fork and no delayed fsync was seen")
	}
	before := stat.Median(p.occ[max(at-10, 0):max(at, 1)])
	after := stat.Quantile(p.occ[at:], 0.9)
	score := max(stat.Ramp(fork, 0.25, p.val("fork")), stat.Ramp(delayed, 2, p.val("fsyncs"))) * stat.Ramp(after/max(before, 1), 1.1, p.val("growth"))
	if score < active {
		return no(score, "the longest fork took %.2f s, %.0f fsyncs were delayed; connections went from %.0f to %.0f", fork, delayed, before, after)
	}
	a := assessment{score: score, onset: at, onsetLo: max(at-1, 0), end: -1}
	a.claim = fmt.Sprintf("The server stalled at %s (fork %.2f s, %.0f delayed fsyncs), and connections went from %.0f to %.0f.", hhmmss(p.timeOf(at)), fork, delayed, before, after)
	a.evidence = []Evidence{
		ev("longest fork", fork, "s", p.pos(at, false)),
		ev("delayed fsyncs", delayed, "fsyncs", p.pos(at, false)),
		ev("connections after, against before", after/max(before, 1), "times", p.pos(at, false)),
	}
	return a
}

// atof reads a number; NaN where there is none.
func atof(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}
