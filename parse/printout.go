package parse

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/printed"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
	"github.com/connbox/connbox/parse/stream"
)

// A printout gives the records of what a program printed, see package printed. It is read
// whole when it is opened: exports come in any order of time.
//
// Where a text tells of several servers, the one in the most trouble is given, and a warning
// names the others: a recording is of one server.
type printout struct {
	name   string
	form   printed.Form
	sum    *stream.Digest
	input  func() error
	warn   record.Warnings
	err    error
	next   func() (printed.Reply, bool)
	stop   func()
	limit  int64
	server string // the one that is given, of several

	out     record.Record
	parser  reply.ClientParser
	info    record.Info
	clients record.Clients
	other   record.Other
}

// newPrintout reads text, of which form was told.
func newPrintout(text io.Reader, form printed.Form, sum *stream.Digest, name string) *printout {
	r, err := printed.Read(text, form)
	p := &printout{name: name, form: form, limit: r.Limit, sum: sum}
	if err != nil {
		p.err = &record.InputError{Pos: record.Pos{File: name, Line: max(r.Lines, 1)}, Msg: "cannot be read further", Err: err}
	} else if r.Len() == 0 {
		p.err = record.Errorf(record.Pos{File: name, Line: 1}, "%s%s: %s", form, foundIn(r), strings.Join(r.Notes, "; "))
	}
	sum.Drain()
	p.choose(r)
	p.account(r)
	p.next, p.stop = iter.Pull(r.Replies())
	return p
}

// foundIn names what a text of no use to us has.
func foundIn(r *printed.Result) string {
	var names []string
	for _, u := range r.Uses {
		names = append(names, u.Name)
	}
	if len(names) == 0 {
		return ""
	}
	return " with " + strings.Join(names[:min(len(names), 5)], ", ")
}

// choose picks the server that is given, and says what is known of the others.
func (p *printout) choose(r *printed.Result) {
	if len(r.Servers) < 2 {
		if len(r.Servers) == 1 {
			p.server = r.Servers[0]
		}
		return
	}
	most := map[string]*trouble{}
	var info record.Info
	for reply := range r.Replies() {
		t := most[reply.Server]
		if t == nil {
			t = &trouble{limit: -1, clients: -1}
			most[reply.Server] = t
		}
		if reply.Kind == printed.Info {
			info.Reset(reply.Text)
			t.add(&info)
		}
	}
	for _, s := range r.Servers {
		if t := most[s]; t != nil && (most[p.server] == nil || t.worse(most[p.server])) {
			p.server = s
		}
	}
	var others []string
	for _, s := range r.Servers {
		if t := most[s]; t != nil && s != p.server {
			others = append(others, fmt.Sprintf("%s has %s", s, t))
		}
	}
	if n := len(others); n > maxOthers {
		others = append(others[:maxOthers], fmt.Sprintf("and %d more", n-maxOthers))
	}
	p.warn.Add(record.Pos{File: p.name}, "%d servers in the text, of which %s is judged here; %s",
		len(r.Servers), p.server, strings.Join(others, "; "))
}

// maxOthers is how many servers beside the one judged are told with what they have.
const maxOthers = 8

// A trouble is the worst that a text tells of a server; -1 where it does not tell.
type trouble struct{ share, refused, clients, limit float64 }

func (t *trouble) add(i *record.Info) {
	n, ok := i.Float("connected_clients")
	if ok {
		t.clients = max(t.clients, n)
	}
	if limit, has := i.Float("maxclients"); has && limit > 0 {
		t.limit = limit
	}
	if t.limit > 0 && t.clients >= 0 {
		t.share = max(t.share, t.clients/t.limit)
	}
	if n, ok := i.Float("rejected_connections"); ok {
		t.refused = max(t.refused, n)
	}
}

// worse tells whether t is in more trouble: refused at all, nearer its limit, more clients.
func (t *trouble) worse(than *trouble) bool {
	if (t.refused > 0) != (than.refused > 0) {
		return t.refused > 0
	}
	if t.share != than.share {
		return t.share > than.share
	}
	return t.clients > than.clients
}

// String gives "at most 87 connections of 500, 91 refused".
func (t *trouble) String() string {
	s := "no number of connections"
	if t.clients >= 0 {
		s = fmt.Sprintf("at most %.0f connections", t.clients)
	}
	if t.limit > 0 {
		s += fmt.Sprintf(" of %.0f", t.limit)
	}
	if t.refused > 0 {
		s += fmt.Sprintf(", %.0f refused", t.refused)
	}
	return s
}

// account says what was read, and what was not used.
func (p *printout) account(r *printed.Result) {
	var read, left []string
	for _, u := range r.Uses {
		switch {
		case u.Key == "":
			left = append(left, fmt.Sprintf("%s (%d)", u.Name, u.Values))
		default:
			read = append(read, fmt.Sprintf("%s as %s (%d)", u.Name, u.Key, u.Values))
		}
	}
	if len(read) > 0 {
		p.warn.Add(record.Pos{File: p.name}, "read as %s: %s", p.form, strings.Join(read, ", "))
	}
	for _, n := range r.Notes {
		p.warn.Add(record.Pos{File: p.name}, "%s", n)
	}
	if r.Unused > 0 {
		p.warn.Add(record.Pos{File: p.name}, "%d values or lines are not used: %s", r.Unused, strings.Join(left, ", "))
	}
}

// Scan implements Source.
func (p *printout) Scan() bool {
	for {
		r, ok := p.next()
		if !ok {
			p.out = nil
			return false
		}
		if r.Server == p.server || r.Server == "" {
			p.record(&r)
			return true
		}
	}
}

func (p *printout) record(r *printed.Reply) {
	size := len(r.Text)
	switch r.Kind {
	case printed.Info:
		if r.After >= 0 {
			r.Text = fmt.Appendf(r.Text, "%s:%g\r\n", record.AfterKey, r.After.Seconds())
		}
		p.info.Reset(r.Text)
		if usec, ok := p.info.Int("server_time_usec"); ok && usec > 0 && r.At.IsZero() {
			r.At = time.UnixMicro(usec).UTC()
		}
		p.out = &p.info
	case printed.Clients:
		p.parser.Parse(r.Text, &p.clients)
		p.out = &p.clients
	default:
		p.other.Command, p.other.Text = record.SocketsCommand, bytes.Clone(r.Text)
		p.out = &p.other
	}
	*p.out.Base() = record.Head{Pos: record.Pos{File: p.name, Line: r.Line}, At: r.At, Took: -1, Size: size}
}

// Record implements Source.
func (p *printout) Record() record.Record { return p.out }

// Err implements Source.
func (p *printout) Err() error { return p.err }

// Warnings implements Source.
func (p *printout) Warnings() []string { return p.warn.All() }

// Origin implements Source.
func (p *printout) Origin() record.Origin {
	return record.Origin{Kind: record.InputDump, Name: p.name, SHA256: p.sum.Hex(), Bytes: p.sum.Size(), Form: p.form.String(),
		Limit: p.limit}
}

// Close implements Source.
func (p *printout) Close() error {
	p.stop()
	if p.input == nil {
		return nil
	}
	err := p.input()
	p.input = nil
	return err
}
