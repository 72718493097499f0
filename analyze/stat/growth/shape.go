package growth

import (
	"maps"
	"math"
	"slices"
)

// A Param is a parameter of a fitted shape, with its 90 % interval.
type Param struct {
	Name, Unit    string
	Value, Lo, Hi float64
}

// A Fitted is one shape as it fits a series. With a Weight under 0.001 it has no more than that.
type Fitted struct {
	Shape  string  // a Name of Shapes
	Weight float64 // posterior probability, 0 to 1; all weights add up to 1
	Params []Param
	Curve  []float64 // at each time of the series, those without a count included
	Lo, Hi []float64 // 90 % interval of the curve
	Reason string    // why the shape could not be fitted; Weight is 0 and Curve nil then
}

// A candidate is what a search found.
type candidate struct {
	logE   float64    // evidence
	theta  []float64  // the likeliest non-linear parameters
	lo, hi []float64  // their 90 % intervals
	white  *whitening // by the likeliest noise
	cols   columns
	slope  mixture // the coefficient of the only column
	reason string  // why there is none
}

// columns gives the columns, beside the constant, of which a curve is made up with given
// non-linear parameters, at samples of the series.
type columns func(p *points, at []int, theta []float64) [][]float64

// Names of the shapes.
const (
	Constant   = "constant"            // the count stays about one level
	Steps      = "steps"               // it jumps between levels and stays there: pools, deploys
	Leak       = "steady rise"         // from a moment on it rises steadily: connections are opened and not closed
	Staircase  = "staircase"           // it rises in jumps of about equal height, again and again
	Saturation = "saturating rise"     // it rises ever more slowly to a level: a pool fills to what demand needs
	Demand     = "rise with demand"    // it follows the demand up and down
	Sawtooth   = "sawtooth"            // it fills, is cut, and fills again
	Pinned     = "pinned at the limit" // it stays just below the limit while connections come and go
)

// A grid is the one-column curves of a shape: non-linear parameters, by how much the column of
// each rises over the series, and how one of noises holds all of them against the counts.
type grid struct {
	theta [][]float64
	reach []float64
	hold  func(noise int) []product
}

func (g *grid) add(reach float64, theta ...float64) {
	g.theta, g.reach = append(g.theta, theta), append(g.reach, reach)
}

// overGrid sums the evidence of one-column curves over a grid. The column has to rise: a
// negative coefficient, or one that makes less than least over the series, is none.
// The first kinds of noise are tried.
func (p *points) overGrid(g grid, kinds int, least float64, cols columns) candidate {
	c := candidate{cols: cols, reason: "no rise that counts"}
	best := math.Inf(-1)
	sums := make([]sumLogs, len(g.theta))
	for k := range sums {
		sums[k] = newSumLogs()
	}
	for j := range kinds {
		w, got := &p.white[j], g.hold(j)
		for k, theta := range g.theta {
			cc, cr, reach := got[k].square, got[k].with, g.reach[k]
			if cc < 1e-9 || cr/cc*reach < least || cr/cc*reach > mostReach*p.spread {
				continue
			}
			rss := max(w.rss-cr*cr/cc, 0)
			if w.walk*rss > mostDispersion*cr/cc*reach {
				continue
			}
			e := w.logEvidence(p, 1, rss)
			sums[k].add(e)
			c.slope.add(e, cr/cc, rss/float64(len(p.x)-2)/cc)
			if e > best {
				best, c.theta, c.white, c.reason = e, theta, w, ""
			}
		}
	}
	if c.reason != "" {
		return c
	}
	all, logE := newSumLogs(), make([]float64, len(g.theta))
	for k := range sums {
		logE[k] = sums[k].log()
		all.add(logE[k])
	}
	// ln 2: only half of the prior of the coefficient rises.
	c.logE = all.log() - math.Log(float64(len(g.theta)*kinds)) + math.Ln2
	c.lo, c.hi = intervals(g.theta, logE, c.theta)
	return c
}

// leastChange is the least rise, fall or step that counts at a level: four connections (a
// sampler, a cron job and a shell or two come and go anywhere), or a twentieth.
func leastChange(level float64) float64 { return max(4, level/20) }

// leastRise is the same for what rises slowly, where a tenth may be the hour of the day.
func leastRise(level float64) float64 { return max(5, level/10) }

// mostDispersion is the most that a walk may vary, as a multiple of what it rises by: the
// variance of a Poisson number is its mean, and connections that come in pairs or handfuls
// have a few times that. Without it, the wander of a slow pool would pass for a rise.
const mostDispersion = 3

// mostReach is the most that a curve may rise, as a multiple of the range of the counts: one
// that goes farther leaves it to the noise to take it back.
const mostReach = 1.5

// A mixture is a coefficient as each grid point estimates it, by the weights of these.
type mixture struct{ logW, mean, variance []float64 }

func (m *mixture) add(logW, mean, variance float64) {
	m.logW, m.mean, m.variance = append(m.logW, logW), append(m.mean, mean), append(m.variance, variance)
}

// moments gives the mean and the standard deviation of the whole.
func (m *mixture) moments() (mean, dev float64) {
	top := slices.Max(m.logW)
	var w0, w1, w2 float64
	for i, l := range m.logW {
		w := math.Exp(l - top)
		w0 += w
		w1 += w * m.mean[i]
		w2 += w * (m.mean[i]*m.mean[i] + m.variance[i])
	}
	mean = w1 / w0
	return mean, math.Sqrt(max(w2/w0-mean*mean, 0))
}

func spread(v []float64) float64 { return slices.Max(v) - slices.Min(v) }

// intervals gives the 90 % intervals of each parameter from the evidence of the grid's points, a
// point wider on each side, as the truth may lie between two.
func intervals(theta [][]float64, logE, best []float64) (lo, hi []float64) {
	for d := range best {
		values, weights := marginal(theta, logE, d)
		cum, l, h := 0.0, len(values)-1, len(values)-1
		for i, w := range weights {
			if cum < 0.05 && cum+w >= 0.05 {
				l = i
			}
			if cum < 0.95 && cum+w >= 0.95 {
				h = i
			}
			cum += w
		}
		lo = append(lo, min(best[d], values[max(l-1, 0)]))
		hi = append(hi, max(best[d], values[min(h+1, len(values)-1)]))
	}
	return lo, hi
}

// marginal gives the values of parameter d in rising order with the weight of each.
func marginal(theta [][]float64, logE []float64, d int) (values, weights []float64) {
	top, total := slices.Max(logE), 0.0
	sum := map[float64]float64{}
	for k, e := range logE {
		w := math.Exp(e - top)
		sum[theta[k][d]] += w
		total += w
	}
	for _, v := range slices.Sorted(maps.Keys(sum)) {
		values, weights = append(values, v), append(weights, sum[v]/total)
	}
	return values, weights
}
