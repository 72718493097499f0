package analyze

import "math"

// A stair is a rise made of equal jumps: instances that come one by one, each with a pool
// of the same size. It tells instances apart where hosts cannot be: behind one address, or
// in INFO alone. A leak rises by ones, or by batches of any size.
type stair struct {
	size      float64   // connections a jump
	instances float64   // how many came
	share     float64   // of the whole rise that such jumps are
	at        []float64 // their times, unix s
	from, to  int       // first and last of them, as indices of the course
}

// leastJump is the smallest jump that counts: smaller ones are any pool's breathing, or what
// a stream brings between two samples. Below clearJump a stream that rises in nearly every
// sample can look like equal jumps: the counts of a Poisson stream of 8 lie within one of
// it four times in ten, those of one of 16 twice.
const (
	leastJump = 8
	clearJump = 16
)

// stairOf measures the rises of a course. Jumps that fell between the same two samples
// count as several.
func stairOf(t, v []float64) stair {
	var jumps []float64
	total := 0.0
	w := rises(v)
	for _, d := range w {
		total += d
		if d >= leastJump {
			jumps = append(jumps, d)
		}
	}
	s := stair{from: -1}
	if len(jumps) < 3 || total <= 0 {
		return s
	}
	// The size is the one among the jumps that explains most of them, as one instance or
	// up to three at once.
	best := 0.0
	for _, size := range jumps[:min(len(jumps), 256)] {
		sum := 0.0
		for _, d := range jumps {
			if instancesIn(d, size) > 0 {
				sum += d
			}
		}
		if sum > best {
			best, s.size = sum, size
		}
	}
	even := 0.0
	for k, d := range w {
		n := instancesIn(d, s.size)
		if n == 0 {
			continue
		}
		even += d
		s.instances += n
		s.at = append(s.at, t[k])
		if s.from < 0 {
			s.from = k
		}
		s.to = k
	}
	// Instances come now and then: a rise in every sample is a stream.
	if s.size < clearJump && float64(len(jumps)) > 0.7*float64(max(s.to-s.from, 1)) {
		return stair{from: -1}
	}
	s.share = even / total
	return s
}

// risesGently tells whether INFO, where it comes oftener than the lists, shows no jumps: what
// comes evenly makes equal jumps of lists that are equally far apart.
func (m *model) risesGently(w window) bool {
	lo, hi := m.lists[w.lo], m.lists[w.hi-1]
	if hi-lo < 2*w.len() {
		return false
	}
	total, jumps := 0.0, 0.0
	_, v := m.levels(lo, hi)
	for i := 1; i < len(v); i++ {
		if d := v[i] - v[i-1]; d > 0 {
			total += d
			if d >= leastJump {
				jumps += d
			}
		}
	}
	return jumps < 0.5*total
}

// instancesIn gives how many pools of a size a jump is, 0 where it is none: the counts of a
// stream differ by their root, at least.
func instancesIn(d, size float64) float64 {
	n := math.Round(d / size)
	if d < leastJump || n < 1 || n > 3 || math.Abs(d-n*size) > max(1, 0.06*size) {
		return 0
	}
	return n
}

// fewAddresses is how many addresses may be gateways (nodes, proxies) with many instances
// behind each. Where there are more, an address is taken for an instance.
const fewAddresses = 5

// hostsHidden tells whether hosts cannot be told apart, or an address may stand for many.
func (m *model) hostsHidden() bool {
	return m.infoOnly || m.addresses > 0 && m.addresses <= fewAddresses
}

// allInOne tells whether all clients look like one source: without lists, or behind one
// address.
func (m *model) allInOne() bool { return m.infoOnly || m.oneAddress }

// stairs measures the rise of all connections over a window of lists.
func (m *model) stairs(w window) stair {
	if w.len() < 6 || w.lo > 0 && m.s[m.lists[w.lo]].Epoch != m.s[m.lists[w.lo-1]].Epoch {
		return stair{from: -1} // too short, or a fleet that comes back after a restart
	}
	if m.risesGently(w) {
		return stair{from: -1}
	}
	return stairOf(m.t[w.lo:w.hi], m.course(w, func(i int) float64 { return m.occ[i] }))
}

// elasticity gives how commands followed connections over a window: 1 where they grew in
// proportion, 0 where they stayed; NaN where connections hardly changed.
func (m *model) elasticity(w window) float64 {
	n0, n1 := ends(m.course(w, func(i int) float64 { return m.occ[i] }))
	c0, c1 := ends(m.course(w, func(i int) float64 { return m.s[i].Commands / m.s[i].Span }))
	if !(n1 > 1.15*n0) || !(n0 > 0) || !(c0 > 0) || !(c1 > 0) {
		return math.NaN()
	}
	return math.Log(c1/c0) / math.Log(n1/n0)
}
