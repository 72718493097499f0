package verdict

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// Recurring is what keeps a recording from being called healthy although no cause was found:
// connections that come all at once, again and again, and for which nothing accounts. It is a
// table of signs like a cause, and none: it says what is seen and not why.
var Recurring = cause.Cause{
	ID:    "recurring",
	Title: "Connections in waves",
	Signs: []cause.Sign{
		{Name: "times", None: 2, Full: 3, Unit: "waves", Why: "twice may be chance; a third time it repeats", Of: cause.Of(func(w *measure.Waves) float64 { return float64(len(w.At)) }),
			Says: "times that connections came all at once", Short: "they came at once %s times"},
		{Name: "held", None: 0.25, Full: 0.5, Unit: "of those that came", Why: "that came in waves: pools open some all the time", Of: cause.Of(func(w *measure.Waves) float64 { return w.Held }),
			Says: "share of the connections that came which came in waves", Short: "a share of %s came in waves"},
		{Name: "spread", None: 0.1, Full: 0.25, Unit: "of the recording", Why: "from the first wave to the last: the batches of one release take less", Of: cause.Of(func(w *measure.Waves) float64 { return w.Spread }),
			Says: "time from the first wave to the last, of the recording", Short: "all waves came within %s of the recording"},
		{Name: "stayed", None: 0.6, Full: 0.35, Unit: "of a wave", Why: "that is there when the next comes: what stays is growth, of pools or fleets", Of: cause.Of(func(w *measure.Waves) float64 { return w.Stayed }),
			Says: "share of a wave that is still there at the next", Short: "a share of %s stayed"},
		{Name: "share", None: 0.1, Full: 0.25, Unit: "of the connections in use", Why: "fewer are a job or a person", Of: cause.Of(func(w *measure.Waves) float64 { return w.Share }),
			Says: "connections of a wave, of those in use before", Short: "a wave is %s of the connections in use"},
		{Name: "size", None: 5, Full: 12, Unit: "connections", Why: "as above, of a server with few", Of: cause.Of(func(w *measure.Waves) float64 { return w.Size }),
			Says: "connections of a wave", Short: "a wave has %s connections"},
		{Name: "demand", None: 0.6, Full: 0.35, Unit: "of the rise", Why: "by which commands rose with the connections: work that comes in bursts accounts for them", IfKnown: true, Of: cause.Of(func(w *measure.Waves) float64 { return w.Demand }),
			Says: "rise of the commands against that of the connections", Short: "commands rose by %s of the rise of the connections"},
		{Name: "own", None: 0.8, Full: 1.5, Unit: "times its own before", Why: "that a wave brings: pools that open some more for a while and close them again keep most", IfKnown: true, Of: cause.Of(func(w *measure.Waves) float64 { return w.Own }),
			Says: "connections of a wave against those it had before", Short: "a wave is %s of what it had before, as of pools that breathe"},
		{Name: "slow", None: 0.7, Full: 0.4, Unit: "of the waves", Why: "at whose beginning a slow command ran: clients that gave up waiting account for them", IfKnown: true, Of: cause.Of(func(w *measure.Waves) float64 { return w.Slow }),
			Says: "share of the waves at whose beginning a slow command ran", Short: "a slow command ran at the beginning of a share of %s"},
		{Name: "refilled", None: 0.3, Full: 0.6, Unit: "of the waves", Why: "before which as many had gone: pools that were cut and filled up, whatever the commands do", Of: cause.Of(func(w *measure.Waves) float64 { return w.Refilled }),
			Says: "share of the waves before which as many connections had gone", Short: "before a share of %s of the waves as many had gone"},
		{Name: "known", None: 0.3, Full: 0.6, Unit: "of a wave", Why: "that came from hosts seen before; where pools are filled up by new hosts, instances were exchanged", IfKnown: true, Of: cause.Of(func(w *measure.Waves) float64 { return 1 - w.FirstHosts }),
			Says: "share of the waves that came from hosts seen before", Short: "a share of %s came from hosts seen before"},
		{Name: "apart", None: 0.3, Full: 0.6, Unit: "of the waves", Why: "before which nobody had gone: such hosts are no successors", Of: cause.Of(func(w *measure.Waves) float64 { return 1 - w.Refilled }),
			Says: "share of the waves before which few connections had gone", Short: "before a share of %s of the waves few had gone"},
	},
	Views: []cause.View{{Name: "all at once", Rule: "times, held, spread, stayed, share, size, slow, demand & own | refilled, known | apart"}},
}

// mostWatched bounds the applications that are looked at for waves: those with the most
// connections at any time.
const mostWatched = 64

// recurring gives the waves that weigh most, with their score: those of an application where
// it shows them as well as the whole does.
func recurring(m *measure.Model) (best measure.Waves, score float64, subject cause.Subject) {
	p := &cause.Pass{Model: m, Cause: &Recurring}
	best, score = measure.Waves{App: m.All}, -1
	for _, a := range watched(m) {
		w := m.RecurringWaves(a)
		if len(w.At) < 2 {
			continue
		}
		if s := p.Judge("all at once", a.Label, cause.Span{From: w.At[0], To: w.At[len(w.At)-1]}, &w); s > score {
			best, score = w, s
		}
	}
	return best, max(score, 0), p.Found()
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
	if w.Refilled >= 0.5 {
		then = "after as many had gone"
	}
	s := fmt.Sprintf("%s came all at once %d times, about %.0f each time and every %s, %s", whose, len(w.At), w.Size, finding.Duration(w.Every), then)
	if !math.IsNaN(w.Demand) && w.Refilled < 0.5 {
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
		usual := stat.Median(m.Values(measure.Window{Hi: len(m.Lists)}, func(i int) float64 { return float64(a.At(m.TL, i).N) }))
		d := float64(a.At(m.TL, k).N) - timeline.Known(usual)
		if d > rise {
			top, rise = a, d
		}
		all += max(d, 0)
	}
	if top == nil || rise < 0.5*all {
		return ""
	}
	c := top.At(m.TL, k)
	s := fmt.Sprintf("At its fullest (%s) %s held %d of %.0f connections, %.0f more than usual", finding.Clock(m.TimeOf(k)), finding.Plain(top.Label), c.N, m.Occupancy[m.PeakSlot], rise)
	return s + "."
}
