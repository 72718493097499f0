package growth

import "slices"

// A curve that is 0 until an onset, and then a combination of 1 and a function of time, is held
// against the counts without being computed. Whitening is a filter with two states; what it
// makes of a function from sample k on differs from what it makes of the whole function by a
// part that is linear in its state before k. One pass from the end gives all products for every
// onset.

// A family is the curves of one function and many onsets.
type family struct {
	f      []float64 // the function at each sample of the fit
	curves []curve   // the onsets rise
}

// A curve is first + second·f from sample k on.
type curve struct {
	k             int
	first, second float64
}

// begin gives the curve that begins at time x.
func (p *points) begin(x, first, second float64) curve {
	k, _ := slices.BinarySearch(p.x, x)
	return curve{k, first, second}
}

// A product is of a whitened column with itself, beside the constant, and with what the
// constant leaves of the counts. The column's coefficient is with / square.
type product struct{ square, with float64 }

// state is the filter's before a sample: the autoregression and the walk.
type state struct{ a, r float64 }

// plus gives s + x·o.
func (s state) plus(x float64, o state) state { return state{s.a + x*o.a, s.r + x*o.r} }

func (s state) dot(o state) float64 { return s.a*o.a + s.r*o.r }

// A response is what the filter makes of a function: its output e, its state before each
// sample, and the sums from the end on of products of e: with itself, with the response to 1,
// with the constant and with the counts, and adds with what a state before the sample adds.
type response struct {
	e                                []float64
	before                           []state
	adds                             state
	self, ones, onConstant, onCounts float64
}

// of makes r the response of w to f. Its slices are used again.
func (r *response) of(w *whitening, f []float64) {
	n := len(f)
	*r = response{e: slices.Grow(r.e[:0], n)[:n], before: slices.Grow(r.before[:0], n)[:n]}
	var s state
	from := max(slices.IndexFunc(f, func(x float64) bool { return x != 0 }), 0)
	clear(r.e[:from])
	clear(r.before[:from])
	for i := from; i < n; i++ {
		x := f[i]
		s.a *= w.keep[i]
		d := x - s.a - s.r
		r.before[i], r.e[i] = s, d*w.scale[i]
		gain, walk := w.gains(i)
		s.a, s.r = s.a+gain*d, s.r+walk*d
	}
}

// gains of the filter; without a walk it is exact after one sample.
func (w *whitening) gains(i int) (gain, walk float64) {
	if w.gain == nil {
		return 1, 0
	}
	return w.gain[i], w.walkGot[i]
}

// back takes a linear function of the state before sample i+1 to one of the state before i.
func (w *whitening) back(i int, v state) state {
	if i+1 < len(w.keep) {
		v.a *= w.keep[i+1]
	}
	gain, walk := w.gains(i)
	d := gain*v.a + walk*v.r
	return state{v.a - d, v.r - d}
}

// A bench is families of curves, and what is used again for each noise that holds them
// against the counts.
type bench struct {
	families []family
	ones     []float64
	one      response
	fs       []response // of each family
	next     []int      // its curve that begins last, of those to come
}

func newBench(ones []float64, families []family) *bench {
	return &bench{families: families, ones: ones, fs: make([]response, len(families)), next: make([]int, len(families))}
}

// hold gives the products of all curves, family after family, into got.
func (b *bench) hold(w *whitening, got []product) {
	n, one := len(w.keep), &b.one
	one.of(w, b.ones)
	for k, f := range b.families {
		b.fs[k].of(w, f.f)
		b.next[k] = len(f.curves) - 1
	}
	var constant, counts, rowA, rowR state // what a state adds to products with these, and to its own square
	for i := n - 1; i >= 0; i-- {
		c := w.scale[i]
		both := state{c, c}
		a, r := w.back(i, rowA), w.back(i, rowR)
		a, r = w.back(i, state{a.a, r.a}), w.back(i, state{a.r, r.r})
		rowA, rowR = a.plus(c, both), r.plus(c, both)
		constant = w.back(i, constant).plus(w.one[i], both)
		counts = w.back(i, counts).plus(w.res[i], both)
		one.add(w, i, one, both)
		at := 0
		for j, f := range b.families {
			g := &b.fs[j]
			if b.next[j] >= 0 { // else all of its curves have begun
				g.add(w, i, one, both)
			}
			for ; b.next[j] >= 0 && f.curves[b.next[j]].k == i; b.next[j]-- {
				u := f.curves[b.next[j]]
				s := state{}.plus(u.first, one.before[i]).plus(u.second, g.before[i])
				bb := u.first*u.first*one.self + 2*u.first*u.second*g.ones + u.second*u.second*g.self +
					2*s.dot(state{}.plus(u.first, one.adds).plus(u.second, g.adds)) +
					s.a*s.dot(rowA) + s.r*s.dot(rowR)
				b1 := u.first*one.onConstant + u.second*g.onConstant + s.dot(constant)
				by := u.first*one.onCounts + u.second*g.onCounts + s.dot(counts)
				got[at+b.next[j]] = beside(bb, b1, by)
			}
			at += len(f.curves)
		}
	}
}

// add takes in sample i, coming from the end.
func (r *response) add(w *whitening, i int, one *response, both state) {
	e := r.e[i]
	r.adds = w.back(i, r.adds).plus(e, both)
	r.self, r.ones = r.self+e*e, r.ones+e*one.e[i]
	r.onConstant, r.onCounts = r.onConstant+e*w.one[i], r.onCounts+e*w.res[i]
}

// beside takes the constant off the square bb of a column whose product with it is b1; nothing
// is left of a column that is as good as constant.
func beside(bb, b1, by float64) product {
	if square := bb - b1*b1; square >= 1e-9*bb {
		return product{square, by}
	}
	return product{}
}
