// Package record says what a recording of a server's connections is made of.
//
// A recording is a sequence of records in time order; one reply of the server is one Record
// (*Info, *Clients, *Slowlog, *Config, *Other), and so is a reply that did not come
// (*Failure), a note (*Mark), text that is no reply (*Chatter) and what stood in the server's
// own log (*Log). Each has a Head with its
// Pos, time and size. A Source gives the records of one recording; an Origin and its Meta
// say what recording it is, an InputError why it cannot be read.
//
// What servers print is told by tables: Field and FieldSpec for the keys of CLIENT LIST,
// Metric for those of INFO, Flag for the letters of flags=, SlotRule for what counts against
// the limit, each by Family of server; Identify finds the server's Identity.
//
// Records belong to the Source that gives them and are overwritten by its next Scan; strings
// may be kept, and an Interner makes them once.
//
// The package knows what is printed and never what a number means: judging is package
// analyze's. It reads no files and no replies.
package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/serverlog"
)

// A Pos says where a record was read, in a form that leads a person back to it.
// The zero Pos means "not read from a file", as for a record just captured.
type Pos struct {
	File   string // base name of the input, or path inside a folder
	Line   int64  // 1-based line of a text input; 0 for a bundle
	Sample int64  // 1-based record number in a bundle; 0 for a text input
}

// String gives "dump.txt:1234" for text and "x.connbox#42" for a bundle.
func (p Pos) String() string {
	if p.File == "-" { // standard input
		p.File = "stdin"
	}
	switch {
	case p.Line > 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	case p.Sample > 0:
		return fmt.Sprintf("%s#%d", p.File, p.Sample)
	}
	return p.File
}

// DayUnknown is the day of times that were read without a date: of a time of day alone. The
// distances of such times are right.
var DayUnknown = time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)

// Kind names the type of a record. The numbers are part of the bundle format.
type Kind uint8

// The kinds of record. More may be added: a switch over kinds needs a default case.
const (
	KindInfo    Kind = 1 // INFO
	KindClients Kind = 2 // CLIENT LIST
	KindSlowlog Kind = 3 // SLOWLOG GET
	KindConfig  Kind = 4 // CONFIG GET
	KindOther   Kind = 5 // another command's reply, kept whole
	KindFailure Kind = 6 // a probe that got no usable reply
	KindMark    Kind = 7 // a note by a person or by the recorder
	KindChatter Kind = 8 // text in a dump that is no reply
	KindLog     Kind = 9 // lines of the server's own log
)

// NumKinds is one more than the highest Kind.
const NumKinds = int(KindLog) + 1

var kindNames = [NumKinds]string{KindInfo: "info", KindClients: "clients", KindSlowlog: "slowlog",
	KindConfig: "config", KindOther: "other", KindFailure: "failure", KindMark: "mark",
	KindChatter: "chatter", KindLog: "log"}

// String gives the kind's name in lower case, as in a manifest.
func (k Kind) String() string {
	if int(k) < NumKinds && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// KindOf finds a kind by its name, as String gives it; 0 for an unknown one.
func KindOf(name string) Kind {
	for k, n := range kindNames {
		if n == name && n != "" {
			return Kind(k)
		}
	}
	return 0
}

// Head is what every record has.
type Head struct {
	Pos Pos
	// At is by the sampler's clock, UTC: when the reply was asked for, or, of an answer that
	// took over a second to begin, when it came. Zero = unknown.
	At   time.Time
	Took time.Duration // round trip of the command; negative = unknown (text dumps)
	Size int           // bytes of the reply as received; for text dumps, of the canonical text
}

// A Record is one of *Info, *Clients, *Slowlog, *Config, *Other, *Failure, *Mark, *Chatter
// and *Log. More types may be added: a type switch over a Record needs a default case.
type Record interface {
	Kind() Kind
	// Base gives the record's Head, which the caller may read but not keep.
	Base() *Head
}

func (h *Head) Base() *Head { return h }

// A Slowlog is one reply of SLOWLOG GET (or COMMANDLOG GET n slow), newest entry first,
// as the server gives it.
type Slowlog struct {
	Head
	Entries []SlowEntry
}

// A SlowEntry is one slow command. Source: redis slowlog.c slowlogReplyWithEntry.
type SlowEntry struct {
	ID     int64 // rises by one per slow command of a process; reset by a restart
	Time   int64 // server's clock, unix seconds, when the command ended
	Micros int64 // execution time in microseconds, waiting and I/O left out
	Args   []string
	Addr   string // ip:port of the client; empty before Redis 4.0
	Name   string // client name; may be empty
	Six    bool   // the server printed address and name (Redis 4.0 and later)
}

// A Config is one reply of CONFIG GET: pairs in the server's order.
type Config struct {
	Head
	Pairs []Pair
}

// A Pair is one configuration parameter.
type Pair struct{ Key, Value string }

// Get gives the value of a parameter, and whether the server reported it.
func (c *Config) Get(key string) (string, bool) {
	for _, p := range c.Pairs {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}

// Reserved gives how many slots of maxclients are kept for priority sources, which ordinary
// clients cannot have; 0 without, ok false where the reply does not tell. Both spellings are of
// Valkey: maxclients-reserved and priority-subnets as merged for 9.2, qos-… as proposed. Without
// subnets nothing is kept; a reply without them is taken to have some.
// Source: https://github.com/valkey-io/valkey/pull/4005.
func (c *Config) Reserved() (slots int64, ok bool) {
	for _, keys := range [...][2]string{{"maxclients-reserved", "priority-subnets"}, {"qos-reserved-min-clients", "qos-subnet-sources"}} {
		v, told := c.Get(keys[0])
		n, err := strconv.ParseInt(v, 10, 32)
		if !told || err != nil || n < 0 {
			continue
		}
		if subnets, known := c.Get(keys[1]); known && strings.TrimSpace(subnets) == "" {
			n = 0
		}
		return n, true
	}
	return 0, false
}

// PriorityKeys are INFO's keys for the connections of priority sources, of which the first that
// a server prints counts.
var PriorityKeys = [...]string{"connected_priority_clients", "connected_clients_prioritized"}

// Other is the reply to a command that has no type of its own here (ROLE, LATENCY LATEST,
// MEMORY STATS …), kept whole.
type Other struct {
	Head
	Command string // as far as known, upper case; empty if not
	Text    []byte // owned by the reader until the next Scan
}

// A Failure is a probe that got no usable reply. It is an observation, not an error:
// a refused sample at the limit says as much as a reply.
type Failure struct {
	Head
	Command string       // the command that failed; empty in a dump that does not tell
	Class   FailureClass // what kind of failure
	Text    string       // the server's or the system's own words, at most 512 bytes
}

// FailureClass says why a probe got no usable reply.
type FailureClass string

// The classes of failure; failureWords in failure.go is the table that tells them from
// a server's words.
const (
	FailMaxClients FailureClass = "maxclients" // refused: connection limit reached
	FailProtected  FailureClass = "protected"  // refused: protected mode
	FailAuth       FailureClass = "auth"       // NOAUTH, WRONGPASS
	FailPerm       FailureClass = "permission" // NOPERM, unknown or renamed command
	FailLoading    FailureClass = "loading"    // LOADING, MASTERDOWN
	FailBusy       FailureClass = "busy"       // BUSY: a script runs for long
	FailRefused    FailureClass = "refused"    // TCP connection refused, no such socket
	FailReset      FailureClass = "reset"      // closed or reset by peer
	FailTimeout    FailureClass = "timeout"    // no answer in time
	FailTLS        FailureClass = "tls"        // handshake failed
	FailOther      FailureClass = "other"
)

// A Mark is a note in a recording: by a person (connbox mark) or by the recorder about
// itself (started, reconnected, sealed).
type Mark struct {
	Head
	Text string
}

// BeginsRemark tells what a person wrote behind a number of a reply: 9987  # current connections.
func BeginsRemark(s []byte) bool {
	for _, sign := range [...]string{"#", "//", "<", "--", "(", "\u2190", "\u2014", "\u2013"} {
		if bytes.HasPrefix(s, []byte(sign)) {
			return true
		}
	}
	return false
}

// Chatter is text in a dump that is no reply of a server: shell prompts, ssh banners,
// comments. It is passed over, kept, counted and said.
type Chatter struct {
	Head
	Lines int // how many lines in a row; prompts with a command, headings and rules are none
	// Text has them, one a line, at most 16 KiB, without passwords; older bundles have the first
	// line alone.
	Text string
}

func (*Slowlog) Kind() Kind { return KindSlowlog }
func (*Config) Kind() Kind  { return KindConfig }
func (*Other) Kind() Kind   { return KindOther }
func (*Failure) Kind() Kind { return KindFailure }
func (*Mark) Kind() Kind    { return KindMark }
func (*Chatter) Kind() Kind { return KindChatter }

// A Log is what the server's own log tells at one moment: one sentence, or lines of one sort
// taken together. Head.At is the entry's time where the log tells its year, else unknown.
type Log struct {
	Head
	Entry serverlog.Entry
}

func (*Log) Kind() Kind { return KindLog }

// logCommand marks the other reply as which a bundle keeps a Log.
const logCommand = "SERVER LOG"

// Other gives the record as which a bundle keeps l: an entry as JSON under a command of its
// own, as no server has it.
func (l *Log) Other() *Other {
	text, err := json.Marshal(&l.Entry)
	if err != nil {
		return &Other{Head: l.Head, Command: logCommand} // times out of range, which no log gives
	}
	return &Other{Head: l.Head, Command: logCommand, Text: text}
}

// Log gives back what Log.Other made; false for any other reply.
func (o *Other) Log(into *Log) bool {
	if o.Command != logCommand {
		return false
	}
	*into = Log{Head: o.Head}
	if err := json.Unmarshal(o.Text, &into.Entry); err != nil || into.Entry.Count < 1 {
		return false
	}
	return true
}

// ServerCommand marks the other reply that is no reply but a Server.
const ServerCommand = "SERVER"

// A Server says that the replies behind it are of another server than those before it. It is
// an Other's text, as JSON, as no server has that command.
type Server struct {
	Name   string // as the text names it
	Before string // the one before; empty: the text did not name it
	Asked  Asked  `json:",omitzero"` // where the text asks it
}

// Asked is where people asked a server, as a prompt or a shell line tells: what redis-cli took.
type Asked struct {
	Host string `json:",omitempty"`
	Port string `json:",omitempty"`
	TLS  bool   `json:",omitempty"`
}

// Other gives the reply as which s stands in a recording.
func (s Server) Other() *Other {
	text, err := json.Marshal(s)
	if err != nil {
		return &Other{Command: ServerCommand} // two strings cannot fail
	}
	return &Other{Command: ServerCommand, Text: text}
}

// Server gives back what Server.Other made; false for any other reply.
func (o *Other) Server() (s Server, ok bool) {
	if o.Command != ServerCommand {
		return s, false
	}
	err := json.Unmarshal(o.Text, &s)
	return s, err == nil
}
