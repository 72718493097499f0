package analyze

import (
	"fmt"

	"github.com/connbox/connbox/analyze/stat"
)

var serverless = Cause{
	ID:       "serverless-fanout",
	Title:    "Serverless fan-out",
	Phrase:   "serverless fan-out",
	Question: "Does each of hundreds of short-lived instances hold its own connection?",
	Method: "One application must have nearly as many hosts as connections, many of them, new hosts must keep coming and " +
		"old ones go, and it must be most of what grew. Where hosts cannot be told apart: near the limit, connections live for minutes (Little's law, " +
		"or their age when they went), go at an even rate, and their number wanders as a Poisson stream's does.",
	Needs: []Need{NeedCounts},
	Params: []Param{
		{"hosts", 30, "hosts", "fewer is a fleet; ramp from 15"},
		{"per_host", 1.3, "connections", "an instance of a function holds one; ramp to 2"},
		{"turnover", 1.4, "hosts seen per host present", "instances are replaced all the time; ramp from 1.15"},
		{"share", 0.5, "of the connections", "ramp from 0.3"},
		{"used", 0.7, "of the limit", "below it the fan-out harms nobody; ramp from 0.5"},
		{"full", 0.8, "of the limit", "the same where hosts cannot be told apart: a fleet that breathes below the limit looks alike, and is none of anybody's worry. Ramp from 0.65"},
		{"life", 1200, "s", "where hosts cannot be told apart: mean life of a connection; platforms take idle instances away after five to fifteen minutes, pools renew theirs after half an hour and more. Ramp to twice this, and from 30 to 60 s"},
		{"random", 0.55, "times", "and variance of the count against a Poisson stream's, which instances that come and go by themselves have: pools replace at once what they close, and the number stays; ramp from 0.3"},
		{"even", 0.3, "KS distance", "and closings all the time; a deploy's come at once. Ramp from 0.45"},
		{"refused", 0.7, "of attempts", "with more refused, it is the limit that makes connections come and go; ramp to 0.95"},
	},
	Rivals: []Rival{
		{"oversized-pool", "one connection an instance, renewed within minutes; a pool keeps its connections"},
		{"internal-connections", "clients come and go; replicas and Sentinels stay"},
		{"connection-leak", "one connection a host, and hosts come and go"},
		{"maxclients-too-low", "instances live for minutes and hold one connection each"},
		{"zombie-connections", "the hosts that stop also disappear"},
		{"deploy-overlap", "instances are replaced all the time, not once"},
		{"autoscaling-spiral", "instances come by invocation, whether or not anything is refused"},
		{"connection-churn", "a connection lives as long as its instance, for minutes"},
	},
	Fixes: []Fix{
		{Changes, "put a connection proxy between the functions and the server, or cap the concurrency of {name}", "connections follow the proxy's pool, not the number of instances", "hosts × connections stays under the cap"},
		{Changes, "redis-cli CONFIG SET timeout 60", "instances that were frozen lose their idle connection; pub/sub, blocked clients and replicas are spared", "idle p95 of {name} stays under a minute"},
	},
	assess: assessServerless,
}

func assessServerless(p *pass) assessment {
	if p.hostsHidden() {
		return p.fleeting()
	}
	if len(p.apps) == 0 || len(p.lists) < 3 {
		return no(0, "no client lists")
	}
	slot := p.lastListBefore(p.peakSlot)
	if slot < 0 {
		return no(0, "no client list at the peak")
	}
	a := p.fanOut(slot)
	n, hosts := float64(a.at(p.tl, slot).n), float64(a.hosts(p.tl, slot))
	seen := float64(len(a.ents))
	if a.ents[0].host == others.host {
		// More sources than are kept apart: each of the others is one of them.
		hosts, seen = n, maxSources
	}
	per := n / max(hosts, 1)
	turn := seen / max(hosts, 1)
	share := n / max(p.occ[slot], 1)
	score := stat.Ramp(hosts, 15, p.val("hosts")) * stat.Ramp(per, 2, p.val("per_host")) * stat.Ramp(turn, 1.15, p.val("turnover")) *
		stat.Ramp(share, 0.3, p.val("share")) * stat.Ramp(p.used, 0.5, p.val("used"))
	if score < active {
		return no(score, "%s has %.0f connections from %.0f hosts, %.0f hosts in all", a.label, n, hosts, seen)
	}
	v := p.course(window{0, len(p.lists)}, func(i int) float64 { return float64(a.at(p.tl, i).n) })
	onset := p.lists[riseStart(p.t, v)]
	out := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	out.slots = func(slot int) float64 { return float64(a.at(p.tl, slot).n) }
	out.began = p.multiplied(onset, func(i int) cell { return a.at(p.tl, i) })
	out.sources = p.holders(a, slot)
	out.claim = fmt.Sprintf("%s runs %.0f instances with a connection each, %.0f different hosts in all.", a.label, hosts, seen)
	out.evidence = []Evidence{
		ev("hosts of "+a.label+" at the peak", hosts, "hosts", p.pos(slot, true)),
		ev("connections a host", per, "connections", p.pos(slot, true)),
		ev("different hosts over the recording", seen, "hosts", p.pos(p.lists[0], true), p.pos(p.lists[len(p.lists)-1], true)),
		ev("highest share of the limit in use", p.used, "share", p.pos(p.peakSlot, false)),
	}
	return out
}

// fanOut gives the application to judge: the biggest, or all unnamed hosts with one or two
// connections together, where those are more. Functions get addresses from many networks,
// so without names the network does not hold them together.
func (m *model) fanOut(slot int) *app {
	thin := &app{label: "unnamed clients"}
	for _, e := range m.ents {
		if e.name == "" && e.host != "" && e.most() <= 2 {
			thin.ents = append(thin.ents, e)
		}
	}
	thin.keeps = len(thin.ents) >= manyEntities
	if thin.at(m.tl, slot).n > m.apps[0].at(m.tl, slot).n {
		return thin
	}
	return m.apps[0]
}

// most gives the highest number of connections an entity had.
func (e *entity) most() int {
	n := 0
	for _, s := range e.parts {
		n = max(n, s.most)
	}
	return n
}
