package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var pool = Cause{
	ID:       "oversized-pool",
	Title:    "Oversized connection pools",
	Phrase:   "oversized connection pools",
	Question: "Do instances × pool size fill the limit with connections that nobody uses?",
	Method: "The application with most connections at the peak must hold a good part of the limit, with nearly the same " +
		"number on every host (a pool's size), most of them unused, and must have opened them in one burst or before " +
		"the recording, not steadily. Arithmetic, not trend: hosts × connections a host. Where hosts " +
		"cannot be told apart: equal jumps or one step towards the limit that bring few commands, or slots that are taken all the time, " +
		"by connections that stay and run next to no command.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"used", 0.85, "of the limit", "below it the pool is generous but harms nobody: a quarter is the head-room a rolling deploy takes. Ramp from 0.72"},
		{"share", 0.5, "of the connections", "the pool must be what fills the limit; ramp from 0.35"},
		{"unused", 0.6, "share", "of its connections idle for two minutes or more; ramp from 0.4. A fleet that works its pools stays under 0.4"},
		{"level", 0.8, "of the peak", "use is judged at the last list of the peak's level: a rolling deploy lifts the peak by a quarter for a while, with connections too young to be idle"},
		{"rest", 0.4, "share", "of its connections idle, from which on those that came without more commands count as unused too: fewer did the same work. Ramp from 0.2"},
		{"waiting", 0.3, "of its connections", "that subscribe or block: those are idle by nature, and no pool's spare ones. Ramp to 0.6"},
		{"per_host", 12, "connections", "smaller pools fill a limit only by the number of instances; ramp from 6"},
		{"stairs", 0.6, "of the rise", "where hosts cannot be told apart: in equal jumps, an instance with its pool each; ramp from 0.4"},
		{"flat", 0.25, "elasticity", "and of commands to connections, which spare pools leave as they were; ramp to 0.5"},
		{"at_once", 0.3, "of the recording", "from the first jump to the last, as a scale-out or a release takes; ramp to 0.5"},
		{"throughout", 0.85, "of the limit", "in INFO alone: at every sample, and hardly a connection closed; ramp from 0.75"},
		{"work", 3, "commands/s a connection", "and no more: at some milliseconds a round trip, a connection in use carries a hundred and more. Ramp to twice this"},
		{"even", 0.6, "of the median", "spread (p90−p10) of the hosts' counts: pools of one size are alike; where the limit was reached, twice p90−p50. Ramp to 1.2"},
	},
	Rivals: []Rival{
		{"serverless-fanout", "several connections an instance, and hardly one changes hands"},
		{"connection-leak", "opened in a burst, then flat; the hosts' counts are alike"},
		{"maxclients-too-low", "the connections are not in use"},
		{"deploy-overlap", "the old instances are gone and the count stays"},
		{"app-pool-exhaustion", "the pool's connections are idle, not all busy"},
		{"slow-commands", "no slow command went before the growth"},
		{"server-stall", "no fork and no fsync held the server when the pools were filled"},
		{"zombie-connections", "hosts with unused connections work all the same: some of their connections are used in every few lists"},
		{"reconnect-wave", "the level stays long after a restart, if there was one"},
		{"blocking-commands", "the unused connections rest; those that wait in BLPOP, XREAD or WAIT have the flag b"},
		{"autoscaling-spiral", "the pools were there, or came in one burst, before anything failed"},
	},
	Fixes: []Fix{
		{Changes, "lower the pool size of {name} (MaxTotal, PoolSize …) to what its traffic needs", "the slots of unused connections are free again", "connections per host fall to the new size after a rolling restart"},
		{Changes, "set a minimum idle of 0 and an idle time-out in the pool of {name}", "unused connections close by themselves", "idle p95 of {name} stays under the time-out"},
	},
	assess: assessPool,
}

func assessPool(p *pass) assessment {
	// The peak is one full list at or before the highest occupancy; the use of the
	// connections is judged at the last list of that level, when a fresh pool has had
	// time to be used.
	peak := p.lastListBefore(p.peakSlot)
	if peak < 0 || len(p.apps) == 0 || math.IsNaN(p.used) {
		return no(0, "the connections, or the limit, are not known")
	}
	a := p.apps[0]
	if a.overflows() {
		return no(0, "most connections are of sources too many to be told apart")
	}
	judge := peak
	for _, i := range p.lists {
		if i > judge && float64(a.at(p.tl, i).n) >= p.val("level")*float64(a.at(p.tl, peak).n) {
			judge = i
		}
	}
	c := a.at(p.tl, judge)
	rows := float64(c.n)
	share := rows / max(p.occ[peak], 1)
	hosts := a.hosts(p.tl, judge)
	size, uneven := p.perHost(a, judge)
	if p.satFirst < len(p.s) {
		// The last instances to come found few slots or none: only what is above the median
		// tells whether the pools are alike.
		uneven = min(uneven, 2*p.aboveMedian(a, judge))
	}
	if math.IsNaN(uneven) {
		uneven = 0
	}
	early, _ := ends(p.course(window{0, len(p.lists)}, func(i int) float64 { return float64(a.at(p.tl, i).n) }))
	unused := p.unusedShare(a, judge)
	unused = max(unused, p.broughtNoWork(early, rows)*stat.Ramp(unused, 0.2, p.val("rest")))
	score := stat.Ramp(p.usedLastingly(), 0.72, p.val("used")) * stat.Ramp(share, 0.35, p.val("share")) *
		stat.Ramp(unused, 0.4, p.val("unused")) * stat.Ramp(size, 6, p.val("per_host")) * stat.Ramp(uneven, 1.2, p.val("even"))
	score *= stat.Ramp(float64(c.pubsub+c.blocked)/max(rows, 1), 0.6, p.val("waiting"))
	if p.infoOnly && len(p.tl.Servers) > 1 {
		score = 0 // use is inferred from the beginning, which another process had
	}
	w := p.growing()
	g := p.grow(w, func(i int) cell { return a.at(p.tl, i) })
	onset := p.lists[0]
	if w.len() < 8 && p.cameSteadily(w, rows) {
		score = 0 // a few lists cannot show it, INFO does
	}
	if g.gain > 0.25*rows {
		// A steady rise of the same hosts is a leak's; a rise by new hosts may take its time.
		first, last := p.hostGrowth(a, w)
		if last < 1.25*first {
			score *= stat.Ramp(g.spread, 0.3, 0.5)
		}
	}
	// A burst that went straight to the limit is too short for the ends of the window to
	// show it, so it is looked for in all of the recording.
	if early < 0.75*rows {
		onset = p.burstStart(a)
	}
	if p.hostsHidden() && score < active {
		if x := p.poolStairs(w, a); x.score >= active {
			return x
		}
		if x := p.poolBurst(); p.allInOne() && x.score >= active {
			return x
		}
	}
	if score < active && p.infoOnly {
		return p.standing()
	}
	if score < active {
		return no(score, "%s has %s with %.0f connections each, %.0f %% of them unused, at %.0f %% of the limit",
			a.label, many(hosts, "host"), size, unused*100, p.used*100)
	}
	return p.poolReport(score, onset, peak, judge, a, uneven, unused, early)
}

// poolReport writes down what was found of app a: at the peak, and at the list by which
// its use was judged. early is how many connections it had before a burst.
func (m *model) poolReport(score float64, onset, peak, judge int, a *app, uneven, unused, early float64) assessment {
	rows, hosts := float64(a.at(m.tl, judge).n), a.hosts(m.tl, judge)
	size, _ := m.perHost(a, judge)
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	out.slots = func(slot int) float64 {
		n := float64(a.at(m.tl, slot).n)
		return unused*min(n, early) + max(n-early, 0) // spare ones, and all that a burst brought
	}
	out.sources = m.holders(a, judge)
	limit := m.s[peak].Limit
	out.claim = fmt.Sprintf("%s holds %.0f of %.0f slots, with about %.0f connections on each of %s, and %.0f %% of them are not in use.",
		a.label, rows, limit, size, many(hosts, "host"), unused*100)
	out.evidence = []Evidence{
		ev(fmt.Sprintf("connections of %s", a.label), rows, "connections", m.pos(judge, true)),
		ev("hosts", float64(hosts), "hosts", m.pos(judge, true)),
		ev("connections a host, median", size, "connections", m.pos(judge, true)),
		ev("spread of the hosts' counts (p90 − p10, of the median)", uneven, "share", m.pos(judge, true)),
		ev("share of them not in use", unused, "share", m.pos(judge, true)),
		ev("limit in effect", limit, "connections", m.pos(peak, false)),
	}
	return out
}

// usedLastingly gives the highest share of the limit in use, but that of the peak where the
// limit was lower only for a moment: set by mistake, and put right. Of a moment that only
// refused probes tell of, nobody knows what the limit was.
func (m *model) usedLastingly() float64 {
	if m.fullProbes > 0 && 20*m.fullProbes < len(m.s) {
		most := 0.0
		for i := range m.s {
			if s := &m.s[i]; !s.Full || s.HasInfo || s.HasList {
				most = max(most, known(m.occ[i]/s.Limit))
			}
		}
		return most
	}
	lower := 0
	for i := range m.s {
		if m.s[i].Limit < 0.99*m.limitPeak {
			lower++
		}
	}
	if 10*lower < len(m.s) {
		return m.occ[m.peakSlot] / m.limitPeak
	}
	return m.used
}

// poolStairs judges by the shape of the rise where hosts cannot be told apart: a few equal
// jumps in a short time, towards the limit, and no more commands than before.
func (p *pass) poolStairs(w window, a *app) assessment {
	s := p.stairs(w)
	if s.from < 0 {
		return no(0, "connections did not rise in equal jumps")
	}
	took := (s.at[len(s.at)-1] - s.at[0]) / max(p.t[len(p.t)-1]-p.t[0], 1)
	score := 0.8 * stat.Ramp(p.usedLastingly(), 0.72, p.val("used")) * stat.Ramp(s.share, 0.4, p.val("stairs")) * stat.Ramp(s.size, 6, p.val("per_host")) *
		stat.Ramp(s.instances, 2, 3) * stat.Ramp(p.elasticity(w), 0.5, p.val("flat")) * stat.Ramp(took, 0.5, p.val("at_once"))
	if score < active {
		return no(score, "connections rose in %.0f jumps of %.0f", s.instances, s.size)
	}
	onset := p.lists[max(w.lo+s.from-1, 0)]
	end := p.lists[w.lo+s.to]
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	out.slots = p.above(onset)
	out.sources = p.holders(a, end)
	out.claim = fmt.Sprintf("%.0f instances came with about %.0f connections each, towards a limit of %.0f, and commands stayed as they were.", s.instances, s.size, p.limitPeak)
	out.evidence = []Evidence{
		ev("connections of each jump, the pool's size", s.size, "connections", p.pos(onset, false), p.pos(end, false)),
		ev("jumps, an instance each", s.instances, "instances", p.pos(onset, false), p.pos(end, false)),
		ev("share of the rise that they are", s.share, "share", p.pos(onset, false), p.pos(end, false)),
		ev("elasticity of commands to connections (0 unchanged, 1 in proportion)", p.elasticity(w), "", p.pos(onset, false), p.pos(end, false)),
	}
	return out
}

// aboveMedian gives how far the larger of an app's hosts are above the median, of it.
func (m *model) aboveMedian(a *app, slot int) float64 {
	var n []float64
	for _, e := range a.ents {
		if c := e.at(m.tl, slot); c.n > 0 {
			n = append(n, float64(c.n))
		}
	}
	med := stat.Median(n)
	return (stat.Quantile(n, 0.9) - med) / max(med, 1)
}

// unusedShare gives the share of an app's connections that were idle for staleAfter at a
// sample; in a recording too short for that, those not used between two lists.
//
// A pool that lends its connections in turn (first in, first out) uses each now and then,
// however few it needs: none is idle for long, and yet most rest at any time. It shows in
// that nearly all idle times are below one turn, where a pool that lends the last one first
// leaves some connections for good. A working pool rests, too: what up to three in ten do
// counts for nothing, and neither does it where commands come to each oftener than every
// few seconds.
func (m *model) unusedShare(a *app, slot int) float64 {
	c := a.at(m.tl, slot)
	if c.n == 0 {
		return 0
	}
	if n := len(m.t); !m.infoOnly && n > 1 && m.t[n-1]-m.t[0] < staleAfter/2 {
		return float64(c.stale) / float64(c.n) // nothing had the time to be used
	} else if !m.infoOnly && n > 1 && m.t[n-1]-m.t[0] < 3*staleAfter {
		// Doubled towards 1: over one short interval even a working pool rests a lot.
		return max(0, 2*float64(c.n-c.active)/float64(c.n)-1)
	}
	inTurn := stat.Ramp(float64(c.stale)/max(float64(c.resting), 1), 0.3, 0.15)
	if rate := m.commandRate(slot) / m.occ[slot]; !math.IsNaN(rate) {
		inTurn *= stat.Ramp(rate, 0.3, 0.12)
	}
	n := float64(c.n)
	return max(float64(c.stale)/n, inTurn*stat.Ramp(float64(c.resting)/n, 0.3, 1))
}

// cameSteadily tells whether, by INFO between the lists of a window and after them, the
// connections went on coming evenly, and a good part of an app's came so.
func (m *model) cameSteadily(w window, rows float64) bool {
	if w.len() == 0 {
		return false
	}
	last := m.lists[w.hi-1]
	if m.satFirst < len(m.s) {
		last = max(last, m.satFirst)
	}
	t, v := m.levels(m.lists[w.lo], last)
	if len(t) < 20 || v[len(v)-1]-v[0] < 0.25*rows {
		return false
	}
	spread, _ := evenness(t, v)
	return spread < 0.3
}

// broughtNoWork gives the share of an app's connections that came during the recording, as
// far as no more commands came with them: those it had early did the same work.
func (p *pass) broughtNoWork(early, now float64) float64 {
	el := p.elasticity(window{0, len(p.lists)})
	if math.IsNaN(el) || p.hostsHidden() {
		return 0
	}
	return stat.Ramp(el, 0.5, p.val("flat")) * max(1-early/max(now, 1), 0)
}

// burstStart gives the sample at which an app's connections stepped up.
func (m *model) burstStart(a *app) int {
	n := m.course(window{0, len(m.lists)}, func(i int) float64 { return float64(a.at(m.tl, i).n) })
	at, before, _ := stat.Step(n)
	if at < 0 {
		return m.lists[0]
	}
	for at > 1 && n[at-1] > before+max(2, 0.1*before) {
		at--
	}
	return m.lists[at]
}
