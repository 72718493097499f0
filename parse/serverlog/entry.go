package serverlog

import "time"

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
