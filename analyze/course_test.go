package analyze

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/world"
)

// pausing is a leak of one host that goes on while on says so.
func pausing(on func(i int) bool) func(w *world.World, i int) {
	return func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 3, 10, 0.5)
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if on(i) {
			w.Leak("10.1.0.2", "cart")
		}
	}
}

// A leak that stops and begins again began when it first did, and its report says when it
// went on, at which rate, and what it left in all.
func TestLeakSpells(t *testing.T) {
	r := storyReport(800, 200, nil, pausing(func(i int) bool { return i > 20 && i < 70 || i > 140 }))
	if r.Verdict.Cause != "connection-leak" {
		t.Fatal(r.Verdict)
	}
	sample := func(i float64) time.Time { return finding.UnixTime(1.8e9 + 15*(i+1)) }
	f := r.Causes[0]
	if off := math.Abs(f.Onset.Sub(sample(21)).Seconds()); off > 60 || sample(21).Before(f.OnsetLo) || sample(20).After(f.OnsetHi) {
		t.Errorf("began at %v (%v to %v), want %v", f.Onset, f.OnsetLo, f.OnsetHi, sample(21))
	}
	if len(f.Spells) != 2 {
		t.Fatalf("spells %+v", f.Spells)
	}
	for k, want := range []struct{ from, to, begin, end float64 }{{20, 69, 10, 59}, {140, 199, 59, 118}} {
		s := f.Spells[k]
		if math.Abs(s.From.Sub(sample(want.from)).Seconds()) > 60 || math.Abs(s.To.Sub(sample(want.to)).Seconds()) > 60 ||
			math.Abs(s.Begin-want.begin) > 4 || math.Abs(s.End-want.end) > 4 || !(s.Lo <= 4 && 4 <= s.Hi) {
			t.Errorf("spell %d: %+v, want %+v", k, s, want)
		}
	}
	var lines []string
	for _, e := range r.Timeline {
		lines = append(lines, e.What)
	}
	told := strings.Join(lines, "\n")
	for _, want := range []string{"in 2 spells, the first until", "pauses, at 59", "goes on after a pause, at 4.0 a minute: 5"} {
		if !strings.Contains(told, want) {
			t.Errorf("the timeline does not tell %q:\n%s", want, told)
		}
	}
	// The limit is reached at the pace of the last spell, not at the mean with its pause.
	for _, w := range r.WhatIf {
		if want := (800.0 - 178) / 4; w.ID == "time-to-limit" && math.Abs(w.Value-want) > 0.15*want {
			t.Errorf("the limit in %.0f min, want %.0f", w.Value, want)
		}
	}
	if r := storyReport(500, 100, nil, pausing(func(i int) bool { return i > 20 })); len(r.Causes) == 0 || r.Causes[0].Spells != nil {
		t.Errorf("a leak without a pause has spells: %+v", r.Causes)
	}
}

// The course tells the stretches of a recording, and a restart apart from what follows.
func TestCourse(t *testing.T) {
	r := storyReport(800, 160, nil, func(w *world.World, i int) {
		n := 10
		switch {
		case i == 120:
			w.Restart(800)
		case i >= 40 && i < 80:
			n = 10 + (i - 40)
		case i >= 80:
			n = 50
		}
		if i < 120 {
			w.Fleet("10.2.0", "web", 3, n, 0.5)
		} else {
			w.Fleet("10.2.0", "web", 3, 5, 0.5)
		}
	})
	if len(r.Course) != 4 {
		t.Fatalf("course %+v", r.Course)
	}
	for k, want := range []struct{ begin, end, pace float64 }{{30, 30, 0}, {30, 150, 12}, {150, 150, 0}, {15, 15, 0}} {
		p := r.Course[k]
		if math.Abs(p.Begin-want.begin) > 8 || math.Abs(p.End-want.end) > 8 || math.Abs(p.PerMin-want.pace) > 0.7 || p.Rises() != (want.pace > 0) || p.Falls() {
			t.Errorf("phase %d: %+v, want %+v", k, p, want)
		}
	}
}
