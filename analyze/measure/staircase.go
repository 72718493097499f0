package measure

import "math"

// A stair is a rise made of equal jumps: instances that come one by one, each with a pool
// of the same size. It tells instances apart where hosts cannot be: behind one address, or
// in INFO alone. A leak rises by ones, or by batches of any size.
type stair struct {
	Size      float64   // connections a jump
	Instances float64   // how many came
	Share     float64   // of the whole rise that such jumps are
	At        []float64 // their times, unix s
	From, To  int       // first and last of them, as indices of the course
}

// stairOf measures the rises of a course. Jumps that fell between the same two samples
// count as several.
func stairOf(t, v []float64) stair {
	var jumps []float64
	total := 0.0
	w := Rises(v)
	for _, d := range w {
		total += d
		if d >= leastJump {
			jumps = append(jumps, d)
		}
	}
	s := stair{From: -1}
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
			best, s.Size = sum, size
		}
	}
	even := 0.0
	for k, d := range w {
		n := instancesIn(d, s.Size)
		if n == 0 {
			continue
		}
		even += d
		s.Instances += n
		s.At = append(s.At, t[k])
		if s.From < 0 {
			s.From = k
		}
		s.To = k
	}
	// Instances come now and then: a rise in every sample is a stream.
	if s.Size < clearJump && float64(len(jumps)) > streamPart*float64(max(s.To-s.From, 1)) {
		return stair{From: -1}
	}
	s.Share = even / total
	return s
}

// risesGently tells whether INFO, where it comes oftener than the lists, shows no jumps: what
// comes evenly makes equal jumps of lists that are equally far apart.
func (m *Model) risesGently(w Window) bool {
	lo, hi := m.Lists[w.Lo], m.Lists[w.Hi-1]
	if hi-lo < 2*w.Len() {
		return false
	}
	total, jumps := 0.0, 0.0
	_, v := m.Levels(lo, hi)
	for i := 1; i < len(v); i++ {
		if d := v[i] - v[i-1]; d > 0 {
			total += d
			if d >= leastJump {
				jumps += d
			}
		}
	}
	return jumps < gentlePart*total
}

// instancesIn gives how many pools of a size a jump is, 0 where it is none: the counts of a
// stream differ by their root, at least.
func instancesIn(d, size float64) float64 {
	n := math.Round(d / size)
	if d < leastJump || n < 1 || n > atOnce || math.Abs(d-n*size) > max(1, evenJump*size) {
		return 0
	}
	return n
}

// HostsHidden tells whether hosts cannot be told apart, or an address may stand for many.
func (m *Model) HostsHidden() bool {
	return m.InfoOnly || m.addresses > 0 && m.addresses <= fewAddresses
}

// AllInOne tells whether all clients look like one source: without lists, or behind one
// address.
func (m *Model) AllInOne() bool { return m.InfoOnly || m.OneAddress }

// Stairs measures the rise of all connections over a window of lists.
func (m *Model) Stairs(w Window) stair {
	if w.Len() < 6 || w.Lo > 0 && m.Samples[m.Lists[w.Lo]].Epoch != m.Samples[m.Lists[w.Lo-1]].Epoch {
		return stair{From: -1} // too short, or a fleet that comes back after a restart
	}
	if m.risesGently(w) {
		return stair{From: -1}
	}
	return stairOf(m.ListTimes[w.Lo:w.Hi], m.Values(w, func(i int) float64 { return m.Occupancy[i] }))
}

// Elasticity gives how commands followed connections over a window: 1 where they grew in
// proportion, 0 where they stayed; NaN where connections hardly changed.
func (m *Model) Elasticity(w Window) float64 {
	n0, n1 := Ends(m.Values(w, func(i int) float64 { return m.Occupancy[i] }))
	c0, c1 := Ends(m.Values(w, func(i int) float64 { return m.Samples[i].Commands / m.Samples[i].Span }))
	if !(n1 > changed*n0) || !(n0 > 0) || !(c0 > 0) || !(c1 > 0) {
		return math.NaN()
	}
	return math.Log(c1/c0) / math.Log(n1/n0)
}
