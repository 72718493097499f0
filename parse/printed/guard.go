package printed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sort"
)

// errLong is met where one token is longer than any that we want.
var errLong = errors.New("a value or line of over 4 MiB")

// A guard hands a text on to a parser that remembers as much as it is given: it stops where
// the parser takes in more than maxToken without having finished a token, and it knows the
// line of each byte.
type guard struct {
	r     io.Reader
	given int64   // bytes handed on
	done  int64   // bytes of finished tokens
	total int64   // lines ended before the first of ends
	ends  []int64 // places of line ends not yet passed by done
	last  byte
	held  []byte // read ahead
	err   error  // of r
}

func newGuard(r io.Reader) *guard { return &guard{r: r} }

func (g *guard) Read(p []byte) (int, error) {
	if g.given-g.done > maxToken {
		return 0, errLong
	}
	n := copy(p, g.held)
	g.held = g.held[n:]
	var err error
	if n == 0 {
		n, err = g.r.Read(p)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		g.err = err
	}
	for at := 0; ; {
		i := bytes.IndexByte(p[at:n], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		g.ends = append(g.ends, g.given+int64(at-1))
	}
	if n > 0 {
		g.last = p[n-1]
	}
	g.given += int64(n)
	return n, err
}

// mark says that the parser is done with all bytes before the offset.
func (g *guard) mark(offset int64) {
	g.done = max(g.done, offset)
	n := sort.Search(len(g.ends), func(i int) bool { return g.ends[i] >= g.done })
	g.total += int64(n)
	g.ends = g.ends[n:]
}

// line gives the 1-based line of an offset that is not before the mark.
func (g *guard) line(offset int64) int64 {
	return g.total + int64(sort.Search(len(g.ends), func(i int) bool { return g.ends[i] >= offset })) + 1
}

// lines gives how many lines there were.
func (g *guard) lines() int64 {
	n := g.total + int64(len(g.ends))
	if g.given > 0 && g.last != '\n' {
		n++
	}
	return n
}

// peek gives the first bytes of the text, before any are read.
func (g *guard) peek(n int) []byte {
	if len(g.held) > 0 {
		return g.held
	}
	head := make([]byte, n)
	n, err := io.ReadFull(g.r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		g.err = err
	}
	g.held = bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf"))
	return g.held
}

// dropPrefix reads the text without what all its lines begin with.
func (g *guard) dropPrefix() {
	if prefix := bytes.Clone(prefixOf(g.peek(64 << 10))); len(prefix) > 0 {
		g.r = &unprefixed{r: io.MultiReader(bytes.NewReader(g.held), g.r), prefix: prefix}
		g.held = nil
	}
}

// skipToData passes over the lines before nested data, and gives them.
func (g *guard) skipToData() string {
	g.peek(16 << 10)
	at, ok := dataStart(g.held)
	if !ok {
		return ""
	}
	before := g.held[:at]
	g.total += int64(bytes.Count(before, []byte("\n")))
	g.held = g.held[at:]
	return string(before)
}

// drain reads on to the end, so that lines are counted.
func (g *guard) drain() {
	buf := make([]byte, 64<<10)
	for {
		g.mark(g.given)
		if _, err := g.Read(buf); err != nil {
			return
		}
	}
}

// isReadError tells an error of the input from one of its content.
func isReadError(g *guard, err error) bool { return g.err != nil && errors.Is(err, g.err) }

// eachLine calls fn for each line, without its end. Of a line over maxToken, errLong is met.
func (g *guard) eachLine(fn func(n int64, line []byte) error) error {
	r := bufio.NewReaderSize(g, 64<<10)
	var long []byte
	for n := int64(1); ; n++ {
		long = long[:0]
		line, err := r.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, line...); len(long) > maxToken {
				return errLong
			}
			line, err = r.ReadSlice('\n')
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		g.mark(g.given)
		if len(line) > 0 {
			if e := fn(n, bytes.TrimRight(line, "\r\n")); e != nil {
				return e
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
