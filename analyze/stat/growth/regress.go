package growth

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat/distuv"
)

// A regression is a curve fitted by generalized least squares: the constant first, then the
// columns.
type regression struct {
	coef []float64
	cov  *mat.SymDense // of the coefficients
	q    float64       // half a 90 % interval in standard errors, by the effective number of samples
	rss  float64
}

// regress fits the constant and cols to p with one noise; ok is false where they are as good as
// dependent.
func (p *points) regress(w *whitening, cols [][]float64) (r regression, ok bool) {
	k := len(cols) + 1
	n := len(p.x)
	x := make([][]float64, k)
	x[0] = make([]float64, n)
	for i := range n {
		x[0][i] = w.one[i] * w.oneNorm
	}
	for c, col := range cols {
		x[c+1] = w.apply(col, nil)
	}
	y := w.apply(p.y, nil)
	gram, right := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			gram.SetSym(a, b, dot(x[a], x[b]))
		}
		right.SetVec(a, dot(x[a], y))
	}
	var chol mat.Cholesky
	if !chol.Factorize(gram) || chol.Cond() > 1e12 {
		return r, false
	}
	var beta mat.VecDense
	r.cov = mat.NewSymDense(k, nil)
	if chol.SolveVecTo(&beta, right) != nil || chol.InverseTo(r.cov) != nil {
		return r, false
	}
	for c := range k {
		r.coef = append(r.coef, beta.AtVec(c))
	}
	for i := range n {
		d := y[i]
		for c := range k {
			d -= r.coef[c] * x[c][i]
		}
		r.rss += d * d
	}
	variance := max(r.rss/float64(max(n-k, 1)), leastVariance)
	r.cov.ScaleSym(variance, r.cov)
	r.q = distuv.StudentsT{Sigma: 1, Nu: max(float64(n)*(1-w.phi)/(1+w.phi)-float64(k), 3)}.Quantile(0.95)
	return r, true
}

// interval gives coefficient c with its interval, times scale. The first is a count, and no
// less than 0.
func (r *regression) interval(name, unit string, c int, scale float64) Param {
	half := r.q * math.Sqrt(r.cov.At(c, c))
	p := Param{name, unit, r.coef[c] * scale, (r.coef[c] - half) * scale, (r.coef[c] + half) * scale}
	if c == 0 {
		p.Value, p.Lo, p.Hi = max(p.Value, 0), max(p.Lo, 0), max(p.Hi, 0)
	}
	return p
}

// mixed gives coefficient k of the best fit with the interval that allows for all grid
// points: where the onset is uncertain, so is the rate after it.
func (r *regression) mixed(name, unit string, k int, c candidate, scale float64) Param {
	mean, dev := c.slope.moments()
	at := r.coef[k]
	return Param{name, unit, at * scale, min(mean-1.7*dev, at) * scale, max(mean+1.7*dev, at) * scale}
}

// counted widens the interval of a rate at which events came over so many steps to that of
// their count, whose variance is at least their number.
func (q Param) counted(steps, scale float64) Param {
	half := 1.7 * math.Sqrt(max(q.Value/scale, 0)/max(steps, 1)) * scale
	q.Lo, q.Hi = min(q.Lo, q.Value-half), max(q.Hi, q.Value+half)
	return q
}

// refined improves theta of a curve of one column by Nelder-Mead on the sum of squares, within
// [lo, hi].
func (p *points) refined(c candidate) []float64 {
	if len(c.theta) == 0 {
		return c.theta
	}
	size := make([]float64, len(c.theta))
	for d := range size {
		size[d] = max(c.hi[d]-c.lo[d], 1e-3)
	}
	at := func(u []float64) []float64 {
		theta := make([]float64, len(u))
		for d := range u {
			theta[d] = min(max(c.theta[d]+u[d]*size[d], c.lo[d]), c.hi[d])
		}
		return theta
	}
	loss := func(u []float64) float64 {
		on := c.white.against(c.cols(p, p.at, at(u))[0])
		if on.square == 0 {
			return math.MaxFloat64
		}
		return c.white.rss - on.with*on.with/on.square
	}
	start := make([]float64, len(c.theta))
	res, err := optimize.Minimize(optimize.Problem{Func: loss}, start,
		&optimize.Settings{FuncEvaluations: 60}, &optimize.NelderMead{SimplexSize: 0.2})
	if err != nil || res == nil || !(res.F < loss(start)) {
		return c.theta
	}
	return at(res.X)
}

// drawn fits the curve of c and writes it, its interval and its noise into f. The curve is
// never below 0.
func drawn(full, p *points, c candidate, f *Fitted) (r regression, ok bool) {
	r, ok = p.regress(c.white, c.cols(p, p.at, c.theta))
	if !ok {
		f.Weight, f.Reason = 0, "its parameters cannot be told apart"
		return r, false
	}
	at := make([]int, len(full.t))
	for i := range at {
		at[i] = i
	}
	cols := c.cols(full, at, c.theta)
	k := len(r.coef)
	row := make([]float64, k)
	for i := range at {
		row[0] = 1
		for d, col := range cols {
			row[d+1] = col[i]
		}
		y, v := 0.0, 0.0
		for a := range k {
			y += row[a] * r.coef[a]
			for b := range k {
				v += row[a] * row[b] * r.cov.At(a, b)
			}
		}
		half := r.q * math.Sqrt(max(v, 0))
		f.Curve = append(f.Curve, max(y, 0))
		f.Lo, f.Hi = append(f.Lo, max(y-half, 0)), append(f.Hi, max(y+half, 0))
	}
	return r, true
}
