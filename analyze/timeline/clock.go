package timeline

import (
	"math"

	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/parse"
)

// A clockStep is a time at which a clock was set, or stood still with its machine.
type clockStep struct {
	At     float64 // unix s of the first INFO after it, by the clock of the beginning
	By     float64 // seconds, forward positive
	Server bool    // the server's clock, not the recorder's
}

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
func (c *collector) now(h *parse.Head) float64 {
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

// compare holds the time of an INFO against the server's uptime, which is its wall clock less
// the time of its start (redis genRedisInfoString) and may have been set, too. Where they
// disagree, the time of the samples since the INFO before is put right.
func (c *collector) compare(h *parse.Head, uptime float64) {
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
