package reply

import (
	"bytes"
	"strconv"

	"github.com/connbox/connbox/parse/record"
)

// A Value is one value of a reply, whatever notation it was printed in. A map is a list of its
// keys and values by turns. The zero Value is a nil.
type Value struct {
	Kind  ValueKind
	Text  string // of a text and a number
	Items []Value
}

// A ValueKind is what a Value is.
type ValueKind uint8

// The kinds of value.
const (
	NilValue  ValueKind = iota // and what is neither text nor number: booleans, errors
	TextValue                  // also a number in a notation that does not tell them apart
	NumberValue
	ListValue
)

// Limits of a Value, against strangers' text. A server's SLOWLOG has some thousand values.
const (
	maxValues = 1 << 20
	maxDepth  = 64
)

// integer gives a whole number, or a text that is one; 0 and false for others.
func (v *Value) integer() (int64, bool) {
	if v.Kind != NumberValue && v.Kind != TextValue {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, err == nil
}

// item gives an item of a list; a nil where there is none.
func (v *Value) item(i int) *Value {
	if 0 <= i && i < len(v.Items) {
		return &v.Items[i]
	}
	return &Value{}
}

// A ValueReader reads values in the notations that redis-cli prints them in. It remembers
// strings from reply to reply. It is not safe for concurrent use.
type ValueReader struct {
	Interner *record.Interner
	s        []byte // of one line: what is not read yet
	buf      []byte
	count    int
}

// Tree reads the numbered tree of --no-raw, with \n line ends. Where a line is cut short or no
// part of a tree, or where the last of several lists is shorter than the first, which no server
// prints, it gives what came before and false.
func (r *ValueReader) Tree(text []byte) (v Value, whole bool) {
	r.count = 0
	v.Kind = ListValue
	open := []level{{-1, &v}}
	for line := range bytes.Lines(text) {
		if open, whole = r.treeLine(bytes.TrimSuffix(line, []byte("\n")), open); !whole {
			return v, false
		}
	}
	last := v.item(len(v.Items) - 1)
	return v, last.Kind != ListValue || len(last.Items) >= len(v.Items[0].Items)
}

// A level is a list of a tree that may go on, and the column of its brackets; -1: not known yet.
type level struct {
	col  int
	list *Value
}

// treeLine reads one line: the next item of an open list, and the first of the lists that begin
// in it.
func (r *ValueReader) treeLine(line []byte, open []level) (still []level, ok bool) {
	for at := 0; ; {
		t, ok := ParseTreeLine(line[at:])
		for len(open) > 1 && at+t.Col <= open[len(open)-2].col {
			open = open[:len(open)-1]
		}
		top := &open[len(open)-1]
		if top.col < 0 {
			top.col = at + t.Col
		}
		if !ok || top.col != at+t.Col || r.count > maxValues || len(open) > maxDepth {
			return open, false
		}
		if t.Pair {
			var key Value
			if key, t.Rest, ok = r.scalar(t.Rest); !ok || !bytes.HasPrefix(t.Rest, []byte(" => ")) {
				return open, false
			}
			top.list.Items, t.Rest = append(top.list.Items, key), t.Rest[len(" => "):]
		}
		_, nested := ParseTreeLine(t.Rest)
		if nested || len(t.Rest) == 0 { // on this line or the next
			top.list.Items = append(top.list.Items, Value{Kind: ListValue})
			open = append(open, level{-1, top.list.item(len(top.list.Items) - 1)})
			if at = len(line) - len(t.Rest); nested {
				continue
			}
			return open, true
		}
		value, rest, ok := r.scalar(t.Rest)
		if ok = ok && len(rest) == 0; ok {
			top.list.Items = append(top.list.Items, value)
		}
		return open, ok
	}
}

// scalar reads a text in quotes, and gives what follows it, or what the tree has for another
// value.
func (r *ValueReader) scalar(s []byte) (v Value, rest []byte, ok bool) {
	r.count++
	if len(s) > 0 && s[0] == '"' {
		r.buf, rest, ok = Unquote(r.buf[:0], s)
		return Value{Kind: TextValue, Text: r.Interner.Intern(r.buf)}, rest, ok
	}
	kind, number, ok := bytes.Cut(s, []byte(") "))
	switch {
	case IsEmptyList(s):
		v.Kind = ListValue
	case ok && (string(kind) == "(integer" || string(kind) == "(double"):
		v = Value{Kind: NumberValue, Text: string(number)}
	}
	return v, nil, len(s) > 0 && s[0] == '('
}

// Line reads the one line of --json or, as a list of all values in their order, of --csv.
// Where it is cut short or neither, it gives what came before and false.
func (r *ValueReader) Line(line []byte) (v Value, whole bool) {
	r.s, r.count = bytes.TrimSpace(line), 0
	if len(r.s) > 0 && (r.s[0] == '[' || r.s[0] == '{') {
		v, whole = r.json(0)
		return v, whole && len(r.s) == 0
	}
	v.Kind = ListValue
	return v, r.items(&v, 0, maxDepth-1)
}

// Lines takes each line of a pipe for a value: there numbers and texts look alike, and lists
// have no borders.
func (r *ValueReader) Lines(lines [][]byte) Value {
	v := Value{Kind: ListValue, Items: make([]Value, len(lines))}
	for i, line := range lines {
		v.Items[i] = Value{Kind: TextValue, Text: r.Interner.Intern(line)}
	}
	return v
}

// json reads the value that s begins with. encoding/json would replace bytes that are no
// UTF-8, which redis-cli's JSON may hold.
func (r *ValueReader) json(depth int) (v Value, ok bool) {
	if r.count++; len(r.s) == 0 || r.count > maxValues || depth > maxDepth {
		return v, false
	}
	switch c := r.s[0]; {
	case c == '[' || c == '{':
		r.s = r.s[1:]
		v.Kind = ListValue
		return v, r.items(&v, c+2, depth) // ']' is '['+2, '}' is '{'+2
	case c == '"':
		v, r.s, ok = r.scalar(r.s)
		return v, ok
	}
	n := bytes.IndexAny(r.s, ",:]}")
	if n < 0 {
		n = len(r.s)
	}
	word := r.s[:n]
	r.s = r.s[n:]
	if _, err := strconv.ParseFloat(string(word), 64); err == nil {
		return Value{Kind: NumberValue, Text: string(word)}, true
	}
	switch string(word) {
	case "null", "true", "false", "NULL":
		return v, true
	}
	return v, false
}

// items reads values up to the byte end, or to the line's end for 0.
func (r *ValueReader) items(list *Value, end byte, depth int) bool {
	for {
		if len(r.s) == 0 {
			return end == 0
		}
		if r.s[0] == end {
			r.s = r.s[1:]
			return true
		}
		if len(list.Items) > 0 {
			if r.s[0] != ',' && (r.s[0] != ':' || end != '}') {
				return false
			}
			r.s = r.s[1:]
		}
		v, ok := r.json(depth + 1)
		if ok || v.Kind == ListValue {
			list.Items = append(list.Items, v)
		}
		if !ok {
			return false
		}
	}
}

// Command tells whose reply a value is that is kept whole, see record.Other; empty where it does
// not tell.
func (v *Value) Command() string {
	first, second := v.item(0), v.item(1)
	if first.Kind == ListValue {
		at, isInt := first.item(0).integer()
		switch {
		case first.item(0).Kind == TextValue && len(first.Items) > 2 && isTime(first.item(1)):
			return "LATENCY LATEST"
		case first.item(0).Text == "count" && first.item(2).Text == "reason":
			return "ACL LOG"
		case isInt && at > 1e9 && len(first.Items) == 2: // a slow command has more than two fields
			return "LATENCY HISTORY"
		}
		return ""
	}
	switch first.Text {
	case "count":
		if v.item(2).Text == "reason" {
			return "ACL LOG"
		}
	case "peak.allocated":
		return "MEMORY STATS"
	case "master":
		if second.Kind == NumberValue || second.Kind == TextValue { // Kvrocks sends its offset as text
			return "ROLE"
		}
	case "slave":
		if second.Kind == TextValue {
			return "ROLE"
		}
	case "sentinel":
		if second.Kind == ListValue {
			return "ROLE"
		}
	}
	if first.Kind == TextValue && second.Kind == NumberValue && isTime(second) && IsLatencyEvent([]byte(first.Text)) {
		return "LATENCY LATEST" // in CSV
	}
	return ""
}

func isTime(v *Value) bool {
	_, ok := UnixTime([]byte(v.Text))
	return ok && v.Kind == NumberValue
}

// IsLatencyEvent tells what may be the name of an event of LATENCY: fork, aof-write,
// expire-cycle.
func IsLatencyEvent(s []byte) bool {
	return len(s) > 2 && len(s) < 40 && record.Only(s, record.LowerBytes+"-")
}
