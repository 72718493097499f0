package growth

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
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

// searchSawtooth takes the m largest falls for the cuts, m from 2 on, and then tries each fall
// once: a gap makes a cut look small, noise a fall look large. The first tooth began about an
// interval before the first cut. The place of each cut costs as in a staircase.
func searchSawtooth(p *points) candidate {
	c := candidate{cols: sawColumns, reason: "no two cuts that count"}
	falls := p.falls()
	all, best := newSumLogs(), math.Inf(-1)
	var cuts []int
	var noise int
	var again bool
	consider := func(j int, restart bool, t teeth) {
		w := &p.white[j]
		if restart {
			w = w.restarted(p, t.cuts)
		}
		e, ok := p.saw(w, t, &c.slope)
		if !ok {
			return
		}
		all.add(e)
		if e > best {
			best, cuts, noise, again = e, slices.Clone(t.cuts), j, restart
			c.white, c.theta, c.reason = w, t.theta, ""
		}
	}
	for m := 2; m <= len(falls); m++ {
		t := p.teeth(falls[:m])
		for j := range phis {
			consider(j, false, t)
			if phis[j] > 0.9 {
				consider(j, true, t)
			}
		}
	}
	if c.reason != "" {
		return c
	}
	for _, i := range falls {
		if k := slices.Index(cuts, i); k < 0 {
			consider(noise, again, p.teeth(append(slices.Clone(cuts), i)))
		} else if len(cuts) > 2 {
			consider(noise, again, p.teeth(without(cuts, k)))
		}
	}
	c.lo, c.hi = p.around(c.theta)
	c.logE = all.log() - math.Log(float64(len(phis)*len(falls))) + math.Ln2
	return c
}

// teeth are cuts as points, the times at which teeth begin by these, and their column.
type teeth struct {
	cuts       []int
	theta, col []float64
}

func (p *points) teeth(cuts []int) teeth {
	theta := p.beginnings(cuts)
	return teeth{cuts, theta, sawColumns(p, p.at, theta)[0]}
}

// saw gives the evidence of teeth.
func (p *points) saw(w *whitening, t teeth, slope *mixture) (e float64, ok bool) {
	m := float64(len(t.theta) - 1)
	on := w.against(t.col)
	cc, cr := on.square, on.with
	if cc < 1e-9 || cr/cc*p.span()/m < leastChange(p.top) {
		return 0, false
	}
	rss := max(w.rss-cr*cr/cc, 0)
	e = w.logEvidence(p, 1, rss) - p.placeCost(t.theta[1:])
	slope.add(e, cr/cc, rss/float64(len(p.x)-2)/cc)
	return e, true
}

// longGap is from how many steps on a gap may hide a cut from which the count has recovered.
const longGap = 3.5

// falls gives the points before which a cut may have been: long gaps, and then those at which
// the count is lower than at the one before by a fifth of its range, the largest falls first. A fall
// over two samples belongs to the first of them, if that has half of it.
func (p *points) falls() []int {
	var out []int
	size := func(i int) float64 {
		if (p.x[i]-p.x[i-1])*p.perPoint() > longGap {
			return math.Inf(1)
		}
		d := p.y[i-1] - p.y[i]
		if i+1 < len(p.y) && p.y[i-1]-p.y[i+1] < 2*d {
			d = max(d, p.y[i-1]-p.y[i+1])
		}
		return d
	}
	for i := 1; i < len(p.y); i++ {
		if s := size(i); math.IsInf(s, 1) || p.y[i] < p.y[i-1] && s >= max(leastChange(p.top), p.spread/5) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(size(b), size(a)) })
	var kept []int
	for _, i := range out { // two falls in a row are one cut
		if !slices.Contains(kept, i-1) && !slices.Contains(kept, i+1) {
			kept = append(kept, i)
		}
	}
	return kept[:min(len(kept), len(p.y)/4)]
}

// beginnings gives the times at which teeth begin: the cuts, and one before the first. A cut within
// a gap is put to where a tooth has to begin that reaches the count after it.
func (p *points) beginnings(cuts []int) []float64 {
	at := slices.Clone(cuts)
	slices.Sort(at)
	theta := make([]float64, 1, len(at)+1)
	gain, time, low := 0.0, 0.0, make([]float64, 0, len(at))
	for i, k := 1, 0; i < len(p.x); i++ {
		if k < len(at) && at[k] == i {
			low, k = append(low, p.y[i]), k+1
			continue
		}
		gain, time = gain+p.y[i]-p.y[i-1], time+p.x[i]-p.x[i-1]
	}
	slices.Sort(low)
	bottom, rate := low[len(low)/3], gain/max(time, 1)
	for _, i := range at {
		x := p.x[i]
		if rate > 0 {
			x = max(x-max(p.y[i]-bottom, 0)/rate, p.x[i-1]+0.9)
		}
		theta = append(theta, min(x, p.x[i]))
	}
	theta[0] = theta[1] - (theta[len(theta)-1]-theta[1])/float64(len(at)-1)
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
		p.fillingRate(c.theta),
		{"interval", "s", each * p.step, max(each-half, 0) * p.step, (each + half) * p.step},
		{"cuts", "", float64(cuts), float64(cuts), float64(cuts)},
		r.interval("level after a cut", "connections", 0, 1),
	}
}

// fillingRate gives what the teeth gained over the time they took, without the gaps in which
// a cut fell: unlike the slope of the curve, it does not suffer from cuts at unknown moments
// between two samples. Its interval is from how the teeth differ, at least that of a count.
func (p *points) fillingRate(theta []float64) Param {
	var gain, time, square []float64
	for i := 1; i < len(p.x); i++ {
		k, _ := slices.BinarySearch(theta, p.x[i-1]+1e-9)
		cut := k < len(theta) && theta[k] <= p.x[i]
		if cut || i == 1 {
			gain, time = append(gain, 0), append(time, 0)
		}
		if k := len(gain) - 1; !cut {
			gain[k], time[k] = gain[k]+p.y[i]-p.y[i-1], time[k]+p.x[i]-p.x[i-1]
		}
	}
	g, t := floats.Sum(gain), max(floats.Sum(time), 1)
	rate := g / t
	for k := range gain {
		d := gain[k] - rate*time[k]
		square = append(square, d*d)
	}
	m := float64(len(gain))
	half := distuv.StudentsT{Sigma: 1, Nu: max(m-1, 1)}.Quantile(0.95) / t *
		math.Sqrt(max(floats.Sum(square)*m/max(m-1, 1), g))
	scale := 60 / p.step
	return Param{"filling rate", "connections/min", rate * scale, (rate - half) * scale, (rate + half) * scale}
}
