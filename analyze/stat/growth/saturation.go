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
	if len(p.decays.theta) == 0 {
		return candidate{reason: "too few samples for a bend"}
	}
	return p.overGrid(p.decays, len(noises), leastRise(p.top), saturationColumns)
}

// mostDecay is how many time constants a family spans: more, and its first curves are so much
// larger than its last that the sums lose the digits of these.
const mostDecay = 10

// saturations makes the grid, and gives its curves as families of exponentials.
func (p *points) saturations() (families []family) {
	for _, share := range [...]float64{0.02, 0.04, 0.08, 0.15, 0.25, 0.4} {
		tau, from := share*p.span(), math.Inf(-1)
		for _, x := range p.onsets(20) {
			left := p.x[len(p.x)-1] - x
			if tau < 2.5/p.perPoint() || tau > left/2.5 {
				continue
			}
			if x-from > mostDecay*tau {
				from = x
				decay := family{f: make([]float64, len(p.x))}
				for k := p.begin(x, 0, 0).k; k < len(p.x); k++ {
					decay.f[k] = math.Exp((from - p.x[k]) / tau)
				}
				families = append(families, decay)
			}
			p.decays.add(-math.Expm1(-left/tau), x, tau)
			last := &families[len(families)-1]
			last.curves = append(last.curves, p.begin(x, 1, -math.Exp((x-from)/tau)))
		}
	}
	return families
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
