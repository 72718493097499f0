package report

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestUnits(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(1000), "1 000"}, {count(-612430), "-612 430"}, {count(math.MinInt64), "-9 223 372 036 854 775 808"},
		{number(0), "0"}, {number(10.94), "10.9"}, {number(1.5), "1.5"}, {number(0.0123), "0.0123"}, {number(655), "655"}, {number(99.96), "100"},
		{number(nan), "n/a"}, {number(1e300), "1.00e+300"}, {number(-2650.4), "-2 650"}, {number(0.00001), "1e-05"},
		{bytesOf(0), "0 B"}, {bytesOf(1536), "1.5 KiB"}, {bytesOf(64 << 20), "64 MiB"}, {bytesOf(nan), "n/a"},
		{percent(0), "0%"}, {percent(0.004), "<1%"}, {percent(0.81), "81%"}, {percent(0.999), ">99%"}, {percent(1), "100%"},
		{seconds(0.35), "0.35 s"}, {seconds(90), "90 s"}, {seconds(690), "11 min 30 s"}, {seconds(600), "10 min"}, {seconds(7500), "2 h 05 min"}, {seconds(273600), "3 d 4 h"}, {seconds(-690), "-11 min 30 s"}, {seconds(nan), "n/a"},
		{duration(-time.Second), "-1 s"},
		{confidence(0.94), "0.94"}, {confidence(0.999), ">0.99"}, {confidence(1), "1.00"}, {confidence(0.001), "<0.01"}, {confidence(nan), "n/a"},
		{measure(11, "connections/s"), "11 connections/s"}, {measure(2650, "per second"), "2 650/s"}, {measure(0.5, "share"), "50%"}, {measure(3, ""), "3"},
		{measure(1, "hosts"), "1 host"}, {measure(1, "processes"), "1 process"}, {measure(2, "hosts"), "2 hosts"}, {measure(1, "times"), "1 times"}, {measure(0, "connections"), "0 connections"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 宽": "plain é 宽", "a\x1b[1m": `a\x1b[1m`, "\x00\x7f": `\x00\x7f`, "\u009b": `\u009b`, "\u202e": `\u202e`,
		"\xff": `\xff`, "a\nb\tc": "a b c", "\U000e0041": `\U000e0041`, "\ufffd": `\ufffd`, "\u00a0": `\u00a0`,
	} {
		if got := printable(in, 100); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := printable("abcdef", 3); got != "abc…" {
		t.Errorf("got %q", got)
	}
}

// TestPrintableTwice: what is printable stays as it is, however often it is cleaned.
func TestPrintableTwice(t *testing.T) {
	for _, n := range nasty {
		if a := printable(n, 1<<20); printable(a, 1<<20) != a {
			t.Errorf("%q changes again", a)
		}
	}
}

func TestWrapCommand(t *testing.T) {
	in := `redis-cli -h some.host CLIENT KILL TYPE normal USER 'a b  c' "d \" e" MAXAGE 3600 ID 99`
	lines, whole := wrapCommand(in, 40, false)
	if !whole || len(lines) < 3 {
		t.Fatalf("%v %q", whole, lines)
	}
	for i, l := range lines {
		if cellWidth(l) > 40 || (i < len(lines)-1) != strings.HasSuffix(l, ` \`) {
			t.Errorf("line %d: %q", i, l)
		}
	}
	if got := strings.ReplaceAll(strings.Join(lines, "\n"), " \\\n", " "); got != in {
		t.Errorf("a shell would read %q", got)
	}
	if _, whole := wrapCommand("x "+strings.Repeat("y", 99), 40, false); whole {
		t.Error("a cut command must be told")
	}
}

func TestSparkline(t *testing.T) {
	sig := series("x", "", "", 11, time.Minute, func(m float64) float64 {
		switch m {
		case 3, 4, 5:
			return math.NaN()
		}
		return m
	})
	s := spark{from: sampleStart, to: at(10, 0), cells: 11}
	if got := s.row(&sig, 10, false, 0); got != "·▁▂   ▅▆▇██" {
		t.Errorf("got %q", got)
	}
	s.ascii = true
	if got := s.row(&sig, 10, false, 0); got != ".:-   +*%##" {
		t.Errorf("got %q", got)
	}
	s = spark{from: sampleStart, to: at(30, 0), cells: 48}
	if got := s.axis(time.UTC); got != "03:00           03:10           03:20" {
		t.Errorf("got %q", got)
	}
	india := time.FixedZone("IST", 5*3600+1800)
	if got := s.axis(india); got != "08:30           08:40           08:50" {
		t.Errorf("got %q", got)
	}
}
