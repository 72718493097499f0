package hold

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

var Internal = cause.Cause{
	ID:       "internal-connections",
	Title:    "Internal connections take the slots",
	Phrase:   "internal connections taking slots",
	Question: "Do replicas, Sentinels and the cluster bus take a good part of the slots?",
	Method:   cause.Section(methods, "internal-connections"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "gain", None: 4, Full: 8, Unit: "connections", Why: "A few replicas and three Sentinels hold six to nine connections.", Of: cause.Of(func(x *links) float64 { return x.n1 - x.n0 }),
			Says: "internal connections more", Short: "%s internal connections more are a few replicas and Sentinels"},
		{Name: "share", None: 0.15, Full: 0.3, Unit: "of the connections", Why: "Every server has a few internal connections among all of its connections.", Of: cause.Of(func(x *links) float64 { return x.share }),
			Says: "their share of all connections", Short: "they are a share of %s of all connections"},
		{Name: "growth", None: 0.3, Full: 0.5, Unit: "of all growth", Why: "Internal connections must be what grew.", Of: cause.Of(func(x *links) float64 { return x.ofGrowth }),
			Says: "their share of all growth", Short: "they are a share of %s of the growth"},
		{Name: "standing", None: 12, Full: 24, Unit: "connections", Why: "Where the connections were there before the recording and the limit is nearly used (0.8), twelve connections of Sentinels and replicas are more than anyone needs.", Of: cause.Of(func(x *links) float64 { return x.n0 }),
			Says: "internal connections at the beginning", Short: "%s internal connections are part of a deployment"},
		{Name: "per_host", Value: 5, Unit: "connections", Why: "The number is of internal connections for each host that has any. A living Sentinel or replica has two, and both on one host have four, so with more than that most belong to dead processes, and more come with every restart. Half of the limit (ramp from a third) is then enough."},
		{Name: "full", None: 0.7, Full: 0.8, Unit: "of the limit", Why: "Where the internal connections were there before the recording, the limit must be nearly used.", Of: cause.Of(func(x *links) float64 { return x.used }),
			Says: "highest share of the limit in use", Short: "at most a share of %s of the limit was in use"},
		{Name: "full_growing", None: 0.35, Full: 0.5, Unit: "of the limit", Why: "Where most internal connections belong to dead processes (see per_host), a lower use of the limit is enough, because more will come.", Of: cause.Of(func(x *links) float64 { return x.crowded }),
			Says: "highest share of the limit in use", Short: "at most a share of %s of the limit was in use"},
		{Name: "half", None: 0.4, Full: 0.2, Unit: "of the growth", Why: "In INFO alone nobody has a name. Of the two connections of a Sentinel one subscribes, so where Sentinels are what grew, half of the connections added are in pubsub_clients (7.4 and later). Of an application's subscribers that leak all are, of other clients none.", Of: cause.Of(func(x *links) float64 { return x.half }),
			Says: "by how much the added connections that subscribe, doubled, differ from all that were added", Short: "the added connections that subscribe, doubled, differ from all that were added by a share of %s"},
		{Name: "together", None: 0.4, Full: 0.2, Unit: "of the growth", Why: "A Sentinel opens its two connections at once. Those that subscribe and the others must have come at the same time all along: the greatest distance of their two courses is taken.", Of: cause.Of(func(x *links) float64 { return x.apart }),
			Says: "greatest distance between the courses of those that subscribe and of the others", Short: "those that subscribe and the others grew at other times (distance %s)"},
	},
	Views: []cause.View{
		{Name: "growing", Rule: "gain, share, growth"},
		{Name: "growing, INFO alone", Rule: "gain, share, growth, half, together"},
		{Name: "there before", Rule: "standing, share, full | full_growing"},
	},
	Refuted: []string{
		"replicas, Sentinels and links hold a small share",
		"their number did not grow",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "first find why replicas, Sentinels, links need so many"},
	},
	Alerts: []string{"RedisConnectionsRiseWithoutTraffic"},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Command: "remove Sentinels and replicas that no longer exist: redis-cli -p 26379 SENTINEL RESET '*' on each Sentinel", Effect: "each one gone frees its two connections", Check: "CLIENT LIST shows two connections a living Sentinel"},
		{Risk: finding.Changes, Good: true, Command: "keep 100 to 200 slots above the clients' need for internal connections", Effect: "a failover does not reach the limit", Check: "used share under 0.8 with all replicas attached"},
	},
	Assess: assessInternal,
}

// links are the internal connections over a window.
type links struct {
	n0, n1, share, ofGrowth float64 // at its ends; of all connections, and of all growth
	used                    float64 // of the limit
	crowded                 float64 // the same where most are of dead ones, else NaN
	half, apart             float64 // in INFO alone, how far from pairs of which one subscribes: in number, in time
}

func assessInternal(p *cause.Pass) cause.Assessment {
	w := p.Growing()
	if w.Len() < 3 {
		return cause.No(0, "only %s before the limit or the end", finding.Count(w.Len(), "client list"))
	}
	count := func(i int) float64 {
		n := p.All.At(i).Internal
		c := p.Samples[i].ClusterLinks
		if !(c > 0) {
			c = 0
		}
		return float64(n) + c
	}
	v := p.Values(w, count)
	n0, n1 := measure.Ends(v)
	o0, o1 := measure.Ends(p.Values(w, func(i int) float64 { return p.Occupancy[i] }))
	share, ofGrowth := n1/max(o1, 1), (n1-n0)/max(o1-o0, 1)
	x := links{n0, n1, share, ofGrowth, p.Used, math.NaN(), 0, 0}
	if !p.HostsHidden() && internalPerHost(p.Model, p.Lists[w.Hi-1]) >= p.Number("per_host") {
		x.crowded = p.Used
	}
	growing := p.Judge("growing", "growing", overLists(p, w), &x)
	standing := p.Judge("there before", "there before", overLists(p, w), &x)
	score := max(growing, standing)
	if score < cause.Active && p.InfoOnly {
		if a := subscribingPairs(p, w); a.Score > score {
			return a
		}
	}
	if score < cause.Active {
		return cause.No(score, "internal connections %s, %.0f %% of all", finding.FromTo(n0, n1), share*100)
	}
	at := measure.RiseStart(p.ListTimes[w.Lo:w.Hi], v)
	onset, last := p.Lists[w.Lo+at], p.Lists[w.Hi-1]
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	a.Began = p.Bent(w, v, onset)
	a.Slots = func(slot int) float64 { return count(slot) - n0 }
	a.Sources = p.Blame(p.Entities, func(e *measure.Entity) float64 { return float64(e.At(last).Internal) })
	a.Claim = fmt.Sprintf("Replicas, Sentinels and cluster links went from %.0f to %.0f connections, %.0f %% of all growth.", n0, n1, min(ofGrowth, 1)*100)
	if standing > growing {
		a.Began, a.Slots = p.Always(), count
		a.Claim = fmt.Sprintf("Replicas, Sentinels and cluster links hold %.0f connections, %.0f %% of all, since before the recording.", n1, share*100)
	}
	a.Evidence = []finding.Evidence{
		finding.New("internal connections at the end of the rise", n1, "connections", p.Place(onset, true), p.Place(last, true)),
		finding.New("their share of all connections", share, "share", p.Place(last, true)),
	}
	return a
}

// subscribingPairs judges Sentinels where nobody has a name: by connections that come two at a
// time, of which one subscribes.
func subscribingPairs(p *cause.Pass, w measure.Window) cause.Assessment {
	subscribed := func(i int) float64 { return p.Samples[i].Subscribed }
	v := p.Values(w, subscribed)
	if !(slices.Min(v) >= 0) {
		return cause.No(0, "how many connections subscribe is not known")
	}
	all := p.Values(w, func(i int) float64 { return p.Occupancy[i] })
	others := p.Values(w, func(i int) float64 { return p.Occupancy[i] - subscribed(i) })
	n0, n1 := measure.Ends(v)
	r0, r1 := measure.Ends(others)
	o0, o1 := measure.Ends(all)
	gain := n1 - n0
	x := links{n0: 2 * n0, n1: 2 * n1, share: 2 * n1 / max(o1, 1), ofGrowth: 2 * gain / max(o1-o0, 1), used: p.Used}
	x.half = math.Abs(2*gain/max(o1-o0, 1) - 1)
	for i := range v {
		x.apart = max(x.apart, math.Abs((v[i]-n0)/max(gain, 1)-(others[i]-r0)/max(r1-r0, 1)))
	}
	score := p.Judge("growing, INFO alone", "pairs of which one subscribes", overLists(p, w), &x)
	if score < cause.Active {
		return cause.No(score, "connections that subscribe %s, of all %s", finding.FromTo(n0, n1), finding.FromTo(o0, o1))
	}
	onset, last := p.Lists[w.Lo+measure.RiseStart(p.ListTimes[w.Lo:w.Hi], v)], p.Lists[w.Hi-1]
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1, Began: p.Bent(w, v, onset)}
	a.Slots = func(slot int) float64 { return 2 * (timeline.Known(subscribed(slot)) - n0) }
	a.Claim = fmt.Sprintf("%.0f connections came, of which %.0f subscribe, two at a time all along, as a Sentinel's two do; an application that leaks its subscribers with a second connection each would look the same.", o1-o0, gain)
	a.Evidence = []finding.Evidence{
		finding.New("connections that subscribe, more than at the beginning", gain, "connections", p.Place(onset, false), p.Place(last, false)),
		finding.New("share of the added connections that subscribe", gain/max(o1-o0, 1), "share", p.Place(onset, false), p.Place(last, false)),
	}
	return a
}

// internalPerHost gives how many internal connections those hosts have that have any.
func internalPerHost(m *measure.Model, slot int) float64 {
	n, hosts := 0.0, map[string]bool{}
	for _, e := range m.Entities {
		if k := e.At(slot).Internal; k > 0 {
			n += float64(k)
			hosts[e.Host] = true
		}
	}
	return n / max(float64(len(hosts)), 1)
}
