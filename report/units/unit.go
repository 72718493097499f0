// Package units writes numbers, units and times as people read them. Missing values are
// written as such, never as zero.
package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// Plain writes a number for machines and tables: no groups, at most six significant
// digits, whole numbers whole.
func Plain(v float64) string {
	switch {
	case !Finite(v):
		return ""
	case math.Abs(v) < 1e15 && math.Abs(v) >= 1e5:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// Rounded rounds a number to six digits, whole ones excepted: it is an estimate, and what
// stands behind depends on the machine.
func Rounded(v float64) float64 {
	switch {
	case math.Abs(v) >= 1e6:
		return math.Round(v)
	case v == math.Trunc(v):
		return v
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return v
}

// Age writes a time in the few characters that an axis has room for: 40 s, 12 min, 7.5 h, 2.1 d.
func Age(s float64) string {
	switch {
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	case s < 7200:
		return fmt.Sprintf("%.0f min", s/60)
	case s < 172800:
		return fmt.Sprintf("%.1f h", s/3600)
	}
	return fmt.Sprintf("%.1f d", s/86400)
}

// Finite tells a number from a missing one.
func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Unknown is printed where a value is missing: missing is not zero.
const Unknown = "n/a"

// Count writes whole numbers with the thousands apart: 612 430.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	if digits, neg := strings.CutPrefix(s, "-"); neg {
		return "-" + Grouped(digits)
	}
	return Grouped(s)
}

// Grouped sets the thousands of a row of digits apart.
func Grouped(digits string) string {
	var b strings.Builder
	for i, c := range []byte(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// Number writes a measured value with about three significant digits, more when it is
// larger: 0.0123, 1.23, 10.9, 655, 612 430.
func Number(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return Unknown
	case a >= 1e15:
		return strconv.FormatFloat(v, 'e', 2, 64)
	case a >= 99.95:
		return Count(int64(math.Round(v)))
	case a == math.Trunc(a):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.0995:
		return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 2, 64), "0")
	case a >= 0.0005:
		return strings.TrimRight(strconv.FormatFloat(v, 'f', 4, 64), "0")
	default:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
}

// BytesOf writes a size in binary units, as Redis' own INFO does: 1.5 MiB.
func BytesOf(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Unknown
	}
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for math.Abs(v) >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	return Number(v) + " " + units[i]
}

// singular has the units that count things, as one of them is called.
var singular = map[string]string{
	"connections": "connection", "hosts": "host", "commands": "command", "processes": "process", "failures": "failure",
	"fsyncs": "fsync", "clients": "client", "samples": "sample", "jumps": "jump",
}

// Measure writes a value with the unit the report gives it. Seconds and bytes are scaled;
// "per second" is written as people say it.
func Measure(v float64, unit string) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return Unknown
	case unit == "seconds" || unit == "s":
		return Seconds(v)
	case unit == "bytes":
		return BytesOf(v)
	case unit == "per second":
		return Number(v) + "/s"
	case unit == "ratio" || unit == "share":
		return Percent(v)
	case unit == "":
		return Number(v)
	case strings.HasPrefix(unit, "%"):
		return Number(v) + " " + unit
	case v == 1 && singular[unit] != "":
		return "1 " + singular[unit]
	}
	return Number(v) + " " + unit
}

// Percent writes a share of 0..1. A tiny share is "<1 %", never a false 0.
func Percent(v float64) string {
	p := v * 100
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return Unknown
	case p > 0 && p < 1:
		return "<1 %"
	case p > 99 && p < 100:
		return ">99 %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

// Seconds writes a length given in seconds: 0.35 s, 42 s, 11 min 30 s, 2 h 05 min, 3 d 4 h.
func Seconds(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0) || a > 1e12:
		return Unknown
	case a < 119.5:
		return Number(v) + " s"
	case v < 0:
		return "-" + Seconds(a)
	case a < 7200:
		n := int64(math.Round(a))
		if n%60 == 0 {
			return fmt.Sprintf("%d min", n/60)
		}
		return fmt.Sprintf("%d min %d s", n/60, n%60)
	case a < 172800:
		n := int64(math.Round(a / 60))
		if n%60 == 0 {
			return fmt.Sprintf("%d h", n/60)
		}
		return fmt.Sprintf("%d h %02d min", n/60, n%60)
	}
	n := int64(math.Round(a / 3600))
	if n%24 == 0 {
		return fmt.Sprintf("%d d", n/24)
	}
	return fmt.Sprintf("%d d %d h", n/24, n%24)
}

// Duration writes a length of time as Seconds does.
func Duration(d time.Duration) string { return Seconds(d.Seconds()) }

// Confidence writes a probability with two digits; one that only rounds to certainty is
// not printed as certainty.
func Confidence(p float64) string {
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return Unknown
	case p > 0.99 && p < 1:
		return ">0.99"
	case p > 0 && p < 0.01:
		return "<0.01"
	}
	return strconv.FormatFloat(p, 'f', 2, 64)
}

// A Clock writes times of one recording: the day only where the recording needs it.
type Clock struct {
	loc   *time.Location
	dated bool // the recording spans more than one day
}

// NewClock gives the clock of a recording from and to these times, in the zone loc.
func NewClock(from, to time.Time, loc *time.Location) Clock {
	a, b := from.In(loc), to.In(loc)
	return Clock{loc, a.YearDay() != b.YearDay() || a.Year() != b.Year()}
}

// At writes an instant: 03:18:30, or 11-20 03:18:30 in a recording of several days, or
// +00:01:50 since the start where no clock is known.
func (c Clock) At(t time.Time) string {
	since, counted := finding.Since(t)
	switch {
	case t.IsZero():
		return Unknown
	case counted:
		return since
	case c.dated:
		return t.In(c.loc).Format("01-02 15:04:05")
	}
	return t.In(c.loc).Format("15:04:05")
}

// Span writes the recording's range with its zone.
func (c Clock) Span(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return "time unknown"
	}
	a, b := from.In(c.loc), to.In(c.loc)
	tail := "15:04:05"
	if c.dated {
		tail = "2006-01-02 15:04:05"
	}
	if a.Format(time.DateTime) == b.Format(time.DateTime) {
		return a.Format("2006-01-02 15:04:05 MST")
	}
	return a.Format("2006-01-02 15:04:05") + "-" + b.Format(tail) + " " + a.Format("MST")
}

// ZoneNote warns where the zone is not UTC: the sentences of a report carry their times in
// UTC, whatever zone its reader chose for the tables. It stands at the verdict, whose
// sentences are the first to be read.
func (c Clock) ZoneNote(t time.Time) string {
	if c.utc(t) {
		return ""
	}
	name, offset := c.ZoneName(t), "UTC"+t.In(c.loc).Format("-07:00")
	if !strings.HasPrefix(name, "+") && !strings.HasPrefix(name, "-") { // a zone with no name is its offset
		offset = name + " (" + offset + ")"
	}
	return "Times in sentences are UTC; times in tables and charts are " + offset + "."
}

// ZoneMark marks a heading whose times are not UTC.
func (c Clock) ZoneMark(t time.Time) string {
	if c.utc(t) {
		return ""
	}
	return " (" + c.ZoneName(t) + ")"
}

func (c Clock) utc(t time.Time) bool {
	_, off := t.In(c.loc).Zone()
	return off == 0
}

// ZoneName heads a column of times.
func (c Clock) ZoneName(t time.Time) string { return t.In(c.loc).Format("MST") }
