package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var tooLow = Cause{
	ID:       "maxclients-too-low",
	Title:    "maxclients too low for the demand",
	Phrase:   "a maxclients too low for the demand",
	Question: "Did legitimate traffic grow into the limit?",
	Method: "Asks for positive evidence, not for the absence of others: the limit was reached by a gradual rise; the number " +
		"of hosts of the growing application rose while each kept its number of connections; commands rose with the " +
		"connections (Kendall's τ-b), and the connections are in use.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"hosts", 1.4, "times", "growth of the application's hosts up to the limit; ramp from 1.15"},
		{"per_host", 1.35, "times", "growth of the connections of one host that is still no growth; ramp to 1.8"},
		{"tau", 0.4, "τ-b", "rank correlation of connections and commands while rising; ramp from 0.15"},
		{"elastic", 0.8, "elasticity", "of commands to connections between the ends of the rise, where hosts cannot be told apart; over days the hours blur the rank correlation. Ramp from 0.5"},
		{"unused", 0.6, "share", "more idle connections speak of a pool; ramp from 0.75"},
		{"rise", 8, "lists", "a rise within fewer is a step (a deploy, a scale-out); ramp from 3"},
	},
	Rivals: []Rival{
		{"connection-leak", "each host keeps its number of connections, and they are in use"},
		{"oversized-pool", "the connections are in use, and the rise is gradual"},
		{"fd-limit", "the limit is the configured one, not what the descriptors allowed"},
		{"autoscaling-spiral", "hosts grew before the limit was reached, with the commands"},
		{"retry-storm", "connections are refused now and then, a storm about as often as commands are served"},
		{"app-pool-exhaustion", "the server itself refuses; with an exhausted pool it has room"},
		{"serverless-fanout", "each host holds a pool and stays; functions hold one connection each and live for minutes"},
		{"protected-mode-refusals", "the limit is reached while connections are refused"},
		{"deploy-overlap", "the rise lasts: the old hosts stay and the new ones add to them"},
		{"blocking-commands", "the connections run commands; those that wait in BLPOP, XREAD or WAIT do not"},
		{"slow-commands", "no long command goes before the rise"},
		{"internal-connections", "the connections added are applications'"},
		{"zombie-connections", "every host that holds connections works"},
	},
	Fixes: []Fix{
		{Changes, "redis-cli CONFIG SET maxclients {limit}", "room for twice the connections, as far as the descriptor limit allows; about 20 to 35 kB of memory for each active one; lost at restart unless also in redis.conf", "rejected_connections stops rising"},
		{Changes, "put a connection proxy in front, or spread the keys over more servers", "needed when one server's legitimate demand keeps growing", "connections per server fall"},
	},
	assess: assessTooLow,
}

// An organic is how the application that grew most rose into the limit.
type organic struct {
	a                    *app
	hosts0, hosts1, size float64
	grew                 float64 // its connections at the end of the rise, to those at the beginning
	perHost              float64 // the same for one host
	tau, elastic         float64 // commands with connections: by rank, and between the ends
	unused               float64
	lists                float64 // of the rise
	onset, from, to      int
	began                *moment
}

// organicRise measures the rise of the application that grew most into the limit.
func (m *model) organicRise() (organic, string) {
	var o organic
	if m.satFirst >= len(m.s) && !(m.used >= 0.97) {
		return o, "the limit was not reached"
	}
	w := m.growing()
	if w.len() < 6 || len(m.apps) == 0 {
		return o, "too few client lists before the limit was reached"
	}
	first, last := m.lists[w.lo], m.lists[w.hi-1]
	o.a = m.mostGrown(w)
	o.from, o.to = first, last
	o.hosts0, o.hosts1 = m.hostGrowth(o.a, w)
	n := m.course(w, func(i int) float64 { return float64(o.a.at(m.tl, i).n) })
	n0, n1 := ends(n)
	if w.lo > 0 && m.s[first].Epoch != m.s[m.lists[w.lo-1]].Epoch {
		// What comes back after a restart did not grow.
		n0 = max(n0, stat.Median(m.course(window{max(w.lo-5, 0), w.lo}, func(i int) float64 { return float64(o.a.at(m.tl, i).n) })))
		o.hosts0 = max(o.hosts0, float64(o.a.hosts(m.tl, m.lists[w.lo-1])))
	}
	o.size, _ = m.perHost(o.a, last)
	o.grew = n1 / max(n0, 1)
	o.perHost = n1 / max(o.hosts1, 1) / max(n0/max(o.hosts0, 1), 1)
	cmds, occ := m.rate(commandsOf), []float64{}
	var c []float64
	for i := first; i <= last; i++ {
		c, occ = append(c, cmds[i]), append(occ, m.occ[i])
	}
	o.tau, o.elastic = stat.TauB(occ, c), m.elasticity(w)
	o.unused = m.unusedShare(o.a, last)
	at := riseStart(m.t[w.lo:w.hi], n)
	o.onset = m.lists[w.lo+at]
	o.began = m.bent(w, n, o.onset)
	o.lists = float64(w.len() - at)
	return o, ""
}

// demand scores how much a rise looks like demand.
func (p *pass) demand(o organic) float64 {
	fleet := stat.Ramp(o.hosts1/max(o.hosts0, 1), 1.15, p.val("hosts")) * stat.Ramp(o.perHost, 1.8, p.val("per_host"))
	if p.hostsHidden() || o.hosts1 <= 1 {
		// One or few addresses for all (a proxy, NAT, INFO alone): the fleet cannot be counted.
		fleet = max(fleet, 0.75*stat.Ramp(o.grew, 1.15, p.val("hosts")))
	}
	follows := stat.Ramp(o.tau, 0.15, p.val("tau"))
	if p.hostsHidden() && !math.IsNaN(o.elastic) {
		follows = max(follows, stat.Ramp(o.elastic, p.val("elastic")-0.3, p.val("elastic")))
	}
	return fleet * follows * stat.Ramp(o.unused, 0.75, p.val("unused")) * stat.Ramp(o.lists, 3, p.val("rise"))
}

func assessTooLow(p *pass) assessment {
	o, why := p.organicRise()
	if why != "" {
		return no(0, "%s", why)
	}
	score := p.demand(o)
	if score < active {
		return no(score, "%s went from %.0f to %.0f hosts with %.1f times the connections each; commands rose with them at τ %.2f",
			o.a.label, o.hosts0, o.hosts1, o.perHost, o.tau)
	}
	limit := p.s[p.peakSlot].Limit
	a := assessment{score: score, onset: o.onset, onsetLo: max(o.onset-1, 0), end: -1, began: o.began}
	n0 := float64(o.a.at(p.tl, o.from).n)
	a.slots = func(slot int) float64 { return float64(o.a.at(p.tl, slot).n) - n0 }
	a.sources = p.holders(o.a, o.to)
	c0, c1 := p.commandRate(o.from), p.commandRate(o.to)
	a.claim = fmt.Sprintf("Traffic grew into the limit: %s went from %.0f to %.0f hosts at %.0f connections each, commands from %.1f to %.1f a second; the limit is %.0f.",
		o.a.label, o.hosts0, o.hosts1, o.size, c0, c1, limit)
	a.evidence = []Evidence{
		ev(fmt.Sprintf("hosts of %s when the limit was reached, against the start", o.a.label), o.hosts1/max(o.hosts0, 1), "times", p.pos(o.from, true), p.pos(o.to, true)),
		ev("connections of each host, against the start", o.perHost, "times", p.pos(o.from, true), p.pos(o.to, true)),
		ev("rank correlation of connections and commands while they rose", o.tau, "τ-b", p.pos(o.from, false), p.pos(o.to, false)),
		ev("share of these connections not in use", o.unused, "share", p.pos(o.to, true)),
		ev("limit in effect", limit, "connections", p.pos(p.peakSlot, false)),
	}
	return a
}

// commandRate gives commands a second around a sample, as the median of five.
func (m *model) commandRate(slot int) float64 {
	r := m.rate(commandsOf)
	return stat.Median(r[max(slot-2, 0):min(slot+3, len(r))])
}

// firstLimitTrouble gives the sample at which the limit began to matter: the first
// refusal at the limit, or reaching it.
func (m *model) firstLimitTrouble() int {
	for _, i := range m.sat {
		if m.s[i].Refused > 0 {
			return i
		}
	}
	if m.satFirst < len(m.s) {
		return m.satFirst
	}
	return m.peakSlot
}

// mostGrown gives the application that added most connections over a window; the biggest
// where none grew.
func (m *model) mostGrown(w window) *app {
	best, most := m.apps[0], 0.0
	for _, a := range m.apps[:min(len(m.apps), 50)] {
		from, to := ends(m.course(w, func(i int) float64 { return float64(a.at(m.tl, i).n) }))
		if to-from > most {
			best, most = a, to-from
		}
	}
	return best
}
