package growth

import "math"

func noColumns(*points, []int, []float64) [][]float64 { return nil }

func searchConstant(p *points) candidate {
	c := candidate{cols: noColumns}
	sum, best := newSumLogs(), math.Inf(-1)
	for j := range phis {
		e := p.white[j].logEvidence(p, 0, p.white[j].rss)
		sum.add(e)
		if e > best {
			best, c.white = e, &p.white[j]
		}
	}
	c.logE = sum.log() - math.Log(float64(len(phis)))
	return c
}

func describeConstant(full, p *points, c candidate, f *Fitted) {
	if r, ok := drawn(full, p, c, f); ok {
		f.Params = []Param{r.interval("level", "connections", 0, 1)}
	}
}
