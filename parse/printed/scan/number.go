package scan

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/when"
)

// Unix gives the time of unix seconds with a fraction, to the microsecond.
func Unix(t float64) time.Time {
	s := math.Floor(t)
	return time.Unix(int64(s), int64(math.Round((t-s)*1e6))*1000).UTC()
}

// When reads a time with a date, and nothing behind it.
func When(s string, dayFirst bool) (float64, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 10 || len(s) > 48 {
		return 0, false
	}
	t, n := when.Read([]byte(s), dayFirst)
	return float64(t.At.UnixMicro()) / 1e6, t.Year && n == len(s)
}

// units are what dashboards print behind numbers.
var units = map[string]float64{"": 1, "k": 1e3, "K": 1e3, "Mil": 1e6, "M": 1e6, "G": 1e9, "B": 1, "kB": 1e3,
	"KB": 1e3, "MB": 1e6, "GB": 1e9,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "conns": 1, "clients": 1, "connections": 1,
	"ops/s": 1, "s": 1}

// Number reads a number of an export; comma says that a comma is the decimal sign.
func Number(s string, comma bool) (float64, bool) {
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
