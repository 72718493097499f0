package analyze

import (
	"fmt"
	"math"
	"strconv"

	"connbox/analyze/stat"
)

var stall = Cause{
	ID:       "server-stall",
	Title:    "Server stall",
	Phrase:   "a server stall",
	Question: "Did a fork, an fsync or another stall of the server, not a command, hold everyone up?",
	Method:   "latest_fork_usec above a client's patience, or aof_delayed_fsync rising, with connections or refusals jumping in the same samples.",
	Needs:    []Need{NeedInfo},
	Params: []Param{
		{"fork", 0.5, "s", "usual client time-outs begin at 0.1 to 0.5 s; ramp from 0.25"},
		{"fsyncs", 5, "delayed fsyncs", "each is a write that waited for over 2 s; ramp from 2"},
		{"growth", 1.3, "times", "connections after it against before; ramp from 1.1"},
	},
	Rivals: []Rival{{"zombie-connections", "the connections came after a fork or an fsync, and the hosts are still at work"}, {"slow-commands", "SLOWLOG shows no command of that length"}},
	Fixes: []Fix{
		{Safe, "redis-cli INFO persistence; redis-cli LATENCY LATEST", "shows forks and fsyncs with their times", "latest_fork_usec under 100 ms"},
		{Changes, "turn off transparent huge pages, move persistence to a replica, or use appendfsync everysec", "forks and fsyncs are short", "no stall at the next save"},
	},
	assess: assessStall,
}

func assessStall(p *pass) assessment {
	at, fork := p.firstStall()
	delayed := p.sum(0, len(p.s), func(s *Sample) float64 { return s.Stalls })
	if at < 0 {
		return no(0, "no fork and no delayed fsync was seen")
	}
	before := stat.Median(p.occ[max(at-10, 0):max(at, 1)])
	if math.IsNaN(before) {
		before = stat.Median(p.occ[:at+1])
	}
	after := stat.Quantile(p.occ[at:], 0.9)
	score := max(stat.Ramp(fork, 0.25, p.val("fork")), stat.Ramp(delayed, 2, p.val("fsyncs"))) * stat.Ramp(after/max(before, 1), 1.1, p.val("growth"))
	if score < active {
		return no(score, "the longest fork took %.2f s, %.0f fsyncs were delayed; connections went from %.0f to %.0f", fork, delayed, before, after)
	}
	a := assessment{score: score, onset: at, onsetLo: max(at-1, 0), end: -1, slots: p.above(at)}
	a.claim = fmt.Sprintf("The server stalled at %s (fork %.2f s, %.0f delayed fsyncs), and connections went from %.0f to %.0f.", hhmmss(p.timeOf(at)), fork, delayed, before, after)
	a.evidence = []Evidence{
		ev("longest fork", fork, "s", p.pos(at, false)),
		ev("delayed fsyncs", delayed, "fsyncs", p.pos(at, false)),
		ev("connections after, against before", after/max(before, 1), "times", p.pos(at, false)),
	}
	return a
}

// firstStall gives the sample of the first fork as long as half the longest, or of the
// first delayed fsync where none was long, and how long the longest fork was. What came
// before the first is what the rest is measured against.
func (p *pass) firstStall() (at int, longest float64) {
	at = -1
	last := math.NaN()
	forks := map[int]float64{}
	for i := range p.s {
		f := p.s[i].ForkUsec / 1e6
		if math.IsNaN(f) {
			continue
		}
		if f != last && !math.IsNaN(last) && f > 0 {
			forks[i] = f
			longest = max(longest, f)
		}
		last = f
	}
	for i := range p.s {
		long := forks[i] > 0 && forks[i] >= longest/2 && longest >= p.val("fork")/2
		if long || p.s[i].Stalls > 0 {
			return i, longest
		}
	}
	return at, longest
}

// atof reads a number; NaN where there is none.
func atof(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}
