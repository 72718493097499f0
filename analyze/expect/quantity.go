package expect

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/record"
)

// A Unit is what a quantity is counted in.
type Unit string

// The units. A bound may name them; without a name it is in the unit itself.
const (
	Number  Unit = "number"
	Seconds Unit = "duration" // 60s, 2m; a bare number is seconds
	Bytes   Unit = "bytes"    // 64MB
	Share   Unit = "share"    // 90%, 0.9
)

// Measured is what an analysis found.
type Measured struct {
	Report   *finding.Report
	Timeline *timeline.Timeline
	// Until ends the stretch in which growth is measured: when a test was over. Zero: the recording's end.
	Until time.Time
}

// A Reading is a quantity of one recording. NaN: not known, which is not none.
type Reading struct {
	Value, Lo, Hi float64  // Lo and Hi enclose it where it is an estimate; else they are Value
	Sure          bool     // of an estimate: that it rises is not chance
	At            []string // places in the input
}

// A Quantity is something of a recording that can be bounded.
type Quantity struct {
	ID, Doc string
	Unit    Unit
	Signed  bool // may be below 0
	Read    func(*Measured) Reading
}

var quantities = [...]Quantity{
	{ID: "max_connections", Unit: Number, Doc: "the most connections that counted against the limit, at any sample", Read: mostConnections},
	{ID: "limit_used", Unit: Share, Doc: "the largest share of the limit that was in use", Read: limitUsed},
	{ID: "growth_per_min", Unit: Number, Signed: true, Read: growth,
		Doc: "the slope of the connections over the second half of the recording, a minute (least squares); over a bound when its 90 % interval is, or when the last quarter lies wholly above the first"},
	{ID: "connections_left", Unit: Number, Signed: true, Doc: "connections at the last sample less those at the first", Read: left},
	{ID: "opened", Unit: Number, Doc: "connections opened while it was recorded", Read: sumOf(func(s *timeline.Sample) float64 { return s.Accepted })},
	{ID: "opened_per_min", Unit: Number, Doc: "connections opened, a minute on average", Read: openedPerMin},
	{ID: "refused", Unit: Number, Doc: "connections refused at the limit", Read: func(m *Measured) Reading {
		return known(float64(m.Report.Impact.Refused), m.first(func(s *timeline.Sample) bool { return s.Refused > 0 }))
	}},
	{ID: "refused_per_s", Unit: Number, Doc: "the highest rate of refusals, a second", Read: func(m *Measured) Reading {
		if m.Report.Impact.Refused < 0 {
			return unknown()
		}
		return known(m.Report.Impact.PeakRefused, m.first(func(s *timeline.Sample) bool { return s.Refused > 0 }))
	}},
	{ID: "time_at_limit", Unit: Seconds, Doc: "for how long the limit was reached", Read: timeAtLimit},
	{ID: "unavailable", Unit: Seconds, Doc: "for how long the server gave no answer", Read: func(m *Measured) Reading {
		return known(m.Report.Impact.Unavailable.Seconds(), m.first(func(s *timeline.Sample) bool { return s.Failed != nil }))
	}},
	{ID: "idle_p50", Unit: Seconds, Doc: "half of the connections are idle for less, in the list with the most of them; subscribers, blocked clients and replicas left out", Read: idle(0.5)},
	{ID: "idle_p95", Unit: Seconds, Doc: "95 % of the connections are idle for less, as idle_p50", Read: idle(0.95)},
	{ID: "max_blocked", Unit: Number, Doc: "the most blocked clients at a sample", Read: mostOf(func(s *timeline.Sample) float64 { return s.Blocked })},
	{ID: "max_output_memory", Unit: Bytes, Doc: "the most output that waited for clients, by CLIENT LIST", Read: mostOf(func(s *timeline.Sample) float64 { return s.OutMem })},
	{ID: "output_buffer_cuts", Unit: Number, Doc: "clients cut at client-output-buffer-limit (Redis 7.4 and later)", Read: sumOf(func(s *timeline.Sample) float64 { return s.ObufCuts })},
	{ID: "evicted_clients", Unit: Number, Doc: "clients evicted by maxmemory-clients (Redis 7.0 and later)", Read: sumOf(func(s *timeline.Sample) float64 { return s.Evicted })},
	{ID: "failed_logins", Unit: Number, Doc: "logins that failed (Redis 6.2 and later)", Read: sumOf(func(s *timeline.Sample) float64 { return s.AuthFail })},
	{ID: "samples", Unit: Number, Doc: "samples in the recording", Read: func(m *Measured) Reading { return known(float64(m.Timeline.Rounds), nil) }},
}

// Quantities gives all of them.
func Quantities() []Quantity { return slices.Clone(quantities[:]) }

func index(id string) int {
	i := slices.IndexFunc(quantities[:], func(q Quantity) bool { return q.ID == id })
	if i < 0 {
		return len(quantities)
	}
	return i
}

// QuantityByID finds a quantity; nil where there is none.
func QuantityByID(id string) *Quantity {
	if i := index(id); i < len(quantities) {
		return &quantities[i]
	}
	return nil
}

func quantityIDs() []string {
	var out []string
	for i := range quantities {
		out = append(out, quantities[i].ID)
	}
	return out
}

// Text writes a value in the quantity's unit.
func (q *Quantity) Text(v float64) string {
	switch {
	case math.IsNaN(v):
		return "not known"
	case q.Unit == Seconds:
		return time.Duration(v * float64(time.Second)).Round(time.Millisecond).String()
	case q.Unit == Share:
		return strconv.FormatFloat(100*v, 'f', 1, 64) + "%"
	case q.Unit == Bytes && v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', 1, 64) + "MB"
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func known(v float64, at []string) Reading {
	if v < 0 { // the report's sign of what is not known
		return unknown()
	}
	return Reading{Value: v, Lo: v, Hi: v, At: at}
}

func unknown() Reading { return Reading{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN()} }

// place gives where a sample was read.
func place(s *timeline.Sample) []string {
	if p := s.Pos(); p != (record.Pos{}) {
		return []string{p.String()}
	}
	return nil
}

// first gives the place of the first sample that fits.
func (m *Measured) first(fits func(*timeline.Sample) bool) []string {
	for i := range m.Timeline.Samples {
		if s := &m.Timeline.Samples[i]; fits(s) {
			return place(s)
		}
	}
	return nil
}

// most gives the largest value of the samples.
func (m *Measured) most(of func(*timeline.Sample) (float64, record.Pos)) Reading {
	best := unknown()
	for i := range m.Timeline.Samples {
		s := &m.Timeline.Samples[i]
		v, pos := of(s)
		if math.IsNaN(v) || v <= best.Value {
			continue
		}
		best = Reading{Value: v, Lo: v, Hi: v, At: place(s)}
		if pos != (record.Pos{}) {
			best.At = []string{pos.String()}
		}
	}
	return best
}

func mostOf(of func(*timeline.Sample) float64) func(*Measured) Reading {
	return func(m *Measured) Reading {
		return m.most(func(s *timeline.Sample) (float64, record.Pos) { return of(s), record.Pos{} })
	}
}

func mostConnections(m *Measured) Reading { return m.most((*timeline.Sample).Highest) }

func limitUsed(m *Measured) Reading {
	return m.most(func(s *timeline.Sample) (float64, record.Pos) {
		n, pos := s.Highest()
		if !(s.Limit > 0) {
			return math.NaN(), pos
		}
		return n / s.Limit, pos
	})
}

// sumOf adds a counter's differences; its place is where it first moved.
func sumOf(of func(*timeline.Sample) float64) func(*Measured) Reading {
	return func(m *Measured) Reading {
		sum := unknown()
		for i := range m.Timeline.Samples {
			if v := of(&m.Timeline.Samples[i]); !math.IsNaN(v) {
				if math.IsNaN(sum.Value) {
					sum.Value = 0
				}
				if v > 0 && sum.At == nil {
					sum.At = place(&m.Timeline.Samples[i])
				}
				sum.Value += v
			}
		}
		sum.Lo, sum.Hi = sum.Value, sum.Value
		return sum
	}
}

func openedPerMin(m *Measured) Reading {
	r := sumOf(func(s *timeline.Sample) float64 { return s.Accepted })(m)
	span := 0.0
	for i := range m.Timeline.Samples {
		if s := m.Timeline.Samples[i].Span; s > 0 {
			span += s
		}
	}
	if span == 0 {
		return unknown()
	}
	return known(r.Value/span*60, r.At)
}

func timeAtLimit(m *Measured) Reading {
	limited := m.first(func(s *timeline.Sample) bool { return s.Limit > 0 })
	full := m.first(func(s *timeline.Sample) bool { return s.AtLimit() })
	if limited == nil && full == nil {
		return unknown()
	}
	return known(m.Report.Impact.TimeAtLimit.Seconds(), full)
}

// left compares the ends of the recording.
func left(m *Measured) Reading {
	first, last := math.NaN(), math.NaN()
	var at []string
	for i := range m.Timeline.Samples {
		s := &m.Timeline.Samples[i]
		if n := s.Occupancy(); !math.IsNaN(n) {
			if math.IsNaN(first) {
				first = n
			}
			last, at = n, place(s)
		}
	}
	return Reading{Value: last - first, Lo: last - first, Hi: last - first, At: at}
}

// idle gives a quantile of the idle times in the list with the most connections.
func idle(q float64) func(*Measured) Reading {
	return func(m *Measured) Reading {
		p := &m.Timeline.Peak
		var v []float64
		for i := range p.Idle {
			if p.Is[i] == 0 && !math.IsNaN(p.Idle[i]) {
				v = append(v, p.Idle[i])
			}
		}
		if len(v) == 0 {
			return unknown()
		}
		var at []string
		if p.Slot >= 0 && p.Slot < len(m.Timeline.Samples) {
			if pos := m.Timeline.Samples[p.Slot].ListPos; pos != (record.Pos{}) {
				at = []string{pos.String()}
			}
		}
		return known(stat.Quantile(v, q), at)
	}
}

// leastGrowth is how many samples a slope is taken of, at least.
const leastGrowth = 5

// growth is the slope over the second half, when a pool has filled and a test has warmed up.
func growth(m *Measured) Reading {
	var t, v []float64
	var at []string
	until := math.Inf(1)
	if !m.Until.IsZero() {
		until = float64(m.Until.UnixNano()) / 1e9
	}
	for i := range m.Timeline.Samples {
		s := &m.Timeline.Samples[i]
		if n := s.Occupancy(); !math.IsNaN(n) && s.T <= until {
			t, v, at = append(t, s.T), append(v, n), append(at, place(s)...)
		}
	}
	if len(t) == 0 || m.Timeline.Untimed {
		return unknown()
	}
	mid := (t[0] + t[len(t)-1]) / 2
	from, _ := slices.BinarySearch(t, mid)
	if t, v = t[from:], v[from:]; len(t) < leastGrowth {
		return unknown()
	}
	e := stat.Slope(t, v, 0.9)
	r := Reading{Value: e.Value * 60, Lo: e.Lo * 60, Hi: e.Hi * 60, At: []string{at[min(from, len(at)-1)], at[len(at)-1]}}
	quarter := len(v) / 4
	if quarter > 0 {
		r.Sure = slices.Min(v[len(v)-quarter:]) > slices.Max(v[:quarter])
	}
	return r
}

// String gives the reading in words.
func (q *Quantity) String(r Reading) string {
	s := q.Text(r.Value)
	if r.Lo < r.Value || r.Hi > r.Value {
		s += fmt.Sprintf(" (%s to %s)", q.Text(r.Lo), q.Text(r.Hi))
	}
	return s
}
