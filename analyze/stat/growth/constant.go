package growth

import "math"

func noColumns(*points, []int, []float64) [][]float64 { return nil }

func searchConstant(p *points) candidate {
	c := candidate{cols: noColumns}
	sum, best := newSumLogs(), math.Inf(-1)
	for j := range phis {
		w := &p.white[j]
		e := w.logEvidence(p, 0, w.rss)
		sum.add(e)
		w.buf = w.apply(p.y, w.buf)
		free := max(float64(len(p.x)-1)*(1-w.phi), 3) // few independent samples leave the variance open
		variance := max(w.rss, leastVariance) / float64(len(p.x)-1) / (w.oneNorm * w.oneNorm)
		c.slope.add(e, dot(w.buf, w.one)/w.oneNorm, variance*free/(free-2))
		if e > best {
			best, c.white = e, w
		}
	}
	c.logE = sum.log() - math.Log(float64(len(phis)))
	return c
}

func describeConstant(full, p *points, c candidate, f *Fitted) {
	if r, ok := drawn(full, p, c, f); ok {
		level, mixed := r.interval("level", "connections", 0, 1), r.mixed("level", "connections", 0, c, 1)
		level.Lo, level.Hi = max(min(level.Lo, mixed.Lo), 0), max(level.Hi, mixed.Hi)
		f.Params = []Param{level}
	}
}
