package finding

import (
	"math"
	"time"
)

// A Contribution is one part of a verdict's confidence. All parts sum to it.
type Contribution struct {
	What  string
	Value float64
}

// A Phase is a stretch in which connections went on as a line.
type Phase struct {
	From, To   time.Time
	Begin, End float64 // connections at these, by the line
	PerMin     float64 // connections a minute, and the 90 % interval
	Lo, Hi     float64
}

// Rises tells whether the phase certainly goes up, Falls whether it certainly goes down.
func (p Phase) Rises() bool { return p.Lo > 0 && p.End-p.Begin >= 1 }

// Falls is explained at Rises.
func (p Phase) Falls() bool { return p.Hi < 0 && p.Begin-p.End >= 1 }

// A Report is everything connbox says about a recording. The JSON of the contract, the
// terminal summary, the Markdown and the page are all written from it and add no facts.
type Report struct {
	Name         string         // of the server, where the input tells several apart
	Servers      []ServerReport // all, the one in the most trouble (this) first; empty for one alone
	Input        Input
	Verdict      Verdict
	Causes       []Finding   // what took part, most to blame first; empty when healthy
	Candidates   []Candidate // every cause with some probability, and HealthyID; best first, summing to at most 1
	RuledOut     []RuledOut  // the rivals and why not, in the catalog's order
	NotAssessed  []RuledOut  // causes that the recording cannot speak to, and what it lacks
	Unused       Unused      // text that was of no use
	Snapshot     Snapshot    // what the input says where it is too short for a course
	Timeline     []Event     // by time
	Impact       Impact
	Actions      []Action // what to do now, safest first
	WhatIf       []WhatIf
	DataQuality  []Doubt
	Observations []string // remarks that are no findings
	ToLimit      Forecast // when the limit is reached if nothing is done
	Pools        []Pool   // of the applications whose use of connections could be counted, the most slots to give back first
	Next         []Step   // undetermined: the observations that would settle it
	Answers      []Answer // the three questions of the playbook
	Alert        Alert    // the rule that would have warned first; no Name where none would have
	Instead      string   // what to do where all three are No, with its number; else empty

	Course  []Phase  // how the connections in use grew, by time
	Holders []Holder // who held the slots, most connections at the peak first; at most 50
	Held    Held     // the same through time
	Signals []Signal // the series behind the charts, in Signals' order
	Closer  []Signal // some of them sampled closer over a part of the time, where somebody asked for it
	Limit   Limit    // the connection limit in force
	Config  []ConfigValue
}

// Input says what was analysed.
type Input struct {
	Kind     string // "bundle" or "dump"
	Form     string // of a dump: the program that printed it; empty for a server's replies
	Name     string
	Target   string // the server's address, where a recorder asked it; else empty
	Label    string // what people call the server, where whoever recorded it said so; else empty
	Cluster  string // that it belongs to, in the same way
	Zone     string // where it runs
	SHA256   string
	From, To time.Time     // zero: no time is known
	Relative bool          // From and To count from the server's start: no clock is known
	Clock    string        // what the distances of times are known by, then
	Samples  int           // sampling rounds: replies or failures close together count once
	Interval time.Duration // median distance of samples; negative: not known
	Gaps     int           // distances over 2.5 intervals
	Failed   int           // probes that got no usable reply
	Apart    time.Duration // by which the server's clock is ahead of the recorder's; 0: not to tell
	Servers  []Server      // one per process seen, in order
	LogLines int64         // lines of the server's own log
	// ClientLog counts lines of clients' logs: what the server answered them, which it does not log.
	ClientLog int64
}

// A ServerReport is what an input says of one of its servers.
type ServerReport struct {
	Name   string
	At     string // where its replies begin; may be empty
	Report Report // has no Servers itself
}

// Server is one server process.
type Server struct{ RunID, Version, Role string }

// Status is the outcome.
type Status string

// The three outcomes.
const (
	Incident     Status = "incident"
	Healthy      Status = "healthy"
	Undetermined Status = "undetermined"
)

// A Verdict is the one-line answer.
type Verdict struct {
	Status     Status
	Cause      string         // the root's id; empty unless an incident
	Confidence float64        // probability that the verdict is right; undetermined: that the strongest candidate is
	Parts      []Contribution // what the confidence is made of; they sum to it
	Score      float64        // the same before calibration, 0..1; for fitting it, in no report
	Summary    string         // one sentence, every number in it is in the evidence
	FromLog    bool           // the server's own log alone named the cause
	Runner     string         // the rival that came closest, and what tells them apart; may be empty
}

// Role is the part a cause played.
type Role string

// The roles.
const (
	Root        Role = "root"
	Trigger     Role = "trigger"
	Amplifier   Role = "amplifier"
	Modifier    Role = "modifier"
	Consequence Role = "consequence"
)

// A Finding is one cause that took part.
type Finding struct {
	ID         string
	Title      string // as a headline begins
	Phrase     string // the same within a sentence
	Role       Role
	Confidence float64
	Onset      time.Time // zero = began before the recording or unknown
	OnsetLo    time.Time // interval that holds the onset
	OnsetHi    time.Time
	End        time.Time // zero = still on at the end
	Spells     []Phase   // the stretches in which it went on, where it paused between; else empty
	Claim      string    // one sentence
	Sources    []Source  // worst first, at most 20
	Evidence   []Evidence
	Growth     Growth // by which shape its connections grew
}

// A Source is who is to blame: all connections with one host, name, user and library, or
// a whole application (Host empty) where no single host stands out.
type Source struct {
	Host, Name, User, Lib string
	Connections           int     // those that count for the cause
	Share                 float64 // of all that count for it, 0..1
}

// A Candidate is a cause, or HealthyID, and how probable it is.
type Candidate struct {
	ID, Title    string
	Probability  float64
	For, Against []Evidence // strongest first
}

// HealthyID stands for no cause at all among the candidates.
const HealthyID = "healthy"

// A Snapshot is what one or two snapshots show. Taken is how many there are; 0 where the
// recording has a course, which says more.
type Snapshot struct {
	Taken   int
	Remarks []Remark
	// Ages and Idles are of the same connections of the last list, in seconds; a sample of them
	// where they are many.
	Ages, Idles []float64
}

// Unused is the text of an input that was of no use. It is kept where the input is a bundle.
type Unused struct {
	Lines int64
	At    []string // places, at most MaxUnused
	Text  []string // what stands there, cut short
}

// MaxUnused is how many places of unused text are named.
const MaxUnused = 20

// RuledOut is a rival cause and why it is not the answer.
type RuledOut struct{ ID, Title, Why string }

// An Event is a line of the timeline.
type Event struct {
	At   time.Time
	What string
	Refs []string // evidence
}

// Impact is what it cost. A negative number means "not known".
type Impact struct {
	Refused      int64         // connections refused
	PeakRefused  float64       // per second
	RefusedShare float64       // of attempts, over the whole recording, 0..1
	TimeAtLimit  time.Duration // summed over samples at the limit
	Unavailable  time.Duration // in which no probe was answered, at least; summed
	FirstSignal  time.Time     // first sign; zero = none
	LimitReached time.Time     // zero = never
	Recovered    time.Time     // zero = not within the recording

	AppErrors     float64 // failed calls that the applications counted (--app)
	PeakAppErrors float64 // per second, all instances
}

// Risk says what an action does to production.
type Risk string

// The risks, in rising order.
const (
	Safe        Risk = "safe"
	Changes     Risk = "changes-config"
	Disconnects Risk = "disconnects"
)

// An Action is a step to take now.
type Action struct {
	Risk    Risk
	Good    bool   // ends the cause for good; else a stop-gap for tonight, or a look
	Command string // a command to paste, or an instruction; never contradicts the data
	Effect  string
	Check   string // how to see that it worked
	Gain    string // id of the what-if that computes what it gives; empty: none does
}

// MostSources bounds the sources that a recording's cause names, the largest first.
const MostSources = 20

// WhatIf is one computed alternative. Where the recording does not hold the answer, Missing
// is set and Answer says what it lacks.
type WhatIf struct {
	ID               string // of the Alternative
	Question, Answer string
	Gain             string  // what it gives, as a phrase beside an action; empty: nothing
	Value            float64 // NaN: the answer is not a number
	Lo, Hi           float64 // both 0: no interval
	Unit             string
	Formula          string
	At               []string // positions in the input that it rests on
	Missing          bool
}

// A Forecast is when the limit is reached, in minutes from the end of the recording with a 90 %
// interval; +Inf stands for not in sight. Known is false where nothing can be said.
type Forecast struct {
	Known         bool
	Value, Lo, Hi float64
}

// A Pool is an application's pools of connections: what an instance holds and what it had in use
// at once. The recording tells both at the moments of its lists.
type Pool struct {
	Service   string
	Instances float64
	Size      float64 // connections that an instance holds, on average at the peak
	Needed    float64 // an instance, from a 99 % quantile of those in use, and one to spare
	Lo, Hi    float64 // of that: by the median in use, and by all that were used between two lists
}

// Spare is how many slots all instances would give back.
func (p Pool) Spare() int { return int(math.Round(max(p.Instances*(p.Size-p.Needed), 0))) }

// An Alert is a Prometheus rule over redis_exporter's metrics, and when it would have fired.
type Alert struct {
	Name, Expr string
	Hold       time.Duration // its "for:"
	At         time.Time     // when it fires first
}

// A Doubt is a weakness of the data and what it did to the verdict.
type Doubt struct{ What, Effect string }

// A Step is an observation to take, with its command.
type Step struct{ Command, Why string }

// An Answer is one of the playbook's questions, answered.
type Answer struct {
	Question string // "Raise maxclients?"
	Yes      bool
	Why      string
}

// A Holder is a group of connections in the table of who held the slots.
type Holder struct {
	Label   string // what people call it: the name, else the host, else user@lib
	Hosts   int
	Source  Source
	Base    int     // connections in the first list
	Peak    int     // at the moment of most connections overall
	Last    int     // in the last list
	Births  int     // connections first seen after the first sample
	Deaths  int     // connections gone before the last sample
	Growth  float64 // connections per minute from where they began to rise
	IdleP50 float64 // seconds, at the peak; NaN when no list was taken
	IdleP95 float64
	Blocked int    // at the peak
	PubSub  int    // at the peak
	OMem    int64  // bytes of output buffers at the peak
	TopCmd  string // most frequent last command at the peak
}

// A Signal is one series for a chart. At and Value have the same length.
type Signal struct {
	ID    string // "connections", "refused", "accepted", "closed", "commands", "blocked", "output_memory", "idle"
	Title string
	Unit  string // "clients", "per second", "bytes", "seconds"
	Step  bool   // draw as steps: the value holds since the sample before
	Log   bool   // log axis suits it
	At    []time.Time
	Value []float64 // NaN = missing
}

// Limit is the connection limit.
type Limit struct {
	Effective int64  // slots for clients; 0 = unknown
	From      string // where it was read: "INFO", "CONFIG GET", "refusals"
	At        []time.Time
	Value     []float64 // its course, one per sample that told it
}

// ConfigValue is one setting in force that mattered.
type ConfigValue struct{ Key, Value string }
