package timeline

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/parse/record"
)

// maxServers bounds the servers that are told apart; replies of more count for the last one.
const maxServers = 64

// A part is what an input holds of one server.
type part struct {
	name        string
	runID, port string
	used        float64 // connections by the last INFO, as a share of its limit; NaN unknown
	*collector
}

// An apart tells the servers of one input apart: by the notes of its text (record.Server), and
// where there are no times by run id and port. It feeds each server's collector.
type apart struct {
	parts []*part
	now   *part // whose replies come
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
		a.parts = append(a.parts, &part{name: name, used: math.NaN(), collector: newCollector()})
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
		a.process(r)
	case *record.Failure:
		if full := r.Class == record.FailMaxClients; full && r.At.IsZero() && a.now.used < refusing {
			back := a.now
			if !a.find(func(p *part) bool { return p.name == refused }) {
				a.add(refused)
			}
			a.now.collector.record(r)
			a.now = back
			return
		}
	case *record.Chatter:
		a.parts[0].tl.unused(r)
		a.now.shots.Add(r) // it may say how the list before it goes on
		return
	}
	a.now.collector.record(r)
}

// turn goes on with another server.
func (a *apart) turn(s record.Server) {
	if len(a.parts) == 1 && a.now.name == "" {
		a.now.name = s.Before
	}
	if !a.find(func(p *part) bool { return p.name == s.Name }) {
		a.add(s.Name)
	}
}

// process looks at the process that an INFO is of. Another run id is another server where the
// port differs or no time tells whether the one ended before the other began.
func (a *apart) process(r *record.Info) {
	id, _ := r.String("run_id")
	port, _ := r.String("tcp_port")
	fresh := a.now.runID == "" && len(a.now.tl.Samples) == 0
	switch {
	case id == "":
	case fresh && a.find(func(p *part) bool { return p.runID == id }): // the same by another name
		a.drop()
	case a.now.runID == "" || a.now.runID == id:
	case r.At.IsZero() || port != a.now.port && port != "" && a.now.port != "":
		if !a.find(func(p *part) bool { return p.runID == id }) {
			a.add(nameOf(id, port, a.now.port))
		}
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

// drop takes the last part away, which has nothing in it.
func (a *apart) drop() {
	if n := len(a.parts); n > 1 && a.parts[n-1] != a.now && len(a.parts[n-1].tl.Samples) == 0 {
		a.parts = a.parts[:n-1]
	}
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
	for i, p := range a.parts {
		p.tl.Origin, p.tl.Warnings = src.Origin(), src.Warnings()
		p.collector.finish()
		if p.tl.Name = p.name; p.tl.Says() || i == 0 {
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
	out[0].Beside, out[0].split = out[1:], a.split
	return out[0]
}

// share gives all Timelines the unused text of the whole input.
func (a *apart) share(out []*Timeline) {
	all := &a.parts[0].tl.Unused
	for _, p := range a.parts[1:] {
		u := &p.tl.Unused
		all.Lines += u.Lines
		room := min(finding.MaxUnused-len(all.At), len(u.At))
		all.At, all.Text = append(all.At, u.At[:room]...), append(all.Text, u.Text[:room]...)
	}
	for _, tl := range out {
		tl.Unused = *all
	}
}

// Says tells whether anything of a server is in a Timeline.
func (tl *Timeline) Says() bool {
	return tl.Rounds > 0 || tl.Log.Lines > 0 || tl.Sockets.tables > 0 || len(tl.Shots) > 0 || tl.SlowAll > 0 || tl.Denied.count > 0
}
