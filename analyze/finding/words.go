// Package finding is the words of a result: the verdict, what took part with its evidence and
// the places to look it up, what was ruled out and why, the timeline of the incident, what
// would have helped. It holds values and how they are worded, and decides nothing; it is all
// that package report knows of the analysis.
//
// A Report belongs to whoever asked for it; nothing in it is shared with the analysis.
package finding

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Clock prints a time of day, in UTC, as sentences use it, and the time since the start where
// no clock is known: +00:01:50.
func Clock(t time.Time) string {
	if since, ok := Since(t); ok {
		return since
	}
	return t.UTC().Format("15:04:05")
}

// noClock is the year up to which times are no dates, as no such server ran then: they count
// from the start of the server or of the input, which stands at the Unix epoch.
const noClock = 2000

// Since prints a time that counts from a start; false for a date.
func Since(t time.Time) (string, bool) {
	u := t.UTC()
	if u.Year() < 1970 || u.Year() >= noClock {
		return "", false
	}
	days := ""
	if n := u.Unix() / 86400; n > 0 {
		days = fmt.Sprintf("%dd ", n)
	}
	return "+" + days + u.Format("15:04:05"), true
}

// Duration prints seconds as people say them.
func Duration(sec float64) string {
	switch {
	case sec < 120:
		return fmt.Sprintf("%.0f s", sec)
	case sec < 7200:
		return fmt.Sprintf("%.0f min", sec/60)
	}
	return fmt.Sprintf("%.1f h", sec/3600)
}

func UnixTime(sec float64) time.Time { return time.UnixMicro(int64(math.Round(sec * 1e6))).UTC() }

// FromTo says how a number moved.
func FromTo(a, b float64) string {
	if from, to := fmt.Sprintf("%.0f", a), fmt.Sprintf("%.0f", b); from != to {
		return "went from " + from + " to " + to
	}
	return fmt.Sprintf("stayed at %.0f", b)
}

// Number prints a number with three digits that count.
func Number(v float64) string {
	if a := math.Abs(v); a >= 1000 && a < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Count prints a number of things.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// UpperFirst begins s with a capital letter.
func UpperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// LowerFirst gives a sentence as it goes on after others; a name in capitals stays as it is.
func LowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// Plain makes a name that strangers chose fit for a line of text: one line, no control
// characters.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
