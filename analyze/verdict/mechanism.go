package verdict

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// A route is the physical way on which one cause brings about another: what must have been
// seen between the two.
type route string

const (
	byLimit   route = "slots"     // the one fills slots until the limit is reached, the other answers that
	byRestart route = "restart"   // the server's restart sends everyone back at once, into the limit
	byLoop    route = "feedback"  // each round of the one adds to the other, from the first on
	byPool    route = "pool"      // the one keeps connections of a pool that others then wait for
	byLimiter route = "threshold" // the one only set the height at which the other hurts
)

// A link is an edge that was accepted: both ends took part, in this order, the physics were
// seen, and there was enough of the one to bring about the other.
type link struct {
	*Relation
	order float64 // probability that from began first
}

// links gives the edges between the causes that took part, in the graph's order.
func links(m *measure.Model, took []Opinion, led map[string]*counterfactual) []link {
	by := map[string]*Opinion{}
	for i := range took {
		by[took[i].Cause.ID] = &took[i]
	}
	var out []link
	for i := range Relations {
		e := &Relations[i]
		from, to := by[e.From], by[e.To]
		if e.Kind != LeadsTo || from == nil || to == nil || e.by == byLimiter {
			continue
		}
		l := link{Relation: e, order: earlier(m, &from.Assessment, &to.Assessment)}
		if accepts(m, l, from, to, led[e.From]) {
			out = append(out, l)
		}
	}
	return out
}

// earlier gives the probability that one cause began before another, 0.5 where nothing is
// known of either.
func earlier(m *measure.Model, a, b *cause.Assessment) float64 {
	x, y := cause.Beginning(m, a), cause.Beginning(m, b)
	switch {
	case x.Before != y.Before:
		if x.Before {
			return 1
		}
		return 0
	case x.Before || !x.Known() || !y.Known():
		return 0.5
	}
	return stat.Earlier(x.Change, y.Change)
}

// accepts judges one edge by order, physics and dose.
func accepts(m *measure.Model, l link, from, to *Opinion, b *counterfactual) bool {
	x, y := cause.Beginning(m, &from.Assessment), cause.Beginning(m, &to.Assessment)
	least := orderSure
	// Within one gap the samples show no order, but the server has one: refusals come after
	// the limit, and the limit after the slots that fill it.
	if l.by == byLoop || l.by == byRestart || l.by == byLimit && math.Abs(x.At-y.At) <= m.Interval {
		least = orderOnce
	}
	if l.order < least {
		return false
	}
	switch l.by {
	case byLimit:
		// The limit was reached by when the child showed, and the slots were a dose.
		return m.LimitReached < len(m.Samples) && (y.Before || m.Samples[m.AtLimit[0]].T <= y.Hi+m.Interval) && b != nil && b.needed
	case byRestart:
		return len(m.TL.Servers) > 1
	case byPool:
		return len(m.AtLimit) == 0 || b == nil || !b.needed
	}
	return true
}

// linkEvidence is an edge as evidence of its child.
func linkEvidence(m *measure.Model, l link, from, to *Opinion) finding.Evidence {
	return finding.New(fmt.Sprintf("%s led to it: %s; probability that it began earlier", l.From, l.Why),
		math.Round(l.order*1000)/1000, "probability", posOf(m, from), posOf(m, to))
}

// posOf gives the sample that shows a cause's beginning.
func posOf(m *measure.Model, o *Opinion) string { return m.Place(max(o.Onset, m.FirstReply()), false) }
