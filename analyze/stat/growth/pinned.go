package growth

import "math"

// pinnedColumns is 1 from theta[0] on, when the limit holds the count.
func pinnedColumns(p *points, at []int, theta []float64) [][]float64 {
	return stepColumns(p, at, theta[:1])
}

// knownTurnover is what it speaks for a limit that connections are known to come and go while
// the count stays next to it: a free pool in which they do would breathe.
const knownTurnover = 4

// searchPinned holds the count against the limit. From the moment it is pinned, the free
// slots are few and independent from sample to sample, as every slot that a closed
// connection leaves is taken at once: their number is geometric or Poisson (freeSlots).
// Before, it is a constant, and samples on the way up may be anywhere.
func searchPinned(p *points) candidate {
	switch {
	case !(p.limit > 0) || !usable(p.limit):
		return candidate{reason: "the limit is not known"}
	case p.top < 0.9*p.limit:
		return candidate{reason: "the limit is not reached"}
	case p.still():
		return candidate{reason: "no connection comes or goes"}
	}
	c := candidate{cols: pinnedColumns, white: &p.white[0], reason: "the limit does not hold it"}
	n := len(p.y)
	free, factorials, tail := 0.0, 0.0, make([]float64, n+1)
	for i := n - 1; i >= 0; i-- {
		g := max(p.limit-p.y[i], 0)
		free, factorials = free+g, factorials+lgamma(g+1)
		tail[i] = freeSlots(float64(n-i), free, factorials)
	}
	all, best := newSumLogs(), math.Inf(-1)
	all.add(tail[0])
	best, c.theta, c.reason = tail[0], []float64{p.x[0]}, ""
	pick := func(e float64, i int) {
		all.add(e)
		if e > best {
			best, c.theta = e, []float64{p.x[i]}
		}
	}
	stride := max(1, n/40)
	for i := stride; i < n-4; i += stride {
		if i < 4 {
			continue
		}
		before := points{x: p.x[:i], y: p.y[:i], top: p.top}
		for _, phi := range [...]float64{0, 0.7, 0.94} {
			w := before.whitening(noise{phi, 0})
			level := w.logEvidence(&before, 0, w.rss)
			for rise := 0; rise <= 8 && i+rise < n-4; rise += 2 {
				pick(level+tail[i+rise]-float64(rise)*math.Log(p.limit)-math.Log(15), i+rise)
			}
		}
	}
	c.logE = all.log() - math.Log(float64(n/stride))
	if p.births != nil {
		c.logE += knownTurnover
	}
	c.lo, c.hi = []float64{c.theta[0] - float64(stride)/p.perPoint()}, []float64{c.theta[0]}
	return c
}

// freeSlots gives the log of the probability of n samples with g free slots together, and
// factorials the sum of ln g(i)!: the mean of that of a geometric distribution, n!·g!/(n+g+1)!
// with an even prior on its parameter, and of a Poisson one with an exponential prior of mean 2.
func freeSlots(n, g, factorials float64) float64 {
	geometric := lgamma(n+1) + lgamma(g+1) - lgamma(n+g+2)
	poisson := lgamma(g+1) - factorials - math.Ln2 - (g+1)*math.Log(n+0.5)
	s := newSumLogs()
	s.add(geometric)
	s.add(poisson)
	return s.log() - math.Ln2
}

// still tells whether births are known and there are next to none.
func (p *points) still() bool {
	births, known := 0.0, 0
	for _, b := range p.births {
		if usable(b) {
			births, known = births+b, known+1
		}
	}
	return known > 0 && births < float64(known)/10
}

func describePinned(full, p *points, c candidate, f *Fitted) {
	if c.theta[0] <= p.x[0] {
		c.cols = noColumns
	}
	r, ok := drawn(full, p, c, f)
	if !ok {
		return
	}
	var free, n float64
	for k, x := range p.x {
		if x >= c.theta[0] {
			free, n = free+max(p.limit-p.y[k], 0), n+1
		}
	}
	mean := free / n
	half := r.q * math.Sqrt(mean*(1+mean)/n) // a geometric number's variance is m(1+m)
	f.Params = []Param{
		{"free slots", "connections", mean, max(mean-half, 0), mean + half},
		{"limit", "connections", p.limit, p.limit, p.limit},
		p.time("pinned from", c, 0),
	}
}
