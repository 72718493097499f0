package growth

import (
	"math"
	"slices"
)

// sawColumns is the time since the last of the cuts in theta. Before the first cut it is the
// time since theta[0], which is where the first tooth began.
func sawColumns(p *points, at []int, theta []float64) [][]float64 {
	col := make([]float64, len(at))
	for k, i := range at {
		n, found := slices.BinarySearch(theta, p.t[i])
		if found {
			n++
		}
		col[k] = p.t[i] - theta[max(n-1, 0)]
	}
	return [][]float64{col}
}

// searchSawtooth takes the m largest falls for the cuts, m from 2 on. The first tooth began
// about an interval before the first cut. The place of each cut costs as in a staircase.
func searchSawtooth(p *points) candidate {
	c := candidate{cols: sawColumns, reason: "no two cuts that count"}
	falls := p.falls()
	all, best, tried := newSumLogs(), math.Inf(-1), 0
	var buf []float64
	n := float64(len(p.x))
	for m := 2; m <= len(falls); m += 1 + m/10 {
		tried++
		theta := p.teeth(falls[:m])
		col := sawColumns(p, p.at, theta)[0]
		each := p.span() / float64(m) * p.perPoint()
		for j := range phis {
			w := &p.white[j]
			buf = w.apply(col, buf)
			project(buf, w.one)
			cc, cr := dot(buf, buf), dot(buf, w.res)
			if cc < 1e-9 || cr/cc*p.span()/float64(m) < leastChange(p.top) {
				continue
			}
			e := w.logEvidence(p, 1, max(w.rss-cr*cr/cc, 0)) - math.Log(n) - float64(m-1)*math.Log(each/2+1)
			all.add(e)
			if e > best {
				best, c.phi, c.theta, c.reason = e, j, theta, ""
				c.lo, c.hi = p.around(theta)
			}
		}
	}
	if c.reason == "" {
		c.logE = all.log() - math.Log(float64(len(phis)*tried)) + math.Ln2
	}
	return c
}

// falls gives the points at which the count is lower than at the one before by what counts,
// the largest falls first. A fall over two samples belongs to the first of them.
func (p *points) falls() []int {
	var out []int
	size := func(i int) float64 {
		d := p.y[i-1] - p.y[i]
		if i+1 < len(p.y) {
			d = max(d, p.y[i-1]-p.y[i+1])
		}
		return d
	}
	for i := 1; i < len(p.y); i++ {
		if p.y[i] < p.y[i-1] && size(i) >= leastChange(p.top) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		switch x, y := size(a), size(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return a - b
	})
	var kept []int
	for _, i := range out { // two falls in a row are one cut
		if !slices.Contains(kept, i-1) && !slices.Contains(kept, i+1) {
			kept = append(kept, i)
		}
	}
	return kept[:min(len(kept), len(p.y)/4)]
}

// teeth gives the times at which teeth begin: the cuts, and one before the first.
func (p *points) teeth(cuts []int) []float64 {
	at := slices.Clone(cuts)
	slices.Sort(at)
	theta := make([]float64, 1, len(at)+1)
	for _, i := range at {
		theta = append(theta, p.x[i])
	}
	each := (theta[len(theta)-1] - theta[1]) / float64(len(at)-1)
	theta[0] = theta[1] - each
	// The first tooth may be cut off by the beginning; a whole number of rises fits the
	// count before the cut best when it begins at the level the cut falls to.
	return theta
}

func describeSawtooth(full, p *points, c candidate, f *Fitted) {
	r, ok := drawn(full, p, c, f)
	if !ok {
		return
	}
	cuts := len(c.theta) - 1
	each := (c.theta[cuts] - c.theta[1]) / float64(cuts-1)
	half := 2 / p.perPoint() / float64(cuts-1)
	f.Params = []Param{
		r.interval("filling rate", "connections/min", 1, 60/p.step),
		{"interval", "s", each * p.step, max(each-half, 0) * p.step, (each + half) * p.step},
		{"cuts", "", float64(cuts), float64(cuts), float64(cuts)},
		r.interval("level after a cut", "connections", 0, 1),
	}
}
