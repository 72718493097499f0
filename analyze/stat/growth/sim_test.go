package growth_test

import (
	"math"
	"math/rand/v2"

	"github.com/connbox/connbox/analyze/stat/growth"
)

// The simulator opens and closes connections; it has no formula of the fitters in it. All
// that a shape is made of comes in whole connections: births are Poisson numbers, a
// connection ends within a step with a probability, a pool has slots that are filled.

// A truth is what was simulated.
type truth struct {
	shape string
	param map[string]float64 // by the name of growth.Param
}

type sim struct {
	*rand.Rand
	n    int
	step float64
}

func (s sim) between(lo, hi float64) float64 { return lo + (hi-lo)*s.Float64() }
func (s sim) logBetween(lo, hi float64) float64 {
	return math.Exp(s.between(math.Log(lo), math.Log(hi)))
}
func (s sim) sign() float64 { return float64(2*s.IntN(2) - 1) }

func (s sim) poisson(mean float64) float64 {
	if mean > 500 {
		return max(0, math.Round(mean+math.Sqrt(mean)*s.NormFloat64()))
	}
	k := 0.0
	for u := s.ExpFloat64(); u < mean; u += s.ExpFloat64() {
		k++
	}
	return k
}

// survivors gives how many of n are still there when each ends with probability p.
func (s sim) survivors(n, p float64) float64 {
	left := 0.0
	for range int(n) {
		if s.Float64() >= p {
			left++
		}
	}
	return left
}

// wander is a first-order autoregression of variance 1.
func (s sim) wander(phi float64) []float64 {
	z := make([]float64, s.n)
	z[0] = s.NormFloat64()
	for i := 1; i < s.n; i++ {
		z[i] = phi*z[i-1] + math.Sqrt(1-phi*phi)*s.NormFloat64()
	}
	return z
}

// A healthy base: connections that come and go, a pool that breathes with load, or a fixed
// pool whose clients now and then reconnect. It gives the counts, their mean and deviation.
func (s sim) base() (v []float64, mean, dev float64) {
	v = make([]float64, s.n)
	mean = s.logBetween(5, 200)
	switch s.IntN(3) {
	case 0:
		end := s.logBetween(0.01, 1)
		n := s.poisson(mean)
		for i := range v {
			n = s.survivors(n, 1-math.Exp(-end)) + s.poisson(mean*(1-math.Exp(-end)))
			v[i] = n
		}
		return v, mean, math.Sqrt(mean)
	case 1:
		phi := [...]float64{0, 0.5, 0.8, 0.9, 0.95, 0.98}[s.IntN(6)]
		cv := s.between(0.02, 0.12)
		for i, z := range s.wander(phi) {
			v[i] = max(0, math.Round(mean*(1+cv*z)))
		}
		return v, mean, cv * mean
	default:
		mean = math.Round(mean)
		for i := range v {
			v[i] = mean
			if s.Float64() < 0.03 {
				v[i]--
			}
		}
		return v, mean, 0.2
	}
}

// load is commands a second: a daily curve and a wander.
func (s sim) load(swing float64) []float64 {
	v := s.wander(0.95)
	phase := s.between(0, 2*math.Pi)
	for i := range v {
		day := 1 + swing*math.Sin(phase+2*math.Pi*float64(i)*s.step/86400)
		v[i] = 1000 * day * math.Exp(0.08*v[i])
	}
	return v
}

// simulate makes one series of a shape.
func simulate(shape string, seed uint64) (growth.Series, truth) {
	s := sim{Rand: rand.New(rand.NewPCG(seed, uint64(len(shape))*977+uint64(shape[0])))}
	s.n, s.step = 30+s.IntN(371), 60
	demand := s.load(s.between(0, 0.5))
	v, mean, dev := s.base()
	tr := truth{shape, map[string]float64{}}
	limit := 0.0
	births := make([]float64, s.n)
	switch shape {
	case growth.Constant:
		tr.param["level"] = mean
	case growth.Steps:
		s.steps(v, mean, dev, tr)
	case growth.Leak:
		s.leak(v, mean, dev, tr)
	case growth.Staircase:
		s.stairs(v, dev, tr)
	case growth.Saturation:
		s.fill(v, mean, dev, tr)
	case growth.Demand:
		demand = s.follow(v, mean, tr)
	case growth.Sawtooth:
		s.saw(v, dev, tr)
	case growth.Pinned:
		limit = s.storm(v, births, mean, dev)
	}
	out := growth.Series{T: make([]float64, s.n), N: v, Limit: limit}
	top := 0.0
	for i := range v {
		v[i] = max(v[i], 0)
		top = max(top, v[i])
		out.T[i] = 1.7e9 + float64(i)*s.step + s.between(0, 0.5)
	}
	if limit == 0 && s.Float64() < 0.7 {
		out.Limit = math.Ceil(top * s.between(1.15, 4))
	}
	if shape == growth.Demand || s.Float64() < 0.7 {
		out.Demand = demand
	}
	if shape == growth.Pinned {
		out.Births = births
	}
	s.holes(out.N)
	return out, tr
}

func (s sim) holes(v []float64) {
	if s.Float64() < 0.4 {
		lost := s.between(0.05, 0.3)
		for i := range v {
			if s.Float64() < lost {
				v[i] = math.NaN()
			}
		}
	}
	if s.Float64() < 0.3 {
		from, long := s.IntN(s.n), s.n/10
		for i := from; i < min(from+long, s.n); i++ {
			v[i] = math.NaN()
		}
	}
}

func (s sim) leak(v []float64, mean, dev float64, tr truth) {
	rise := s.between(1, 3) * max(15, 0.3*mean, 6*dev)
	from := int(s.between(0, 0.6) * float64(s.n))
	rate := rise / float64(s.n-from)
	leaked := 0.0
	for i := from + 1; i < s.n; i++ {
		leaked = s.survivors(leaked, 0.0002) + s.poisson(rate)
		v[i] += leaked
	}
	tr.param["rate"], tr.param["onset"] = rate*60/s.step, float64(from)*s.step
}

func (s sim) steps(v []float64, mean, dev float64, tr truth) {
	k := 1 + s.IntN(3)
	at := s.apart(k, max(6, s.n/12))
	level := 0.0
	for j, from := range at {
		h := math.Round(s.between(1, 2.5) * max(8, 0.2*mean, 6*dev))
		if mean+level > 2.2*h {
			h *= s.sign()
		}
		level += h
		for i := from; i < s.n; i++ {
			v[i] += h
		}
		if j == 0 {
			tr.param["step"] = h
		}
	}
}

// apart gives k places, least apart from each other and from the ends where they fit.
func (s sim) apart(k, least int) []int {
	least = min(least, s.n/(k+2))
	room := s.n - (k+1)*least
	at, sum := make([]int, k), 0
	cuts := make([]float64, k+1)
	total := 0.0
	for i := range cuts {
		cuts[i] = s.ExpFloat64()
		total += cuts[i]
	}
	for i := range at {
		sum += least + int(cuts[i]/total*float64(room))
		at[i] = sum
	}
	return at
}

func (s sim) stairs(v []float64, dev float64, tr truth) {
	height := math.Round(s.between(1, 2) * max(6, 4*dev))
	k := 4 + s.IntN(min(7, s.n/6-3))
	every := float64(s.n) / (float64(k) + 0.5)
	next := every * s.between(0.4, 1)
	level := 0.0
	for i := range v {
		if float64(i) >= next {
			level += height
			next += every * s.between(0.85, 1.15)
		}
		v[i] += level
	}
	tr.param["step"] = height
}

func (s sim) fill(v []float64, mean, dev float64, tr truth) {
	slots := math.Round(s.between(1, 2.5) * max(20, 0.4*mean, 8*dev))
	from := int(s.between(0, 0.5) * float64(s.n))
	tau := max(4, s.between(0.05, 0.25)*float64(s.n-from)*1.5)
	empty := slots
	for i := from + 1; i < s.n; i++ {
		empty = s.survivors(empty, 1-math.Exp(-1/tau))
		v[i] += slots - empty
	}
	tr.param["rise"], tr.param["time constant"], tr.param["onset"] = slots, tau*s.step, float64(from)*s.step
}

func (s sim) follow(v []float64, mean float64, tr truth) []float64 {
	// A recording in which the demand hardly changed beside the noise says nothing of it.
	d := s.load(s.between(0.2, 0.6))
	for spread(d) < 1.6 {
		d = s.load(s.between(0.3, 0.8))
	}
	mean = max(mean, 15, math.Pow(4/(spread(d)-1), 2))
	e := s.between(0.6, 1.1)
	cv := s.between(0, 0.04)
	for i, z := range s.wander(0.8) {
		v[i] = s.poisson(mean * math.Pow(d[i]/1000, e) * max(0.5, 1+cv*z))
	}
	tr.param["elasticity"] = e
	return d
}

func (s sim) saw(v []float64, dev float64, tr truth) {
	height := s.between(1, 3) * max(12, 6*dev)
	teeth := s.between(3, max(4, float64(s.n)/8))
	rate := height * teeth / float64(s.n)
	held, full := s.between(0, height), height
	for i := range v {
		held += s.poisson(rate)
		if held >= full {
			held, full = 0, height*s.between(0.9, 1.1)
		}
		v[i] += math.Round(held)
	}
	tr.param["filling rate"] = rate * 60 / s.step
}

func (s sim) storm(v, births []float64, mean, dev float64) float64 {
	limit := math.Round(max(mean+8*dev, 20) * s.between(1.2, 3))
	from := 0
	rise := 0
	if s.IntN(2) == 0 {
		from, rise = int(s.between(0.15, 0.6)*float64(s.n)), 1+s.IntN(6)
	}
	free := s.logBetween(0.1, 4)
	for i := range v {
		switch {
		case i < from:
		case i < from+rise:
			v[i] = math.Round(v[i] + (limit-v[i])*float64(i-from+1)/float64(rise+1))
			births[i] = limit / float64(rise)
		default:
			v[i] = max(0, limit-s.poisson(free*s.between(0.5, 1.5)))
			births[i] = s.poisson(limit * 0.3)
		}
	}
	return limit
}

// spread gives the largest over the smallest.
func spread(v []float64) float64 {
	lo, hi := math.Inf(1), 0.0
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	return hi / lo
}
