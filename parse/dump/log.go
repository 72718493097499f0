package dump

import (
	"bytes"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// logLine takes a line of a server's own log and tells whether it was one. Arguments of a
// flat SLOWLOG or values of CONFIG GET may look like one.
func (d *Reader) logLine(line []byte) bool {
	if d.form != nil && !d.form.aside {
		return false
	}
	if !mayBeLog(line) && d.form != nil && !d.logs.Expects() || !d.logs.Headed(d.lines.number, line, d.lines.look, d.lines.peek) {
		return false
	}
	d.found = true
	d.logTime()
	if d.logs.Backlog() > maxLogBacklog && d.form != nil {
		d.finish() // a log goes on behind a reply, not within it
	}
	return true
}

// logTime takes the log's clock for replies that have no other: a crash report's.
func (d *Reader) logTime() {
	if at := d.logs.Time(); !at.IsZero() && (d.at.IsZero() || d.logTimed) {
		d.at, d.logTimed = at, true
	}
}

// maxLogBacklog is how many entries of a log wait for the end of the reply they stand in.
const maxLogBacklog = 64

// mayBeLog is a cheap look: lines of INFO and CLIENT LIST are none.
func mayBeLog(line []byte) bool {
	return len(line) > 10 && !clientPrefix(line) && bytes.IndexByte(line, ' ') > 0
}

// bareLogLine takes a sentence of a server's log in a line that is no reply's.
func (d *Reader) bareLogLine(line []byte) bool {
	if d.logs.Bare(d.lines.number, line) {
		d.found = true
		return true
	}
	return false
}

// sayLog delivers the next finished entry of the log, if any.
func (d *Reader) sayLog() bool {
	e := d.logs.Next()
	if e == nil {
		return false
	}
	d.log = record.Log{Entry: *e}
	d.log.Head = record.Head{Pos: record.Pos{File: d.name, Line: e.Line}, Took: -1, Size: len(e.Text) + 1}
	if !e.NoYear {
		d.log.At = e.At
	}
	d.out = &d.log
	return true
}

// quotesInfo tells what a program printed through syslog under the server's name: a line of INFO,
// which is one word with a colon in it, a section, or nothing.
func quotesInfo(text []byte) bool {
	if section, ok := bytes.CutPrefix(text, []byte("# ")); ok {
		return bytes.IndexByte(section, ' ') < 0
	}
	return len(text) == 0 || bytes.IndexByte(text, ' ') < 0 && infoShape(text)
}

// isLog tells a line of a server's log, which is read with its head and its quotation: a
// client in it is no line of CLIENT LIST. One that begins another reply is not meant. What is seen
// of its head is left in look.
func isLog(line []byte, look *serverlog.Look) bool {
	if look.OK = serverlog.Cut(line, &look.Line); look.OK {
		look.OK = look.Line.Level != 0 || !quotesInfo(look.Line.Text)
		return look.OK && !look.Line.Embeds()
	}
	var e serverlog.Event
	_, ok := serverlog.MatchBare(line, &e)
	return ok && e.ID != serverlog.Refused // a refusal behind a prefix is a reply
}
