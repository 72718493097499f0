package dump

import (
	"bytes"
	"io"

	"github.com/connbox/connbox/parse/frame"
	"github.com/connbox/connbox/parse/serverlog"
)

// framedLines gives the lines of a dump without their frames: prefixes, and what editors and
// programs made of the text. A physical line may hold several of the server's.
type framedLines struct {
	lineReader
	frame  frame.Stripper
	prefix []byte          // of the current line; empty where it has none
	parts  [][]byte        // the server's lines in the physical one: the current first
	again  bool            // the current line is to be given once more
	quoted bool            // the next line is a client that ACL LOG quotes
	usual  int             // length of the last line of CLIENT LIST
	look   *serverlog.Look // what the head of a log was looked for in the current line; nil: it was not
	looked serverlog.Look
}

// scan goes on to the next line; see lineReader.scan.
func (l *framedLines) scan() bool {
	if l.again {
		l.again = false
		return true
	}
	if len(l.parts) > 1 {
		l.parts, l.look = l.parts[1:], nil
		return true
	}
	if !l.lineReader.scan() {
		return false
	}
	line := l.lines[0].text
	quoted := l.quoted
	l.quoted = bytes.HasSuffix(bytes.TrimRight(line, "\r\n\""), []byte("client-info"))
	l.look = nil
	if quoted || l.plain(line) || l.isLog(line) {
		l.prefix, l.parts = nil, append(l.parts[:0], line)
		return true
	}
	l.parts = append(l.parts[:0], l.frame.Strip(line, l.lineReader.peek)...)
	if l.prefix = l.frame.Prefix(); len(l.prefix) == 0 && bytes.IndexByte(line, 0x1b) >= 0 {
		l.coloured(line)
	}
	if len(l.parts) != 1 || len(l.parts[0]) != len(line) || len(line) > 0 && &l.parts[0][0] != &line[0] {
		l.look, l.usual = nil, 0 // it is another line without its frame, and so may the next be
	}
	return true
}

// coloured takes the frame off a line in which a terminal's escapes stand, as docker compose's
// colours do. Without a frame they stay: they may be data.
func (l *framedLines) coloured(line []byte) {
	parts := l.frame.Strip(stripEscapes(line), func(n int) ([]byte, bool) {
		next, ok := l.lineReader.peek(n)
		return stripEscapes(next), ok
	})
	if prefix := l.frame.Prefix(); len(prefix) > 0 {
		l.parts, l.prefix = append(l.parts[:0], parts...), prefix
	}
}

// isLog tells a line of a server's log, and keeps what was seen of its head.
func (l *framedLines) isLog(line []byte) bool {
	l.look = &l.looked
	return isLog(line, l.look)
}

// plain tells, cheaply, the lines that a dump is mostly made of: ordinary ones of INFO, and a
// client about as long as the one before it, as two on one line are longer.
func (l *framedLines) plain(line []byte) bool {
	if !clientPrefix(line) {
		return len(line) == 0 || frame.Plain(line) || frame.Item(line)
	}
	if len(line) < l.usual+l.usual/2 && line[len(line)-1] != ']' {
		return true
	}
	l.usual = len(line)
	return false
}

// hold makes the next scan give the current line again.
func (l *framedLines) hold() { l.again = true }

// line gives the current line; it is good until the next call of scan.
func (l *framedLines) line() []byte { return l.parts[0] }

// ended tells whether the current line's end is there.
func (l *framedLines) ended() bool { return len(l.parts) > 1 || l.lines[0].ended }

// cut tells whether the physical line was too long, and was cut.
func (l *framedLines) cut() bool { return l.lines[0].cut }

// peek gives the nth line after the current one (from 1) without its prefix; false when
// there is none.
func (l *framedLines) peek(n int) ([]byte, bool) {
	if n < len(l.parts) {
		return l.parts[n], true
	}
	line, ok := l.lineReader.peek(n - len(l.parts) + 1)
	if !ok {
		return nil, false
	}
	return l.frame.Ahead(line), true
}

// reset makes l read another text, with the memory it has.
func (l *framedLines) reset(r io.Reader) {
	l.lineReader.reset(r)
	l.frame.Reset()
	l.prefix, l.parts, l.again, l.usual = nil, l.parts[:0], false, 0
}
