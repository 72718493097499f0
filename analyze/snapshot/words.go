package snapshot

import (
	"math"
	"strconv"
	"strings"
)

// of gives a part as a share of the whole; nothing where that is not known.
func of(part, whole float64) string {
	if !(whole > 0) || part > whole {
		return ""
	}
	return " (" + percent(part/whole) + ")"
}

func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// count writes a number of things.
func count(v float64, noun string) string {
	if v == 1 {
		return "1 " + noun
	}
	return number(v) + " " + noun + "s"
}

// number writes a whole number, thousands apart from 100 000 on.
func number(v float64) string {
	s := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	if math.Abs(v) < 1e5 {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// small writes a rate with two digits.
func small(v float64) string {
	switch {
	case v >= 100:
		return number(v)
	case v >= 10 || v == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 1:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	if v < 1e-3 {
		return "<0.001"
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

func percent(v float64) string {
	switch p := v * 100; {
	case p > 0 && p < 1:
		return "<1%"
	case p > 99 && p < 100:
		return ">99%"
	default:
		return strconv.FormatFloat(p, 'f', 0, 64) + "%"
	}
}

// span writes seconds: 42 s, 17 min, 25 h, 5.5 d.
func span(v float64) string {
	switch {
	case v < 120:
		return strconv.FormatFloat(v, 'f', 0, 64) + " s"
	case v < 7200:
		return strconv.FormatFloat(v/60, 'f', 0, 64) + " min"
	case v < 172800:
		return trim(v/3600) + " h"
	}
	return trim(v/86400) + " d"
}

func trim(v float64) string {
	if v >= 100 {
		return number(v)
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// size writes bytes: 512 B, 8.1 MiB.
func size(v float64) string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	if i == 0 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " B"
	}
	return trim(v) + " " + units[i]
}
