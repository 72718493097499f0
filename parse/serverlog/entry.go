package serverlog

import (
	"fmt"
	"time"
)

// An Entry is what a log tells at one moment: a line, or lines of one sort that stand within
// ten seconds of each other, taken together. Numbers, peers and clients of the first line
// are got by matching Text again: nothing that can be derived is kept.
type Entry struct {
	Line  int64     // 1-based line of the log, the first of them
	At    time.Time // server's clock at the first, see Calendar; zero = the line has no time
	Until time.Time // of the last
	// NoYear says that the log's dates have no year and nothing else told it: At and Until
	// are in 2000 and after. Distances are right.
	NoYear bool
	Event  ID
	Level  byte   // as in Line
	Role   byte   // as in Line
	PID    int64  // as in Line
	Count  int64  // lines taken together, at least 1
	Text   string // the first line's sentence, at most 2 KB, with nothing that a client sent
	// Peers tells Accepted entries by host, most maxPeers of them; the rest is under "", as
	// are lines that name none, which all closings are before Redis 7.0.
	Peers []Peer
}

// A Peer counts one host's connections in an Entry.
type Peer struct {
	Host     string
	Accepted int64
	Closed   int64
	Brief    int64 // of Closed: at an age of 0 or 1 s
}

// AppendLine appends the entry as a line of a log, with its line end: a head in the servers'
// own form and the first line's sentence. How many lines it stands for follows as a second
// line where it is more than one.
func (e *Entry) AppendLine(dst []byte) []byte {
	role, level := e.Role, e.Level
	if role == 0 {
		role = 'M'
	}
	if level == 0 {
		level = '*'
	}
	layout := "02 Jan 2006 15:04:05.000"
	if e.NoYear {
		layout = "02 Jan 15:04:05.000"
	}
	if !e.At.IsZero() {
		dst = fmt.Appendf(dst, "%d:%c %s %c ", e.PID, role, e.At.Format(layout), level)
	}
	dst = append(append(dst, e.Text...), '\n')
	if e.Count > 1 {
		dst = fmt.Appendf(dst, "(%d lines of this sort until %s)\n", e.Count, e.Until.Format(layout))
	}
	return dst
}
