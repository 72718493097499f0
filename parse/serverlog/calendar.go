package serverlog

import (
	"bytes"
	"time"

	"github.com/connbox/connbox/parse/when"
)

// maxYear ends the counting of years.
const maxYear = 2200

// prefixDate finds the date in a syslog or journald line's prefix: Nov 21 04:51:06 or an
// ISO one, at its beginning but for a priority in angle brackets.
func prefixDate(b []byte) when.Time {
	if len(b) > 0 && b[0] == '<' {
		if _, rest, found := bytes.Cut(b, []byte(">")); found {
			b = bytes.TrimPrefix(rest, []byte("1 "))
		}
	}
	if t, _ := when.Read(b, false); t.Day {
		return t
	}
	return when.Time{}
}

// A Calendar makes times of the dates of one log, whose lines come in order. Where they
// have no year it counts years up when the months begin again. The zero Calendar is ready.
type Calendar struct {
	year int       // of dates that have none; 0 = not known yet
	last time.Time // the last time given for one
	told bool      // year is from a date that has one, or from Anchor
}

// Anchor tells the calendar about when the next dates are, from a clock beside the log.
func (c *Calendar) Anchor(at time.Time) {
	if !at.IsZero() {
		c.year, c.last, c.told = at.Year(), at, true
	}
}

// At gives the time of a date and whether its year is known. Where it is not, years begin
// with 2000: distances are right, the year is not.
func (c *Calendar) At(d when.Time) (at time.Time, known bool) {
	if d.At.IsZero() || d.Year {
		c.Anchor(d.At)
		return d.At, !d.At.IsZero()
	}
	if c.year == 0 {
		c.year = d.At.Year()
	}
	at = inYear(d.At, c.year)
	const half = 183 * 24 * time.Hour
	switch {
	case c.last.IsZero():
	case c.last.Sub(at) > half && c.year < maxYear: // December, then January
		c.year++
		at = inYear(d.At, c.year)
	case c.told && at.Sub(c.last) > half: // a clock of January beside a line of December
		at = inYear(d.At, c.year-1)
		return at, c.told
	}
	if at.After(c.last) {
		c.last = at
	}
	return at, c.told
}

// inYear moves a date of the year 2000 into another; 29 February goes to the next leap year.
func inYear(t time.Time, year int) time.Time {
	for t.Month() == time.February && t.Day() == 29 && (year%4 != 0 || year%100 == 0 && year%400 != 0) {
		year++
	}
	return t.AddDate(year-t.Year(), 0, 0)
}
