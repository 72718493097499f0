// Package printed reads what programs print about a server: dashboards' exports, exporters'
// text, dictionaries of client libraries, redis-cli --stat, socket tables.
//
// Its nouns: a Form is what a text was found to be, told from its content (Tell). A Reply is
// what the text says of one server at one moment, written in the server's own notation: the
// lines of INFO, the lines of CLIENT LIST, or a table of sockets by peer. A Result is all
// replies of a text in order of time, with the account of what was used and what was not. A
// metric's name becomes INFO's key by the table of package metric; package scan reads
// the text piece by piece.
//
// Numbers that the text does not tell are not there: missing is not zero. A Result owns its
// memory; a Reply's Text is made anew for each and belongs to the caller. Memory is bounded
// by the limits below, however long the text and whatever it nests.
//
// Parsing stops where a library exists: encoding/json, encoding/csv, and package exposition for
// exporters' samples.
package printed

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/printed/metric"
	"github.com/connbox/connbox/parse/printed/scan"
)

// Limits. They are arbitrary, far above what people hand over.
const (
	maxDepth   = 64       // of nesting
	maxPoints  = 1 << 19  // values of time series that are kept
	maxReplies = 1 << 16  // INFO dictionaries and client lists
	maxText    = 64 << 20 // bytes of these together
	maxMembers = 4096     // of one dictionary
	maxServers = 4096
	maxNames   = 64 // names of what was not used that are told
)

// A Kind says what a Reply is written as.
type Kind uint8

// The kinds of reply.
const (
	Info    Kind = iota // lines of INFO, CRLF
	Clients             // lines of CLIENT LIST
	Sockets             // see record.AppendSockets
)

// A Reply is what a text tells of one server at one moment.
type Reply struct {
	Kind   Kind
	At     time.Time     // zero: the text does not say
	After  time.Duration // since the first reply, where only the distance is told; negative: unknown
	Server string        // which server, where the text tells several apart; else empty
	Line   int64         // where its first value stands, 1-based
	Text   []byte
}

// A Use is one name of a text and what became of it.
type Use struct {
	Name   string // as printed
	Key    string // INFO's key; empty: not used
	Values int
}

// A Result is what a text told.
type Result struct {
	Form    Form
	Servers []string // in the order of the text; empty: it names none
	Uses    []Use    // names in the order of the text, at most maxNames of those not used
	Unused  int      // values not used
	Lines   int64    // lines of the text
	Notes   []string // doubts, and what to do instead where the text holds nothing for us
	Limit   int64    // connections that the service documents as its limit; 0: none that is the same for all its nodes

	series  series
	replies []Reply
	size    int
}

// Len gives the number of replies.
func (r *Result) Len() int { return len(r.replies) + r.series.moments() }

// Replies gives the replies in order of time; those without a time come in the text's order.
// What is known of one server at one moment is one reply.
func (r *Result) Replies() iter.Seq[Reply] {
	return func(yield func(Reply) bool) {
		next, stopped := 0, false
		give := func(p Reply) bool {
			p.Text = slices.Clone(p.Text)
			stopped = !yield(p)
			return !stopped
		}
		r.series.each(func(p Reply) bool {
			for ; next < len(r.replies) && !r.replies[next].At.After(p.At); next++ {
				if !give(r.replies[next]) {
					return false
				}
			}
			stopped = !yield(p)
			return !stopped
		})
		for ; next < len(r.replies) && !stopped; next++ {
			give(r.replies[next])
		}
	}
}

// errFull ends the reading of a text that holds more than we keep.
var errFull = errors.New("more than is kept")

func (r *Result) add(p Reply) error {
	if len(r.replies) >= maxReplies || r.size+len(p.Text) > maxText {
		return errFull
	}
	r.size += len(p.Text)
	r.replies = append(r.replies, p)
	return nil
}

func (r *Result) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); len(r.Notes) < 20 {
		r.Notes = append(r.Notes, s)
	}
}

// used counts values of a name; key is empty where they are of no use here.
func (r *Result) used(name, key string, values int) {
	if key == "" {
		r.Unused += values
	}
	name = strings.TrimSpace(clean(name, 120))
	told := 0
	for i := range r.Uses {
		if u := &r.Uses[i]; u.Name == name && u.Key == key {
			u.Values += values
			return
		} else if u.Key == "" {
			told++
		}
	}
	if key != "" && len(r.Uses) < 4*maxNames || told < maxNames {
		r.Uses = append(r.Uses, Use{name, key, values})
	}
}

// Read reads a text of the form that Tell gave for its beginning. The error is what stopped
// the reading; what came before it is in the Result, which is never nil.
func Read(text io.Reader, form Form) (*Result, error) {
	r := &Result{Form: form}
	row := forms[form]
	if row.read == nil {
		return r, nil
	}
	in := scan.New(text)
	in.DropPrefix()
	err := row.read(r, in)
	r.Lines = in.Lines()
	if errors.Is(err, errFull) {
		r.note("the text holds more than is kept: read to line %d", in.Here())
		err = nil
	}
	slices.SortStableFunc(r.replies, func(a, b Reply) int { return a.At.Compare(b.At) })
	r.series.settle(r)
	r.nameServers()
	for _, u := range r.Uses {
		if m, ok := metric.ByName(u.Name); ok && u.Key == "connected_clients" {
			r.Limit = max(r.Limit, m.Limit())
		}
	}
	if r.Len() == 0 && row.instead != "" {
		r.note("%s", row.instead)
	}
	return r, err
}

// clean makes a stranger's words fit for one line.
func clean(s string, max int) string {
	b := make([]byte, 0, min(len(s), max))
	for i := 0; i < len(s) && len(b) < max; i++ {
		if s[i] < ' ' || s[i] == 0x7f {
			b = append(b, ' ')
		} else {
			b = append(b, s[i])
		}
	}
	return string(b)
}
