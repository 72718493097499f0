// Package scan reads a stranger's text piece by piece, with the line of each: lines, tokens of
// nested data, numbers, times. It holds one piece at a time, and none over MaxToken.
package scan

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sort"
)

// Limits. They are arbitrary, far above what people hand over.
const (
	MaxToken = 4 << 20 // bytes of one JSON string, CSV record or line
	MaxValue = 1024    // bytes of one value of a dictionary
)

// ErrLong is met where one token is longer than any that we want.
var ErrLong = errors.New("a value or line of over 4 MiB")

// A Text hands a text on to a parser that remembers as much as it is given: it stops where
// the parser takes in more than MaxToken without having finished a token, and it knows the
// line of each byte.
type Text struct {
	r     io.Reader
	given int64   // bytes handed on
	done  int64   // bytes of finished tokens
	total int64   // lines ended before the first of ends
	ends  []int64 // places of line ends not yet passed by done
	last  byte
	held  []byte // read ahead
	err   error  // of r
}

// New gives r as a Text.
func New(r io.Reader) *Text { return &Text{r: r} }

func (g *Text) Read(p []byte) (int, error) {
	if g.given-g.done > MaxToken {
		return 0, ErrLong
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

// Mark says that the parser is done with all bytes before the offset.
func (g *Text) Mark(offset int64) {
	g.done = max(g.done, offset)
	n := sort.Search(len(g.ends), func(i int) bool { return g.ends[i] >= g.done })
	g.total += int64(n)
	g.ends = g.ends[n:]
}

// Line gives the 1-based line of an offset that is not before the mark.
func (g *Text) Line(offset int64) int64 {
	return g.total + int64(sort.Search(len(g.ends), func(i int) bool { return g.ends[i] >= offset })) + 1
}

// Lines gives how many lines there were.
func (g *Text) Lines() int64 {
	n := g.total + int64(len(g.ends))
	if g.given > 0 && g.last != '\n' {
		n++
	}
	return n
}

// Peek gives the first bytes of the text, before any are read.
func (g *Text) Peek(n int) []byte {
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

// DropPrefix reads the text without what all its lines begin with.
func (g *Text) DropPrefix() {
	if prefix := bytes.Clone(prefixOf(g.Peek(64 << 10))); len(prefix) > 0 {
		g.r = &unprefixed{r: io.MultiReader(bytes.NewReader(g.held), g.r), prefix: prefix}
		g.held = nil
	}
}

// Skip passes over n of the bytes that Peek gave, and gives them.
func (g *Text) Skip(n int) string {
	before := g.held[:n]
	g.total += int64(bytes.Count(before, []byte("\n")))
	g.held = g.held[n:]
	return string(before)
}

// Here gives the line up to which the text was handed on.
func (g *Text) Here() int64 { return g.Line(g.given) }

// Done gives the line up to which the parser is done.
func (g *Text) Done() int64 { return g.Line(g.done) }

// Drain reads on to the end, so that lines are counted.
func (g *Text) Drain() {
	buf := make([]byte, 64<<10)
	for {
		g.Mark(g.given)
		if _, err := g.Read(buf); err != nil {
			return
		}
	}
}

// Failed tells an error of the input from one of its content.
func (g *Text) Failed(err error) bool { return g.err != nil && errors.Is(err, g.err) }

// EachLine calls fn for each line, without its end. Of a line over MaxToken, ErrLong is met.
func (g *Text) EachLine(fn func(n int64, line []byte) error) error {
	r := bufio.NewReaderSize(g, 64<<10)
	var long []byte
	for n := int64(1); ; n++ {
		long = long[:0]
		line, err := r.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, line...); len(long) > MaxToken {
				return ErrLong
			}
			line, err = r.ReadSlice('\n')
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		g.Mark(g.given)
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
