package compare

import (
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// A subject is whose quantity is asked for: an application, or all clients. One that a recording
// does not have holds none.
type subject struct {
	m      *measure.Model
	app    *measure.App
	blamed bool // the report blames it for a growth
}

func everyone(m *measure.Model) subject { return subject{m: m, app: m.All} }

// A quantity is a row of the table: what is compared.
type quantity struct {
	id, title, unit string
	least           float64 // the smallest change that people care about, in the unit
	weight          float64 // of a change, in connections: for the order of applications
	listed          bool    // it rests on which connections two lists have in common
	of              func(subject) figure
}

// The quantities of a server, and of an application.
var (
	serverQuantities = [...]quantity{
		{id: "connections", title: "connections in use", unit: "clients", least: 2, weight: 1, of: occupancy},
		{id: "most", title: "most connections", unit: "clients", least: 2, weight: 1, of: mostInUse},
		{id: "use", title: "highest use of limit", unit: "share", least: 0.05, of: highestUse},
		{id: "growth", title: "growth", unit: "connections/min", least: 0.2, of: growth},
		{id: "refused", title: "refused", unit: "per second", least: 0.01, of: counter(measure.RefusedOf)},
		{id: "accepted", title: "accepted", unit: "per second", least: 0.05, of: counter(measure.AcceptedOf)},
		{id: "commands", title: "commands", unit: "per second", least: 1, of: counter(measure.CommandsOf)},
		{id: "blocked", title: "blocked clients", unit: "clients", least: 2, of: gauge(1, func(s *timeline.Sample) float64 { return s.Blocked })},
		{id: "output", title: "output buffers", unit: "bytes", least: 1 << 16, of: gauge(1, func(s *timeline.Sample) float64 { return s.OutMem })},
		{id: "client_memory", title: "memory of clients", unit: "bytes", least: 1 << 20, of: gauge(1, func(s *timeline.Sample) float64 { return s.ClientMem })},
		{id: "output_cuts", title: "output cuts", unit: "per minute", least: 0.1, of: perMinute(func(s *timeline.Sample) float64 { return s.ObufCuts })},
		{id: "evicted", title: "evicted", unit: "per minute", least: 0.1, of: perMinute(func(s *timeline.Sample) float64 { return s.Evicted })},
		{id: "auth_failures", title: "AUTH failures", unit: "per minute", least: 0.1, of: perMinute(func(s *timeline.Sample) float64 { return s.AuthFail })},
		{id: "slow", title: "slow commands", unit: "per minute", least: 0.1, of: slowCommands},
		{id: "idle", title: "median idle time", unit: "seconds", least: 1, of: gauge(1, func(s *timeline.Sample) float64 { return s.IdleP50 })},
	}
	appQuantities = [...]quantity{
		{id: "held", title: "connections held", unit: "connections", least: 2, weight: 1, of: held(func(c timeline.Cell) int32 { return c.N })},
		{id: "held_most", title: "most connections", unit: "connections", least: 2, weight: 1, of: mostHeld},
		{id: "grew", title: "growth", unit: "connections/min", least: 0.2, weight: 10, of: growth},
		{id: "opened", title: "opened", unit: "connections/min", least: 0.5, weight: 1, listed: true, of: turnover(func(c timeline.Cell) int32 { return c.Births })},
		{id: "closed", title: "closed", unit: "connections/min", least: 0.5, listed: true, of: turnover(func(c timeline.Cell) int32 { return c.Deaths })},
		{id: "waiting", title: "in blocking commands", unit: "connections", least: 2, of: held(func(c timeline.Cell) int32 { return c.Blocked })},
		{id: "internal", title: "internal connections", unit: "connections", least: 2, of: held(func(c timeline.Cell) int32 { return c.Internal })},
	}
)

func quantityByID(id string) *quantity {
	for _, table := range [...][]quantity{serverQuantities[:], appQuantities[:]} {
		for i := range table {
			if table[i].id == id {
				return &table[i]
			}
		}
	}
	return &quantity{}
}

// A figure is a quantity of one side: a level or slope with its noise, events in a time, or a
// bare number (test empty) that has no test.
type figure struct {
	stat.Measured
	stat.Counted
	test  string
	least float64 // no such quantity is less
}

// The tests.
const (
	welch    = "Welch, by the effective number of samples"
	binomial = "conditional binomial, batches as one event"
)

func level(m stat.Measured) figure { return figure{Measured: m, test: welch, least: 0} }

// slope is a figure that may be negative.
func slope(m stat.Measured) figure { return figure{Measured: m, test: welch, least: math.Inf(-1)} }

// events gives counts; times is by how much their rate per second is multiplied for its unit.
func events(c stat.Counted, times float64) figure {
	c.Time /= times
	return figure{Counted: c, test: binomial}
}

func bare(v float64) figure {
	return figure{Measured: stat.Measured{Value: v, Err: math.Inf(1)}}
}

// nothing stands for what was not observed.
func nothing() figure { return bare(math.NaN()) }

func (f figure) seen() bool {
	return f.test == binomial && f.Time > 0 || f.test != binomial && !math.IsNaN(f.Value)
}

func (f figure) estimate() stat.Estimate {
	if f.test == binomial {
		return f.PerTime(confidence)
	}
	e := f.Within(confidence)
	if !math.IsInf(e.Lo, 0) {
		e.Lo = max(e.Lo, f.least)
	}
	if f.test == "" {
		e.Lo, e.Hi = math.NaN(), math.NaN()
	}
	return e
}

// below gives the probability that the quantity is less than x; NaN where there is no test.
func (f figure) below(x float64) float64 {
	switch f.test {
	case binomial:
		return f.Counted.Below(x)
	case welch:
		return f.Measured.Below(x)
	}
	return math.NaN()
}

// change compares two figures; why says that they cannot be tested.
func (q *quantity) change(a, b figure, why string) finding.Change {
	ea, eb := a.estimate(), b.estimate()
	x := finding.Change{ID: q.id, Title: q.title, Unit: q.unit, Before: interval(ea), After: interval(eb), P: math.NaN(), Why: why, Moved: finding.Untold}
	x.Gap = interval(stat.Gap(ea, eb))
	switch {
	case why != "":
	case !a.seen() || !b.seen():
		x.Why = "only one of the recordings has it"
	case a.test == "" || b.test == "":
		x.Why = "one number each, which has no spread"
	case a.test == binomial:
		x.P, x.Test = stat.UnequalRates(a.Counted, b.Counted), a.test
	default:
		x.P, x.Test = stat.Unequal(a.Measured, b.Measured), a.test
	}
	if math.IsNaN(x.P) && x.Why == "" {
		x.Why = "too few samples, or too much alike from one to the next, to know its spread"
	}
	return x
}

func interval(e stat.Estimate) finding.Interval {
	return finding.Interval{Value: e.Value, Lo: e.Lo, Hi: e.Hi}
}

// occupancy is the level of the slots in use.
func occupancy(s subject) figure { return level(stat.LevelOf(s.m.Occupancy, 1)) }

func mostInUse(s subject) figure {
	if s.m.PeakSlot < 0 {
		return nothing()
	}
	return bare(s.m.Occupancy[s.m.PeakSlot])
}

func highestUse(s subject) figure { return bare(s.m.Used) }

// gauge is the level of a gauge of INFO or of the lists.
func gauge(resolution float64, get func(*timeline.Sample) float64) func(subject) figure {
	return func(s subject) figure {
		v := make([]float64, len(s.m.Samples))
		for i := range v {
			v[i] = get(&s.m.Samples[i])
		}
		return level(stat.LevelOf(v, resolution))
	}
}

// counter is the rate of a counter of INFO, per second; perMinute per minute.
func counter(get func(*timeline.Sample) float64) func(subject) figure { return counted(get, 1) }

func perMinute(get func(*timeline.Sample) float64) func(subject) figure { return counted(get, 60) }

func counted(get func(*timeline.Sample) float64, times float64) func(subject) figure {
	return func(s subject) figure {
		var c stat.Counted
		t, w, at := []float64{0}, []float64{0}, 0.0
		for i := range s.m.Samples {
			x := &s.m.Samples[i]
			if n := get(x); !math.IsNaN(n) && x.Span > 0 {
				at += x.Span
				c.N, c.Time, t, w = c.N+n, c.Time+x.Span, append(t, at), append(w, n)
			}
		}
		c.Batch = stat.Batches(t, w)
		return events(c, times)
	}
}

// slowCommands counts entries of the slow log: those that a longer log would have kept are missing
// on both sides.
func slowCommands(s subject) figure {
	tl := s.m.TL
	n := len(s.m.Samples)
	if tl.Slowlogs < 2 || n < 2 {
		return nothing()
	}
	from, to := s.m.Samples[0].T, s.m.Samples[n-1].T
	c := stat.Counted{Time: to - from, Batch: 1}
	for i := range tl.Slow {
		if t := tl.Slow[i].T; t >= from && t <= to {
			c.N++
		}
	}
	return events(c, 60)
}

// held is the level of a number of connections over the lists.
func held(pick func(timeline.Cell) int32) func(subject) figure {
	return func(s subject) figure {
		if s.m.InfoOnly {
			return nothing()
		}
		return level(stat.LevelOf(s.values(measure.Window{Hi: len(s.m.Lists)}, pick), 1))
	}
}

func mostHeld(s subject) figure {
	if s.m.InfoOnly || len(s.m.Lists) == 0 {
		return nothing()
	}
	most := 0.0
	for _, v := range s.values(measure.Window{Hi: len(s.m.Lists)}, connections) {
		most = max(most, v)
	}
	return bare(most)
}

func connections(c timeline.Cell) int32 { return c.N }

// turnover is how many connections two lists do not have in common, per minute.
func turnover(pick func(timeline.Cell) int32) func(subject) figure {
	return func(s subject) figure {
		if s.m.InfoOnly || len(s.m.Lists) < 2 {
			return nothing()
		}
		v := s.values(measure.Window{Hi: len(s.m.Lists)}, pick)
		c := stat.Counted{Time: s.m.ListTimes[len(v)-1] - s.m.ListTimes[0], Batch: stat.Batches(s.m.ListTimes, v)}
		for _, n := range v[1:] {
			c.N += n
		}
		return events(c, 60)
	}
}

func (s subject) values(w measure.Window, pick func(timeline.Cell) int32) []float64 {
	return s.m.Values(w, func(i int) float64 {
		if s.app == nil {
			return 0
		}
		return float64(pick(s.app.At(i)))
	})
}

// growth is the slope of connections while there was room to grow, a minute. Of a subject that is
// blamed for its growth it is that of the steepest lasting stretch, which surely rises and makes up
// a tenth of the time: a leak that began within the recording is not an even slope of all of it.
func growth(s subject) figure {
	w := s.m.Growing()
	if w.Len() < 3 {
		return nothing()
	}
	t, v := s.m.ListTimes[w.Lo:w.Hi], s.values(w, connections)
	if s.app == s.m.All {
		v = s.m.Values(w, func(i int) float64 { return s.m.Occupancy[i] })
	}
	if s.blamed {
		if m, ok := steepest(t, v); ok {
			return slope(m.Times(60))
		}
	}
	return slope(stat.SlopeOf(t, v).Times(60))
}

func steepest(t, v []float64) (best stat.Measured, found bool) {
	for _, ph := range stat.Phases(t, v, measure.Tellable(v)) {
		n := ph.Slope.N
		if ph.Slope.Lo <= 0 || n < 4 || t[ph.To]-t[ph.From] < (t[len(t)-1]-t[0])/10 || found && ph.Slope.Value <= best.Value {
			continue
		}
		free := float64(n - 2)
		unit := stat.Measured{Err: 1, Free: free}.Within(confidence)
		best, found = stat.Measured{Value: ph.Slope.Value, Err: (ph.Slope.Hi - ph.Slope.Lo) / (unit.Hi - unit.Lo), Free: free, N: n}, true
	}
	return best, found
}
