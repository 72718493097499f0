// Package reply turns the text of one reply of a server into a record and back. CLIENT LIST has
// a reader of its own (ClientParser, AppendClients). Other replies are read in two steps: a
// ValueReader makes a Value of what redis-cli prints, in each of its notations, and Slowlog,
// Config and Value.Command tell what the Value is a reply of. INFO needs no parser, as its text
// is the record.
//
// Writing gives back the bytes that were read; a line of CLIENT LIST of which that would not
// hold is kept whole.
//
// A parser keeps its memory from reply to reply and gives it out: the rows, entries and pairs
// are good until its next call, strings may be kept. It is not safe for concurrent use.
package reply

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// Limits on what a line of CLIENT LIST may make the parser remember. A line over one of
// them is not lost: it is kept whole in Raw. They are arbitrary, far above any server's.
const (
	MaxKeyLen     = 64
	maxLineKeys   = 128
	maxKeyLayouts = 256
)

// A ClientParser turns the text of CLIENT LIST into rows. It remembers key orders and
// strings from reply to reply, so that a reply like the one before costs no allocation. The
// zero ClientParser is ready. It is not safe for concurrent use.
type ClientParser struct {
	Interner record.Interner

	layouts []record.Layout
	plans   []layoutPlan
	index   map[string]int         // keys joined by spaces -> layout
	current int                    // layout of the line before: the next line most likely has it
	last    [record.NoField]string // text values of the line before: most columns repeat
	keys    []byte                 // scratch
	extra   []byte                 // scratch
	addrs   addrOrder
}

// A layoutPlan is a layout made ready for reading lines that have it.
type layoutPlan struct {
	steps []layoutStep
	has   record.FieldSet
}

// A layoutStep expects one key. Its first eight bytes are compared in one go.
type layoutStep struct {
	word, mask uint64
	key        string       // with the space before it, if any, and '='
	field      record.Field // record.NoField for a key of no field
	num        func(*record.Client) *int64
	str        func(*record.Client) *string
}

// Parse reads one reply of CLIENT LIST with \n line ends and puts its lines into
// into.Rows, reusing its memory; into's Head is left alone. Blank lines are no clients and
// are passed over; a missing last line end is supplied. into.Layouts is the parser's own
// list, which only ever grows by appending, so that a kept slice stays right. Strings may
// be kept.
func (p *ClientParser) Parse(text []byte, into *record.Clients) {
	rows := into.Rows[:0]
	if cap(rows) == 0 {
		rows = make([]record.Client, 0, len(text)/256+1) // lines have some 300 bytes
	}
	p.addrs.begin()
	for len(text) > 0 {
		line := text
		if n := bytes.IndexByte(text, '\n'); n >= 0 {
			line, text = text[:n], text[n+1:]
		} else {
			text = nil
		}
		if len(line) == 0 {
			continue
		}
		if len(rows) < cap(rows) {
			rows = rows[:len(rows)+1]
		} else {
			rows = append(rows, record.Client{})
		}
		p.line(line, &rows[len(rows)-1])
	}
	into.Rows, into.Layouts = rows, p.layouts
}

func (p *ClientParser) line(line []byte, c *record.Client) {
	if p.current < len(p.plans) && p.predicted(line, c) {
		return
	}
	p.general(line, c)
}

// predicted reads a line on the expectation that it has the key order of the line before.
// It reports false, having put nothing to be relied on into c, at the first byte that is
// not as expected or whose rewriting would differ.
func (p *ClientParser) predicted(line []byte, c *record.Client) bool {
	plan := &p.plans[p.current]
	*c = record.Client{Has: plan.has, Layout: p.current}
	p.extra = p.extra[:0]
	pos := 0
	for i := range plan.steps {
		st := &plan.steps[i]
		if !st.matches(line, pos) {
			return false
		}
		pos += len(st.key)
		if st.num != nil {
			v, end := canonicalInt(line, pos)
			if end < 0 {
				return false
			}
			*st.num(c) = v
			pos = end
			continue
		}
		end := indexSpace(line, pos)
		p.text(st, line[pos:end], c)
		pos = end
	}
	if len(p.extra) > 0 {
		c.Extra = p.Interner.Intern(p.extra[:len(p.extra)-1])
	}
	return pos == len(line)
}

func (p *ClientParser) text(st *layoutStep, value []byte, c *record.Client) {
	if st.str == nil {
		p.extra = append(append(p.extra, value...), ' ')
		return
	}
	if st.field == record.FieldAddr {
		c.Addr = p.addrs.text(value, &p.Interner)
		return
	}
	if string(value) != p.last[st.field] {
		p.last[st.field] = p.Interner.Intern(value)
	}
	*st.str(c) = p.last[st.field]
}

// addrOrder remembers the addresses of the list before in their order. Lists keep it but for
// clients that came or went and a rotation, so that an address is mostly the one after the
// last, and need not be looked for among all.
type addrOrder struct {
	before, now []string
	next        int // place in before of the address expected
	searches    int // left in this list, as each may look at all
}

// maxAddrSearches is how often a list's place in the one before is looked for: once for its
// rotation, and a few times where many clients went.
const maxAddrSearches = 8

func (a *addrOrder) begin() {
	a.before, a.now = a.now, a.before[:0]
	a.next, a.searches = 0, maxAddrSearches
}

// text gives value as a string that may be kept.
func (a *addrOrder) text(value []byte, in *record.Interner) string {
	for ahead := range 2 { // the next, or the one after a client that went
		i := a.next + ahead
		if i >= len(a.before) {
			i -= len(a.before)
		}
		if i < len(a.before) && a.before[i] == string(value) {
			a.next = i + 1
			a.now = append(a.now, a.before[i])
			return a.before[i]
		}
	}
	s := in.Intern(value)
	if a.searches > 0 && len(a.before) > 0 {
		a.searches--
		if i := slices.Index(a.before, s); i >= 0 {
			a.next = i + 1
		}
	}
	a.now = append(a.now, s)
	return s
}

func (st *layoutStep) matches(line []byte, pos int) bool {
	if pos+8 <= len(line) {
		if binary.LittleEndian.Uint64(line[pos:])&st.mask != st.word {
			return false
		}
		if len(st.key) <= 8 {
			return true
		}
	}
	return pos+len(st.key) <= len(line) && string(line[pos:pos+len(st.key)]) == st.key
}

// general reads any line, key by key.
//
// A token with no key of its own belongs to the text value before it: a unix socket's path
// and a value someone edited may hold spaces. Keys end at the first '=', because names may
// hold further ones. Where the fields would not give the same bytes back, the line is kept
// in Raw: a number not as the server writes numbers, a known key twice, a trailing space.
func (p *ClientParser) general(line []byte, c *record.Client) {
	*c = record.Client{Layout: -1}
	p.keys, p.extra = p.keys[:0], p.extra[:0]
	exact, count := true, 0
	open, start := record.NoField, 0 // text field being read, and where its value begins
	for pos := 0; pos <= len(line); {
		end := indexSpace(line, pos)
		tok := line[pos:end]
		eq := bytes.IndexByte(tok, '=')
		if !saneKey(tok, eq) {
			if open == record.NoField || end == len(line) && len(tok) == 0 {
				exact = false
				p.closeText(open, line, start, pos-1, c)
				open = record.NoField
			}
			pos = end + 1
			continue
		}
		p.closeText(open, line, start, pos-1, c)
		open, start = record.NoField, pos+eq+1
		p.keys = append(append(p.keys, tok[:eq]...), ' ')
		count++
		f, known := record.FieldByKey(string(tok[:eq]))
		switch {
		case !known:
			p.extra = append(append(p.extra, tok[eq+1:]...), ' ')
			// A value with spaces cannot be told apart in Extra: the next token decides.
		case c.Has.Has(f):
			exact = false
		case f.Numeric():
			exact = setNumber(c, f, tok[eq+1:]) && exact
		default:
			c.Has |= 1 << f
			open = f
		}
		pos = end + 1
	}
	p.closeText(open, line, start, len(line), c)
	if len(p.extra) > 0 {
		c.Extra = p.Interner.Intern(p.extra[:len(p.extra)-1])
	}
	if exact && count > 0 && count <= maxLineKeys {
		c.Layout = p.layout()
	}
	if c.Layout < 0 {
		c.Raw, c.Extra = p.Interner.Intern(line), ""
		return
	}
	p.current = c.Layout
}

// closeText stores the text value that ends at hi; nothing is open for record.NoField.
func (p *ClientParser) closeText(f record.Field, line []byte, lo, hi int, c *record.Client) {
	if f < record.NoField {
		s := p.Interner.Intern(line[lo:max(lo, hi)])
		c.SetText(f, s)
		p.last[f] = s
	}
}

// layout gives the number of the layout whose keys are in p.keys, or -1 when there are too
// many already.
func (p *ClientParser) layout() int {
	if i, ok := p.index[string(p.keys)]; ok {
		return i
	}
	if len(p.layouts) >= maxKeyLayouts {
		return -1
	}
	if p.index == nil {
		p.index = make(map[string]int)
	}
	joined := string(p.keys)
	lay := record.Layout(strings.Split(joined[:len(joined)-1], " "))
	p.layouts = append(p.layouts, lay)
	p.plans = append(p.plans, planOf(lay))
	p.index[joined] = len(p.layouts) - 1
	return len(p.layouts) - 1
}

func planOf(lay record.Layout) layoutPlan {
	plan := layoutPlan{steps: make([]layoutStep, len(lay))}
	for i, key := range lay {
		st := layoutStep{key: key + "=", field: record.NoField}
		if i > 0 {
			st.key = " " + st.key
		}
		if f, ok := record.FieldByKey(key); ok {
			st.field, st.num, st.str = f, f.Spec().Num, f.Spec().Str
			plan.has |= 1 << f
		}
		var first [8]byte
		n := copy(first[:], st.key)
		st.word = binary.LittleEndian.Uint64(first[:])
		st.mask = ^uint64(0) >> (64 - 8*n)
		plan.steps[i] = st
	}
	return plan
}

// saneKey tells whether a token begins with a key: printable, not empty, not absurdly long.
func saneKey(tok []byte, eq int) bool {
	if eq <= 0 || eq > MaxKeyLen {
		return false
	}
	for _, b := range tok[:eq] {
		if b <= ' ' || b >= 0x7f {
			return false
		}
	}
	return true
}

// setNumber stores what number there is and tells whether it was written as a server does.
func setNumber(c *record.Client, f record.Field, value []byte) bool {
	if v, end := canonicalInt(value, 0); end == len(value) {
		c.SetInt(f, v)
		return true
	}
	v, err := strconv.ParseInt(string(value), 10, 64) // also takes +1 and 01
	if err != nil {
		return false
	}
	c.SetInt(f, v)
	var b [20]byte
	return string(strconv.AppendInt(b[:0], v, 10)) == string(value)
}

// canonicalInt reads the integer at pos as strconv would write it, and gives the place
// after it, which is a space or the end; -1 when it is not such an integer. Integers of
// more than 18 digits are left to the caller.
func canonicalInt(b []byte, pos int) (v int64, end int) {
	neg := pos < len(b) && b[pos] == '-'
	if neg {
		pos++
	}
	start := pos
	for pos < len(b) && b[pos]-'0' <= 9 {
		v = v*10 + int64(b[pos]-'0')
		pos++
	}
	n := pos - start
	if n == 0 || n > 18 || b[start] == '0' && (n > 1 || neg) || pos < len(b) && b[pos] != ' ' {
		return 0, -1
	}
	if neg {
		v = -v
	}
	return v, pos
}

// indexSpace gives the place of the first space at or after i, or len(b). Values are short,
// so that a call of bytes.IndexByte would cost more than the search.
func indexSpace(b []byte, i int) int {
	for i < len(b) && b[i] != ' ' {
		i++
	}
	return i
}
