package measure

import (
	"cmp"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/appmetrics"
)

// appMetrics is what --app gave.
type appMetrics = appmetrics.Metrics

// A PoolState sums up one instance's pool.
type PoolState struct {
	Samples  int     // that tell how full it was
	Busy     float64 // share of samples at the size with nothing idle, or with requests waiting
	Timeouts float64 // NaN: not counted
	Waiting  float64 // share of samples with requests waiting; NaN: not stated
	Size     float64
	Full     []appmetrics.Value // 1 where it was full, 0 where not, of each scrape
}

func PoolStateOf(p *appmetrics.Pool) PoolState {
	s := PoolState{Timeouts: math.NaN(), Waiting: math.NaN()}
	for _, v := range p.Values[appmetrics.Max] {
		s.Size = max(s.Size, v.V)
	}
	s.fill(p)
	if values := p.Values[appmetrics.Timeouts]; len(values) > 0 {
		s.Timeouts = 0
		for _, d := range Increments(values) {
			s.Timeouts += timeline.Known(d)
		}
	}
	return s
}

// fill finds and counts the samples at which the pool was full.
// A pool is full where all of its size is in use, where nothing of it is idle, or where
// requests wait.
func (s *PoolState) fill(p *appmetrics.Pool) {
	idle, used, total, waiting := p.Values[appmetrics.Idle], p.Values[appmetrics.Used], p.Values[appmetrics.Total], p.Values[appmetrics.Waiting]
	clock := used
	for _, v := range [...][]appmetrics.Value{idle, waiting} {
		if len(clock) == 0 {
			clock = v
		}
	}
	full, waits := 0, 0
	for i, at := range clock {
		u, d, n, w := ValueAt(used, i, at.T), ValueAt(idle, i, at.T), ValueAt(total, i, at.T), ValueAt(waiting, i, at.T)
		if math.IsNaN(n) {
			n = u + d
		}
		is := 0.0
		if w > 0 {
			waits++
		}
		if w > 0 || s.Size > 0 && (u >= s.Size || d == 0 && n >= s.Size) {
			full, is = full+1, 1
		}
		s.Full = append(s.Full, appmetrics.Value{T: at.T, V: is})
	}
	if s.Samples = len(clock); s.Samples > 0 {
		s.Busy = float64(full) / float64(s.Samples)
		if len(waiting) > 0 {
			s.Waiting = float64(waits) / float64(s.Samples)
		}
	}
}

// ValueAt gives a series' value of the same scrape: by its place where the times agree, else
// the last at or before t. NaN without any.
func ValueAt(v []appmetrics.Value, i int, t float64) float64 {
	if i < len(v) && v[i].T == t {
		return v[i].V
	}
	k, found := slices.BinarySearchFunc(v, t, func(x appmetrics.Value, t float64) int { return cmp.Compare(x.T, t) })
	if found {
		return v[k].V
	}
	if k == 0 {
		return math.NaN()
	}
	return v[k-1].V
}

// Increments gives what a counter did since the sample before, NaN for the first. One that fell
// was started anew: its reading is what it counted since.
func Increments(v []appmetrics.Value) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		switch {
		case i == 0:
			out[i] = math.NaN()
		case v[i].V < v[i-1].V:
			out[i] = v[i].V
		default:
			out[i] = v[i].V - v[i-1].V
		}
	}
	return out
}

// AppErrors gives the errors that the applications counted, and the highest rate of them a
// second, over all instances. Both are negative where nobody counted any.
func (m *Model) AppErrors() (total, peak float64) {
	if m.AppMetrics == nil {
		return -1, -1
	}
	var spans []float64
	for _, p := range m.AppMetrics.Pools {
		for i, v := range p.Values[appmetrics.Errors] {
			if i > 0 {
				spans = append(spans, v.T-p.Values[appmetrics.Errors][i-1].T)
			}
		}
	}
	if len(spans) == 0 {
		return -1, -1
	}
	width := stat.Median(spans)
	in := map[float64]float64{} // instances are scraped at different moments of one interval
	for _, p := range m.AppMetrics.Pools {
		v := p.Values[appmetrics.Errors]
		for i, d := range Increments(v) {
			total += timeline.Known(d)
			in[math.Floor(v[i].T/max(width, 1))] += timeline.Known(d)
		}
	}
	for _, n := range in {
		peak = max(peak, n)
	}
	if !(width > 0) {
		return total, -1
	}
	return total, peak / max(width, 1)
}
