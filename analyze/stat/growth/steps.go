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

// jumps are the places of jumps as points of the fit, at one φ.
type jumps struct {
	levels
	p     *points
	at    []int     // in rising order
	width []float64 // how many places are as likely as the best, one for each jump in the order found
}

func (p *points) newJumps(j int) *jumps { return &jumps{levels: p.white[j].levels(), p: p} }

// without gives at without its jump k.
func without(at []int, k int) []int { return slices.Delete(slices.Clone(at), k, k+1) }

// with gives at with a jump more.
func with(at []int, i int) []int {
	k, _ := slices.BinarySearch(at, i)
	return slices.Insert(slices.Clone(at), k, i)
}

// aside is how much less likely than the likeliest, in logs, a place is that adds nothing to a sum.
const aside = 20

// next adds the likeliest jump and gives the log of the mean of the evidence over its places, of
// which those are left out that are less likely by more than reach; ok where it is high enough to
// be one, judged by what the squares lose by it.
func (s *jumps) next(reach float64) (e float64, ok bool) {
	sum, best, at := newSumLogs(), math.Inf(-1), -1
	_, before := s.fit(s.at)
	left := s.scan(s.at)
	least := slices.Min(left)
	bound := max(least*math.Exp(2*reach/float64(len(left))), least+2*reach*leastVariance)
	for i, rss := range left {
		if math.IsInf(rss, 1) || rss > bound {
			continue
		}
		e := s.w.logEvidence(s.p, len(s.at)+1, rss)
		sum.add(e)
		if e > best {
			best, at = e, i
		}
	}
	if at < 0 {
		return math.Inf(-1), false
	}
	s.width = append(s.width, math.Exp(sum.log()-best))
	s.at = with(s.at, at)
	ok = before-least >= leastJump*leastJump*least/float64(len(left))
	return sum.log() - math.Log(float64(len(s.p.x))), ok
}

// settle moves each jump once to where it is best beside the others.
func (s *jumps) settle() {
	for _, i := range slices.Clone(s.at) {
		k := slices.Index(s.at, i)
		rest := without(s.at, k)
		best, at := math.Inf(1), i
		for i, rss := range s.scan(rest) {
			if rss < best {
				best, at = rss, i
			}
		}
		s.at = with(rest, at)
	}
}

// leastJump is the least height of a jump in standard deviations of an innovation: what cannot
// be seen from one sample to the next is no jump but a slope.
const leastJump = 3

// leastSteps is the least share of the range of the counts that steps make up; the rest is
// noise about the levels.
const leastSteps = 0.4

// high says whether each of the jumps is high enough to be one, and all of them together make
// up enough of the range of the counts.
func (s *jumps) high() bool {
	level, rss := s.fit(s.at)
	innovation := math.Sqrt(max(rss/float64(max(len(s.p.x)-len(level), 1)), leastVariance))
	for k := 1; k < len(level); k++ {
		if math.Abs(level[k]-level[k-1]) < max(leastChange(s.p.top), leastJump*innovation) {
			return false
		}
	}
	reach := spread(level)
	return reach >= leastSteps*s.p.spread && reach <= mostReach*s.p.spread
}

// times gives the times of the jumps in rising order.
func (s *jumps) times() []float64 {
	out := make([]float64, len(s.at))
	for k, i := range s.at {
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
		s := p.newJumps(j)
		for k := 1; k <= mostSteps; k++ {
			if k > 2 {
				s.settle()
			}
			e, _ := s.next(aside)
			if len(s.at) < k {
				break
			}
			for _, w := range s.width[:len(s.width)-1] {
				e += math.Log(w / float64(len(p.x)))
			}
			if !s.high() {
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
