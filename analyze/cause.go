package analyze

import (
	"fmt"
	"slices"
	"time"
)

// A Cause is one way to run out of connections, as data: what it asks, how it decides,
// its tunables with their reasons, what tells it from its neighbours, and what to do.
// The catalog holds all of them; report, explain and the tests read the same table.
type Cause struct {
	ID       string
	Title    string  // as a headline begins
	Phrase   string  // the same within a sentence
	Question string  // what is asked of the recording
	Method   string  // the statistic, in a paragraph
	Needs    []Need  // without these it is not assessed
	Params   []Param // every number that changes the answer
	Rivals   []Rival // decisive test against each neighbour
	Fixes    []Fix

	assess func(*pass) assessment
}

// Need is an observation that a cause cannot do without.
type Need string

// The observations.
const (
	NeedCounts  Need = "INFO or CLIENT LIST" // a course of the number of connections
	NeedInfo    Need = "INFO"
	NeedList    Need = "CLIENT LIST"
	NeedSlowlog Need = "SLOWLOG"
	NeedConfig  Need = "CONFIG GET"
	NeedApp     Need = "application pool metrics (--app)"
)

// words says how much of it is needed.
func (n Need) words() string {
	switch n {
	case NeedCounts, NeedInfo, NeedList:
		return "two replies of " + string(n) + " or more"
	}
	return string(n)
}

// A Param is a tunable of a cause.
type Param struct {
	Name  string
	Value float64
	Unit  string
	Why   string
}

// A Rival is a neighbour and the test that separates the two: what holds where this cause is
// right and the neighbour is not.
type Rival struct{ ID, Test string }

// A Fix is an action the report proposes when its own data supports it. Command may hold
// the placeholders {host}, {name} and {limit}.
type Fix struct {
	Risk    Risk
	Command string
	Effect  string
	Check   string
}

// A pass is one cause looking at one recording.
type pass struct {
	*model
	cause *Cause
}

// val gives a tunable; a name that is not in the table is a mistake in the code, which
// TestCatalog finds.
func (p *pass) val(name string) float64 {
	for _, q := range p.cause.Params {
		if q.Name == name {
			return q.Value
		}
	}
	panic(fmt.Sprintf("cause %s has no parameter %q", p.cause.ID, name))
}

// An assessment is a cause's answer.
type assessment struct {
	score    float64 // 0 … 1; from active on, it took part
	why      string  // why it is not the answer, where the score is low
	open     string  // a rival that nothing in this recording could rule out, and why; empty: none
	beside   bool    // counts only beside another cause that took part
	missing  []Need  // not assessed for want of these
	onset    int     // sample; -1 unknown
	onsetLo  int     // the sample before which it cannot have begun; -1 unknown
	began    *moment // when it began, where that is known better than by samples; nil: between onsetLo and onset
	end      int     // sample; -1 = still on
	paced    int     // sample since which the rate in the evidence is counted; 0: the onset
	spells   []Phase // the stretches in which it went on, where it paused between
	claim    string
	sources  []Source
	evidence []Evidence

	slots func(slot int) float64 // connections it accounts for at a sample with a list; nil: it holds none
}

// active is the score from which a cause counts as having taken part: the scores are
// products of ramps that are at a half where evidence is balanced.
const active = 0.5

// no makes the assessment of a cause that did not take part.
func no(score float64, format string, args ...any) assessment {
	return assessment{score: min(score, active-0.01), why: fmt.Sprintf(format, args...), onset: -1, onsetLo: -1, end: -1}
}

// ev makes a piece of evidence for a cause.
func ev(claim string, value float64, unit string, at ...string) Evidence {
	return Evidence{Claim: claim, Value: value, Unit: unit, At: slices.Compact(at), For: true}
}

// within adds an interval.
func (e Evidence) within(lo, hi float64) Evidence {
	e.Lo, e.Hi, e.HasInterval = lo, hi, true
	return e
}

// against turns evidence round.
func (e Evidence) against() Evidence {
	e.For = false
	return e
}

// hhmmss prints a time of day, in UTC, as sentences use it.
func hhmmss(t time.Time) string { return t.UTC().Format("15:04:05") }

// duration prints seconds as people say them.
func duration(sec float64) string {
	switch {
	case sec < 120:
		return fmt.Sprintf("%.0f s", sec)
	case sec < 7200:
		return fmt.Sprintf("%.0f min", sec/60)
	}
	return fmt.Sprintf("%.1f h", sec/3600)
}
