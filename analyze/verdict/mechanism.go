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

// A mechanism is an edge of the graph of what may bring about what.
type mechanism struct {
	from, to string
	by       route
	how      string // completes "FROM led to TO: …"
}

// mechanisms is the whole graph. It is fixed domain knowledge: which causes took part is
// learnt from the recording, what can follow from what is not. It has no cycles.
var mechanisms = [...]mechanism{
	{"connection-leak", "retry-storm", byLimit, "leaked connections took the slots, and who was refused tried again"},
	{"oversized-pool", "retry-storm", byLimit, "unused connections took the slots, and who was refused tried again"},
	{"blocking-commands", "retry-storm", byLimit, "waiting connections took the slots, and who was refused tried again"},
	{"slow-commands", "retry-storm", byLimit, "pools grew behind the slow commands into the limit, and who was refused tried again"},
	{"server-stall", "retry-storm", byLimit, "pools grew behind the stalls into the limit, and who was refused tried again"},
	{"maxclients-too-low", "retry-storm", byLimit, "traffic grew into the limit, and who was refused tried again"},
	{"internal-connections", "retry-storm", byLimit, "internal connections took the slots, and who was refused tried again"},
	{"serverless-fanout", "retry-storm", byLimit, "an instance's connection each took the slots, and who was refused tried again"},
	{"zombie-connections", "retry-storm", byLimit, "dead peers kept the slots, and who was refused tried again"},
	{"deploy-overlap", "retry-storm", byLimit, "old and new instances took the slots, and who was refused tried again"},
	{"reconnect-wave", "retry-storm", byRestart, "everyone came back at once, and who was refused tried again"},
	{"autoscaling-spiral", "retry-storm", byLoop, "each instance added tries too"},
	{"connection-leak", "autoscaling-spiral", byLimit, "leaked connections took the slots, and the scaler answered the failures"},
	{"slow-commands", "autoscaling-spiral", byLimit, "pools grew into the limit, and the scaler answered the failures"},
	{"server-stall", "autoscaling-spiral", byLimit, "pools grew into the limit, and the scaler answered the failures"},
	{"connection-leak", "app-pool-exhaustion", byPool, "connections that are not given back are missing in the pool"},
	{"blocking-commands", "app-pool-exhaustion", byPool, "connections that wait are missing in the pool"},
	{"slow-commands", "app-pool-exhaustion", byPool, "requests hold their connection for longer"},
	{"server-stall", "app-pool-exhaustion", byPool, "requests hold their connection for longer"},
	{"fd-limit", "retry-storm", byLimiter, "the descriptors set the height of the limit"},
	{"fd-limit", "autoscaling-spiral", byLimiter, "the descriptors set the height of the limit"},
	{"fd-limit", "connection-leak", byLimiter, "the descriptors set the height of the limit"},
	{"fd-limit", "oversized-pool", byLimiter, "the descriptors set the height of the limit"},
}

// Tunables of an edge.
const (
	orderSure = 0.9  // probability that the one began before the other, from which the order counts
	orderOnce = 0.1  // the same where both may show between the same two samples
	doseLeast = 0.05 // of the limit: fewer slots are no dose, whatever followed
)

// A link is an edge that was accepted: both ends took part, in this order, the physics were
// seen, and there was enough of the one to bring about the other.
type link struct {
	mechanism
	order float64 // probability that from began first
}

// links gives the edges between the causes that took part, in the graph's order.
func links(m *measure.Model, took []Opinion, led map[string]*counterfactual) []link {
	by := map[string]*Opinion{}
	for i := range took {
		by[took[i].Cause.ID] = &took[i]
	}
	var out []link
	for _, e := range mechanisms {
		from, to := by[e.from], by[e.to]
		if from == nil || to == nil || e.by == byLimiter {
			continue
		}
		l := link{mechanism: e, order: earlier(m, &from.Assessment, &to.Assessment)}
		if accepts(m, l, from, to, led[e.from]) {
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
	return finding.New(fmt.Sprintf("%s led to it: %s; probability that it began earlier", l.from, l.how),
		math.Round(l.order*1000)/1000, "probability", posOf(m, from), posOf(m, to))
}

// posOf gives the sample that shows a cause's beginning.
func posOf(m *measure.Model, o *Opinion) string { return m.Place(max(o.Onset, m.FirstReply()), false) }
