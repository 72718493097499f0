package whatif

import (
	"math"

	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// firstPassage gives the minutes from the end of the recording until a stream of
// perMin connections a minute, counted since sample onset, brings occupancy to the limit,
// with a 90 % interval. Three things make it uncertain, and all are in it: the rate, known
// by a count; the stream to come, a Poisson process too (together Fisher's F, see
// stat.TimeTo); and what the other connections do meanwhile, taken from how far occupancy
// swung around the rise so far: the limit is first met at the top of a swing (95 % of the
// levels), or late, by others that go on below their median (20 %). ok is false where
// nothing is left to fill.
func firstPassage(m *measure.Model, onset int, perMin float64) (v, lo, hi float64, ok bool) {
	w := m.Growing()
	if w.Len() < 5 || perMin <= 0 || math.IsNaN(m.LimitPeak) {
		return 0, 0, 0, false
	}
	end := m.Samples[m.Lists[w.Hi-1]].T
	t := (end - m.Samples[min(max(onset, 0), len(m.Samples)-1)].T) / 60
	if t <= 0 {
		return 0, 0, 0, false
	}
	// Occupancy at the end, as each sample since the onset has it.
	var level []float64
	for i := max(onset, 0); i < len(m.Samples) && m.Samples[i].T <= end; i++ {
		level = append(level, m.Occupancy[i]+perMin*(end-m.Samples[i].T)/60)
	}
	room := func(q float64) float64 { return m.LimitPeak - stat.Quantile(level, q) }
	if !(room(0.5) > 0) {
		return 0, 0, 0, false
	}
	count := perMin * t
	lo = stat.TimeTo(max(room(0.95), 1), count, t, 0.05)
	hi = stat.TimeTo(room(0.2), count, t, 0.95)
	return max(room(0.8), 1) / perMin, lo, hi, true
}
