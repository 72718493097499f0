package finding

import "slices"

// New makes a piece of evidence for a cause.
func New(claim string, value float64, unit string, at ...string) Evidence {
	return Evidence{Claim: claim, Value: value, Unit: unit, At: slices.Compact(at), For: true}
}

// Within adds an interval.
func (e Evidence) Within(lo, hi float64) Evidence {
	e.Lo, e.Hi, e.HasInterval = lo, hi, true
	return e
}

// Against turns evidence round.
func (e Evidence) Against() Evidence {
	e.For = false
	return e
}

// Evidence is one fact for or against a cause, with the place to look it up.
type Evidence struct {
	Ref   string // "E1", "E2" … in the order of the report
	Claim string
	Value float64
	Unit  string
	Lo    float64 // interval; Lo = Hi = 0 and no interval where HasInterval is false
	Hi    float64
	// HasInterval tells that Lo and Hi mean something.
	HasInterval bool
	At          []string // positions in the input
	For         bool     // false: speaks against
	Quotes      []Quote  // what stands at some of them; only where somebody asked for it
}

// A Quote is what the input says at a place, cut short.
type Quote struct {
	At, Text string
	Note     string // what it is a part of
}

// A Remark is a sentence about a snapshot and the places that it rests on. Its topic is the
// question it answers: "how full", "who", "how they live", "what waits", "in between".
type Remark struct {
	Topic, Text string
	At          []string
}
