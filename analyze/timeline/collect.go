package timeline

import (
	"bytes"
	"fmt"
	"math"
	"sort"

	"github.com/connbox/connbox/analyze/snapshot"
	"github.com/connbox/connbox/parse/record"
)

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
	tl          *Timeline
	prev        counters          // the INFO before, for deltas
	rises       [numCounters]rise // of each, to take back
	conns       connTable         // live connections
	srcs        sourceTable       // sources by key
	thin        int               // records folded into one sample: 1, 2, 4 …
	folded      int               // rounds in the last sample so far
	slowID      map[int64]int     // id of slow entries -> epoch, to count each once
	offset      clockOffset
	limit       float64 // from CONFIG GET, for servers whose INFO lacks it
	lastAt      float64
	clock       wallClock
	own         map[int64]bool // ids that the recorder's own connection had
	asker       asker
	shots       snapshot.Collector
	timed       bool // some record had a time
	clocked     bool // of its own
	reserveTold bool // CONFIG GET told how many slots are kept for priority sources
	paced       pace

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
		c.tl.leftOver(int64(bytes.Count(i.Text, []byte{'\n'})), i.Pos, string(i.Text[:min(len(i.Text), 400)]))
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
		c.tl.serverLog(r)
	case *record.Other:
		var log record.Log
		if r.Log(&log) {
			c.tl.serverLog(&log)
		} else {
			c.tl.sockets(r)
			c.tl.denials(r)
			c.tl.host(r, c.lastAt)
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
		if !c.timed && !c.tl.Relative && len(c.tl.Samples) > 0 && h.At.Year() != record.DayUnknown.Year() {
			c.datedAt(c.now(h))
		}
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

// datedAt gives the samples before the first time of an input that time: they are not of 1970.
func (c *collector) datedAt(t float64) {
	for i := range c.tl.Samples {
		c.tl.Samples[i].T = t
	}
	c.lastAt, c.conns.lastT = t, t
	if c.prev.ok {
		c.prev.t = t
	}
}

// open starts a new sample, or folds it into the last one while the timeline is thinned.
func (c *collector) open(t float64) *Sample {
	tl := c.tl
	epoch := max(len(tl.Servers)-1, 0)
	if n := len(tl.Samples); n > 0 && c.folded < c.thin {
		c.folded++
		fresh := NewSample(t, epoch)
		tl.Samples[n-1].fold(&fresh)
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
		a.fold(&s[i+1])
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
	s.Full = s.Full || f.Class == record.FailMaxClients
	if s.FailPos == (record.Pos{}) {
		s.FailPos = f.Pos
	}
}

// Kept are the settings a report shows or reasons with.
var Kept = [...]string{"maxclients", "timeout", "tcp-keepalive", "client-output-buffer-limit", "maxmemory-clients",
	"protected-mode", "tcp-backlog", "slowlog-log-slower-than", "slowlog-max-len", "hz", "maxclients-reserved"}

func (c *collector) config(r *record.Config) {
	for _, k := range Kept {
		if v, ok := r.Get(k); ok {
			c.tl.Config[k] = v
		}
	}
	for _, k := range [...]string{"port", "tls-port"} { // for commands, not for a report
		if v, ok := r.Get(k); ok {
			c.tl.Config[k] = v
		}
	}
	reserved, told := r.Reserved()
	if told && !c.reserveTold { // what came before had the same
		for i := range c.tl.Samples {
			c.tl.Samples[i].keep(float64(reserved))
		}
	}
	if c.reserveTold = c.reserveTold || told; told {
		c.tl.Reserved = float64(reserved)
	}
	if v, ok := r.Get("maxclients"); ok {
		var n int64
		if _, err := fmt.Sscan(v, &n); err == nil && n > 0 {
			c.limit = float64(n)
			for i := range c.tl.Samples {
				if math.IsNaN(c.tl.Samples[i].Limit) {
					c.tl.Samples[i].Limit = max(c.limit-c.tl.Reserved, 1)
				}
			}
		}
	}
}

// reserve takes the slots that are kept for priority sources off the limit. The connections of
// these are told apart by INFO; a sample before the first CONFIG GET is mended when that comes.
func (c *collector) reserve(s *Sample, i *record.Info) {
	for _, key := range record.PriorityKeys {
		if s.Priority = gauge(i, key); !math.IsNaN(s.Priority) {
			break
		}
	}
	if c.reserveTold {
		s.keep(c.tl.Reserved)
	}
}

// finish closes the books: connections still there are no deaths.
func (c *collector) finish() {
	for i := range c.tl.Samples {
		if c.tl.Reserved == 0 { // that priority sources are connected says not that slots are kept for them
			c.tl.Samples[i].Priority = math.NaN()
		}
	}
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
		s.settle(c.tl.Samples)
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

// appendBounded keeps the first maxSamples·4 distances: enough for a median.
func appendBounded(x []float64, v float64) []float64 {
	if len(x) < 4*MaxSamples {
		x = append(x, v)
	}
	return x
}
