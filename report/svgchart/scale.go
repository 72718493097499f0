package svgchart

import (
	"math"
	"strconv"
	"time"
)

// A tick is a labelled place on an axis.
type tick struct {
	pos   float64 // in units of the plot: 0 at the left or the top
	label string
}

// valueScale maps values to heights: linear from zero, or logarithmic with a strip for
// zero below the lowest decade.
type valueScale struct {
	height   float64
	log      bool
	lo, hi   float64 // log: decades drawn, as exponents; linear: 0 and the top
	format   func(float64) string
	hasTicks []float64
}

// newValueScale fits an axis to the largest and the least positive value.
func newValueScale(height, top, leastPositive float64, log bool, unit Unit, format func(float64) string) valueScale {
	s := valueScale{height: height, log: log && top > 1, format: format}
	if s.log {
		s.hi = math.Ceil(float64(math.Log10(top)) + 0.02)
		s.lo = math.Floor(math.Log10(leastPositive))
		s.lo = max(s.lo, s.hi-6) - 1 // one decade of height stands for zero
		for e := s.lo + 1; e <= s.hi; e++ {
			s.hasTicks = append(s.hasTicks, math.Pow(10, e))
		}
		s.hasTicks = append(s.hasTicks, 0)
		return s
	}
	if !(top > 0) {
		top = 1
	}
	step := unit.step(top / 3)
	s.hi = float64(math.Ceil(top*1.04/step) * step)
	if s.hi-top > step*0.6 { // a whole empty step above the data is waste
		s.hi = top + float64(step*0.25)
	}
	for i := 0.0; i*step <= s.hi*1.0001 && i < 12; i++ {
		s.hasTicks = append(s.hasTicks, i*step)
	}
	return s
}

// y gives the height of v from the top of the plot, within the plot.
func (s valueScale) y(v float64) float64 {
	f := v / s.hi
	if s.log {
		f = 0
		if v > 0 {
			f = (float64(math.Log10(v)) - s.lo) / (s.hi - s.lo)
		}
	}
	return s.height * (1 - min(1, max(0, f)))
}

func (s valueScale) ticks() []tick {
	out := make([]tick, 0, len(s.hasTicks))
	for _, v := range s.hasTicks {
		out = append(out, tick{s.y(v), s.format(v)})
	}
	return out
}

// Unit says which distances of ticks are round for people.
type Unit int

// The units of a value axis.
const (
	Decimal Unit = iota // 1, 2, 5, 10 …
	Binary              // bytes: 1, 2, 5 … of each power of 1024
	Time                // seconds: round in minutes and hours
)

// step gives a round distance of ticks that is not less than v.
func (u Unit) step(v float64) float64 {
	switch {
	case u == Binary && v >= 1024 && !math.IsInf(v, 0):
		p := math.Pow(1024, math.Floor(math.Log(v)/math.Log(1024)))
		if s := niceStep(v / p); s <= 512 {
			return s * p
		}
		return 1024 * p
	case u == Time && v > 1 && v <= float64(timeSteps[len(timeSteps)-1]):
		for _, s := range timeSteps {
			if float64(s) >= v*0.999 {
				return float64(s)
			}
		}
	}
	return niceStep(v)
}

// niceStep gives the nearest of 1, 2, 5 times a power of ten that is not less than v.
func niceStep(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range [...]float64{1, 2, 5} {
		if m*p >= v*0.999 {
			return m * p
		}
	}
	return 10 * p
}

// timeSteps are the distances of ticks people can read, in seconds.
var timeSteps = [...]int64{
	1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
	86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000,
}

// timeTicks labels from..to in about n places, on round times of the zone. Positions are
// 0..width.
func timeTicks(from, to time.Time, width float64, n int, loc *time.Location) []tick {
	span := to.Sub(from)
	if span <= 0 {
		return []tick{{0, from.In(loc).Format("15:04:05")}}
	}
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if float64(s)*float64(n) >= span.Seconds() {
			step = s
			break
		}
	}
	layout := "15:04"
	switch {
	case step < 60:
		layout = "15:04:05"
	case step >= 86400:
		layout = "01-02"
	case span > 24*time.Hour:
		layout = "01-02 15:04"
	}
	_, off := from.In(loc).Zone()
	first := (from.Unix()+int64(off))/step*step - int64(off)
	var out []tick
	for u := first; u <= to.Unix() && len(out) < 4*n+8; u += step {
		t := time.Unix(u, 0)
		if t.Before(from) {
			continue
		}
		out = append(out, tick{float64(t.Sub(from)) / float64(span) * width, t.In(loc).Format(layout)})
	}
	return out
}

// coord writes a coordinate with at most one decimal: a tenth of a pixel is enough, and
// fixed decimals keep the bytes the same everywhere.
func coord(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// coord4 writes a share with four decimals at most.
func coord4(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
}
