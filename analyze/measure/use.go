package measure

import (
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// CommandRate gives commands a second around a sample, as the median of five.
func (m *Model) CommandRate(slot int) float64 {
	r := m.Rate(CommandsOf)
	return stat.Median(r[max(slot-2, 0):min(slot+3, len(r))])
}

// UsedLastingly gives the highest share of the limit in use, but that of the peak where the
// limit was lower only for a moment: set by mistake, and put right. Of a moment that only
// refused probes tell of, nobody knows what the limit was. Connections did not fill a limit that was
// lowered below them: then the use before it counts.
func (m *Model) UsedLastingly() float64 {
	if m.FullProbes > 0 && fewProbes*m.FullProbes < len(m.Samples) {
		most := 0.0
		for i := range m.Samples {
			if s := &m.Samples[i]; !s.Full || s.HasInfo || s.HasList {
				most = max(most, timeline.Known(m.Occupancy[i]/s.Limit))
			}
		}
		return most
	}
	lower := 0
	for i := range m.Samples {
		if m.Samples[i].Limit < lowerLimit*m.LimitPeak {
			lower++
		}
	}
	if fewLower*lower < len(m.Samples) {
		return m.Occupancy[m.PeakSlot] / m.LimitPeak
	}
	if at := m.Lowered(); at > 0 && m.Occupancy[at-1] > m.LimitAt(at) {
		most := 0.0
		for i := range at {
			most = max(most, timeline.Known(m.Occupancy[i]/m.LimitAt(i)))
		}
		return most
	}
	return m.Used
}

// UnusedShare gives the share of an app's connections that were idle for staleAfter at a
// sample; in a recording too short for that, those not used between two lists.
//
// A pool that lends its connections in turn (first in, first out) uses each now and then,
// however few it needs: none is idle for long, and yet most rest at any time. It shows in
// that nearly all idle times are below one turn, where a pool that lends the last one first
// leaves some connections for good. A working pool rests, too: what up to three in ten do
// counts for nothing, and neither does it where commands come to each oftener than every
// few seconds.
func (m *Model) UnusedShare(a *App, slot int) float64 {
	c := a.At(slot)
	if c.N == 0 {
		return 0
	}
	if n := len(m.ListTimes); !m.InfoOnly && n > 1 && m.ListTimes[n-1]-m.ListTimes[0] < timeline.StaleAfter/2 {
		return float64(c.Stale) / float64(c.N) // nothing had the time to be used
	} else if !m.InfoOnly && n > 1 && m.ListTimes[n-1]-m.ListTimes[0] < restLong*timeline.StaleAfter {
		// Doubled towards 1: over one short interval even a working pool rests a lot.
		return max(0, 2*float64(c.N-c.Active)/float64(c.N)-1)
	}
	inTurn := stat.Ramp(float64(c.Stale)/max(float64(c.Resting), 1), turnNone, turnFull)
	if rate := m.CommandRate(slot) / m.Occupancy[slot]; !math.IsNaN(rate) {
		inTurn *= stat.Ramp(rate, busyNone, busyFull)
	}
	n := float64(c.N)
	return max(float64(c.Stale)/n, inTurn*stat.Ramp(float64(c.Resting)/n, restNone, 1))
}

// LastUse gives the last list (index into lists) in which some connection of the entity
// had been used or opened; -1 if none.
func (m *Model) LastUse(e *Entity) int {
	w := m.Shown(e)
	for k := w.Hi - 1; k >= max(w.Lo, 1); k-- {
		if c := e.At(m.Lists[k]); c.Active > 0 || c.Births > 0 {
			return k
		}
	}
	if m.FirstList(e) == 0 {
		return 0
	}
	return -1
}

// Worked tells whether the entity used connections it already had, in at least two lists:
// a pool that was never used is spare, not dead.
func (m *Model) Worked(e *Entity) bool {
	n := 0
	w := m.Shown(e)
	for _, i := range m.Lists[w.Lo:w.Hi] {
		if c := e.At(i); c.Active > c.Births {
			n++
		}
	}
	return n >= 2
}

// healthChecks are the commands by which pools and monitors ask whether a connection lives.
var healthChecks = [...]string{"ping", "echo", "time"}

// Pinged counts the connections of some entities in the last list of which a health check was
// the last command; in the fullest list, where those are more.
func (m *Model) Pinged(ents []*Entity) float64 {
	if m.pinged == nil {
		m.pinged = new([2]map[*timeline.Series]float64)
		for k, pic := range [...]*timeline.Peak{&m.TL.Last, &m.TL.Peak} {
			m.pinged[k] = map[*timeline.Series]float64{}
			for i, src := range pic.Src {
				if slices.Contains(healthChecks[:], pic.Cmd[i]) {
					m.pinged[k][m.TL.Sources[src]]++
				}
			}
		}
	}
	most := 0.0
	for _, n := range m.pinged {
		sum := 0.0
		for _, e := range ents {
			for _, s := range e.Parts {
				sum += n[s]
			}
		}
		most = max(most, sum)
	}
	return most
}

// Replaced counts the connections of an entity that went, and those of them that it
// replaced in the same list or the next: each birth answers one death.
func (m *Model) Replaced(e *Entity) (deaths, answered float64) {
	waiting := 0.0
	w := m.Shown(e)
	for _, i := range m.Lists[w.Lo:w.Hi] {
		c := e.At(i)
		d, b := float64(c.Deaths), float64(c.Births)
		// Births of this list answer deaths of the list before, then its own.
		k := min(b, waiting)
		answered, b = answered+k, b-k
		k = min(b, d)
		answered += k
		waiting, deaths = d-k, deaths+d
	}
	return deaths, answered
}
