package verdict

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// methods has the paragraph that explain and docs/method.md print.
//
//go:embed method.md
var methods string

// Unexplained is what keeps a recording from being called healthy although no cause was found:
// connections that come all at once, again and again, or that grew towards the limit, and for
// which nothing accounts. It is a table of signs like a cause, and none: it says what is seen and
// not why.
var Unexplained = cause.Cause{
	ID:       "unexplained",
	Title:    "Connections without a reason",
	Question: "Do connections come in waves, or grow towards the limit, for no reason that the recording shows?",
	Method:   cause.Section(methods, "unexplained"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "times", None: 2, Full: 3, Unit: "waves", Why: "Two waves may be chance. A third one repeats.", Of: cause.Of(func(w *measure.Waves) float64 { return float64(len(w.At)) }),
			Says: "times that connections came all at once", Short: "they came at once %s times"},
		{Name: "held", None: 0.25, Full: 0.5, Unit: "of those that came", Why: "So many of the connections that came must have come in waves. Pools open some all the time.", Of: cause.Of(func(w *measure.Waves) float64 { return w.Held }),
			Says: "share of the connections that came which came in waves", Short: "a share of %s came in waves"},
		{Name: "spread", None: 0.1, Full: 0.25, Unit: "of the recording", Why: "The time is from the first wave to the last. The batches of one release take less.", Of: cause.Of(func(w *measure.Waves) float64 { return w.Spread }),
			Says: "time from the first wave to the last, of the recording", Short: "all waves came within %s of the recording"},
		{Name: "stayed", None: 0.6, Full: 0.35, Unit: "of a wave", Why: "Connections that are still there when the next wave comes are growth, of pools or fleets.", Of: cause.Of(func(w *measure.Waves) float64 { return w.Stayed }),
			Says: "share of a wave that is still there at the next", Short: "a share of %s stayed"},
		{Name: "share", None: 0.1, Full: 0.25, Unit: "of the connections in use", Why: "Fewer connections are a job or a person.", Of: cause.Of(func(w *measure.Waves) float64 { return w.Share }),
			Says: "connections of a wave, of those in use before", Short: "a wave is %s of the connections in use"},
		{Name: "size", None: 5, Full: 12, Unit: "connections", Why: "Fewer connections are a job or a person, on a server that has few.", Of: cause.Of(func(w *measure.Waves) float64 { return w.Size }),
			Says: "connections of a wave", Short: "a wave has %s connections"},
		{Name: "demand", None: 0.6, Full: 0.35, Unit: "of the rise", Why: "The share is of the rise of connections that came with commands in proportion. Work that comes in bursts explains such waves.", IfKnown: true, Of: cause.Of(func(w *measure.Waves) float64 { return w.Demand }),
			Says: "rise of the commands against that of the connections", Short: "commands rose by %s of the rise of the connections"},
		{Name: "own", None: 0.8, Full: 1.5, Unit: "times its own before", Why: "A wave must bring this many times the application's own connections before. Pools that open some more for a while and close them again keep most of theirs.", IfKnown: true, Of: cause.Of(func(w *measure.Waves) float64 { return w.Own }),
			Says: "connections of a wave against those it had before", Short: "a wave is %s of what it had before, as of pools that breathe"},
		{Name: "slow", None: 0.7, Full: 0.4, Unit: "of the waves", Why: "Where a slow command ran at the beginning of the waves, clients that gave up waiting explain them.", IfKnown: true, Of: cause.Of(func(w *measure.Waves) float64 { return w.Slow }),
			Says: "share of the waves at whose beginning a slow command ran", Short: "a slow command ran at the beginning of a share of %s"},
		{Name: "refilled", None: 0.3, Full: 0.6, Unit: "of the waves", Why: "As many connections must have closed before a wave: pools were cut and filled up again, whatever the commands do.", Of: cause.Of(func(w *measure.Waves) float64 { return w.Refilled }),
			Says: "share of the waves before which as many connections had gone", Short: "before a share of %s of the waves as many had gone"},
		{Name: "known", None: 0.3, Full: 0.6, Unit: "of a wave", Why: "The connections of a wave must come from hosts seen before. Where new hosts fill the pools, instances were exchanged.", IfKnown: true, Of: cause.Of(func(w *measure.Waves) float64 { return 1 - w.FirstHosts }),
			Says: "share of the waves that came from hosts seen before", Short: "a share of %s came from hosts seen before"},
		{Name: "apart", None: 0.3, Full: 0.6, Unit: "of the waves", Why: "Where nobody had gone before a wave, its hosts are no successors.", Of: cause.Of(func(w *measure.Waves) float64 { return 1 - w.Refilled }),
			Says: "share of the waves before which few connections had gone", Short: "before a share of %s of the waves few had gone"},
		{Name: "rise", None: 1.4, Full: 1.8, Unit: "times", Why: "Pools breathe by less than this, from the beginning to the end.", Of: cause.Of(func(x *risen) float64 { return x.to / max(x.from, 1) }),
			Says: "connections at the end, against the beginning", Short: "connections rose %s times"},
		{Name: "gain", None: 10, Full: 25, Unit: "connections", Why: "A server with few connections breathes by more than the ratio says.", Of: cause.Of(func(x *risen) float64 { return x.to - x.from }),
			Says: "connections more at the end", Short: "%s connections more"},
		{Name: "height", None: 0.45, Full: 0.6, Unit: "of the limit", Why: "The value is the use of the limit at the end. Far below the limit nobody needs a cause.", Of: cause.Of(func(x *risen) float64 { return x.to / x.limit }),
			Says: "share of the limit in use at the end", Short: "a share of %s of the limit is in use at the end"},
		{Name: "work", None: 0.5, Full: 0.3, Unit: "elasticity", Why: "The elasticity is of commands to connections. Work explains connections that bring commands.", IfKnown: true, Of: cause.Of(func(x *risen) float64 { return x.commands }),
			Says: "elasticity of commands to connections (0 unchanged, 1 in proportion)", Short: "commands grew with the connections (elasticity %s)"},
		{Name: "life", None: 240, Full: 120, Unit: "s", Why: "The value is the mean life of an application's connections. Pools keep theirs for many minutes, and those that close some after use keep most.", Of: cause.Of(func(x *turned) float64 { return x.life }),
			Says: "mean life of a connection", Short: "its connections live for %s s"},
		{Name: "again", None: 0.4, Full: 0.7, Unit: "of those that went", Why: "The same host must replace a closed connection by the next list. What closes for good is a scaler's or a script's.", Of: cause.Of(func(x *turned) float64 { return x.again }),
			Says: "share of the connections gone that the same host replaced by the next list", Short: "a share of %s was replaced at once"},
		{Name: "part", None: 0.3, Full: 0.5, Unit: "of the connections", Why: "The share is of the application's connections, on average. Fewer are those of a job.", Of: cause.Of(func(x *turned) float64 { return x.part }),
			Says: "share of the connections that it holds", Short: "it holds a share of %s of the connections"},
		{Name: "each", None: 3, Full: 6, Unit: "connections", Why: "The number is for each host, on average, as of a pool. A host with one or two is a process that ends.", Of: cause.Of(func(x *turned) float64 { return x.each }),
			Says: "connections a host", Short: "it holds %s connections a host"},
		{Name: "dropped", None: 20, Full: 100, Unit: "attempts to connect", Why: "The system dropped these attempts at a full listen queue. The clients' connects time out, and the server never sees them.", Of: cause.Of(func(q *measure.Queue) float64 { return q.Dropped }),
			Says: "attempts to connect that were dropped at a full listen queue", Short: "%s attempts to connect were dropped at a full listen queue"},
		{Name: "overflows", None: 1, Full: 3, Unit: "readings", Why: "Drops between only two readings of the counter may be a moment's burst.", Of: cause.Of(func(q *measure.Queue) float64 { return q.Readings }),
			Says: "readings of the counter between which some were dropped", Short: "some were dropped between %s readings of the counter"},
	},
	Views: []cause.View{
		{Name: "a full listen queue", Rule: "dropped, overflows"},
		{Name: "turned over", Rule: "life, again, part, each"},
		{Name: "a rise without work", Rule: "rise, gain, height, work"},
		{Name: "all at once", Rule: "times, held, spread, stayed, share, size, slow, demand & own | refilled, known | apart"},
	},
	Assess: assessUnexplained,
}

// A risen is how all connections of the longest stretch of one process rose before it was full.
type risen struct{ from, to, limit, commands float64 }

// assessUnexplained takes the waves that weigh most: those of an application where it shows them
// as well as the whole does.
func assessUnexplained(p *cause.Pass) cause.Assessment {
	w := p.Growing()
	if w.Lo > 0 { // those who come back to a new process, and their work, are no rise
		w.Lo += min(returning, w.Len()/8)
	}
	x := risen{limit: p.LimitPeak, commands: p.Elasticity(w)}
	x.from, x.to = measure.Ends(p.Values(w, func(i int) float64 { return p.Occupancy[i] }))
	rose := 0.0
	if w.Len() >= minRounds {
		rose = p.Judge("a rise without work", "all clients", cause.Span{From: p.Lists[w.Lo], To: p.Lists[w.Hi-1]}, &x)
	}
	best, score := measure.Waves{App: p.All}, 0.0
	for _, a := range watched(p.Model) {
		w := p.RecurringWaves(a)
		if len(w.At) < 2 {
			continue
		}
		if s := p.Judge("all at once", a.Label, cause.Span{From: w.At[0], To: w.At[len(w.At)-1]}, &w); s > score {
			best, score = w, s
		}
	}
	queue, full := p.ListenQueue(), 0.0
	if queue.First >= 0 {
		full = p.Judge("a full listen queue", "", cause.Span{From: queue.First, To: queue.Last}, &queue)
	}
	a := assessGrowth(p, &x, w, rose, &best, score)
	if full >= cause.Active {
		a = cause.Assessment{Score: max(full, a.Score), Onset: queue.First, OnsetLo: max(queue.First-1, 0), End: -1,
			Claim: strings.TrimSpace(a.Claim + " " + queue.Says(p.Model))}
	}
	return a
}

// assessGrowth says what connections did for which nothing accounts: waves, before a rise.
func assessGrowth(p *cause.Pass, x *risen, w measure.Window, rose float64, best *measure.Waves, score float64) cause.Assessment {
	over, turns := turnedOver(p)
	switch {
	case max(rose, score, turns) < cause.Active:
		return cause.No(max(rose, score, turns), "connections neither came in waves nor grew without work")
	case max(rose, score) < cause.Active:
		return cause.Assessment{Score: turns, Onset: -1, OnsetLo: -1, End: -1, Claim: over}
	case score < cause.Active:
		a := cause.Assessment{Score: rose, Onset: p.Lists[w.Lo], OnsetLo: -1, End: -1}
		work := "commands did not rise with them"
		if math.IsNaN(x.commands) {
			work = "whether commands did is not known"
		}
		a.Claim = strings.TrimSpace(fmt.Sprintf("Connections rose from %.0f to %.0f of %.0f, and %s. %s", x.from, x.to, x.limit, work, holderSeen(p.Model)))
		return a
	}
	return cause.Assessment{Score: score, Onset: best.At[0], OnsetLo: max(best.At[0]-1, 0), End: -1, Claim: wavesSeen(p.Model, best)}
}

// A turned is an application whose whole pools are exchanged all the time, as by a box on the way
// that forgets what rests: the lists are too far apart to see it rest.
type turned struct{ life, again, part, each float64 }

// turnedOver judges the application with most connections, and says what was seen of it.
func turnedOver(p *cause.Pass) (claim string, score float64) {
	if len(p.Lists) < minRounds || p.InfoOnly || len(p.Apps) == 0 || p.Apps[0].Overflows() {
		return "", 0
	}
	a := p.Apps[0]
	var n, hosts, all, went, again float64
	for _, i := range p.Lists {
		n, hosts = n+float64(a.At(i).N), hosts+float64(a.Hosts(i))
		all += p.Samples[i].Listed
	}
	for _, e := range a.Entities {
		d, k := p.Replaced(e)
		went, again = went+d, again+k
	}
	first, last := p.Lists[0], p.Lists[len(p.Lists)-1]
	mean := n / float64(len(p.Lists))
	x := turned{mean * (p.Samples[last].T - p.Samples[first].T) / max(went, 1), again / max(went, 1), n / max(all, 1), n / max(hosts, 1)}
	score = p.Judge("turned over", a.Label, cause.Span{From: first, To: last, Lists: true}, &x)
	return fmt.Sprintf("The connections of %s live for about %s, and %.0f %% of the %.0f that went were replaced at once: "+
		"all of its pools, about %.0f connections, are exchanged all the time.", finding.Plain(a.Label), finding.Duration(x.life), x.again*100, went, mean), score
}

// watched gives the applications to look at, and last all connections.
func watched(m *measure.Model) []*measure.App {
	most := func(a *measure.App) (n int) {
		for _, e := range a.Entities {
			for _, s := range e.Parts {
				n += s.Most
			}
		}
		return n
	}
	apps := slices.Clone(m.Apps)
	if m.InfoOnly {
		apps = nil
	}
	slices.SortStableFunc(apps, func(a, b *measure.App) int { return most(b) - most(a) })
	return append(apps[:min(len(apps), mostWatched)], m.All)
}

// wavesSeen says in a sentence what came in waves.
func wavesSeen(m *measure.Model, w *measure.Waves) string {
	whose := "Connections"
	if w.App != m.All {
		whose = "Connections of " + finding.Plain(w.App.Label)
	}
	then := "and went again"
	if w.Refilled >= mostly {
		then = "after as many had gone"
	}
	s := fmt.Sprintf("%s came all at once %d times, about %.0f each time and every %s, %s", whose, len(w.At), w.Size, finding.Duration(w.Every), then)
	if !math.IsNaN(w.Demand) && w.Refilled < mostly {
		s += "; commands did not rise with them"
	}
	return s + "."
}

// holderSeen says in a sentence whose connections filled the server at its fullest, where most
// of the rise is one application's; empty where it is nobody's in particular.
func holderSeen(m *measure.Model) string {
	k := m.LastListBefore(m.PeakSlot)
	if m.InfoOnly || m.PeakSlot < 0 || k < 0 {
		return ""
	}
	var top *measure.App
	rise, all := 0.0, 0.0
	for _, a := range m.Apps {
		usual := stat.Median(m.Connections(measure.Window{Hi: len(m.Lists)}, a.At))
		d := float64(a.At(k).N) - timeline.Known(usual)
		if d > rise {
			top, rise = a, d
		}
		all += max(d, 0)
	}
	if top == nil || rise < mostly*all || rise < holderPart*m.Occupancy[m.PeakSlot] {
		return ""
	}
	c := top.At(k)
	s := fmt.Sprintf("At its fullest (%s) %s held %d of %.0f connections, %.0f more than usual", finding.Clock(m.TimeOf(k)), finding.Plain(top.Label), c.N, m.Occupancy[m.PeakSlot], rise)
	return s + "."
}
