package parse

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/library"
	"github.com/connbox/connbox/parse/printed"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/stream"
)

// A printout gives the records of what a program printed, see package printed. It is read
// whole when it is opened: exports come in any order of time.
//
// Where a text tells of several servers, a note (record.Server) goes before the replies of
// another one than before.
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
	server string          // of the last reply; empty: none so far, or one alone
	most   map[string]bool // the servers given, where there are too many; nil: all
	held   *printed.Reply  // the reply behind a note

	out     record.Record
	records printed.Records
	other   record.Other
	unused  record.Chatter // names of values of no use; Lines is 0 for none
	said    record.Chatter
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

// maxServers bounds the servers of one text that are given.
const maxServers = 64

// choose keeps, of too many servers, those in the most trouble.
func (p *printout) choose(r *printed.Result) {
	if len(r.Servers) <= maxServers {
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
	names := slices.DeleteFunc(slices.Clone(r.Servers), func(s string) bool { return most[s] == nil })
	slices.SortStableFunc(names, func(a, b string) int { return most[a].compare(most[b]) })
	names = names[:min(len(names), maxServers)]
	p.most = map[string]bool{}
	for _, s := range names {
		p.most[s] = true
	}
	p.warn.Add(record.Pos{File: p.name}, "%d servers in the text, of which the %d in the most trouble are judged",
		len(r.Servers), len(names))
}

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

// compare puts who is in more trouble first: refused at all, nearer its limit, more clients.
func (t *trouble) compare(o *trouble) int {
	if (t.refused > 0) != (o.refused > 0) {
		if t.refused > 0 {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(o.share, t.share), cmp.Compare(o.clients, t.clients))
}

// account says what was read, and what was not used.
func (p *printout) account(r *printed.Result) {
	var read, left, said []string // said: messages of clients' libraries, a line each
	for _, u := range r.Uses {
		_, rank := library.Says([]byte(u.Name))
		switch {
		case u.Key == "" && rank > 0:
			said = append(said, u.Name)
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
		p.unused = record.Chatter{Lines: r.Unused, Text: strings.TrimSuffix(strings.Join(append(said, strings.Join(left, ", ")), "\n"), "\n")}
		p.unused.Pos, p.unused.Took = record.Pos{File: p.name, Line: 1}, -1
	}
}

func (p *printout) Scan() bool {
	if p.held != nil {
		r := p.held
		p.held = nil
		p.record(r)
		return true
	}
	for {
		r, ok := p.next()
		if !ok {
			p.out = nil
			return p.sayUnused()
		}
		if p.most != nil && r.Server != "" && !p.most[r.Server] {
			continue
		}
		if before := p.server; r.Server != "" && r.Server != before {
			p.server, p.held = r.Server, &r
			p.other = *record.Server{Name: r.Server, Before: before}.Other()
			p.other.Pos, p.other.Took = record.Pos{File: p.name, Line: r.Line}, -1
			p.out = &p.other
			return true
		}
		p.record(&r)
		return true
	}
}

// sayUnused gives, after the last reply, the names of the values that were of no use.
func (p *printout) sayUnused() bool {
	if p.unused.Lines == 0 || p.err != nil {
		return false
	}
	p.said, p.unused = p.unused, record.Chatter{}
	p.out = &p.said
	return true
}

func (p *printout) record(r *printed.Reply) {
	p.out = p.records.Of(r)
	p.out.Base().Pos.File = p.name
}

func (p *printout) Record() record.Record { return p.out }
func (p *printout) Err() error            { return p.err }
func (p *printout) Warnings() []string    { return p.warn.All() }

func (p *printout) Origin() record.Origin {
	return record.Origin{Kind: record.InputDump, Name: p.name, SHA256: p.sum.Hex(), Bytes: p.sum.Size(), Form: p.form.String(),
		Limit: p.limit}
}

func (p *printout) Close() error {
	p.stop()
	if p.input == nil {
		return nil
	}
	err := p.input()
	p.input = nil
	return err
}
