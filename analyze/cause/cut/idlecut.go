package cut

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

var IdleCut = cause.Cause{
	ID:       "idle-cut",
	Title:    "Idle connections cut",
	Phrase:   "idle connections being cut",
	Question: "Does a timeout cut idle connections that then come back?",
	Method:   cause.Section(methods, "idle-cut"),
	Needs:    []cause.Need{cause.NeedList},
	Signs: []cause.Sign{
		{Name: "deaths", None: 8, Full: 20, Unit: "connections", Why: "Fewer closed connections show no common idle time. Where no timeout is set, twice as many are needed.", Of: cause.Of(func(x *idleCuts) float64 { return x.dead / x.least }),
			Says: "connections that went", Short: "%s connections went"},
		{Name: "same", None: 0.35, Full: 0.6, Unit: "of the deaths", Why: "Deaths count that fall within two octaves of idle time: those around the timeout, or, where none is set, the two with most deaths.", Of: cause.Of(func(x *idleCuts) float64 { return x.same / max(x.dead, 1) }),
			Says: "share of those that went about this idle time", Short: "a share of %s went about one idle time"},
		{Name: "box_least", Value: 32, Unit: "s", Why: "Lower bound of the idle time at which a middlebox may cut: firewalls and load balancers forget a connection after a minute or more."},
		{Name: "box_most", Value: 2048, Unit: "s", Why: "Upper bound of the idle time at which a middlebox may cut."},
		{Name: "subscribed", Value: 0.9, Unit: "of the connections seen", Why: "Connections of subscribers count as idle deaths without a timeout if so many of the host's connections were seen subscribed. A list may show a connection before it has subscribed."},
		{Name: "at_once", None: 0.6, Full: 0.8, Unit: "of the deaths", Why: "Where no timeout is set, so many of a pool's deaths must fall within half an octave of idle time.", Of: cause.Of(func(x *boxed) float64 { return x.same / max(x.dead, 1) }),
			Says: "share of those that went within half an octave of idle time", Short: "a share of %s went at one idle time"},
		{Name: "life", None: 3, Full: 2, Unit: "idle times", Why: "In a pool that is cut at an idle time no connection rests for longer, and the mean life is two to three such times at most. Where pools trim themselves it is four and more.", Of: cause.Of(func(x *boxed) float64 { return x.life }),
			Says: "mean life of a connection, against that idle time", Short: "a connection lives for %s of the idle times: the pool trims itself"},
		{Name: "replaced", None: 0.3, Full: 0.6, Unit: "of the deaths", Why: "A connection that was cut is replaced: the same host opens one in the same list or the next.", Of: cause.Of(func(x interface{ reborn() float64 }) float64 { return x.reborn() }),
			Says: "share of the connections gone that the same host replaced by the next list", Short: "a share of %s was replaced at once"},
		{Name: "box_deaths", None: 20, Full: 40, Unit: "connections", Why: "Where no timeout is set, so many connections must rest for one time and then close. Fewer are no evidence of a middlebox.", Of: cause.Of(func(x *boxed) float64 { return x.dead }),
			Says: "connections that went", Short: "%s connections went"},
		{Name: "box_even", None: 0.35, Full: 0.2, Unit: "KS distance", Why: "Cuts by idle time happen throughout the recording. A deploy or a restart ends many connections at once.", Of: cause.Of(func(x *boxed) float64 { return x.even }),
			Says: "how the cuts came (0 even … 1 at once)", Short: "they went at once (KS distance %s)"},
		{Name: "beyond", None: 0.25, Full: 0.12, Unit: "share", Why: "A middlebox lets no connection of the source rest for longer than its idle time.", Of: cause.Of(func(x *boxed) float64 { return x.beyond }),
			Says: "share of the connections that rest for longer", Short: "a share of %s rests for longer"},
		{Name: "apart", Value: 0.5, Unit: "of the score", Why: "The score is multiplied by this where lists are too far apart to tell the idle time from another: under three sampling intervals, or two for a middlebox."},
		{Name: "nearest", Value: 0.75, Unit: "of the upper octave", Why: "This point of the upper octave is named as the idle time, where most connections closed in the upper of the two octaves."},
		{Name: "own", Value: 0.8, Unit: "of the timeout", Why: "From this share of the timeout on, the server itself cut the connection, and not a middlebox."},
		{Name: "most_at", Value: 0.5, Unit: "of the deaths", Why: "Where fewer deaths fall at one idle time, no middlebox is looked for."},
		{Name: "near_lists", Value: 3, Unit: "sampling intervals", Why: "Lists can tell an idle time from another if it lasts for so many sampling intervals."},
	},
	Views: []cause.View{
		{Name: "timeout or subscribers", Rule: "deaths, replaced, same"},
		{Name: "a box on the way", Rule: "box_deaths, at_once, life, box_even, beyond, replaced"},
	},
	Refuted: []string{
		"connections went at any idle time",
		"those that went were not replaced",
		"no timeout is set, and what was cut is neither subscribers nor whole pools",
	},
	Opens:  []string{"timeout"},
	Alerts: []string{"RedisManyNewConnections"},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "let the pools of {name} close or probe idle connections before they are cut (an idle time-out below that, or a keep-alive PING)", Effect: "no request meets a connection that was cut", Check: "accepted connections fall"},
		{Risk: finding.Changes, Command: "redis-cli CONFIG SET timeout 0", Effect: "the server cuts no idle connection; a middlebox still may", Check: "no connection of {name} is replaced at one idle time"},
		{Risk: finding.Changes, Command: "redis-cli CONFIG SET tcp-keepalive 60", Effect: "probes keep a middlebox from forgetting idle connections (those opened from then on)", Check: "no connection of {name} is replaced at one idle time"},
	},
	Assess: assessIdleCut,
}

// idleCuts are the connections that went after an idle time.
type idleCuts struct {
	dead, same, replaced float64 // that went; of those, at about one idle time; share replaced
	least                float64 // times as many are asked for
}

func (x *idleCuts) reborn() float64 { return x.replaced }

func assessIdleCut(p *cause.Pass) cause.Assessment {
	timeout := measure.Atof(p.TL.Config["timeout"])
	var idle [timeline.IdleOctaves]float64
	var dead, answered float64
	var cut []*measure.Entity
	for _, e := range p.Entities {
		if !(timeout > 0) && !subscribers(p, e) {
			continue
		}
		d, a := p.Replaced(e)
		dead, answered = dead+d, answered+a
		for _, s := range e.Parts {
			for b, n := range s.Idle {
				idle[b/timeline.PerOctave] += float64(n)
			}
		}
		if a > 0 {
			cut = append(cut, e)
		}
	}
	same, about := cutTogether(p, idle[:], timeout)
	replaced, least := answered/max(dead, 1), 1.0
	if !(timeout > 0) {
		least = 2
	}
	x := idleCuts{dead, same, replaced, least}
	if about < p.Number("near_lists")*p.Interval {
		x.same *= p.Number("apart") // the lists are too far apart to know this idle time from another
	}
	score := p.Judge("timeout or subscribers", "", cause.Span{To: len(p.Samples) - 1, Lists: true}, &x)
	if score < cause.Active {
		if x := boxCut(p, timeout); x.Score > score {
			return x
		}
	}
	switch {
	case score < cause.Active && timeout > 0:
		return cause.No(score, "%.0f connections went, %.0f of them near the timeout of %.0f s; %.0f %% were replaced at once", dead, same, timeout, replaced*100)
	case score < cause.Active:
		return cause.No(score, "the server's timeout is 0 or not known, and neither subscribers nor whole pools were cut after a fixed time")
	}
	a := cause.Assessment{Score: score, Onset: -1, OnsetLo: -1, End: -1}
	a.Sources = p.Blame(cut, func(e *measure.Entity) float64 { _, n := p.Replaced(e); return n })
	a.Claim = fmt.Sprintf("%.0f connections were cut after about %s without use, and %.0f %% were replaced at once.", same, finding.Duration(about), replaced*100)
	a.Evidence = []finding.Evidence{
		finding.New("connections that went at about the same idle time", same, "connections", p.Place(0, true), p.Place(len(p.Samples)-1, true)),
		finding.New("idle time at which they went", about, "s", p.Place(0, true), p.Place(len(p.Samples)-1, true)),
		finding.New("share of the connections gone that the same host replaced by the next list", replaced, "share", p.Place(0, true), p.Place(len(p.Samples)-1, true)),
	}
	if timeout > 0 {
		a.Evidence = append(a.Evidence, finding.New("timeout in force", timeout, "s", p.Place(0, true)))
	}
	return a
}

// subscribers tells whether the connections of an entity are: a list may catch one between
// its accept and its SUBSCRIBE.
func subscribers(p *cause.Pass, e *measure.Entity) bool {
	all, subscribed := 0, 0
	for _, s := range e.Parts {
		all, subscribed = all+s.Mass, subscribed+s.Subs
	}
	return all > 0 && float64(subscribed) >= p.Number("subscribed")*float64(all)
}

// cutTogether counts the deaths at about one idle time: the server's timeout, or the best
// pair of octaves. idle counts deaths by log2 of the idle time when last seen, which is up
// to one interval short of that at death.
func cutTogether(p *cause.Pass, idle []float64, timeout float64) (n, about float64) {
	if timeout > 0 {
		for b := range idle {
			if f := float64(b); f+1 >= math.Log2(max(timeout-2*p.Interval, 1)) && f <= math.Log2(timeout+1) {
				n += idle[b]
			}
		}
		return n, timeout
	}
	for b := 0; b+1 < len(idle); b++ {
		lo, hi := math.Exp2(float64(b))-1, math.Exp2(float64(b+2))-1
		if lo+1 < p.Number("box_least") || hi+1 > p.Number("box_most") {
			continue
		}
		if k := idle[b] + idle[b+1]; k > n {
			n, about = k, hi/2
			if idle[b+1] > idle[b] {
				about = hi * p.Number("nearest")
			}
		}
	}
	return n, about
}
