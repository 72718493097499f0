package hold

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

var Blocking = cause.Cause{
	ID:       "blocking-commands",
	Title:    "Blocking commands hold the slots",
	Phrase:   "blocking commands holding slots",
	Question: "Do more and more connections wait in BLPOP, XREAD, WAIT and the like?",
	Method:   cause.Section(methods, "blocking-commands"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "gain", None: 6, Full: 12, Unit: "connections", Why: "A few workers come and go anywhere.", Of: cause.Of(func(x *queue) float64 { return x.b1 - x.b0 }),
			Says: "connections more that wait", Short: "%s more connections wait than before"},
		{Name: "share", None: 0.3, Full: 0.5, Unit: "of the growth", Why: "Where waiting clients are a smaller part of the growth, something else grew.", Of: cause.Of(func(x *queue) float64 { return x.share }),
			Says: "share of all growth that they are", Short: "they are a share of %s of the growth"},
		{Name: "ratio", None: 1.15, Full: 1.4, Unit: "times", Why: "Fleets of workers scale by a third without an incident.", Of: cause.Of(func(x *queue) float64 { return x.b1 / max(x.b0, 1) }),
			Says: "connections that wait, against before", Short: "%s times as many wait as before"},
		{Name: "late", None: 0.05, Full: 0.3, Unit: "of an even rise", Why: "A fleet that has started completely does not grow any more.", Of: cause.Of(func(x *queue) float64 { return x.late }),
			Says: "growth in the last third, against an even one", Short: "the fleet is complete: the last third has %s of an even rise"},
		{Name: "spread", None: 0.5, Full: 0.3, Unit: "KS distance", Why: "Workers that are started come in a burst. The alternative is a rise that took long and was even before it came to rest at the size of the pools.", Of: cause.Of(func(x *queue) float64 { return x.spread }),
			Says: "how the rise came, up to where it came to rest (0 even … 1 at once)", Short: "they were started in a burst (KS distance %s)"},
		{Name: "lasted", None: 0.1, Full: 0.2, Unit: "of the window", Why: "A rise that came to rest must have taken this share of the window.", Of: cause.Of(func(x *queue) float64 { return x.lasted }),
			Says: "time that the rise took, of the window", Short: "the rise took %s of the window"},
		{Name: "rest", Value: 0.95, Unit: "of the rise", Why: "A rise has come to rest once it has reached this share of its height."},
		{Name: "climb", Value: 8, Unit: "lists", Why: "A rise that came to rest within fewer lists came at once."},
	},
	Views: []cause.View{
		{Name: "growing", Rule: "gain, share, ratio, late | spread & lasted"},
	},
	Refuted: []string{
		"the number of blocked clients stayed, as a steady fleet of workers' does",
		"the added connections are not blocked",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "the waiting ones go on growing; it buys time only"},
		cause.FixLeak:    {Yes: true, Why: "waiting connections are left behind"},
	},
	Opens:  []string{"time-to-limit"},
	Alerts: []string{"RedisConnectionsRiseWithoutTraffic", "RedisManyBlockedClients"},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli CLIENT LIST | grep -E 'cmd=(b|xread|wait)' | grep -F '{match}'", Effect: "lists those that wait, with their age", Check: "the oldest ones belong to workers that no longer exist"},
		{Risk: finding.Changes, Good: true, Command: "give the blocking commands of {name} a timeout and close the connection of a worker that ends", Effect: "each worker holds one slot", Check: "blocked_clients equals the number of workers"},
		{Risk: finding.Disconnects, Command: "stop the workers of {name} that nobody needs any more", Effect: "each one gives back the slots it waits in", Check: "blocked_clients falls"},
	},
	Assess: assessBlocking,
}

// A queue is how the connections that wait grew over a window.
type queue struct {
	b0, b1, share, late float64 // at its ends; of all growth; in the last third
	spread, lasted      float64 // of a rise that came to rest, NaN where none did
}

func assessBlocking(p *cause.Pass) cause.Assessment {
	w := p.Growing()
	blocked := func(i int) float64 { return float64(p.All.At(i).Blocked) }
	if w.Len() < 5 {
		return cause.No(0, "only %s before the limit or the end", finding.Count(w.Len(), p.ListWord()))
	}
	b := p.Values(w, blocked)
	t := p.ListTimes[w.Lo:w.Hi]
	b0, b1 := measure.Ends(b)
	o0, o1 := measure.Ends(p.Values(w, func(i int) float64 { return p.Occupancy[i] }))
	share := (b1 - b0) / max(o1-o0, 1)
	at := measure.StreamStart(t, b)
	_, late := measure.Evenness(t[at:], b[at:])
	q := queue{b0: b0, b1: b1, share: share, late: late}
	q.spread, q.lasted = filledUp(p, t, b, at)
	score := p.Judge("growing", "", overLists(p, w), &q)
	if score < cause.Active {
		return cause.No(score, "blocked clients %s", finding.FromTo(b0, b1))
	}
	onset := p.Lists[w.Lo+at]
	rate := stat.Rate(max(b[len(b)-1]-b[at], 1), max(t[len(t)-1]-t[at], p.Interval)/60, 0.9)
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	a.Began = p.Rose(w, b, onset)
	a.Slots = func(slot int) float64 { return blocked(slot) - b[at] }
	last := p.Lists[w.Hi-1]
	a.Sources = p.Blame(p.Entities, func(e *measure.Entity) float64 {
		return float64(e.At(last).Blocked) - float64(e.At(p.Lists[w.Lo]).Blocked)
	})
	who := "Some client"
	if len(a.Sources) > 0 {
		who = measure.NameOf(a.Sources[0])
	}
	a.Claim = fmt.Sprintf("%s waits in blocking commands on more and more connections: %.0f became %.0f, %.1f a minute %s.",
		who, b[at], b[len(b)-1], rate.Value, a.Began.Words())
	a.Evidence = []finding.Evidence{
		finding.New("connections that wait in a blocking command", b[len(b)-1], "connections", p.Place(last, true)),
		finding.New("their growth", rate.Value, "connections/min", p.Place(onset, true), p.Place(last, true)).Within(rate.Lo, rate.Hi),
		finding.New("share of all growth that they are", share, "share", p.Place(p.Lists[w.Lo], true), p.Place(last, true)),
	}
	return a
}

// filledUp measures a rise from at on that came to rest: how evenly it came, and how long it
// took of the window; NaN where that was at once.
func filledUp(p *cause.Pass, t, b []float64, at int) (spread, lasted float64) {
	full := at
	for full < len(b)-1 && b[full] < b[at]+p.Number("rest")*(b[len(b)-1]-b[at]) {
		full++
	}
	if float64(full-at) < p.Number("climb") {
		return math.NaN(), math.NaN()
	}
	spread, _ = measure.Evenness(t[at:full+1], b[at:full+1])
	return spread, (t[full] - t[at]) / (t[len(t)-1] - t[0])
}
