package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var deploy = Cause{
	ID:       "deploy-overlap",
	Title:    "Deploy overlap",
	Phrase:   "a deploy overlap",
	Question: "Were old and new instances connected at once, for a while, and too many together?",
	Method: "One application's hosts must change (new ones stay, old ones go), its connections must rise for a limited time " +
		"and come back to within a fifth of the level before, and the rise must have brought occupancy to the limit.",
	Needs: []Need{NeedCounts},
	Params: []Param{
		{"renewed", 0.5, "of the hosts", "a restart of a few instances is no deploy; ramp from 0.25"},
		{"rise", 1.25, "times", "rolling deploys surge by 25 % and more; ramp from 1.1"},
		{"lasted", 0.4, "of the recording", "from the first new host to the last old one; a fleet that scales with its traffic swaps hosts all the time. Ramp to 0.6"},
		{"taken", 0.8, "of the free slots", "where the limit cut the rise short, it took what was free; ramp from 0.5"},
		{"back", 0.2, "of the level before", "distance from it afterwards; ramp to 0.4"},
		{"used", 0.95, "of the limit", "a deploy that stays below is routine; ramp from 0.85"},
	},
	Rivals: []Rival{
		{"oversized-pool", "the level comes back by itself"},
		{"retry-storm", "refusals end with the overlap"},
		{"reconnect-wave", "the hosts changed, the server did not restart"},
		{"autoscaling-spiral", "the old hosts go"},
		{"zombie-connections", "the old hosts' connections go within the recording"},
		{"maxclients-too-low", "the level before and after leaves room: only both together do not fit"},
		{"serverless-fanout", "the hosts change once, and hold pools"},
	},
	Fixes: []Fix{
		{Changes, "deploy {name} with a smaller surge (Kubernetes: maxSurge), or close the old instances' pools before the new ones open theirs", "the overlap fits under the limit", "occupancy during the next deploy stays under 0.8 of the limit"},
		{Changes, "redis-cli CONFIG SET maxclients {limit}", "room for old and new at once, as far as the descriptor limit allows", "no refusal during the next deploy"},
	},
	assess: assessDeploy,
}

func assessDeploy(p *pass) assessment {
	best := no(0, "no application replaced its hosts during the recording")
	if len(p.lists) < 8 || p.peakSlot < 0 {
		return no(0, "%d client lists are too few to see a deploy end", len(p.lists))
	}
	if p.hostsHidden() {
		best = p.exchange()
	}
	for _, a := range p.apps[:min(len(p.apps), 20)] {
		if x := p.deployOf(a); x.score > best.score {
			best = x
		}
	}
	return best
}

func (p *pass) deployOf(a *app) assessment {
	v := p.course(window{0, len(p.lists)}, func(i int) float64 { return float64(a.at(p.tl, i).n) })
	stayed, gone, fresh, lo, hi := p.turnover(a)
	if gone == 0 || fresh == 0 {
		return no(0, "%s: %d hosts went, %d came", a.label, gone, fresh)
	}
	peak := lo
	for k := lo; k <= hi; k++ {
		if v[k] > v[peak] {
			peak = k
		}
	}
	before := stat.Median(v[max(lo-40, 0):max(lo, 1)])
	_, after := ends(v)
	renewed := min(float64(gone), float64(fresh)) / max(float64(stayed+gone), 1)
	// A fleet that scales with its traffic is renewed too, but all the time.
	lasted := (p.t[hi] - p.t[lo]) / max(p.t[len(v)-1]-p.t[0], 1)
	near, rise := 0.0, stat.Ramp(v[peak]/max(before, 1), 1.1, p.val("rise"))
	for k := max(lo-1, 0); k < min(hi+2, len(v)); k++ {
		near = max(near, p.occ[p.lists[k]]/p.s[p.lists[k]].Limit)
	}
	// What the limit left no room for cannot show as a rise.
	free := p.limitPeak - stat.Median(p.occ[max(p.lists[lo]-40, 0):max(p.lists[lo], 1)])
	rise = max(rise, stat.Ramp((v[peak]-before)/max(free, 1), 0.5, p.val("taken"))*stat.Ramp(v[peak]-before, 3, 8))
	for _, i := range p.sat {
		if i >= p.lists[max(lo-2, 0)] && i <= p.lists[min(hi+2, len(v)-1)] {
			near = 1
			if p.s[i].Full { // the limit shows in refused probes only: a full server answers none
				rise = 1
			}
		}
	}
	distance := max(after-before, before-after) / max(before, 1)
	score := stat.Ramp(renewed, 0.25, p.val("renewed")) * rise * stat.Ramp(lasted, p.val("lasted")+0.2, p.val("lasted")) *
		stat.Ramp(distance, 0.4, p.val("back")) * stat.Ramp(near, 0.85, p.val("used"))
	if score < active {
		return no(score, "%s: %d hosts went, %d came; connections %.0f before, %.0f at most, %.0f after", a.label, gone, fresh, before, v[peak], after)
	}
	onset, end := p.lists[lo], p.lists[hi]
	for _, i := range p.sat {
		// Nobody could look while the server was full: it was what comes to light after.
		if lo > 0 && i > p.lists[lo-1] && i < onset {
			onset = i
		}
	}
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: end}
	out.slots = func(slot int) float64 { return float64(a.at(p.tl, slot).n) - before }
	out.sources = p.holders(a, p.lists[peak])
	out.claim = fmt.Sprintf("Old and new instances of %s were connected at once from %s to %s: %.0f connections instead of %.0f; %d hosts went, %d came.",
		a.label, hhmmss(p.timeOf(onset)), hhmmss(p.timeOf(end)), v[peak], before, gone, fresh)
	out.evidence = []Evidence{
		ev("connections of "+a.label+" at the height of the overlap, against before", v[peak]/max(before, 1), "times", p.pos(onset, true), p.pos(p.lists[peak], true)),
		ev("hosts that went", float64(gone), "hosts", p.pos(p.lists[0], true), p.pos(p.lists[len(v)-1], true)),
		ev("hosts that came", float64(fresh), "hosts", p.pos(p.lists[0], true), p.pos(p.lists[len(v)-1], true)),
		ev("connections afterwards, against before", after/max(before, 1), "times", p.pos(end, true), p.pos(p.lists[len(v)-1], true)),
	}
	return out
}

// exchange looks for an overlap where hosts cannot be told apart: for a while at the limit,
// as many connections came as the level before had to be replaced, as many went, and the
// level came back. One process throughout: after a restart it is a wave.
func (p *pass) exchange() assessment {
	if len(p.tl.Servers) > 1 || len(p.sat) == 0 {
		return no(0, "the limit was not reached, or the server restarted")
	}
	lo, hi := p.sat[0], p.sat[len(p.sat)-1]
	before := stat.Median(p.occ[max(lo-40, 0):max(lo-2, 1)])
	after := stat.Median(p.occ[min(hi+3, len(p.s)-1):])
	usual := stat.Median(p.rate(acceptedOf)[:max(lo-2, 1)])
	n0 := max(lo-3, 0)
	n1 := min(hi+4, len(p.s))
	came := p.sum(n0, n1, acceptedOf) - known(usual)*(p.s[n1-1].T-p.s[n0].T)
	went := came - (stat.Median(p.occ[max(n1-3, 0):n1]) - before)
	swapped := min(came, went) / max(before, 1)
	lasted := (p.s[hi].T - p.s[lo].T) / max(p.s[len(p.s)-1].T-p.s[0].T, 1)
	distance := math.Abs(after-before) / max(before, 1)
	ended := stat.Ramp(float64(len(p.s)-1-hi), 2, 6)
	score := 0.85 * stat.Ramp(swapped, 0.25, p.val("renewed")) * stat.Ramp(lasted, p.val("lasted")+0.2, p.val("lasted")) *
		stat.Ramp(distance, 0.4, p.val("back")) * ended
	if score < active {
		return no(score, "at the limit for %s; %.0f %% of the connections were exchanged meanwhile; %.0f before, %.0f after",
			duration(p.s[hi].T-p.s[lo].T), max(swapped, 0)*100, before, after)
	}
	a := assessment{score: score, onset: max(lo-1, 0), onsetLo: max(lo-2, 0), end: hi, slots: p.above(max(lo-1, 0))}
	a.sources = p.stormSources(n0, n1-1)
	a.claim = fmt.Sprintf("From %s to %s the limit was reached while most connections were exchanged: %.0f came, %.0f went, and the level came back to %.0f.",
		hhmmss(p.timeOf(lo)), hhmmss(p.timeOf(hi)), came, went, after)
	a.evidence = []Evidence{
		ev("connections that came beyond the usual, against the level before", came/max(before, 1), "times", p.pos(n0, false), p.pos(n1-1, false)),
		ev("connections afterwards, against before", after/max(before, 1), "times", p.pos(n0, false), p.pos(len(p.s)-1, false)),
	}
	return a
}

// turnover counts an app's hosts: at both ends of the recording, only at the beginning,
// only at the end. lo is the list in which the first of the new ones appears, hi the first
// without the last of the old ones.
func (m *model) turnover(a *app) (stayed, gone, fresh, lo, hi int) {
	n := len(m.lists)
	k := min(max(3, n/10), n)
	lo, hi = n-1, 0
	for _, e := range a.ents {
		first, last := m.firstList(e), m.lastList(e)
		switch was, is := first < k, last >= n-k; {
		case was && is:
			stayed++
		case was:
			gone++
			hi = max(hi, min(last+1, n-1))
		case is:
			fresh++
			lo = min(lo, first)
		}
	}
	return stayed, gone, fresh, min(lo, hi), max(lo, hi)
}

// lastList gives the last list (index into lists) that shows the entity; -1 if none.
func (m *model) lastList(e *entity) int {
	w := m.shown(e)
	for k := w.hi - 1; k >= w.lo; k-- {
		if e.at(m.tl, m.lists[k]).n > 0 {
			return k
		}
	}
	return -1
}
