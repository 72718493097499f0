package parse

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Most lines of a list differ from the same client's line in the list before by a few
// digits: its age, its idle time, a buffer. compared reads only what differs, and takes the
// rest over from what was read then. That is many times faster than reading, and exact,
// because a line that has the same keys in the same places reads the same everywhere else.

// compared reads the line that rest begins with by comparing it with l, and gives its
// length, and whether age and idle are all that moved. The length is -1, with nothing to be
// relied on in c, where the line differs in more than values that are written as servers
// write them. l becomes the line just read, unless it is the same but for age and idle:
// they move from list to list, and reading them costs less than keeping them.
func (p *ClientParser) compared(rest []byte, l *knownLine, c *Client) (size int, same bool) {
	plan := &p.plans[l.row.Layout]
	m := lineMatch{plan: plan, rest: rest, known: l, text: l.text()}
	*c = l.row
	p.shifts = p.shifts[:0]
	for _, f := range plan.clocks {
		// What stands before the field is mostly the same, and the field is not.
		to := int(l.starts[f])
		if !m.same(to) && !p.walk(&m, to, c) {
			return -1, false
		}
		v, end := intAt(rest, m.at)
		if end < 0 {
			return -1, false
		}
		*plan.steps[f].num(c) = v
		m.at, m.old, m.field = end, m.valueEnd(f), f+1
		p.shifts = append(p.shifts, shift{f, m.at - m.old})
	}
	if !m.same(l.size) && !p.walk(&m, l.size, c) || m.at > maxKnownLine {
		return -1, false
	}
	if m.changed {
		l.row = *c
		l.move(p.shifts, len(plan.steps))
		l.keep(rest[:m.at])
	}
	p.current = c.Layout
	return m.at, !m.changed
}

// walk goes on to the place to in the known line, reading the values that differ. It
// reports false where something else than a value does.
func (p *ClientParser) walk(m *lineMatch, to int, c *Client) bool {
	m.changed = true
	f := m.field
	for {
		n := equalBytes(m.rest[m.at:], m.text[m.old:to])
		m.at, m.old = m.at+n, m.old+n
		if m.old == to && (to < len(m.text) || atLineEnd(m.rest, m.at)) {
			m.field = f
			return true
		}
		if f == len(m.plan.steps) {
			return false
		}
		for f+1 < len(m.plan.steps) && int(m.known.starts[f+1]) <= m.old {
			f++
		}
		back, end := m.old-int(m.known.starts[f]), m.valueEnd(f)
		if back < 0 || m.old > end {
			return false // a key differs
		}
		m.at, m.old = m.at-back, end
		if !p.changedValue(m, f, c) {
			return false
		}
		p.shifts = append(p.shifts, shift{f, m.at - m.old})
		f++
	}
}

// changedValue reads the value of field f, which begins at m.at, and puts m.at behind it.
func (p *ClientParser) changedValue(m *lineMatch, f int, c *Client) bool {
	st := &m.plan.steps[f]
	if st.num != nil {
		v, end := intAt(m.rest, m.at)
		if end < 0 {
			return false
		}
		*st.num(c) = v
		m.at = end
		return true
	}
	if st.str == nil { // Extra holds the values of all unknown keys: to be read anew
		return false
	}
	begin := m.at
	for m.at < len(m.rest) && m.rest[m.at] != ' ' && m.rest[m.at] != '\n' {
		m.at++
	}
	p.text(st, m.rest[begin:m.at], c)
	return true
}

// A lineMatch is how far a line has been compared.
type lineMatch struct {
	plan    *layoutPlan
	rest    []byte // the new line, and what comes behind it
	known   *knownLine
	text    []byte // of known
	at, old int    // places in rest and in text
	field   int    // the first that is not read yet, or one before it that is the same
	changed bool
}

// same goes on to the place to in the known line if all up to there is the same. Behind the
// known line's end the new one must end, too: if its last value goes on, it is not the same.
func (m *lineMatch) same(to int) bool {
	n := to - m.old
	if len(m.rest)-m.at < n || !bytes.Equal(m.rest[m.at:m.at+n], m.text[m.old:to]) ||
		to == len(m.text) && !atLineEnd(m.rest, m.at+n) {
		return false
	}
	m.at, m.old = m.at+n, to
	return true
}

// valueEnd gives the end of a field's value in the known line.
func (m *lineMatch) valueEnd(f int) int {
	if f+1 == len(m.plan.steps) {
		return len(m.text)
	}
	return int(m.known.starts[f+1]) - len(m.plan.steps[f+1].key) - 1
}

// A shift says how much farther right than in the known line stands what is behind a field.
type shift struct{ field, by int }

// move puts the places of the values where they are in the new line.
func (l *knownLine) move(shifts []shift, fields int) {
	f, by := 0, 0
	for _, s := range shifts {
		for ; f <= s.field; f++ {
			l.starts[f] += uint16(by)
		}
		if by = s.by; s.field == 0 {
			l.head += by
		}
	}
	for ; by != 0 && f < fields; f++ {
		l.starts[f] += uint16(by)
	}
}

func atLineEnd(text []byte, i int) bool { return i == len(text) || text[i] == '\n' }

// equalBytes gives how many bytes at the beginning of a and b are the same.
func equalBytes(a, b []byte) int {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)>>3
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// intAt is canonicalInt for a number that ends at a space, a line's end or the text's end.
func intAt(text []byte, pos int) (v int64, end int) {
	if pos+8 <= len(text) {
		if v, n := digits8(binary.LittleEndian.Uint64(text[pos:])); n < 8 && n > 0 && (n == 1 || text[pos] != '0') {
			if end = pos + n; end == len(text) || text[end] == ' ' || text[end] == '\n' {
				return int64(v), end
			}
			return 0, -1
		}
	}
	end = pos
	for end < len(text) && end < pos+20 && text[end] != ' ' && text[end] != '\n' {
		end++
	}
	return canonicalInt(text[:end], pos)
}

// digits8 reads the decimal digits at the beginning of eight bytes, all at once: first the
// pairs are added up, then the fours, then the eight.
func digits8(word uint64) (v uint64, n int) {
	t := word ^ 0x3030303030303030
	n = bits.TrailingZeros64((t+0x7676767676767676|t)&0x8080808080808080) >> 3
	t <<= uint(64 - 8*n) // digits to the end, zeros before them
	t = t*10 + t>>8
	const low = 0x000000FF000000FF
	v = (t&low*(100+1000000<<32) + t>>16&low*(1+10000<<32)) >> 32
	return v, n
}
