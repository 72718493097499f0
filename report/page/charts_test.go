package page

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/reporttest"
)

// TestHero: the chart of the first screen has the groups as a stack, the one to blame at the
// bottom, the limit, the fitted curve and its interval.
func TestHero(t *testing.T) {
	r := reporttest.LeakThenStorm()
	g := reporttest.GrowingLeak()
	g.Subject = "checkout-api"
	for i := range g.At { // within this recording
		g.At[i] = reporttest.At(7, 0).Add(time.Duration(i) * 30 * time.Second)
		for _, v := range [][]float64{g.Count, g.Curve, g.Lo, g.Hi} {
			v[i] *= 200
		}
	}
	r.Causes[0].Growth = g
	p, ok := newChartSet(r, time.UTC).hero()
	if !ok {
		t.Fatal("no chart")
	}
	var names []string
	for _, l := range p.Lines {
		names = append(names, l.Name)
	}
	if want := []string{"all connections", "fitted: checkout-api, steady rise", "checkout-api", "cart", "search", "mailer", "feed", "10.9.1.7"}; !slices.Equal(names, want) {
		t.Errorf("lines %q, want %q", names, want)
	}
	for i := range r.Held.At { // the top of the stack is the sum of all groups
		sum := 0.0
		for _, h := range r.Held.Groups {
			sum += h.Connections[i]
		}
		if got := p.Lines[7].V[i]; got != sum {
			t.Fatalf("moment %d: top of the stack %g, want %g", i, got, sum)
		}
	}
	svg := p.Chart.SVG()
	for part, n := range map[string]int{`class="a`: 6, `class="r2"`: 1, `class="limit"`: 1, `class="mark"`: 4, `stroke-dasharray="7 4"`: 1, "limit 10 000": 1} {
		if got := strings.Count(svg, part); got != n {
			t.Errorf("%s: %d times, want %d", part, got, n)
		}
	}
	g.Count = slices.Repeat([]float64{40}, len(g.At)) // one host of many is not drawn on all
	r.Causes[0].Growth = g
	if p, _ := newChartSet(r, time.UTC).hero(); p.Lines[1].Name == names[1] {
		t.Error("the curve of one host of many is drawn")
	}
	g.Subject = "checkout-api at 10.0.0.1" // its own line stands beside the curve
	r.Causes[0].Growth = g
	if p, _ := newChartSet(r, time.UTC).hero(); p.Lines[1].Name != g.Subject || !slices.Equal(p.Lines[1].V, g.Count) || p.Lines[2].Name != "fitted: "+g.Subject+", steady rise" {
		t.Errorf("a curve without what it is fitted to: %q, %q", p.Lines[1].Name, p.Lines[2].Name)
	}
	r.Causes[0].Growth = finding.Growth{}
	r.Held = finding.Held{}
	if p, _ := newChartSet(r, time.UTC).hero(); len(p.Lines) != 1+min(1, len(r.Course)) {
		t.Errorf("%d lines without lists and a fitted curve", len(p.Lines))
	}
}

// TestCloser: the samples of a closer look take the place of those of their time, and no others.
func TestCloser(t *testing.T) {
	at := func(sec ...int) (out []time.Time) {
		for _, s := range sec {
			out = append(out, reporttest.Start.Add(time.Duration(s)*time.Second))
		}
		return out
	}
	r := &finding.Report{Closer: []finding.Signal{{ID: "connections", At: at(20, 25, 30, 35), Value: []float64{7, 8, 9, 9}}}}
	l := panelLine{ID: "connections", At: at(0, 10, 20, 30, 40, 50), V: []float64{0, 1, 2, 3, 4, 5}}
	l.closer(r)
	if want := at(0, 10, 20, 25, 30, 35, 40, 50); !slices.Equal(l.At, want) || !slices.Equal(l.V, []float64{0, 1, 7, 8, 9, 9, 4, 5}) {
		t.Errorf("%v %v", l.At, l.V)
	}
	other := panelLine{ID: "refused", At: at(0, 40), V: []float64{0, 1}}
	other.closer(r)
	if len(other.At) != 2 {
		t.Errorf("another series: %v", other.At)
	}
}
