package growth

import (
	"math"
	"slices"
)

// mostSteps is the most jumps of the shape Steps; more of them, all up, are a staircase.
const mostSteps = 3

// mostStairs bounds the jumps of a staircase.
const mostStairs = 14

// stepPhis is how many of phis steps may have: with the rest, which wander for hundreds of
// samples, a level that is to stay would not.
const stepPhis = len(phis) - 2

// stepColumns has one column for each time in theta: 0 before it, then 1.
func stepColumns(p *points, at []int, theta []float64) [][]float64 {
	cols := make([][]float64, len(theta))
	for c, x := range theta {
		cols[c] = make([]float64, len(at))
		for k, i := range at {
			if p.t[i] >= x {
				cols[c][k] = 1
			}
		}
	}
	return cols
}

// jumps are the places of jumps as points of the fit, in the order in which they were found,
// at one φ.
type jumps struct {
	w     *whitening
	p     *points
	qs    [][]float64 // the whitened constant and the steps chosen, orthogonal and of length 1
	res   []float64   // whitened counts without these
	at    []int
	width []float64 // how many places are as likely as the best, one for each
}

func (p *points) newJumps(j int, chosen []int) *jumps {
	w := &p.white[j]
	s := &jumps{w: w, p: p, qs: [][]float64{w.one}, res: slices.Clone(w.res)}
	for _, at := range chosen {
		s.add(at)
	}
	return s
}

func (s *jumps) add(at int) {
	col := make([]float64, len(s.p.x))
	for i := at; i < len(col); i++ {
		col[i] = 1
	}
	v := s.w.apply(col, nil)
	for _, q := range s.qs {
		project(v, q)
	}
	norm := math.Sqrt(dot(v, v))
	for i := range v {
		v[i] /= norm
	}
	project(s.res, v)
	s.qs, s.at = append(s.qs, v), append(s.at, at)
}

// scan gives, for each place of one more jump, the sum of squares that is left; a place
// within two points of a jump or of an end is none.
func (s *jumps) scan() []float64 {
	n := len(s.p.x)
	rss := dot(s.res, s.res)
	out := make([]float64, n)
	tails := make([]float64, len(s.qs)+2) // after i: of the step itself, of the residual, of each q
	for i := n - 1; i >= 0; i-- {
		keep, scale := (1-s.w.keep[i])*s.w.scale[i], s.w.scale[i]
		norm := scale*scale + tails[0]
		with := scale*s.res[i] + tails[1]
		for k, q := range s.qs {
			c := scale*q[i] + tails[k+2]
			norm -= c * c
			tails[k+2] += keep * q[i]
		}
		out[i] = rss
		if norm > 1e-9 {
			out[i] = max(rss-with*with/norm, 0)
		}
		tails[0] += keep * keep
		tails[1] += keep * s.res[i]
	}
	for i := range out {
		near := i < 2 || i > n-2
		for _, at := range s.at {
			near = near || i-at < 2 && at-i < 2
		}
		if near {
			out[i] = math.Inf(1)
		}
	}
	return out
}

// next adds the likeliest jump and gives the log of the mean of the evidence over its places.
func (s *jumps) next() float64 {
	sum, best, at := newSumLogs(), math.Inf(-1), -1
	left := s.scan()
	least := slices.Min(left)
	bound := max(least*math.Exp(40/float64(len(left))), least+40*leastVariance)
	for i, rss := range left {
		if math.IsInf(rss, 1) || rss > bound { // e^−20 of the likeliest adds nothing
			continue
		}
		e := s.w.logEvidence(s.p, len(s.at)+1, rss)
		sum.add(e)
		if e > best {
			best, at = e, i
		}
	}
	if at < 0 {
		return math.Inf(-1)
	}
	s.width = append(s.width, math.Exp(sum.log()-best))
	s.add(at)
	return sum.log() - math.Log(float64(len(s.p.x)))
}

// settled gives the jumps with each moved once to where it is best beside the others.
func (s *jumps) settled(j int) *jumps {
	at := slices.Clone(s.at)
	for k := range at {
		rest := slices.Delete(slices.Clone(at), k, k+1)
		o := s.p.newJumps(j, rest)
		best := math.Inf(1)
		for i, rss := range o.scan() {
			if rss < best {
				best, at[k] = rss, i
			}
		}
	}
	o := s.p.newJumps(j, at)
	o.width = s.width
	return o
}

// leastJump is the least height of a jump in standard deviations of an innovation: what cannot
// be seen from one sample to the next is no jump but a slope.
const leastJump = 3

// leastSteps is the least share of the range of the counts that steps make up; the rest is
// noise about the levels.
const leastSteps = 0.4

// heights gives the levels' changes at the jumps; ok where each counts.
func (s *jumps) heights() (h []float64, ok bool) {
	r, ok := s.p.regress(s.w, stepColumns(s.p, s.p.at, s.times()))
	if !ok {
		return nil, false
	}
	for _, v := range r.coef[1:] {
		ok = ok && math.Abs(v) >= max(leastChange(s.p.top), leastJump*r.innovation)
	}
	lo, hi, level := 0.0, 0.0, 0.0
	for _, v := range r.coef[1:] {
		level += v
		lo, hi = min(lo, level), max(hi, level)
	}
	ok = ok && hi-lo >= leastSteps*s.p.spread && hi-lo <= mostReach*s.p.spread
	return r.coef[1:], ok
}

// times gives the times of the jumps in rising order.
func (s *jumps) times() []float64 {
	at := slices.Clone(s.at)
	slices.Sort(at)
	out := make([]float64, len(at))
	for k, i := range at {
		out[k] = s.p.x[i]
	}
	return out
}

// searchSteps adds jump after jump where it is likeliest. The evidence of k jumps is the mean
// over the places of the last, and for each before it the share of places as likely as its
// best: the sum over all places of all jumps, as far as they do not depend on each other.
func searchSteps(p *points) candidate {
	c := candidate{cols: stepColumns, reason: "no jump that counts"}
	all, best := newSumLogs(), math.Inf(-1)
	for j := range stepPhis {
		s := p.newJumps(j, nil)
		for k := 1; k <= mostSteps; k++ {
			if k > 2 {
				s = s.settled(j)
			}
			e := s.next()
			for _, w := range s.width[:len(s.width)-1] {
				e += math.Log(w / float64(len(p.x)))
			}
			if _, ok := s.heights(); !ok || len(s.at) < k {
				continue
			}
			all.add(e)
			if e > best {
				best, c.white, c.theta, c.reason = e, s.w, s.times(), ""
				c.lo, c.hi = p.around(c.theta)
			}
		}
	}
	if c.reason == "" {
		c.logE = all.log() - math.Log(float64(stepPhis*mostSteps))
	}
	return c
}

// around gives the interval of a jump seen at a point: it came after the point before.
func (p *points) around(theta []float64) (lo, hi []float64) {
	for _, x := range theta {
		i, _ := slices.BinarySearch(p.x, x)
		lo, hi = append(lo, p.x[max(i-1, 0)]), append(hi, x)
	}
	return lo, hi
}

func describeSteps(full, p *points, c candidate, f *Fitted) {
	r, ok := drawn(full, p, c, f)
	if !ok {
		return
	}
	for k := range c.theta {
		f.Params = append(f.Params, r.interval("step", "connections", k+1, 1), p.time("at", c, k))
	}
	f.Params = append(f.Params, r.interval("level before", "connections", 0, 1))
}
