package record

import (
	"strings"
	"testing"
	"time"
)

// TestTimesOfDayNextDay: a stretch of the day that lies before the recording's beginning is that
// of the next day.
func TestTimesOfDayNextDay(t *testing.T) {
	clock := func(s string) time.Time {
		at, err := time.Parse("15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	first := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		from, to string
		in, out  time.Duration // after the beginning
	}{
		{"13:00", "13:30", 23*time.Hour + 15*time.Minute, time.Hour},
		{"13:00", "14:30", 15 * time.Minute, 23*time.Hour + 15*time.Minute},
		{"23:00", "01:00", 10 * time.Hour, 12 * time.Hour},
	} {
		w := NewWindow(Options{From: clock(tt.from), To: clock(tt.to)})
		w.Begin(first)
		if in, out := first.Add(tt.in), first.Add(tt.out); w.Misses(in, in) || !w.Misses(out, out) {
			t.Errorf("%s to %s: %v is out or %v is in", tt.from, tt.to, in, out)
		}
	}
}

func TestInputErrorNamesTheFileOnce(t *testing.T) {
	at := Pos{File: "x.connbox", Sample: 3}
	err := &InputError{Pos: Pos{File: "x.connbox"}, Msg: "repaired without a part", Err: Errorf(at, "member is damaged")}
	if got := err.Error(); got != "x.connbox: repaired without a part: #3: member is damaged" {
		t.Error(got)
	}
	err.Err = Errorf(Pos{File: "y.connbox"}, "member is damaged")
	if got := err.Error(); strings.Count(got, ".connbox") != 2 {
		t.Error(got)
	}
}
