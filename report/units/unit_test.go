package units

import (
	"math"
	"testing"
	"time"
)

func TestUnits(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct{ got, want string }{
		{Count(0), "0"}, {Count(999), "999"}, {Count(1000), "1 000"}, {Count(-612430), "-612 430"}, {Count(math.MinInt64), "-9 223 372 036 854 775 808"},
		{Number(0), "0"}, {Number(10.94), "10.9"}, {Number(1.5), "1.5"}, {Number(0.0123), "0.0123"}, {Number(655), "655"}, {Number(99.96), "100"},
		{Number(nan), "n/a"}, {Number(1e300), "1.00e+300"}, {Number(-2650.4), "-2 650"}, {Number(0.00001), "1e-05"},
		{BytesOf(0), "0 B"}, {BytesOf(1536), "1.5 KiB"}, {BytesOf(64 << 20), "64 MiB"}, {BytesOf(nan), "n/a"},
		{Percent(0), "0 %"}, {Percent(0.004), "<1 %"}, {Percent(0.81), "81 %"}, {Percent(0.999), ">99 %"}, {Percent(1), "100 %"},
		{Seconds(0.35), "0.35 s"}, {Seconds(90), "90 s"}, {Seconds(690), "11 min 30 s"}, {Seconds(600), "10 min"}, {Seconds(7500), "2 h 05 min"}, {Seconds(273600), "3 d 4 h"}, {Seconds(-690), "-11 min 30 s"}, {Seconds(nan), "n/a"},
		{Duration(-time.Second), "-1 s"},
		{Confidence(0.94), "0.94"}, {Confidence(0.999), ">0.99"}, {Confidence(1), "1.00"}, {Confidence(0.001), "<0.01"}, {Confidence(nan), "n/a"},
		{Measure(11, "connections/s"), "11 connections/s"}, {Measure(2650, "per second"), "2 650/s"}, {Measure(0.5, "share"), "50 %"}, {Measure(3, ""), "3"},
		{Measure(1, "hosts"), "1 host"}, {Measure(1, "processes"), "1 process"}, {Measure(2, "hosts"), "2 hosts"}, {Measure(1, "times"), "1 times"}, {Measure(0, "connections"), "0 connections"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
