package hold

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/stat/growth"
	"github.com/connbox/connbox/analyze/timeline"
)

var Pool = cause.Cause{
	ID:       "oversized-pool",
	Title:    "Oversized connection pools",
	Phrase:   "oversized connection pools",
	Question: "Do instances × pool size fill the limit with connections that nobody uses?",
	Method:   cause.Section(methods, "oversized-pool"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "used", None: 0.72, Full: 0.85, Unit: "of the limit", Why: "With a lower use of the limit the pool is generous but harms nobody. A rolling deploy takes a quarter of the limit as head-room.", Of: cause.Of(func(x *spare) float64 { return x.used }),
			Says: "highest share of the limit in use, lastingly", Short: "at most a share of %s of the limit was in use"},
		{Name: "share", None: 0.35, Full: 0.5, Unit: "of the connections", Why: "The pool must be what fills the limit.", Of: cause.Of(func(x *spare) float64 { return x.share }),
			Says: "share of all connections that it has", Short: "it has a share of %s of the connections only"},
		{Name: "unused", None: 0.4, Full: 0.6, Unit: "share", Why: "A connection is not in use if it was idle for two minutes or more. A fleet that works its pools stays under 0.4.", Of: cause.Of(func(x *spare) float64 { return x.unused }),
			Says: "share of them not in use", Short: "a share of %s of its connections is not in use"},
		{Name: "level", Value: 0.8, Unit: "of the peak", Why: "Use is judged at the last list that has this share of the peak. A rolling deploy lifts the peak by a quarter for a while, with connections too young to be idle."},
		{Name: "rest", None: 0.2, Full: 0.4, Unit: "share", Why: "Where so many of the connections are idle, those that came without more commands count as unused too, because fewer connections did the same work."},
		{Name: "waiting", None: 0.6, Full: 0.3, Unit: "of its connections", Why: "Connections that subscribe or block are idle by nature. They are not the spare ones of a pool.", Of: cause.Of(func(x *spare) float64 { return x.waiting }),
			Says: "share of its connections that subscribe or block", Short: "a share of %s of its connections subscribes or blocks, which rest by nature"},
		{Name: "per_host", None: 6, Full: 12, Unit: "connections", Why: "Smaller pools fill a limit only by the number of instances.", Of: cause.Of(func(x *spare) float64 { return x.size }),
			Says: "connections a host, median", Short: "%s connections a host are a small pool"},
		{Name: "stairs", None: 0.4, Full: 0.6, Unit: "of the rise", Why: "Where hosts cannot be told apart, each equal jump is an instance with its pool.", Of: cause.Of(func(x *spare) float64 { return x.stairs }),
			Says: "share of the rise that they are", Short: "a share of %s of the rise came in equal jumps"},
		{Name: "flat", None: 0.5, Full: 0.25, Unit: "elasticity", Why: "The elasticity is of commands to connections. Spare pools leave the number of commands as it was.", Of: cause.Of(func(x *spare) float64 { return x.commands }),
			Says: "elasticity of commands to connections (0 unchanged, 1 in proportion)", Short: "commands rose with the connections (elasticity %s)"},
		{Name: "at_once", None: 0.5, Full: 0.3, Unit: "of the recording", Why: "The time is from the first jump to the last. A scale-out or a release takes a small part of the recording.", Of: cause.Of(func(x *spare) float64 { return x.took }),
			Says: "time from the first jump to the last, of the recording", Short: "the jumps took %s of the recording"},
		{Name: "throughout", None: 0.75, Full: 0.85, Unit: "of the limit", Why: "In INFO alone, the limit must be used at every sample, while hardly a connection closes.", Of: cause.Of(func(x *spare) float64 { return x.least }),
			Says: "lowest share of the limit in use", Short: "the use of the limit fell to %s"},
		{Name: "work", None: 6, Full: 3, Unit: "commands/s a connection", Why: "At some milliseconds a round trip, a connection in use carries a hundred commands a second and more.", Of: cause.Of(func(x *spare) float64 { return x.work }),
			Says: "commands a second for each connection", Short: "%s commands a second for each connection keep them busy"},
		{Name: "even", None: 1.2, Full: 0.6, Unit: "of the median", Why: "Pools of one size are alike: the spread is p90−p10 of the hosts' counts. Where the limit was reached, the last hosts found few slots, and the spread is twice p90−p50.", Of: cause.Of(func(x *spare) float64 { return x.uneven }),
			Says: "spread of the hosts' counts (p90 − p10, of the median)", Short: "the hosts' counts differ by %s of the median"},
		{Name: "step", None: 15, Full: 40, Unit: "connections", Why: "Fewer connections may be one instance.", Of: cause.Of(func(x *spare) float64 { return x.step }),
			Says: "connections that came at once", Short: "%s connections came at once"},
		{Name: "burst", None: 0.3, Full: 0.5, Unit: "KS distance", Why: "The same hosts opened the connections of a pool at once. A steady rise is a leak's.", Of: cause.Of(func(x *spare) float64 { return x.burst }), IfKnown: true,
			Says: "how the connections came (0 even … 1 one burst)", Short: "they came steadily (KS distance %s)"},
		{Name: "steady", None: 0.98, Full: 0.5, Unit: "posterior weight", Why: "Hosts that open connections steadily leak them. A pool steps up to its size or fills ever more slowly: in simulated pools a steady rise has a weight of 0.02 and less, among the eight shapes of docs/method.md. They are fitted until the limit hides how the connections grow.", Of: cause.Of(func(x *spare) float64 { return x.steady() }), IfKnown: true, Dear: true,
			Says: "posterior weight of a steady rise", Short: "a steady rise, as of a leak, has a weight of %s"},
		{Name: "sawtooth", None: 0.98, Full: 0.5, Unit: "posterior weight", Why: "Connections that come, go and come again belong to a job. A pool stays for as long as its instance: in simulated pools a sawtooth has a weight of 0.02 and less.", Of: cause.Of(func(x *spare) float64 { return x.sawtooth() }), IfKnown: true, Dear: true,
			Says: "posterior weight of a sawtooth", Short: "a sawtooth, as of a job, has a weight of %s"},
		{Name: "instances", None: 2, Full: 3, Unit: "instances", Why: "An instance comes with one jump. One or two jumps may be anything.", Of: cause.Of(func(x *spare) float64 { return x.instances }),
			Says: "jumps, an instance each", Short: "%s jumps are too few to be instances"},
		{Name: "stay", None: 1800, Full: 5400, Unit: "s", Why: "The mean life of a connection is by Little's law. It is longer where the count varies less than random arrivals and departures would make it.", Of: cause.Of(func(x *spare) float64 { return x.life }),
			Says: "mean life of a connection", Short: "a connection lives for %s s"},
		{Name: "many", None: 30, Full: 60, Unit: "connections", Why: "The number is of the whole server. A handful of connections that stay fills no limit.", Of: cause.Of(func(x *spare) float64 { return x.level }),
			Says: "connections, median", Short: "%s connections are a handful"},
		{Name: "step_sure", None: 0, Full: 1, Unit: "sureness", Why: "There must be one step: short, clear of the noise, lasting, and high against the level before.", Of: cause.Of(func(x *spare) float64 { return x.sure }),
			Says: "how clear the step is", Short: "the step is not clear (%s)"},
		{Name: "stays", None: 0.2, Full: 0.4, Unit: "of the time since", Why: "A pool holds half of its highest number, at least, for as long as its instance lives.", Of: cause.Of(func(x *spare) float64 { return x.stays }),
			Says: "share of the time since they came for which it holds half of them at least", Short: "it held them for %s of the time since they came, as a script that comes and goes"},
		{Name: "there", None: 0.02, Full: 0.1, Unit: "of its most", Why: "The alternative to stays: the application has a smaller pool at other times, before a release or after it was taken back.", Of: cause.Of(func(x *spare) float64 { return x.there }),
			Says: "connections it has at other times, of its most", Short: "at other times it has %s of them: it is no application's pool"},
		{Name: "came", Value: 0.25, Unit: "of its connections", Why: "Connections must have come at once if more than this share of them came within the recording. A pool breathes by less."},
		{Name: "same_hosts", Value: 1.25, Unit: "times the hosts", Why: "Where the number of hosts grew by less than this, the same hosts opened the connections. New hosts may take their time."},
		{Name: "early", Value: 0.75, Unit: "of its connections", Why: "A burst is looked for if the application had fewer of its connections than this at the beginning of the recording."},
		{Name: "back", Value: 0.1, Unit: "of the level before", Why: "A burst has begun once the count exceeds the level before by this share, or by two connections where that is more."},
		{Name: "wander", Value: 0.02, Unit: "times a Poisson stream", Why: "The count is taken to vary by at least this part of a Poisson stream's variance, so that the mean life stays finite."},
	},
	Views: []cause.View{
		{Name: "client lists", Rule: "used, share, unused, per_host, even, waiting, burst, stays | there, steady, sawtooth"},
		{Name: "equal jumps, hosts hidden", Rule: "used, stairs, per_host, instances, flat, at_once"},
		{Name: "one step, hosts hidden", Rule: "step_sure, used, flat, step, steady"},
		{Name: "standing still, INFO alone", Rule: "throughout, stay, work, waiting, many"},
	},
	Refuted: []string{
		"the limit was far",
		"the connections are in use, subscribe or block",
		"hosts hold very different numbers",
		"the same hosts added them steadily",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "the slots are there, held by unused connections"},
	},
	Opens:    []string{"pool-size"},
	Alerts:   []string{"RedisConnectionsRiseWithoutTraffic"},
	Unneeded: true,
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "lower the pool size of {name} (MaxTotal, PoolSize …) to what its traffic needs", Effect: "the slots of unused connections are free again", Check: "connections per host fall to the new size after a rolling restart", Gain: "pool-size"},
		{Risk: finding.Changes, Command: "set a minimum idle of 0 and an idle time-out in the pool of {name}", Effect: "unused connections close by themselves", Check: "idle p95 of {name} stays under the time-out"},
		{Risk: finding.Disconnects, Command: "stop some instances of {name} that are idle", Effect: "each one gives its whole pool back at once", Check: "connected_clients falls by the pool of each"},
	},
	Assess: assessPool,
}

// A spare is what is measured of pools that may be too big, in any view.
type spare struct {
	used, share, unused, waiting float64        // shares: of the limit, of all connections, of its own
	size, uneven                 float64        // connections a host, and how far hosts differ
	burst                        float64        // KS distance of the rise; NaN where it need not be one
	stays, there                 float64        // shares: of the time since it came, of its most at other times
	steady, sawtooth             func() float64 // weights of these shapes; NaN where nothing was fitted

	stairs, instances, took float64 // equal jumps: their share of the rise, how many, how long of the recording
	commands                float64 // elasticity of commands to connections
	sure, step              float64 // of one step up, and its height

	least, level float64 // lowest use of the limit, and median of the connections
	life, work   float64 // mean life of a connection, s; commands a second for each
}

func assessPool(p *cause.Pass) cause.Assessment {
	// The peak is one full list at or before the highest occupancy; the use of the
	// connections is judged at the last list of that level, when a fresh pool has had
	// time to be used.
	peak := p.LastListBefore(p.PeakSlot)
	if peak < 0 || len(p.Apps) == 0 || math.IsNaN(p.Used) {
		return cause.No(0, "the connections, or the limit, are not known")
	}
	a := p.Apps[0]
	if a.Overflows() {
		return cause.No(0, "most connections are of sources too many to be told apart")
	}
	judge := peak
	for _, i := range p.Lists {
		if i > judge && float64(a.At(i).N) >= p.Number("level")*float64(a.At(peak).N) {
			judge = i
		}
	}
	c := a.At(judge)
	rows := float64(c.N)
	// Where a full server answered no probe, the fullest list tells of another time.
	share := rows / max(p.Occupancy[peak], p.Number("level")*p.Occupancy[p.PeakSlot], 1)
	hosts := a.Hosts(judge)
	size, uneven := p.PerHost(a, judge)
	if p.LimitReached < len(p.Samples) {
		// The last instances to come found few slots or none: only what is above the median
		// tells whether the pools are alike.
		uneven = min(uneven, 2*aboveMedian(p.Model, a, judge))
	}
	if math.IsNaN(uneven) {
		uneven = 0
	}
	early, _ := measure.Ends(p.Connections(measure.Window{Lo: 0, Hi: len(p.Lists)}, a.At))
	unused := p.UnusedShare(a, judge)
	unused = max(unused, broughtNoWork(p, early, rows)*p.Part("rest", unused))
	x := spare{used: p.UsedLastingly(), share: share, unused: unused, size: size, uneven: uneven, burst: math.NaN(),
		steady: func() float64 { return math.NaN() }, sawtooth: func() float64 { return p.Shapes(a.Entities, p.ListsLike(judge)).Weigh(growth.Sawtooth) }}
	x.waiting = float64(c.PubSub+c.Blocked) / max(rows, 1)
	x.stays, x.there = stayOf(p, a, float64(a.At(peak).N))
	if p.AllInOne() {
		x.there = math.NaN() // whose the connections at other times are is not known
	}
	if p.InfoOnly && len(p.TL.Servers) > 1 {
		x.unused = math.NaN() // it is inferred from the beginning, which another process had
	}
	w := p.Growing()
	if w.Len() < 8 {
		x.burst = cameSteadily(p, w, rows) // a few lists cannot show it, INFO does
	}
	if g := p.Grow(w, a.At); math.IsNaN(x.burst) && g.Gain > p.Number("came")*rows {
		// A steady rise of the same hosts is a leak's; a rise by new hosts may take its time.
		if first, last := p.HostGrowth(a, w); last < p.Number("same_hosts")*first {
			x.burst, x.steady = g.Spread, steadily(p, a.Entities)
		}
	}
	score := p.Judge("client lists", a.Label, cause.Span{From: peak, To: judge, Lists: true}, &x)
	onset := p.Lists[0]
	// A burst that went straight to the limit is too short for the ends of the window to
	// show it, so it is looked for in all of the recording.
	if early < p.Number("early")*rows {
		onset = burstStart(p, a)
	}
	if p.HostsHidden() && score < cause.Active {
		if x := poolStairs(p, w, a); x.Score >= cause.Active {
			return x
		}
		if x := poolBurst(p); p.AllInOne() && x.Score >= cause.Active {
			return x
		}
	}
	if score < cause.Active && p.InfoOnly {
		return standing(p)
	}
	if score < cause.Active {
		return cause.No(score, "%s has %s with %.0f connections each, %.0f %% of them unused, at %.0f %% of the limit",
			a.Label, finding.Count(hosts, "host"), size, unused*100, p.Used*100)
	}
	return poolReport(p.Model, score, onset, peak, judge, a, uneven, unused, early)
}

// poolReport writes down what was found of app a: at the peak, and at the list by which
// its use was judged. early is how many connections it had before a burst.
func poolReport(m *measure.Model, score float64, onset, peak, judge int, a *measure.App, uneven, unused, early float64) cause.Assessment {
	rows, hosts := float64(a.At(judge).N), a.Hosts(judge)
	size, _ := m.PerHost(a, judge)
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	out.Slots = func(slot int) float64 {
		n := float64(a.At(slot).N)
		return unused*min(n, early) + max(n-early, 0) // spare ones, and all that a burst brought
	}
	out.Sources = m.Holders(a, judge)
	limit := m.LimitAt(peak)
	out.Claim = fmt.Sprintf("%s holds %.0f of %.0f slots, with about %.0f connections on each of %s, and %.0f %% of them are not in use.",
		a.Label, rows, limit, size, finding.Count(hosts, "host"), unused*100)
	out.Evidence = []finding.Evidence{
		finding.New(fmt.Sprintf("connections of %s", a.Label), rows, "connections", m.Place(judge, true)),
		finding.New("hosts", float64(hosts), "hosts", m.Place(judge, true)),
		finding.New("connections a host, median", size, "connections", m.Place(judge, true)),
		finding.New("spread of the hosts' counts (p90 − p10, of the median)", uneven, "share", m.Place(judge, true)),
		finding.New("share of them not in use", unused, "share", m.Place(judge, true)),
		finding.New("limit in effect", limit, "connections", m.Place(peak, false)),
	}
	return out
}

// poolStairs judges by the shape of the rise where hosts cannot be told apart: a few equal
// jumps in a short time, towards the limit, and no more commands than before.
func poolStairs(p *cause.Pass, w measure.Window, a *measure.App) cause.Assessment {
	s := p.Stairs(w)
	if s.From < 0 {
		return cause.No(0, "connections did not rise in equal jumps")
	}
	took := (s.At[len(s.At)-1] - s.At[0]) / max(p.ListTimes[len(p.ListTimes)-1]-p.ListTimes[0], 1)
	x := spare{used: p.UsedLastingly(), stairs: s.Share, size: s.Size, instances: s.Instances, commands: p.Elasticity(w), took: took}
	score := p.Judge("equal jumps, hosts hidden", "equal jumps", overLists(p, w), &x)
	if score < cause.Active {
		return cause.No(score, "connections rose in %.0f jumps of %.0f", s.Instances, s.Size)
	}
	onset := p.Lists[max(w.Lo+s.From-1, 0)]
	end := p.Lists[w.Lo+s.To]
	out := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	out.Slots = p.Above(onset)
	out.Sources = p.Holders(a, end)
	out.Claim = fmt.Sprintf("%.0f instances came with about %.0f connections each, towards a limit of %.0f, and commands stayed as they were.", s.Instances, s.Size, p.LimitPeak)
	out.Evidence = p.Evidence("per_host", "instances", "stairs", "flat")
	return out
}

// steadily gives how likely it is that the connections of some entities rose steadily until the
// limit hid how they grow.
func steadily(p *cause.Pass, ents []*measure.Entity) func() float64 {
	w := p.Growing()
	return func() float64 { return p.Shapes(ents, p.Lists[w.Lo:w.Hi]).Weigh(growth.Leak) }
}

// aboveMedian gives how far the larger of an app's hosts are above the median, of it.
func aboveMedian(m *measure.Model, a *measure.App, slot int) float64 {
	var n []float64
	for _, e := range a.Entities {
		if c := e.At(slot); c.N > 0 {
			n = append(n, float64(c.N))
		}
	}
	med := stat.Median(n)
	return (stat.Quantile(n, 0.9) - med) / max(med, 1)
}

// cameSteadily gives how evenly, by INFO between the lists of a window and after them, the
// connections came, where a good part of an app's came so; NaN where they did not, or in a burst.
func cameSteadily(p *cause.Pass, w measure.Window, rows float64) float64 {
	if w.Len() == 0 {
		return math.NaN()
	}
	last := p.Lists[w.Hi-1]
	if p.LimitReached < len(p.Samples) {
		last = max(last, p.LimitReached)
	}
	t, v := p.Levels(p.Lists[w.Lo], last)
	if len(t) < 20 || v[len(v)-1]-v[0] < p.Number("came")*rows {
		return math.NaN()
	}
	if spread, _ := measure.Evenness(t, v); p.Part("burst", spread) == 0 {
		return spread
	}
	return math.NaN()
}

// broughtNoWork gives the share of an app's connections that came during the recording, as
// far as no more commands came with them: those it had early did the same work.
func broughtNoWork(p *cause.Pass, early, now float64) float64 {
	el := p.Elasticity(measure.Window{Lo: 0, Hi: len(p.Lists)})
	if math.IsNaN(el) || p.HostsHidden() {
		return 0
	}
	return p.Part("flat", el) * max(1-early/max(now, 1), 0)
}

// burstStart gives the sample at which an app's connections stepped up.
func burstStart(p *cause.Pass, a *measure.App) int {
	n := p.Connections(measure.Window{Lo: 0, Hi: len(p.Lists)}, a.At)
	at, before, _ := stat.Step(n)
	if at < 0 {
		return p.Lists[0]
	}
	for at > 1 && n[at-1] > before+max(2, p.Number("back")*before) {
		at--
	}
	return p.Lists[at]
}

// stayOf gives for which share of the time since an app first held half of its most it does, and
// what it holds at other times, of its most.
func stayOf(p *cause.Pass, a *measure.App, most float64) (stays, there float64) {
	held, since := 0.0, math.NaN()
	var other []float64
	for k, i := range p.Lists {
		n := float64(a.At(i).N)
		if n < most/2 {
			other = append(other, n)
			continue
		}
		if math.IsNaN(since) {
			since = p.ListTimes[k]
		}
		if k+1 < len(p.ListTimes) {
			held += p.ListTimes[k+1] - p.ListTimes[k]
		}
	}
	all := p.ListTimes[len(p.ListTimes)-1] - since
	if !(all > 0) {
		return 1, 1 // it came last
	}
	return held / all, timeline.Known(stat.Median(other)) / max(most, 1)
}
