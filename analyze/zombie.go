package analyze

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

var zombie = Cause{
	ID:       "zombie-connections",
	Title:    "Zombie connections",
	Phrase:   "zombie connections",
	Question: "Do connections stay whose peers are gone, without keepalive clearing them?",
	Method: "A host is silent when none of its connections was used, and none opened, over its last lists, though it was " +
		"used before. Several silent hosts of one application that still hold a good part of the connections, while new " +
		"hosts took over their work, are dead peers: a host that merely rests keeps opening or using some connection. " +
		"Where hosts cannot be told apart: connections that were used fell silent together, in blocks, and stayed, with as many others on top (a pool's rest was hardly " +
		"ever used, or last at any time); or instances come one by one, or at once after work had stopped, none goes, and commands are what they were.",
	Needs: []Need{NeedCounts},
	Params: []Param{
		{"hosts", 3, "hosts", "one silent host may rest; ramp from 1"},
		{"share", 0.2, "of the connections", "held by silent hosts at the end; ramp from 0.08"},
		{"silence", silentLists, "lists", "no use for this long; a working host is used in nearly every list"},
		{"stairs", 0.6, "of the rise", "where hosts cannot be told apart: in equal jumps, an instance each that replaces a dead one; ramp from 0.4"},
		{"flat", 0.25, "elasticity", "and of commands to connections: the dead are replaced, not added to; ramp to 0.5"},
		{"even", 0.3, "KS distance", "and spread over time, as deaths are; a scale-out comes in one go. Ramp from 0.45"},
		{"dip", 0.75, "of the commands", "or, where hosts cannot be told apart, all at once: work stopped before the others came, by at least a quarter; ramp from 0.9"},
		{"replaced", 0.5, "of the silent hosts", "new hosts of the same application since; ramp from 0.2"},
	},
	Rivals: []Rival{
		{"server-stall", "no fork and no fsync held the server when the others came"},
		{"slow-commands", "no long command ran when the others came"},
		{"connection-leak", "whole hosts are silent, and they open nothing more"},
		{"oversized-pool", "the other hosts of the application work all the time"},
		{"deploy-overlap", "the old hosts' connections do not go away"},
		{"serverless-fanout", "hosts that stop keep their connections; instances of functions take theirs along"},
		{"maxclients-too-low", "hosts that hold connections do not work"},
	},
	Fixes: []Fix{
		{Changes, "redis-cli CONFIG SET tcp-keepalive 60", "a dead peer's connection is closed about 120 s after its last use, for connections opened from then on", "silent hosts disappear from CLIENT LIST"},
		{Disconnects, "kill the connections of the silent hosts, as {host}, one by one: CLIENT KILL ADDR", "frees their slots at once; the peer no longer exists", "the host is gone from CLIENT LIST and does not come back"},
	},
	assess: assessZombie,
}

func assessZombie(p *pass) assessment {
	n := len(p.lists)
	need := silentLists
	if n < need+4 {
		return no(0, "%d client lists are too few to call a host silent", n)
	}
	best := no(0, "no application has silent hosts")
	if p.hostsHidden() {
		best = p.zombieStairs()
		if x := p.zombieBlocks(); x.score > best.score {
			best = x
		}
	}
	if p.allInOne() {
		if y := p.zombieBurst(); y.score > best.score {
			best = y
		}
	}
	for _, a := range p.apps[:min(len(p.apps), 50)] {
		if len(a.ents) < 3 {
			continue
		}
		if x := p.zombiesOf(a, need); x.score > best.score {
			best = x
		}
	}
	if a := p.scattered(); a != nil {
		if x := p.zombiesOf(a, need); x.score > best.score {
			best = x
		}
	}
	return best
}

// scattered gathers the hosts without a name of many networks, nil where there are none:
// in a cluster that gives each node or pod a network of its own, an address does not tell
// the application, and a new host may stand in for a dead one of any network.
func (m *model) scattered() *app {
	all := &app{label: "clients without a name"}
	nets := 0
	for _, a := range m.apps {
		if len(a.ents) == 0 || a.overflows() || slices.ContainsFunc(a.ents, func(e *entity) bool { return e.name != "" }) {
			continue
		}
		all.ents = append(all.ents, a.ents...)
		nets++
	}
	if nets < 3 || len(all.ents) > 2*nets {
		return nil
	}
	return all
}

// zombieStairs judges by the shape of the rise where hosts cannot be told apart: instance
// after instance comes with its pool, nothing goes, and commands stay as they were.
func (p *pass) zombieStairs() assessment {
	w := p.growing()
	s := p.stairs(w)
	if s.from < 0 {
		return no(0, "hosts cannot be told apart, and connections did not rise in equal jumps")
	}
	ones := make([]float64, len(s.at)+1)
	for i := range s.at {
		ones[i] = 1
	}
	end := p.t[w.hi-1]
	spread := stat.Spread(append(slices.Clone(s.at), end), ones)
	share := s.instances * s.size / max(p.occ[p.lists[w.hi-1]], 1)
	score := 0.75 * stat.Ramp(s.share, 0.4, p.val("stairs")) * stat.Ramp(s.instances, 3, 5) * stat.Ramp(p.elasticity(w), 0.5, p.val("flat")) *
		stat.Ramp(spread, 0.45, p.val("even")) * stat.Ramp(share, 0.08, p.val("share")) *
		stat.Ramp((end-s.at[0])/max(p.t[len(p.t)-1]-p.t[0], 1), 0.2, 0.4)
	if score < active {
		return no(score, "hosts cannot be told apart; connections rose in %.0f jumps of %.0f", s.instances, s.size)
	}
	onset := p.lists[max(w.lo+s.from-1, 0)]
	last := p.lists[w.hi-1]
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	out.slots = p.above(onset)
	if len(p.apps) > 0 {
		out.sources = p.holders(p.apps[0], last)
	}
	out.claim = fmt.Sprintf("From %s on %.0f instances came one by one with about %.0f connections each, none went, and commands stayed as they were: those they replaced are still connected.",
		hhmmss(p.timeOf(onset)), s.instances, s.size)
	out.evidence = []Evidence{
		ev("connections of each jump", s.size, "connections", p.pos(onset, false), p.pos(last, false)),
		ev("jumps, an instance each", s.instances, "instances", p.pos(onset, false), p.pos(last, false)),
		ev("elasticity of commands to connections (0 unchanged, 1 in proportion)", p.elasticity(w), "", p.pos(onset, false), p.pos(last, false)),
	}
	return out
}

// A hostLife is when a host was used, as indexes into lists.
type hostLife struct {
	e     *entity
	used  int  // list of the last use, -1 for none; see lastUse
	first int  // list that shows it first
	dead  bool // it is still there, or went as dead peers go
}

// zombiesOf looks for silent hosts of one application: at the end, or at a list before
// where they have been cleared since.
func (p *pass) zombiesOf(a *app, need int) assessment {
	last := len(p.lists) - 1
	var all, asleep []hostLife
	for _, e := range a.ents {
		l := hostLife{e: e, used: p.lastUse(e), first: p.firstList(e)}
		all = append(all, l)
		if w := p.shown(e); l.used >= 0 && w.hi-1-l.used >= need && p.worked(e) {
			l.dead = w.hi-1 == last || p.clearedOneByOne(e, l.used) || p.clearedInTime(l.used, w.hi-1)
			asleep = append(asleep, l)
		}
	}
	best, most := p.zombiesAt(a, all, asleep, last, need)
	if best.score >= active || len(asleep) == 0 {
		return best
	}
	for k := last - max(last/8, 1); k > last/2; k -= max(last/8, 1) {
		if x, held := p.zombiesAt(a, all, asleep, k, need); x.score > best.score || x.score == best.score && x.score >= active && held > most {
			best, most = x, held
		}
	}
	return best
}

// clearedOneByOne tells whether the connections of a host that is gone went at different
// lists, as keepalive clears them, each by its own last use. A process that ends takes all
// of its connections along at once.
func (m *model) clearedOneByOne(e *entity, used int) bool {
	most, all := 0, 0
	for _, i := range m.lists[used+1:] {
		n := int(e.at(m.tl, i).deaths)
		most, all = max(most, n), all+n
	}
	return all > 1 && 10*most <= 7*all
}

// longKeepalive is the tcp-keepalive, in seconds, from which on nobody drains an instance for
// twice as long.
const longKeepalive = 1800

// clearedInTime tells whether a host went as long after its last use as keepalive takes to
// find a dead peer: the interval once and then three probes a third of it apart (redis
// anet.c), twice the interval in all. Of a short interval that tells nothing: old instances
// are drained for minutes, too.
func (m *model) clearedInTime(used, last int) bool {
	keepalive := atof(m.tl.Config["tcp-keepalive"])
	took := m.t[last] - m.t[used]
	return keepalive >= longKeepalive && math.Abs(took-2*keepalive) <= 0.1*keepalive+2*m.dt
}

// zombiesAt judges by one list, last, and gives how many connections silent hosts held then.
func (p *pass) zombiesAt(a *app, all, asleep []hostLife, last, need int) (assessment, float64) {
	var silent []*entity
	held, begun := 0.0, last
	for _, l := range asleep {
		c := l.e.at(p.tl, p.lists[last])
		if c.n == 0 || last-l.used < need || !l.dead || c.blocked == c.n || c.pubsub == c.n || c.internal > 0 {
			continue
		}
		silent = append(silent, l.e)
		held += float64(c.n)
		begun = min(begun, l.used+1)
	}
	fresh := 0
	for _, l := range all {
		if l.first > begun-need && l.first > 1 && l.first <= last {
			fresh++
		}
	}
	hosts := float64(len(silent))
	share := held / max(p.occ[p.lists[last]], 1)
	replaced := float64(fresh) / max(hosts, 1)
	score := stat.Ramp(hosts, 1, p.val("hosts")) * stat.Ramp(share, 0.08, p.val("share")) * stat.Ramp(replaced, 0.2, p.val("replaced"))
	if score < active {
		return no(score, "%d silent hosts of %s hold %.0f connections; %d new hosts since", len(silent), a.label, held, fresh), held
	}
	isSilent := map[*entity]bool{}
	for _, e := range silent {
		isSilent[e] = true
	}
	end := p.lists[last]
	onset := p.lists[begun]
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	died := make([]int, len(silent))
	for i, e := range silent {
		died[i] = p.lists[p.lastUse(e)]
	}
	out.slots = func(slot int) (n float64) {
		for i, e := range silent {
			if slot >= died[i] {
				n += float64(e.at(p.tl, slot).n)
			}
		}
		return n
	}
	// The first of them was last used between the two lists before, and died before its next
	// use would have shown.
	if begun >= 2 {
		out.began = &moment{Change: stat.Change{At: p.t[begun-1], Lo: p.t[begun-2], Hi: p.t[begun]}}
	}
	out.sources = p.blame(p.ents, func(e *entity) float64 {
		if isSilent[e] {
			return float64(e.at(p.tl, end).n)
		}
		return 0
	})
	since := "from " + hhmmss(p.timeOf(onset))
	if out.began != nil {
		since = out.began.words() // as the timeline has it
	}
	still := "still hold"
	if last < len(p.lists)-1 {
		still = "at " + hhmmss(p.timeOf(end)) + " still held"
	}
	out.claim = fmt.Sprintf("%d hosts of %s fell silent %s on and %s %.0f connections, while %d new hosts took over.",
		len(silent), a.label, since, still, held, fresh)
	out.evidence = []Evidence{
		ev("silent hosts of "+a.label, hosts, "hosts", p.pos(end, true)),
		ev("connections they hold", held, "connections", p.pos(end, true)),
		ev("hosts of "+a.label+" that appeared since", float64(fresh), "hosts", p.pos(onset, true), p.pos(end, true)),
	}
	if v, ok := p.tl.Config["tcp-keepalive"]; ok {
		out.evidence = append(out.evidence, ev("tcp-keepalive in force (0 = never)", atof(v), "s", p.pos(end, true)))
	}
	return out, held
}

// silentLists is for how many lists none of a host's connections was used or opened where
// it counts as silent: a working host is used in nearly every list.
const silentLists = 8

// lastUse gives the last list (index into lists) in which some connection of the entity
// had been used or opened; -1 if none.
func (m *model) lastUse(e *entity) int {
	w := m.shown(e)
	for k := w.hi - 1; k >= max(w.lo, 1); k-- {
		if c := e.at(m.tl, m.lists[k]); c.active > 0 || c.births > 0 {
			return k
		}
	}
	if m.firstList(e) == 0 {
		return 0
	}
	return -1
}

// worked tells whether the entity used connections it already had, in at least two lists:
// a pool that was never used is spare, not dead.
func (m *model) worked(e *entity) bool {
	n := 0
	w := m.shown(e)
	for _, i := range m.lists[w.lo:w.hi] {
		if c := e.at(m.tl, i); c.active > c.births {
			n++
		}
	}
	return n >= 2
}

// firstList gives the first list (index into lists) that shows the entity.
func (m *model) firstList(e *entity) int {
	w := m.shown(e)
	for k := w.lo; k < w.hi; k++ {
		if e.at(m.tl, m.lists[k]).n > 0 {
			return k
		}
	}
	return len(m.lists)
}
