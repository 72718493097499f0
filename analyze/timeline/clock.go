package timeline

import (
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/parse/record"
)

// A wallClock carries the recorder's times on by the clock of the beginning when that clock
// is set in between: a recording has one time, whatever its recorder's clock did.
type wallClock struct {
	moved  float64 // seconds to add to what the recorder's clock says now
	then   float64 // the same at the last INFO
	base   float64 // time at which uptime was 0: an INFO's time less its uptime
	ahead  float64 // seconds by which the server's clock has been set since the beginning
	before float64 // time of the sample before the longest gap since the last INFO
	gap    float64 // its length in seconds; 0 without one
	late   lateRun
}

// A lateRun is a run of INFO whose uptime is ahead of their time by about as much. A few are
// answers that were held up; a run that stays is a clock that was set.
type lateRun struct {
	n    int
	base float64 // as of wallClock, of the first
	t    float64 // time of the first
	slow int     // slow log entries before it
}

// Tunables of clocks.
const (
	stepLeast = 60.0 // seconds between wall clock and uptime; less is delay
	backLeast = 1.0  // seconds by which a clock must run backwards to have been set
	lateMost  = 4    // late answers in a row, late by as much; more of them are another clock
	maxSteps  = 64   // kept in a Timeline
)

// now gives the time of a record by the recording's one clock.
func (c *collector) now(h *record.Head) float64 {
	return float64(h.At.UnixMicro())/1e6 + c.clock.moved
}

// usual gives the usual distance of sampling rounds so far, 0 where there were too few.
func (c *collector) usual() float64 {
	if len(c.tl.gaps) < 2 {
		return 0
	}
	return stat.Median(c.tl.gaps)
}

// setBack answers a time before that of the round before: the recorder's clock was set back.
// By how much is a guess until the next INFO tells its uptime.
func (c *collector) setBack(t float64) float64 {
	c.tl.ClockSteps++
	to := c.lastAt + max(c.usual(), backLeast)
	c.clock.moved += to - t
	return to
}

// dateUptimes answers the first date of an input whose samples so far told nothing but their uptime: it
// dates these, too, where they are of the same process.
func (c *collector) dateUptimes(h *record.Head, uptime float64) {
	base := float64(h.At.UnixMicro())/1e6 - uptime
	if !c.tl.Relative || c.tl.Paced || h.At.Year() == record.DayUnknown.Year() || len(c.tl.Servers) != 1 || math.IsNaN(base+c.prev.uptime) {
		return
	}
	for _, t := range [...]*float64{&c.lastAt, &c.conns.lastT, &c.offset.read, &c.prev.t, &c.clock.base, &c.clock.before, &c.clock.late.t, &c.tl.Booted[0]} {
		if *t < undated {
			*t += base
		}
	}
	c.tl.gaps = c.tl.gaps[:0]
	for i := range c.tl.Samples {
		s := &c.tl.Samples[i]
		if s.T < undated {
			s.T += base
		}
		if i > 0 {
			c.tl.gaps = appendBounded(c.tl.gaps, s.T-c.tl.Samples[i-1].T)
		}
	}
	c.clock.gap, c.tl.Relative = 0, false
}

// undated is a time (unix s) before all dates of inputs and after all uptimes: 1986.
const undated = 5e8

// compare holds the time of an INFO against the server's uptime, which is its wall clock less
// the time of its start (redis genRedisInfoString) and may have been set, too. Where they
// disagree, the time of the samples since the INFO before is put right.
func (c *collector) compare(h *record.Head, uptime float64) {
	k := &c.clock
	raw := float64(h.At.UnixMicro()) / 1e6
	t, moved := raw+k.then, k.then // exactly: a rounding would be a step
	span, lived := t-c.prev.t, uptime-c.prev.uptime
	off := t - uptime - k.base
	gap, before := k.gap, k.before
	if d := raw + k.moved - c.lastAt; d > gap {
		gap, before = d, c.lastAt
	}
	back := span < -backLeast
	switch {
	case math.IsNaN(off) || math.IsNaN(lived):
		return
	case back && lived < 0: // both: a machine that runs the two
		t = c.prev.t + max(c.usual(), backLeast)
		c.serverSet(t, lived-(t-c.prev.t))
		k.base, moved = t-uptime, t-raw
	case !back && math.Abs(off) <= stepLeast:
		if k.late.n = 0; math.Abs(off) < 2 { // what clocks drift by, not what answers are late by
			k.base += off
		}
	case !back && off < 0:
		c.answeredLate(t, off)
	case !back && c.wentOn(span, lived, gap):
		c.serverSet(t, -off)
		k.base += off
	default:
		moved = k.base + uptime - raw
	}
	c.move(moved-k.moved, max(before, c.prev.t))
}

// answeredLate takes an INFO whose uptime is ahead of its time.
func (c *collector) answeredLate(t, off float64) {
	k := &c.clock
	if l := &k.late; l.n == 0 || math.Abs(k.base+off-l.base) > stepLeast {
		*l = lateRun{0, k.base + off, t, len(c.tl.Slow)}
	}
	if k.late.n++; k.late.n <= lateMost {
		return
	}
	c.serverSet(k.late.t, -off)
	k.base += off
	for i := len(c.tl.Samples) - 1; i >= 0 && c.tl.Samples[i].T >= k.late.t; i-- {
		c.tl.Samples[i].Lag += off
	}
	for i := k.late.slow; i < len(c.tl.Slow); i++ {
		c.tl.Slow[i].T += off
	}
	k.late.n = 0
}

// wentOn tells whether the recorder's clock went on as ever while the server's uptime fell
// behind it: replies came meanwhile, or the samples are as far apart as usual.
func (c *collector) wentOn(span, lived, gap float64) bool {
	usual := c.usual()
	off := func(d float64) float64 { return math.Abs(math.Log(max(d, 0.1) / usual)) }
	return lived < 0 || gap < span-lived-stepLeast || usual > 0 && off(span) < off(lived)
}

func (c *collector) serverSet(t, by float64) {
	c.clock.ahead += by
	c.step(clockStep{t, by, true})
}

// move puts what was read after a time, and now has the wrong one, where it belongs.
func (c *collector) move(by, after float64) {
	if by == 0 {
		return
	}
	c.clock.moved += by
	for i := len(c.tl.Samples) - 1; i >= 0 && c.tl.Samples[i].T > after; i-- {
		c.tl.Samples[i].T += by
	}
	if n := len(c.tl.gaps); n > 0 && c.lastAt > after {
		c.tl.gaps[n-1] += by
	}
	for _, t := range [...]*float64{&c.lastAt, &c.conns.lastT, &c.offset.read} {
		if *t > after {
			*t += by
		}
	}
}

// settle notes, after an INFO, what the recorder's clock was set by since the one before;
// fresh is whether it is the first of its process.
func (c *collector) settle(t, uptime float64, fresh bool) {
	k := &c.clock
	if by := k.then - k.moved; math.Abs(by) > backLeast {
		c.step(clockStep{t, by, false})
	}
	k.then, k.gap, k.before = k.moved, 0, math.Inf(-1)
	if fresh {
		k.base, k.late.n = t-uptime, 0
	}
}

func (c *collector) step(s clockStep) {
	c.tl.StepCount++
	if len(c.tl.Steps) < maxSteps {
		c.tl.Steps = append(c.tl.Steps, s)
	}
}

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
