package record

import (
	"testing"
	"time"
)

// A time of day is of the day on which the recording begins, or of the next where it goes on
// over midnight.
func TestTimesOfDay(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	clock := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		v, err := time.Parse("15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		from, to, first, at string
		in                  bool
	}{
		{"16:50", "", "2026-05-01 16:00", "2026-05-01 16:49", false},
		{"16:50", "", "2026-05-01 16:00", "2026-05-01 16:50", true},
		{"16:50", "", "2026-05-01 17:00", "2026-05-01 17:00", true},
		{"", "00:20", "2026-05-01 23:00", "2026-05-02 00:10", true},
		{"", "00:20", "2026-05-01 23:00", "2026-05-02 00:30", false},
		{"00:10", "00:20", "2026-05-01 23:00", "2026-05-02 00:15", true},
		{"23:50", "00:10", "2026-05-01 23:00", "2026-05-02 00:05", true},
		{"23:50", "00:10", "2026-05-01 23:00", "2026-05-01 23:40", false},
	} {
		w := NewWindow(Options{From: clock(c.from), To: clock(c.to)})
		w.Holds(at(c.first))
		if got := w.Holds(at(c.at)); got != c.in {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
