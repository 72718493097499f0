package terminal

import (
	"math"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// A spark draws series as rows of block characters over one time axis.
type spark struct {
	from, to time.Time
	cells    int
	ascii    bool
}

var (
	blocks      = []rune("▁▂▃▄▅▆▇█")
	blocksASCII = []rune(":-~=+*%#")
)

// row draws a series. top is the value of a full block. Zero is a dot, a cell with no
// value a space, and a peak is never averaged away: a cell shows its largest value. A
// step series holds its value into cells with no sample of their own, up to hold.
func (s spark) row(sig *finding.Signal, top float64, log bool, hold time.Duration) string {
	ts, vs := words.Points(sig)
	cell := make([]float64, s.cells)
	for i := range cell {
		cell[i] = math.NaN()
	}
	for i, t := range ts {
		a := s.cellOf(t)
		if a < 0 || !units.Finite(vs[i]) {
			continue
		}
		b := a
		if i+1 < len(ts) && ts[i+1].Sub(t) <= hold {
			b = max(a, s.cellOf(ts[i+1])-1)
		}
		for ; a <= b; a++ {
			if !(cell[a] >= vs[i]) {
				cell[a] = vs[i]
			}
		}
	}
	var b strings.Builder
	for _, v := range cell {
		b.WriteRune(s.block(v, top, log))
	}
	return b.String()
}

func (s spark) cellOf(t time.Time) int {
	span := s.to.Sub(s.from)
	if s.cells == 0 || t.Before(s.from) || t.After(s.to) {
		return -1
	}
	if span <= 0 {
		return 0
	}
	return min(s.cells-1, int(float64(t.Sub(s.from))/float64(span)*float64(s.cells)))
}

func (s spark) block(v, top float64, log bool) rune {
	levels, zero := blocks, '·'
	if s.ascii {
		levels, zero = blocksASCII, '.'
	}
	switch {
	case math.IsNaN(v):
		return ' '
	case v <= 0:
		return zero
	case !(top > 0):
		return levels[0]
	}
	f := v / top
	if log {
		f = math.Log1p(v) / math.Log1p(top)
	}
	return levels[min(len(levels)-1, max(0, int(math.Ceil(f*float64(len(levels))))-1))]
}

// axis writes the times under the rows, each starting at its own cell.
func (s spark) axis(loc *time.Location) string {
	span := s.to.Sub(s.from)
	if span <= 0 || s.cells < 12 {
		return ""
	}
	step, layout := time.Minute, "15:04"
	want := span * 14 / time.Duration(s.cells) // a label about every 14 cells
	for _, d := range [...]time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400, 43200, 129600, 525600} {
		if step = d * time.Minute; step >= want {
			break
		}
	}
	switch {
	case want <= 30*time.Second:
		layout = "15:04:05"
		for _, d := range [...]time.Duration{1, 2, 5, 10, 15, 30} {
			if step = d * time.Second; step >= want {
				break
			}
		}
	case step >= 24*time.Hour:
		layout = "01-02"
	case span > 24*time.Hour:
		layout = "02T15h"
	}
	line := []byte(strings.Repeat(" ", s.cells))
	end := -1
	_, off := s.from.In(loc).Zone()
	t := s.from.Add(time.Duration(off) * time.Second).Truncate(step).Add(-time.Duration(off) * time.Second)
	for n := 0; !t.After(s.to) && n < 500; t, n = t.Add(step), n+1 {
		label := t.In(loc).Format(layout)
		c := s.cellOf(t)
		if c < 0 || c <= end || c+len(label) > s.cells {
			continue
		}
		copy(line[c:], label)
		end = c + len(label)
	}
	return strings.TrimRight(string(line), " ")
}
