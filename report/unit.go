package report

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// unknown is printed where a value is missing: missing is not zero.
const unknown = "n/a"

// count writes whole numbers with the thousands apart: 612 430.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	var b strings.Builder
	for i, c := range []byte(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(c)
	}
	if neg {
		return "-" + b.String()
	}
	return b.String()
}

// number writes a measured value with about three significant digits, more when it is
// larger: 0.0123, 1.23, 10.9, 655, 612 430.
func number(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return unknown
	case a >= 1e15:
		return strconv.FormatFloat(v, 'e', 2, 64)
	case a >= 99.95:
		return count(int64(math.Round(v)))
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

// bytesOf writes a size in binary units, as Redis' own INFO does: 1.5 MiB.
func bytesOf(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return unknown
	}
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i := 0
	for math.Abs(v) >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	return number(v) + " " + units[i]
}

// singular has the units that count things, as one of them is called.
var singular = map[string]string{
	"connections": "connection", "hosts": "host", "commands": "command", "processes": "process", "failures": "failure",
	"fsyncs": "fsync", "clients": "client", "samples": "sample", "jumps": "jump",
}

// measure writes a value with the unit the report gives it. Seconds and bytes are scaled;
// "per second" is written as people say it.
func measure(v float64, unit string) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return unknown
	case unit == "seconds" || unit == "s":
		return seconds(v)
	case unit == "bytes":
		return bytesOf(v)
	case unit == "per second":
		return number(v) + "/s"
	case unit == "ratio" || unit == "share":
		return percent(v)
	case unit == "":
		return number(v)
	case strings.HasPrefix(unit, "%"):
		return number(v) + unit
	case v == 1 && singular[unit] != "":
		return "1 " + singular[unit]
	}
	return number(v) + " " + unit
}

// percent writes a share of 0..1. A tiny share is "<1%", never a false 0.
func percent(v float64) string {
	p := v * 100
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return unknown
	case p > 0 && p < 1:
		return "<1%"
	case p > 99 && p < 100:
		return ">99%"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + "%"
}

// seconds writes a length given in seconds: 0.35 s, 42 s, 11 min 30 s, 2 h 05 min, 3 d 4 h.
func seconds(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0) || a > 1e12:
		return unknown
	case a < 119.5:
		return number(v) + " s"
	case v < 0:
		return "-" + seconds(a)
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

func duration(d time.Duration) string { return seconds(d.Seconds()) }

// confidence writes a probability with two digits; one that only rounds to certainty is
// not printed as certainty.
func confidence(p float64) string {
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return unknown
	case p > 0.99 && p < 1:
		return ">0.99"
	case p > 0 && p < 0.01:
		return "<0.01"
	}
	return strconv.FormatFloat(p, 'f', 2, 64)
}

// A clock writes times of one recording: the day only where the recording needs it.
type clock struct {
	loc   *time.Location
	dated bool // the recording spans more than one day
}

func newClock(from, to time.Time, loc *time.Location) clock {
	a, b := from.In(loc), to.In(loc)
	return clock{loc, a.YearDay() != b.YearDay() || a.Year() != b.Year()}
}

// at writes an instant: 03:18:30, or 11-20 03:18:30 in a recording of several days.
func (c clock) at(t time.Time) string {
	switch {
	case t.IsZero():
		return unknown
	case c.dated:
		return t.In(c.loc).Format("01-02 15:04:05")
	}
	return t.In(c.loc).Format("15:04:05")
}

// span writes the recording's range with its zone.
func (c clock) span(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return "time unknown"
	}
	a, b := from.In(c.loc), to.In(c.loc)
	tail := "15:04:05"
	if c.dated {
		tail = "2006-01-02 15:04:05"
	}
	return a.Format("2006-01-02 15:04:05") + "-" + b.Format(tail) + " " + a.Format("MST")
}

// inputSpan is the range of an input, where a clock is known.
func inputSpan(c clock, in finding.Input) string {
	if in.Relative && in.Samples > 1 {
		return "time unknown, " + duration(in.To.Sub(in.From)) + " by " + cmp.Or(in.Clock, "the server's uptime")
	}
	if in.Relative {
		in.From = time.Time{}
	}
	return c.span(in.From, in.To)
}

// zoneNote warns where the zone is not UTC: the sentences of a report carry their times in
// UTC, whatever zone its reader chose for the tables. It stands at the verdict, whose
// sentences are the first to be read.
func (c clock) zoneNote(t time.Time) string {
	if c.utc(t) {
		return ""
	}
	name, offset := c.zoneName(t), "UTC"+t.In(c.loc).Format("-07:00")
	if !strings.HasPrefix(name, "+") && !strings.HasPrefix(name, "-") { // a zone with no name is its offset
		offset = name + " (" + offset + ")"
	}
	return "Times in sentences are UTC; times in tables and charts are " + offset + "."
}

// zoneMark marks a heading whose times are not UTC.
func (c clock) zoneMark(t time.Time) string {
	if c.utc(t) {
		return ""
	}
	return " (" + c.zoneName(t) + ")"
}

func (c clock) utc(t time.Time) bool {
	_, off := t.In(c.loc).Zone()
	return off == 0
}

// zoneName heads a column of times.
func (c clock) zoneName(t time.Time) string { return t.In(c.loc).Format("MST") }
