// Package logs says what a server's own log tells of its connections, by itself.
//
// A Reading gathers the entries of one recording's log in one pass and in bounded memory:
// how often each sentence came, the clients that were cut and what waited for them, the
// connections by host, the counts by time, and what happened to the process. Judge makes a
// Judgement of it: Candidates, each a cause with a score, a claim and Facts that name their
// places, and a summary in one sentence. A candidate that is settled needs no INFO and no
// CLIENT LIST beside it. All thresholds are rows of params.
//
// The package makes no report: package analyze takes a Judgement in.
package logs

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
	"github.com/connbox/connbox/parse/serverlog"
)

// Bounds of a Reading.
const (
	maxCuts    = 512
	maxHosts   = 1024
	maxCounts  = 512
	maxEvents  = 64
	maxSources = 200 // of a candidate
)

// A Reading is the log of one recording. The zero Reading is ready; use Add on a pointer.
type Reading struct {
	Lines  int64     // of the log
	Mute   int64     // those of them that say nothing of connections
	First  time.Time // zero = no line had a time
	Last   time.Time
	NoYear bool   // see serverlog.Entry
	Port   string // that the server listens on, as it says at its start; empty: not told

	tally  map[serverlog.ID]*tally
	cuts   []cut
	counts []count
	every  int // one count in so many is kept
	skip   int
	flow   flow
	events []Event
	limits limits
	links  []link
	child  child
	set    map[string]bufferLimit // by class, as configured; nil: not told
	parser reply.ClientParser
	one    record.Clients
}

// A tally counts one sentence.
type tally struct {
	lines       int64
	first, last time.Time
	pos, end    record.Pos
	detail      string // of the first
	number      [2]int64
}

// A cut is a client that the server closed over a limit, as its log quotes it.
type cut struct {
	id     serverlog.ID
	at     time.Time
	pos    record.Pos
	client record.Client
}

// A count is one line of "N clients connected".
type count struct {
	at                       time.Time
	pos                      record.Pos
	clients, replicas, bytes int64
}

// flow is connections accepted and closed.
type flow struct {
	accepted, closed, brief int64
	named                   int64 // closings that tell their client
	first, last             time.Time
	pos, end                record.Pos
	hosts                   map[string]*hostFlow
}

type hostFlow struct{ accepted, closed, brief int64 }

// child is the longest save or rewrite by a child; began is that of the one at work.
type child struct {
	began   time.Time
	at, pos record.Pos
	longest time.Duration
}

func (c *child) add(e *serverlog.Entry, pos record.Pos) {
	switch {
	case e.Event == serverlog.ForkStarted:
		c.began, c.at = e.At, pos
	case e.Event == serverlog.ForkEnded && !c.began.IsZero():
		if d := e.At.Sub(c.began); d > c.longest {
			c.longest, c.pos = d, c.at
		}
		c.began = time.Time{}
	}
}

// limits is what the log says of descriptors.
type limits struct {
	asked, needed, files, limit int64 // 0 = not told
	pos                         record.Pos
	at                          time.Time
}

// An Event is a moment worth a line of a timeline.
type Event struct {
	At   time.Time
	What string
	Pos  record.Pos
}

// Add takes an entry read at pos. It keeps nothing of e but strings.
func (r *Reading) Add(e *serverlog.Entry, pos record.Pos) {
	r.Lines += e.Count
	if e.Event == serverlog.Other || e.Event == serverlog.Running {
		r.Mute += e.Count
	}
	r.span(e)
	if r.tally == nil {
		r.tally = map[serverlog.ID]*tally{}
	}
	t := r.tally[e.Event]
	if t == nil {
		t = &tally{first: e.At, pos: pos}
		r.tally[e.Event] = t
	}
	t.lines += e.Count
	t.last, t.end = e.Until, pos
	if e.Event == serverlog.Accepted {
		r.addFlow(e, pos)
		return
	}
	var ev serverlog.Event
	text := []byte(e.Text)
	if !serverlog.Match(text, &ev) {
		serverlog.MatchBare(text, &ev)
	}
	if t.detail == "" {
		t.detail = string(ev.Detail)
		if e.Event == serverlog.RoleChanged {
			t.detail = r.newRole(text, &ev)
		}
	}
	r.addLink(e, &ev, pos)
	r.child.add(e, pos)
	switch e.Event {
	case serverlog.OutputBufferCut, serverlog.QueryBufferCut, serverlog.ClientEvicted:
		r.addCut(e, &ev, pos)
	case serverlog.ClientCount:
		r.addCount(e, &ev, pos)
	case serverlog.LimitAsked, serverlog.LimitReduced, serverlog.LimitDenied:
		r.addLimit(e, &ev, pos)
	case serverlog.Starting, serverlog.Running:
		if n, ok := ev.Number(serverlog.Port); ok {
			r.Port = strconv.FormatInt(n, 10)
		}
	case serverlog.RegisterFailed:
		if fd, ok := ev.Number(serverlog.FD); ok && (t.number[0] == 0 || fd < t.number[0]) {
			t.number[0] = fd // the lowest is the first that the loop has no place for
		}
	}
	if w := eventWords[e.Event]; w != "" && len(r.events) < maxEvents {
		r.events = append(r.events, Event{e.At, w + eventDetail(&ev), pos})
	}
}

// newRole says which role a server took, and who asked for it, whom the log quotes as a line of CLIENT LIST.
func (r *Reading) newRole(text []byte, ev *serverlog.Event) string {
	role := "a replica"
	switch {
	case bytes.Contains(text, []byte(" MODE enabled")):
		role = "a primary"
	case len(ev.Peer) > 0:
		role += " of " + string(ev.Peer)
	}
	_, client, _ := bytes.Cut(ev.Detail, []byte("'"))
	client, _, quoted := bytes.Cut(client, []byte("'"))
	if r.parser.Parse(client, &r.one); !quoted || len(r.one.Rows) != 1 {
		return "to " + role
	}
	c := &r.one.Rows[0]
	return strings.TrimSuffix("to "+role+", as "+cmp.Or(c.Name, c.Cmd)+" of "+c.Host()+" asked", " of  asked")
}

func (r *Reading) span(e *serverlog.Entry) {
	if e.At.IsZero() {
		return
	}
	if r.First.IsZero() || e.At.Before(r.First) {
		r.First = e.At
	}
	if e.Until.After(r.Last) {
		r.Last = e.Until
	}
	r.NoYear = e.NoYear
}

func (r *Reading) addFlow(e *serverlog.Entry, pos record.Pos) {
	f := &r.flow
	if f.hosts == nil {
		f.hosts, f.first, f.pos = map[string]*hostFlow{}, e.At, pos
	}
	if e.At.Before(f.first) { // another piece of a log may stand behind a later one
		f.first = e.At
	}
	if e.Until.After(f.last) {
		f.last = e.Until
	}
	f.end = pos
	for _, p := range e.Peers {
		h := f.hosts[p.Host]
		if h == nil {
			if len(f.hosts) >= maxHosts {
				p.Host = ""
			}
			if h = f.hosts[p.Host]; h == nil {
				h = &hostFlow{}
				f.hosts[p.Host] = h
			}
		}
		h.accepted, h.closed, h.brief = h.accepted+p.Accepted, h.closed+p.Closed, h.brief+p.Brief
		f.accepted, f.closed, f.brief = f.accepted+p.Accepted, f.closed+p.Closed, f.brief+p.Brief
		if p.Host != "" {
			f.named += p.Closed
		}
	}
}

func (r *Reading) addCut(e *serverlog.Entry, ev *serverlog.Event, pos record.Pos) {
	if len(r.cuts) >= maxCuts || len(ev.Client) == 0 {
		return
	}
	r.parser.Parse(ev.Client, &r.one)
	if len(r.one.Rows) == 1 {
		r.cuts = append(r.cuts, cut{e.Event, e.At, pos, r.one.Rows[0]})
	}
}

// addCount keeps every so many counts, so that a long log's fit.
func (r *Reading) addCount(e *serverlog.Entry, ev *serverlog.Event, pos record.Pos) {
	c := count{at: e.At, pos: pos}
	c.clients, _ = ev.Number(serverlog.Clients)
	c.replicas, _ = ev.Number(serverlog.Replicas)
	c.bytes, _ = ev.Number(serverlog.Bytes)
	if len(r.counts) == maxCounts {
		for i := range maxCounts / 2 {
			r.counts[i] = r.counts[2*i]
		}
		r.counts, r.every = r.counts[:maxCounts/2], max(1, r.every)*2
	}
	if r.skip--; r.skip >= 0 {
		return
	}
	r.skip = max(1, r.every) - 1
	r.counts = append(r.counts, c)
}

func (r *Reading) addLimit(e *serverlog.Entry, ev *serverlog.Event, pos record.Pos) {
	l := &r.limits
	if n, ok := ev.Number(serverlog.Limit); ok && e.Event == serverlog.LimitAsked {
		l.asked = n
		l.needed, _ = ev.Number(serverlog.Files)
	}
	if e.Event == serverlog.LimitReduced {
		l.limit, _ = ev.Number(serverlog.Limit)
		l.files, _ = ev.Number(serverlog.Files)
		l.pos, l.at = pos, e.At
	}
}

// NotLinux tells a system that words ERANGE as Windows, macOS and the BSDs do.
func (r *Reading) NotLinux() bool {
	t := r.tally[serverlog.RegisterFailed]
	return t != nil && strings.Contains(t.detail, "too large")
}

// Refusals counts the lines that tell what clients were answered at the limit: no server logs it.
func (r *Reading) Refusals() int64 { return r.times(serverlog.Refused) }

// TurnedAway tells whether the last that the log says of new connections is that the server took none.
func (r *Reading) TurnedAway() bool {
	t := func(ids ...serverlog.ID) (at time.Time, ok bool) {
		for _, id := range ids {
			if t := r.tally[id]; t != nil {
				if ok = true; t.last.After(at) {
					at = t.last
				}
			}
		}
		return at, ok
	}
	away, ok := t(serverlog.Refused, serverlog.AcceptFailed, serverlog.RegisterFailed)
	taken, _ := t(serverlog.Accepted, serverlog.Starting, serverlog.Exited)
	return ok && !taken.After(away)
}

// times gives how often a sentence came.
func (r *Reading) times(ids ...serverlog.ID) (n int64) {
	for _, id := range ids {
		if t := r.tally[id]; t != nil {
			n += t.lines
		}
	}
	return n
}

// eventWords are the sentences that a timeline shows, in its words.
var eventWords = map[serverlog.ID]string{
	serverlog.ReplicaLost:    "replica lost",
	serverlog.ReplicaTimeout: "replica timed out",
	serverlog.LinkLost:       "link to the primary lost",
	serverlog.LinkTimeout:    "no data from the primary",
	serverlog.LinkUp:         "synchronized with the primary",
	serverlog.RoleChanged:    "role changed",
	serverlog.Failover:       "failover",
	serverlog.SentinelDown:   "Sentinel holds an instance for down",
	serverlog.SentinelUp:     "Sentinel holds it for up again",
	serverlog.SentinelSwitch: "Sentinel switched the primary",
	serverlog.SentinelTilt:   "Sentinel entered TILT mode",
	serverlog.ClusterState:   "cluster state",
	serverlog.ForkFailed:     "fork failed",
	serverlog.SlowScript:     "script still running",
	serverlog.Starting:       "server started, version",
	serverlog.Exited:         "server stopped",
	serverlog.Crashed:        "server crashed, version",
	serverlog.Killed:         "killed by the system for want of memory",
	serverlog.NoMemory:       "out of memory",
	serverlog.LimitReduced:   "maxclients lowered by the descriptor limit",
}

func eventDetail(ev *serverlog.Event) string {
	switch {
	case len(ev.Peer) > 0:
		return ": " + string(ev.Peer)
	case len(ev.Detail) > 0:
		return ": " + string(ev.Detail[:min(len(ev.Detail), 80)])
	}
	return ""
}
