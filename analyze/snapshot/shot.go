// Package snapshot says what one or two snapshots of a server show of its connections: one
// INFO, one CLIENT LIST, or both, as people paste them.
//
//	Shot        a snapshot, copied from records
//	Facts       what it says: how full, who holds the slots, how they live
//	Sign        one quantity of the Facts on a ramp from 0 to 1
//	Candidates  how probable each cause is: a multinomial logistic model over the signs
//
// A CLIENT LIST holds its own history: age is every survivor's birth, idle its last use, id
// the order and number of births. INFO holds totals since the server's start. Connections
// that are closed already have left no trace in the list (the survivors' bias): an arrival
// curve of the survivors is a lower bound, the more so the longer ago.
//
// A quantity that was not printed is NaN and weighs nothing. The package reads nothing and
// has no clock; all it returns is its own memory.
package snapshot

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// maxRows bounds the rows kept of a list; more than servers have connections.
const maxRows = 200_000

// A Shot is one snapshot. The zero Shot is empty.
type Shot struct {
	info    map[string]string // values of INFO; nil without
	InfoPos record.Pos
	rows    []record.Client // of CLIENT LIST; nil without
	ListPos record.Pos
	HasList bool
	omitted int64   // connections that the text says it leaves out of the list
	gaps    bool    // it leaves out some, and does not say how many
	At      float64 // unix seconds; NaN where no time is known
	limit   float64 // of CONFIG GET maxclients; NaN
	full    record.Pos
	Full    bool // a probe was refused for want of a slot
	byDocs  bool // limit is what the service documents
	bySet   bool // limit is what a line of a configuration file sets
	nth     int  // of all snapshots of the input, from 1
	replies int  // of the input up to its first: each may have been a connection of its own
	aside
}

// An aside is what an input says beside its snapshots.
type aside struct {
	reserve float64 // slots of the limit that CONFIG GET told to be kept for priority sources
	wait    wait    // the most output that waited, in any list
	keys    float64 // one more than DBSIZE told; 0: not told
	// What prose says of the number of connections, and where: a guess.
	mention   string
	mentioned record.Pos
}

// HasInfo tells whether the snapshot has an INFO.
func (s *Shot) HasInfo() bool { return s.info != nil }

// Limit gives the limit that CONFIG GET told; NaN where it did not.
func (s *Shot) Limit() float64 { return s.limit }

// Documented sets the limit that a service documents, where no other is told; 0 is none.
func (s *Shot) Documented(limit float64) {
	if math.IsNaN(s.limit) && limit > 0 {
		s.limit, s.byDocs = limit, true
	}
}

// Configured sets the limit that a line of a configuration file in the text has, where no other is told.
func (s *Shot) Configured(limit float64) {
	if math.IsNaN(s.limit) && limit > 0 && limit <= mostClients {
		s.limit, s.bySet = limit, true
	}
}

// Nth tells which snapshot of the input this is, from 1.
func (s *Shot) Nth() int { return s.nth }

// Rows gives the number of connections in the list.
func (s *Shot) Rows() int { return len(s.rows) }

// The most that a number may be: more is nobody's, but a hostile or broken text's.
const (
	mostClients = 1 << 30 // of connections at one time
	mostSeconds = 4e9     // of uptime, ages and idle times
	mostTotal   = 1e16    // of what a server counts, and of bytes
)

// mostOf gives the most that the value of a key of INFO may be.
func mostOf(key string) float64 {
	switch key {
	case "connected_clients", "maxclients", "max_clients", "blocked_clients", "connected_slaves", "cluster_connections", "pubsub_clients":
		return mostClients
	case "uptime_in_seconds":
		return mostSeconds
	}
	return mostTotal
}

// num gives a number of INFO; NaN where it is not printed, or cannot be.
func (s *Shot) num(keys ...string) float64 {
	for _, k := range keys {
		if v, ok := s.info[k]; ok {
			if f, err := strconv.ParseFloat(v, 64); err == nil && f >= 0 && f <= mostOf(k) {
				return f
			}
		}
	}
	return math.NaN()
}

// A Collector keeps the first and the last snapshot of an input, until it is clear that the
// input has a course, of which better rules judge. The zero Collector is ready.
type Collector struct {
	shots   []Shot // the first, and the last if it is another
	taken   int    // all snapshots so far
	replies int    // records of all kinds so far
	over    bool
	limit   float64    // of CONFIG GET; 0: not told
	told    float64    // of the last INFO; 0: not told
	refused record.Pos // a probe that was refused before any snapshot
	full    bool
	aside
}

// mention is how prose speaks of the number of connections, by INFO's own word.
var mention = regexp.MustCompile(`\bconnected_clients ?[:=] ?(\d{1,9})\b`)

// More snapshots than maxShots over longer than maxSpan seconds are a recording.
const (
	maxShots = 12
	maxSpan  = 30.0
)

// sameMoment is the distance in seconds within which replies belong to one snapshot, and
// sameVisit that within which a CLIENT LIST and an INFO complete each other: people type, and
// collectors stamp each line.
const (
	sameMoment = 2.0
	sameVisit  = 60.0
)

// Add takes a copy of what a record says. Records of other kinds are passed over.
func (c *Collector) Add(r record.Record) {
	if c.over {
		return
	}
	c.replies++
	switch r := r.(type) {
	case *record.Info:
		s := c.shot(r.Base(), func(s *Shot) bool { return contradicts(s.info, r) }, (*Shot).HasInfo)
		if s.info == nil {
			s.info, s.InfoPos = map[string]string{}, r.Pos
		}
		if v, ok := r.Float("maxclients"); ok && v > 0 {
			c.told = v
		}
		r.Each(func(_, key, value []byte) {
			if _, twice := s.info[string(key)]; !twice {
				s.info[string(key)] = string(value)
			}
		})
	case *record.Clients:
		s := c.shot(r.Base(), func(s *Shot) bool { return s.HasList }, func(s *Shot) bool { return s.HasList })
		s.rows = append(s.rows[:0], r.Rows[:min(len(r.Rows), maxRows)]...)
		s.ListPos, s.HasList = r.Pos, true
		c.waits(s, r)
	case *record.Config:
		if n, ok := r.Reserved(); ok {
			c.reserve = float64(n)
		}
		if v, ok := r.Get("maxclients"); ok {
			if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 0 {
				c.limit = float64(n)
			}
		}
	case *record.Other:
		if n, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(string(r.Text)), "(integer) "), 64); err == nil && n >= 0 && r.Command == "DBSIZE" {
			c.keys = n + 1
		}
	case *record.Chatter:
		if n := len(c.shots); n > 0 && c.shots[n-1].HasList {
			c.shots[n-1].omitted += omitted(r.Text)
			c.shots[n-1].gaps = c.shots[n-1].gaps || gap.MatchString(r.Text)
		}
		if m := mention.FindStringSubmatch(r.Text); m != nil && c.mention == "" {
			c.mention, c.mentioned = m[1], r.Pos
		}
	case *record.Failure:
		if r.Class != record.FailMaxClients {
			break
		}
		if n := len(c.shots); n > 0 {
			c.shots[n-1].Full, c.shots[n-1].full = true, r.Pos
		} else {
			c.full, c.refused = true, r.Pos
		}
	}
}

// leftOut is how people and pagers say that a list goes on: "... and 364 more", "(350 lines
// omitted)".
var leftOut = regexp.MustCompile(`(?mi)^\W*(?:and |plus )?(\d{1,7}) (?:(?:more|other)(?: (?:clients|connections|lines|rows|entries))?|(?:more )?(?:clients|connections|lines|rows|entries) (?:omitted|snipped|skipped|truncated|cut|removed|like (?:this|that|these)|not shown))\W*$`)

// gap is a line by which people say the same without a number.
var gap = regexp.MustCompile(`(?mi)^\W*(?:\[? ?(?:\.{3,}|…) ?\]?|[\[<(]?(?:snip|snipped|cut|truncated|omitted)[\]>)]?\.*)\s*$`)

// omitted gives how many connections a text beside a list says are left out.
func omitted(text string) (n int64) {
	for _, m := range leftOut.FindAllStringSubmatch(text, -1) {
		v, _ := strconv.ParseInt(m[1], 10, 64) // digits alone
		n += v
	}
	return n
}

// contradicts tells whether an INFO is another snapshot's than the one before it: it has no
// key that is new, or one with another value. INFO asked for section by section is one.
func contradicts(before map[string]string, r *record.Info) bool {
	if before == nil {
		return false
	}
	other, fresh := false, false
	r.Each(func(_, key, value []byte) {
		old, ok := before[string(key)]
		other = other || ok && old != string(value)
		fresh = fresh || !ok
	})
	return other || !fresh
}

// A wait is the output that waited for one client.
type wait struct {
	bytes int64
	age   int64
	who   string
	class string // of client-output-buffer-limit
	nth   int
	pos   record.Pos
}

// waits keeps the most output that waited for a client.
func (c *Collector) waits(s *Shot, r *record.Clients) {
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.OMem <= c.wait.bytes {
			continue
		}
		c.wait = wait{bytes: row.OMem, age: row.Age, who: row.Addr, class: "normal", nth: s.nth, pos: r.Pos}
		if row.Sub > 0 || row.PSub > 0 || row.SSub > 0 || strings.ContainsRune(row.Flags, 'P') {
			c.wait.class = "pubsub"
		}
	}
}

// Stop forgets all: the input is to be judged by its course.
func (c *Collector) Stop() { *c = Collector{over: true} }

// shot gives the snapshot that a reply belongs to: the last one, unless it was taken at another
// time or has another such reply; one that has none at all is completed.
func (c *Collector) shot(h *record.Head, taken, has func(*Shot) bool) *Shot {
	at := math.NaN()
	if !h.At.IsZero() {
		at = float64(h.At.UnixMicro()) / 1e6
	}
	n := len(c.shots)
	if n > 0 {
		last := &c.shots[n-1]
		within := sameMoment
		if !has(last) {
			within = sameVisit
		}
		if !taken(last) && !(math.Abs(at-last.At) > within) {
			if math.IsNaN(last.At) {
				last.At = at
			}
			return last
		}
	}
	c.taken++
	fresh := Shot{At: at, limit: math.NaN(), replies: c.replies, nth: c.taken}
	if n == 2 {
		fresh.rows = c.shots[1].rows // its memory
		c.shots = c.shots[:1]
	} else if n == 0 {
		fresh.Full, fresh.full = c.full, c.refused
	}
	if c.shots = append(c.shots, fresh); c.taken > maxShots && at-c.shots[0].At > maxSpan {
		c.Stop()
		return &fresh
	}
	return &c.shots[len(c.shots)-1]
}

// Shots gives the first and the last snapshot, or the only one; nil where the input has
// none, or a course. CONFIG GET alone makes one that holds the limit, a refusal one that is
// full.
func (c *Collector) Shots() []Shot {
	if len(c.shots) == 0 && (c.limit > 0 || c.full) && !c.over {
		c.shots = []Shot{{At: math.NaN(), Full: c.full, full: c.refused}}
	}
	for i := range c.shots {
		c.shots[i].limit, c.shots[i].aside = math.NaN(), c.aside
		if c.limit > 0 {
			c.shots[i].limit = c.limit
		} else if c.shots[i].info == nil && c.told > 0 {
			c.shots[i].limit = c.told
		}
	}
	return c.shots
}
