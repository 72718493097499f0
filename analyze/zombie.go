package analyze

import (
	"fmt"

	"connbox/analyze/stat"
)

var zombie = Cause{
	ID:       "zombie-connections",
	Title:    "Zombie connections",
	Phrase:   "zombie connections",
	Question: "Do connections stay whose peers are gone, without keepalive clearing them?",
	Method: "A host is silent when none of its connections was used, and none opened, over its last lists, though it was " +
		"used before. Several silent hosts of one application that still hold a good part of the connections, while new " +
		"hosts took over their work, are dead peers: a host that merely rests keeps opening or using some connection.",
	Needs: []Need{NeedList},
	Params: []Param{
		{"hosts", 3, "hosts", "one silent host may rest; ramp from 1"},
		{"share", 0.2, "of the connections", "held by silent hosts at the end; ramp from 0.08"},
		{"silence", 8, "lists", "no use for this long; a working host is used in nearly every list"},
		{"replaced", 0.5, "of the silent hosts", "new hosts of the same application since; ramp from 0.2"},
	},
	Rivals: []Rival{
		{"connection-leak", "whole hosts are silent, and they open nothing more"},
		{"oversized-pool", "the other hosts of the application work all the time"},
		{"deploy-overlap", "the old hosts' connections do not go away"},
	},
	Fixes: []Fix{
		{Changes, "redis-cli CONFIG SET tcp-keepalive 60", "a dead peer's connection is closed about 120 s after its last use, for connections opened from then on", "silent hosts disappear from CLIENT LIST"},
		{Disconnects, "redis-cli CLIENT KILL ADDR {host}:PORT for each connection of the silent hosts", "frees their slots at once; the peer no longer exists", "the host is gone from CLIENT LIST and does not come back"},
	},
	assess: assessZombie,
}

func assessZombie(p *pass) assessment {
	n := len(p.lists)
	need := int(p.val("silence"))
	if n < need+4 {
		return no(0, "%d client lists are too few to call a host silent", n)
	}
	var best assessment
	best = no(0, "no application has silent hosts")
	for _, a := range p.apps[:min(len(p.apps), 50)] {
		if len(a.ents) < 3 {
			continue
		}
		if x := p.zombiesOf(a, need); x.score > best.score {
			best = x
		}
	}
	return best
}

// zombiesOf looks for silent hosts of one application.
func (p *pass) zombiesOf(a *app, need int) assessment {
	last := len(p.lists) - 1
	var silent []*entity
	held, begun := 0.0, last
	for _, e := range a.ents {
		c := e.at(p.tl, p.lists[last])
		use := p.lastUse(e)
		if c.n == 0 || use < 0 || last-use < need || !p.worked(e) || c.blocked == c.n || c.pubsub == c.n || c.internal > 0 {
			continue
		}
		silent = append(silent, e)
		held += float64(c.n)
		begun = min(begun, use+1)
	}
	fresh := 0
	for _, e := range a.ents {
		if p.firstList(e) > begun-need && p.firstList(e) > 1 {
			fresh++
		}
	}
	hosts := float64(len(silent))
	share := held / max(p.occ[p.lists[last]], 1)
	replaced := float64(fresh) / max(hosts, 1)
	score := stat.Ramp(hosts, 1, p.val("hosts")) * stat.Ramp(share, 0.08, p.val("share")) * stat.Ramp(replaced, 0.2, p.val("replaced"))
	if score < active {
		return no(score, "%d silent hosts of %s hold %.0f connections; %d new hosts since", len(silent), a.label, held, fresh)
	}
	isSilent := map[*entity]bool{}
	for _, e := range silent {
		isSilent[e] = true
	}
	end := p.lists[last]
	onset := p.lists[begun]
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1, weight: held}
	out.sources = p.blame(p.ents, func(e *entity) float64 {
		if isSilent[e] {
			return float64(e.at(p.tl, end).n)
		}
		return 0
	})
	out.claim = fmt.Sprintf("%d hosts of %s fell silent from %s on and still hold %.0f connections, while %d new hosts took over.",
		len(silent), a.label, hhmmss(p.timeOf(onset)), held, fresh)
	out.evidence = []Evidence{
		ev("silent hosts of "+a.label, hosts, "hosts", p.pos(end, true)),
		ev("connections they hold", held, "connections", p.pos(end, true)),
		ev("hosts of "+a.label+" that appeared since", float64(fresh), "hosts", p.pos(onset, true), p.pos(end, true)),
	}
	if v, ok := p.tl.Config["tcp-keepalive"]; ok {
		out.evidence = append(out.evidence, ev("tcp-keepalive in force (0 = never)", atof(v), "s", p.pos(end, true)))
	}
	return out
}

// lastUse gives the last list (index into lists) in which some connection of the entity
// had been used or opened; -1 if none.
func (p *pass) lastUse(e *entity) int {
	for k := len(p.lists) - 1; k > 0; k-- {
		if c := e.at(p.tl, p.lists[k]); c.active > 0 || c.births > 0 {
			return k
		}
	}
	if p.firstList(e) == 0 {
		return 0
	}
	return -1
}

// worked tells whether the entity used connections it already had, in at least two lists:
// a pool that was never used is spare, not dead.
func (p *pass) worked(e *entity) bool {
	n := 0
	for _, i := range p.lists {
		if c := e.at(p.tl, i); c.active > c.births {
			n++
		}
	}
	return n >= 2
}

// firstList gives the first list (index into lists) that shows the entity.
func (p *pass) firstList(e *entity) int {
	for k, i := range p.lists {
		if e.at(p.tl, i).n > 0 {
			return k
		}
	}
	return len(p.lists)
}
