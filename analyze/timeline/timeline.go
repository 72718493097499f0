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
	"bytes"
	"fmt"
	"math"
	"sort"
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
	Name     string      // of the server, where the input tells several apart
	Beside   []*Timeline // the others
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
	Sockets    socketTable     // the last table of sockets by peer; empty: none

	Log       logs.Reading    // of the server's own log; no Lines without
	Unused    finding.Unused  // text of the input that was of no use
	Shots     []snapshot.Shot // the snapshots themselves, while they are few; else nil
	ByChanges bool            // lists came as changes, which are no snapshots
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

// Collect reads a recording to its end. A Timeline comes back whatever happened; the
// error is the Source's, and what was read before it is in the Timeline. A ChangeSource is
// asked for changes, which are faster to read and give the same Timeline.
func Collect(src record.Source) (*Timeline, error) {
	a := newApart()
	a.now.tl.Origin = src.Origin()
	for _, id := range a.now.tl.Origin.Meta.ObserverID {
		a.now.own[id] = true
	}
	if s, ok := src.(record.ChangeSource); ok {
		s.Changes()
	}
	for src.Scan() {
		a.record(src.Record())
	}
	return a.finish(src), src.Err()
}

// A collector is the state of the one pass.
type collector struct {
	tl      *Timeline
	prev    counters          // the INFO before, for deltas
	rises   [numCounters]rise // of each, to take back
	conns   connTable         // live connections
	srcs    sourceTable       // sources by key
	thin    int               // records folded into one sample: 1, 2, 4 …
	folded  int               // rounds in the last sample so far
	slowID  map[int64]int     // id of slow entries -> epoch, to count each once
	offset  clockOffset
	limit   float64 // from CONFIG GET, for servers whose INFO lacks it
	lastAt  float64
	clock   wallClock
	own     map[int64]bool // ids that the recorder's own connection had
	asker   asker
	shots   snapshot.Collector
	timed   bool // some record had a time
	clocked bool // of its own
	paced   pace

	dialect dialect
}

func newCollector() *collector {
	c := &collector{tl: &Timeline{Config: map[string]string{}, Totals: untold}, thin: 1, slowID: map[int64]int{}, offset: newClockOffset(), limit: math.NaN(),
		own: map[int64]bool{}, conns: connTable{index: map[int64]int32{}}, srcs: sourceTable{index: map[sourceKey]int{}}, lastAt: math.NaN()}
	for k := range c.rises {
		c.rises[k] = unknownRise()
	}
	c.dialect.set(record.Identity{})
	return c
}

func (c *collector) record(r record.Record) {
	if i, ok := r.(*record.Info); ok && !isServers(i) {
		c.leftOver(int64(bytes.Count(i.Text, []byte{'\n'})), i.Pos, string(i.Text[:min(len(i.Text), 400)]))
		return
	}
	c.clocked = c.clocked || !r.Base().At.IsZero()
	if c.tl.ByChanges {
		c.shots.Stop()
	} else {
		c.shots.Add(r)
	}
	switch r.(type) {
	case *record.Info, *record.Clients, *record.ClientChanges, *record.Slowlog, *record.Config:
		c.asker.replies++
	}
	switch r := r.(type) {
	case *record.Info:
		c.info(r)
	case *record.Clients:
		c.rows(r)
	case *record.ClientChanges:
		c.tl.ByChanges = true
		c.changes(r)
	case *record.Slowlog:
		c.slowlog(r)
	case *record.Config:
		c.config(r)
	case *record.Failure:
		c.failure(r)
	case *record.Log:
		c.serverLog(r)
	case *record.Other:
		var log record.Log
		if r.Log(&log) {
			c.serverLog(&log)
		} else {
			c.sockets(r)
		}
	default: // marks and chatter say nothing of connections
	}
}

// isServers tells the INFO of a server from text of the same form, as configuration files have:
// one of its keys or sections is known.
func isServers(i *record.Info) bool {
	for _, key := range [...]string{"connected_clients", "uptime_in_seconds", "used_memory"} {
		if _, ok := i.Value(key); ok {
			return true
		}
	}
	known := false
	i.Each(func(section, key, _ []byte) {
		if !known {
			_, known = record.IsKey(key)
			known = known || record.IsSection(section)
		}
	})
	return known
}

// at gives the sample that a record belongs to: the last one where it was taken within
// half a second and does not hold such a reply yet, else a new one.
func (c *collector) at(h *record.Head, taken func(*Sample) bool) *Sample {
	t := c.lastAt
	if !h.At.IsZero() {
		c.timed = true
		if h.At.Year() == record.DayUnknown.Year() {
			c.tl.Relative, c.tl.Paced, c.tl.PacedBy = true, true, "times of day"
		}
		t = c.now(h)
	} else if math.IsNaN(t) {
		t = 0
	}
	s := c.tl.Samples
	if n := len(s); n > 0 {
		last := &s[n-1]
		if math.Abs(t-c.lastAt) < 0.5 && (c.thin > 1 || !taken(last)) {
			return last
		}
		if t < c.lastAt-backLeast {
			t = c.setBack(t)
		}
		if gap := t - c.lastAt; gap > c.clock.gap {
			c.clock.gap, c.clock.before = gap, c.lastAt
		}
		c.tl.gaps = appendBounded(c.tl.gaps, t-c.lastAt)
	}
	c.tl.Rounds++
	c.lastAt = t
	return c.open(t)
}

// open starts a new sample, or folds it into the last one while the timeline is thinned.
func (c *collector) open(t float64) *Sample {
	tl := c.tl
	epoch := max(len(tl.Servers)-1, 0)
	if n := len(tl.Samples); n > 0 && c.folded < c.thin {
		c.folded++
		fresh := NewSample(t, epoch)
		tl.Samples[n-1].merge(&fresh)
		return &tl.Samples[n-1]
	}
	if len(tl.Samples) >= MaxSamples {
		c.halve()
	}
	c.folded = 1
	tl.Samples = append(tl.Samples, NewSample(t, epoch))
	return &tl.Samples[len(tl.Samples)-1]
}

// halve folds neighbouring samples together, so that a recording of any length keeps
// between maxSamples/2 and maxSamples of them.
func (c *collector) halve() {
	s := c.tl.Samples
	for i := 0; i+1 < len(s); i += 2 {
		a := s[i]
		a.merge(&s[i+1])
		s[i/2] = a
	}
	c.tl.Samples = s[:len(s)/2]
	for _, src := range c.tl.Sources {
		src.halve()
	}
	for i := range c.tl.Deaths {
		c.tl.Deaths[i].Slot /= 2
	}
	c.tl.Peak.Slot /= 2
	for k := range c.rises {
		c.rises[k].slot /= 2
	}
	c.thin *= 2
	c.folded = c.thin
}

func (c *collector) failure(f *record.Failure) {
	s := c.at(&f.Head, func(*Sample) bool { return false })
	if s.Failed == nil {
		s.Failed = map[record.FailureClass]int{}
	}
	s.Failed[f.Class]++
	c.tl.Failed++
	if f.Class == record.FailMaxClients {
		s.Full = true
		if s.FailPos == (record.Pos{}) {
			s.FailPos = f.Pos
		}
	}
}

// Kept are the settings a report shows or reasons with.
var Kept = [...]string{"maxclients", "timeout", "tcp-keepalive", "client-output-buffer-limit", "maxmemory-clients",
	"protected-mode", "tcp-backlog", "slowlog-log-slower-than", "slowlog-max-len", "hz"}

func (c *collector) config(r *record.Config) {
	for _, k := range Kept {
		if v, ok := r.Get(k); ok {
			c.tl.Config[k] = v
		}
	}
	if v, ok := r.Get("maxclients"); ok {
		var n int64
		if _, err := fmt.Sscan(v, &n); err == nil && n > 0 {
			c.limit = float64(n)
			for i := range c.tl.Samples {
				if math.IsNaN(c.tl.Samples[i].Limit) {
					c.tl.Samples[i].Limit = c.limit
				}
			}
		}
	}
}

// finish closes the books: connections still there are no deaths.
func (c *collector) finish() {
	c.dropSpikes()
	c.placeSlow()
	c.tl.Shots = c.shots.Shots()
	c.tl.Untimed = !c.timed && !c.tl.Relative
	sort.Sort(&c.tl.Peak)
	c.lastPicture()
	c.tl.Sources = c.srcs.all
	c.tl.Lists = c.conns.lists
	c.tl.OddIdle, c.tl.IdleSeen = c.conns.oddIdle, c.conns.idleSeen
	c.tl.Ragged, c.tl.Twice, c.tl.Outlived = c.conns.torn.ragged, c.conns.twice, c.conns.outlived
	c.tl.Slots = c.dialect.slots
	if c.tl.Lists == 0 {
		c.tl.standIn()
	}
	for _, s := range c.tl.Sources {
		s.weigh()
	}
}

// lastPicture keeps what the last list showed; its connections' spells are cut short.
func (c *collector) lastPicture() {
	t, rows := &c.conns, 0
	for i := range t.now {
		now := &t.now[i]
		if now.src < 0 {
			continue
		}
		rows++
		if now.spell != 0 {
			c.srcs.all[now.src].Spells.still[now.spell-1]++
		}
	}
	if t.lists > 0 {
		slot := len(c.tl.Samples) - 1
		for slot > 0 && c.tl.Samples[slot].List != t.counted {
			slot--
		}
		c.tl.Last.take(slot, rows, t)
		sort.Sort(&c.tl.Last)
	}
}

// fewRounds is how many rounds may lie in less than minSpan seconds and still be read again
// for their snapshots.
const fewRounds = 12

// WantsRows tells whether a recording is so short that its snapshots say more than its
// course, or of several servers, but came as changes: Collect it again, as a Source that is no ChangeSource.
func (tl *Timeline) WantsRows() bool {
	return tl.ByChanges && (tl.Rounds <= fewRounds || len(tl.Beside) > 0)
}

// Interval gives the median distance of sampling rounds; -1 s where it is not known.
func (tl *Timeline) Interval() time.Duration {
	if len(tl.gaps) == 0 || tl.Untimed {
		return -time.Second
	}
	return time.Duration(stat.Median(tl.gaps) * float64(time.Second))
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

// appendBounded keeps the first maxSamples·4 distances: enough for a median.
func appendBounded(x []float64, v float64) []float64 {
	if len(x) < 4*MaxSamples {
		x = append(x, v)
	}
	return x
}
