package analyze

import (
	"fmt"
	"math"

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
func (m *model) renewal(lo, hi int) fleet {
	var t, closings, steps []float64
	var events, occ float64
	pinned := 0
	for i := max(lo, 1); i < hi; i++ {
		s := &m.s[i]
		d := m.occ[i] - m.occ[i-1]
		if s.Epoch != m.s[i-1].Epoch || math.IsNaN(d) || math.IsNaN(s.Accepted) {
			continue
		}
		c := max(s.Accepted-d, 0)
		if !m.infoOnly {
			c = s.Deaths // of connections that a list showed
		}
		if math.IsNaN(c) {
			continue
		}
		t, closings, steps = append(t, s.T), append(closings, c), append(steps, d)
		events += s.Accepted + c
		occ += m.occ[i] / float64(hi-max(lo, 1))
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
	sd := 1.25 * stat.Mean(trimmed(dev))
	f.random = sd * sd / (events / float64(len(steps)))
	for _, c := range closings {
		f.closed += c
	}
	f.life = occ * (t[len(t)-1] - t[0]) / max(f.closed, 1)
	f.spread = stat.Spread(t, closings)
	if !m.infoOnly && f.life < 3600 { // lists tell the age of each that went
		f.life = m.ageAtDeath()
	}
	if pinned > len(steps)/2 { // the limit keeps the number from wandering
		f.random = 1
	}
	return f
}

// ageAtDeath gives the mean age, in seconds, of the connections that went.
func (m *model) ageAtDeath() float64 {
	var n, lived float64
	for _, s := range m.tl.Sources {
		n, lived = n+float64(s.dead), lived+s.lived
	}
	return lived / max(n, 1)
}

// renewed gives the share of all connections that the application has which closed most.
func (m *model) renewed(lo, hi int) float64 {
	most, share := 0.0, 0.0
	for _, a := range m.apps[:min(len(m.apps), 50)] {
		var closed, n, all float64
		for i := lo; i < hi; i++ {
			c := a.at(m.tl, i)
			closed, n = closed+float64(c.deaths), n+float64(c.n)
			if c.n > 0 {
				all += m.occ[i]
			}
		}
		if closed > most {
			most, share = closed, n/max(all, 1)
		}
	}
	return share
}

// lifetime writes a mean life; where hardly a connection closed, nobody knows it.
func lifetime(sec float64) string {
	if !(sec < 1e9) {
		return "an unknown time (hardly one closed)"
	}
	return duration(sec)
}

// fleeting judges a fan-out where hosts cannot be told apart: the slots are mostly in use,
// by connections that live for minutes, come and go one by one, all the time.
func (p *pass) fleeting() assessment {
	if p.peakSlot < 0 || math.IsNaN(p.used) {
		return no(0, "the limit is not known")
	}
	if len(p.tl.Servers) > 1 {
		return no(0, "the server restarted: what comes back is no fan-out")
	}
	// Where the level was half of the peak and more, before the limit pinned it.
	lo, hi := len(p.s), 0
	for i := range p.s {
		if p.occ[i] >= 0.5*p.occ[p.peakSlot] {
			lo, hi = min(lo, i), i+1
		}
	}
	f := p.renewal(lo, hi)
	share := 1.0
	if !p.infoOnly {
		share = p.renewed(lo, hi)
	}
	refused := p.refused / max(p.refused+p.accepted, 1)
	score := 0.85 * stat.Ramp(p.used, 0.65, p.val("full")) * stat.Ramp(f.life, p.val("life")*2, p.val("life")) * stat.Ramp(f.life, 30, 60) *
		stat.Ramp(f.random, 0.3, p.val("random")) * stat.Ramp(f.spread, 0.45, p.val("even")) * stat.Ramp(f.closed, 15, 40) * stat.Ramp(share, 0.3, p.val("share")) * stat.Ramp(refused, 0.95, p.val("refused"))
	if score < active {
		return no(known(score), "hosts cannot be told apart; at %.0f %% of the limit connections lived for %s on average, and came and went %.0f %% as much at random as instances do",
			p.used*100, lifetime(f.life), min(f.random, 1)*100)
	}
	w := window{0, len(p.lists)}
	onset := p.lists[riseStart(p.t, p.course(w, func(i int) float64 { return p.occ[i] }))]
	a := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	a.sources = p.blame(p.ents, func(e *entity) float64 { // who closed most
		n := int32(0)
		for i := lo; i < hi; i++ {
			n += e.at(p.tl, i).deaths
		}
		return float64(n)
	})
	a.claim = fmt.Sprintf("Connections come and go one by one all the time and live for %s: %.0f of them at once, %.0f %% of the limit.", duration(f.life), p.occ[p.peakSlot], p.used*100)
	a.evidence = []Evidence{
		ev("mean life of a connection (occupancy over closings, Little's law)", f.life, "s", p.pos(lo, false), p.pos(hi-1, false)),
		ev("variance of the count's changes against a Poisson stream's", f.random, "times", p.pos(lo, false), p.pos(hi-1, false)),
		ev("closings are spread over the time (0 even … 1 at once)", f.spread, "KS distance", p.pos(lo, false), p.pos(hi-1, false)),
		ev("highest share of the limit in use", p.used, "share", p.pos(p.peakSlot, false)),
	}
	return a
}
