package words

import (
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
)

// Signal finds a series by its id; nil when the recording has none.
func Signal(r *finding.Report, id string) *finding.Signal {
	for i := range r.Signals {
		if r.Signals[i].ID == id {
			return &r.Signals[i]
		}
	}
	return nil
}

// Points gives the usable part of a series: At and Value of the same length.
func Points(s *finding.Signal) ([]time.Time, []float64) {
	if s == nil {
		return nil, nil
	}
	n := min(len(s.At), len(s.Value))
	return s.At[:n], s.Value[:n]
}

// Told gives the points of a series that is told at fewer than half of the samples, as what
// CLIENT LIST says is where INFO comes oftener, without the others: they are not missing.
func Told(s *finding.Signal) ([]time.Time, []float64) {
	ts, vs := Points(s)
	var at []time.Time
	var v []float64
	for i, x := range vs {
		if units.Finite(x) {
			at, v = append(at, ts[i]), append(v, x)
		}
	}
	if 2*len(v) >= len(vs) {
		return ts, vs
	}
	return at, v
}

// Peak gives the largest finite value and its time; ok is false when there is none.
func Peak(s *finding.Signal) (v float64, at time.Time, ok bool) {
	ts, vs := Points(s)
	for i, x := range vs {
		if units.Finite(x) && (!ok || x > v) {
			v, at, ok = x, ts[i], true
		}
	}
	return v, at, ok
}

// LimitValue gives the limit that binds a chart: the effective one, 0 when unknown.
func LimitValue(r *finding.Report) float64 {
	if r.Limit.Effective > 0 {
		return float64(r.Limit.Effective)
	}
	return 0
}

// A window is a piece of time.
type window struct{ From, To time.Time }

// maxGaps bounds the drawn gaps; the report's own count in Input.Gaps is not bounded.
const maxGaps = 200

// GapLimit is the distance of two values from which a series has a gap: 2.5 of its own
// usual distances, the measure Input.Gaps counts by. Series from CLIENT LIST may be
// sampled less often than those from INFO.
func GapLimit(s *finding.Signal, interval time.Duration) time.Duration {
	ts, vs := Points(s)
	var steps []time.Duration
	var last time.Time
	for i, t := range ts {
		if !units.Finite(vs[i]) {
			continue
		}
		if d := t.Sub(last); d > 0 && !last.IsZero() {
			steps = append(steps, d)
		}
		last = t
	}
	if len(steps) > 0 {
		slices.Sort(steps)
		interval = max(interval, steps[len(steps)/2])
	}
	return interval * 5 / 2
}

// Gaps gives the spans in which a series has no values.
func Gaps(s *finding.Signal, interval time.Duration) []window {
	ts, vs := Points(s)
	limit := GapLimit(s, interval)
	var out []window
	var last time.Time
	for i, t := range ts {
		if !units.Finite(vs[i]) {
			continue
		}
		if limit > 0 && !last.IsZero() && t.Sub(last) > limit && len(out) < maxGaps {
			out = append(out, window{last, t})
		}
		last = t
	}
	return out
}

// IncidentWindow gives the band the charts shade and what it is: the time at the limit,
// else the time the root cause was on. ok is false when there is none.
func IncidentWindow(r *finding.Report) (w window, what string, ok bool) {
	end := func(t time.Time) time.Time {
		if t.IsZero() || t.After(r.Input.To) {
			return r.Input.To
		}
		return t
	}
	switch {
	case r.Verdict.Status != finding.Incident:
		return w, "", false
	case !r.Impact.LimitReached.IsZero():
		return window{r.Impact.LimitReached, end(r.Impact.Recovered)}, "from the limit reached to the recovery", true
	case len(r.Causes) > 0 && !r.Causes[0].Onset.IsZero():
		return window{r.Causes[0].Onset, end(r.Causes[0].End)}, "while the root cause was on", true
	}
	return w, "", false
}
