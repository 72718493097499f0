package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

var leak = Cause{
	ID:       "connection-leak",
	Title:    "Connection leak",
	Phrase:   "a connection leak",
	Question: "Does some source open connections and never close or return them?",
	Method: "For every host and name, and for every application whose number of hosts stayed the same: connections must rise " +
		"from some sample on (the change of rate with the largest Poisson likelihood ratio), the rises must be spread over time (Kolmogorov-Smirnov distance from an even " +
		"stream) and go on in the last third, few of the connections may close, and the added ones must not be in use " +
		"between two lists. The window ends where the limit was reached: after that the limit is measured, not the leak. A leak that pauses is told by its spells (piecewise lines, with a penalty for autocorrelated noise). " +
		"A leak that began long before the recording and adds only a few in it is told by what it left: one host keeps connections that were never " +
		"used, the other hosts of its application have next to none, and more come. Needs no season model, because a busy pool closes or uses what it opens.",
	Needs: []Need{NeedCounts},
	Params: []Param{
		{"gain", 10, "connections", "fewer may be one pool filling up; the ramp runs from 0.6 to 1.2 times this"},
		{"ratio", 1.7, "times", "a source that grew by less is within what pools breathe; ramp from 1.3. Where it closes nothing and the other hosts of its application have fewer, against those"},
		{"spread", 0.45, "KS distance", "an even stream has under 0.2, a staircase of six steps 0.3, one burst over 0.7; full score at 0.3"},
		{"late", 0.4, "of an even rise", "a pool that filled stops growing; a leak goes on. Full score here, none at 0.1"},
		{"idle_gain", 0.65, "share", "of the added connections unused for two minutes (between two lists where the rise is shorter than twelve); those that traffic asked for are used. Ramp from 0.4; fleets that grew with their traffic stay under 0.45"},
		{"stairs", 0.4, "of the rise", "in equal jumps, where hosts cannot be told apart: those are instances with their pools. Ramp to 0.7"},
		{"commands", 0.35, "elasticity", "of commands to connections, in INFO alone: a leak brings none, traffic as many as it brings connections. Ramp to 0.55"},
		{"kept", 0.1, "of births", "closed, where hosts cannot be told apart: with so few, the ratio need not be reached; ramp to 0.3"},
		{"stays", 0.8, "of the rise", "in INFO alone: never taken back later, so that what else came and went is no matter; ramp from 0.6"},
		{"old", 12, "connections", "never used since they were opened, of a leak that began long before the recording; ramp from 0.8 to 1.2 times this"},
		{"new", 4, "connections", "of those opened within it, and spread over it; ramp from 2"},
		{"others", 0.15, "of them", "that another host of the application has, at most; ramp to 0.3"},
		{"closed", 0.6, "of births", "a pool that breathes closes most of what it opens; ramp to 0.9"},
	},
	Rivals: []Rival{
		{"oversized-pool", "the connections came one after the other, not in one burst, and go on coming: KS distance under 0.7"},
		{"zombie-connections", "the source still opens connections; a dead peer opens none"},
		{"blocking-commands", "the added connections wait in BLPOP, XREAD or WAIT (flag b)"},
		{"maxclients-too-low", "the number of hosts stayed the same and the added connections are not in use"},
		{"serverless-fanout", "several connections a host, from the same hosts"},
		{"output-buffer-loop", "nothing waits for the connections, and they are not cut and replaced"},
		{"app-pool-exhaustion", "connections on the server grow; a pool that is exhausted stays at its size"},
		{"internal-connections", "the connections are applications', not replicas' or Sentinels'"},
		{"idle-cut", "the connections stay; those that are cut go at one idle time and are replaced"},
		{"slow-commands", "the rise is steady and no long command goes before it"},
	},
	Fixes: []Fix{
		{Safe, "redis-cli CLIENT LIST | grep -F ' addr={host}:'", "lists the leaked connections with their last command, which names the code path", "the last commands are alike: find where that code does not close or return its connection"},
		{Disconnects, "restart the leaking instances ({who}), one at a time", "frees the leaked slots at once; the leak begins again until the code is fixed", "connected_clients falls by the leaked connections, and grows again at the same rate"},
	},
	assess: assessLeak,
}

// leakScore is the product of the leak's ramps.
func leakScore(p *pass, g growth) float64 {
	if len(g.v) < 5 || g.gain <= 0 || g.to == 0 {
		return 0
	}
	s := stat.Ramp(g.gain, 0.6*p.val("gain"), 1.2*p.val("gain"))
	s *= stat.Ramp(g.to/max(g.from, 1), 1.3, p.val("ratio"))
	s *= stat.Ramp(g.spread, p.val("spread")+0.1, 0.3)
	s *= stat.Ramp(g.late, 0.1, p.val("late"))
	s *= stat.Ramp(g.idleGain, 0.4, p.val("idle_gain"))
	s *= stat.Ramp(g.deaths/max(g.births, 1), 0.9, p.val("closed"))
	return s * stat.Ramp(max(g.blockedGain, g.internGain), 0.7, 0.4)
}

// A suspect is an entity with its growth over a window and its score.
type suspect struct {
	e     *entity
	w     window
	g     growth
	score float64
}

func assessLeak(p *pass) assessment {
	w := p.growing()
	if w.len() < 6 {
		return no(0, "only %s before the limit or the end; a leak shows over six or more", many(w.len(), p.listWord()))
	}
	suspects, best := p.leakSuspects(w)
	if best < active {
		if x := p.slowLeak(); x.score > best {
			return x
		}
		if len(suspects) == 0 || suspects[0].g.gain <= 0 {
			return no(best, "no source grew steadily")
		}
		g := suspects[0].g
		return no(best, "%s grew most, from %.0f to %.0f, but %s", label(suspects[0].e), g.from, g.to, whyNoLeak(p, g))
	}
	return p.leakReport(suspects, best)
}

// leakSuspects scores every entity, and the apps whose hosts all leak a little. It gives
// the entities that leak (or, where none does, all by score), worst first.
func (p *pass) leakSuspects(w window) ([]suspect, float64) {
	var all []suspect
	best, even := 0.0, p.noStairs(w)
	for _, e := range p.ents {
		at := func(i int) cell { return e.at(p.tl, i) }
		s := suspect{e: e, w: w}
		if float64(e.most()) < 0.4*p.val("gain") {
			s.g = growth{spread: 1}
			all = append(all, s) // never had as many as a leak adds
			continue
		}
		s.g = p.grow(w, at)
		p.sinceRestart(&s.g, w, at)
		p.besideSiblings(&s.g, e, w)
		s.score = leakScore(p, s.g)
		s.score *= even
		if p.allInOne() {
			p.hidden(&s, at)
		}
		for _, part := range p.teeth(w, s.g.v) {
			if g := p.grow(part, at); leakScore(p, g) > s.score {
				s.w, s.g, s.score = part, g, leakScore(p, g)
			}
		}
		all = append(all, s)
	}
	bySize := func(a, b suspect) int { return -cmp.Compare(a.g.gain, b.g.gain) }
	slices.SortStableFunc(all, bySize)
	var leaking []suspect
	for _, s := range all {
		best = max(best, s.score)
		if s.score >= active {
			leaking = append(leaking, s)
		}
	}
	if len(leaking) > 0 {
		return p.withSiblings(leaking, all), best
	}
	for _, a := range p.apps {
		first, last := p.hostGrowth(a, w)
		if len(a.ents) < 2 || last > 1.25*first || first == 0 {
			continue
		}
		at := func(i int) cell { return a.at(p.tl, i) }
		g := p.grow(w, at)
		p.sinceRestart(&g, w, at)
		if sc := leakScore(p, g) * even; sc > best {
			best = sc
			leaking = leaking[:0]
			for _, s := range all {
				if s.e.app == a && s.g.gain > 0 {
					leaking = append(leaking, s)
				}
			}
		}
	}
	if best >= active && len(leaking) > 0 {
		return leaking, best
	}
	return all, best
}

// hidden scores a growth where hosts cannot be told apart. Instances that come with their
// pools are no leak, nor, in INFO alone, is what brings work along. Slow leaks drown in
// the whole server's connections: their sign is that next to none closes. A fleet that
// starts hides them too, so the last three quarters are looked at by themselves.
func (p *pass) hidden(s *suspect, at func(int) cell) {
	whole := s.w
	s.score = p.hiddenScore(s.w, s.g)
	if part := (window{whole.lo + whole.len()/4, whole.hi}); part.len() >= 16 && whole.lo == 0 {
		if g := p.grow(part, at); p.hiddenScore(part, g) > s.score {
			s.w, s.g, s.score = part, g, p.hiddenScore(part, g)
		}
	}
}

func (p *pass) hiddenScore(w window, g growth) float64 {
	if len(g.v) < 5 || g.gain <= 0 {
		return 0
	}
	kept := stat.Ramp(g.gain, p.val("gain"), 2.5*p.val("gain")) * stat.Ramp(g.deaths/max(g.births, 1), p.val("kept")+0.2, p.val("kept"))
	rest := g
	rest.from = 0 // the ratio apart
	if p.infoOnly {
		// Of a whole server, what comes and goes between is no matter where the rise is
		// never taken back.
		rest.deaths *= 1 - stat.Ramp(stayed(g.v[g.onset:]), 0.6, p.val("stays"))
	}
	score := leakScore(p, rest) * max(stat.Ramp(g.to/max(g.from, 1), 1.3, p.val("ratio")), 0.9*kept)
	score *= p.noStairs(w)
	if el := p.elasticity(w); p.infoOnly && !math.IsNaN(el) {
		score *= stat.Ramp(el, 0.55, p.val("commands"))
	}
	return score
}

// noStairs says how little of the rise over a window came in equal jumps, as instances with
// their pools come, where an address may stand for many instances; 1 where hosts are known.
func (p *pass) noStairs(w window) float64 {
	if !p.hostsHidden() {
		return 1
	}
	return stat.Ramp(p.stairs(w).share, 0.7, p.val("stairs"))
}

// stayed gives the share of a rise that was never taken back: that of the lowest value
// from each time on.
func stayed(v []float64) float64 {
	first := stat.Median(v[:min(3, len(v))])
	tail := stat.Median(v[max(len(v)-3, 0):])
	// The areas under the lowest value to come and under the course, both above the start.
	var kept, all float64
	env := tail
	for i := len(v) - 1; i >= 0; i-- {
		env = min(env, v[i])
		kept, all = kept+max(env-first, 0), all+max(v[i]-first, 0)
	}
	return kept / max(all, 1)
}

// sinceRestart measures a growth that followed a restart against what there was before it:
// pools that come back are no leak.
func (p *pass) sinceRestart(g *growth, w window, at func(int) cell) {
	if w.lo == 0 || p.s[p.lists[w.lo]].Epoch == p.s[p.lists[w.lo-1]].Epoch {
		return
	}
	before := p.course(window{max(w.lo-5, 0), w.lo}, func(i int) float64 { return float64(at(i).n) })
	g.from = max(g.from, stat.Median(before))
	g.gain = g.to - g.from
}

// besideSiblings measures a growth against what the application's other hosts have, where
// that is less than what this one began with: it may have leaked since before the recording.
func (p *pass) besideSiblings(g *growth, e *entity, w window) {
	if len(e.app.ents) < 3 || g.deaths > p.val("kept")*g.births {
		return
	}
	var others []float64
	for _, s := range e.app.ents {
		if n := s.at(p.tl, p.lists[w.hi-1]).n; s != e && n > 0 {
			others = append(others, float64(n))
		}
	}
	if len(others) >= 2 {
		g.from = min(g.from, max(stat.Median(others), 1))
	}
}

// withSiblings adds, where several hosts of an application leak, its others that grew half
// as much as the least of those: the same code leaks on all of them, and a count that
// leaves some out is too low.
func (p *pass) withSiblings(leaking, all []suspect) []suspect {
	least, n := map[*app]float64{}, map[*app]int{}
	in := map[*entity]bool{}
	for _, s := range leaking {
		a := s.e.app
		if n[a]++; n[a] == 1 || s.g.gain < least[a] {
			least[a] = s.g.gain
		}
		in[s.e] = true
	}
	for _, s := range all {
		a := s.e.app
		if n[a] >= 2 && !in[s.e] && s.g.gain >= least[a]/2 && s.w == leaking[0].w && s.g.idleGain >= p.val("idle_gain") {
			leaking = append(leaking, s)
		}
	}
	slices.SortStableFunc(leaking, func(a, b suspect) int { return -cmp.Compare(a.g.gain, b.g.gain) })
	return leaking
}

// teeth splits a window where connections fell by nearly half at once: a restart of the
// leaking instance, or someone who killed its connections, ends one tooth of a saw.
func (p *pass) teeth(w window, v []float64) []window {
	var out []window
	start := 0
	for k := 1; k <= len(v); k++ {
		if k == len(v) || v[k] < 0.6*v[k-1] && v[k-1]-v[k] >= p.val("gain") {
			if k-start >= 6 && (start > 0 || k < len(v)) {
				out = append(out, window{w.lo + start, w.lo + k})
			}
			start = k
		}
	}
	return out
}

func (p *pass) leakReport(leaking []suspect, best float64) assessment {
	w := leaking[0].w
	total := p.grow(w, func(i int) cell {
		var c cell
		for _, s := range leaking {
			c.sum(s.e.at(p.tl, i))
		}
		return c
	})
	top := leaking[0]
	on := surges(p.t[w.lo:w.hi], total.v)
	paced := total.onset // since when the rate is counted
	if len(on) > 0 {
		total.onset, paced = on[0].lo, on[0].lo
		if last := on[len(on)-1]; last.hi >= w.len()-2 {
			paced = last.lo // it goes on as it did last
		}
	}
	onset := p.lists[w.lo+total.onset]
	a := assessment{score: best, onset: onset, onsetLo: p.lists[max(w.lo+total.onset-1, w.lo)], end: -1, weight: total.v[len(total.v)-1] - total.v[total.onset]}
	a.paced, a.spells = p.lists[w.lo+paced], p.spells(w, on)
	a.began = p.leakBegan(firstSurge(leaking, on), onset)
	a.slots = func(slot int) (n float64) {
		for _, s := range leaking {
			n += max(float64(s.e.at(p.tl, slot).n)-s.g.from, 0)
		}
		return n
	}
	var gain float64
	for _, s := range leaking {
		gain += max(s.g.gain, 0)
	}
	for _, s := range leaking[:min(len(leaking), 20)] {
		if s.e.host == "" && s.e.name == "" {
			continue // INFO alone does not tell who
		}
		src := s.e.source()
		src.Connections, src.Share = int(s.e.at(p.tl, p.lists[s.w.hi-1]).n), s.g.gain/gain
		a.sources = append(a.sources, src)
	}
	lastSlot := p.lists[w.hi-1]
	// The rate is counted, not fitted: what came in since the onset, as a Poisson stream.
	from, to := total.v[total.onset], total.v[len(total.v)-1]
	rate := stat.Rate(max(to-total.v[paced], 1), max(p.t[w.hi-1]-p.t[w.lo+paced], p.dt)/60, 0.9)
	perMin := rate.Value
	who := label(top.e)
	if len(leaking) > 1 {
		who = fmt.Sprintf("%s and %d more", who, len(leaking)-1)
	}
	spells := ""
	if len(on) > 0 {
		spells = " " + spellWords(a.spells) + ","
	}
	a.claim = fmt.Sprintf("%s opened %.1f connections a minute %s on%s and closed hardly any: %.0f became %.0f.",
		who, perMin, a.began.words(), spells, from, to)
	a.evidence = []Evidence{
		ev(fmt.Sprintf("connections of %s rose", who), perMin, "connections/min", p.pos(a.paced, true), p.pos(lastSlot, true)).
			within(rate.Lo, rate.Hi),
		ev(fmt.Sprintf("they went from %.0f to %.0f", from, to), to-from, "connections", p.pos(onset, true), p.pos(lastSlot, true)),
		ev("the rises are spread over the time since, as a leak's are (0 even … 1 one burst)", total.spread, "KS distance", p.pos(onset, true), p.pos(lastSlot, true)),
		ev("connections of these sources that were closed meanwhile", total.deaths, "connections", p.pos(p.lists[w.lo], true), p.pos(lastSlot, true)),
	}
	if !p.infoOnly || p.holds(commandsOf) { // use is inferred from the commands
		unused := ev("share of the added connections that are not in use", total.idleGain, "share", p.pos(lastSlot, true))
		a.evidence = slices.Insert(a.evidence, len(a.evidence)-1, unused)
	}
	a.evidence = append(a.evidence, p.spellEvidence(w, on)...)
	return a
}

func whyNoLeak(p *pass, g growth) string {
	switch {
	case g.gain < p.val("gain"):
		return fmt.Sprintf("%.0f more are within one pool's size", g.gain)
	case g.spread > p.val("spread"):
		return "in a burst, not steadily"
	case g.late < p.val("late"):
		return "it stopped growing"
	case g.blockedGain > 0.5:
		return "its connections wait in blocking commands"
	case g.internGain > 0.5:
		return "its connections are replicas' or Sentinels'"
	case g.deaths/max(g.births, 1) > p.val("closed"):
		return "it closes what it opens"
	case g.idleGain < p.val("idle_gain"):
		return "the connections are in use"
	}
	return "the signs together are too weak"
}
