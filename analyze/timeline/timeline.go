// Package timeline turns a recording into what was seen, in one pass and bounded memory.
//
//	record.Source -> Collect -> Timeline: Samples, Series, slow commands, idle spells
//
// A Sample is one moment with exact differences of the counters since the moment before it in
// the same server process; a Series is one source of connections (host, name, user, library)
// over the samples, a Cell its state at one; an idle spell is a stretch in which a connection
// rests. The clocks, lists and numbers that cannot be are put right or left out here, and
// counted. A Timeline is not changed after Collect; what a record held is copied.
package timeline

import (
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/logs"
	"github.com/connbox/connbox/analyze/snapshot"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/parse/record"
)

// Bounds of a Timeline. They hold its memory under about 100 MB whatever the recording's
// length and the number of clients; 2048 moments are more than a chart's width.
const (
	MaxSamples = 2048
	MaxSources = 4096
	maxSlow    = 1024
	maxCuts    = 2048
)

// A Timeline is everything the analysis may look at: the recording, reduced in one
// streaming pass to bounded memory. It is not changed after Collect.
type Timeline struct {
	Name     string       // of the server, where the input tells several apart
	Asked    record.Asked // where the text asks it, the port by INFO where only that tells it
	Beside   []*Timeline  // the others
	Origin   record.Origin
	Warnings []string

	Samples []Sample         // by time; thinned out by halves past maxSamples
	Servers []finding.Server // one per server process, indexed by Sample.Epoch
	Booted  []float64        // when each process began (unix s, from uptime); NaN unknown

	Sources []*Series     // by host and name, in order of appearance; the last may be "(others)"
	Deaths  []Death       // connections gone with output waiting, or likely cut; bounded
	Slow    []SlowCommand // slow commands, each once, by time; bounded
	SlowAll int           // slow commands seen in all
	Config  map[string]string
	Peak    Peak // per-source picture of the list with the most rows
	Last    Peak // and of the last list

	Slots      record.SlotRule // of the last server process
	Rounds     int             // sampling rounds before thinning
	Failed     int             // probes without a usable reply
	gaps       []float64       // distances of rounds, seconds
	Untimed    bool            // no time is known at all
	Relative   bool            // times count from the server's start: the input had no clock
	Paced      bool            // and they count from the first line, at the pace of the program that printed it
	PacedBy    string          // what told that pace
	Resets     int             // CONFIG RESETSTAT seen
	Backwards  int             // counters that fell by themselves, without a restart or a reset
	Spikes     int             // numbers of connections in one sample that neither the counters nor the samples around it allow; not used
	Mixed      int             // signs that replies of several servers are mixed
	Others     int             // server processes older than the gap before them
	Slowlogs   int             // SLOWLOG replies
	OddIdle    int             // idle times in lists that cannot be, and are not used
	IdleSeen   int             // idle times in all
	ClockSteps int             // times that ran backwards
	Torn       int             // client lists that were cut short; they count for nothing
	TornPos    record.Pos      // the first of them
	Ragged     int             // client lists with another share of INFO's connections than the one before
	Outlived   int             // server processes that began with the connections of the one before
	Twice      int             // client lists in which many connections share an id
	Steps      []clockStep     // clocks that were set, the first maxSteps of them
	StepCount  int             // all of them
	ClockApart float64         // seconds by which the server's clock is ahead of the recorder's; 0: not to tell
	Lists      int             // CLIENT LIST replies; 0: Sources is one stand-in made from INFO
	Totals     totals          // of the last INFO
	Reserved   float64         // slots of maxclients kept for priority sources, by the last CONFIG GET
	Sockets    socketTable     // the last table of sockets by peer; empty: none
	Denied     denied          // what ACL LOG says was denied; empty: none
	Host       hostFacts       // what the recorder read of the server's process; zero: nothing

	Log       logs.Reading    // of the server's own log; no Lines without
	Settings  []Setting       // of a configuration file, beside the replies
	Message   message         // of a client's library, beside the replies
	Unused    finding.Unused  // text of the input that was of no use
	Shots     []snapshot.Shot // the snapshots themselves, while they are few; else nil
	ByChanges bool            // lists came as changes, which are no snapshots
	split     bool            // they were of several servers, and left out
}

// A SlowCommand is one entry of the slow log.
type SlowCommand struct {
	T      float64 // unix s, recorder's clock once reading has ended
	Micros int64
	Cmd    string // first argument, upper case
	Addr   string
	Name   string
	Pos    record.Pos
}

// A Death is a connection that went away with output waiting, or while a client of its
// kind was being cut: what the output-buffer rule looks at.
type Death struct {
	Slot    int
	Id      int64
	Src     int
	OmemMax int64
	Pubsub  bool
	Replica bool
	Pos     record.Pos
}

// A clockStep is a time at which a clock was set, or stood still with its machine.
type clockStep struct {
	At     float64 // unix s of the first INFO after it, by the clock of the beginning
	By     float64 // seconds, forward positive
	Server bool    // the server's clock, not the recorder's
}

// fewRounds is how many rounds may lie in less than minSpan seconds and still be read again
// for their snapshots.
const fewRounds = 12

// WantsRows tells whether a recording is so short that its snapshots say more than its
// course, or of several servers, but came as changes: Collect it again, as a Source that is no ChangeSource.
func (tl *Timeline) WantsRows() bool {
	return tl.split || tl.ByChanges && (tl.Rounds <= fewRounds || len(tl.Beside) > 0)
}

// Interval gives the median distance of sampling rounds; -1 s where it is not known.
func (tl *Timeline) Interval() time.Duration {
	if len(tl.gaps) == 0 || tl.Untimed {
		return -time.Second
	}
	return time.Duration(stat.Median(tl.gaps) * float64(time.Second))
}

// LastSeen gives the time (unix s) of the last sample that tells how many connections there are; 0:
// none does.
func (tl *Timeline) LastSeen() float64 {
	for i := len(tl.Samples) - 1; i >= 0; i-- {
		if s := &tl.Samples[i]; s.HasInfo || s.HasList {
			return s.T
		}
	}
	return 0
}

// Gaps counts distances over two and a half intervals.
func (tl *Timeline) Gaps() int {
	m, n := stat.Median(tl.gaps), 0
	for _, g := range tl.gaps {
		if g > 2.5*m && m > 0 {
			n++
		}
	}
	return n
}
