package reply

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// AppendSlowlog writes a reply of SLOWLOG GET as redis-cli --no-raw does, which is the one
// form that keeps every byte of every argument on a line of its own.
// Source: redis-cli.c cliFormatReplyTTY.
func AppendSlowlog(dst []byte, s *record.Slowlog) []byte {
	if len(s.Entries) == 0 {
		return append(dst, "(empty array)\n"...)
	}
	width := len(strconv.Itoa(len(s.Entries)))
	margin := strings.Repeat(" ", width+2)
	for i := range s.Entries {
		e := &s.Entries[i]
		dst = appendIndex(dst, i+1, width)
		dst = appendTreeInt(append(dst, "1) "...), e.ID)
		dst = appendTreeInt(append(append(dst, margin...), "2) "...), e.Time)
		dst = appendTreeInt(append(append(dst, margin...), "3) "...), e.Micros)
		dst = append(append(dst, margin...), "4) "...)
		if len(e.Args) == 0 {
			dst = append(dst, "(empty array)\n"...)
		}
		argWidth := len(strconv.Itoa(len(e.Args)))
		for j, arg := range e.Args {
			if j > 0 {
				dst = append(append(dst, margin...), "   "...)
			}
			dst = append(AppendQuoted(appendIndex(dst, j+1, argWidth), arg), '\n')
		}
		if e.Six {
			dst = append(AppendQuoted(append(append(dst, margin...), "5) "...), e.Addr), '\n')
			dst = append(AppendQuoted(append(append(dst, margin...), "6) "...), e.Name), '\n')
		}
	}
	return dst
}

func appendIndex(dst []byte, index, width int) []byte {
	n := strconv.Itoa(index)
	for range width - len(n) {
		dst = append(dst, ' ')
	}
	return append(append(dst, n...), ") "...)
}

func appendTreeInt(dst []byte, v int64) []byte {
	return append(strconv.AppendInt(append(dst, "(integer) "...), v, 10), '\n')
}

// A SlowlogParser turns the printed forms of SLOWLOG GET into entries. It keeps the
// memory of earlier replies.
type SlowlogParser struct {
	Interner *record.Interner
	Entries  []record.SlowEntry
	cur      cursor
}

// next gives an empty entry at the end of the list, with the memory of an earlier one.
func (r *SlowlogParser) next() *record.SlowEntry {
	if len(r.Entries) < cap(r.Entries) {
		r.Entries = r.Entries[:len(r.Entries)+1]
	} else {
		r.Entries = append(r.Entries, record.SlowEntry{})
	}
	e := &r.Entries[len(r.Entries)-1]
	*e = record.SlowEntry{Args: e.Args[:0]}
	return e
}

// Tree reads the form of --no-raw; text has \n line ends. It gives the entries, whether
// the last one is whole, and false when the text is another command's tree.
func (r *SlowlogParser) Tree(text []byte) (whole, ok bool) {
	r.Entries = r.Entries[:0]
	top, inner, field := -1, -1, 0
	var e *record.SlowEntry
	for line := range bytes.Lines(text) {
		t, isTree := ParseTreeLine(bytes.TrimSuffix(line, []byte("\n")))
		if !isTree || t.Pair {
			return false, false
		}
		if top < 0 || t.Col == top {
			top = t.Col
			nested, isNested := ParseTreeLine(t.Rest)
			if !isNested {
				return false, len(r.Entries) > 1
			}
			inner = t.Col + 2 + nested.Col
			t = TreeLine{Col: inner, Index: nested.Index, Rest: nested.Rest}
			e = r.next()
		}
		if t.Col == inner {
			field = t.Index
			if !r.treeField(e, field, t.Rest) {
				// A line cut short is no other command once an entry has been read.
				return false, field > 3 || len(r.Entries) > 1
			}
		} else if field != 4 || !r.treeArg(e, t.Rest) {
			return false, field >= 4 || len(r.Entries) > 1
		}
	}
	return field == 6 || field == 4 && !r.mixed(), field >= 4 || len(r.Entries) > 1
}

// mixed tells whether the first entry has six fields and the last one has not: a server
// prints all alike, so the last one was cut.
func (r *SlowlogParser) mixed() bool {
	return r.Entries[0].Six && !r.Entries[len(r.Entries)-1].Six
}

func (r *SlowlogParser) treeField(e *record.SlowEntry, field int, s []byte) (ok bool) {
	switch field {
	case 1:
		e.ID, ok = TreeInt(s)
	case 2:
		e.Time, ok = TreeInt(s)
	case 3:
		e.Micros, ok = TreeInt(s)
	case 4:
		if IsEmptyList(s) {
			return true
		}
		arg, isTree := ParseTreeLine(s)
		return isTree && r.treeArg(e, arg.Rest)
	case 5:
		e.Addr, ok = r.treeText(s)
	case 6:
		e.Name, ok = r.treeText(s)
		e.Six = ok
	default:
		return true // a field that servers do not have yet
	}
	return ok
}

func (r *SlowlogParser) treeText(s []byte) (string, bool) {
	value, rest, ok := Unquote(r.cur.buf[:0], s)
	r.cur.buf = value
	if !ok || len(rest) > 0 {
		return "", false
	}
	return r.Interner.Intern(value), true
}

func (r *SlowlogParser) treeArg(e *record.SlowEntry, s []byte) bool {
	if string(s) == "(nil)" {
		e.Args = append(e.Args, "")
		return true
	}
	arg, ok := r.treeText(s)
	if ok {
		e.Args = append(e.Args, arg)
	}
	return ok
}

// Flat reads the form of a pipe: one value a line, with no borders between entries. A
// border is where an id follows that is one less than the id before (the list is newest
// first and without gaps), then a unix time, then a number. An argument that itself holds
// a line break comes out as two: the form does not tell.
func (r *SlowlogParser) Flat(lines [][]byte) bool {
	r.Entries = r.Entries[:0]
	if !slowBorder(lines, 0) {
		return false
	}
	for lo := 0; lo < len(lines); {
		e := r.next()
		e.ID, _ = strconv.ParseInt(string(lines[lo]), 10, 64)
		e.Time, _ = UnixTime(lines[lo+1])
		e.Micros, _ = strconv.ParseInt(string(lines[lo+2]), 10, 64)
		hi := lo + 3
		below := strconv.FormatInt(e.ID-1, 10)
		for hi < len(lines) && !(string(lines[hi]) == below && slowBorder(lines, hi) && hi > lo+3) {
			hi++
		}
		for _, arg := range lines[lo+3 : hi] {
			e.Args = append(e.Args, r.Interner.Intern(arg))
		}
		lo = hi
	}
	r.splitPeers()
	return true
}

// slowBorder tells whether an entry of the flat form may begin at lines[i].
func slowBorder(lines [][]byte, i int) bool {
	if i+2 >= len(lines) {
		return false
	}
	_, isTime := UnixTime(lines[i+1])
	return isTime && Digits(lines[i], 18) && Digits(lines[i+2], 18)
}

// splitPeers takes address and name off the end of the arguments where every entry has
// them: only servers before 4.0 print none. A command that a script called has an empty
// address and an empty name.
func (r *SlowlogParser) splitPeers() {
	peers := 0
	for i := range r.Entries {
		args := r.Entries[i].Args
		if len(args) < 3 {
			return
		}
		switch addr, name := args[len(args)-2], args[len(args)-1]; {
		case LooksLikePeer(addr):
			peers++
		case addr != "" || name != "":
			return
		}
	}
	if peers == 0 {
		return
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		n := len(e.Args)
		e.Addr, e.Name, e.Args, e.Six = e.Args[n-2], e.Args[n-1], e.Args[:n-2], true
	}
}

// LooksLikePeer tells ip:port, [ip]:port, path:0 and ?:0.
func LooksLikePeer(s string) bool {
	i := strings.LastIndexByte(s, ':')
	return i > 0 && Digits([]byte(s[i+1:]), 5) && strings.ContainsAny(s[:i], ".:/?")
}

// JSON reads the one line of --json.
func (r *SlowlogParser) JSON(line []byte) bool {
	r.Entries = r.Entries[:0]
	c := &r.cur
	c.s = bytes.TrimSpace(line)
	if !c.take('[') {
		return false
	}
	for !c.take(']') {
		if len(r.Entries) > 0 && !c.take(',') || !r.jsonEntry(r.next()) {
			return false
		}
	}
	return len(c.s) == 0
}

func (r *SlowlogParser) jsonEntry(e *record.SlowEntry) bool {
	c := &r.cur
	if !c.take('[') {
		return false
	}
	for _, n := range []*int64{&e.ID, &e.Time, &e.Micros} {
		v, ok := c.integer()
		if !ok || !c.take(',') {
			return false
		}
		*n = v
	}
	if !c.take('[') {
		return false
	}
	for !c.take(']') {
		if len(e.Args) > 0 && !c.take(',') {
			return false
		}
		s, ok := c.text()
		if !ok {
			return false
		}
		e.Args = append(e.Args, r.Interner.Intern(s))
	}
	if !c.take(',') {
		return c.take(']') // before 4.0
	}
	addr, ok := c.text()
	if !ok || !c.take(',') {
		return false
	}
	e.Addr = r.Interner.Intern(addr)
	name, ok := c.text()
	if !ok {
		return false
	}
	e.Name, e.Six = r.Interner.Intern(name), true
	return c.take(']')
}

// CSV reads the one line of --csv. Numbers stand bare and strings quoted, so that the
// borders show although they are not printed.
func (r *SlowlogParser) CSV(line []byte) bool {
	r.Entries = r.Entries[:0]
	c := &r.cur
	c.s = line
	for len(c.s) > 0 {
		if len(r.Entries) > 0 && !c.take(',') {
			return false
		}
		e := r.next()
		for _, n := range []*int64{&e.ID, &e.Time, &e.Micros} {
			v, ok := c.integer()
			if !ok || n != &e.Micros && !c.take(',') {
				return false
			}
			*n = v
		}
		for len(c.s) > 1 && c.s[1] == '"' && c.take(',') {
			s, ok := c.text()
			if !ok {
				return false
			}
			e.Args = append(e.Args, r.Interner.Intern(s))
		}
		if len(e.Args) == 0 || e.Time < 1e9 {
			return false
		}
	}
	r.splitPeers()
	return true
}
