package growth

import "math"

// levels fits one level to each stretch between jumps. Under a first-order autoregression the
// normal equations of neighbouring levels are tridiagonal, with entries that are differences of
// running sums: a fit of m levels takes m steps, whatever their length, and what one more jump
// would gain is known for each place from one elimination from the left and one from the right.
type levels struct {
	w        *whitening
	sq, prod []float64 // running sums of c² and c·res, where c = (1−keep)·scale is a whitened level
	left     []float64 // what scan gave
}

func (w *whitening) levels() levels {
	n := len(w.keep)
	l := levels{w, make([]float64, n), make([]float64, n), make([]float64, n)}
	var sq, prod float64
	for i, keep := range w.keep {
		c := (1 - keep) * w.scale[i]
		sq, prod = sq+c*c, prod+c*w.res[i]
		l.sq[i], l.prod[i] = sq, prod
	}
	return l
}

// pivot is a row of the normal equations: its diagonal and its right side.
type pivot struct{ d, r float64 }

func (v pivot) gain() float64 { return v.r * v.r / v.d }

// less is v after its neighbour o, to which it is tied by link, has been eliminated.
func (v pivot) less(o pivot, link float64) pivot {
	f := link / o.d
	return pivot{v.d - f*link, v.r - f*o.r}
}

// row is the equation of a level from point a until before b.
func (l *levels) row(a, b int) pivot {
	w := l.w
	v := pivot{w.scale[a]*w.scale[a] + l.sq[b-1] - l.sq[a], w.scale[a]*w.res[a] + l.prod[b-1] - l.prod[a]}
	if b < len(w.keep) {
		c := w.keep[b] * w.scale[b]
		v.d, v.r = v.d+c*c, v.r-c*w.res[b]
	}
	return v
}

// link ties the levels before and after a jump at i.
func (l *levels) link(i int) float64 { return -l.w.keep[i] * l.w.scale[i] * l.w.scale[i] }

// bounds gives where the stretches begin, and the end.
func (l *levels) bounds(at []int) []int {
	return append(append([]int{0}, at...), len(l.w.keep))
}

// fit gives the levels between jumps at points at, in rising order and without the constant
// that was taken off, and the sum of squares they leave.
func (l *levels) fit(at []int) (level []float64, rss float64) {
	b := l.bounds(at)
	rows := make([]pivot, len(b)-1)
	rss = l.w.rss
	for k := range rows {
		rows[k] = l.row(b[k], b[k+1])
		if k > 0 {
			rows[k] = rows[k].less(rows[k-1], l.link(b[k]))
		}
		rss -= rows[k].gain()
	}
	level = make([]float64, len(rows))
	for k := len(rows) - 1; k >= 0; k-- {
		r := rows[k].r
		if k+1 < len(rows) {
			r -= l.link(b[k+1]) * level[k+1]
		}
		level[k] = r / rows[k].d
	}
	return level, max(rss, 0)
}

// scan gives, for each place of one more jump beside those at points at, the sum of squares
// that is left; a place within two points of a jump or of an end is none. The next scan overwrites it.
func (l *levels) scan(at []int) []float64 {
	b := l.bounds(at)
	m := len(b) - 1
	right := make([]pivot, m) // of each stretch, all to the right of it eliminated
	after := make([]float64, m+1)
	for k := m - 1; k >= 0; k-- {
		right[k] = l.row(b[k], b[k+1])
		if k+1 < m {
			right[k] = right[k].less(right[k+1], l.link(b[k+1]))
		}
		after[k] = after[k+1] + right[k].gain()
	}
	out := l.left
	for i := range out {
		out[i] = math.Inf(1)
	}
	var before pivot // the stretch to the left, all to the left of it eliminated
	gained := 0.0
	for k := range m {
		for i := b[k] + 2; i <= b[k+1]-2; i++ {
			one, two := l.row(b[k], i), l.row(i, b[k+1])
			if k > 0 {
				one = one.less(before, l.link(b[k]))
			}
			if k+1 < m {
				two = two.less(right[k+1], l.link(b[k+1]))
			}
			two = two.less(one, l.link(i))
			out[i] = max(l.w.rss-gained-after[k+1]-one.gain()-two.gain(), 0)
		}
		row := l.row(b[k], b[k+1])
		if k > 0 {
			row = row.less(before, l.link(b[k]))
		}
		before, gained = row, gained+row.gain()
	}
	return out
}
