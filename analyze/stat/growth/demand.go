package growth

import "math"

// demandColumns is the demand to the power theta[0], smoothed over theta[1] steps: pools
// keep connections a while after they were needed.
func demandColumns(p *points, at []int, theta []float64) [][]float64 {
	smooth := make([]float64, len(p.t))
	for i := range smooth {
		v := math.Pow(p.demand[i], theta[0])
		if i == 0 || theta[1] == 0 {
			smooth[i] = v
			continue
		}
		keep := math.Exp(-(p.t[i] - p.t[i-1]) / theta[1])
		smooth[i] = keep*smooth[i-1] + (1-keep)*v
	}
	top := 0.0
	for _, v := range smooth {
		top = max(top, v)
	}
	col := make([]float64, len(at))
	for k, i := range at {
		col[k] = smooth[i] / max(top, 1e-300)
	}
	return [][]float64{col}
}

func searchDemand(p *points) candidate {
	if p.demand == nil {
		return candidate{reason: "the demand is not known, or does not change"}
	}
	var g grid
	var cols [][]float64
	for _, power := range [...]float64{0.5, 1} {
		for _, lag := range [...]float64{0, 3, 10} {
			theta := []float64{power, lag}
			col := demandColumns(p, p.at, theta)[0]
			g.add(spread(col), theta...)
			cols = append(cols, col)
		}
	}
	got := make([]product, len(cols))
	g.hold = func(j int) []product {
		for k, col := range cols {
			got[k] = p.white[j].against(col)
		}
		return got
	}
	return p.overGrid(g, len(phis), leastChange(p.top), demandColumns)
}

func describeDemand(full, p *points, c candidate, f *Fitted) {
	r, ok := drawn(full, p, c, f)
	if !ok {
		return
	}
	// The elasticity is the share of the curve that moves with demand, times its power.
	mean := 0.0
	for _, v := range c.cols(p, p.at, c.theta)[0] {
		mean += v / float64(len(p.at))
	}
	level := max(r.coef[0]+r.coef[1]*mean, 1e-9)
	f.Params = []Param{
		r.mixed("elasticity", "", 1, c, mean/level*c.theta[0]),
		p.time("lag", c, 1),
		r.interval("level without demand", "connections", 0, 1),
	}
}
