package stall

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

var Stall = cause.Cause{
	ID:       "server-stall",
	Title:    "Server stall",
	Phrase:   "a server stall",
	Question: "Did a fork, an fsync or another stall of the server, not a command, hold everyone up?",
	Method:   cause.Section(methods, "server-stall"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "fork", None: 0.25, Full: 0.5, Unit: "s", Why: "Client time-outs usually begin at 0.1 to 0.5 s.", Of: cause.Of(func(x *held) float64 { return x.fork }),
			Says: "longest fork", Short: "the longest fork took %s s"},
		{Name: "fsyncs", None: 2, Full: 5, Unit: "delayed fsyncs", Why: "Each delayed fsync is a write that waited for over 2 s.", Of: cause.Of(func(x *held) float64 { return x.fsyncs }),
			Says: "delayed fsyncs", Short: "%s fsyncs were delayed"},
		{Name: "late", Value: 5, Unit: "s", Why: "An answer that is later than usual by this much was held up. redis-cli itself takes milliseconds."},
		{Name: "pauses", None: 1, Full: 3, Unit: "late answers", Why: "A single late answer may be the recorder's own delay.", Of: cause.Of(func(x *held) float64 { return x.pauses }),
			Says: "answers held up", Short: "%s answers were late"},
		{Name: "there", None: 0.35, Full: 0.6, Unit: "of the rise", Why: "The share is of the rise of connections that came between the samples around the late answers and stayed.", Of: cause.Of(func(x *held) float64 { return x.there }),
			Says: "share of the rise in connections that is there, and stays", Short: "a share of %s of the rise is there"},
		{Name: "chance", None: 0.2, Full: 0.5, Unit: "lift", Why: "The lift is of the rise at late answers over what as many other answers would hold by chance. It is not its probability: pools that fill at the first pause rise once.", Of: cause.Of(func(x *held) float64 { return x.lift }),
			Says: "lift of that over what as many other answers would hold by chance", Short: "it is %s beyond chance"},
		{Name: "growth", None: 1.1, Full: 1.3, Unit: "times", Why: "Connections after the stall are compared with those before.", Of: cause.Of(func(x *held) float64 { return x.growth }),
			Says: "connections after, against before", Short: "connections went to %s times what they were"},
		{Name: "rose", Value: 0.03, Unit: "of the connections", Why: "At a late answer at least this share of the connections must come, or two where that is more. The recorder's own delays bring none."},
		{Name: "around", Value: 6, Unit: "samples", Why: "The usual lag is the median of so many samples before and after. A clock that was set is off by the same amount in those after it."},
		{Name: "dropped", None: 20, Full: 100, Unit: "attempts to connect", Why: "The system drops attempts to connect at a full listen queue, and each client makes several. A queue of 511, the default, is full when the server has accepted nobody for a while.", Of: cause.Of(func(q *measure.Queue) float64 { return q.Dropped }),
			Says: "attempts to connect that were dropped at a full listen queue", Short: "%s attempts to connect were dropped at a full listen queue"},
		{Name: "overflows", None: 1, Full: 3, Unit: "readings", Why: "The counter is read every ten seconds. Drops between only two readings may be a moment's burst.", Of: cause.Of(func(q *measure.Queue) float64 { return q.Readings }),
			Says: "readings of the counter between which some were dropped", Short: "some were dropped between %s readings of the counter"},
		{Name: "stood", None: 0.3, Full: 0.6, Unit: "of those dropped", Why: "An answer must have taken a quarter of a second and more, or failed, while attempts were dropped. Otherwise the burst was larger than the queue, or another program's queue was full.", Of: cause.Of(func(q *measure.Queue) float64 { return q.Stood }),
			Says: "share of them that were dropped while answers took long or did not come", Short: "a share of %s was dropped while answers took long"},
		{Name: "noise", Value: 6, Unit: "times the usual lag", Why: "A late answer must exceed the lag of three samples in four by this factor. Where more than a quarter of the answers are late, the network or the recorder is slow."},
	},
	Views: []cause.View{
		{Name: "forks and fsyncs", Rule: "fork | fsyncs, growth"},
		{Name: "late answers", Rule: "pauses, growth, there, chance"},
		{Name: "a full listen queue", Rule: "dropped, overflows, stood"},
	},
	Refuted: []string{
		"no fork or fsync took long",
		"connections did not grow after it",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "behind a stall connections fill any limit"},
	},
	Alerts: []string{"RedisConnectionsRiseWithoutTraffic"},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli INFO persistence; redis-cli LATENCY LATEST", Effect: "shows forks and fsyncs with their times", Check: "latest_fork_usec under 100 ms"},
		{Risk: finding.Changes, Good: true, Command: "turn off transparent huge pages, move persistence to a replica, or use appendfsync everysec", Effect: "forks and fsyncs are short", Check: "no stall at the next save"},
		{Risk: finding.Changes, Command: "put off saves and rewrites until the quiet hours", Effect: "no fork while clients wait", Check: "latest_fork_usec stays as it is"},
	},
	Assess: assessStall,
}

// held is what is measured of a server that stood still.
type held struct {
	fork, fsyncs, growth float64 // longest fork, s; delayed fsyncs; connections after against before
	pauses, there, lift  float64 // late answers; of the rise, there, and beyond chance
}

func assessStall(p *cause.Pass) cause.Assessment {
	if x := paused(p); x.Score >= cause.Active {
		return x
	}
	if x := unaccepted(p); x.Score >= cause.Active {
		return x
	}
	at, fork := firstStall(p)
	delayed := p.Sum(0, len(p.Samples), func(s *timeline.Sample) float64 { return s.Stalls })
	if at < 0 {
		return cause.No(0, "no fork and no delayed fsync was seen")
	}
	before := stat.Median(p.Occupancy[max(at-10, 0):max(at, 1)])
	if math.IsNaN(before) {
		before = stat.Median(p.Occupancy[:at+1])
	}
	after := stat.Quantile(p.Occupancy[at:], 0.9)
	score := p.Judge("forks and fsyncs", "", cause.Span{From: at, To: at}, &held{fork: fork, fsyncs: delayed, growth: after / max(before, 1)})
	if score < cause.Active {
		return cause.No(score, "the longest fork took %.2f s, %.0f fsyncs were delayed; connections went from %.0f to %.0f", fork, delayed, before, after)
	}
	a := cause.Assessment{Score: score, Onset: at, OnsetLo: max(at-1, 0), End: -1, Slots: p.Above(at)}
	a.Claim = fmt.Sprintf("The server stalled at %s (fork %.2f s, %.0f delayed fsyncs), and connections went from %.0f to %.0f.", finding.Clock(p.TimeOf(at)), fork, delayed, before, after)
	a.Evidence = p.Evidence("fork", "fsyncs", "growth")
	return a
}

// paused finds a server that answered late again and again, with connections rising there
// and hardly elsewhere.
func paused(p *cause.Pass) cause.Assessment {
	if !lagMoves(p.Model, p.Number("late")) {
		return cause.No(0, "")
	}
	var late []int
	lags := lateness(p.Model, int(p.Number("around")))
	noise := stat.Quantile(lags, 0.75)
	rise, there, longest, answers := 0.0, 0.0, 0.0, 0
	ups, marked := make([]float64, len(p.Samples)), make([]bool, len(p.Samples))
	open := beyondReturn(p.Model)
	for i := 1; i < len(p.Samples); i++ {
		up := open[i] - open[i-1]
		if math.IsNaN(up) || p.Samples[i].Epoch != p.Samples[i-1].Epoch {
			continue
		}
		rise += up
		ups[i] = up
		by := lags[i]
		if !(by >= max(p.Number("late"), p.Number("noise")*noise)) { // or not known
			continue
		}
		if i+1 < len(p.Samples) && !(lags[i+1] >= p.Number("late")) {
			up += max(open[i+1]-open[i], 0) // the list, or INFO, was read before they came
			marked[i+1] = true
		}
		answers++
		marked[i] = true
		if up >= max(2, p.Number("rose")*open[i-1]) { // the sampler's own hiccups bring no connections
			late, longest = append(late, i), max(longest, by)
			there += up
		}
	}
	if len(late) == 0 || 2*longCommands(p.Model) > answers {
		return cause.No(0, "")
	}
	before, after := stat.Median(open[max(late[0]-10, 0):late[0]]), stat.Quantile(open[late[0]:], 0.9)
	// What rose there and went again is no pool that kept what it opened.
	share := min(there, rise) / max(there, rise, 1)
	chance := stat.Coincidence(ups, marked)
	score := p.Judge("late answers", "late answers", cause.Span{From: late[0], To: late[len(late)-1]},
		&held{pauses: float64(answers), growth: after / max(before, 1), there: share, lift: chance.Lift()})
	a := cause.Assessment{Score: score, Onset: late[0], OnsetLo: late[0] - 1, End: -1}
	a.Claim = fmt.Sprintf("From %s on the server answered late %d times, by up to %s, with no command or fork that long, and connections went from %.0f to %.0f there.",
		finding.Clock(p.TimeOf(late[0])), answers, finding.Duration(longest), before, after)
	a.Evidence = append(p.Evidence("pauses", "there", "chance"), finding.New("the longest, beyond the usual", longest, "s", p.Place(late[0], false)))
	return a
}

// unaccepted finds a server that stood still while the system dropped attempts to connect to it.
func unaccepted(p *cause.Pass) cause.Assessment {
	q := p.ListenQueue()
	if q.First < 0 || float64(longCommands(p.Model)) >= q.Readings { // a command for each accounts for it
		return cause.No(0, "")
	}
	score := p.Judge("a full listen queue", "", cause.Span{From: q.First, To: q.Last}, &q)
	a := cause.Assessment{Score: score, Onset: q.First, OnsetLo: max(q.First-1, 0), End: -1}
	a.Claim = "The server stood still again and again, and accepted nobody. " + q.Says(p.Model)
	a.Evidence = p.Evidence("dropped", "overflows", "stood")
	return a
}

// beyondReturn gives the connections of each sample, and of a process that began while it was
// recorded at least as many as the one before it had at last: who comes back is no rise.
func beyondReturn(m *measure.Model) []float64 {
	out := slices.Clone(m.Occupancy)
	had, last := 0.0, 0.0
	for i := range out {
		if i > 0 && m.Samples[i].Epoch != m.Samples[i-1].Epoch {
			had = last
		}
		if !math.IsNaN(out[i]) {
			out[i] = max(out[i], had)
			last = out[i]
		}
	}
	return out
}

// lagMoves tells whether the server's clock was ever ahead by so many seconds more than at
// another time: else no answer was late.
func lagMoves(m *measure.Model, by float64) bool {
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range m.Samples {
		if l := m.Samples[i].Lag; !math.IsNaN(l) {
			lo, hi = min(lo, l), max(hi, l)
		}
	}
	return hi-lo >= by
}

// lateness gives for each sample by how many seconds more than in so many samples on either
// side of it the server's clock was ahead of the sampler's; NaN where that is not known. A clock
// that was set is as far off in those after it.
func lateness(m *measure.Model, around int) []float64 {
	out := make([]float64, len(m.Samples))
	near := make([]float64, 0, 2*around+1)
	for i := range m.Samples {
		near = near[:0]
		for k := max(i-around, 0); k < min(i+around+1, len(m.Samples)); k++ {
			if l := m.Samples[k].Lag; !math.IsNaN(l) {
				near = append(near, l)
			}
		}
		out[i] = m.Samples[i].Lag - stat.Median(near)
	}
	return out
}

// longCommands counts the slow log's commands that clients would have noticed. A pause of
// the whole makes one of the command it falls into.
func longCommands(m *measure.Model) (n int) {
	for _, e := range m.TL.Slow {
		if float64(e.Micros)/1e6 >= measure.Noticed && !measure.Forks(e.Cmd) {
			n++
		}
	}
	return n
}

// firstStall gives the sample of the first fork as long as half the longest, or of the
// first delayed fsync where none was long, and how long the longest fork was. What came
// before the first is what the rest is measured against.
func firstStall(p *cause.Pass) (at int, longest float64) {
	at = -1
	last := math.NaN()
	forks := map[int]float64{}
	for i := range p.Samples {
		f := p.Samples[i].ForkUsec / 1e6
		if math.IsNaN(f) {
			continue
		}
		if f != last && !math.IsNaN(last) && f > 0 {
			forks[i] = f
			longest = max(longest, f)
		}
		last = f
	}
	for i := range p.Samples {
		long := forks[i] > 0 && forks[i] >= longest/2 && longest >= p.Number("fork")/2
		if long || p.Samples[i].Stalls > 0 {
			return i, longest
		}
	}
	return at, longest
}
