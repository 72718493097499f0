package dump

import (
	"bytes"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/when"
)

// A stamp is a time read from a time line.
type stamp struct {
	at   time.Time // UTC
	zone string    // name of a zone that was not understood, and taken for UTC; "none" if there was none
	// clock tells that only the time of day was read: at is that after midnight of the day of
	// record.DayUnknown.
	clock bool
}

const maxStampLen = 80

// parseStamp reads a time line: a time with its date, or the time of day alone, to the second
// or within a rule ("=== 14:05 ==="), with or without ornaments around it ("[...]", "time: ...").
func parseStamp(line []byte) (stamp, bool) {
	if len(line) < 7 || len(line) > maxStampLen {
		return stamp{}, false
	}
	b := bytes.Trim(line, "=-#*+[]<>()| \t\"'")
	for _, word := range [...]string{"timestamp", "time", "date", "ts", "at"} {
		if len(b) > len(word) && bytes.EqualFold(b[:len(word)], []byte(word)) && bytes.IndexByte([]byte(":= "), b[len(word)]) >= 0 {
			b = bytes.TrimLeft(b[len(word):], ":= ")
			break
		}
	}
	t, n := when.Read(b, false)
	if n < len(b) {
		return stamp{}, false
	}
	st, ok := stampOf(t, b)
	if !ok && st.clock && n > 0 && len(b)+4 <= len(line) && (bytes.HasPrefix(line, []byte("==")) || bytes.HasPrefix(line, []byte("--"))) {
		ok = true // a rule with a time in it is nothing else, also without seconds
	}
	return st, ok
}

// parseDate reads a time line that has a date: within data a time of day alone is none.
func parseDate(line []byte) (stamp, bool) {
	st, ok := parseStamp(line)
	return st, ok && !st.clock
}

// stampOf gives the stamp of a time read from text; false where it is too vague for one.
func stampOf(t when.Time, text []byte) (stamp, bool) {
	st := stamp{at: t.At, zone: t.ZoneName, clock: !t.Day}
	if !t.Zone && st.zone == "" {
		st.zone = "none"
	}
	if st.clock {
		st.at, st.zone = record.DayUnknown.Add(t.At.Sub(time.Time{})), "none"
		return st, bytes.Count(text, []byte(":")) >= 2
	}
	return st, t.Year
}

// stampIn finds a time in a prefix: with its date, or else the time of day alone.
func stampIn(prefix []byte) (found stamp, ok bool) {
	for i := 0; i < len(prefix); i++ {
		if i > 0 && wordByte(prefix[i-1]) || !wordByte(prefix[i]) {
			continue
		}
		t, n := when.Read(prefix[i:], false)
		if n == 0 {
			continue
		}
		if st, fits := stampOf(t, prefix[i:i+n]); fits && !st.clock {
			return st, true
		} else if fits && !ok {
			found, ok = st, true
		}
	}
	return found, ok
}

func wordByte(b byte) bool { return b-'0' <= 9 || b|0x20 >= 'a' && b|0x20 <= 'z' }

// A server's clock between the years 2001 and 2286 is believed.
const firstClock, lastClock = 1e15, 1e16
