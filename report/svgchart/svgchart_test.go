package svgchart

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

func sec(s float64) time.Time { return t0.Add(time.Duration(s * float64(time.Second))) }

// TestThinKeepsPeaks: whatever the length, the least and the largest value survive, the
// order holds and the bound holds.
func TestThinKeepsPeaks(t *testing.T) {
	for _, n := range []int{0, 1, 2, 799, 800, 801, 5000, 86400} {
		at, v := make([]time.Time, n), make([]float64, n)
		x := uint32(n + 1)
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range v {
			x = x*1664525 + 1013904223
			at[i], v[i] = sec(float64(i)), float64(x>>8)
			if x%97 == 0 {
				v[i] = math.NaN()
				continue
			}
			lo, hi = min(lo, v[i]), max(hi, v[i])
		}
		got := Thin(at, v, t0, sec(float64(max(0, n-1))), 10*time.Second)
		if len(got) > 3*Columns {
			t.Errorf("%d: %d points", n, len(got))
		}
		gl, gh := math.Inf(1), math.Inf(-1)
		for i, p := range got {
			if i > 0 && p.At.Before(got[i-1].At) {
				t.Fatalf("%d: out of order at %d", n, i)
			}
			if i > 0 && math.IsNaN(p.V) && math.IsNaN(got[i-1].V) {
				t.Fatalf("%d: two holes in a row at %d", n, i)
			}
			if !math.IsNaN(p.V) {
				gl, gh = min(gl, p.V), max(gh, p.V)
			}
		}
		if n > 0 && (gl != lo || gh != hi) {
			t.Errorf("%d: %g to %g, want %g to %g", n, gl, gh, lo, hi)
		}
	}
}

// TestThinBreaks: a gap, a missing value and a value out of the span.
func TestThinBreaks(t *testing.T) {
	at := []time.Time{sec(-5), sec(0), sec(1), sec(2), sec(50), sec(51), sec(51), sec(99), sec(7)}
	v := []float64{9, 1, math.NaN(), math.Inf(1), 2, 3, 4, 5}
	var s []string
	for _, p := range Thin(at, v, t0, sec(60), 10*time.Second) {
		s = append(s, fmt.Sprintf("%g@%g", p.V, p.At.Sub(t0).Seconds()))
	}
	if got := strings.Join(s, " "); got != "1@0 NaN@1 2@50 3@51 4@51" {
		t.Errorf("got %s", got)
	}
}

func TestThinLongGap(t *testing.T) {
	var at []time.Time
	var v []float64
	for i := range 20000 {
		if i > 5000 && i < 9000 {
			continue
		}
		at, v = append(at, sec(float64(i))), append(v, float64(i%7))
	}
	holes := 0
	for _, p := range Thin(at, v, t0, sec(20000), 5*time.Second) {
		if math.IsNaN(p.V) {
			holes++
			if s := p.At.Sub(t0).Seconds(); s < 5000 || s > 9000 {
				t.Errorf("a hole at %g", s)
			}
		}
	}
	if holes != 1 {
		t.Errorf("%d holes, want 1", holes)
	}
}

func TestTimeTicks(t *testing.T) {
	paris := time.FixedZone("X", 5400)
	for _, c := range []struct {
		span time.Duration
		zone *time.Location
		want string
	}{
		{0, time.UTC, "03:00:00"},
		{40 * time.Second, time.UTC, "03:00:00 03:00:05 03:00:10 03:00:15 03:00:20 03:00:25 03:00:30 03:00:35 03:00:40"},
		{30 * time.Minute, time.UTC, "03:00 03:05 03:10 03:15 03:20 03:25 03:30"},
		{24 * time.Hour, paris, "06:00 09:00 12:00 15:00 18:00 21:00 00:00 03:00"},
		{14 * 24 * time.Hour, time.UTC, "11-21 11-23 11-25 11-27 11-29 12-01 12-03"},
	} {
		var got []string
		for _, k := range timeTicks(t0, t0.Add(c.span), 880, 8, c.zone) {
			got = append(got, k.label)
			if k.pos < 0 || k.pos > 880 {
				t.Errorf("%v: %s at %g", c.span, k.label, k.pos)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%v: %s, want %s", c.span, s, c.want)
		}
	}
}

// TestScale: ticks are round, lie within the plot, and values beyond it are held at the edge.
func TestScale(t *testing.T) {
	labels := func(s valueScale) string {
		var l []string
		for _, k := range s.ticks() {
			if k.pos < -0.01 || k.pos > s.height+0.01 {
				t.Errorf("tick %s at %g", k.label, k.pos)
			}
			l = append(l, k.label)
		}
		return strings.Join(l, " ")
	}
	g := func(v float64) string { return fmt.Sprintf("%g", v) }
	for _, c := range []struct {
		top, least float64
		log        bool
		unit       Unit
		want       string
	}{
		{10000, 1, false, Decimal, "0 5000 10000"}, {7, 1, false, Decimal, "0 5 10"}, {0, math.Inf(1), false, Decimal, "0 0.5 1"},
		{66000, 1, false, Binary, "0 51200"}, {655, 3, false, Time, "0 300 600"}, {2650, 34, true, Decimal, "10 100 1000 10000 0"},
		{math.Inf(1), 1, false, Decimal, ""},
	} {
		s := newValueScale(100, c.top, c.least, c.log, c.unit, g)
		if c.want == "" {
			if y := s.y(5); math.IsNaN(y) || y < 0 || y > 100 {
				t.Errorf("infinite top: %g", y)
			}
			continue
		}
		if got := labels(s); got != c.want {
			t.Errorf("%v: %s, want %s", c, got, c.want)
		}
		if s.y(max(1, c.top)*100) != 0 || s.y(-5) != 100 || s.y(0) != 100 {
			t.Errorf("%v: values leave the plot", c)
		}
	}
}

func TestPath(t *testing.T) {
	c := Chart{From: t0, To: sec(880)}
	s := newValueScale(100, 100, 1, false, Decimal, nil)
	s.hi = 100
	nan := math.NaN()
	for _, x := range []struct {
		step bool
		v    []float64 // one every 10 s
		want string
	}{
		{false, []float64{0, 50, 50, 50, 100}, "M0 100L10 50H30L40 0"},
		{true, []float64{0, 50, 50, 50, 100}, "M0 100H10V50H40V0"},
		{true, []float64{0, 0, 0}, "M0 100H20"},
		{false, []float64{nan, 50, nan, 50, 60}, "M10 50h0.1M30 50L40 40"},
		{false, []float64{50}, "M0 50h0.1"}, {false, nil, ""}, {true, []float64{nan}, ""},
		{true, []float64{50, 50, nan, 50}, "M0 50H10M30 50h0.1"},
	} {
		var ps []Point
		for i, v := range x.v {
			ps = append(ps, Point{sec(float64(i * 10)), v})
		}
		if got := c.path(ps, x.step, s); got != x.want {
			t.Errorf("%v step %v: %s, want %s", x.v, x.step, got, x.want)
		}
	}
}

// FuzzChart: any label and any value give one well-formed drawing, the same each time.
func FuzzChart(f *testing.F) {
	f.Add("plain", 1.0, 2.0, int64(60), true)
	f.Add(`"><script>`, math.Inf(1), math.NaN(), int64(0), false)
	f.Add("\x00\x1b\xff]]>", -1e300, 1e300, int64(-5), true)
	f.Fuzz(func(t *testing.T, label string, a, b float64, span int64, log bool) {
		at := []time.Time{t0, sec(1), sec(2), sec(3)}
		c := Chart{ID: "a", Title: label, Desc: label, From: t0, To: sec(float64(span % 1e9)), Log: log, LimitLabel: label,
			Format: func(float64) string { return label },
			Bands:  []Band{{sec(2), t0}}, Gaps: []Band{{t0, sec(1)}}, Marks: []Mark{{sec(1), 1, label}, {sec(1), 2, label}}}
		c.Series = []Series{{Points: Thin(at, []float64{a, b, a, b}, c.From, c.To, time.Second), Step: log}}
		c.Limit = []Point{{t0, b}}
		c.Series = append(c.Series, Series{Points: c.Series[0].Points, Area: true, Step: log, Color: int(span)})
		c.Ribbon = []Ribbon{{Lo: c.Limit, Hi: c.Series[0].Points}}
		heat := Heat{ID: label, Title: label, Desc: label, From: c.From, To: c.To, At: at, Gap: time.Duration(span), Marks: c.Marks,
			Rows: []HeatRow{{label, []float64{a, b, a, b}}, {label, nil}}}
		for _, doc := range []string{c.SVG(), heat.SVG(), Meter(a, label)} {
			d := xml.NewDecoder(strings.NewReader(doc))
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("%v in %s", err, doc)
				}
			}
			if strings.Contains(doc, "NaN") && !strings.Contains(label, "NaN") || strings.Contains(doc, "Inf") && !strings.Contains(label, "Inf") {
				t.Fatalf("a coordinate is no number: %s", doc)
			}
		}
		if a, b := c.SVG(), c.SVG(); a != b {
			t.Fatal("not the same bytes")
		}
	})
}

func Example() {
	at := []time.Time{t0, t0.Add(time.Minute), t0.Add(2 * time.Minute)}
	c := Chart{ID: "c", Title: "Connections", From: t0, To: at[2],
		Series: []Series{{Points: Thin(at, []float64{10, 20, 20}, t0, at[2], 0), Step: true}}}
	svg := c.SVG()
	fmt.Println(svg[strings.Index(svg, `d="M0`):strings.Index(svg, ` fill="none"`)])
	// Output: d="M0 77.8H440V15.6H880"
}

// TestMarks: every mark has its number, close ones one above the other.
func TestMarks(t *testing.T) {
	c := Chart{From: t0, To: sec(880)}
	for i, s := range []float64{-5, 10, 12, 14, 100, 101, 400, 880, 900} {
		c.Marks = append(c.Marks, Mark{At: sec(s), N: i + 1})
	}
	var got []string
	for _, p := range c.places() {
		got = append(got, fmt.Sprintf("%d@%s/%d", p.N, coord(p.x), p.lane))
	}
	if s := strings.Join(got, " "); s != "2@10/0 3@12/1 4@14/2 5@100/0 6@101/1 7@400/0 8@880/0" {
		t.Errorf("placed %s", s)
	}
	c.Few = true
	got = nil
	for _, p := range c.places() {
		if !p.joined {
			got = append(got, fmt.Sprintf("%d-%d", p.N, p.last))
		}
	}
	if s := strings.Join(got, " "); s != "2-4 5-6 7-7 8-8" || c.Top() != 8+laneH || !strings.Contains(c.SVG(), ">2–4</text>") {
		t.Errorf("joined %s below %d pixels", s, c.Top())
	}
	c.Few = false
	if n := strings.Count(c.SVG(), `class="mark"`); n != 7 || c.Top() != 8+3*laneH {
		t.Errorf("%d marks drawn below %d pixels", n, c.Top())
	}
}

// TestHeat: columns reach to the next one but over no gap, and shades are by the square root.
func TestHeat(t *testing.T) {
	for v, want := range map[float64]int{0: 0, -1: 0, math.NaN(): 0, 1: 1, 999: 6, 1000: 6, 1e9: 6, 30: 2, 300: 4} {
		if got := Shade(v, 1000); got != want {
			t.Errorf("shade of %g: %d, want %d", v, got, want)
		}
	}
	h := Heat{ID: "h", From: t0, To: sec(880), At: []time.Time{t0, sec(20), sec(40), sec(600), sec(620)}, Gap: 50 * time.Second,
		Rows: []HeatRow{{"old", []float64{0, 5, 5, 5, 0}}, {"new", []float64{9, 9, 9, 9, 9}}}}
	svg := h.SVG()
	for _, d := range []string{`d="M20 1H65V16H20ZM600 1H620V16H600Z"`, `d="M0 17H65V32H0ZM600 17H645V32H600Z"`} {
		if !strings.Contains(svg, d) {
			t.Errorf("no %s in %s", d, svg)
		}
	}
}

// TestArea: a stretch of an area is closed at zero, a hole ends it.
func TestArea(t *testing.T) {
	c := Chart{From: t0, To: sec(880)}
	s := newValueScale(100, 100, 1, false, Decimal, nil)
	s.hi = 100
	ps := []Point{{sec(0), 50}, {sec(10), 60}, {sec(20), math.NaN()}, {sec(30), 10}}
	if got := c.area(ps, true, s, 100); got != "M0 50H10V40V100H0ZM30 90h1V100H30Z" {
		t.Errorf("%s", got)
	}
	r := Ribbon{Lo: []Point{{sec(0), 10}, {sec(10), 20}}, Hi: []Point{{sec(0), 30}, {sec(10), 40}}}
	if got := c.ribbon(r, s); got != "M0 90L10 80L10 60L0 70Z" {
		t.Errorf("%s", got)
	}
}
