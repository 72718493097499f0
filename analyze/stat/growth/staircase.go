package growth

import (
	"math"
	"slices"
)

// stairColumns is the number of jumps until each sample: all are of one height.
func stairColumns(p *points, at []int, theta []float64) [][]float64 {
	col := make([]float64, len(at))
	for k, i := range at {
		n, found := slices.BinarySearch(theta, p.t[i])
		if found {
			n++
		}
		col[k] = float64(n)
	}
	return [][]float64{col}
}

// searchStaircase takes the places of more than mostSteps jumps, as the search for steps
// finds them, and gives them one height. The first jump may be anywhere; each further one
// falls within a half of the mean interval after its like, which is what its place costs.
func searchStaircase(p *points) candidate {
	c := candidate{cols: stairColumns, reason: "no four jumps up that count"}
	all, best := newSumLogs(), math.Inf(-1)
	var buf []float64
	n := float64(len(p.x))
	for j := range phis {
		w := &p.white[j]
		s := p.newJumps(j, nil)
		for k := 1; k <= mostStairs; k++ {
			s.next()
			if len(s.at) < k {
				break
			}
			if k <= mostSteps || k > 4 && k%2 == 0 && k < mostStairs-2 && false {
				continue
			}
			s = s.settled(j)
			theta := s.times()
			buf = w.apply(stairColumns(p, p.at, theta)[0], buf)
			project(buf, w.one)
			cc, cr := dot(buf, buf), dot(buf, w.res)
			if cc < 1e-9 || cr/cc < leastChange(p.top)/2 {
				continue
			}
			each := (theta[k-1] - theta[0]) / float64(k-1) * p.perPoint()
			e := w.logEvidence(p, 1, max(w.rss-cr*cr/cc, 0)) - math.Log(n) - float64(k-1)*math.Log(each/2+1)
			all.add(e)
			if e > best {
				best, c.phi, c.theta, c.reason = e, j, theta, ""
				c.lo, c.hi = p.around(theta)
			}
		}
	}
	if c.reason == "" {
		c.logE = all.log() - math.Log(float64(len(phis)*(mostStairs-mostSteps))) + math.Ln2
	}
	return c
}

func describeStaircase(full, p *points, c candidate, f *Fitted) {
	r, ok := drawn(full, p, c, f)
	if !ok {
		return
	}
	k := len(c.theta)
	gaps := float64(k - 1)
	every := p.time("interval", candidate{theta: []float64{(c.theta[k-1] - c.theta[0]) / gaps},
		lo: []float64{max(c.lo[k-1]-c.hi[0], 0) / gaps}, hi: []float64{(c.hi[k-1] - c.lo[0]) / gaps}}, 0)
	jumps := float64(k)
	f.Params = []Param{r.interval("step", "connections", 1, 1), every,
		{"steps", "", jumps, jumps, jumps}, r.interval("level before", "connections", 0, 1)}
}
