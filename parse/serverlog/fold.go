package serverlog

import (
	"bytes"
	"slices"
	"time"
)

// Limits of what lines are taken together in.
const (
	window   = 10 * time.Second // from the first line of a sort
	maxPeers = 64               // hosts told apart in it, the rest is under ""
	maxText  = 2048             // bytes of a sentence kept
)

// A Folder makes entries of a log's lines, in the order of their times. What comes in
// floods (connections accepted and closed, failures to accept, lines of no matter here) is
// taken together for ten seconds at a time, by host where connections are concerned; other
// events are an entry each. Its memory is bounded whatever the log. The zero Folder is ready.
type Folder struct {
	Calendar Calendar

	l    Line
	look Look
	e    Event
	open []*Entry  // being taken together, oldest first, at most one a sort
	done []*Entry  // finished, not yet given out
	free []*Entry  // to be used again
	last *Entry    // given out by Next
	at   time.Time // of the last line; zero where its year is not known
	left string    // what the last line's sentence lacks
	// A sentence put together from several lines, and how many of them are still to come.
	joined []byte
	pieces int
}

// A Look is what Cut said of a line.
type Look struct {
	Line Line
	OK   bool
}

// Line takes one line of a log, with or without a head, and tells whether it was one. A
// block of a crash report (see Embeds) is none. number is its place in the log, counted from 1.
func (f *Folder) Line(number int64, line []byte) bool {
	return f.Headed(number, line, nil, nil) || f.Bare(number, line)
}

// Headed takes a line with the head of a server's log, or a further piece of a sentence that
// a terminal or a mail program broke. known is what Cut said of the line, where the caller has asked
// it already; peek gives the nth line after it, from 1. Both may be nil.
func (f *Folder) Headed(number int64, line []byte, known *Look, peek func(n int) ([]byte, bool)) bool {
	if f.pieces > 0 {
		f.pieces--
		return true
	}
	if f.left != "" && string(trimEnd(line)) == f.left {
		f.left = ""
		return true
	}
	if known == nil {
		known = &f.look
		known.OK = Cut(line, &known.Line)
	}
	if f.l = known.Line; !known.OK || f.l.Embeds() {
		return false
	}
	if !Match(f.l.Text, &f.e) && peek != nil && begun(f.l.Text) {
		f.joinPieces(line, peek)
	}
	f.add(number)
	return true
}

// maxPieces is how many lines a sentence may be broken into: a client's line has 500 bytes,
// a narrow terminal 60.
const maxPieces = 12

// joinPieces looks for the rest of a sentence in the lines after it, which have no head:
// broken at a width, which all but the last line have, or at blanks.
func (f *Folder) joinPieces(line []byte, peek func(n int) ([]byte, bool)) {
	width, was := len(trimLineEnd(line)), len(f.l.Text)
	f.joined = append(f.joined[:0], f.l.Text...) // peek moves the line
	for _, between := range [...]string{"", " "} {
		f.joined = f.joined[:was]
		for n := 1; n < maxPieces; n++ {
			next, ok := peek(n)
			next = trimLineEnd(next)
			var other Line
			if !ok || len(next) == 0 || between == "" && len(next) > width || Cut(next, &other) {
				break
			}
			f.joined = append(append(f.joined, between...), next...)
			if Match(trimEnd(f.joined), &f.e) && f.e.Left == "" {
				f.l.Text, f.pieces = trimEnd(f.joined), n
				return
			}
			if between == "" && len(next) < width {
				break
			}
		}
	}
	f.l.Text, f.e = f.joined[:was], Event{}
}

// trimLineEnd leaves blanks, at which a line may be broken.
func trimLineEnd(b []byte) []byte { return bytes.TrimRight(b, "\r\n") }

// Bare takes a line that holds a sentence known without a head.
func (f *Folder) Bare(number int64, line []byte) bool {
	at, ok := MatchBare(line, &f.e)
	if !ok {
		return false
	}
	f.l = Line{Prefix: at, Text: trimQuote(line[at:])}
	f.l.Date = prefixDate(line[:at])
	f.add(number)
	return true
}

// Embeds tells a line in which a crash report of Redis 2.4 to 2.8 begins another reply: the
// first client or INFO's first line stands behind the head.
func (l *Line) Embeds() bool {
	t := l.Text
	switch {
	case bytes.HasPrefix(t, []byte("id=")), bytes.HasPrefix(t, []byte("addr=")):
		return bytes.Contains(t, []byte(" fd="))
	case bytes.HasPrefix(t, []byte("# ")):
		return bytes.IndexByte(t, ':') < 0
	}
	return bytes.HasPrefix(t, []byte("redis_version:"))
}

// sort gives what a line is taken together with: None for one that is an entry of its own.
func (id ID) sort() ID {
	switch id {
	case Accepted, Closed:
		return Accepted
	case IdleClosed, ReadError, WriteError, AcceptFailed, RegisterFailed, HandshakeFailed, Refused, LinkFailed,
		FsyncSlow, CrossProtocol, SentinelEvent:
		return id
	case KeyCount, None:
		return Other
	}
	return None
}

func (f *Folder) add(line int64) {
	f.left = f.e.Left
	at, known := f.Calendar.At(f.l.Date)
	if f.at = at; !known {
		f.at = time.Time{}
	}
	f.expire(at)
	sort := f.e.ID.sort()
	if sort == None {
		f.Flush()
		f.done = append(f.done, f.begin(line, at, known, f.e.ID))
		return
	}
	i := slices.IndexFunc(f.open, func(r *Entry) bool { return r.Event == sort && r.PID == f.l.PID })
	if i < 0 {
		f.open = append(f.open, f.begin(line, at, known, sort))
		i = len(f.open) - 1
	} else {
		f.open[i].Count++
		f.open[i].Until = at
	}
	if sort == Accepted {
		f.peer(f.open[i])
	}
}

// expire ends what is taken together when a line is too late for it, or earlier than it.
func (f *Folder) expire(at time.Time) {
	if len(f.open) == 0 {
		return
	}
	if d := at.Sub(f.open[0].At); d < 0 || d >= window || len(f.open) >= maxPeers || at.IsZero() != f.open[0].At.IsZero() {
		f.Flush()
	}
}

// begin makes an entry of the line at hand.
func (f *Folder) begin(line int64, at time.Time, known bool, id ID) *Entry {
	r := &Entry{}
	if n := len(f.free); n > 0 {
		r, f.free = f.free[n-1], f.free[:n-1]
	}
	text := f.l.Text
	if len(text) > maxText {
		text = text[:maxText]
	}
	*r = Entry{Line: line, At: at, Event: id, Level: f.l.Level, Role: f.l.Role, PID: f.l.PID, Count: 1, Until: at, NoYear: !known && !at.IsZero(), Peers: r.Peers[:0]}
	r.Text = string(f.e.AppendText(nil, text))
	return r
}

// peer counts the line at hand by its host.
func (f *Folder) peer(r *Entry) {
	addr, brief := f.e.Peer, int64(0)
	if f.e.Client != nil {
		addr = valueOf(f.e.Client, "addr=")
		if age := valueOf(f.e.Client, " age="); len(age) == 1 && age[0] <= '1' {
			brief = 1
		}
	}
	host := addr[:max(bytes.LastIndexByte(addr, ':'), 0)]
	host = bytes.TrimSuffix(bytes.TrimPrefix(host, []byte("[")), []byte("]"))
	i := slices.IndexFunc(r.Peers, func(p Peer) bool { return p.Host == string(host) })
	if i < 0 {
		if len(r.Peers) >= maxPeers {
			host = nil
		}
		if i = slices.IndexFunc(r.Peers, func(p Peer) bool { return p.Host == string(host) }); i < 0 {
			r.Peers = append(r.Peers, Peer{Host: string(host)})
			i = len(r.Peers) - 1
		}
	}
	if f.e.ID == Accepted {
		r.Peers[i].Accepted++
		return
	}
	r.Peers[i].Closed++
	r.Peers[i].Brief += brief
}

// valueOf gives the value after a key in a line of CLIENT LIST.
func valueOf(client []byte, key string) []byte {
	i := bytes.Index(client, []byte(key))
	if i < 0 {
		return nil
	}
	v, _, _ := bytes.Cut(client[i+len(key):], []byte(" "))
	return v
}

// Flush ends what is taken together: the log has ended, or something else comes.
func (f *Folder) Flush() {
	f.done = append(f.done, f.open...)
	clear(f.open)
	f.open = f.open[:0]
}

// Time gives the time of the last line, zero where the log does not tell it with its year.
func (f *Folder) Time() time.Time { return f.at }

// Expects tells whether the next line is known to be a piece of a broken sentence.
func (f *Folder) Expects() bool { return f.pieces > 0 }

// Pending tells whether anything is taken together or not yet given out.
func (f *Folder) Pending() bool { return len(f.open)+len(f.done) > 0 }

// Backlog tells how many finished entries wait to be given out.
func (f *Folder) Backlog() int { return len(f.done) }

// Next gives the next finished entry, or nil. It is good until the call after it.
func (f *Folder) Next() *Entry {
	if f.last != nil {
		f.free = append(f.free, f.last)
		f.last = nil
	}
	if len(f.done) == 0 {
		return nil
	}
	f.last = f.done[0]
	n := copy(f.done, f.done[1:])
	f.done[n] = nil
	f.done = f.done[:n]
	return f.last
}
