package cause

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// A Sign is one condition of a cause, as a row: every number that changes the cause's answer
// stands in one. Score, explanation and the reason of a refusal are made of the same row.
//
// A row with both ends is a condition that is measured on a subject by Of. A row with a Value
// alone is a parameter of the measuring.
type Sign struct {
	Name       string
	None, Full float64 // where it counts nothing and where fully; Full may be the lower. Both 0: the sign is no ramp
	Value      float64 // the number that the cause compares with, where that is not Full
	Unit       string
	Why        string // why these numbers

	Of      func(facts any) float64 // measures it on a subject, NaN where that is not known; made by Of
	Says    string                  // what is measured, as evidence names it
	Short   string                  // why the cause is refused where this falls short; %s is the value
	IfKnown bool                    // where it is not known, it counts neither for nor against
	Most    float64                 // the most it may count; 0: 1
}

// Of makes a row's measuring function of one that knows the type of the facts.
func Of[F any](f func(F) float64) func(any) float64 {
	return func(facts any) float64 { return f(facts.(F)) }
}

// A View is a kind of recording in which a cause shows, with the rule by which its signs are
// put together there.
type View struct {
	Name string // as "client lists", "INFO alone"
	// Rule names the signs. All that stand between commas must hold; what stands between bars
	// may stand in for one another, each with all that & joins: "gain, ratio | kept & many".
	Rule string
	Most float64 // the most that the view may count; 0: 1
}

// A rule is a view's, taken apart: all of these, any of these, all of these.
type rule struct {
	*View
	clauses [][][]*Sign
}

// Ramp tells whether the sign counts more or less, by how far a value lies between None and
// Full; else Value is one number.
func (s *Sign) Ramp() bool { return s.None != s.Full }

// Range gives the sign's numbers with their unit, as people read them.
func (s *Sign) Range() string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	if !s.Ramp() {
		return number(s.Value) + " " + s.Unit
	}
	return "none at " + number(s.None) + ", full at " + number(s.Full) + " " + s.Unit
}

// A Reading is a sign with the value that a recording gave it and how much it counts, 0 to 1.
type Reading struct {
	*Sign
	Value, Score float64
}

// A Subject is what a cause judged, with the readings of its signs: a host, an application;
// empty where it is the whole recording.
type Subject struct {
	Label    string
	View     string // the view in which it was judged
	Readings []Reading
	At       []string // places in the input between which it was measured

	span Span
}

// A Span is the stretch of the samples over which a subject was measured.
type Span struct {
	From, To int
	Lists    bool // by their client lists, not by INFO
}

// Weakest gives the reading that counts least; nil where there is none, or all count fully.
func (s *Subject) Weakest() *Reading {
	var least *Reading
	for i := range s.Readings {
		if r := &s.Readings[i]; r.Score < 1 && (least == nil || r.Score < least.Score) {
			least = r
		}
	}
	return least
}

// A Pass is one cause looking at one recording. It remembers what the signs of the most
// suspicious subject were.
type Pass struct {
	*measure.Model
	Cause *Cause

	now, best Subject
	most      float64 // score of best
	judged    bool
	rules     map[string]rule
}

// Judge measures the signs of a view on a subject, of which facts are known, and puts them
// together. A view or sign that is not in the table is a mistake in the code, which TestSigns
// finds.
func (p *Pass) Judge(view, label string, at Span, facts any) float64 {
	r := p.rule(view)
	p.now = Subject{Label: label, View: view, Readings: p.now.Readings[:0], span: at}
	score := 1.0
	for _, clause := range r.clauses {
		best := 0.0
		for _, all := range clause {
			s := 1.0
			for _, sign := range all {
				s *= p.read(sign, facts)
			}
			best = max(best, s)
		}
		score *= best
	}
	return p.Judged(score * orOne(r.Most))
}

func orOne(most float64) float64 {
	if most == 0 {
		return 1
	}
	return most
}

// Part gives how far a value lies between the ends of a row that is a parameter of the
// measuring, 0 to 1.
func (p *Pass) Part(name string, value float64) float64 {
	s := p.sign(name)
	return stat.Ramp(value, s.None, s.Full)
}

// read measures a sign and writes down its reading.
func (p *Pass) read(s *Sign, facts any) float64 {
	v := s.Of(facts)
	r := Reading{s, v, 1}
	if !s.IfKnown || !math.IsNaN(v) {
		r.Score = orOne(s.Most) * stat.Ramp(v, s.None, s.Full)
	}
	p.now.Readings = append(p.now.Readings, r)
	return r.Score
}

// rule takes a view's rule apart, once for each pass.
func (p *Pass) rule(view string) rule {
	if r, ok := p.rules[view]; ok {
		return r
	}
	for i := range p.Cause.Views {
		v := &p.Cause.Views[i]
		if v.Name != view {
			continue
		}
		r := rule{View: v}
		for clause := range strings.SplitSeq(v.Rule, ",") {
			var any [][]*Sign
			for all := range strings.SplitSeq(clause, "|") {
				var signs []*Sign
				for name := range strings.SplitSeq(all, "&") {
					signs = append(signs, p.sign(strings.TrimSpace(name)))
				}
				any = append(any, signs)
			}
			r.clauses = append(r.clauses, any)
		}
		if p.rules == nil {
			p.rules = map[string]rule{}
		}
		p.rules[view] = r
		return r
	}
	panic(fmt.Sprintf("cause %s has no view %q", p.Cause.ID, view))
}

// On begins with a subject: the readings from here on are of it.
func (p *Pass) On(label string) { p.now = Subject{Label: label, Readings: p.now.Readings[:0]} }

// Again begins with the same subject anew.
func (p *Pass) Again() { p.now = Subject{Label: p.now.Label, Readings: p.now.Readings[:0]} }

// Judged ends with a subject, which is kept if none had a higher score.
func (p *Pass) Judged(score float64) float64 {
	if !p.judged || score > p.most {
		p.best, p.most, p.judged = p.now, score, true
		p.best.Readings = slices.Clone(p.now.Readings) // what is kept is not written to any more
	}
	if p.now.View == "" {
		p.Again()
	}
	return score
}

// Found gives the subject that was kept, or the only one.
func (p *Pass) Found() Subject {
	found := p.now
	if p.judged {
		found = p.best
	}
	if found.View != "" {
		found.At = p.places(found.span)
	}
	return found
}

func (p *Pass) places(at Span) []string {
	if at.From == at.To {
		return []string{p.Place(at.To, at.Lists)}
	}
	return []string{p.Place(at.From, at.Lists), p.Place(at.To, at.Lists)}
}

// Evidence makes evidence of the readings of the subject that was judged last, in this order,
// with the places between which it was measured.
func (p *Pass) Evidence(names ...string) (out []finding.Evidence) {
	at := p.places(p.now.span)
	for _, name := range names {
		for i := range p.now.Readings {
			if r := &p.now.Readings[i]; r.Name == name {
				out = append(out, finding.New(r.Says, r.Value, r.Unit, at...))
			}
		}
	}
	return out
}

func (p *Pass) sign(name string) *Sign {
	for i := range p.Cause.Signs {
		if s := &p.Cause.Signs[i]; s.Name == name {
			return s
		}
	}
	panic(fmt.Sprintf("cause %s has no sign %q", p.Cause.ID, name))
}

// Ramp gives how much a sign counts where it has a value: 0 up to None, 1 from Full on. A
// name that is not in the table is a mistake in the code, which TestSigns finds.
func (p *Pass) Ramp(name string, value float64) float64 {
	s := p.sign(name)
	r := Reading{s, value, stat.Ramp(value, s.None, s.Full)}
	for i := range p.now.Readings {
		if p.now.Readings[i].Sign == s {
			p.now.Readings[i] = r
			return r.Score
		}
	}
	p.now.Readings = append(p.now.Readings, r)
	return r.Score
}

// Number gives the number of a sign that a cause compares with.
func (p *Pass) Number(name string) float64 {
	if s := p.sign(name); s.Value != 0 || !s.Ramp() {
		return s.Value
	}
	return p.sign(name).Full
}

// Given gives the value, for people.
func (r *Reading) Given() string {
	if math.IsNaN(r.Value) {
		return "not known"
	}
	return strconv.FormatFloat(r.Value, 'g', 4, 64)
}

// Words says what a reading is and what it would take, for people.
func (r *Reading) Words() string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	return fmt.Sprintf("%s %s %s (none at %s, full at %s)", r.Name, r.Given(), r.Unit, number(r.None), number(r.Full))
}
