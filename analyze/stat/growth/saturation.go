package growth

import "math"

// saturationColumns rises from the onset theta[0] with the time constant theta[1] towards 1.
func saturationColumns(p *points, at []int, theta []float64) [][]float64 {
	col := make([]float64, len(at))
	for k, i := range at {
		col[k] = -math.Expm1(-max(p.t[i]-theta[0], 0) / theta[1])
	}
	return [][]float64{col}
}

// searchSaturation looks for time constants from three samples (shorter ones are steps) to
// two fifths of what is left of the series (with longer ones less than nine tenths of the rise
// are seen, and the bend hardly).
func searchSaturation(p *points) candidate {
	var grid [][]float64
	for _, x := range p.onsets(20) {
		for _, share := range [...]float64{0.02, 0.04, 0.08, 0.15, 0.25, 0.4} {
			left := p.x[len(p.x)-1] - x
			if tau := share * p.span(); tau >= 2.5/p.perPoint() && tau <= left/2.5 {
				grid = append(grid, []float64{x, tau})
			}
		}
	}
	if len(grid) == 0 {
		return candidate{reason: "too few samples for a bend"}
	}
	return p.overGrid(grid, len(noises), leastRise(p.top), saturationColumns)
}

func describeSaturation(full, p *points, c candidate, f *Fitted) {
	c.theta = p.refined(c)
	if r, ok := drawn(full, p, c, f); ok {
		f.Params = []Param{
			r.mixed("rise", "connections", 1, c, 1).counted(1, 1),
			p.time("time constant", c, 1),
			p.time("onset", c, 0),
			r.interval("level before", "connections", 0, 1),
		}
	}
}
