package cause

import (
	"fmt"
	"math"
	"strconv"

	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// A Sign is one condition of a cause, as a row: every number that changes the cause's answer
// stands in one. Score, explanation and the reason of a refusal are made of the same row.
type Sign struct {
	Name       string
	None, Full float64 // where it counts nothing and where fully; Full may be the lower. Both 0: the sign is no ramp
	Value      float64 // the number that the cause compares with, where that is not Full
	Unit       string
	Why        string // why these numbers
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
	Readings []Reading
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
}

// On begins with a subject: the readings from here on are of it.
func (p *Pass) On(label string) { p.now = Subject{Label: label} }

// Again begins with the same subject anew.
func (p *Pass) Again() { p.On(p.now.Label) }

// Judged ends with a subject, which is kept if none had a higher score.
func (p *Pass) Judged(score float64) float64 {
	if !p.judged || score > p.most {
		p.best, p.most, p.judged = p.now, score, true
	}
	p.Again() // what is kept is not written to any more
	return score
}

// Found gives the subject that was kept, or the only one.
func (p *Pass) Found() Subject {
	if p.judged {
		return p.best
	}
	return p.now
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
