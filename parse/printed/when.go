package printed

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Unix gives the time of unix seconds with a fraction, to the microsecond.
func Unix(t float64) time.Time {
	s := math.Floor(t)
	return time.Unix(int64(s), int64(math.Round((t-s)*1e6))*1000).UTC()
}

// whenLayouts are how dashboards and their exports write times. Without a zone they are
// taken as UTC.
var whenLayouts = [...]string{
	"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700",
	"2006-01-02 15:04:05.999999999 MST", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04",
	"2006/01/02 15:04:05", "2006/01/02 15:04", "02.01.2006 15:04:05", "02.01.2006 15:04", "2 Jan 2006 15:04:05",
	"Jan 2, 2006 15:04:05",
	"Jan 2, 2006, 3:04:05 PM", "Jan 2, 2006 3:04 PM", "Mon Jan _2 15:04:05 2006",
	"Mon, 02 Jan 2006 15:04:05 MST", "Mon Jan 2 2006 15:04:05 GMT-0700",
}

// slashLayouts are read with the month first, or with the day first where a month cannot be.
var slashLayouts = [2][]string{
	{"1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006 3:04:05 PM", "1/2/2006, 3:04:05 PM", "1/2/2006 3:04 PM",
		"1/2/2006, 15:04:05"},
	{"2/1/2006 15:04:05", "2/1/2006 15:04", "2/1/2006 3:04:05 PM", "2/1/2006, 3:04:05 PM", "2/1/2006 3:04 PM",
		"2/1/2006, 15:04:05"},
}

// parseWhen reads a time: as text, or as unix time in seconds, milli-, micro- or nanoseconds.
func parseWhen(s string, dayFirst bool) (float64, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 10 || len(s) > 48 {
		return 0, false
	}
	if s[0] >= '0' && s[0] <= '9' && strings.IndexFunc(s, func(c rune) bool {
		return c != '.' && (c < '0' ||
			c > '9')
	}) < 0 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, false
		}
		return unixWhen(v)
	}
	i := 0
	if dayFirst {
		i = 1
	}
	for _, list := range [...][]string{whenLayouts[:], slashLayouts[i], slashLayouts[1-i]} {
		for _, layout := range list {
			if t, err := time.Parse(layout, s); err == nil && t.Year() >= 2001 && t.Year() < 2286 {
				return float64(t.UnixMicro()) / 1e6, true
			}
		}
	}
	return 0, false
}

// unixWhen tells seconds, milli-, micro- and nanoseconds since 1970 by their size: from 2001
// to 2286 they do not overlap.
func unixWhen(v float64) (float64, bool) {
	for _, unit := range [...]float64{1, 1e3, 1e6, 1e9} {
		if v >= 1e9*unit && v < 1e10*unit {
			return v / unit, true
		}
	}
	return 0, false
}

// units are what dashboards print behind numbers.
var units = map[string]float64{"": 1, "k": 1e3, "K": 1e3, "Mil": 1e6, "M": 1e6, "G": 1e9, "B": 1, "kB": 1e3,
	"KB": 1e3, "MB": 1e6, "GB": 1e9,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "conns": 1, "clients": 1, "connections": 1,
	"ops/s": 1, "s": 1}

// parseNumber reads a number of an export; comma says that a comma is the decimal sign.
func parseNumber(s string, comma bool) (float64, bool) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", ""))
	if s == "" || len(s) > 64 {
		return 0, false
	}
	end := len(s)
	for end > 0 && (s[end-1] < '0' || s[end-1] > '9') && s[end-1] != '.' {
		end--
	}
	factor, ok := units[strings.TrimSpace(s[end:])]
	if !ok {
		return 0, false
	}
	s = strings.ReplaceAll(s[:end], " ", "")
	if comma {
		s = strings.Replace(strings.ReplaceAll(s, ".", ""), ",", ".", 1)
	} else {
		s = strings.ReplaceAll(s, ",", "")
	}
	if s == "" || strings.ContainsAny(s, "xXpP_nN") {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v * factor, err == nil && !math.IsInf(v, 0)
}
