package growth

// leakColumns is the hinge: 0 until the onset theta[0], then the time since.
func leakColumns(p *points, at []int, theta []float64) [][]float64 {
	col := make([]float64, len(at))
	for k, i := range at {
		col[k] = max(p.t[i]-theta[0], 0)
	}
	return [][]float64{col}
}

// onsets gives n times, evenly from the first sample on, that leave at least the last eighth
// of the series after them.
func (p *points) onsets(n int) []float64 {
	out := make([]float64, n)
	for k := range out {
		out[k] = p.x[0] + p.span()*0.875*float64(k)/float64(n)
	}
	return out
}

// hinges makes the grid, and its curves.
func (p *points) hinges() family {
	since := family{f: p.x}
	for _, x := range p.onsets(28) {
		p.leaks.add(p.x[len(p.x)-1]-x, x)
		since.curves = append(since.curves, p.begin(x, -x, 1))
	}
	return since
}

func searchLeak(p *points) candidate {
	return p.overGrid(p.leaks, len(noises), leastRise(p.top), leakColumns)
}

func describeLeak(full, p *points, c candidate, f *Fitted) {
	c.theta = p.refined(c)
	if r, ok := drawn(full, p, c, f); ok {
		f.Params = []Param{
			r.mixed("rate", "connections/min", 1, c, 60/p.step).counted(p.x[len(p.x)-1]-c.theta[0], 60/p.step),
			p.time("onset", c, 0),
			r.interval("level before", "connections", 0, 1),
		}
	}
}

// time gives a non-linear parameter that is a time, in seconds after the first sample.
func (p *points) time(name string, c candidate, d int) Param {
	return Param{name, "s", c.theta[d] * p.step, c.lo[d] * p.step, c.hi[d] * p.step}
}
