package record

import (
	"bytes"
	"strconv"
)

// Info is one reply of INFO.
type Info struct {
	Head
	// Text is the reply with the server's own CRLF line ends, whatever a terminal made
	// of them. It belongs to the reader until the next Scan.
	Text []byte

	index map[string]Span // key -> value's place in Text; built at the first look-up
}

// A Span is a place in a text: text[Lo:Hi].
type Span struct{ Lo, Hi int }

// Kind implements Record.
func (*Info) Kind() Kind { return KindInfo }

// Reset makes the Info hold text, which it keeps a reference to, and forgets the old index.
func (i *Info) Reset(text []byte) {
	i.Text = text
	clear(i.index)
}

// Value gives the text of a key, and whether the server printed it. Where a key stands
// twice, the first counts.
func (i *Info) Value(key string) ([]byte, bool) {
	if len(i.index) == 0 {
		i.buildIndex()
	}
	s, ok := i.index[key]
	if !ok {
		return nil, false
	}
	return i.Text[s.Lo:s.Hi], true
}

// String gives the value of a key as a string; empty and false when it is not printed.
func (i *Info) String(key string) (string, bool) {
	v, ok := i.Value(key)
	return string(v), ok
}

// Int gives the value of a key as a number; false when it is not printed or no integer.
func (i *Info) Int(key string) (int64, bool) {
	v, ok := i.Value(key)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// Float gives the value of a key as a number; false when it is not printed or no number.
func (i *Info) Float(key string) (float64, bool) {
	v, ok := i.Value(key)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	return f, err == nil
}

// Each calls fn for each key:value line in the server's order, with the section it stands
// in ("" before the first). The slices belong to i.
func (i *Info) Each(fn func(section, key, value []byte)) {
	EachInfoLine(i.Text, func(section []byte, key, value Span) {
		fn(section, i.Text[key.Lo:key.Hi], i.Text[value.Lo:value.Hi])
	})
}

// SubInt reads one number of a nested value, as calls= in
// cmdstat_get:calls=12,usec=34,usec_per_call=2.83.
func SubInt(value []byte, name string) (int64, bool) {
	for len(value) > 0 {
		var part []byte
		part, value, _ = bytes.Cut(value, []byte{','})
		k, v, ok := bytes.Cut(part, []byte{'='})
		if ok && string(k) == name {
			n, err := strconv.ParseInt(string(v), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

func (i *Info) buildIndex() {
	if i.index == nil {
		i.index = make(map[string]Span, 256)
	}
	EachInfoLine(i.Text, func(_ []byte, key, value Span) {
		k := i.Text[key.Lo:key.Hi]
		if _, twice := i.index[string(k)]; !twice {
			i.index[string(k)] = value
		}
	})
}

// EachInfoLine splits INFO text at the first colon of each line, as redis-cli and every
// client does; a value may hold further colons.
func EachInfoLine(text []byte, fn func(section []byte, key, value Span)) {
	var section []byte
	for lo := 0; lo < len(text); {
		hi := bytes.IndexByte(text[lo:], '\n')
		next := len(text)
		if hi < 0 {
			hi = len(text)
		} else {
			hi += lo
			next = hi + 1
		}
		end := hi
		for end > lo && text[end-1] == '\r' {
			end--
		}
		line := text[lo:end]
		switch {
		case len(line) == 0:
		case line[0] == '#' && bytes.IndexByte(line, ':') >= 0: // a remark of Kvrocks
		case line[0] == '#':
			section = bytes.TrimSpace(line[1:])
		default:
			if c := bytes.IndexByte(line, ':'); c > 0 {
				fn(section, Span{lo, lo + c}, Span{lo + c + 1, end})
			}
		}
		lo = next
	}
}

// Keys of ours in the INFO that is made of what other programs print.
const (
	// AfterKey is for programs that print no time, but at a known pace: seconds since their
	// first line.
	AfterKey = "connbox_seconds_after_first"
	// SummedKey is for programs that tell what happened within intervals: its value names the
	// counters, separated by commas, that begin with their text and not with the server.
	SummedKey = "connbox_counted_in_export"
)
