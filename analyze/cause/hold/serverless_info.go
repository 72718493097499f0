package hold

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// A fleet is how connections were renewed over a window of samples, by the ledger alone.
type fleet struct {
	life   float64 // mean life of a connection, s: occupancy over closings (Little's law)
	random float64 // how far the count moves as independent comings and goings would move it
	spread float64 // 0 closings at an even rate … 1 all at once
	closed float64
}

// renewal measures closings over the samples lo ≤ i < hi. Connections that come and go
// between two samples, and those that are replaced at once, move the counters and not the
// number; instances that come and go by themselves make it wander as a Poisson stream
// does: by the variance of the count's differences against arrivals and closings together.
func renewal(m *measure.Model, lo, hi int) fleet {
	var t, closings, steps []float64
	var events, occ float64
	pinned := 0
	for i := max(lo, 1); i < hi; i++ {
		s := &m.Samples[i]
		d := m.Occupancy[i] - m.Occupancy[i-1]
		if s.Epoch != m.Samples[i-1].Epoch || math.IsNaN(d) || math.IsNaN(s.Accepted) {
			continue
		}
		c := max(s.Accepted-d, 0)
		if !m.InfoOnly {
			c = s.Deaths // of connections that a list showed
		}
		if math.IsNaN(c) {
			continue
		}
		t, closings, steps = append(t, s.T), append(closings, c), append(steps, d)
		events += s.Accepted + c
		occ += m.Occupancy[i] / float64(hi-max(lo, 1))
		if s.AtLimit() {
			pinned++
		}
	}
	f := fleet{life: math.Inf(1), spread: 1}
	if len(steps) < 8 || events == 0 {
		return f
	}
	// A robust variance, about the trend: a few jumps are deploys.
	mid := stat.Median(steps)
	dev := make([]float64, len(steps))
	for i, d := range steps {
		dev[i] = math.Abs(d - mid)
	}
	sd := math.Sqrt(math.Pi/2) * stat.Mean(measure.Trimmed(dev))
	f.random = sd * sd / (events / float64(len(steps)))
	for _, c := range closings {
		f.closed += c
	}
	f.life = occ * (t[len(t)-1] - t[0]) / max(f.closed, 1)
	f.spread = stat.Spread(t, closings)
	if !m.InfoOnly && f.life < cause.ShortLife { // lists tell the age of each that went
		f.life = ageAtDeath(m)
	}
	if pinned > len(steps)/2 { // the limit keeps the number from wandering
		f.random = 1
	}
	return f
}

// ageAtDeath gives the mean age, in seconds, of the connections that went.
func ageAtDeath(m *measure.Model) float64 {
	var n, lived float64
	for _, s := range m.TL.Sources {
		n, lived = n+float64(s.Dead), lived+s.Lived
	}
	return lived / max(n, 1)
}

// renewed gives the share of all connections that the application has which closed most.
func renewed(m *measure.Model, lo, hi int) float64 {
	most, share := 0.0, 0.0
	for _, a := range m.Apps[:min(len(m.Apps), 50)] {
		var closed, n, all float64
		for i := lo; i < hi; i++ {
			c := a.At(i)
			closed, n = closed+float64(c.Deaths), n+float64(c.N)
			if c.N > 0 {
				all += m.Occupancy[i]
			}
		}
		if closed > most {
			most, share = closed, n/max(all, 1)
		}
	}
	return share
}

// lifetime writes a mean life; where hardly a connection closed, nobody knows it.
func lifetime(f fleet) string {
	if math.IsInf(f.life, 1) {
		return "an unknown time (hardly one closed)"
	}
	return finding.Duration(f.life)
}

// fleeting judges a fan-out where hosts cannot be told apart: the slots are mostly in use,
// by connections that live for minutes, come and go one by one, all the time.
func fleeting(p *cause.Pass) cause.Assessment {
	if p.PeakSlot < 0 || math.IsNaN(p.Used) {
		return cause.No(0, "the limit is not known")
	}
	if len(p.TL.Servers) > 1 {
		return cause.No(0, "the server restarted: what comes back is no fan-out")
	}
	// Where the level was half of the peak and more, before the limit pinned it.
	lo, hi := len(p.Samples), 0
	for i := range p.Samples {
		if p.Occupancy[i] >= p.Number("level")*p.Occupancy[p.PeakSlot] {
			lo, hi = min(lo, i), i+1
		}
	}
	f := renewal(p.Model, lo, hi)
	share := 1.0
	if !p.InfoOnly {
		share = renewed(p.Model, lo, hi)
	}
	refused := p.Refused / max(p.Refused+p.Accepted, 1)
	score := p.Judge("hosts hidden", "short lives", cause.Span{From: lo, To: hi - 1}, &fan{used: p.Used, fleet: f, share: share, refused: refused})
	if score < cause.Active {
		return cause.No(score, "hosts cannot be told apart; at %.0f %% of the limit connections lived for %s on average, and came and went %.0f %% as much at random as instances do",
			p.Used*100, lifetime(f), min(f.random, 1)*100)
	}
	w := measure.Window{Lo: 0, Hi: len(p.Lists)}
	onset := p.Lists[measure.RiseStart(p.ListTimes, p.Values(w, func(i int) float64 { return p.Occupancy[i] }))]
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	a.Sources = p.Blame(p.Entities, func(e *measure.Entity) float64 { // who closed most
		n := int32(0)
		for i := lo; i < hi; i++ {
			n += e.At(i).Deaths
		}
		return float64(n)
	})
	a.Claim = fmt.Sprintf("Connections come and go one by one all the time and live for %s: %.0f of them at once, %.0f %% of the limit.", finding.Duration(f.life), p.Occupancy[p.PeakSlot], p.Used*100)
	a.Evidence = append(p.Evidence("life", "random", "even"), finding.New("highest share of the limit in use", p.Used, "share", p.Place(p.PeakSlot, false)))
	return a
}
