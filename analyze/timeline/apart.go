package timeline

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
)

// maxServers bounds the servers that are told apart; replies of more count for the last one.
const maxServers = 64

// A part is what an input holds of one server.
type part struct {
	names       []string // that the text gives it, the first it is called by; empty: the text was silent
	runID, port string
	laddr       string // its own address, by the first list that tells it
	asked       record.Asked
	used        float64 // connections by the last INFO, as a share of its limit; NaN unknown
	answered    bool    // something of it is more than a failure to reach it
	mark        mark    // by which its next reply is known
	*collector
}

// listens takes where the clients of the first list reached the server, for what nothing else tells; over a
// loopback only those on its own machine do.
func (p *part) listens(r *record.Clients) {
	if p.laddr != "" {
		return
	}
	for i := range r.Rows[:min(len(r.Rows), markClients)] {
		if at, err := netip.ParseAddrPort(r.Rows[i].Laddr); err == nil && at.Port() > 0 && !at.Addr().IsLoopback() && !at.Addr().IsUnspecified() {
			p.laddr = at.String()
			return
		}
	}
}

// name is what a part is called.
func (p *part) name() string {
	for _, n := range p.names {
		if n != "" {
			return n
		}
	}
	return ""
}

// An apart tells the servers of one input apart: by the notes of its text (record.Server), and
// where there are no times by run id and port. It feeds each server's collector.
type apart struct {
	parts []*part
	now   *part // whose replies come
	typed bool  // that is by a prompt or a shell line, which may be chatter, and nothing it said confirms it
	split bool  // lists came as changes, and were left out
}

func newApart() *apart {
	a := &apart{}
	a.add("")
	return a
}

// add makes a part for a server not seen before, and goes on with it.
func (a *apart) add(name string) {
	if len(a.parts) < maxServers {
		a.parts = append(a.parts, &part{names: []string{name}, used: math.NaN(), mark: unmarked(), collector: newCollector()})
	}
	a.now = a.parts[len(a.parts)-1]
}

// find goes on with the part that is as asked; false where there is none.
func (a *apart) find(is func(*part) bool) bool {
	for _, p := range a.parts {
		if is(p) {
			a.now = p
			return true
		}
	}
	return false
}

// record gives a record to the server that it is of.
func (a *apart) record(r record.Record) {
	switch r := r.(type) {
	case *record.Other:
		if s, ok := r.Server(); ok {
			a.turn(s)
			return
		}
	case *record.ClientChanges:
		if len(a.parts) > 1 { // they are told against the last list of whichever server
			a.split = true
			return
		}
	case *record.Info:
		a.resume(func(p *part) bool { return p.runID == "" && runID(r) == "" && p.mark.ticks(r) })
		a.process(r)
		a.now.mark.info(r)
	case *record.Clients:
		a.resume(func(p *part) bool { return p.mark.shares(r) })
		a.now.mark.list(r)
		a.now.listens(r)
	case *record.Failure:
		if full := r.Class == record.FailMaxClients; full && r.At.IsZero() && a.now.used < refusing {
			back := a.now
			if !a.find(called(refused)) {
				a.add(refused)
			}
			a.now.collector.record(r)
			a.now.answered = true
			a.now = back
			return
		} else if r.Silent() {
			a.now.collector.record(r)
			return
		}
	case *record.Chatter:
		a.parts[0].tl.unused(r)
		a.now.shots.Add(r) // it may say how the list before it goes on
		return
	}
	a.now.answered = true
	a.now.collector.record(r)
}

// called tells a part of a name.
func called(name string) func(*part) bool {
	return func(p *part) bool { return slices.Contains(p.names, name) }
}

// resume goes back to a server whose reply this is by what stands in it, whatever was typed before.
func (a *apart) resume(is func(*part) bool) {
	typed := a.now
	if a.typed && len(a.parts) > 1 && !is(typed) && a.find(is) {
		a.alias(typed)
	}
	a.typed = false
}

// alias takes the names of an empty part for the present one, and the part away.
func (a *apart) alias(from *part) {
	if from == a.now || from == a.parts[0] || len(from.tl.Samples) > 0 || from.runID != "" {
		return
	}
	a.now.names = append(a.now.names, from.names...)
	if a.now.asked == (record.Asked{}) {
		a.now.asked = from.asked
	}
	a.parts = slices.DeleteFunc(a.parts, func(p *part) bool { return p == from })
}

// turn goes on with another server.
func (a *apart) turn(s record.Server) {
	if len(a.parts) == 1 && a.now.name() == "" && s.Before != "" {
		a.now.names = []string{s.Before}
	}
	if !a.find(called(s.Name)) {
		a.add(s.Name)
	}
	a.typed = s.Asked != (record.Asked{})
	if s.Asked != (record.Asked{}) {
		a.now.asked = s.Asked
	}
}

// process looks at the process that an INFO is of. Another run id is another server where the
// port differs or no time tells whether the one ended before the other began.
func (a *apart) process(r *record.Info) {
	id := runID(r)
	port, _ := r.String("tcp_port")
	same := func(p *part) bool { return p.runID == id }
	switch now := a.now; {
	case id == "" || now.runID == id:
	case a.find(same): // the same by another name
		a.alias(now)
	case now.runID == "":
	case r.At.IsZero() || port != now.port && port != "" && now.port != "":
		a.add(nameOf(id, port, now.port))
	}
	if id != "" {
		a.now.runID = id
	}
	if port != "" {
		a.now.port = port
	}
	n, full := gauge(r, "connected_clients"), gauge(r, "maxclients")
	if a.now.used = n / full; !(full > 0) {
		a.now.used = math.NaN()
	}
}

// runID gives what tells one server process from another; empty where INFO does not, or it is masked.
func runID(r *record.Info) string {
	id, _ := r.String("run_id")
	if strings.ContainsAny(id, "*<>{}[]") || strings.Trim(id, "xX0-") == "" || strings.Contains(strings.ToLower(id), "redact") {
		return ""
	}
	return id
}

// nameOf names a server that the text does not: by its port, where that tells it.
func nameOf(id, port, other string) string {
	if port != "" && port != other {
		return "port " + port
	}
	return "run id " + id[:min(len(id), 8)]
}

// refusing is the share of the limit in use under which a server refuses nobody.
const refusing = 0.8

// refused names a server that is known by its refusal alone: the one whose INFO stands
// before it has room.
const refused = "the one that refused"

// finish closes the books of all and gives the first server's Timeline, with the others
// beside it. Origin and warnings are of the whole input.
func (a *apart) finish(src record.Source) *Timeline {
	var out []*Timeline
	var quiet []string
	for i, p := range a.parts {
		p.tl.Origin, p.tl.Warnings = src.Origin(), src.Warnings()
		p.collector.finish()
		if p.tl.Asked = p.asked; i == 0 && p.asked == (record.Asked{}) {
			p.tl.Asked = p.tl.Origin.Asked
		}
		if at, err := netip.ParseAddrPort(p.laddr); err == nil && p.tl.Asked == (record.Asked{}) && p.port == "" && p.tl.Log.Port == "" {
			p.tl.Asked = record.Asked{Host: at.Addr().String(), Port: strconv.Itoa(int(at.Port()))}
		}
		p.tl.Asked.Port = cmp.Or(p.tl.Asked.Port, p.port, p.tl.Log.Port)
		if p.tl.Name = p.name(); a.silent(p) {
			quiet = append(quiet, fmt.Sprintf("%s did not answer (%s): it is not judged", finding.Plain(cmp.Or(p.name(), "a server")), finding.Count(p.tl.Failed, "try")))
		} else if p.tl.Says() || i == 0 {
			out = append(out, p.tl)
		}
	}
	if len(out) > 1 && !out[0].Says() {
		out = out[1:]
	}
	for i, tl := range out {
		if tl.Name == "" && len(out) > 1 {
			tl.Name = fmt.Sprintf("server %d", i+1)
			if id := a.parts[i].runID; id != "" && a.parts[i].tl == tl {
				tl.Name = nameOf(id, "", "")
			}
		}
	}
	a.share(out)
	out[0].Warnings = append(out[0].Warnings, quiet...)
	out[0].Beside, out[0].split = out[1:], a.split
	return out[0]
}

// silent tells a part of which there are failures to reach it and nothing else, beside servers that
// answered: there is nothing to judge.
func (a *apart) silent(p *part) bool {
	return !p.answered && p.tl.Failed > 0 && slices.ContainsFunc(a.parts, func(x *part) bool { return x.answered })
}

// share gives all Timelines the unused text of the whole input, and what a client said in it.
func (a *apart) share(out []*Timeline) {
	all := &a.parts[0].tl.Unused
	for _, p := range a.parts[1:] {
		u := &p.tl.Unused
		all.Lines += u.Lines
		room := min(finding.MaxUnused-len(all.At), len(u.At))
		all.At, all.Text = append(all.At, u.At[:room]...), append(all.Text, u.Text[:room]...)
	}
	for _, tl := range out {
		tl.Unused, tl.Message, tl.Settings = *all, a.parts[0].tl.Message, a.parts[0].tl.Settings
	}
}

// Says tells whether anything of a server is in a Timeline.
func (tl *Timeline) Says() bool {
	return tl.Rounds > 0 || tl.Log.Lines > 0 || tl.Sockets.tables > 0 || len(tl.Shots) > 0 || tl.SlowAll > 0 || tl.Denied.count > 0
}

// A mark is by what the next reply of a server is known where it has no run id: connections that are
// still there, or an uptime that went on as the clock did.
type mark struct {
	clients  map[int64]string // of the last list, address by id; at most markClients
	at       time.Time        // of the last INFO that tells an uptime
	uptime   float64
	accepted float64
	port     string
}

const (
	markClients = 64
	markSecs    = 2 // that an uptime and a clock may be apart
)

func unmarked() mark { return mark{uptime: math.NaN(), accepted: math.NaN()} }

// list takes the connections of a list. Masked addresses tell nobody apart.
func (m *mark) list(r *record.Clients) {
	if m.clients == nil {
		m.clients = make(map[int64]string, markClients)
	}
	clear(m.clients)
	for i := range r.Rows[:min(len(r.Rows), markClients)] {
		if c := &r.Rows[i]; tellsApart(c) {
			m.clients[c.ID] = c.Addr
		}
	}
}

// tellsApart tells a connection with an id and a whole address.
func tellsApart(c *record.Client) bool {
	return c.ID > 0 && strings.ContainsAny(c.Addr, "0123456789") && !strings.ContainsAny(c.Addr, "*{}<>xX/") && !strings.HasSuffix(c.Addr, ":0")
}

// shares tells whether at least half the connections of the last list are in this one.
func (m *mark) shares(r *record.Clients) bool {
	same := 0
	for i := range r.Rows {
		if c := &r.Rows[i]; tellsApart(c) && m.clients[c.ID] == c.Addr {
			same++
		}
	}
	return same > 0 && 2*same >= len(m.clients)
}

// info takes what an INFO tells of how long the server has run.
func (m *mark) info(r *record.Info) {
	if up := gauge(r, "uptime_in_seconds"); !math.IsNaN(up) && !r.At.IsZero() {
		m.at, m.uptime, m.accepted = r.At, up, gauge(r, "total_connections_received")
		m.port, _ = r.String("tcp_port")
	}
}

// ticks tells whether an INFO is of the process of the last one: its uptime went on as the clock did,
// it accepted no fewer connections, and listens where that did.
func (m *mark) ticks(r *record.Info) bool {
	port, _ := r.String("tcp_port")
	if m.at.IsZero() || r.At.IsZero() || port != m.port {
		return false
	}
	grown := gauge(r, "uptime_in_seconds") - m.uptime - r.At.Sub(m.at).Seconds()
	return math.Abs(grown) <= markSecs && gauge(r, "total_connections_received") >= m.accepted
}
