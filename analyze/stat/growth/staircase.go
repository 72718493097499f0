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

// patience is after how many jumps that make it less likely the search for a staircase ends.
const patience = 3

// searchStaircase takes the places of more than mostSteps jumps, as the search for steps
// finds them, and gives them one height. The first two may be anywhere; where the jumps are
// regular, each further one falls within half of the mean interval, and else may be anywhere:
// that is what its place costs.
func searchStaircase(p *points) candidate {
	c := candidate{cols: stairColumns, reason: "no four jumps up that count"}
	all, best, at := newSumLogs(), math.Inf(-1), 0
	var likeliest []int
	col := make([]float64, len(p.x))
	consider := func(j int, s *jumps) float64 {
		theta := s.times()
		e, ok := p.stairs(j, theta, s.count(col))
		if !ok {
			return math.Inf(-1)
		}
		all.add(e)
		if e > best {
			best, at, c.white, c.theta, c.reason = e, j, s.w, theta, ""
			likeliest = slices.Clone(s.at)
			c.lo, c.hi = p.around(theta)
		}
		return e
	}
	most := min(mostStairs, int(mostReach*p.spread/leastChange(p.top)))
	for j := 0; j < stepPhis && most > mostSteps; j += 2 {
		s := p.newJumps(j)
		top, worse := math.Inf(-1), 0 // jumps since that of the highest evidence at this φ
		for k := 1; k <= most && worse < patience; k++ {
			_, high := s.next(1e-6) // the likeliest place alone counts
			if len(s.at) < k || k > mostSteps && !high {
				break
			}
			if k <= mostSteps {
				continue
			}
			if e := consider(j, s); e > top {
				top, worse = e, 0
			} else {
				worse++
			}
		}
	}
	if c.reason != "" {
		return c
	}
	s := p.newJumps(at)
	s.at = likeliest
	for range 2 {
		s.settle()
		consider(at, s)
	}
	c.logE = all.log() - math.Log(float64(stepPhis/2*(mostStairs-mostSteps))) + math.Ln2
	return c
}

// count puts the number of jumps until each point into col.
func (s *jumps) count(col []float64) []float64 {
	n := 0
	for i := range col {
		if n < len(s.at) && s.at[n] == i {
			n++
		}
		col[i] = float64(n)
	}
	return col
}

// stairs gives the evidence of jumps of one height at the times theta, of which col is the column.
func (p *points) stairs(j int, theta, col []float64) (e float64, ok bool) {
	w := &p.white[j]
	on := w.against(col)
	cc, cr := on.square, on.with
	rss := max(w.rss-cr*cr/cc, 0)
	if cc < 1e-9 || cr/cc < max(leastChange(p.top), leastJump*math.Sqrt(rss/float64(len(p.x)))) {
		return 0, false
	}
	return w.logEvidence(p, 1, rss) - p.placeCost(theta), true
}

// placeCost is the log of among how many points the places theta may fall: the first two
// anywhere, each further one within half of the mean interval of where it is due, or anywhere
// where it is not there.
func (p *points) placeCost(theta []float64) float64 {
	k := len(theta)
	each := (theta[k-1] - theta[0]) / float64(k-1)
	anywhere, due := math.Log(float64(len(p.x))), math.Log(each*p.perPoint()/2+1)
	cost := 2 * anywhere
	for i := 2; i < k; i++ {
		if gap := theta[i] - theta[i-1]; math.Abs(gap-each) > 0.5*each+1/p.perPoint() {
			cost += anywhere
		} else {
			cost += due
		}
	}
	return cost
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
