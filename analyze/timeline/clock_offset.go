package timeline

import (
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

// A clockOffset bounds by how many seconds the server's clock is ahead of the recorder's,
// from slow log entries: each was logged between the last reading without it and the first
// with it.
type clockOffset struct {
	read   float64 // recorder's time of the reading before; NaN before the first
	lo, hi float64
	n      int // entries seen to come
}

func newClockOffset() clockOffset {
	return clockOffset{read: math.NaN(), lo: math.Inf(-1), hi: math.Inf(1)}
}

// came takes an entry, stamped in whole seconds of the server's clock, that a reading at
// now was the first to show.
func (o *clockOffset) came(stamp, now float64) {
	if math.IsNaN(o.read) || now < o.read {
		return
	}
	o.lo, o.hi = max(o.lo, stamp-now), min(o.hi, stamp+1-o.read)
	o.n++
}

// SameClock is how many seconds two clocks may be apart and count as one: slow log times
// are whole seconds, and a round of commands takes its time.
const SameClock = 3.0

// apart gives by how many seconds the server's clock is ahead of the recorder's, 0 where
// they agree or nothing tells. INFO's own time goes first: it is there in every sample.
func (o *clockOffset) apart(s []Sample) float64 {
	var lag []float64
	for i := range s {
		if !math.IsNaN(s[i].Lag) {
			lag = append(lag, s[i].Lag)
		}
	}
	ahead := 0.0
	switch {
	case len(lag) > 0:
		ahead = stat.Median(lag)
	case o.n > 0 && o.lo <= o.hi && (o.lo > SameClock || o.hi < -SameClock):
		ahead = (o.lo + o.hi) / 2
	}
	if math.Abs(ahead) < SameClock {
		return 0
	}
	return ahead
}

// placeSlow moves the slow log's times to the recorder's clock, by which the samples go: a
// recorder in another time zone must not put a command before the recording. Where the
// recorder's clock was set meanwhile, what was logged before goes by the clock of before.
func (c *collector) placeSlow() {
	s := c.tl.Samples
	c.tl.ClockApart = c.offset.apart(s)
	var at, ahead []float64 // server's times of the samples, and how far it was ahead then
	set := false
	for i := range s {
		set = set || math.Abs(s[i].Lag-c.tl.ClockApart) >= SameClock
		if t := s[i].T + s[i].Lag; !math.IsNaN(t) && (len(at) == 0 || t > at[len(at)-1]) {
			at, ahead = append(at, t), append(ahead, s[i].Lag)
		}
	}
	for i := range c.tl.Slow {
		e := &c.tl.Slow[i]
		by := c.tl.ClockApart
		if k, _ := slices.BinarySearch(at, e.T); set && k < len(at) {
			// One answer may be late, held up by the very command; a clock stays set.
			if near := stat.Median(ahead[max(k-2, 0):min(k+3, len(at))]); math.Abs(near-by) >= SameClock {
				by = near
			}
		}
		e.T -= by
	}
}
