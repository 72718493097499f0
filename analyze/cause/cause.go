// Package cause says what a cause of running out of connections is: its question, what it
// needs, its numbers with their reasons, and the assessment it makes of a recording. The
// causes themselves stand in the packages below, one family each:
//
//	hold    connections that take slots and keep them
//	refuse  a limit that refuses, and those that come back
//	cut     connections that are cut and opened again
//	stall   a server or a pool that makes clients wait
package cause

import (
	"fmt"
	"math"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// NotAssessed begins the reason of a cause that could not be looked at.
const NotAssessed = "not assessed: "

// A Cause is one way to run out of connections, as data: what it asks, how it decides,
// its tunables with their reasons, what tells it from its neighbours, and what to do.
// The catalog holds all of them; report, explain and the tests read the same table.
type Cause struct {
	ID       string
	Title    string             // as a headline begins
	Phrase   string             // the same within a sentence
	Question string             // what is asked of the recording
	Method   string             // how it is found, in a paragraph of its package's method.md
	Needs    []Need             // without these it is not assessed
	Signs    []Sign             // every number that changes the answer
	Views    []View             // the kinds of recording in which it shows, with what must hold in each
	Refuted  []string           // what in a recording rules it out, in general
	Replies  map[Question]Reply // what to answer where it is the root; else no, with the question's own reason
	Opens    []string           // what-ifs that its report opens with
	Alerts   []string           // alert rules that bear on it, beside those that bear on all
	Follows  finding.Role       // what it is where something else reached the limit; empty: it stands by itself
	Unneeded bool               // nobody needs the connections that its sources hold
	Fixes    []Fix

	Assess func(*Pass) Assessment
}

// Section gives the text under a second heading of a Markdown page, in one line; empty where
// there is none.
func Section(page, heading string) string {
	_, text, _ := strings.Cut(page, "\n## "+heading+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	return strings.Join(strings.Fields(text), " ")
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

// Words says how much of it is needed.
func (n Need) Words() string {
	switch n {
	case NeedCounts, NeedInfo, NeedList:
		return "two replies of " + string(n) + " or more"
	}
	return string(n)
}

// A Question is one that an operator asks whatever the cause is.
type Question string

// The questions.
const (
	RaiseLimit Question = "Raise maxclients?"
	FixLeak    Question = "Fix a leak?"
	ScaleOut   Question = "Scale out?"
)

// A Reply is yes or no, with the reason.
type Reply struct {
	Yes bool
	Why string
}

// A Fix is an action the report proposes when its own data supports it. Every cause has one
// for tonight and one for good. Command may hold {host}, {match}, {user} and {acl}, without
// which it cannot be run and is left out, and {name}, {who}, {cmd}, {better}, {limit}, {onset} and {since}.
type Fix struct {
	Risk    finding.Risk
	Good    bool // ends it for good; else a stop-gap for tonight, or a look
	Command string
	Effect  string
	Check   string
	Gain    string // id of the what-if that computes what it gives; empty: none does
}

// An Assessment is a cause's answer.
type Assessment struct {
	Score    float64         // 0 … 1; from active on, it took part
	Why      string          // why it is not the answer, where the score is low
	Open     string          // a rival that nothing in this recording could rule out, and why; empty: none
	Beside   bool            // counts only beside another cause that took part
	Missing  []Need          // not assessed for want of these
	Onset    int             // sample; -1 unknown
	OnsetLo  int             // the sample before which it cannot have begun; -1 unknown
	Began    *measure.Moment // when it began, where that is known better than by samples; nil: between onsetLo and onset
	End      int             // sample; -1 = still on
	Paced    int             // sample since which the rate in the evidence is counted; 0: the onset
	Spells   []finding.Phase // the stretches in which it went on, where it paused between
	Claim    string
	Sources  []finding.Source
	Evidence []finding.Evidence

	Subject Subject // whom it judged, with the readings of its signs

	Slots func(slot int) float64 // connections it accounts for at a sample with a list; nil: it holds none
}

// No makes the assessment of a cause that did not take part.
func No(score float64, format string, args ...any) Assessment {
	return Assessment{Score: min(score, Active-0.01), Why: fmt.Sprintf(format, args...), Onset: -1, OnsetLo: -1, End: -1}
}

// Beginning gives the moment at which a cause began: its own estimate, or else between the
// sample that shows it and the one before.
func Beginning(m *measure.Model, a *Assessment) measure.Moment {
	switch {
	case a.Began != nil:
		return *a.Began
	case a.Onset < 0 || a.Onset >= len(m.Samples):
		return measure.Moment{Change: stat.Change{At: math.NaN()}}
	}
	return m.Seen(a.OnsetLo, a.Onset)
}

// RefusedUncounted says why nothing follows from refusals that nobody saw.
const RefusedUncounted = "INFO does not count refused connections here"
