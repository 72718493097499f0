package words

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
)

func TestCourseWords(t *testing.T) {
	from := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	c := units.NewClock(from, from.Add(time.Hour), time.UTC)
	phase := func(lo, hi int, begin, end, pace, slack float64) finding.Phase {
		return finding.Phase{From: from.Add(time.Duration(lo) * time.Minute), To: from.Add(time.Duration(hi) * time.Minute),
			Begin: begin, End: end, PerMin: pace, Lo: pace - slack, Hi: pace + slack}
	}
	nan := math.NaN()
	for _, x := range []struct {
		name  string
		in    []finding.Phase
		shown int
		want  string
	}{
		{"nothing known", nil, 6, ""},
		{"one level", []finding.Phase{phase(0, 60, 63, 64, 0.01, 0.1)}, 6, "about 64 to the end"},
		{"a leak that pauses", []finding.Phase{phase(0, 10, 63, 63, 0, 0.1), phase(10, 20, 64, 143, 8, 1), phase(20, 40, 143, 143, 0, 0.1), phase(40, 60, 143, 303, 8, 1)}, 6,
			"about 63 until 03:10:00, then +8.0/min until 03:20:00 (143), then about 143 until 03:40:00, then +8.0/min to the end (303)"},
		{"a jump, then a slow fall", []finding.Phase{phase(0, 10, 63, 63, 0, 0.1), phase(11, 60, 200, 190, -0.2, 0.1)}, 6,
			"about 63 until 03:10:00, then from 200 -12.0/h to the end (190)"},
		{"a rise that is not certain", []finding.Phase{phase(0, 60, 60, 110, 1, 2)}, 6, "from 60 to 110 to the end"},
		{"a slow certain rise", []finding.Phase{phase(0, 60, 60, 62, 0.002, 0.001)}, 6, "from 60 +2.9/d to the end (62)"},
		{"more than there is room for", []finding.Phase{phase(0, 10, 1, 1, 0, 1), phase(10, 20, 50, 50, 0, 1), phase(20, 60, 9, 9, 0, 1)}, 1,
			"about 1 until 03:10:00, then 2 more phases"},
		{"not numbers", []finding.Phase{phase(0, 60, nan, nan, nan, nan)}, 6, "about n/a to the end"},
	} {
		if got := CourseWords(x.in, c, x.shown); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}

// TestTold: what CLIENT LIST tells every tenth sample makes a line, and no gaps.
func TestTold(t *testing.T) {
	at := time.Date(2026, 9, 28, 3, 0, 0, 0, time.UTC)
	s := &finding.Signal{}
	for i := range 100 {
		v := math.NaN()
		if i%10 == 0 {
			v = float64(i)
		}
		s.At, s.Value = append(s.At, at.Add(time.Duration(i)*time.Second)), append(s.Value, v)
	}
	if _, v := Told(s); len(v) != 10 || slices.ContainsFunc(v, math.IsNaN) {
		t.Errorf("%v", v)
	}
	if g := Gaps(s, time.Second); len(g) != 0 {
		t.Errorf("gaps: %v", g)
	}
	s.Value[50] = math.NaN()
	s.Value[40] = math.NaN()
	if g := Gaps(s, time.Second); len(g) != 1 || g[0].To.Sub(g[0].From) != 30*time.Second {
		t.Errorf("gaps: %v", g)
	}
}
