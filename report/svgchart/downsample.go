package svgchart

import (
	"math"
	"time"
)

// Columns is the number of time columns a long series is thinned to. Each keeps its least
// and its largest value, so no peak is lost; a series drawn has at most 2*Columns points,
// and one missing value for each column that lost its data.
const Columns = 400

// A Point is one value of a series; a NaN marks missing data, where a line breaks.
type Point struct {
	At time.Time
	V  float64
}

// Thin reduces a series to what the chart can show between from and to: all points when
// there are at most 2*Columns, else the least and the largest of each column in the order
// they came. Values that are not finite become NaN, and only one of a run is kept. A
// distance of more than gap between two values gets a NaN in between (gap <= 0: never).
// At and v need not have the same length; the shorter counts.
func Thin(at []time.Time, v []float64, from, to time.Time, gap time.Duration) []Point {
	return ThinTo(Columns, at, v, from, to, gap)
}

// ThinTo is Thin with another number of columns, for a drawing that may be looked at closer.
func ThinTo(columns int, at []time.Time, v []float64, from, to time.Time, gap time.Duration) []Point {
	all := marked(at, v, from, to, gap)
	span := to.Sub(from)
	if len(all) <= 2*columns || span <= 0 {
		return all[:min(len(all), 2*columns)]
	}
	out := make([]Point, 0, 2*columns)
	column := func(p Point) int {
		return min(columns-1, int(float64(p.At.Sub(from))/float64(span)*float64(columns)))
	}
	for i := 0; i < len(all); {
		c, lo, hi, hole := column(all[i]), -1, -1, -1
		for ; i < len(all) && column(all[i]) == c; i++ {
			switch {
			case math.IsNaN(all[i].V):
				hole = i
			case lo < 0:
				lo, hi = i, i
			case all[i].V < all[lo].V:
				lo = i
			case all[i].V > all[hi].V:
				hi = i
			}
		}
		out = appendColumn(out, all, lo, hi, hole)
	}
	return out
}

// appendColumn adds a column's least and largest value by time; its hole only where it is
// at the column's end or nothing else is there, for a line to break.
func appendColumn(out, all []Point, lo, hi, hole int) []Point {
	if lo >= 0 {
		a, b := min(lo, hi), max(lo, hi)
		out = append(out, all[a])
		if b != a {
			out = append(out, all[b])
		}
		if hole < b {
			return out
		}
	}
	if hole >= 0 && len(out) > 0 && !math.IsNaN(out[len(out)-1].V) {
		out = append(out, all[hole])
	}
	return out
}

// marked gives the points within from..to with missing values and gaps as single NaNs.
func marked(at []time.Time, v []float64, from, to time.Time, gap time.Duration) []Point {
	n := min(len(at), len(v))
	out := make([]Point, 0, n)
	missing := func(t time.Time) {
		if len(out) > 0 && !math.IsNaN(out[len(out)-1].V) {
			out = append(out, Point{t, math.NaN()})
		}
	}
	var last time.Time
	for i := range n {
		if at[i].Before(from) || at[i].After(to) || !last.IsZero() && at[i].Before(last) {
			continue
		}
		if gap > 0 && !last.IsZero() && at[i].Sub(last) > gap {
			missing(last.Add(gap / 2))
		}
		if math.IsNaN(v[i]) || math.IsInf(v[i], 0) {
			missing(at[i])
			continue
		}
		out = append(out, Point{at[i], v[i]})
		last = at[i]
	}
	return out
}
