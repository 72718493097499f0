package analyze

import (
	"fmt"
	"math"
	"strconv"

	"github.com/connbox/connbox/analyze/stat"
)

var stall = Cause{
	ID:       "server-stall",
	Title:    "Server stall",
	Phrase:   "a server stall",
	Question: "Did a fork, an fsync or another stall of the server, not a command, hold everyone up?",
	Method: "latest_fork_usec above a client's patience, or aof_delayed_fsync rising, with connections or refusals jumping in the same samples. " +
		"A server that is paused as a whole (its machine stopped, swapped out, starved) shows none of these: then INFO " +
		"was answered seconds after it was asked for, by the server's own clock, again and again, and connections jumped " +
		"just there, more than chance has it, with no long command in SLOWLOG.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"fork", 0.5, "s", "usual client time-outs begin at 0.1 to 0.5 s; ramp from 0.25"},
		{"fsyncs", 5, "delayed fsyncs", "each is a write that waited for over 2 s; ramp from 2"},
		{"late", 5, "s", "an answer as late as that, beyond what is usual here, was held up: redis-cli itself takes milliseconds"},
		{"pauses", 3, "late answers", "one may be the sampler's own hiccup; ramp from 1"},
		{"once", 0.7, "score", "the most where connections rose at one of them only: the first may have filled the pools, or it is chance"},
		{"there", 0.6, "of the rise", "of the connections, between the samples around these, and that it stays; ramp from 0.35"},
		{"chance", 0.5, "lift", "of the rise at late answers over what as many others would hold by chance; ramp from 0.2. Not its probability: pools that fill at the first pause rise once"},
		{"growth", 1.3, "times", "connections after it against before; ramp from 1.1"},
	},
	Rivals: []Rival{{"oversized-pool", "the pools were as small as the work needs before the server stood still"}, {"zombie-connections", "the connections came after a fork or an fsync, and the hosts are still at work"}, {"slow-commands", "SLOWLOG shows no command of that length"}},
	Fixes: []Fix{
		{Safe, "redis-cli INFO persistence; redis-cli LATENCY LATEST", "shows forks and fsyncs with their times", "latest_fork_usec under 100 ms"},
		{Changes, "turn off transparent huge pages, move persistence to a replica, or use appendfsync everysec", "forks and fsyncs are short", "no stall at the next save"},
	},
	assess: assessStall,
}

func assessStall(p *pass) assessment {
	if x := p.paused(); x.score >= active {
		return x
	}
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

// paused finds a server that answered late again and again, with connections rising there
// and hardly elsewhere.
func (p *pass) paused() assessment {
	if !p.lagMoves(p.val("late")) {
		return no(0, "")
	}
	var late []int
	lags := p.lateness()
	noise := stat.Quantile(lags, 0.75)
	rise, there, longest, answers := 0.0, 0.0, 0.0, 0
	ups, marked := make([]float64, len(p.s)), make([]bool, len(p.s))
	for i := 1; i < len(p.s); i++ {
		up := p.occ[i] - p.occ[i-1]
		if math.IsNaN(up) || p.s[i].Epoch != p.s[i-1].Epoch {
			continue
		}
		rise += up
		ups[i] = up
		held := lags[i]
		if !(held >= max(p.val("late"), 6*noise)) { // or not known
			continue
		}
		if i+1 < len(p.s) && !(lags[i+1] >= p.val("late")) {
			up += max(p.occ[i+1]-p.occ[i], 0) // the list, or INFO, was read before they came
			marked[i+1] = true
		}
		answers++
		marked[i] = true
		if up >= max(2, 0.03*p.occ[i-1]) { // the sampler's own hiccups bring no connections
			late, longest = append(late, i), max(longest, held)
			there += up
		}
	}
	if len(late) == 0 || answers > len(p.s)/4 || 2*p.longCommands() > answers {
		return no(0, "")
	}
	before, after := stat.Median(p.occ[max(late[0]-10, 0):late[0]]), stat.Quantile(p.occ[late[0]:], 0.9)
	// What rose there and went again is no pool that kept what it opened.
	share := min(there, rise) / max(there, rise, 1)
	chance := stat.Coincidence(ups, marked)
	score := stat.Ramp(float64(answers), 1, p.val("pauses")) * stat.Ramp(after/max(before, 1), 1.1, p.val("growth")) *
		stat.Ramp(share, 0.35, p.val("there")) * stat.Ramp(chance.Lift(), 0.2, p.val("chance"))
	if len(late) == 1 {
		score *= p.val("once")
	}
	a := assessment{score: 0.9 * score, onset: late[0], onsetLo: late[0] - 1, end: -1}
	a.claim = fmt.Sprintf("From %s on the server answered late %d times, by up to %s, with no command or fork that long, and connections went from %.0f to %.0f there.",
		hhmmss(p.timeOf(late[0])), answers, duration(longest), before, after)
	a.evidence = []Evidence{
		ev("answers held up", float64(answers), "answers", p.pos(late[0], false), p.pos(late[len(late)-1], false)),
		ev("the longest, beyond the usual", longest, "s", p.pos(late[0], false)),
		ev("share of the rise in connections that is there, and stays", share, "share", p.pos(late[0], false), p.pos(late[len(late)-1], false)),
		ev("lift of that over what as many other answers would hold by chance", chance.Lift(), "", p.pos(late[0], false), p.pos(late[len(late)-1], false)),
	}
	return a
}

// lagMoves tells whether the server's clock was ever ahead by so many seconds more than at
// another time: else no answer was late.
func (m *model) lagMoves(by float64) bool {
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range m.s {
		if l := m.s[i].Lag; !math.IsNaN(l) {
			lo, hi = min(lo, l), max(hi, l)
		}
	}
	return hi-lo >= by
}

// lateness gives for each sample by how many seconds more than in the samples around it the
// server's clock was ahead of the sampler's; NaN where that is not known. A clock that was
// set is as far off in those after it.
func (m *model) lateness() []float64 {
	const around = 6
	out := make([]float64, len(m.s))
	near := make([]float64, 0, 2*around+1)
	for i := range m.s {
		near = near[:0]
		for k := max(i-around, 0); k < min(i+around+1, len(m.s)); k++ {
			if l := m.s[k].Lag; !math.IsNaN(l) {
				near = append(near, l)
			}
		}
		out[i] = m.s[i].Lag - stat.Median(near)
	}
	return out
}

// longCommands counts the slow log's commands that clients would have noticed. A pause of
// the whole makes one of the command it falls into.
func (m *model) longCommands() (n int) {
	for _, e := range m.tl.Slow {
		if float64(e.Micros)/1e6 >= noticed && !forks(e.Cmd) {
			n++
		}
	}
	return n
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
