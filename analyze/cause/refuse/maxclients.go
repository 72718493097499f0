package refuse

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

var TooLow = cause.Cause{
	ID:       "maxclients-too-low",
	Title:    "maxclients too low for the demand",
	Phrase:   "a maxclients too low for the demand",
	Question: "Did legitimate traffic grow into the limit?",
	Method:   cause.Section(methods, "maxclients-too-low"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "hosts", None: 1.15, Full: 1.4, Unit: "times", Why: "A fleet that outgrows its limit has more hosts when it reaches the limit than at the start.", Of: cause.Of(func(o *organic) float64 { return o.hosts1 / max(o.hosts0, 1) }),
			Says: "hosts when the limit was reached, against the start", Short: "the application has %s times the hosts it had"},
		{Name: "per_host", None: 1.8, Full: 1.35, Unit: "times", Why: "Up to this factor the connections of one host have not grown. If they have, the pools grew and not the fleet.", Of: cause.Of(func(o *organic) float64 { return o.perHost }),
			Says: "connections of each host, against the start", Short: "each host has %s times the connections it had"},
		{Name: "tau", None: 0.15, Full: 0.4, Unit: "τ-b", Why: "The rank correlation is of connections and commands during the rise. Traffic raises both.", Of: cause.Of(func(o *organic) float64 { return o.tau }),
			Says: "rank correlation of connections and commands while they rose", Short: "commands did not rise with the connections (τ %s)"},
		{Name: "elastic", None: 0.5, Full: 0.8, Unit: "elasticity", Why: "Where hosts cannot be told apart, the elasticity is of commands to connections between the ends of the rise. Over days, the time of day blurs the rank correlation.", Of: cause.Of(func(o *organic) float64 { return o.elasticHidden }),
			Says: "elasticity of commands to connections", Short: "commands did not rise with the connections (elasticity %s)"},
		{Name: "unused", None: 0.75, Full: 0.6, Unit: "share", Why: "More idle connections are those of an oversized pool.", Of: cause.Of(func(o *organic) float64 { return o.unused }),
			Says: "share of these connections not in use", Short: "a share of %s of the connections is not in use"},
		{Name: "rise", None: 3, Full: 8, Unit: "lists", Why: "A rise within fewer lists is a step, as of a deploy or a scale-out.", Of: cause.Of(func(o *organic) float64 { return o.lists }),
			Says: "lists of the rise", Short: "it rose within %s lists, as a step"},
		{Name: "grown", None: 1.15, Full: 1.4, Unit: "times", Why: "Where hosts cannot be told apart, their number is not known, and the connections must have grown.", Of: cause.Of(func(o *organic) float64 { return o.grewHidden }),
			Says: "connections when the limit was reached, against the start", Short: "the connections grew %s times"},
		{Name: "more", Value: 4, Unit: "connections", Why: "Where hosts cannot be told apart, so many connections must have come for the count to have grown. Two or three are a pool that breathes, whatever the limit."},
		{Name: "lowered", None: 0.95, Full: 0.8, Unit: "of the limit before", Why: "The ratio is of the limit after to the limit before, in the same process. Somebody set it.", Of: cause.Of(func(x *setLower) float64 { return x.limit / x.before }),
			Says: "the limit since, of the one before", Short: "the limit is %s of what it was"},
		{Name: "outdone", None: 0.9, Full: 1, Unit: "of it", Why: "The ratio is of the connections when the limit was lowered to the new limit. From 1 on, those that were connected have no room any more.", Of: cause.Of(func(x *setLower) float64 { return x.open / x.limit }),
			Says: "connections open when it was lowered, of the new limit", Short: "the connections open then were %s of the new limit"},
		{Name: "turned_away", None: 2, Full: 10, Unit: "connections", Why: "One or two refusals since the limit was lowered are no incident.", Of: cause.Of(func(x *setLower) float64 { return x.refused }),
			Says: "connections refused since it was lowered", Short: "%s connections were refused since it was lowered"},
		{Name: "lasts", None: 0.05, Full: 0.15, Unit: "of the recording", Why: "The limit must have been lower for this share of the recording. A mistyped number is corrected in a moment.", Of: cause.Of(func(x *setLower) float64 { return x.lasts }),
			Says: "share of the recording for which it was lower", Short: "it was lower for %s of the recording only"},
		{Name: "reached", Value: 0.97, Unit: "of the limit", Why: "From this share of the limit on, connections have risen to it."},
	},
	Views: []cause.View{
		{Name: "rise to the limit", Rule: "hosts & per_host | grown, tau | elastic, unused, rise"},
		{Name: "a limit that was lowered", Rule: "lowered, outdone, turned_away, lasts"},
	},
	Refuted: []string{
		"the limit was not reached, or never lowered below what was connected",
		"the rise was a step",
		"commands did not rise with the connections",
		"the same hosts hold more connections each",
		"the connections are not in use",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Yes: true, Why: "legitimate traffic needs more"},
		cause.ScaleOut:   {Yes: true, Why: "if demand outgrows one server's memory and descriptors"},
	},
	Opens: []string{"raise-maxclients"},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Command: "redis-cli CONFIG SET maxclients {limit}", Effect: "room for twice the connections (the descriptor limit permitting); about 20 to 35 kB of memory for each active one; lost at restart unless also in redis.conf", Check: "rejected_connections stops rising"},
		{Risk: finding.Changes, Good: true, Command: "put a connection proxy in front, or spread the keys over more servers", Effect: "needed when legitimate demand goes on growing", Check: "connections per server fall"},
	},
	Assess: assessTooLow,
}

// An organic is how the application that grew most rose into the limit.
type organic struct {
	a                    *measure.App
	hosts0, hosts1, size float64
	grew                 float64 // its connections at the end of the rise, to those at the beginning
	perHost              float64 // the same for one host
	tau, elastic         float64 // commands with connections: by rank, and between the ends
	grewHidden           float64 // grew and elastic where hosts cannot be told apart, else NaN
	elasticHidden        float64
	unused               float64
	lists                float64 // of the rise
	onset, from, to      int
	began                *measure.Moment
}

// organicRise measures the rise of the application that grew most into the limit.
func organicRise(p *cause.Pass) (organic, string) {
	m := p.Model
	var o organic
	if m.LimitReached >= len(m.Samples) && !(m.Used >= p.Number("reached")) {
		return o, "the limit was not reached"
	}
	w := m.Growing()
	if w.Len() < 6 || len(m.Apps) == 0 {
		return o, "too few client lists before the limit was reached"
	}
	first, last := m.Lists[w.Lo], m.Lists[w.Hi-1]
	o.a = m.MostGrown(w)
	o.from, o.to = first, last
	o.hosts0, o.hosts1 = m.HostGrowth(o.a, w)
	n := m.Connections(w, o.a.At)
	n0, n1 := measure.Ends(n)
	if w.Lo > 0 && m.Samples[first].Epoch != m.Samples[m.Lists[w.Lo-1]].Epoch {
		// What comes back after a restart did not grow.
		n0 = max(n0, stat.Median(m.Connections(measure.Window{Lo: max(w.Lo-5, 0), Hi: w.Lo}, o.a.At)))
		o.hosts0 = max(o.hosts0, float64(o.a.Hosts(m.Lists[w.Lo-1])))
	}
	o.size, _ = m.PerHost(o.a, last)
	o.grew = n1 / max(n0, 1)
	o.perHost = n1 / max(o.hosts1, 1) / max(n0/max(o.hosts0, 1), 1)
	cmds, occ := m.Rate(measure.CommandsOf), []float64{}
	var c []float64
	for i := first; i <= last; i++ {
		c, occ = append(c, cmds[i]), append(occ, m.Occupancy[i])
	}
	o.tau, o.elastic = stat.TauB(occ, c), m.Elasticity(w)
	o.unused = m.UnusedShare(o.a, last)
	at := measure.RiseStart(m.ListTimes[w.Lo:w.Hi], n)
	o.onset = m.Lists[w.Lo+at]
	o.began = m.Bent(w, n, o.onset)
	o.lists = float64(w.Len() - at)
	o.grewHidden, o.elasticHidden = math.NaN(), math.NaN()
	if m.HostsHidden() || o.hosts1 <= 1 {
		// One or few addresses for all (a proxy, NAT, INFO alone): the fleet cannot be counted.
		if o.grewHidden = o.grew; n1-n0 < p.Number("more") {
			o.grewHidden = 1
		}
	}
	if m.HostsHidden() {
		o.elasticHidden = o.elastic
	}
	return o, ""
}

func assessTooLow(p *cause.Pass) cause.Assessment {
	a := grewIntoLimit(p)
	if a.Score < cause.Active {
		if x := loweredLimit(p); x.Score >= cause.Active {
			return x
		}
	}
	return a
}

// grewIntoLimit judges a rise to a limit that stayed.
func grewIntoLimit(p *cause.Pass) cause.Assessment {
	o, why := organicRise(p)
	if why != "" {
		return cause.No(0, "%s", why)
	}
	score := p.Judge("rise to the limit", o.a.Label, cause.Span{From: o.from, To: o.to, Lists: true}, &o)
	if score < cause.Active {
		return cause.No(score, "%s went from %.0f to %.0f hosts with %.1f times the connections each; commands rose with them at τ %.2f",
			o.a.Label, o.hosts0, o.hosts1, o.perHost, o.tau)
	}
	limit := p.LimitAt(p.PeakSlot)
	a := cause.Assessment{Score: score, Onset: o.onset, OnsetLo: max(o.onset-1, 0), End: -1, Began: o.began}
	n0 := float64(o.a.At(o.from).N)
	a.Slots = func(slot int) float64 { return float64(o.a.At(slot).N) - n0 }
	a.Sources = p.Holders(o.a, o.to)
	c0, c1 := p.CommandRate(o.from), p.CommandRate(o.to)
	a.Claim = fmt.Sprintf("Traffic grew into the limit: %s went from %.0f to %.0f hosts at %.0f connections each, commands from %.1f to %.1f a second; the limit is %.0f.",
		o.a.Label, o.hosts0, o.hosts1, o.size, c0, c1, limit)
	a.Evidence = []finding.Evidence{
		finding.New(fmt.Sprintf("hosts of %s when the limit was reached, against the start", o.a.Label), o.hosts1/max(o.hosts0, 1), "times", p.Place(o.from, true), p.Place(o.to, true)),
		finding.New("connections of each host, against the start", o.perHost, "times", p.Place(o.from, true), p.Place(o.to, true)),
		finding.New("rank correlation of connections and commands while they rose", o.tau, "τ-b", p.Place(o.from, false), p.Place(o.to, false)),
		finding.New("share of these connections not in use", o.unused, "share", p.Place(o.to, true)),
		finding.New("limit in effect", limit, "connections", p.Place(p.PeakSlot, false)),
	}
	return a
}

// firstLimitTrouble gives the sample at which the limit began to matter: the first
// refusal at the limit, or reaching it.
func firstLimitTrouble(m *measure.Model) int {
	for _, i := range m.AtLimit {
		if m.Samples[i].Refused > 0 {
			return i
		}
	}
	if m.LimitReached < len(m.Samples) {
		return m.LimitReached
	}
	return m.PeakSlot
}
