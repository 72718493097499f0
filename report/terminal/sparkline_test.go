package terminal

import (
	"math"
	"testing"
	"time"

	"github.com/connbox/connbox/report/reporttest"
)

func TestSparkline(t *testing.T) {
	sig := reporttest.Series("x", "", "", 11, time.Minute, func(m float64) float64 {
		switch m {
		case 3, 4, 5:
			return math.NaN()
		}
		return m
	})
	s := spark{from: reporttest.Start, to: reporttest.At(10, 0), cells: 11}
	if got := s.row(&sig, 10, false, 0); got != "·▁▂   ▅▆▇██" {
		t.Errorf("got %q", got)
	}
	s.ascii = true
	if got := s.row(&sig, 10, false, 0); got != ".:-   +*%##" {
		t.Errorf("got %q", got)
	}
	s = spark{from: reporttest.Start, to: reporttest.At(30, 0), cells: 48}
	if got := s.axis(time.UTC); got != "03:00           03:10           03:20" {
		t.Errorf("got %q", got)
	}
	india := time.FixedZone("IST", 5*3600+1800)
	if got := s.axis(india); got != "08:30           08:40           08:50" {
		t.Errorf("got %q", got)
	}
}
