package dump

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
)

// maxLine bounds a line of text; what is over is cut off. It is arbitrary: the longest
// line of a server is a reply of --json or --csv, some hundred kilobytes.
const maxLine = 16 << 20

// errBound is the error of a lineReader that has read as much as it may.
var errBound = errors.New("no line end within the bound")

// A lineReader gives a stream line by line, may look ahead, and holds no more than the
// lines it is asked for. Slices it gives are good until the next call of scan.
type lineReader struct {
	r      *bufio.Reader
	lines  []textLine // what is held: the current line first
	spare  [][]byte   // memory of lines that were passed
	number int64      // of the current line
	total  int64      // bytes read
	max    int
	bound  int64 // of total, over which no line is read on; 0: none
	err    error // of r; io.EOF at a proper end
}

// A textLine is a line without its line end: \n, with the \r's that a server (one) and a
// terminal (one more) put before it.
type textLine struct {
	text  []byte
	ended bool // its \n was there
	cut   bool // it was over max
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 256<<10), max: maxLine}
}

// reset makes l read another stream, with the memory it has.
func (l *lineReader) reset(r io.Reader) {
	l.r.Reset(r)
	l.lines, l.number, l.total, l.err = l.lines[:0], 0, 0, nil
}

// scan goes on to the next line; false at the end or at an error of the stream, which is
// then in err.
func (l *lineReader) scan() bool {
	if l.number > 0 && len(l.lines) > 0 {
		if first := l.lines[0].text; cap(first) < 1<<20 {
			l.spare = append(l.spare, first[:0])
		}
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	if len(l.lines) == 0 && !l.read() {
		return false
	}
	l.number++
	return true
}

// peek gives the nth line after the current one (from 1), which a call of scan would give
// later; false when there is none.
func (l *lineReader) peek(n int) ([]byte, bool) {
	for len(l.lines) <= n {
		if len(l.lines) > 0 && l.lines[len(l.lines)-1].cut || !l.read() {
			return nil, false
		}
	}
	return l.lines[n].text, true
}

// read holds one more line.
func (l *lineReader) read() bool {
	var text []byte
	if n := len(l.spare); n > 0 {
		text, l.spare = l.spare[n-1], l.spare[:n-1]
	}
	for more := l.err == nil; more; {
		var part []byte
		part, l.err = l.r.ReadSlice('\n')
		l.total += int64(len(part))
		text = append(text, part[:min(len(part), l.max+1-min(len(text), l.max+1))]...) // \n and all
		if more = errors.Is(l.err, bufio.ErrBufferFull); more {
			l.err = nil
		}
		if more && l.bound > 0 && l.total > l.bound {
			l.err, more = errBound, false
		}
	}
	if len(text) == 0 {
		return false
	}
	line := textLine{text: text}
	line.text, line.ended = bytes.CutSuffix(text, []byte("\n"))
	if line.cut = len(line.text) > l.max; line.cut {
		line.text = line.text[:l.max]
	}
	if l.number == 0 && len(l.lines) == 0 {
		line.text = bytes.TrimPrefix(line.text, []byte("\xef\xbb\xbf"))
	}
	line.text = trimCR(line.text)
	l.lines = append(l.lines, line)
	return true
}

// trimCR takes off the \r's that a server (one) and a terminal (one more) put at a line's end.
func trimCR(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == '\r' {
		b = b[:len(b)-1]
	}
	return b
}

// escapes are terminal control sequences: CSI, OSC and its kin up to BEL or ESC \\, and others.
var escapes = regexp.MustCompile(`(?s)\x1b(\[[^@-~]*[@-~]?|[\]P^_][^\a\x1b]*(\a|\x1b.?)?|[()#].?|.?)`)

// stripEscapes takes terminal control sequences out of a line. Where there are none, the line
// itself is given back.
func stripEscapes(line []byte) []byte {
	if bytes.IndexByte(line, 0x1b) < 0 {
		return line
	}
	return escapes.ReplaceAll(line, nil)
}

// atEOF tells a proper end from an error.
func atEOF(err error) bool { return errors.Is(err, io.EOF) }
