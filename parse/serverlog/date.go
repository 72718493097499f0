package serverlog

import (
	"bytes"
	"time"
)

// parseDate reads a date at the beginning of b in one of the heads' forms and gives its
// length, 0 if there is none.
func parseDate(b []byte) (Date, int) {
	switch {
	case len(b) >= 13 && isDigit(b[4]) && isDigit(b[12]) && (len(b) == 13 || b[13] == ' '):
		ms, ok := number(b[:13])
		if !ok || ms < 1e12/2 || ms > 7e12 {
			return Date{}, 0
		}
		return Date{At: time.UnixMilli(ms).UTC(), Year: true, Zone: true}, 13
	case len(b) >= 19 && b[4] == '-' && b[7] == '-':
		return isoDate(b)
	}
	return legacyDate(b)
}

// legacyDate reads 21 Nov 04:51:06, 21 Nov 04:51:06.655 and 21 Nov 2026 04:51:06.655.
func legacyDate(b []byte) (d Date, n int) {
	for n < 2 && n < len(b) && isDigit(b[n]) {
		n++
	}
	if n == 0 || n+5 > len(b) || b[n] != ' ' || b[n+4] != ' ' {
		return d, 0
	}
	day, _ := number(b[:n])
	month := monthOf(b[n+1 : n+4])
	n += 5
	year := 2000
	if n+5 <= len(b) && b[n+4] == ' ' {
		y, ok := number(b[n : n+4])
		if !ok {
			return d, 0
		}
		year, d.Year, n = int(y), true, n+5
	}
	c, size := clockOf(b[n:])
	if size == 0 || !makeDate(&d, year, month, int(day), c) {
		return Date{}, 0
	}
	return d, n + size
}

// isoDate reads 2026-11-21T04:51:06.655+01:00, with a blank for the T, and with no zone.
func isoDate(b []byte) (d Date, n int) {
	year, ok1 := number(b[:4])
	month, ok2 := number(b[5:7])
	day, ok3 := number(b[8:10])
	if !ok1 || !ok2 || !ok3 || b[10] != 'T' && b[10] != ' ' {
		return d, 0
	}
	c, size := clockOf(b[11:])
	if size == 0 || !makeDate(&d, int(year), int(month), int(day), c) {
		return Date{}, 0
	}
	d.Year = true
	offset, width, ok := zoneAt(b[11+size:])
	if ok {
		d.Zone, d.At = true, d.At.Add(-offset)
	}
	return d, 11 + size + width
}

// zoneAt reads Z, +01:00 or +0100.
func zoneAt(b []byte) (offset time.Duration, width int, ok bool) {
	if len(b) > 0 && b[0] == 'Z' {
		return 0, 1, true
	}
	if len(b) < 5 || b[0] != '+' && b[0] != '-' {
		return 0, 0, false
	}
	lo, width := 3, 5
	if b[3] == ':' {
		lo, width = 4, 6
	}
	if len(b) < width {
		return 0, 0, false
	}
	h, ok1 := number(b[1:3])
	m, ok2 := number(b[lo : lo+2])
	if !ok1 || !ok2 || h > 15 || m > 59 {
		return 0, 0, false
	}
	offset = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if b[0] == '-' {
		offset = -offset
	}
	return offset, width, true
}

// clockOf reads 04:51:06 with a fraction of up to nine digits after a point or a comma.
func clockOf(b []byte) (c time.Duration, n int) {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' {
		return 0, 0
	}
	h, ok1 := number(b[:2])
	m, ok2 := number(b[3:5])
	s, ok3 := number(b[6:8])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || s > 60 {
		return 0, 0
	}
	c = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	n = 8
	if n+1 < len(b) && (b[n] == '.' || b[n] == ',') && isDigit(b[n+1]) {
		unit := time.Second
		for n++; n < len(b) && isDigit(b[n]) && unit > 1; n++ {
			unit /= 10
			c += time.Duration(b[n]-'0') * unit
		}
	}
	return c, n
}

// A year outside of these is none that a server has lived in; times in nanoseconds hold all
// between them.
const minYear, maxYear = 1990, 2200

// makeDate tells whether there is such a day. A 29 February without a year is one: it is
// put into 2000, which was a leap year.
func makeDate(d *Date, year, month, day int, clock time.Duration) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || year < minYear || year > maxYear {
		return false
	}
	d.At = t.Add(clock)
	return true
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// monthOf gives 1 to 12, 0 for a word that is no month's.
func monthOf(b []byte) int {
	for i := 0; i < len(months); i += 3 {
		if months[i:i+3] == string(b) {
			return i/3 + 1
		}
	}
	return 0
}

// prefixDate finds the date in a syslog or journald line's prefix: Nov 21 04:51:06 or an
// ISO one, at its beginning but for a priority in angle brackets.
func prefixDate(b []byte) (d Date, ok bool) {
	if len(b) > 0 && b[0] == '<' {
		if _, rest, found := bytes.Cut(b, []byte(">")); found {
			b = bytes.TrimPrefix(rest, []byte("1 "))
		}
	}
	if len(b) >= 19 && b[4] == '-' && b[7] == '-' {
		d, n := isoDate(b)
		return d, n > 0
	}
	if len(b) < 15 || b[3] != ' ' || b[6] != ' ' {
		return d, false
	}
	day, ok := number(bytes.TrimLeft(b[4:6], " "))
	c, n := clockOf(b[7:])
	if !ok || n == 0 || !makeDate(&d, 2000, monthOf(b[:3]), int(day), c) {
		return Date{}, false
	}
	return d, true
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
func (c *Calendar) At(d Date) (at time.Time, known bool) {
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
