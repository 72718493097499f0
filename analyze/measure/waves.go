package measure

import (
	"math"

	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// Waves are the times at which connections of one subject came all at once, and what became
// of them. Samples are indices into Model.Samples.
type Waves struct {
	App        *App    // whose they are; Model.All for those that no list shows
	At         []int   // sample in which each began, by time
	Size       float64 // connections of a wave, median
	Held       float64 // share of all connections that came which came in waves
	Stayed     float64 // of a wave's size, by how much the level before the next is higher; median
	Refilled   float64 // share of the waves before which as many had gone: pools that were cut and filled up
	Every      float64 // seconds from one to the next, median
	Spread     float64 // share of the recording from the first to the last
	Share      float64 // Size against the connections in use, median over the waves
	Demand     float64 // how far commands rose with the connections: 0 not at all, 1 in proportion; NaN not known
	Own        float64 // Size against what the subject itself held before; NaN where all clients look like one
	Slow       float64 // share of the waves at whose beginning a slow command ran; NaN without a slow log
	FirstHosts float64 // share of the connections of the waves that came from hosts never seen before
}

// A wave is a run of samples in which far more came than usual.
type wave struct{ lo, hi int } // indices into the slots of a subject

// RecurringWaves gives the waves of an application or, for the Model's All, those of all
// connections accepted; of none where there are fewer than two.
func (m *Model) RecurringWaves(a *App) Waves {
	w := Waves{App: a, Demand: math.NaN(), Own: math.NaN(), Slow: math.NaN()}
	slots, n, births, deaths := m.turnoverOf(a)
	runs, size := wavesIn(m, slots, n, births)
	if len(runs) < 2 {
		return w
	}
	var came, stayed, pauses, shares, own []float64
	all, inWaves, fresh, refilled, slow := 0.0, 0.0, 0.0, 0.0, 0.0
	for _, b := range births {
		all += timeline.Known(b)
	}
	for k, r := range runs {
		w.At = append(w.At, slots[r.lo])
		came = append(came, size[k])
		inWaves += size[k]
		before := n[max(r.lo-1, 0)]
		if k+1 < len(runs) {
			next := runs[k+1]
			stayed = append(stayed, (n[max(next.lo-1, 0)]-before)/size[k])
			pauses = append(pauses, m.Samples[slots[next.lo]].T-m.Samples[slots[r.lo]].T)
		}
		gone := 0.0
		for i := max(r.lo-1, 0); i <= r.hi; i++ {
			gone += timeline.Known(deaths[i])
		}
		if gone >= refilledBy*size[k] {
			refilled++
		}
		shares = append(shares, size[k]/max(m.Occupancy[slots[max(r.lo-1, 0)]], size[k]))
		own = append(own, size[k]/max(before, 1))
		if m.slowWithin(slots[max(r.lo-1, 0)], slots[r.lo]) {
			slow++
		}
		if a != m.All {
			fresh += m.firstFrom(a, slots[r.lo], slots[r.hi])
		}
	}
	w.Size, w.Stayed, w.Every, w.Share = stat.Median(came), stat.Median(stayed), stat.Median(pauses), stat.Median(shares)
	w.Held, w.Refilled = inWaves/max(all, inWaves), refilled/float64(len(runs))
	first, last := m.Samples[w.At[0]].T, m.Samples[w.At[len(w.At)-1]].T
	w.Spread = (last - first) / max(m.Samples[len(m.Samples)-1].T-m.Samples[0].T, 1)
	w.FirstHosts = fresh / max(inWaves, 1)
	if a != m.All || !m.InfoOnly && !m.OneAddress {
		w.Own = stat.Median(own)
	}
	if m.TL.Slowlogs > 0 {
		w.Slow = slow / float64(len(runs))
	}
	w.Demand = m.demandOf(slots, runs, n, size)
	return w
}

// turnoverOf gives, for each sample that tells it, what a subject held, and how many came and
// went since the one before: from the lists, of all connections from the counters of INFO.
func (m *Model) turnoverOf(a *App) (slots []int, n, births, deaths []float64) {
	counted := a == m.All && m.Counts && m.Span > 0
	for i := range m.Samples {
		s := &m.Samples[i]
		switch {
		case counted && s.HasInfo:
			grew := 0.0
			if len(slots) > 0 {
				grew = s.Occupancy() - n[len(n)-1]
			}
			slots, n = append(slots, i), append(n, s.Occupancy())
			births, deaths = append(births, s.Accepted), append(deaths, s.Accepted-grew)
		case !counted && s.List > 0:
			c := a.At(i)
			slots, n = append(slots, i), append(n, float64(c.N))
			births, deaths = append(births, float64(c.Births)), append(deaths, float64(c.Deaths))
		}
	}
	return slots, n, births, deaths
}

// wavesIn finds the runs of samples in which far more came than usual, with how many came. The
// first samples of a server process show what was there before.
func wavesIn(m *Model, slots []int, n, births []float64) (runs []wave, size []float64) {
	usual, most := stat.Median(births), 0.0
	for _, v := range n {
		most = max(most, timeline.Known(v))
	}
	least := max(leastBirths, usualTimes*timeline.Known(usual), leastPart*most)
	began := -1 // index at which the present process was first seen
	for i := 0; i < len(slots); i++ {
		if i == 0 || m.Samples[slots[i]].Epoch != m.Samples[slots[i-1]].Epoch {
			began = i
		}
		if i <= began+1 && began >= 0 || !(births[i] >= least) {
			continue
		}
		r, sum := wave{i, i}, births[i]
		for r.hi+1 < len(slots) && births[r.hi+1] >= least {
			r.hi++
			sum += births[r.hi]
		}
		if i = r.hi; r.hi-r.lo < longestRun {
			runs, size = append(runs, r), append(size, sum)
		}
	}
	return runs, size
}

// firstFrom counts the connections of an application that were opened in some samples by hosts
// never seen before.
func (m *Model) firstFrom(a *App, lo, hi int) (fresh float64) {
	for _, e := range a.Entities {
		if first := m.FirstList(e); first >= len(m.Lists) || m.Lists[first] < lo || m.Lists[first] > hi {
			continue
		}
		for i := lo; i <= hi; i++ {
			fresh += float64(e.At(i).Births)
		}
	}
	return fresh
}

// slowWithin tells whether a command ran between two samples that clients notice.
func (m *Model) slowWithin(lo, hi int) bool {
	for i := range m.TL.Slow {
		c := &m.TL.Slow[i]
		took := float64(c.Micros) / 1e6
		if took >= Noticed && c.T > m.Samples[lo].T-1 && c.T-took < m.Samples[hi].T+1 {
			return true
		}
	}
	return false
}

// demandOf gives how far the commands of the server rose with the waves: their rise in the
// samples of a wave and the one after, against that in the pauses, over the rise of the
// connections.
func (m *Model) demandOf(slots []int, runs []wave, n, size []float64) float64 {
	in := make([]bool, len(slots))
	for _, r := range runs {
		for i := r.lo; i <= min(r.hi+1, len(slots)-1); i++ {
			in[i] = true
		}
	}
	rate := m.Rate(CommandsOf)
	var up, down, rise []float64
	for i, slot := range slots {
		switch v := rate[slot]; {
		case math.IsNaN(v):
		case in[i]:
			up = append(up, v)
		default:
			down = append(down, v)
		}
	}
	for k, r := range runs {
		rise = append(rise, size[k]/max(m.Occupancy[slots[max(r.lo-1, 0)]], 1))
	}
	quiet := stat.Median(down)
	return (stat.Median(up) - quiet) / max(quiet, 1) / max(stat.Median(rise), 1e-9)
}
