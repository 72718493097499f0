// Package when reads the times that servers, shells, collectors, dashboards and people write:
// ISO 8601, date's forms, logs' and exports' forms, unix time. A Time is what was read; it has
// no memory of its own.
package when

import (
	"math"
	"strconv"
	"time"
)

// A Time is a time as somebody wrote it.
type Time struct {
	// At is in UTC where the zone is known, else the wall clock taken as UTC. It is in the year
	// 2000, which was a leap year, where Year is not set, and in the zero Time's day where Day
	// is not.
	At              time.Time
	Day, Year, Zone bool   // are told
	ZoneName        string // a zone's name that does not tell its offset
}

// Years outside of these are no server's; times in nanoseconds hold all between them.
const minYear, maxYear = 2001, 2200

// Read reads the time that b begins with and gives its length, which is 0 where there is none:
// a date and a time of day in any order that is in use, or a time of day alone, or unix time in
// seconds, milli-, micro- or nanoseconds. dayFirst says how 1/2/2026 is meant.
func Read(b []byte, dayFirst bool) (Time, int) {
	if t, n := unix(b); n > 0 {
		return t, n
	}
	r := reader{b: b, dayFirst: dayFirst}
	for r.part() {
	}
	t, ok := r.time()
	if !ok {
		return Time{}, 0
	}
	return t, r.at
}

// unix reads 1795236648 and 1795236648.25, and the same in ms, us and ns.
func unix(b []byte) (Time, int) {
	n := digits(b)
	unit := int64(0)
	switch n {
	case 10:
		unit = 1e9
	case 13:
		unit = 1e6
	case 16:
		unit = 1e3
	case 19:
		unit = 1
	}
	if unit == 0 || b[0] == '0' {
		return Time{}, 0
	}
	whole, err := strconv.ParseInt(string(b[:n]), 10, 64)
	end, part := n, 0.
	if n < len(b) && b[n] == '.' {
		end += 1 + digits(b[n+1:])
		part, _ = strconv.ParseFloat("0"+string(b[n:end]), 64)
	}
	if end < len(b) && (isLetter(b[end]) || b[end] == '.' || b[end] == ':' || b[end] == '_' || b[end] == '-') {
		return Time{}, 0
	}
	seconds := whole / (1e9 / unit)
	at := time.Unix(seconds, whole%(1e9/unit)*unit+int64(math.Round(part*float64(unit)))).UTC()
	if err != nil || at.Year() < minYear || at.Year() >= maxYear {
		return Time{}, 0
	}
	return Time{At: at, Day: true, Year: true, Zone: true}, end
}

// A reader reads a time part by part.
type reader struct {
	b                []byte
	at               int // behind the last part
	dayFirst         bool
	year, month, day int // 0: not read yet
	clock, offset    time.Duration
	clocked, zoned   bool
	zone             string
}

// part reads the next part; false where there is none.
func (r *reader) part() bool {
	i := r.at
	if i > 0 {
		if i < len(r.b) && r.b[i] == ',' {
			i++
		}
		for i < len(r.b) && (r.b[i] == ' ' || r.b[i] == '\t') {
			i++
		}
		if i+1 < len(r.b) && r.b[i] == 'T' && !r.clocked && isDigit(r.b[i+1]) {
			i++
		}
	}
	if i >= len(r.b) {
		return false
	}
	end := 0
	switch c := r.b[i]; {
	case isDigit(c):
		end = r.number(i)
	case c == '+' || c == '-':
		end = r.offsetAt(i)
	case isLetter(c):
		end = r.word(i)
	}
	if end > 0 {
		r.at = end
	}
	return end > 0
}

// number reads a part that begins with a digit.
func (r *reader) number(i int) (end int) {
	n := digits(r.b[i:])
	sign := byte(' ')
	if i+n < len(r.b) {
		sign = r.b[i+n]
	}
	switch {
	case n <= 2 && sign == ':' && !r.clocked:
		return r.clockAt(i)
	case r.day == 0 && r.month == 0 && (sign == '-' || sign == '/' || sign == '.'):
		return r.date(i, sign)
	case sign != ' ' && sign != '\t' && sign != ',':
		return 0
	case n <= 2 && r.day == 0:
		r.day = number(r.b[i : i+n])
	case n == 4 && r.year == 0 && r.month > 0:
		r.year = number(r.b[i : i+n])
	default:
		return 0
	}
	return i + n
}

// date reads 2026-11-21, 2026/11/21, 21.11.2026, 11/21/2026 and 21/11/2026.
func (r *reader) date(i int, sign byte) (end int) {
	var v, width [3]int
	end = i
	for k := range v {
		if k > 0 {
			if end >= len(r.b) || r.b[end] != sign {
				return 0
			}
			end++
		}
		width[k] = digits(r.b[end:])
		if width[k] == 0 || width[k] > 4 {
			return 0
		}
		v[k] = number(r.b[end : end+width[k]])
		end += width[k]
	}
	switch {
	case width[0] == 4 && sign != '.':
		r.year, r.month, r.day = v[0], v[1], v[2]
	case width[2] == 4 && sign == '.':
		r.day, r.month, r.year = v[0], v[1], v[2]
	case width[2] == 4 && sign == '/':
		r.month, r.day, r.year = v[0], v[1], v[2]
		if r.dayFirst && v[1] <= 12 || v[0] > 12 {
			r.month, r.day = v[1], v[0]
		}
	default:
		return 0
	}
	return end
}

// clockAt reads 04:51, 04:51:06, a fraction of a second after a point or a comma, and AM or PM
// behind.
func (r *reader) clockAt(i int) (end int) {
	hour, end := number(r.b[i:i+digits(r.b[i:])]), i+digits(r.b[i:])
	var v [2]int // minutes and seconds
	for k := range v {
		if end >= len(r.b) || r.b[end] != ':' {
			break
		}
		if digits(r.b[end+1:]) != 2 {
			return 0
		}
		v[k] = number(r.b[end+1 : end+3])
		end += 3
	}
	if end+1 < len(r.b) && (r.b[end] == '.' || r.b[end] == ',') && isDigit(r.b[end+1]) {
		unit := time.Second
		for end++; end < len(r.b) && isDigit(r.b[end]); end++ {
			unit /= 10
			r.clock += time.Duration(r.b[end]-'0') * unit
		}
	}
	half := end
	for half < len(r.b) && r.b[half] == ' ' {
		half++
	}
	if half+1 < len(r.b) && r.b[half+1]|0x20 == 'm' && (half+2 == len(r.b) || !isLetter(r.b[half+2])) && hour <= 12 {
		switch r.b[half] | 0x20 {
		case 'a':
			hour, end = hour%12, half+2
		case 'p':
			hour, end = hour%12+12, half+2
		}
	}
	if hour > 23 || v[0] > 59 || v[1] > 60 {
		return 0
	}
	r.clocked = true
	r.clock += time.Duration(hour)*time.Hour + time.Duration(v[0])*time.Minute + time.Duration(v[1])*time.Second
	return end
}

// offsetAt reads +01:00, +0100 and, as date prints for zones without a name, +01.
func (r *reader) offsetAt(i int) (end int) {
	if !r.clocked || r.offset != 0 {
		return 0
	}
	hours, minutes, end := 0, 0, i+3
	switch n := digits(r.b[i+1:]); {
	case n == 2 && end < len(r.b) && r.b[end] == ':' && digits(r.b[end+1:]) == 2:
		hours, minutes, end = number(r.b[i+1:end]), number(r.b[end+1:end+3]), end+3
	case n == 2:
		hours = number(r.b[i+1 : end])
	case n == 4:
		hours, minutes, end = number(r.b[i+1:end]), number(r.b[end:end+2]), end+2
	default:
		return 0
	}
	if hours > 15 || minutes > 59 {
		return 0
	}
	r.offset, r.zoned, r.zone = time.Duration(hours*60+minutes)*time.Minute, true, ""
	if r.b[i] == '-' {
		r.offset = -r.offset
	}
	return end
}

// word reads the name of a month, a weekday or a zone.
func (r *reader) word(i int) (end int) {
	end = i
	for end < len(r.b) && isLetter(r.b[end]) {
		end++
	}
	w := r.b[i:end]
	if len(w) >= 3 && w[1]|0x20 == w[1] {
		for m := time.January; m <= time.December && r.month == 0; m++ {
			if name := m.String(); string(w) == name[:3] || string(w) == name {
				r.month = int(m)
				return end
			}
		}
		for d := time.Sunday; d <= time.Saturday; d++ {
			if name := d.String(); string(w) == name[:3] || string(w) == name {
				return end
			}
		}
	}
	if !r.clocked || len(w) > 5 || r.zone != "" {
		return 0
	}
	for _, c := range w {
		if c > 'Z' {
			return 0
		}
	}
	minutes, known := zoneOffsets[string(w)]
	switch {
	case r.zoned: // 2026-11-21 04:51:06 +0100 CET
	case known:
		r.offset, r.zoned = time.Duration(minutes)*time.Minute, true
	case len(w) > 1:
		r.zone = string(w)
	default:
		return 0
	}
	return end
}

// zoneOffsets are the abbreviations that mean one offset only, in minutes. CST, IST and BST do
// not: they are left out.
var zoneOffsets = map[string]int{
	"UTC": 0, "GMT": 0, "Z": 0, "UCT": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
	"MSK": 180, "JST": 540, "KST": 540, "HKT": 480, "SGT": 480, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
	"EST": -300, "EDT": -240, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "HST": -600,
}

// time puts the parts together; false where they are no time.
func (r *reader) time() (Time, bool) {
	t := Time{Day: r.day > 0, Year: r.year > 0, Zone: r.zoned, ZoneName: r.zone}
	switch {
	case !r.clocked:
		return t, false
	case !t.Day && r.month == 0 && !t.Year:
		t.At = time.Time{}.Add(r.clock - r.offset)
		return t, true
	case !t.Year:
		r.year = 2000
	case r.year < minYear || r.year >= maxYear:
		return t, false
	}
	if r.month < 1 || r.month > 12 {
		return t, false
	}
	day := time.Date(r.year, time.Month(r.month), r.day, 0, 0, 0, 0, time.UTC)
	t.At = day.Add(r.clock - r.offset)
	return t, day.Day() == r.day
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// digits gives the length of the run of digits that b begins with.
func digits(b []byte) int {
	n := 0
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	return n
}

// number reads a few digits.
func number(b []byte) (n int) {
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return n
}
