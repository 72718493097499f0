package refuse

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

var Deploy = cause.Cause{
	ID:       "deploy-overlap",
	Title:    "Deploy overlap",
	Phrase:   "a deploy overlap",
	Question: "Were old and new instances connected at once, for a while, and too many together?",
	Method:   cause.Section(methods, "deploy-overlap"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "renewed", None: 0.25, Full: 0.5, Unit: "of the hosts", Why: "A restart of a few instances is no deploy.", Of: cause.Of(func(x *overlap) float64 { return x.renewed }),
			Says: "share of the hosts (or connections) that was exchanged", Short: "a share of %s was exchanged"},
		{Name: "rise", None: 1.1, Full: 1.25, Unit: "times", Why: "A rolling deploy surges by 25 % and more.", Of: cause.Of(func(x *overlap) float64 { return x.rise }),
			Says: "connections at the height of the overlap, against before", Short: "connections rose %s times"},
		{Name: "lasted", None: 0.6000000000000001, Full: 0.4, Unit: "of the recording", Why: "The time is from the first new host to the last old one. A fleet that scales with its traffic swaps hosts all the time.", Of: cause.Of(func(x *overlap) float64 { return x.lasted }),
			Says: "time from the first new one to the last old one, of the recording", Short: "it lasted %s of the recording, as a fleet that scales"},
		{Name: "taken", None: 0.5, Full: 0.8, Unit: "of the free slots", Why: "Where the limit ended the rise, the rise must have taken most of the free slots.", Of: cause.Of(func(x *overlap) float64 { return x.taken }),
			Says: "share of the free slots that it took", Short: "it took a share of %s of the free slots"},
		{Name: "back", None: 0.4, Full: 0.2, Unit: "of the level before", Why: "After the overlap the count must come back to the level before it.", Of: cause.Of(func(x *overlap) float64 { return x.back }),
			Says: "how far the connections afterwards are from before", Short: "the level did not come back: %s of it away"},
		{Name: "used", None: 0.85, Full: 0.95, Unit: "of the limit", Why: "A deploy that stays below the limit is routine.", Of: cause.Of(func(x *overlap) float64 { return x.used }),
			Says: "highest share of the limit in use meanwhile", Short: "at most a share of %s of the limit was in use"},
		{Name: "rise_least", None: 3, Full: 8, Unit: "connections", Why: "Fewer connections on top are no second fleet.", Of: cause.Of(func(x *overlap) float64 { return x.more }),
			Says: "connections that came on top", Short: "%s connections came on top"},
		{Name: "after", None: 2, Full: 6, Unit: "samples", Why: "So many samples after the overlap show that the level came back.", Of: cause.Of(func(x *overlap) float64 { return x.after }),
			Says: "samples after the overlap", Short: "%s samples after it do not show the level come back"},
		{Name: "again", None: 4, Full: 2.5, Unit: "times the level before", Why: "A second fleet is as large as the first. Connections that come and go many times over replace nobody.", Of: cause.Of(func(x *overlap) float64 { return x.again }),
			Says: "connections that came meanwhile, against the level before", Short: "%s times the level before came: nobody's successors"},
		{Name: "survived", None: 0.8, Full: 0.6, Unit: "of the level before", Why: "A deploy ends the connections of one application at least, so not all of those from before may survive.", IfKnown: true, Of: cause.Of(func(x *overlap) float64 { return x.survived }),
			Says: "share of the connections from before that are still there", Short: "a share of %s of those from before is still there: nobody was replaced"},
	},
	Views: []cause.View{
		{Name: "client lists", Rule: "renewed, rise | taken & rise_least, lasted, back, used"},
		{Name: "hosts hidden", Rule: "renewed, lasted, back, after, again, survived"},
	},
	Refuted: []string{
		"no hosts went as others came",
		"the level did not come back",
		"the limit was far",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Yes: true, Why: "or deploy with a smaller surge"},
	},
	Opens:    []string{"pool-size"},
	Alerts:   []string{"RedisConnectionsRiseWithoutTraffic"},
	Unneeded: true,
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "deploy {name} with a smaller surge (Kubernetes: maxSurge), or close the old instances' pools before the new ones open theirs", Effect: "the overlap fits under the limit", Check: "occupancy during the next deploy stays under 0.8 of the limit"},
		{Risk: finding.Changes, Command: "redis-cli CONFIG SET maxclients {limit}", Effect: "room for old and new (the descriptor limit permitting)", Check: "no refusal during the next deploy"},
	},
	Assess: assessDeploy,
}

// An overlap is what is measured of old and new instances that are there together.
type overlap struct {
	renewed, lasted, back float64 // shares: of the hosts exchanged, of the recording, of the level before
	rise, more            float64 // at its height: times before, and connections more
	taken, used           float64 // of the free slots, and of the limit
	after                 float64 // samples after it
	again                 float64 // connections that came, against the level before
	survived              float64 // share of those from before that are there at the end; NaN not known
}

func assessDeploy(p *cause.Pass) cause.Assessment {
	best := cause.No(0, "no application replaced its hosts during the recording")
	if len(p.Lists) < 8 || p.PeakSlot < 0 {
		return cause.No(0, "%d client lists are too few to see a deploy end", len(p.Lists))
	}
	if p.HostsHidden() {
		best = exchange(p)
	}
	for _, a := range p.Apps[:min(len(p.Apps), 20)] {
		if x := deployOf(p, a); x.Score > best.Score {
			best = x
		}
	}
	return best
}

func deployOf(p *cause.Pass, a *measure.App) cause.Assessment {
	v := p.Connections(measure.Window{Lo: 0, Hi: len(p.Lists)}, a.At)
	stayed, gone, fresh, lo, hi := p.Turnover(a)
	if gone == 0 || fresh == 0 {
		return cause.No(0, "%s: %d hosts went, %d came", a.Label, gone, fresh)
	}
	peak := lo
	for k := lo; k <= hi; k++ {
		if v[k] > v[peak] {
			peak = k
		}
	}
	before := stat.Median(v[max(lo-40, 0):max(lo, 1)])
	_, after := measure.Ends(v)
	renewed := min(float64(gone), float64(fresh)) / max(float64(stayed+gone), 1)
	// A fleet that scales with its traffic is renewed too, but all the time.
	lasted := (p.ListTimes[hi] - p.ListTimes[lo]) / max(p.ListTimes[len(v)-1]-p.ListTimes[0], 1)
	near, rise := 0.0, v[peak]/max(before, 1)
	for k := max(lo-1, 0); k < min(hi+2, len(v)); k++ {
		near = max(near, p.Occupancy[p.Lists[k]]/p.Samples[p.Lists[k]].Limit)
	}
	// What the limit left no room for cannot show as a rise.
	free := p.LimitPeak - stat.Median(p.Occupancy[max(p.Lists[lo]-40, 0):max(p.Lists[lo], 1)])
	for _, i := range p.AtLimit {
		if i >= p.Lists[max(lo-2, 0)] && i <= p.Lists[min(hi+2, len(v)-1)] {
			near = 1
			if p.Samples[i].Full { // the limit shows in refused probes only: a full server answers none
				rise = math.Inf(1)
			}
		}
	}
	distance := max(after-before, before-after) / max(before, 1)
	x := overlap{renewed: renewed, lasted: lasted, back: distance, rise: rise, more: v[peak] - before, taken: (v[peak] - before) / max(free, 1), used: near}
	score := p.Judge("client lists", a.Label, cause.Span{From: p.Lists[lo], To: p.Lists[hi], Lists: true}, &x)
	if score < cause.Active {
		return cause.No(score, "%s: %d hosts went, %d came; connections %.0f before, %.0f at most, %.0f after", a.Label, gone, fresh, before, v[peak], after)
	}
	onset, end := p.Lists[lo], p.Lists[hi]
	for _, i := range p.AtLimit {
		// Nobody could look while the server was full: it was what comes to light after.
		if lo > 0 && i > p.Lists[lo-1] && i < onset {
			onset = i
		}
	}
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: end}
	out.Slots = func(slot int) float64 { return float64(a.At(slot).N) - before }
	out.Sources = p.Holders(a, p.Lists[peak])
	out.Claim = fmt.Sprintf("Old and new instances of %s were connected at once from %s to %s: %.0f connections instead of %.0f; %d hosts went, %d came.",
		a.Label, finding.Clock(p.TimeOf(onset)), finding.Clock(p.TimeOf(end)), v[peak], before, gone, fresh)
	out.Evidence = []finding.Evidence{
		finding.New("connections of "+a.Label+" at the height of the overlap, against before", v[peak]/max(before, 1), "times", p.Place(onset, true), p.Place(p.Lists[peak], true)),
		finding.New("hosts that went", float64(gone), "hosts", p.Place(p.Lists[0], true), p.Place(p.Lists[len(v)-1], true)),
		finding.New("hosts that came", float64(fresh), "hosts", p.Place(p.Lists[0], true), p.Place(p.Lists[len(v)-1], true)),
		finding.New("connections afterwards, against before", after/max(before, 1), "times", p.Place(end, true), p.Place(p.Lists[len(v)-1], true)),
	}
	return out
}

// exchange looks for an overlap where hosts cannot be told apart: for a while at the limit,
// as many connections came as the level before had to be replaced, as many went, and the
// level came back. One process throughout: after a restart it is a wave.
func exchange(p *cause.Pass) cause.Assessment {
	if len(p.TL.Servers) > 1 || len(p.AtLimit) == 0 {
		return cause.No(0, "the limit was not reached, or the server restarted")
	}
	lo, hi := p.AtLimit[0], p.AtLimit[len(p.AtLimit)-1]
	before := stat.Median(p.Occupancy[max(lo-40, 0):max(lo-2, 1)])
	after := stat.Median(p.Occupancy[min(hi+3, len(p.Samples)-1):])
	if math.IsNaN(before) || math.IsNaN(after) {
		return cause.No(0, "the level before the limit was reached, or after, is not in the recording")
	}
	usual := stat.Median(p.Rate(measure.AcceptedOf)[:max(lo-2, 1)])
	n0 := max(lo-3, 0)
	n1 := min(hi+4, len(p.Samples))
	came := p.Sum(n0, n1, measure.AcceptedOf) - timeline.Known(usual)*(p.Samples[n1-1].T-p.Samples[n0].T)
	went := came - (stat.Median(p.Occupancy[max(n1-3, 0):n1]) - before)
	swapped := min(came, went) / max(before, 1)
	lasted := (p.Samples[hi].T - p.Samples[lo].T) / max(p.Samples[len(p.Samples)-1].T-p.Samples[0].T, 1)
	distance := math.Abs(after-before) / max(before, 1)
	x := overlap{renewed: swapped, lasted: lasted, back: distance, after: float64(len(p.Samples) - 1 - hi), again: came / max(before, 1), survived: survivors(p, p.Samples[n0].T) / max(before, 1)}
	score := p.Judge("hosts hidden", "exchange at the limit", cause.Span{From: n0, To: n1 - 1}, &x)
	if score < cause.Active {
		return cause.No(score, "at the limit for %s; %.0f %% of the connections were exchanged meanwhile; %.0f before, %.0f after",
			finding.Duration(p.Samples[hi].T-p.Samples[lo].T), max(swapped, 0)*100, before, after)
	}
	a := cause.Assessment{Score: score, Onset: max(lo-1, 0), OnsetLo: max(lo-2, 0), End: hi, Slots: p.Above(max(lo-1, 0))}
	a.Sources = p.StormSources(n0, n1-1)
	a.Claim = fmt.Sprintf("From %s to %s the limit was reached while most connections were exchanged: %.0f came, %.0f went, and the level came back to %.0f.",
		finding.Clock(p.TimeOf(lo)), finding.Clock(p.TimeOf(hi)), came, went, after)
	a.Evidence = []finding.Evidence{
		finding.New("connections that came beyond the usual, against the level before", came/max(before, 1), "times", p.Place(n0, false), p.Place(n1-1, false)),
		finding.New("connections afterwards, against before", after/max(before, 1), "times", p.Place(n0, false), p.Place(len(p.Samples)-1, false)),
	}
	return a
}

// survivors counts the connections of the last list that are older than a moment; NaN where
// there is no list after it.
func survivors(p *cause.Pass, t float64) float64 {
	last := &p.TL.Last
	if p.InfoOnly || last.Len() == 0 || len(p.Lists) == 0 || p.Samples[p.Lists[len(p.Lists)-1]].T <= t {
		return math.NaN()
	}
	n := 0.0
	for _, age := range last.Age {
		if age > p.Samples[p.Lists[len(p.Lists)-1]].T-t {
			n++
		}
	}
	return n
}
