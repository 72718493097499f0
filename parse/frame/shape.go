package frame

import "bytes"

// A shape is a prefix with its varying parts as classes: a run of digits, of blanks, the
// name of a month or a weekday, and the colon or dash that grep puts beside a number.
type shape []part

type part struct {
	class class
	text  string // of a literal; the blanks of a run
}

type class uint8

const (
	literal class = iota
	number
	blanks
	name // of a month or a weekday
	mark // ':' or '-' beside a number
)

// names of months and weekdays, as dates abbreviate them.
var names = map[string]bool{
	"Jan": true, "Feb": true, "Mar": true, "Apr": true, "May": true, "Jun": true, "Jul": true, "Aug": true,
	"Sep": true, "Oct": true, "Nov": true, "Dec": true,
	"Mon": true, "Tue": true, "Wed": true, "Thu": true, "Fri": true, "Sat": true, "Sun": true,
}

// shapeOf gives the shape of a prefix.
func shapeOf(prefix []byte) shape {
	var s shape
	for i := 0; i < len(prefix); {
		c, n := next(prefix[i:])
		p := part{class: c}
		if c == literal || c == blanks {
			p.text = string(prefix[i : i+n])
		}
		if last := len(s) - 1; c == literal && last >= 0 && s[last].class == literal {
			s[last].text += p.text
		} else {
			s = append(s, p)
		}
		i += n
	}
	return s
}

// next gives the class of what b begins with, and its length.
func next(b []byte) (class, int) {
	n := 0
	switch {
	case b[0]-'0' <= 9:
		for n < len(b) && b[n]-'0' <= 9 {
			n++
		}
		return number, n
	case b[0] == ' ' || b[0] == '\t':
		for n < len(b) && (b[n] == ' ' || b[n] == '\t') {
			n++
		}
		return blanks, n
	case len(b) >= 3 && names[string(b[:3])] && (len(b) == 3 || !wordByte(b[3])):
		return name, 3
	case b[0] == ':' || b[0] == '-':
		return mark, 1
	}
	return literal, 1
}

// match gives the length of the prefix of this shape that line begins with; 0 if it has none.
// A line that ends within the prefix, as editors cut off blanks, has an empty rest.
func (s shape) match(line []byte) int {
	i := 0
	for k, p := range s {
		rest := line[i:]
		switch {
		case p.class == literal:
			if !bytes.HasPrefix(rest, []byte(p.text)) {
				return 0
			}
			i += len(p.text)
			continue
		case len(rest) == 0:
			if p.class == blanks && k == len(s)-1 {
				return i
			}
			return 0
		}
		c, n := next(rest)
		if c != p.class {
			if p.class == blanks && k == 0 {
				continue // an indent that a right-aligned number has filled
			}
			return 0
		}
		if c == blanks {
			n = s.indent(k, p, n)
		}
		i += n
	}
	return i
}

// indent gives how many of n blanks belong to the prefix: all inside it, and at its end no
// more than it had, as the rest may have an indent of its own.
func (s shape) indent(k int, p part, n int) int {
	if k == len(s)-1 {
		return min(n, len(p.text))
	}
	return n
}

// bare tells a prefix of nothing but blanks, punctuation and numbers: an indent, a quote, a
// list, a table, line numbers.
func bare(prefix []byte) bool {
	for _, b := range prefix {
		if b|0x20 >= 'a' && b|0x20 <= 'z' || b >= 0x80 {
			return false
		}
	}
	return true
}

// separated tells a prefix that ends with a sign that heads of programs end with.
func separated(prefix []byte) bool {
	trimmed := bytes.TrimRight(prefix, " \t")
	if len(trimmed) == 0 {
		return true
	}
	return bytes.IndexByte([]byte("|:]>)-}=\"'`#*"), trimmed[len(trimmed)-1]) >= 0
}

// stamped tells a prefix that holds a time: two colons between numbers.
func stamped(prefix []byte) bool {
	for i := 0; i+7 < len(prefix); i++ {
		if isNumber(prefix[i:i+2]) && prefix[i+2] == ':' && isNumber(prefix[i+3:i+5]) && prefix[i+5] == ':' && isNumber(prefix[i+6:i+8]) {
			return true
		}
	}
	return false
}
