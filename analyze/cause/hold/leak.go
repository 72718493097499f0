// Package hold has the causes that take slots and keep them: leaks, pools that are too big,
// clients that wait, the server's own links, functions with a connection each, dead peers.
package hold

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/stat/growth"
	"github.com/connbox/connbox/analyze/timeline"
)

// methods has a paragraph for each cause.
//
//go:embed method.md
var methods string

var Leak = cause.Cause{
	ID:       "connection-leak",
	Title:    "Connection leak",
	Phrase:   "a connection leak",
	Question: "Does some source open connections and never close or return them?",
	Method:   cause.Section(methods, "connection-leak"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "gain", Value: 10, None: 6, Full: 12, Unit: "connections", Why: "Fewer connections may be one pool that fills up.", Of: ofRise(func(r *rise) float64 { return r.Gain }),
			Says: "connections more at the end of the rise than at its beginning", Short: "only %s connections more: one pool may hold as many"},
		{Name: "ratio", None: 1.3, Full: 1.7, Unit: "times", Why: "Pools breathe by less than this. For a source that closes nothing and has more than the other hosts of its application, the ratio is taken against those hosts.", Of: ofRise(func(r *rise) float64 { return r.To / max(r.From, 1) }),
			Says: "connections at the end of the rise, against its beginning", Short: "it grew only %s times, as pools breathe"},
		{Name: "spread", Value: 0.45, None: 0.55, Full: 0.3, Unit: "KS distance", Why: "An even stream has a distance under 0.2, a staircase of six steps 0.3, and one burst over 0.7.", Of: ofRise(func(r *rise) float64 { return r.Spread }),
			Says: "the rises are spread over the time since, as a leak's are (0 even … 1 one burst)", Short: "it came in a burst, not steadily (KS distance %s)"},
		{Name: "late", None: 0.1, Full: 0.4, Unit: "of an even rise", Why: "A pool that has filled stops growing. A leak goes on.", Of: ofRise(func(r *rise) float64 { return r.Late }),
			Says: "rise in the last third, against an even one", Short: "it stopped growing: the last third has %s of an even rise"},
		{Name: "idle_gain", None: 0.4, Full: 0.65, Unit: "share", Why: "An added connection is not in use if nobody used it for two minutes, or between two lists where the rise is shorter than twelve lists. Traffic uses the connections that it asks for: fleets that grew with their traffic stay under 0.45.", Of: ofRise(func(r *rise) float64 { return r.IdleGain }),
			Says: "share of the added connections that are not in use", Short: "of the added connections only a share of %s is unused"},
		{Name: "pinged", None: 0.5, Full: 0.8, Unit: "of the rise", Why: "A health check keeps connections from resting that nobody else uses. They count by their last command.", Of: ofRise(func(r *rise) float64 { return r.pinged() / max(r.Gain, 1) }),
			Says: "connections that only a health check uses, of the rise", Short: "a health check was the last to use %s of the rise"},
		{Name: "stairs", None: 0.7, Full: 0.4, Unit: "of the rise", Why: "Where hosts cannot be told apart, equal jumps are instances that come with their pools.", Of: ofRise(func(r *rise) float64 { return r.stairs }),
			Says: "share of the rise that came in equal jumps", Short: "a share of %s of the rise came in equal jumps, an instance each", IfKnown: true},
		{Name: "commands", None: 0.55, Full: 0.35, Unit: "elasticity", Why: "In INFO alone, the elasticity is of commands to connections. A leak brings no commands. Traffic brings commands in proportion to its connections.", Of: ofRise(func(r *rise) float64 { return r.commands }),
			Says: "elasticity of commands to connections (0 unchanged, 1 in proportion)", Short: "commands grew with the connections (elasticity %s)", IfKnown: true},
		{Name: "kept", None: 0.30000000000000004, Full: 0.1, Unit: "of births", Why: "Where hosts cannot be told apart and so few of the births close, the ratio need not be reached.", Of: ofRise(func(r *rise) float64 { return r.Growth.Deaths / max(r.Births, 1) }),
			Says: "share of the births that closed", Short: "a share of %s of the births closed"},
		{Name: "stays", None: 0.6, Full: 0.8, Unit: "of the rise", Why: "In INFO alone, a rise that is never taken back counts whatever other connections came and went meanwhile."},
		{Name: "old", Value: 12, None: 9.600000000000001, Full: 14.399999999999999, Unit: "connections", Why: "A leak that began long before the recording leaves connections that were never used since they were opened.", Of: cause.Of(func(x *never) float64 { return x.n }),
			Says: "connections of this host that were never used since they were opened", Short: "it has %s connections that were never used"},
		{Name: "new", None: 2, Full: 4, Unit: "connections", Why: "Some of the connections that were never used must have been opened within the recording, spread over it.", Of: cause.Of(func(x *never) float64 { return float64(len(x.since)) }),
			Says: "such connections opened within the recording", Short: "%s such connections were opened within the recording"},
		{Name: "others", None: 0.3, Full: 0.15, Unit: "of them", Why: "Where one host leaks, each of the other hosts of its application has few such connections.", Of: cause.Of(func(x *never) float64 { return x.most / x.n }),
			Says: "the most that another host of its application has, of that", Short: "another host has %s as many"},
		{Name: "closed", None: 0.9, Full: 0.6, Unit: "of births", Why: "A pool that breathes closes most of what it opens.", Of: ofRise(func(r *rise) float64 { return r.closed / max(r.Births, 1) }),
			Says: "share of the births that closed", Short: "a share of %s of the births closed, as in a pool that breathes"},
		{Name: "elsewhere", None: 0.7, Full: 0.4, Unit: "of the added connections", Why: "Connections that wait in blocking commands, and those of replicas and Sentinels, have causes of their own.", Of: ofRise(func(r *rise) float64 { return max(r.BlockedGain, r.InternGain) }),
			Says: "share of the added connections that wait in blocking commands or are internal", Short: "a share of %s of the added connections waits in blocking commands or is internal"},
		{Name: "shape", None: 0.02, Full: 0.5, Unit: "posterior weight", Why: "A leak rises steadily, in stairs, ever more slowly as slots run out, or as a sawtooth where restarts cut it back. In simulated leaks these shapes have a weight of 0.98 and more together, among the eight shapes of docs/method.md. A pool is constant or steps up, and a fleet follows its demand.", Of: ofRise(func(r *rise) float64 {
			return r.shapes().Weigh(growth.Leak, growth.Staircase, growth.Saturation, growth.Sawtooth)
		}), IfKnown: true, Dear: true,
			Says: "posterior weight of the shapes that a leak takes", Short: "the shapes that a leak takes weigh %s together"},
		{Name: "gain_hidden", None: 10, Full: 25, Unit: "connections", Why: "Where hosts cannot be told apart, the count is of the whole server, which varies by more than one host does.", Of: ofRise(func(r *rise) float64 { return r.Gain }),
			Says: "connections more at the end of the rise than at its beginning", Short: "only %s connections more, which a whole server breathes by"},
		{Name: "new_even", None: 0.6, Full: 0.45, Unit: "KS distance", Why: "The connections opened within the recording, few as they are, must be spread over it.", Of: cause.Of(func(x *never) float64 { return x.newEven }),
			Says: "how evenly those of the recording came (0 even … 1 at once)", Short: "those of the recording came at once (KS distance %s)"},
		{Name: "old_even", None: 0.35, Full: 0.2, Unit: "KS distance", Why: "A leak opens its connections over all of its time. A pool opens them at one start.", Of: cause.Of(func(x *never) float64 { return x.oldEven }),
			Says: "how evenly all of them came (0 even … 1 at once)", Short: "they were opened at once (KS distance %s)"},
		{Name: "old_long", None: 1.2, Full: 2, Unit: "of the recording", Why: "The unused connections must have been opened over a longer time than the recording lasted.", Of: cause.Of(func(x *never) float64 { return x.long }),
			Says: "time over which they were opened, of the recording", Short: "they were opened over %s of the recording's time"},
		{Name: "ever", Value: 4, Unit: "connections", Why: "A source that never had so many connections is not looked at."},
		{Name: "same_hosts", Value: 1.25, Unit: "times the hosts", Why: "An application is looked at as a whole while its number of hosts grows by no more than this. Beyond it the fleet grows."},
		{Name: "tooth", Value: 0.6, Unit: "of the list before", Why: "A fall to less than this, by as many connections as gain asks for, is a restart of the leaking instance. It ends one tooth of a sawtooth."},
		{Name: "picture", Value: 0.8, Unit: "of the connections at the end", Why: "The peak shows the leak if so many of the connections at the end are there at the peak."},
		{Name: "abandoned", Value: 0.85, Unit: "of the rise", Why: "Connections that were never used date the leak if so much of the rise is among them."},
		{Name: "borrowed", Value: 0.5, Unit: "of the rise", Why: "Connections that are borrowed and not returned date the leak if so much of the rise has not been used for long, or else was never used again."},
		{Name: "before", Value: 0.5, Unit: "probability", Why: "From this probability on that the rate never changed within the recording, the leak may have begun before it."},
		{Name: "earlier", Value: 0.3, Unit: "of as many as expected", Why: "Where at least so many of the connections expected at this rate were left behind before the recording, the leak began before it."},
		{Name: "tooth_lists", Value: 6, Unit: "lists", Why: "A rise is measured on no fewer lists, so two falls must be at least so many lists apart."},
		{Name: "stretch", Value: 3, Unit: "parts of the longest stretch", Why: "A leak is also looked for in other stretches between restarts, if they last for at least one such part of the longest stretch."},
		{Name: "left", Value: 5, Unit: "connections", Why: "The beginning is read from the birth of the connections left behind if there are so many. One or two may be from any time."},
		{Name: "old_lists", Value: 8, Unit: "lists", Why: "A leak of long ago goes on if connections are added over at least so many lists after the first."},
	},
	Views: []cause.View{
		{Name: "client lists", Rule: "gain, ratio, spread, late, idle_gain | pinged, closed, elsewhere, stairs, shape"},
		{Name: "one address", Rule: "gain, spread, late, idle_gain | pinged, closed, elsewhere, ratio | gain_hidden & kept, stairs, commands"},
		{Name: "left from before, beside other hosts", Rule: "old, new, new_even, others"},
		{Name: "left from before, alone", Rule: "old, new, new_even, old_even, old_long"},
	},
	Refuted: []string{
		"the rise came in one burst, or stopped",
		"the source closes most of what it opens",
		"the added connections are used",
		"they wait in blocking commands or are internal",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "a leak fills any limit; it buys time only"},
		cause.FixLeak:    {Yes: true, Why: "connections are opened and not closed"},
	},
	Opens:    []string{"time-to-limit", "timeout", "kill"},
	Alerts:   []string{"RedisConnectionsRiseWithoutTraffic"},
	Unneeded: true,
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli CLIENT LIST | grep -F ' addr={host}:'", Effect: "lists the leaked connections; the last command of each names the code path", Check: "the last commands are alike: find where that code does not close or return its connection"},
		{Risk: finding.Disconnects, Command: "restart the leaking instances ({who}), one at a time", Effect: "frees the leaked slots at once; the leak begins again until the code is fixed", Check: "connected_clients falls by the leaked connections, and grows again at the same rate"},
		{Risk: finding.Changes, Good: true, Command: "return or close the connection on every path of {name}, errors and time-outs included", Effect: "the growth ends; nothing else ends it", Check: "connections of {name} stay level over an hour of traffic"},
	},
	Assess: assessLeak,
}

// A rise is a growth with what is measured of it where hosts cannot be told apart; NaN where
// they can.
type rise struct {
	measure.Growth
	closed   float64 // connections that closed, as far as the rise was not kept all the same
	shapes   func() *measure.Grown
	pinged   func() float64 // connections that a health check was the last to use
	stairs   float64        // share of the rise in equal jumps
	commands float64        // elasticity of commands to connections
}

func ofRise(f func(*rise) float64) func(any) float64 { return cause.Of(f) }

// leakScore judges the growth of an entity or application over a window of lists.
func leakScore(p *cause.Pass, label string, ents []*measure.Entity, w measure.Window, g measure.Growth, stairs float64) float64 {
	if len(g.V) < 5 || g.Gain <= 0 || g.To == 0 {
		return 0
	}
	return p.Judge("client lists", label, overLists(p, w), &rise{g, g.Deaths, func() *measure.Grown { return p.Shapes(ents, p.Lists[w.Lo:w.Hi]) }, func() float64 { return p.Pinged(ents) }, stairs, math.NaN()})
}

// overLists gives the samples of a window of lists.
func overLists(p *cause.Pass, w measure.Window) cause.Span {
	return cause.Span{From: p.Lists[w.Lo], To: p.Lists[w.Hi-1], Lists: true}
}

// A suspect is an entity with its growth over a window and its score.
type suspect struct {
	e     *measure.Entity
	w     measure.Window
	g     measure.Growth
	score float64
}

func assessLeak(p *cause.Pass) cause.Assessment {
	w := p.Growing()
	if w.Len() < 6 {
		return cause.No(0, "only %s before the limit or the end; a leak shows over six or more", finding.Count(w.Len(), p.ListWord()))
	}
	suspects, best := leakSuspects(p, w)
	for _, other := range p.GrowingEach() { // a leak that a restart cut back shows before it, too
		if best < cause.Active && other != w && other.Len() >= max(int(p.Number("tooth_lists")), w.Len()/int(p.Number("stretch"))) {
			if s, score := leakSuspects(p, other); score >= cause.Active {
				suspects, best = s, score
			}
		}
	}
	if best < cause.Active {
		if x := slowLeak(p); x.Score > best {
			return x
		}
		if len(suspects) == 0 || suspects[0].g.Gain <= 0 {
			return cause.No(best, "no source grew steadily")
		}
		g := suspects[0].g
		return cause.No(best, "%s grew most, from %.0f to %.0f", measure.Label(suspects[0].e), g.From, g.To)
	}
	return leakReport(p, suspects, best)
}

// leakSuspects scores every entity, and the apps whose hosts all leak a little. It gives
// the entities that leak (or, where none does, all by score), worst first.
func leakSuspects(p *cause.Pass, w measure.Window) ([]suspect, float64) {
	all := make([]suspect, 0, len(p.Entities))
	best, stairs, ever := 0.0, stairsShare(p, w), p.Number("ever")
	for _, e := range p.Entities {
		s := suspect{e: e, w: w}
		if float64(e.Most()) < ever {
			s.g.Spread = 1
			all = append(all, s) // never had as many as a leak adds
			continue
		}
		at, label := e.At, measure.Label(e)
		s.g = p.Grow(w, at)
		sinceRestart(p.Model, &s.g, w, at)
		besideSiblings(p, &s.g, e, w)
		if p.AllInOne() {
			hidden(p, &s, at)
		} else {
			s.score = leakScore(p, label, []*measure.Entity{e}, w, s.g, stairs)
		}
		for _, part := range teeth(p, w, s.g.V) {
			g := p.Grow(part, at)
			if score := leakScore(p, label, []*measure.Entity{e}, part, g, math.NaN()); score > s.score {
				s.w, s.g, s.score = part, g, score
			}
		}
		all = append(all, s)
	}
	bySize := func(a, b suspect) int { return -cmp.Compare(a.g.Gain, b.g.Gain) }
	slices.SortStableFunc(all, bySize)
	var leaking []suspect
	for _, s := range all {
		best = max(best, s.score)
		if s.score >= cause.Active {
			leaking = append(leaking, s)
		}
	}
	if len(leaking) > 0 {
		return withSiblings(p, leaking, all), best
	}
	for _, a := range p.Apps {
		first, last := p.HostGrowth(a, w)
		if len(a.Entities) < 2 || last > p.Number("same_hosts")*first || first == 0 {
			continue
		}
		at := a.At
		g := p.Grow(w, at)
		sinceRestart(p.Model, &g, w, at)
		score := leakScore(p, a.Label, a.Entities, w, g, stairs)
		if score <= best {
			continue
		}
		var gained []suspect
		for _, s := range all {
			if s.e.App == a && s.g.V == nil { // too small to be looked at by itself
				s.g = p.Grow(w, s.e.At)
			}
			if s.e.App == a && s.g.Gain > 0 {
				gained = append(gained, s)
			}
		}
		if len(gained) > 0 {
			slices.SortStableFunc(gained, bySize)
			leaking, best = gained, score
		}
	}
	if best >= cause.Active {
		return leaking, best
	}
	return all, best
}

// hidden scores a growth where hosts cannot be told apart. Instances that come with their
// pools are no leak, nor, in INFO alone, is what brings work along. Slow leaks drown in
// the whole server's connections: their sign is that next to none closes. A fleet that
// starts hides them too, so the last three quarters are looked at by themselves.
func hidden(p *cause.Pass, s *suspect, at func(int) timeline.Cell) {
	whole := s.w
	s.score = hiddenScore(p, s.w, s.g)
	if part := (measure.Window{Lo: whole.Lo + whole.Len()/4, Hi: whole.Hi}); part.Len() >= 16 && whole.Lo == 0 {
		if g := p.Grow(part, at); hiddenScore(p, part, g) > s.score {
			s.w, s.g, s.score = part, g, hiddenScore(p, part, g)
		}
	}
}

func hiddenScore(p *cause.Pass, w measure.Window, g measure.Growth) float64 {
	if len(g.V) < 5 || g.Gain <= 0 {
		return 0
	}
	r := rise{g, g.Deaths, nil, func() float64 { return p.Pinged(p.Entities) }, stairsShare(p, w), math.NaN()}
	if p.InfoOnly {
		// Of a whole server, what comes and goes between is no matter where the rise is
		// never taken back.
		r.closed *= 1 - p.Part("stays", stayed(g.V[g.Onset:]))
		r.commands = p.Elasticity(w)
	}
	return p.Judge("one address", measure.Label(p.Entities[0]), overLists(p, w), &r)
}

// stairsShare says how much of the rise over a window came in equal jumps, as instances with
// their pools come, where an address may stand for many instances; NaN where hosts are known.
func stairsShare(p *cause.Pass, w measure.Window) float64 {
	if !p.HostsHidden() {
		return math.NaN()
	}
	return p.Stairs(w).Share
}

// stayed gives the share of a rise that was never taken back: that of the lowest value
// from each time on.
func stayed(v []float64) float64 {
	first := stat.Median(v[:min(3, len(v))])
	tail := stat.Median(v[max(len(v)-3, 0):])
	// The areas under the lowest value to come and under the course, both above the start.
	var kept, all float64
	env := tail
	for i := len(v) - 1; i >= 0; i-- {
		env = min(env, v[i])
		kept, all = kept+max(env-first, 0), all+max(v[i]-first, 0)
	}
	return kept / max(all, 1)
}

// sinceRestart measures a growth that followed a restart against what there was before it:
// pools that come back are no leak.
func sinceRestart(m *measure.Model, g *measure.Growth, w measure.Window, at func(int) timeline.Cell) {
	if w.Lo == 0 || m.Samples[m.Lists[w.Lo]].Epoch == m.Samples[m.Lists[w.Lo-1]].Epoch {
		return
	}
	before := m.Values(measure.Window{Lo: max(w.Lo-5, 0), Hi: w.Lo}, func(i int) float64 { return float64(at(i).N) })
	g.From = max(g.From, stat.Median(before))
	g.Gain = g.To - g.From
}

// besideSiblings measures a growth against what the application's other hosts have, where
// that is less than what this one began with: it may have leaked since before the recording.
func besideSiblings(p *cause.Pass, g *measure.Growth, e *measure.Entity, w measure.Window) {
	if len(e.App.Entities) < 3 || g.Deaths > p.Number("kept")*g.Births {
		return
	}
	var others []float64
	for _, s := range e.App.Entities {
		if n := s.At(p.Lists[w.Hi-1]).N; s != e && n > 0 {
			others = append(others, float64(n))
		}
	}
	if len(others) >= 2 {
		g.From = min(g.From, max(stat.Median(others), 1))
	}
}

// withSiblings adds, where several hosts of an application leak, its others that grew half
// as much as the least of those: the same code leaks on all of them, and a count that
// leaves some out is too low.
func withSiblings(p *cause.Pass, leaking, all []suspect) []suspect {
	least, n := map[*measure.App]float64{}, map[*measure.App]int{}
	in := map[*measure.Entity]bool{}
	for _, s := range leaking {
		a := s.e.App
		if n[a]++; n[a] == 1 || s.g.Gain < least[a] {
			least[a] = s.g.Gain
		}
		in[s.e] = true
	}
	for _, s := range all {
		a := s.e.App
		if n[a] >= 2 && !in[s.e] && s.g.Gain >= least[a]/2 && s.w == leaking[0].w && s.g.IdleGain >= p.Number("idle_gain") {
			leaking = append(leaking, s)
		}
	}
	slices.SortStableFunc(leaking, func(a, b suspect) int { return -cmp.Compare(a.g.Gain, b.g.Gain) })
	return leaking
}

// teeth splits a window where connections fell by nearly half at once: a restart of the
// leaking instance, or someone who killed its connections, ends one tooth of a saw.
func teeth(p *cause.Pass, w measure.Window, v []float64) []measure.Window {
	var out []measure.Window
	tooth, gain, least := p.Number("tooth"), p.Number("gain"), p.Number("tooth_lists")
	start := 0
	for k := 1; k <= len(v); k++ {
		if k == len(v) || v[k] < tooth*v[k-1] && v[k-1]-v[k] >= gain {
			if float64(k-start) >= least && (start > 0 || k < len(v)) {
				out = append(out, measure.Window{Lo: w.Lo + start, Hi: w.Lo + k})
			}
			start = k
		}
	}
	return out
}

func leakReport(p *cause.Pass, leaking []suspect, best float64) cause.Assessment {
	m, w := p.Model, leaking[0].w
	total := m.Grow(w, func(i int) timeline.Cell {
		var c timeline.Cell
		for _, s := range leaking {
			c.Sum(s.e.At(i))
		}
		return c
	})
	top := leaking[0]
	on := measure.Surges(m.ListTimes[w.Lo:w.Hi], total.V)
	paced := total.Onset // since when the rate is counted
	if len(on) > 0 {
		total.Onset, paced = on[0].Lo, on[0].Lo
		if last := on[len(on)-1]; last.Hi >= w.Len()-2 {
			paced = last.Lo // it goes on as it did last
		}
	}
	onset := m.Lists[w.Lo+total.Onset]
	a := cause.Assessment{Score: best, Onset: onset, OnsetLo: m.Lists[max(w.Lo+total.Onset-1, w.Lo)], End: -1}
	a.Paced, a.Spells = m.Lists[w.Lo+paced], m.Spells(w, on)
	a.Began = leakBegan(p, firstSurge(leaking, on), onset)
	a.Slots = func(slot int) (n float64) {
		for _, s := range leaking {
			n += max(float64(s.e.At(slot).N)-s.g.From, 0)
		}
		return n
	}
	var gain float64
	for _, s := range leaking {
		gain += max(s.g.Gain, 0)
	}
	for _, s := range leaking[:min(len(leaking), 20)] {
		if s.e.Host == "" && s.e.Name == "" {
			continue // INFO alone does not tell who
		}
		src := s.e.Source()
		src.Connections, src.Share = int(s.e.At(m.Lists[s.w.Hi-1]).N), s.g.Gain/gain
		a.Sources = append(a.Sources, src)
	}
	lastSlot := m.Lists[w.Hi-1]
	// The rate is counted, not fitted: what came in since the onset, as a Poisson stream.
	from, to := total.V[total.Onset], total.V[len(total.V)-1]
	rate := stat.Rate(max(to-total.V[paced], 1), max(m.ListTimes[w.Hi-1]-m.ListTimes[w.Lo+paced], m.Interval)/60, 0.9)
	perMin := rate.Value
	who := measure.Label(top.e)
	if len(leaking) > 1 {
		who = fmt.Sprintf("%s and %d more", who, len(leaking)-1)
	}
	spells := ""
	if len(on) > 0 {
		spells = " " + measure.SpellWords(a.Spells) + ","
	}
	a.Claim = fmt.Sprintf("%s opened %.1f connections a minute %s%s and closed hardly any: %.0f became %.0f.",
		who, perMin, a.Began.Words(), spells, from, to)
	a.Evidence = []finding.Evidence{
		finding.New(fmt.Sprintf("connections of %s rose", who), perMin, "connections/min", m.Place(a.Paced, true), m.Place(lastSlot, true)).
			Within(rate.Lo, rate.Hi),
		finding.New(fmt.Sprintf("they went from %.0f to %.0f", from, to), to-from, "connections", m.Place(onset, true), m.Place(lastSlot, true)),
		finding.New("the rises are spread over the time since, as a leak's are (0 even … 1 one burst)", total.Spread, "KS distance", m.Place(onset, true), m.Place(lastSlot, true)),
		finding.New("connections of these sources that were closed meanwhile", total.Deaths, "connections", m.Place(m.Lists[w.Lo], true), m.Place(lastSlot, true)),
	}
	if !m.InfoOnly || m.Holds(measure.CommandsOf) { // use is inferred from the commands
		unused := finding.New("share of the added connections that are not in use", total.IdleGain, "share", m.Place(lastSlot, true))
		a.Evidence = slices.Insert(a.Evidence, len(a.Evidence)-1, unused)
	}
	a.Evidence = append(a.Evidence, spellEvidence(m, w, on)...)
	return a
}
