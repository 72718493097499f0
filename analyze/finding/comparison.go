package finding

// A Comparison is what two recordings say of each other. What changed is a statement about these
// two stretches of time and not about why.
type Comparison struct {
	Before, After Report // of the server that is compared, where an input holds several
	Outcome       Outcome
	Settings      []SettingChange // in force at the end of each, where they differ
	Signals       []Change        // of the server, in the order of the table of quantities
	Apps          []AppChange     // the most changed first, at most MaxApps
	MoreApps      int             // left out
	Common        int             // apps in both recordings
	Gone, New     int             // in one only
	Doubts        []Doubt         // what cannot be compared, or only with care
}

// MaxApps is how many apps a Comparison has at most.
const MaxApps = 200

// OutcomeStatus is what became of the incident.
type OutcomeStatus string

// What became of it. Before and after are the recordings in the order in which they were given.
const (
	Fixed     OutcomeStatus = "fixed"     // before has an incident whose quantity is back under a quarter, and after does not name it
	Better    OutcomeStatus = "better"    // it is less, and not gone
	Unchanged OutcomeStatus = "unchanged" // no change can be shown
	Worse     OutcomeStatus = "worse"     // it is more
	Another   OutcomeStatus = "another"   // it is gone, and after has an incident of another cause
	Began     OutcomeStatus = "began"     // only after has an incident
	Ended     OutcomeStatus = "ended"     // only before has one, of an app that is not there after: no fix is shown
	Quiet     OutcomeStatus = "quiet"     // neither has one
	Unknown   OutcomeStatus = "unknown"   // too little to say
)

// An Outcome is the verdict on what happened between two recordings.
type Outcome struct {
	Status     OutcomeStatus
	Confidence float64 // probability that the status is right; NaN where it is unknown
	Cause      string  // whose quantity it rests on; empty: none
	Subject    string  // the app it is of; empty: the server
	Key        Change  // that quantity; no ID where nothing could be measured
	Summary    string  // one sentence
}

// An Interval is a value with the 90 % interval that holds it. A NaN was not measured; an infinite
// end is not bounded.
type Interval struct{ Value, Lo, Hi float64 }

// Direction says how a quantity moved.
type Direction string

// The directions. A quantity moved if its test says so at 0.05, corrected for the number of tests,
// and it is by a tenth at least and by what its row of the table asks for.
const (
	Rose   Direction = "rose"
	Fell   Direction = "fell"
	Steady Direction = "no change shown"
	Untold Direction = "not tested"
)

// A Change is one quantity in both recordings.
type Change struct {
	ID, Title, Unit string
	Before, After   Interval
	Gap             Interval // after − before
	P               float64  // of the test, corrected for the number of tests (Holm); NaN: not tested
	Test            string   // which test
	Moved           Direction
	Why             string // why it was not tested
}

// An AppChange is one application in both recordings.
type AppChange struct {
	Label                   string
	InBefore, InAfter       bool
	HostsBefore, HostsAfter int // most at once
	Changes                 []Change
}

// A SettingChange is a setting, or a fact of the server, that differs; empty: not known.
type SettingChange struct{ Key, Before, After string }
