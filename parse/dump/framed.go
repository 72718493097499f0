package dump

import "github.com/connbox/connbox/parse/frame"

// framedLines gives the lines of a dump without their frames: prefixes, and what editors and
// programs made of the text. A physical line may hold several of the server's.
type framedLines struct {
	*lineReader
	frame  frame.Stripper
	prefix []byte   // of the current line; empty where it has none
	now    []byte   // the current line, where it differs from the physical one
	parts  [][]byte // further lines of the physical one
	ended  bool     // the current line's end is there
	again  bool     // the current line is to be given once more
	memory []byte   // of now, parts and prefix
	spans  []int
	usual  int // length of the last line of CLIENT LIST
}

// scan goes on to the next line; see lineReader.scan.
func (l *framedLines) scan() bool {
	if l.again {
		l.again = false
		return true
	}
	if len(l.parts) > 0 {
		l.now, l.parts = l.parts[0], l.parts[1:]
		l.ended = len(l.parts) > 0 || l.lineReader.ended
		return true
	}
	if !l.lineReader.scan() {
		return false
	}
	l.now, l.prefix, l.ended = nil, nil, l.lineReader.ended
	if line := trimCR(l.lineReader.line()); !l.plain(line) && !isLog(line) {
		l.strip(line)
	}
	return true
}

// plain tells, cheaply, the lines that a dump is mostly made of: ordinary ones of INFO, and a
// client about as long as the one before it, as two on one line are longer.
func (l *framedLines) plain(line []byte) bool {
	if !clientPrefix(line) {
		return len(line) == 0 || frame.Plain(line) || frame.Item(line)
	}
	if len(line) < l.usual+l.usual/2 {
		return true
	}
	l.usual = len(line)
	return false
}

// strip takes the frame off the current line. What is given then is a copy, as looking
// ahead moves the physical line.
func (l *framedLines) strip(line []byte) {
	parts := l.frame.Strip(line, l.lineReader.peek)
	if len(parts) == 1 && len(parts[0]) == len(line) && len(l.frame.Prefix()) == 0 && &parts[0][0] == &line[0] {
		return
	}
	l.memory, l.spans = append(l.memory[:0], l.frame.Prefix()...), append(l.spans[:0], len(l.frame.Prefix()))
	for _, p := range parts {
		l.memory = append(l.memory, p...)
		l.spans = append(l.spans, len(l.memory))
	}
	l.prefix, l.parts = l.memory[:l.spans[0]], l.parts[:0]
	for i := 1; i < len(l.spans); i++ {
		l.parts = append(l.parts, l.memory[l.spans[i-1]:l.spans[i]])
	}
	l.now, l.parts = l.parts[0], l.parts[1:]
	l.ended = len(l.parts) > 0 || l.lineReader.ended
}

// hold makes the next scan give the current line again.
func (l *framedLines) hold() { l.again = true }

// line gives the current line; it is good until the next call of scan or peek.
func (l *framedLines) line() []byte {
	if l.now != nil {
		return l.now
	}
	return l.lineReader.line()
}

// peek gives the nth line after the current one (from 1) without its prefix; false when
// there is none.
func (l *framedLines) peek(n int) ([]byte, bool) {
	if n <= len(l.parts) {
		return l.parts[n-1], true
	}
	line, ok := l.lineReader.peek(n - len(l.parts))
	if !ok {
		return nil, false
	}
	return l.frame.Ahead(line), true
}

// reset makes l read another text, with the memory it has.
func (l *framedLines) reset() {
	l.frame.Reset()
	l.prefix, l.now, l.parts, l.again, l.usual = nil, nil, nil, false, 0
}
