// Package frame takes off a server's lines what a paste put around them.
//
// A frame is a prefix that stands before each line (a Markdown quote, an indent, a table's
// bar, the head of docker compose, kubectl, journald, syslog, grep or cat -n), and the ways
// in which editors, terminals and programs alter the text itself: no-break blanks, smart
// quotes, escaped underscores, blanks after a colon, several lines of the server in one.
//
// A prefix is believed when what stands behind it is unmistakable (an anchor): a line of
// CLIENT LIST, a section of INFO, a prompt with a command; or a key of INFO with a value of
// the right kind, where the prefix looks like one or the lines beside have it, too. It is
// remembered by its shape, in which numbers, months and weekdays vary.
//
// The package knows lines and nothing of replies: which line belongs to which reply is for
// package dump. Slices it gives are good until the next call.
package frame

import "bytes"

// maxPrefix bounds a prefix; the longest heads seen (journald with a long unit) have 90 bytes.
const maxPrefix = 160

// A Stripper takes frames off lines. The zero Stripper is ready. It is not safe for
// concurrent use.
type Stripper struct {
	shape  shape
	prefix []byte // as it stood before the last line that had one; empty without
	// blanked tells that the text has blanks behind the colons of INFO.
	blanked bool
	buf     []byte
	parts   [][]byte
}

// Prefix gives what stood before the line last stripped; empty if nothing did. A time in
// it is the line's.
func (s *Stripper) Prefix() []byte { return s.prefix }

// Reset forgets the prefix, at the beginning of another text.
func (s *Stripper) Reset() { *s = Stripper{buf: s.buf, parts: s.parts} }

// Strip gives the lines of the server that stand in line: mostly one, which is line itself
// where it has no frame. peek gives the nth line after it, from 1.
func (s *Stripper) Strip(line []byte, peek func(n int) ([]byte, bool)) [][]byte {
	s.prefix = nil
	line = s.clean(bytes.TrimSuffix(line, []byte("#015"))) // rsyslog's word for the server's \r
	rest := s.cut(emphasised(line), peek)
	return s.split(trimEnd(rest, s.prefix))
}

// Ahead gives a line that is looked at ahead without the prefix that the last line had.
func (s *Stripper) Ahead(line []byte) []byte {
	if anchorOf(line) == noAnchor {
		if n := s.shape.match(line); n > 0 {
			return trimEnd(line[n:], line[:n])
		}
	}
	return line
}

// cut takes the prefix off a line.
func (s *Stripper) cut(line []byte, peek func(n int) ([]byte, bool)) []byte {
	if anchorOf(line) != noAnchor {
		return line
	}
	if n := s.shape.match(line); n > 0 {
		if deeper := bytes.TrimLeft(line[n:], " \t"); len(deeper) < len(line)-n {
			if kind := anchorOf(deeper); kind != noAnchor && kind != treeAnchor { // indented further than the prompt before it
				n = len(line) - len(deeper)
				s.shape = shapeOf(line[:n])
			}
		}
		s.prefix = line[:n]
		return line[n:]
	}
	at, kind := findAnchor(line)
	if at <= 0 || !believed(line, at, kind, peek) {
		return line
	}
	s.prefix = line[:at]
	s.shape = shapeOf(s.prefix)
	return line[at:]
}

// believed tells whether what stands before an anchor is a prefix rather than prose.
func believed(line []byte, at int, kind anchor, peek func(n int) ([]byte, bool)) bool {
	prefix := line[:at]
	switch {
	case kind == clientAnchor:
		return true // nothing but CLIENT LIST and the server's log has such words
	case bare(prefix) || stamped(prefix):
		return true
	case (kind == sectionAnchor || kind == promptAnchor) && separated(prefix):
		return true
	}
	// A key in a sentence has no neighbour with the same words before it.
	shape := shapeOf(prefix)
	for n := 1; n <= 2; n++ {
		next, ok := peek(n)
		if !ok {
			return false
		}
		if m := shape.match(next); m > 0 && anchorOf(next[m:]) != noAnchor {
			return true
		}
	}
	return false
}

// unbracket takes the end of a list that a program printed in brackets, "[id=1 … cmd=get", off its last line.
func unbracket(line []byte) []byte {
	n := len(line)
	if n == 0 || line[n-1] != ']' || !isClient(line) || bytes.Count(line, []byte("[")) >= bytes.Count(line, []byte("]")) {
		return line
	}
	return line[:n-1]
}

// trimEnd takes off what a frame puts behind a line: blanks, the bar of a table, a quote or
// a backtick that was opened before it.
func trimEnd(line, prefix []byte) []byte {
	line = unbracket(line)
	if len(prefix) == 0 {
		if kind := anchorOf(line); kind == noAnchor && !keyed(line) || kind == treeAnchor {
			return line
		}
		return bytes.TrimRight(line, " \t")
	}
	line = bytes.TrimRight(line, " \t")
	open := bytes.TrimRight(prefix, " \t")
	if len(open) == 0 {
		return line
	}
	switch last := open[len(open)-1]; last {
	case '|', '"', '\'', '`':
		trimmed := bytes.TrimRight(line, ", ]}")
		if n := len(trimmed); n > 0 && trimmed[n-1] == last {
			return bytes.TrimRight(trimmed[:n-1], " \t")
		}
	}
	return line
}
