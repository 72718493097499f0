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
	Dear    bool                    // it takes milliseconds: measured where the signs before it would name the cause
	Steep   float64                 // not 0: no ramp; the odds grow by this power of the value, even at Value
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
}

// A rule is a view's, taken apart: all of these, any of these, all of these.
type rule struct {
	*View
	clauses [][][]*Sign
}

// Ramp tells whether the sign counts more or less, by how far a value lies between None and
// Full, or by its odds; else Value is one number.
func (s *Sign) Ramp() bool { return s.None != s.Full || s.Steep != 0 }

// Range gives the sign's numbers with their unit, as people read them.
func (s *Sign) Range() string { return s.ends() + " " + s.Unit }

func (s *Sign) ends() string {
	// The numbers of the table are products of others, as 0.3 times 2; nobody means the last digits.
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }
	switch {
	case s.Steep != 0:
		return "half at " + number(s.Value)
	case s.Ramp():
		return "none at " + number(s.None) + ", full at " + number(s.Full)
	}
	return number(s.Value)
}

// A Reading is a sign with the value that a recording gave it and how much it counts, 0 to 1.
type Reading struct {
	*Sign
	Value, Score float64
	Counts       bool // it is not of an alternative that another stood in for
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
// What another stood in for is passed over.
func (s *Subject) Weakest() *Reading {
	var least *Reading
	for i := range s.Readings {
		if r := &s.Readings[i]; r.Counts && r.Score < 1 && (least == nil || r.Score < least.Score) {
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
	Watch func(s *Sign, worth float64) // told of every row that is read, on any subject; may be nil

	now, best Subject
	most      float64 // score of best
	judged    bool
	rules     map[string]rule
}

// Judge measures the signs of a view on a subject, of which facts are known, and puts them
// together: all of some are worth as much as the weakest of them, any of some as much as the
// strongest. Signs of one view are measured on the same connections and hang together, so that
// no product of them is a probability; the weakest is right however they hang together (it is
// the upper bound of a conjunction, Fréchet 1935), and a cause of seven rows compares with one
// of a single row. A view or sign that is not in the table is a mistake in the code, which
// TestSigns finds.
func (p *Pass) Judge(view, label string, at Span, facts any) float64 {
	r := p.rule(view)
	p.now = Subject{Label: label, View: view, Readings: p.now.Readings[:0], span: at}
	score := 1.0
	for _, clause := range r.clauses {
		best, from, to := -1.0, 0, 0
		for _, all := range clause {
			at, s := len(p.now.Readings), 1.0
			for _, sign := range all {
				if !sign.Dear || score >= Active {
					s = min(s, p.read(sign, facts))
				}
			}
			if s > best {
				best, from, to = s, at, len(p.now.Readings)
			}
		}
		for i := from; i < to; i++ {
			p.now.Readings[i].Counts = true
		}
		score = min(score, best)
	}
	return p.keep(score)
}

// Part gives how far a value lies between the ends of a row that is a parameter of the
// measuring, 0 to 1.
func (p *Pass) Part(name string, value float64) float64 {
	s := p.sign(name)
	worth := stat.Ramp(value, s.None, s.Full)
	if p.Watch != nil {
		p.Watch(s, worth)
	}
	return worth
}

// read measures a sign and writes down its reading.
func (p *Pass) read(s *Sign, facts any) float64 {
	v := s.Of(facts)
	r := Reading{s, v, 1, false}
	if !s.IfKnown || !math.IsNaN(v) {
		r.Score = s.worth(v)
	}
	if p.Watch != nil && !math.IsNaN(v) {
		p.Watch(s, s.worth(v))
	}
	p.now.Readings = append(p.now.Readings, r)
	return r.Score
}

// worth gives how much a value counts, 0 to 1.
func (s *Sign) worth(v float64) float64 {
	switch {
	case s.Steep == 0:
		return stat.Ramp(v, s.None, s.Full)
	case math.IsNaN(v):
		return 0
	}
	return stat.Logistic(s.Steep * math.Log(v/s.Value))
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

// keep keeps the subject judged if none before had a higher score.
func (p *Pass) keep(score float64) float64 {
	if !p.judged || score > p.most {
		p.best, p.most, p.judged = p.now, score, true
		p.best.Readings = slices.Clone(p.now.Readings) // what is kept is not written to any more
	}
	return score
}

// Found gives the subject that was kept; without readings where none was judged.
func (p *Pass) Found() Subject {
	found := p.best
	if p.judged {
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
// with the places between which it was measured; what is not known is none.
func (p *Pass) Evidence(names ...string) (out []finding.Evidence) {
	at := p.places(p.now.span)
	for _, name := range names {
		for i := range p.now.Readings {
			if r := &p.now.Readings[i]; r.Name == name && !math.IsNaN(r.Value) {
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

// Words says why the cause is refused by this reading, and what it would take.
func (r *Reading) Words() string {
	if math.IsNaN(r.Value) {
		return fmt.Sprintf("%s: not known (%s: %s)", r.Says, r.Name, r.Range())
	}
	return fmt.Sprintf("%s (%s: %s)", fmt.Sprintf(r.Short, r.Given()), r.Name, r.Range())
}
