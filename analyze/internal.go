package analyze

import (
	"fmt"

	"connbox/analyze/stat"
)

var internal = Cause{
	ID:       "internal-connections",
	Title:    "Internal connections take the slots",
	Question: "Do replicas, Sentinels and the cluster bus take a good part of the slots?",
	Method: "Counts connections with flag S or M, those named sentinel-*, and cluster_connections (2 × (known nodes − 1), " +
		"which counts against maxclients since 6.0). Named when they grew by a good number and hold a good part of a " +
		"small limit. Each Sentinel holds two connections to each server it watches.",
	Needs: []Need{NeedList},
	Params: []Param{
		{"gain", 8, "connections", "a few replicas and three Sentinels are six to nine; ramp from 4"},
		{"share", 0.3, "of the connections", "ramp from 0.15"},
		{"growth", 0.5, "of all growth", "they must be what grew; ramp from 0.3"},
	},
	Rivals: []Rival{{"connection-leak", "the connections belong to replicas or Sentinels, two for each"}},
	Fixes: []Fix{
		{Changes, "remove Sentinels and replicas that no longer exist: redis-cli -p 26379 SENTINEL RESET '*' on each Sentinel", "each one gone frees its two connections", "CLIENT LIST shows two connections a living Sentinel"},
		{Changes, "keep 100 to 200 slots above the clients' need for internal connections", "a failover does not reach the limit", "used share under 0.8 with all replicas attached"},
	},
	assess: assessInternal,
}

func assessInternal(p *pass) assessment {
	w := p.growing()
	if w.len() < 3 {
		return no(0, "only %d client lists before the limit or the end", w.len())
	}
	count := func(i int) float64 {
		var n int32
		for _, e := range p.ents {
			n += e.at(p.tl, i).internal
		}
		c := p.s[i].ClusterLinks
		if !(c > 0) {
			c = 0
		}
		return float64(n) + c
	}
	v := p.course(w, count)
	n0, n1 := ends(v)
	o0, o1 := ends(p.course(w, func(i int) float64 { return p.occ[i] }))
	share, ofGrowth := n1/max(o1, 1), (n1-n0)/max(o1-o0, 1)
	score := stat.Ramp(n1-n0, 4, p.val("gain")) * stat.Ramp(share, 0.15, p.val("share")) * stat.Ramp(ofGrowth, 0.3, p.val("growth"))
	if score < active {
		return no(score, "internal connections went from %.0f to %.0f, %.0f %% of all", n0, n1, share*100)
	}
	at := riseStart(p.t[w.lo:w.hi], v)
	onset, last := p.lists[w.lo+at], p.lists[w.hi-1]
	a := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1, weight: n1 - n0}
	a.sources = p.shareBy(func(e *entity) float64 { return float64(e.at(p.tl, last).internal) })
	a.claim = fmt.Sprintf("Replicas, Sentinels and cluster links went from %.0f to %.0f connections, %.0f %% of all growth.", n0, n1, min(ofGrowth, 1)*100)
	a.evidence = []Evidence{
		ev("internal connections at the end of the rise", n1, "connections", p.pos(onset, true), p.pos(last, true)),
		ev("their share of all connections", share, "share", p.pos(last, true)),
	}
	return a
}

var serverless = Cause{
	ID:       "serverless-fanout",
	Title:    "Serverless fan-out",
	Question: "Does each of hundreds of short-lived instances hold its own connection?",
	Method: "One application must have nearly as many hosts as connections, many of them, new hosts must keep coming and " +
		"old ones go, and it must be most of what grew.",
	Needs: []Need{NeedList},
	Params: []Param{
		{"hosts", 30, "hosts", "fewer is a fleet; ramp from 15"},
		{"per_host", 1.3, "connections", "an instance of a function holds one; ramp to 2"},
		{"turnover", 1.4, "hosts seen per host present", "instances are replaced all the time; ramp from 1.15"},
		{"share", 0.5, "of the connections", "ramp from 0.3"},
		{"used", 0.7, "of the limit", "below it the fan-out harms nobody; ramp from 0.5"},
	},
	Rivals: []Rival{
		{"connection-leak", "one connection a host, and hosts come and go"},
		{"maxclients-too-low", "instances live for minutes and hold one connection each"},
		{"zombie-connections", "the hosts that stop also disappear"},
	},
	Fixes: []Fix{
		{Changes, "put a connection proxy between the functions and the server, or cap the concurrency of {name}", "connections follow the proxy's pool, not the number of instances", "hosts × connections stays under the cap"},
		{Changes, "redis-cli CONFIG SET timeout 60", "instances that were frozen lose their idle connection; pub/sub, blocked clients and replicas are spared", "idle p95 of {name} stays under a minute"},
	},
	assess: assessServerless,
}

func assessServerless(p *pass) assessment {
	if len(p.apps) == 0 || len(p.lists) < 3 {
		return no(0, "no client lists")
	}
	slot := p.lastListBefore(p.peakSlot)
	if slot < 0 {
		return no(0, "no client list at the peak")
	}
	a := p.fanOut(slot)
	n, hosts := float64(a.at(p.tl, slot).n), float64(a.hosts(p.tl, slot))
	per := n / max(hosts, 1)
	turn := float64(len(a.ents)) / max(hosts, 1)
	share := n / max(p.occ[slot], 1)
	score := stat.Ramp(hosts, 15, p.val("hosts")) * stat.Ramp(per, 2, p.val("per_host")) * stat.Ramp(turn, 1.15, p.val("turnover")) *
		stat.Ramp(share, 0.3, p.val("share")) * stat.Ramp(p.used, 0.5, p.val("used"))
	if score < active {
		return no(score, "%s has %.0f connections from %.0f hosts, %d hosts in all", a.label, n, hosts, len(a.ents))
	}
	v := p.course(window{0, len(p.lists)}, func(i int) float64 { return float64(a.at(p.tl, i).n) })
	onset := p.lists[riseStart(p.t, v)]
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1, weight: n}
	out.sources = p.holders(a, slot)
	out.claim = fmt.Sprintf("%s runs %.0f instances with a connection each, %d different hosts in all.", a.label, hosts, len(a.ents))
	out.evidence = []Evidence{
		ev("hosts of "+a.label+" at the peak", hosts, "hosts", p.pos(slot, true)),
		ev("connections a host", per, "connections", p.pos(slot, true)),
		ev("different hosts over the recording", float64(len(a.ents)), "hosts", p.pos(p.lists[0], true), p.pos(p.lists[len(p.lists)-1], true)),
		ev("highest share of the limit in use", p.used, "share", p.pos(p.peakSlot, false)),
	}
	return out
}

// fanOut gives the application to judge: the biggest, or all unnamed hosts with one or two
// connections together, where those are more. Functions get addresses from many networks,
// so without names the network does not hold them together.
func (p *pass) fanOut(slot int) *app {
	thin := &app{label: "unnamed clients"}
	for _, e := range p.ents {
		if e.name == "" && e.host != "" && e.most() <= 2 {
			thin.ents = append(thin.ents, e)
		}
	}
	if thin.at(p.tl, slot).n > p.apps[0].at(p.tl, slot).n {
		return thin
	}
	return p.apps[0]
}

// most gives the highest number of connections an entity had.
func (e *entity) most() int {
	n := 0
	for _, s := range e.parts {
		for i := range s.cells {
			n = max(n, int(s.cells[i].n))
		}
	}
	return n
}
