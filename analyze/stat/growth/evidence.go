package growth

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// leastVariance is the least variance of an innovation; the package comment says why.
const leastVariance = 1 / (2 * math.Pi)

// A whitening turns correlated noise into independent noise of equal variance. Without a
// walk, sample i becomes (v(i) − keep(i)·v(i−1))·scale(i); with one, it is what a Kalman
// filter of the two parts of the noise did not foresee, times scale(i).
type whitening struct {
	noise
	keep, scale   []float64
	gain, walkGot []float64 // the filter's gains; nil without a walk
	logDet        float64   // sum of log scale
	one           []float64 // the whitened constant, of length 1 as a vector
	oneNorm       float64   // its length before
	res           []float64 // whitened y without its part along one
	rss           float64   // its square
	base, shape   float64   // parts of the evidence that are the same for every curve
	buf           []float64 // scratch
}

// whitening prepares for one noise. The variance of the innovation over Δ steps is
// (1−φ^2Δ)/(1−φ²) times that over one; the first sample has the stationary one.
func (p *points) whitening(of noise) whitening {
	n, phi := len(p.x), of.phi
	w := whitening{noise: of, keep: make([]float64, n), scale: make([]float64, n)}
	if p.gap == nil {
		p.gap = make([]float64, n)
		for i := 1; i < n; i++ {
			p.gap[i] = (p.x[i] - p.x[i-1]) * p.perPoint()
		}
	}
	logPhi := math.Log(phi)
	w.scale[0] = math.Sqrt(1 - phi*phi)
	for i := 1; i < n; i++ {
		if p.gap[i] == p.gap[i-1] {
			w.keep[i], w.scale[i] = w.keep[i-1], w.scale[i-1]
			continue
		}
		w.keep[i] = math.Exp(p.gap[i] * logPhi) // φ^Δ, 0 with φ = 0
		w.scale[i] = math.Sqrt((1 - phi*phi) / (1 - w.keep[i]*w.keep[i]))
	}
	if of.walk != 0 {
		w.filter(of, p.gap)
	}
	w.finish(p)
	return w
}

// finish works out what depends on the counts.
func (w *whitening) finish(p *points) {
	w.logDet = logProduct(w.scale)
	n := len(p.x)
	w.one = w.apply(p.constant(), nil)
	w.oneNorm = math.Sqrt(dot(w.one, w.one))
	for i := range w.one {
		w.one[i] /= w.oneNorm
	}
	w.res = w.apply(p.y, nil)
	project(w.res, w.one)
	w.rss = dot(w.res, w.res)
	w.shape = float64(n-1) / 2
	w.base = w.logDet - math.Log(w.oneNorm) - math.Log(max(p.top, 1)) - w.shape*math.Log(2*math.Pi) + lgamma(w.shape)
}

// restarted gives w for noise that begins anew at the cuts: what a tooth holds more or less
// than the next went with it.
func (w *whitening) restarted(p *points, cuts []int) *whitening {
	r := whitening{noise: w.noise, keep: slices.Clone(w.keep), scale: slices.Clone(w.scale)}
	for _, i := range cuts {
		r.keep[i], r.scale[i] = 0, 1
	}
	r.finish(p)
	return &r
}

// filter works out the gains of the Kalman filter whose state is the autoregression a and the
// walk r: variances va, vr and covariance c before each sample.
func (w *whitening) filter(of noise, gap []float64) {
	n := len(gap)
	w.gain, w.walkGot = make([]float64, n), make([]float64, n)
	va, vr, c := 1/(1-of.phi*of.phi), 0.0, 0.0
	for i := range n {
		if i > 0 {
			k := w.keep[i]
			va = k*k*va + (1-k*k)/(1-of.phi*of.phi)
			vr, c = vr+of.walk*gap[i], k*c
		}
		s := va + vr + 2*c
		w.gain[i], w.walkGot[i], w.scale[i] = (va+c)/s, (vr+c)/s, 1/math.Sqrt(s)
		va, vr, c = va-w.gain[i]*(va+c), vr-w.walkGot[i]*(vr+c), c-w.gain[i]*(vr+c)
	}
}

func (w *whitening) apply(v, into []float64) []float64 {
	if cap(into) < len(v) {
		into = make([]float64, len(v))
	}
	into = into[:len(v)]
	if w.gain != nil {
		a, r := 0.0, 0.0
		for i, x := range v {
			a *= w.keep[i]
			e := x - a - r
			a, r = a+w.gain[i]*e, r+w.walkGot[i]*e
			into[i] = e * w.scale[i]
		}
		return into
	}
	into[0] = v[0] * w.scale[0]
	for i := 1; i < len(v); i++ {
		into[i] = (v[i] - w.keep[i]*v[i-1]) * w.scale[i]
	}
	return into
}

// perPoint is by how much a step is stretched so that φ is from point to point, also where
// samples have been thinned out.
func (p *points) perPoint() float64 { return float64(len(p.x)-1) / max(p.span(), 1) }

// against holds a column against the counts.
func (w *whitening) against(col []float64) product {
	w.buf = w.apply(col, w.buf)
	var bb, b1, by float64
	for i, v := range w.buf {
		bb += v * v
		b1 += v * w.one[i]
		by += v * w.res[i]
	}
	return beside(bb, b1, by)
}

// logEvidence gives the log of the probability of the series when k columns beside the
// constant leave the sum of squares rss: the integral over the variance (∝ 1/σ² from
// leastVariance up), the constant (even over 0 to the largest count) and the columns
// (Zellner's g-prior with g = n, the information of one sample: Kass and Wasserman 1995
// show that its evidence is BIC's; the closed form is that of Liang et al. 2008).
func (w *whitening) logEvidence(p *points, k int, rss float64) float64 {
	n := float64(len(p.x))
	shrunk := (w.rss + n*rss) / (n + 1)
	return w.base - float64(k)/2*math.Log(n+1) + logVariance(w.shape, shrunk/2)
}

// logVariance gives log ∫ v^(−a−1)·exp(−b/v) dv over v > leastVariance, less log Γ(a).
func logVariance(a, b float64) float64 {
	x := b / leastVariance
	if x > a+1+8*math.Sqrt(a) { // the whole integral, to 1e-6 and better
		return -a * math.Log(b)
	}
	if x > a+1 {
		return -a*math.Log(b) + math.Log(mathext.GammaIncReg(a, x))
	}
	// The series of the lower incomplete gamma function (DLMF 8.11.4), in logs: its value is
	// far too small for a float where b is near 0.
	sum, term := 1.0, 1.0
	for k := 1.0; k < 1000 && term > 1e-12*sum; k++ {
		term *= x / (a + k)
		sum += term
	}
	return -a*math.Log(leastVariance) - x - math.Log(a) + math.Log(sum) - lgamma(a)
}

// logProduct gives the log of a product, of eight factors at a time: a log takes longer than
// all else there is to do for a sample.
func logProduct(v []float64) (sum float64) {
	for part := range slices.Chunk(v, 8) {
		product := 1.0
		for _, x := range part {
			product *= x
		}
		sum += math.Log(product)
	}
	return sum
}

func lgamma(x float64) float64 { v, _ := math.Lgamma(x); return v }

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// project takes from v its part along q, which has length 1.
func project(v, q []float64) {
	c := dot(v, q)
	for i := range v {
		v[i] -= c * q[i]
	}
}

// sumLogs adds up numbers given by their logs.
type sumLogs struct{ top, sum float64 }

func newSumLogs() sumLogs { return sumLogs{top: math.Inf(-1)} }

func (s *sumLogs) add(x float64) {
	switch {
	case math.IsInf(x, -1) || math.IsNaN(x):
	case x > s.top:
		s.sum = s.sum*math.Exp(s.top-x) + 1
		s.top = x
	default:
		s.sum += math.Exp(x - s.top)
	}
}

func (s *sumLogs) log() float64 { return s.top + math.Log(s.sum) }
