// Package redact replaces what is private in the records of a recording by pseudonyms: the
// same one for the same word and key, so that two recordings redacted with one key can be
// laid side by side, and no way back without the key. Addresses keep their common prefixes:
// two of one network are two of one network afterwards.
package redact

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// A Level says what is replaced.
type Level string

// The levels.
const (
	Names     Level = "names"     // of clients, users and libraries
	Addresses Level = "addresses" // of clients, replicas and the server
	All       Level = "all"       // both, and paths, arguments of slow commands, lines that are no reply
)

// Levels gives all levels.
func Levels() []string { return []string{string(Names), string(Addresses), string(All)} }

// A Redactor replaces what is private. It remembers what it replaced, for Found.
type Redactor struct {
	level Level
	pseudonyms
	rows    []record.Client
	layouts []record.Layout
	entries []record.SlowEntry
	text    []byte
	found   map[string]*Found
	keep    int // examples of each kind
}

// Found is how much of one kind of private text there was, with the first of it.
type Found struct {
	Kind, Example, Instead string
	Examples               []string // different ones, the first of them
	N                      int      // different ones
}

// fewExamples is how many examples of a kind are kept unless more are asked for. It is arbitrary.
const fewExamples = 3

// Keep makes Found have up to so many examples of each kind.
func (r *Redactor) Keep(examples int) { r.keep = examples }

// New makes a Redactor with a key, which decides the pseudonyms.
func New(key []byte, level Level) *Redactor {
	return &Redactor{level: level, pseudonyms: newPseudonyms(key), found: map[string]*Found{}, keep: fewExamples}
}

// Forget drops what is remembered of pseudonyms where it is of more than most texts, so that a
// recording without end takes no memory without end. Found then counts some texts again.
func (r *Redactor) Forget(most int) {
	if len(r.known) > most {
		clear(r.known)
	}
}

// Found gives what was replaced, by kind.
func (r *Redactor) Found() []Found {
	out := make([]Found, 0, len(r.found))
	for _, f := range r.found {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Found) int { return strings.Compare(a.Kind, b.Kind) })
	return out
}

func (r *Redactor) names() bool     { return r.level != Addresses }
func (r *Redactor) addresses() bool { return r.level != Names }

// Record gives the record as it may leave the house; nil where it is to be left out. What
// comes back is valid until the next call, and the record given is as it was.
func (r *Redactor) Record(rec record.Record) record.Record {
	switch x := rec.(type) {
	case *record.Clients:
		return r.clients(x)
	case *record.Slowlog:
		return r.slowlog(x)
	case *record.Info:
		out := &record.Info{Head: x.Head}
		out.Reset(r.info(x.Text))
		return out
	case *record.Config:
		out := *x
		out.Pairs = slices.Clone(x.Pairs)
		for _, key := range out.Redact() {
			if _, ok := r.known["c "+key]; !ok {
				r.known["c "+key] = record.Removed
				r.note("setting that may hold anything", key, record.Removed)
			}
		}
		return &out
	case *record.Failure:
		out := *x
		out.Text = r.words(x.Text)
		return &out
	case *record.Log:
		out := *x
		out.Entry.Text = r.words(x.Entry.Text)
		out.Entry.Peers = slices.Clone(x.Entry.Peers)
		for i := range out.Entry.Peers {
			if p := &out.Entry.Peers[i]; r.addresses() && p.Host != "" {
				p.Host = r.host(p.Host)
			}
		}
		return &out
	case *record.Mark:
		out := *x
		out.Text = r.remark(x.Text)
		return &out
	case *record.Other:
		return r.other(x)
	}
	if x, ok := rec.(*record.Chatter); ok {
		r.note("line that is no reply", x.Text, "")
	}
	return nil // lines that are no reply may hold anything
}

// ownRemarks begin notes of connbox itself on what it could not read; behind them stand names of files.
var ownRemarks = [...]string{record.MadeWithout, record.RecoveredWithout}

// remark gives a note as it may leave the house: what people mark a moment with may be anything. What
// the recorder notes of its own work is kept, but for names in it.
func (r *Redactor) remark(s string) string {
	for _, own := range ownRemarks {
		if rest, ok := strings.CutPrefix(s, own); ok && rest != record.Removed {
			r.note("note on what could not be read", rest, record.Removed)
			return own + record.Removed
		}
	}
	if text, ok := strings.CutPrefix(s, record.MarkedBy); ok && r.level == All && text != record.MarkedBySignal && text != record.Removed {
		r.note("note", text, record.Removed)
		return record.MarkedBy + record.Removed
	}
	return r.words(s)
}

// plainReplies are the other replies that hold nothing but numbers and names of the server's own.
var plainReplies = [...]string{"LATENCY", "MEMORY", "CLUSTER INFO", record.HostCommand}

// other keeps replies of which is known what they hold, and passes over all others.
func (r *Redactor) other(x *record.Other) record.Record {
	var log record.Log
	if x.Log(&log) {
		return r.Record(&log).(*record.Log).Other()
	}
	if s, ok := x.Server(); ok {
		s.Name, s.Before = r.name("server", s.Name), r.name("server", s.Before)
		s.Asked = record.Asked{}
		out := s.Other()
		out.Head = x.Head
		return out
	}
	for _, p := range plainReplies {
		if strings.HasPrefix(x.Command, p) {
			out := *x
			out.Text = []byte(r.words(string(x.Text)))
			return &out
		}
	}
	if x.Command == "ROLE" && r.addresses() || x.Command == record.SocketsCommand && r.addresses() {
		out := *x
		out.Text = []byte(r.words(string(x.Text)))
		return &out
	}
	r.note("reply of which it is not known what it holds", x.Command, "")
	return nil
}

func (r *Redactor) clients(x *record.Clients) record.Record {
	r.rows = append(r.rows[:0], x.Rows...)
	r.layouts = append(r.layouts[:0], x.Layouts...)
	for i := range r.rows {
		c := &r.rows[i]
		if c.Raw != "" || c.Extra != "" {
			r.note("field or line of CLIENT LIST that is not known", cmp.Or(c.Extra, c.Raw), "")
			c.Raw, c.Extra = "", ""
			c.Layout = r.knownLayout(c.Has)
		}
		if r.addresses() {
			c.Addr, c.Laddr = r.addr(c.Addr), r.addr(c.Laddr)
		}
		if r.names() {
			c.Name, c.User = r.name("client name", c.Name), r.name("user", c.User)
			c.LibName = r.name("library", c.LibName)
		}
		r.shapes(c)
	}
	return &record.Clients{Head: x.Head, Rows: r.rows, Layouts: r.layouts}
}

// The fields of CLIENT LIST that a server fills by itself, as it does so; a version is the client's
// to choose, and more than three numbers may be an address. What has another form may hold anything.
var (
	versionForm = regexp.MustCompile(`^[vV]?[0-9]{1,4}(\.[0-9]{1,5}){0,2}([-.+]?(a|b|rc|alpha|beta|dev|pre|snapshot|final|release|ga|post|SNAPSHOT|RELEASE|Final|GA)[-.]?[0-9]{0,4})?$`)
	commandForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,39}(\|[A-Za-z][A-Za-z0-9_-]{0,39})?$`)
	lettersForm = regexp.MustCompile(`^(NULL|[ABEILMNOPRSTUbcdegilrtuvwx]{1,16})$`) // networking.c, getClientsInfoString
)

// shapes replaces what a server would not have put into fields of its own, and a version that may say
// more than a number.
func (r *Redactor) shapes(c *record.Client) {
	for _, x := range [...]struct {
		kind  string
		value *string
		form  *regexp.Regexp
	}{{"version of a library", &c.LibVer, versionForm}, {"command", &c.Cmd, commandForm}, {"flags", &c.Flags, lettersForm},
		{"events", &c.Events, lettersForm}, {"capabilities", &c.Capa, lettersForm}} {
		if *x.value != "" && !x.form.MatchString(*x.value) {
			*x.value = r.name(x.kind, *x.value)
		}
	}
}

// knownLayout gives the index of the layout that has the known keys of a line and no others.
func (r *Redactor) knownLayout(has record.FieldSet) int {
	var want record.Layout
	for f := range record.NumFields {
		if has.Has(record.Field(f)) {
			want = append(want, record.Field(f).String())
		}
	}
	for i, l := range r.layouts {
		if slices.Equal(l, want) {
			return i
		}
	}
	r.layouts = append(r.layouts, want)
	return len(r.layouts) - 1
}

func (r *Redactor) slowlog(x *record.Slowlog) record.Record {
	r.entries = append(r.entries[:0], x.Entries...)
	for i := range r.entries {
		e := &r.entries[i]
		e.Args = slices.Clone(e.Args)
		if e.ShowsArgs() {
			r.note("argument of a slow command", strings.Join(e.Args, " "), "")
			e.HideArgs(true)
		}
		if r.addresses() {
			e.Addr = r.addr(e.Addr)
		}
		if r.names() {
			e.Name = r.name("client name", e.Name)
		}
	}
	return &record.Slowlog{Head: x.Head, Entries: r.entries}
}

// privateInfo are the keys of INFO whose values are hosts, paths or ids of a process.
var privateInfo = map[string]func(*Redactor, string) string{
	"master_host": (*Redactor).hostValue, "executable": (*Redactor).path, "config_file": (*Redactor).path,
	"run_id": (*Redactor).runID, "master_replid": (*Redactor).runID, "master_replid2": (*Redactor).runID,
}

// errorWords are the first words of errors that servers give themselves; any other is a script's or
// a module's. Source: the sources of Redis 8.2 and Valkey 9.0, shared objects and addReplyError.
var errorWords = [...]string{
	"ASK", "BUSY", "BUSYGROUP", "BUSYKEY", "CLUSTERDOWN", "CROSSSLOT", "DENIED", "ERR", "ERRORSTATS_DISABLED", "ERRORSTATS_OVERFLOW", "EXECABORT",
	"INPROG", "INVALIDOBJ", "IOERR", "LOADING", "MASTERDOWN", "MISCONF", "MOVED", "NOAUTH", "NOGOODSLAVE", "NOGROUP", "NOMASTERLINK",
	"NOPERM", "NOPROTO", "NOQUORUM", "NOREPLICAS", "NOSCRIPT", "NOSUB", "NOTBUSY", "NOTREADY", "OOM", "READONLY", "REDIRECT", "SYNTAX", "TRYAGAIN",
	"UNBLOCKED", "UNKILLABLE", "UNKNOWN", "WRONGPASS", "WRONGTYPE",
}

// info replaces the values of INFO that are private, and addresses anywhere in it.
func (r *Redactor) info(text []byte) []byte {
	r.text = r.text[:0]
	for line := range bytes.Lines(text) {
		body := bytes.TrimRight(line, "\r\n")
		s := string(body)
		key, value, ok := strings.Cut(s, ":")
		if fn := privateInfo[key]; ok && fn != nil && value != "" {
			s = key + ":" + fn(r, value)
		} else if word, stat := strings.CutPrefix(key, "errorstat_"); stat && r.names() && !slices.Contains(errorWords[:], word) {
			s = "errorstat_" + r.name("error of a script", word) + ":" + value
		} else if ok && strings.HasPrefix(key, "slave") && strings.HasPrefix(value, "ip=") && r.addresses() {
			host, rest, _ := strings.Cut(value[len("ip="):], ",")
			s = key + ":ip=" + r.host(host) + "," + rest
		} else if ok && strings.HasPrefix(key, "module") {
			s = r.module(pathWord.ReplaceAllStringFunc(s, r.path))
		} else if ok && r.level == All && (!known(key) || !plainValue.MatchString(value)) && !numeric(value) {
			r.note("value of INFO that is not known", s, record.Removed)
			s = key + ":" + record.Removed
		} else if bytes.IndexByte(body, '.') >= 0 {
			s = r.words(s)
		}
		r.text = append(append(r.text, s...), line[len(body):]...)
	}
	return r.text
}

// module takes the arguments of a module away: files, keys and passwords among them.
func (r *Redactor) module(s string) string {
	if r.level != All {
		return s
	}
	return moduleArgs.ReplaceAllStringFunc(s, func(args string) string {
		r.note("argument of a module", args, record.Removed)
		return "args=[" + record.Removed + "]"
	})
}

var (
	moduleArgs  = regexp.MustCompile(`args=\[[^\]]+\]`)
	plainValue  = regexp.MustCompile(`^[-\w .,:;=+*/()%&|@\[\]]*$`) // as servers write values of keys that are known
	numberWords = regexp.MustCompile(`^[-+]?[\d.,:%eE]+[KMGTB]?$`)
	knownGroups = regexp.MustCompile(`^(cmdstat_.*|latency_percentiles_usec_.*|errorstat_.*|db\d+|slave\d+|listener\d+|master\d+)$`)
)

// known tells a key of INFO of which it is known what its value may be.
func known(key string) bool {
	_, is := record.IsKey([]byte(key))
	return is || plainKeys[key] || knownGroups.MatchString(key) || strings.HasSuffix(key, "_status") || strings.HasSuffix(key, "_human")
}

// numeric tells a value that is a number, or numbers with marks between them.
func numeric(value string) bool { return value == "" || numberWords.MatchString(value) }

// plainKeys are those whose values are words of the server's own.
var plainKeys = func() map[string]bool {
	keys := map[string]bool{}
	for _, key := range strings.Fields(`arch_bits atomicvar_api availability_zone gcc_version io_threads_active master_failover_state
		maxmemory_policy mem_allocator monotonic_clock multiplexing_api os paused_actions paused_reason process_supervised redis_build_id
		redis_git_dirty redis_git_sha1 redis_mode redis_version role server_mode server_name thp_state valkey_release_stage valkey_version`) {
		keys[key] = true
	}
	return keys
}()

func (r *Redactor) hostValue(s string) string {
	if !r.addresses() {
		return s
	}
	return r.host(s)
}

// runID replaces the id of a server process, which two recordings have in common: one key gives one
// id again. No id at all is all zeros and stays.
func (r *Redactor) runID(s string) string {
	if r.level != All || strings.Trim(s, "0") == "" {
		return s
	}
	if to, ok := r.known["r "+s]; ok {
		return to
	}
	var to string
	if r.mac == nil {
		to = fmt.Sprintf("%0*x", len(s), r.number("run", s)+1) // no id at all is all zeros
	} else {
		to = hex.EncodeToString(r.sum("run", s))
		to = to[:min(len(s), len(to))]
	}
	r.known["r "+s] = to
	r.note("run id", s, to)
	return to
}

func (r *Redactor) path(s string) string {
	if r.level != All {
		return s
	}
	if _, ok := r.known["p "+s]; !ok && s != record.Removed {
		r.known["p "+s] = record.Removed
		r.note("path", s, record.Removed)
	}
	return record.Removed
}

// ipv4 finds addresses within text, with a port or without; a version has three numbers, and
// a letter or digit beside it is no address.
var (
	ipv4  = regexp.MustCompile(`\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b`)
	ipv6  = regexp.MustCompile(`(?i)\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}\b`)
	hexID = regexp.MustCompile(`\b[0-9a-f]{40}\b`)
	// Fields of a client's line, as servers print them into their logs, and hosts by name.
	field    = regexp.MustCompile(`\b(name|user|lib-name)=([^\s,]+)`)
	hostWord = regexp.MustCompile(`\b([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.[A-Za-z][A-Za-z0-9_-]*)(:\d{1,5})\b`)
	linkWord = regexp.MustCompile(`\b((?i:master|replica|slave) )([A-Za-z][A-Za-z0-9_-]*)(:\d{1,5})\b`)
	fileWord = regexp.MustCompile(`[\pL\pN_.@+-]+\.(?:connbox|dump|log|txt|gz|zst|rdb|aof|conf)\b`)
	pathWord = regexp.MustCompile(`/[^\s,:;"']+/[^\s,:;"']*`)
)

// fieldKinds are what the fields of a client's line are called in Found.
var fieldKinds = map[string]string{"name": "client name", "user": "user", "lib-name": "library"}

// words replaces names and addresses, and at the highest level paths and ids, within a text.
func (r *Redactor) words(s string) string {
	if r.names() {
		s = fileWord.ReplaceAllStringFunc(s, r.file)
		s = field.ReplaceAllStringFunc(s, func(m string) string {
			key, value, _ := strings.Cut(m, "=")
			return key + "=" + r.name(fieldKinds[key], value)
		})
	}
	if r.addresses() {
		s = hostWord.ReplaceAllStringFunc(s, func(m string) string {
			host, port, _ := strings.Cut(m, ":")
			return r.host(host) + ":" + port
		})
		s = linkWord.ReplaceAllStringFunc(s, func(m string) string {
			p := linkWord.FindStringSubmatch(m)
			return p[1] + r.host(p[2]) + p[3]
		})
		s = ipv4.ReplaceAllStringFunc(s, r.host)
		s = ipv6.ReplaceAllStringFunc(s, r.host)
	}
	if r.level == All {
		s = hexID.ReplaceAllStringFunc(pathWord.ReplaceAllStringFunc(s, r.path), r.runID)
	}
	return s
}

// addr replaces the host of an address with a port.
func (r *Redactor) addr(s string) string {
	h := record.HostOf(s)
	if h == "" || h == "unix" || h == "?" {
		if strings.HasPrefix(s, "/") && r.level == All {
			return "/unix" + s[max(strings.LastIndexByte(s, ':'), 0):]
		}
		return s
	}
	to := r.host(h)
	if strings.Contains(h, ":") && strings.HasPrefix(s, "[") {
		return "[" + to + "]" + s[strings.LastIndexByte(s, ':'):]
	}
	return to + strings.TrimPrefix(s, h)
}

// Meta replaces what is private in what the recording says of itself, and notes the level.
func (r *Redactor) Meta(m *record.Meta) {
	if r.addresses() && m.Target != "" {
		m.Target = r.addr(m.Target)
	}
	for kind, of := range map[string]*string{"label": &m.Label, "cluster": &m.Cluster, "zone": &m.Zone} {
		if *of != "" {
			*of = r.name(kind, *of)
		}
	}
	m.Imported = slices.Clone(m.Imported)
	for i := range m.Imported { // files are called after hosts and people
		m.Imported[i].Name = r.file(m.Imported[i].Name)
	}
	how := fmt.Sprintf("connbox redact --level %s", r.level)
	if r.mac == nil {
		how = fmt.Sprintf("numbered, level %s", r.level)
	}
	m.Redacted = append(slices.Clip(m.Redacted), said+" ("+how+")")
}

// file replaces the name of a file, which is called after hosts and people.
func (r *Redactor) file(s string) string {
	if s == "-" {
		return s
	}
	return r.name("file name", s)
}

// said begins what a redacted recording says of itself.
const said = "pseudonyms for private text"

// Said tells an entry of record.Meta's Redacted that says of all of a recording that it is redacted.
func Said(entry string) bool { return strings.HasPrefix(entry, said+" (") }

// levelWord finds the level in such an entry.
var levelWord = regexp.MustCompile(`level (names|addresses|all)\)$`)

// Replaced tells whether a recording says that its private text of a kind was replaced.
func Replaced(m *record.Meta, kind string) bool {
	return slices.ContainsFunc(m.Redacted, func(entry string) bool {
		level := levelWord.FindStringSubmatch(entry)
		if !Said(entry) || level == nil {
			return false
		}
		switch kind {
		case "address":
			return level[1] != string(Names)
		case "client name", "user", "library", "error of a script":
			return level[1] != string(Addresses)
		case "file name", "label", "cluster", "zone", "server":
			return true
		}
		return level[1] == string(All)
	})
}

// note counts a replaced text.
func (r *Redactor) note(kind, was, is string) {
	f := r.found[kind]
	if f == nil {
		f = &Found{Kind: kind, Example: was, Instead: is}
		r.found[kind] = f
	}
	if len(f.Examples) < r.keep && !slices.Contains(f.Examples, was) {
		f.Examples = append(f.Examples, was)
	}
	f.N++
}
