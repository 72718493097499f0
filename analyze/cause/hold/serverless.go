package hold

import (
	"fmt"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

var Serverless = cause.Cause{
	ID:       "serverless-fanout",
	Title:    "Serverless fan-out",
	Phrase:   "serverless fan-out",
	Question: "Does each of hundreds of short-lived instances hold its own connection?",
	Method:   cause.Section(methods, "serverless-fanout"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "hosts", None: 15, Full: 30, Unit: "hosts", Why: "Fewer hosts are an ordinary fleet.", Of: cause.Of(func(x *fan) float64 { return x.hosts }),
			Says: "hosts at the peak", Short: "%s hosts are a fleet"},
		{Name: "per_host", None: 2, Full: 1.3, Unit: "connections", Why: "An instance of a function holds one connection.", Of: cause.Of(func(x *fan) float64 { return x.per }),
			Says: "connections a host", Short: "a host holds %s connections"},
		{Name: "turnover", None: 1.15, Full: 1.4, Unit: "hosts seen per host present", Why: "A platform replaces its instances all the time.", Of: cause.Of(func(x *fan) float64 { return x.turn }),
			Says: "different hosts over the recording, for each at the peak", Short: "%s hosts were seen for each present"},
		{Name: "share", None: 0.3, Full: 0.5, Unit: "of the connections", Why: "A few instances beside a fleet with pools are no fan-out.", Of: cause.Of(func(x *fan) float64 { return x.share }),
			Says: "share of all connections", Short: "they are a share of %s of the connections"},
		{Name: "used", None: 0.5, Full: 0.7, Unit: "of the limit", Why: "With a lower use of the limit the fan-out harms nobody.", Of: cause.Of(func(x *fan) float64 { return x.used }),
			Says: "highest share of the limit in use", Short: "at most a share of %s of the limit was in use"},
		{Name: "full", None: 0.65, Full: 0.8, Unit: "of the limit", Why: "Where hosts cannot be told apart, a fleet that breathes below the limit looks the same, and needs no one's attention.", Of: cause.Of(func(x *fan) float64 { return x.used }),
			Says: "highest share of the limit in use", Short: "at most a share of %s of the limit was in use"},
		{Name: "life", None: 2400, Full: 1200, Unit: "s", Why: "Where hosts cannot be told apart, the mean life of a connection decides. Platforms remove idle instances after five to fifteen minutes. Pools renew their connections after half an hour and more.", Of: cause.Of(func(x *fan) float64 { return x.life }),
			Says: "mean life of a connection (occupancy over closings, Little's law)", Short: "a connection lives for %s s"},
		{Name: "random", None: 0.3, Full: 0.55, Unit: "times", Why: "The variance of the count is compared with that of a Poisson stream. Instances that come and go independently have the same. Pools replace at once what they close, so that their count stays.", Of: cause.Of(func(x *fan) float64 { return x.random }),
			Says: "variance of the count's changes against a Poisson stream's", Short: "the number wanders %s times as much as a Poisson stream's"},
		{Name: "even", None: 0.45, Full: 0.3, Unit: "KS distance", Why: "Instances close their connections throughout the recording. A deploy closes them at once.", Of: cause.Of(func(x *fan) float64 { return x.spread }),
			Says: "closings are spread over the time (0 even … 1 at once)", Short: "they closed at once (KS distance %s)"},
		{Name: "refused", None: 0.95, Full: 0.7, Unit: "of attempts", Why: "Where more attempts are refused, the limit explains why connections come and go.", Of: cause.Of(func(x *fan) float64 { return x.refused }),
			Says: "share of the attempts that were refused", Short: "a share of %s of the attempts was refused"},
		{Name: "life_least", None: 30, Full: 60, Unit: "s", Why: "An instance serves for a while. A connection per request closes at once.", Of: cause.Of(func(x *fan) float64 { return x.life }),
			Says: "mean life of a connection", Short: "a connection lives for %s s"},
		{Name: "closed", None: 15, Full: 40, Unit: "connections", Why: "A mean life can be estimated from so many closed connections on.", Of: cause.Of(func(x *fan) float64 { return x.closed }),
			Says: "connections that closed", Short: "%s connections closed"},
		{Name: "level", Value: 0.5, Unit: "of the peak", Why: "Where hosts cannot be told apart, only samples at this share of the peak or above are looked at. Below it the limit is far."},
	},
	Views: []cause.View{
		{Name: "client lists", Rule: "hosts, per_host, turnover, share, used"},
		{Name: "hosts hidden", Rule: "full, life, life_least, random, even, closed, share, refused"},
	},
	Refuted: []string{
		"hosts hold several connections each",
		"the hosts stay the same",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "each new instance takes one more; it buys time only"},
	},
	Opens:  []string{"raise-maxclients"},
	Alerts: []string{"RedisConnectionsRiseWithoutTraffic"},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "put a connection proxy between the functions and the server, or cap the concurrency of {name}", Effect: "the proxy's pool sets the number of connections", Check: "hosts × connections stays under the cap"},
		{Risk: finding.Changes, Command: "cap how many instances of {name} run at once (reserved concurrency, max instances) below today's number", Effect: "connections fall with the instances; requests beyond wait", Check: "hosts of {name} stay under the cap"},
	},
	Assess: assessServerless,
}

// A fan is what is measured of many short-lived instances.
type fan struct {
	hosts, per, turn float64 // at the peak; connections of each; hosts ever seen for each
	share, used      float64 // of all connections, and of the limit
	refused          float64 // of the attempts
	fleet                    // how connections are renewed, where hosts are hidden
}

func assessServerless(p *cause.Pass) cause.Assessment {
	if p.HostsHidden() {
		return fleeting(p)
	}
	if len(p.Apps) == 0 || len(p.Lists) < 3 {
		return cause.No(0, "no client lists")
	}
	slot := p.LastListBefore(p.PeakSlot)
	if slot < 0 {
		return cause.No(0, "no client list at the peak")
	}
	a := fanOut(p.Model, slot)
	n, hosts := float64(a.At(slot).N), float64(a.Hosts(slot))
	seen := float64(len(a.Entities))
	if a.Entities[0].Host == timeline.Others.Host {
		// More sources than are kept apart: each of the others is one of them.
		hosts, seen = n, timeline.MaxSources
	}
	per := n / max(hosts, 1)
	turn := seen / max(hosts, 1)
	share := n / max(p.Occupancy[slot], 1)
	score := p.Judge("client lists", a.Label, cause.Span{From: p.Lists[0], To: slot, Lists: true}, &fan{hosts: hosts, per: per, turn: turn, share: share, used: p.Used})
	if score < cause.Active {
		return cause.No(score, "%s has %.0f connections from %.0f hosts, %.0f hosts in all", a.Label, n, hosts, seen)
	}
	v := p.Connections(measure.Window{Lo: 0, Hi: len(p.Lists)}, a.At)
	onset := p.Lists[measure.RiseStart(p.ListTimes, v)]
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	out.Slots = func(slot int) float64 { return float64(a.At(slot).N) }
	out.Began = p.Multiplied(onset, a.At)
	out.Sources = p.Holders(a, slot)
	out.Claim = fmt.Sprintf("%s runs %.0f instances with a connection each, %.0f different hosts in all.", a.Label, hosts, seen)
	out.Evidence = []finding.Evidence{
		finding.New("hosts of "+a.Label+" at the peak", hosts, "hosts", p.Place(slot, true)),
		finding.New("connections a host", per, "connections", p.Place(slot, true)),
		finding.New("different hosts over the recording", seen, "hosts", p.Place(p.Lists[0], true), p.Place(p.Lists[len(p.Lists)-1], true)),
		finding.New("highest share of the limit in use", p.Used, "share", p.Place(p.PeakSlot, false)),
	}
	return out
}

// fanOut gives the application to judge: the biggest, or all unnamed hosts with one or two
// connections together, where those are more. Functions get addresses from many networks,
// so without names the network does not hold them together.
func fanOut(m *measure.Model, slot int) *measure.App {
	thin := &measure.App{Label: "unnamed clients"}
	for _, e := range m.Entities {
		if e.Name == "" && e.Host != "" && e.Most() <= 2 {
			thin.Entities = append(thin.Entities, e)
		}
	}
	if thin.At(slot).N > m.Apps[0].At(slot).N {
		return thin.KeepSums(len(m.Samples))
	}
	return m.Apps[0]
}
