package growth

import (
	"math"
	"slices"
)

// leastPoints is the fewest samples that are fitted. With fewer, an autocorrelation of 0.9
// lets any shape pass for any other.
const leastPoints = 12

// maxPoints bounds the work: the evidence is summed over about 2,000 grid points, each of
// which costs a few operations a sample.
const maxPoints = 400

// A Series is what is known of one subject. Slices but T and N may be nil; a NaN is a missing
// value. Fit does not change or keep it.
type Series struct {
	T      []float64 // time of each sample, seconds, rising
	N      []float64 // connections
	Births []float64 // connections opened since the sample before
	Demand []float64 // what may drive the connections, such as commands a second
	Limit  float64   // the most connections there may be; 0: not known
}

func usable(v float64) bool { return v >= 0 && v <= 1e12 } // not NaN, and no overflow when squared

// phis is the grid of autocorrelations from one sample to the next. It is densest near 1,
// where counts sampled each minute are.
var phis = [...]float64{0, 0.3, 0.5, 0.7, 0.8, 0.88, 0.94, 0.97, 0.985, 0.995}

// A noise is a kind of noise: a first-order autoregression, and beside it what a count of
// events that do not end adds, a random walk whose variance in a step is walk times that of
// the innovation.
type noise struct{ phi, walk float64 }

// noises are those of phis, and then those with a walk, which only shapes that count events
// may have: a level that walks away is not constant.
var noises = func() (out []noise) {
	for _, phi := range phis {
		out = append(out, noise{phi, 0})
	}
	for _, phi := range [...]float64{0, 0.6, 0.88} {
		for _, walk := range [...]float64{0.03, 0.15, 0.8} {
			out = append(out, noise{phi, walk})
		}
	}
	return out
}()

// points are the samples that a fit looks at. Times are in steps, whose median is 1.
type points struct {
	t      []float64 // time of every sample of the series, in steps from the first
	demand []float64 // at every sample, the holes filled by the value before; nil where not given
	births []float64
	limit  float64
	step   float64 // seconds

	at   []int // which samples have a count
	x, y []float64
	top  float64 // largest y

	spread float64 // largest less smallest y

	gap, ones []float64   // from each point to the next, and 1 at each; made when first asked for
	white     []whitening // one for each of noises
	rises     [][]product // of each of noises, those of the curves of leaks and then of saturation
	leaks     grid
	decays    grid
}

func newPoints(s Series) *points {
	p := &points{limit: s.Limit}
	n := min(len(s.T), len(s.N))
	first := math.NaN()
	for i := range n {
		late := len(p.at) == 0 || s.T[i] > s.T[p.at[len(p.at)-1]]
		if !usable(s.N[i]) || math.IsNaN(s.T[i]) || math.IsInf(s.T[i], 0) || !late {
			continue
		}
		if len(p.at) == 0 {
			first = s.T[i]
		}
		p.at = append(p.at, i)
	}
	if len(p.at) < leastPoints {
		return p
	}
	gaps := make([]float64, 0, len(p.at))
	for k := 1; k < len(p.at); k++ {
		gaps = append(gaps, s.T[p.at[k]]-s.T[p.at[k-1]])
	}
	slices.Sort(gaps)
	p.step = gaps[len(gaps)/2]
	p.t = make([]float64, n)
	last := 0.0
	for i := range n {
		if x := (s.T[i] - first) / p.step; x >= last && x <= (s.T[p.at[len(p.at)-1]]-first)/p.step {
			last = x
		}
		p.t[i] = last // a time that cannot be is that of the sample before
	}
	p.demand, p.births = filled(s.Demand, n), s.Births
	p.take(p.at, s.N)
	return p
}

func (p *points) take(at []int, n []float64) {
	p.x, p.y = nil, nil
	for _, i := range at {
		p.x, p.y = append(p.x, p.t[i]), append(p.y, n[i])
		p.top = max(p.top, n[i])
	}
}

// filled gives v with its holes filled by the last value known, scaled to 1 at its largest;
// nil where v tells too little: too few values, or no change.
func filled(v []float64, n int) []float64 {
	if len(v) < n || n == 0 {
		return nil
	}
	out, last, known := make([]float64, n), math.NaN(), 0
	lo, hi := math.Inf(1), 0.0
	for i := range n {
		if usable(v[i]) {
			last, lo, hi, known = v[i], min(lo, v[i]), max(hi, v[i]), known+1
		}
		out[i] = last
	}
	if known < leastPoints || !(hi > lo*1.02) {
		return nil
	}
	for i := n - 1; i >= 0; i-- {
		if math.IsNaN(out[i]) {
			out[i] = out[i+1] // only before the first
		}
	}
	return out
}

// thinned gives at most maxPoints of p, evenly chosen.
func (p *points) thinned() *points {
	q := *p
	n := len(p.at)
	if n <= maxPoints {
		return &q
	}
	q.at, q.x, q.y = nil, nil, nil
	every := float64(n-1) / (maxPoints - 1)
	for k := range maxPoints {
		i := int(math.Round(float64(k) * every))
		q.at, q.x, q.y = append(q.at, p.at[i]), append(q.x, p.x[i]), append(q.y, p.y[i])
	}
	return &q
}

// constant gives 1 at each point.
func (p *points) constant() []float64 {
	if p.ones == nil {
		p.ones = slices.Repeat([]float64{1}, len(p.x))
	}
	return p.ones
}

func (p *points) span() float64 { return p.x[len(p.x)-1] - p.x[0] }

func (p *points) prepare() {
	p.spread = spread(p.y)
	for _, of := range noises {
		p.white = append(p.white, p.whitening(of))
	}
	p.holdRises()
}

// holdRises holds the curves that begin at an onset against the counts, those of leaks and of
// saturation in one pass for each noise.
func (p *points) holdRises() {
	since, families := p.hinges(), p.saturations()
	b, n := newBench(p.constant(), append([]family{since}, families...)), len(p.leaks.theta)
	for j := range noises {
		got := make([]product, n+len(p.decays.theta))
		b.hold(&p.white[j], got)
		p.rises = append(p.rises, got)
	}
	p.leaks.hold = func(j int) []product { return p.rises[j][:n] }
	p.decays.hold = func(j int) []product { return p.rises[j][n:] }
}
