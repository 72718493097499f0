package measure

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
)

// findLimit settles the limit. What INFO or CONFIG GET say may be of another server or another
// time, or edited by hand: a server accepts nobody above its limit, and refuses at no other
// height (but for protected mode, which takes no notice of the number of connections).
// Where the stated limit is contradicted, or none is stated, it is the height of the refusals.
func (m *Model) findLimit() {
	told := 0.0
	for i := range m.Samples {
		if l := m.Samples[i].Limit; !math.IsNaN(l) {
			told = max(told, l)
		}
	}
	switch {
	case told == 0:
		m.inferLimit(3, 0.7, 0.97)
	case m.acceptedAbove():
		m.LimitTold = told
		m.setLimit(math.NaN())
		m.inferLimit(3, 0.7, 0.97)
	default:
		// A steady fleet stands at its height whoever is refused.
		if m.top() <= farBelow*told && (m.inferLimit(8, 0.9, 0.97) || m.inferLimit(5, 0.7, stepUp)) {
			m.LimitTold = told
		}
	}
}

// setLimit replaces the limit of all samples.
func (m *Model) setLimit(l float64) {
	m.Samples = slices.Clone(m.Samples)
	for i := range m.Samples {
		m.Samples[i].Limit = l
	}
}

// top gives the highest occupancy.
func (m *Model) top() float64 {
	top := math.Inf(-1)
	for i := range m.Samples {
		if o := m.Samples[i].Occupancy(); o > top {
			top = o
		}
	}
	return top
}

// acceptedAbove tells whether connections were accepted above the stated limit, again and
// again: it was not lowered below what was connected, which would let nobody in.
func (m *Model) acceptedAbove() bool {
	n, accepted, prev := 0, 0.0, math.NaN()
	for i := range m.Samples {
		s := &m.Samples[i]
		o := s.Occupancy()
		if most := s.Limit*(1+overPart) + overSlots; prev > most && o > most && s.Accepted > 1 { // one may be the recorder's own
			n, accepted = n+1, accepted+s.Accepted
		}
		prev = o
	}
	return n >= overLeast && accepted >= overAccepted
}

// inferLimit finds the limit by the refusals: occupancy rose to a height (from below a share of
// it), and a share of the samples with refusals, of which there are least at least, stand at
// that height. Refusals at any other are no sign of a limit.
func (m *Model) inferLimit(least int, share, below float64) bool {
	top, first := m.top(), -1
	for i := range m.Samples {
		if first < 0 && (m.Samples[i].Refused > 0 || m.Samples[i].Full) {
			first = i
		}
	}
	if first < 0 {
		return false
	}
	slack := max(2, 0.01*top)
	var before []float64
	at, refused := 0, 0
	for i := range m.Samples {
		o := m.Samples[i].Occupancy()
		switch {
		case i < first:
			before = append(before, o)
		case m.Samples[i].Refused > 0:
			refused++
			if o >= top-slack {
				at++
			}
		case m.Samples[i].Full:
			refused, at = refused+1, at+1
		}
	}
	// Few connections stand within the slack of their height whatever happens.
	if was := stat.Median(before); refused < least || float64(at) < share*float64(refused) || !(was < below*top-1 && was <= top-2*slack-1) {
		return false
	}
	m.setLimit(top)
	m.LimitSeen = true
	return true
}

// LimitDoubt says what contradicts the stated limit; empty where nothing does.
func (m *Model) LimitDoubt() string {
	if m.LimitTold == 0 {
		return ""
	}
	if m.LimitSeen {
		return fmt.Sprintf("maxclients is said to be %.0f, but connections were refused at %.0f", m.LimitTold, m.LimitPeak)
	}
	return fmt.Sprintf("maxclients is said to be %.0f, but connections were accepted above it", m.LimitTold)
}

// ConfigLimit gives the limits of CONFIG GET and INFO where the recording has both and INFO
// never had the other's; equal otherwise.
func (m *Model) ConfigLimit() (config, info float64) {
	config = Atof(m.TL.Config["maxclients"])
	if config > 0 {
		config = max(config-m.TL.Reserved, 1)
	}
	for i := range m.TL.Samples {
		switch l := m.TL.Samples[i].Limit; {
		case math.IsNaN(l):
		case l == config:
			return 0, 0
		default:
			info = l
		}
	}
	if math.IsNaN(config) || info == 0 {
		return 0, 0
	}
	return config, info
}

// Lowered gives the first sample that has a lower limit than the one before it in the same process,
// which somebody must have set; -1 where there is none.
func (m *Model) Lowered() int {
	limit, epoch := math.NaN(), -1
	for i := range m.Samples {
		s := &m.Samples[i]
		if s.Epoch == epoch && s.Limit < lowerLimit*limit {
			return i
		}
		if !math.IsNaN(s.Limit) {
			limit, epoch = s.Limit, s.Epoch
		}
	}
	return -1
}

// Descriptors finds the usual descriptor limit that leaves n, and how sure that is.
func Descriptors(n uint64) (limit uint64, sure float64) {
	if n < fewestFDs || n > mostFDs {
		return 0, 0
	}
	if bits.OnesCount64(n) == 1 {
		return n, 0.95
	}
	if bits.OnesCount64(n+1) == 1 || round(n) {
		return n, RoundSure // soft and hard limit are the same: what it finds stays
	}
	step := uint64(StepFDs)
	chosen := n - ReservedFDs
	if n%step != 0 || chosen%chosenFDs == 0 || bits.OnesCount64(chosen) == 1 && n%(2*chosenFDs) >= step {
		return 0, 0
	}
	for h := n; h < n+step; h++ {
		if bits.OnesCount64(h+1) == 1 || round(h) {
			return h, RoundSure
		}
	}
	return 0, 0
}

// round tells whether a number is one digit and noughts, as people set limits.
func round(n uint64) bool {
	d := uint64(1)
	for n/d >= decimal {
		d *= decimal
	}
	return n%d == 0
}
