// Package dump reads what an operator saved: one text with replies of redis-cli one after the
// other (Reader), or a folder of such files (Folder). It finds out which lines are a reply of
// which command, and when it was given; what the reply says is package reply's.
//
//	lines.go    lines of any length, looking ahead
//	class.go    what a line looks like
//	form.go     what goes on with a reply
//	state.go    where a reply begins and ends
//	finish.go   the lines of a reply made a record
//	secret.go   passwords in lines that are no reply
//	other.go    replies that are kept whole
//	block.go    what programs printed in between
//	log.go      lines of the server's own log
//	server.go   whose replies they are
//	stamp.go    time lines, times in names, the server's clock
//
// A Reader holds one reply at a time and no more than 256 MB of it. Its records are its own
// until the next Scan; strings may be kept.
package dump

import (
	"errors"
	"io"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
	"github.com/connbox/connbox/parse/serverlog"
	"github.com/connbox/connbox/parse/stream"
)

// Limits of a dump. They are arbitrary, far above what servers print.
const (
	maxReply        = 256 << 20 // bytes of one reply
	largeText       = 8 << 20   // of a list from which on it is not kept for the next
	maxForeignLines = 200_000   // lines in which something must be recognised
	maxForeignBytes = 64 << 20  // and bytes
	maxSections     = 200       // of one INFO
	maxChatterText  = 16 << 10  // bytes kept of the lines in a row that are no reply
	maxChatterLine  = 1 << 10   // and of one of them
)

// A Reader reads an operator's text: replies of redis-cli one after the other, in whatever
// form it printed them, with time lines between and other text around. It holds one reply
// at a time. form.go tells how it knows where a reply ends.
type Reader struct {
	name  string
	lines *framedLines
	sum   *stream.Digest // of the bytes as they lie on disk
	input func() error   // closes what lies underneath; may be nil
	warn  record.Warnings
	err   error
	max   int // maxReply, less in tests
	most  int // record.MaxListRows, less in tests

	// Clock.
	at       time.Time       // of the replies to come; zero = unknown
	told     bool            // at is from a time line or a file's name, which the server's clock does not overrule
	lineAt   time.Time       // the last time line
	base     time.Time       // server's clock in the first INFO since then; zero = none yet
	moment   moment          // of the last INFO that tells one
	baseRun  string          // run_id of the server whose clock base is
	zone     string          // zone name that was not understood, of the last time line
	shift    time.Duration   // to add to times in such a zone, found by the server's clock
	warnedAt map[string]bool // doubts that are said once

	whose   whose        // which server's replies these are
	asked   record.Asked // where the first of them is asked
	several bool         // there are others
	gather  gathered

	// The reply being read.
	form      *form // nil: none
	pos       record.Pos
	began     time.Time
	text      []byte
	full      bool                // text is at max: the rest of the reply is passed over
	lastLine  int                 // where the last line begins in text
	lastPos   record.Pos          // and in the input
	wide      int                 // CLIENT LIST: the longest piece of its lines
	wideLast  int                 // the last piece
	wraps     int                 // pieces that were put behind others
	partial   bool                // the input ended inside that line
	blanks    int                 // blank lines held back
	items     int                 // lines taken
	sections  []string            // INFO: sections so far
	firstKey  string              // INFO without sections: its first key
	counted   bool                // INFO: connected_clients is there
	ids       map[uint64]struct{} // CLIENT LIST: ids so far, see clientKey
	tree      treeShape
	ahead     *form  // of a line classed as lineOtherNew
	command   string // as echoed before the reply; empty if not
	listed    bool   // a whole CLIENT LIST was read
	connected int64  // connected_clients of the last INFO; -1 = unknown
	authSaid  int64  // line number of a failed AUTH just said
	ending    bool   // the input is at its end

	// Records, reused.
	found    bool   // something of a server's has been recognised
	stranger string // what a text is in which nothing is; see strangers
	library  int    // the rank of stranger where a client's library said it
	out      record.Record
	scratch  []byte
	split    [][]byte
	parser   reply.ClientParser
	values   reply.ValueReader
	value    reply.Value // of a reply of one line
	whole    bool        // all of it was read
	info     record.Info
	clients  record.Clients
	slowlog  record.Slowlog
	config   record.Config
	other    record.Other
	failure  record.Failure
	chat     record.Chatter // chatter so far; Lines is 0 when there is none
	said     record.Chatter // the one given out
	logs     serverlog.Folder
	logTimed bool       // at is the log's
	log      record.Log // the one given out
	done     bool
}

// NewReader reads an operator's dump from r, as plain text; name is for positions.
func NewReader(r io.Reader, name string) *Reader {
	sum := stream.NewDigest(r)
	return NewPacked(sum, sum, name, nil)
}

// NewPacked reads text, while the hash is of what sum reads: the same, or the compressed
// bytes underneath. Close calls closer, which may be nil.
func NewPacked(text io.Reader, sum *stream.Digest, name string, closer func() error) *Reader {
	d := &Reader{lines: &framedLines{lineReader: *newLineReader(nil)}, max: maxReply, most: record.MaxListRows, warnedAt: make(map[string]bool)}
	d.values.Interner = &d.parser.Interner
	d.reset(text, sum, name)
	d.input = closer
	return d
}

// Skipped notes how many zero bytes stood before the text.
func (d *Reader) Skipped(zeros int64) {
	if zeros > 0 {
		d.warn.Add(record.Pos{File: d.name, Line: 1}, "the text begins with %d zero bytes, which are skipped, as a log does that was truncated while its "+
			"server wrote it; what stood there may be in a rotated file", zeros)
	}
}

// reset makes the Reader read another text, with the memory it has. What it said once of the
// texts before it does not say again.
func (d *Reader) reset(text io.Reader, sum *stream.Digest, name string) {
	d.name, d.sum = name, sum
	d.lines.reset(text)
	d.err, d.input, d.done, d.found, d.ending = nil, nil, false, false, false
	d.stranger, d.library = "", 0
	d.at, d.lineAt, d.base, d.told, d.zone = time.Time{}, time.Time{}, time.Time{}, false, ""
	d.form, d.command, d.connected, d.authSaid, d.listed = nil, "", -1, 0, false
	d.chat = record.Chatter{}
	d.whose, d.gather.replies = whose{}, nil
	d.asked, d.several = record.Asked{}, false
	d.logs, d.logTimed, d.moment = serverlog.Folder{}, false, moment{}
}

func (d *Reader) Scan() bool {
	d.out = nil
	for d.out == nil && !d.done {
		if d.form == nil && (d.sayLog() || d.sayGathered()) {
			break
		}
		if !d.lines.scan() {
			d.ending = true
			d.finish()
			d.endOfInput()
			break
		}
		if d.foreign() {
			break
		}
		d.step()
	}
	if d.out == nil && d.done {
		d.logs.Flush()
		if !d.sayLog() && !d.sayGathered() && d.chat.Lines > 0 {
			d.sayChatter()
		}
	}
	return d.out != nil
}

func (d *Reader) Record() record.Record { return d.out }
func (d *Reader) Err() error            { return d.err }
func (d *Reader) Warnings() []string    { return d.warn.All() }

func (d *Reader) Origin() record.Origin {
	return record.Origin{Kind: record.InputDump, Name: d.name, SHA256: d.sum.Hex(), Bytes: d.sum.Size(), Asked: d.asked}
}

// Close implements Source. One from NewReader leaves its reader open.
func (d *Reader) Close() error {
	d.done = true
	if d.input == nil {
		return nil
	}
	err := d.input()
	d.input = nil
	return err
}

// here is the position of the current line.
func (d *Reader) here() record.Pos { return record.Pos{File: d.name, Line: d.lines.number} }

// endOfInput settles Err after the last line.
func (d *Reader) endOfInput() {
	d.done = true
	switch err := d.lines.err; {
	case err != nil && !errors.Is(err, io.EOF):
		p := d.here()
		d.err = &record.InputError{Pos: p, Msg: "the input cannot be read further", Err: err}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			d.err = &record.InputError{Pos: p, Msg: "the compressed input is cut short; what came before is read", Err: err}
		}
	case !d.found:
		d.err = d.nothing()
	}
	if err := d.lines.err; err == nil || errors.Is(err, io.EOF) {
		d.sum.Drain()
	}
}

// warnOnce notes a doubt that holds for a whole dump only where it is first met.
func (d *Reader) warnOnce(p record.Pos, text string) {
	if !d.warnedAt[text] {
		d.warnedAt[text] = true
		d.warn.Add(p, "%s", text)
	}
}

// deliver makes r the record of this Scan.
func (d *Reader) deliver(r record.Record, size int) {
	h := r.Base()
	*h = record.Head{Pos: d.pos, At: d.began, Took: -1, Size: size}
	d.out = r
	if h.At.IsZero() && r.Kind() != record.KindChatter {
		d.warnOnce(d.pos, "no time: there is no time line before this reply, and no server_time_usec in INFO")
	}
}
