package dump

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/record"

	"github.com/connbox/connbox/parse/reply"
)

// A stamp is a time read from a time line.
type stamp struct {
	at   time.Time // UTC
	zone string    // name of a zone that was not understood, and taken for UTC; "none" if there was none
	// clock tells that only the time of day was read: at is that after midnight of the day of
	// record.DayUnknown.
	clock bool
}

// clockLayouts are the times of day that people and programs print without a date.
var clockLayouts = [...]string{"15:04:05", "15:04:05.999999999", "3:04:05 PM", "3:04:05PM"}

// parseClock reads a time line that has a time of day only.
func parseClock(line []byte) (stamp, bool) {
	if len(line) < 7 || len(line) > maxStampLen || bytes.Count(line, []byte(":")) < 2 {
		return stamp{}, false
	}
	s := strings.Trim(string(line), "=-#*+[]<>| \t\"'()")
	s = strings.Replace(s, ",", ".", 1)
	for _, layout := range clockLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return stamp{record.DayUnknown.Add(t.Sub(t.Truncate(24 * time.Hour))), "none", true}, true
		}
	}
	return stamp{}, false
}

// stampIn finds a time in a prefix: some of its words in a row, the longest first.
func stampIn(prefix []byte) (stamp, bool) {
	words := bytes.Fields(prefix)
	words = words[:min(len(words), 8)]
	for n := min(len(words), 6); n > 0; n-- {
		for i := 0; i+n <= len(words); i++ {
			if st, ok := parseStamp(bytes.Join(words[i:i+n], []byte(" "))); ok {
				return st, true
			}
		}
	}
	for _, w := range words {
		if st, ok := parseClock(w); ok {
			return st, true
		}
	}
	return stamp{}, false
}

// stampLayouts are date's default forms (as C, en_US, en_GB and -R print them) and RFC 3339
// with its usual variants. Zone names are dealt with apart, because time.Parse gives an
// unknown abbreviation the offset zero without a word.
var stampLayouts = [...]string{
	"2006-01-02T15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999 Z0700",
	"2006-01-02 15:04:05.999999999 Z07:00",
	"2006-01-02 15:04:05.999999999",
	"2006/01/02 15:04:05",
	"Mon Jan _2 15:04:05 2006",
	"Mon Jan _2 03:04:05 PM 2006",
	"Mon _2 Jan 15:04:05 2006",
	"Mon _2 Jan 2006 15:04:05",
	"Mon _2 Jan 2006 03:04:05 PM",
	"Mon, 02 Jan 2006 15:04:05 -0700",
}

// zoneOffsets are the abbreviations that date prints and that mean one offset only, in
// minutes. CST, IST and BST do not: they are left out.
var zoneOffsets = map[string]int{
	"UTC": 0, "GMT": 0, "Z": 0, "UCT": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
	"MSK": 180, "JST": 540, "KST": 540, "HKT": 480, "SGT": 480, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
	"EST": -300, "EDT": -240, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "HST": -600,
}

const maxStampLen = 80

// parseStamp reads a time line: RFC 3339, date's default form, or unix time in seconds
// (whole or with a fraction), milli-, micro- or nanoseconds, with or without ornaments
// around it ("=== ... ===", "[...]", "time: ...").
func parseStamp(line []byte) (stamp, bool) {
	if len(line) < 10 || len(line) > maxStampLen || !mayBeStamp(line) {
		return stamp{}, false
	}
	s := strings.Trim(string(line), "=-#*+[]<>| \t\"'")
	for _, word := range [...]string{"time", "date", "timestamp", "ts", "at"} {
		if len(s) > len(word) && strings.EqualFold(s[:len(word)], word) && strings.IndexByte(":= ", s[len(word)]) >= 0 {
			s = strings.TrimLeft(s[len(word):], ":= ")
			break
		}
	}
	if at, ok := unixStamp(s); ok {
		return stamp{at: at}, true
	}
	s, offset, zone := cutZone(strings.Join(strings.Fields(s), " "))
	for _, layout := range stampLayouts {
		at, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if zone == "" && !strings.Contains(layout, "07") {
			zone = "none"
		}
		if zone == "known" {
			zone = ""
		}
		return stamp{at: at.Add(-offset).UTC(), zone: zone}, true
	}
	return stamp{}, false
}

// mayBeStamp is a cheap look: enough digits, and none of what replies have.
func mayBeStamp(line []byte) bool {
	n := 0
	for _, b := range line {
		if b-'0' <= 9 {
			n++
		} else if b == '_' || b < ' ' && b != '\t' {
			return false
		}
	}
	return n >= 10
}

// unixStamp reads 1795236648, 1795236648.25, and the same in ms, us and ns.
func unixStamp(s string) (time.Time, bool) {
	whole, frac, hasFrac := strings.Cut(s, ".")
	if !reply.Digits([]byte(whole), 19) || hasFrac && (len(whole) != 10 || !reply.Digits([]byte(frac), 9)) {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || whole[0] == '0' {
		return time.Time{}, false
	}
	switch len(whole) {
	case 10:
		nanos, _ := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
		return time.Unix(n, nanos).UTC(), true
	case 13:
		return time.UnixMilli(n).UTC(), true
	case 16:
		return time.UnixMicro(n).UTC(), true
	case 19:
		return time.Unix(0, n).UTC(), true
	}
	return time.Time{}, false
}

// cutZone takes a zone's name out of date's form. zone is "" when there was none, "known"
// when offset is its offset, and else the name itself.
func cutZone(s string) (rest string, offset time.Duration, zone string) {
	words := strings.Split(s, " ")
	for i, w := range words {
		if i == 0 || w == "AM" || w == "PM" || !zoneShape(w) {
			continue
		}
		minutes, known := zoneOffsets[w]
		zone = w
		if len(w) == 3 && (w[0] == '+' || w[0] == '-') { // +03, as date prints for nameless zones
			hours, err := strconv.Atoi(w)
			minutes, known = 60*hours, err == nil
		}
		if known {
			zone = "known"
		}
		words = append(words[:i], words[i+1:]...)
		return strings.Join(words, " "), time.Duration(minutes) * time.Minute, zone
	}
	return s, 0, ""
}

// zoneShape tells upper-case abbreviations and +03 from the other words of a date.
func zoneShape(w string) bool {
	if len(w) == 3 && (w[0] == '+' || w[0] == '-') {
		return reply.Digits([]byte(w[1:]), 2)
	}
	if len(w) < 2 || len(w) > 5 {
		return false
	}
	for i := range len(w) {
		if w[i] < 'A' || w[i] > 'Z' {
			return false
		}
	}
	return true
}

// stampInName finds a time in a file's name: 2026-11-21T06:28:09Z, 2026-11-21T06-28-09,
// 20261121-062809, 20261121T062809Z, 2026-11-21_06.28.09, or unix seconds. Without a zone
// it is taken as UTC.
func stampInName(name string) (time.Time, bool) {
	for i := 0; i < len(name); i++ {
		if name[i]-'0' > 9 || i > 0 && name[i-1]-'0' <= 9 {
			continue
		}
		if t, ok := stampAt(name[i:]); ok {
			return t, true
		}
	}
	return time.Time{}, false
}

// stampAt reads a time at the beginning of s: four digits of a year, then five groups of
// two with at most one separator before each; or ten digits alone.
func stampAt(s string) (time.Time, bool) {
	run := 0
	for run < len(s) && s[run]-'0' <= 9 {
		run++
	}
	if run == 10 || run == 13 {
		return unixStamp(s[:run])
	}
	var group [6]int
	pos := 0
	for g := range group {
		if g > 0 && pos < len(s) && strings.IndexByte("-_:.T +", s[pos]) >= 0 {
			pos++
		}
		n := 2
		if g == 0 {
			n = 4
		}
		if pos+n > len(s) || !reply.Digits([]byte(s[pos:pos+n]), n) {
			return time.Time{}, false
		}
		group[g], _ = strconv.Atoi(s[pos : pos+n])
		pos += n
	}
	if pos < len(s) && s[pos]-'0' <= 9 {
		return time.Time{}, false
	}
	t := time.Date(group[0], time.Month(group[1]), group[2], group[3], group[4], group[5], 0, time.UTC)
	if t.Month() != time.Month(group[1]) || t.Day() != group[2] || t.Hour() != group[3] || group[0] < 2001 {
		return time.Time{}, false
	}
	// A zone right behind: +02:00, -05:00 or +0200. -0500 might be a number in a row.
	for _, layout := range [...]string{"Z07:00", "Z0700"} {
		rest := s[pos:]
		if len(rest) < len(layout) || rest[0] != '+' && (rest[0] != '-' || layout == "Z0700") {
			continue
		}
		if z, err := time.Parse(layout, rest[:len(layout)]); err == nil {
			_, offset := z.Zone()
			return t.Add(-time.Duration(offset) * time.Second), true
		}
	}
	return t, true
}

// A server's clock between the years 2001 and 2286 is believed.
const firstClock, lastClock = 1e15, 1e16
