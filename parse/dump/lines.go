package dump

import (
	"bytes"
	"errors"
	"io"
	"regexp"
)

// maxLine bounds a line of text; what is over is cut off. It is arbitrary: the longest
// line of a server is a reply of --json or --csv, some hundred kilobytes.
const maxLine = 16 << 20

// A lineReader gives a stream line by line, may look ahead, and holds no more than the
// lines it is asked for. Slices it gives are good until its next call.
type lineReader struct {
	r       io.Reader
	buf     []byte
	lo, hi  int // current line in buf, without its \n
	next    int // where the line after it begins
	end     int // end of what has been read
	number  int64
	total   int64 // bytes read
	ended   bool  // the current line had its \n
	cut     bool  // the current line was over max
	skip    bool  // the rest of a line that was over max is still to be passed over
	max     int
	err     error // of r; io.EOF at a proper end
	started bool
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: r, buf: make([]byte, 256<<10), max: maxLine}
}

// scan goes on to the next line; false at the end or at an error of the stream, which is
// then in err.
func (l *lineReader) scan() bool {
	for l.skip {
		if i := bytes.IndexByte(l.buf[l.next:l.end], '\n'); i >= 0 {
			l.next, l.skip = l.next+i+1, false
		} else {
			// Nothing of it is kept: a line without an end must not grow the buffer.
			l.lo, l.hi, l.next = l.end, l.end, l.end
			if !l.fill() {
				return false
			}
		}
	}
	l.lo = l.next
	hi, ended := l.find(l.next)
	if hi < 0 {
		return false
	}
	l.hi, l.ended, l.cut = hi, ended, !ended && hi-l.lo >= l.max
	l.next = l.hi
	if ended {
		l.next++
	}
	l.skip = l.cut
	l.number++
	if !l.started {
		l.started = true
		if bytes.HasPrefix(l.line(), []byte("\xef\xbb\xbf")) {
			l.lo += 3
		}
	}
	return true
}

// line gives the current line without its line end.
func (l *lineReader) line() []byte { return l.buf[l.lo:l.hi] }

// peek gives the nth line after the current one (from 1), which a call of scan would give
// later; false when there is none. It may move the current line: call line again.
func (l *lineReader) peek(n int) ([]byte, bool) {
	if l.skip {
		return nil, false
	}
	off := l.next - l.lo
	for ; ; n-- {
		hi, ended := l.find(l.lo + off)
		if hi < 0 {
			return nil, false
		}
		if n == 1 {
			return trimCR(l.buf[l.lo+off : hi]), true
		}
		off = hi - l.lo
		if !ended {
			return nil, false
		}
		off++
	}
}

// find gives the end of the line that begins at from, reading more if need be, and whether
// its \n is there; -1 when there is nothing more. It keeps the place of from relative to
// lo, and caps the line at max.
func (l *lineReader) find(from int) (hi int, ended bool) {
	off, seen := from-l.lo, 0
	for {
		b := l.buf[l.lo+off : l.end]
		if i := bytes.IndexByte(b[seen:], '\n'); i >= 0 && seen+i <= l.max {
			return l.lo + off + seen + i, true
		}
		if seen = len(b); seen > l.max {
			return l.lo + off + l.max, false
		}
		if !l.fill() {
			if seen == 0 {
				return -1, false
			}
			return l.lo + off + seen, false
		}
	}
}

// fill reads more behind end, moving the current line to the front or growing the buffer
// to make room. false at the end of the stream.
func (l *lineReader) fill() bool {
	if l.err != nil {
		return false
	}
	if l.end == len(l.buf) {
		if l.lo > 0 {
			copy(l.buf, l.buf[l.lo:l.end])
			l.hi, l.next, l.end = l.hi-l.lo, l.next-l.lo, l.end-l.lo
			l.lo = 0
		}
		if l.end > len(l.buf)/2 {
			l.buf = append(l.buf, make([]byte, len(l.buf))...)
		}
	}
	for range 100 { // as bufio does: a reader may give nothing a few times
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		l.total += int64(n)
		if err != nil {
			l.err = err
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	l.err = io.ErrNoProgress
	return false
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
