// Package compare lays two recordings side by side: what changed, of the server and of each
// application, by how much and how sure; and what became of the incident, by the one quantity
// that shows whether its cause is still at work.
//
//	Side, Side -> figures of the table of quantities -> tests, corrected for their number -> Outcome
//
// It asks two measured recordings and their reports, and judges no cause anew. A difference is
// one between these two stretches of time: what else differed (the hour, the traffic) is said.
package compare

import (
	"cmp"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// A Side is one recording: what was seen, and what the analysis says of it. Broken tells that
// not all of it could be read.
type Side struct {
	Timeline *timeline.Timeline
	Report   *finding.Report
	Broken   bool
}

// confidence is that of every interval.
const confidence = 0.9

// A pair is the two recordings, measured.
type pair struct {
	a, b   side
	sparse float64 // how many times rarer the lists of the one are; 1 where they are as often
}

type side struct {
	m      *measure.Model
	r      *finding.Report
	app    map[string]*measure.App // by key
	blamed map[*measure.App]bool   // for a growth
}

// subject gives the application of a key, which the side may not have.
func (s side) subject(key string) subject {
	a := s.app[key]
	return subject{s.m, a, s.blamed[a]}
}

// Run compares two recordings, before and after. It changes neither.
func Run(before, after Side) *finding.Comparison {
	ta, ra, tb, rb, named := sameServer(before, after)
	p := &pair{a: newSide(ta, ra), b: newSide(tb, rb)}
	p.sparse = ratio(p.a.m.ListEvery(), p.b.m.ListEvery())
	c := &finding.Comparison{Before: *ra, After: *rb, Settings: settings(p)}
	c.Signals = p.changes(serverQuantities[:], everyone(p.a.m), everyone(p.b.m))
	p.apps(c)
	correct(c)
	slices.SortStableFunc(c.Apps, func(x, y finding.AppChange) int { return cmp.Compare(weight(&y), weight(&x)) })
	c.MoreApps = max(0, len(c.Apps)-finding.MaxApps)
	c.Apps = c.Apps[:len(c.Apps)-c.MoreApps]
	c.Outcome = p.outcome()
	c.Doubts = p.doubts(c, before, after, named)
	return c
}

func newSide(tl *timeline.Timeline, r *finding.Report) side {
	s := side{m: measure.New(tl), r: r, app: map[string]*measure.App{}, blamed: map[*measure.App]bool{}}
	for _, a := range s.m.Apps {
		s.app[a.Key] = a
	}
	for i := range r.Causes {
		if a := s.blames(&r.Causes[i]); a != nil && signOf(r.Causes[i].ID).of == "grew" {
			s.blamed[a] = true
		}
	}
	return s
}

// sameServer picks the server to compare where an input holds several: one of the same name in
// both, else the one in the most trouble. named tells that it was found by its name.
func sameServer(before, after Side) (ta *timeline.Timeline, ra *finding.Report, tb *timeline.Timeline, rb *finding.Report, named bool) {
	of := func(s Side, name string) (*timeline.Timeline, *finding.Report) {
		r := s.Report
		for i := range s.Report.Servers {
			if s.Report.Servers[i].Name == name {
				r = &s.Report.Servers[i].Report
			}
		}
		tl := s.Timeline
		for _, t := range append([]*timeline.Timeline{tl}, tl.Beside...) {
			if t.Name == r.Name {
				tl = t
			}
		}
		return tl, r
	}
	name, best := "", 0
	for i, x := range before.Report.Servers {
		for k, y := range after.Report.Servers { // those in the most trouble come first
			if x.Name == y.Name && x.Name != "" && (name == "" || cmp.Or(cmp.Compare(i+k, best), cmp.Compare(x.Name, name)) < 0) {
				name, best = x.Name, i+k
			}
		}
	}
	ta, ra = of(before, name)
	tb, rb = of(after, name)
	return ta, ra, tb, rb, name != ""
}

// apps adds the applications of either recording.
func (p *pair) apps(c *finding.Comparison) {
	if p.a.m.InfoOnly || p.b.m.InfoOnly {
		return // one stand-in for all clients is no application
	}
	add := func(key string) {
		a, b := p.a.app[key], p.b.app[key]
		x := finding.AppChange{InBefore: a != nil, InAfter: b != nil}
		switch {
		case a != nil && b != nil:
			c.Common++
		case a != nil:
			c.Gone++
		default:
			c.New++
		}
		if a != nil {
			x.Label, x.HostsBefore = a.Label, mostHosts(p.a.m, a)
		}
		if b != nil {
			x.Label, x.HostsAfter = b.Label, mostHosts(p.b.m, b)
		}
		x.Changes = p.changes(appQuantities[:], p.a.subject(key), p.b.subject(key))
		c.Apps = append(c.Apps, x)
	}
	for _, a := range p.a.m.Apps {
		add(a.Key)
	}
	for _, b := range p.b.m.Apps {
		if p.a.app[b.Key] == nil {
			add(b.Key)
		}
	}
}

func mostHosts(m *measure.Model, a *measure.App) int {
	most := 0
	for _, i := range m.Lists {
		most = max(most, a.Hosts(i))
	}
	return most
}

// changes measures quantities of one subject on both sides.
func (p *pair) changes(of []quantity, a, b subject) []finding.Change {
	var out []finding.Change
	for i := range of {
		q := &of[i]
		x, y := q.of(a), q.of(b)
		if !x.seen() && !y.seen() {
			continue
		}
		out = append(out, q.change(x, y, p.comparable(q)))
	}
	return out
}

// comparable says why two figures of a quantity cannot be tested against each other; empty where
// they can.
func (p *pair) comparable(q *quantity) string {
	if q.listed && p.sparse > sparseLists {
		return "CLIENT LIST was taken more rarely in one of the recordings: it misses more of what lived shortly"
	}
	return ""
}

// sparseLists is from which ratio of their distances on lists do not show the same births: one
// that lived for half a distance is missed by half of the rarer lists. It is arbitrary.
const sparseLists = 1.5

// correct corrects the tests for their number, and says what moved.
func correct(c *finding.Comparison) {
	var all []*finding.Change
	for i := range c.Signals {
		all = append(all, &c.Signals[i])
	}
	for i := range c.Apps {
		for k := range c.Apps[i].Changes {
			all = append(all, &c.Apps[i].Changes[k])
		}
	}
	p := make([]float64, len(all))
	for i, x := range all {
		p[i] = x.P
	}
	for i, v := range stat.Holm(p) {
		all[i].P = v
		all[i].Moved = moved(all[i])
	}
}

// shown is the level of a test from which on a change is told.
const shown = 0.05

// moved says how a quantity moved: by its test, and by so much that people care.
func moved(x *finding.Change) finding.Direction {
	d := x.After.Value - x.Before.Value
	least := max(quantityByID(x.ID).least, 0.1*max(math.Abs(x.Before.Value), math.Abs(x.After.Value)))
	switch {
	case math.IsNaN(x.P):
		return finding.Untold
	case x.P >= shown || math.Abs(d) < least:
		return finding.Steady
	case d > 0:
		return finding.Rose
	}
	return finding.Fell
}

// weight orders applications: those that moved first, by how many connections it comes to.
func weight(x *finding.AppChange) float64 {
	w := 0.0
	for i := range x.Changes {
		c := &x.Changes[i]
		d := math.Abs(timeline.Known(c.After.Value) - timeline.Known(c.Before.Value))
		if c.Moved == finding.Rose || c.Moved == finding.Fell {
			d *= 1000
		}
		w = max(w, d*quantityByID(c.ID).weight)
	}
	return w
}

// ratio gives how many times the larger of two positive numbers the other goes into; 1 where one
// is not known.
func ratio(x, y float64) float64 {
	if !(x > 0) || !(y > 0) {
		return 1
	}
	return max(x/y, y/x)
}
