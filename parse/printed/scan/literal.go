package scan

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// literalTokens reads the notations in which languages print dictionaries: Python's repr,
// Ruby's inspect, JavaScript's util.inspect, Java's and Go's maps. All have brackets, and keys
// and values parted by one of : => = and a blank; JSON is read by encoding/json.
type literalTokens struct {
	in    *Text
	r     *bufio.Reader
	at    int64
	open  []byte // brackets that wait for their end; 'm' for Go's map[
	value bool   // inside one: a value comes next
}

// ErrLiteral is met where data are in no such notation, or wrongly nested.
var ErrLiteral = errors.New("what follows is no dictionary")

// Literal reads a language's notation of dictionaries.
func Literal(in *Text) Tokens {
	return &literalTokens{in: in, r: bufio.NewReaderSize(in, 64<<10)}
}

func (l *literalTokens) byte() (byte, error) {
	b, err := l.r.ReadByte()
	if err == nil {
		l.at++
	}
	return b, err
}

func (l *literalTokens) back() {
	if l.r.UnreadByte() == nil {
		l.at--
	}
}

func (l *literalTokens) Next() (Token, error) {
	for {
		b, err := l.byte()
		if err != nil {
			return Token{}, err
		}
		l.in.Mark(l.at)
		t := Token{Line: l.in.Line(l.at)}
		switch b {
		case '=':
			if l.follows(">") || len(l.open) == 0 {
				continue
			}
			t.Kind = IsString
			t.Text, err = l.unquoted()
			return t, err
		case ' ', '\t', '\r', '\n', ',', ':', '>':
			if b == ' ' && l.value { // Go prints an empty string as nothing
				l.value = false
				t.Kind = IsString
				return t, nil
			}
			continue
		case '{', '[', '(':
			if b == '(' && len(l.open) == 0 {
				return t, ErrLiteral
			}
			l.open = append(l.open, b)
			t.Kind = OpenArray
			if b == '{' {
				t.Kind = OpenObject
			}
			return t, nil
		case '}', ']', ')':
			return l.close(t, b)
		case '\'', '"':
			t.Kind = IsString
			t.Text, err = l.quoted(b)
			return t, err
		}
		l.back()
		if n := len(l.open); n > 0 && l.open[n-1] == 'm' {
			return l.goWord(t)
		}
		return l.word(t)
	}
}

// goWord reads a key or a value of Go's map[key:value key:value]. A value may hold blanks: it
// ends before the next word with a colon.
func (l *literalTokens) goWord(t Token) (Token, error) {
	if l.follows("map[") {
		return l.word(t)
	}
	var b strings.Builder
	for isKey := !l.value; ; {
		c, err := l.byte()
		if err != nil {
			return t, err
		}
		if b.Len() > MaxValue {
			return t, ErrLiteral
		}
		if isKey && c == ':' || c == ']' || !isKey && c == ' ' && l.keyAhead() {
			if c == ']' {
				l.back()
			}
			break
		}
		b.WriteByte(c)
	}
	l.value = !l.value && !l.follows("map[")
	t.Kind, t.Text = IsString, strings.TrimSpace(b.String())
	return t, nil
}

// unquoted reads a value as Java prints it behind '=': up to a comma or the map's end.
func (l *literalTokens) unquoted() (string, error) {
	var b strings.Builder
	for {
		c, err := l.byte()
		switch {
		case err != nil:
			return "", err
		case b.Len() > MaxValue:
			return "", ErrLiteral
		case c == '}':
			l.back()
			return strings.TrimSpace(b.String()), nil
		case c == ',':
			return strings.TrimSpace(b.String()), nil
		}
		b.WriteByte(c)
	}
}

// keyAhead tells whether the next word has a colon in it.
func (l *literalTokens) keyAhead() bool {
	ahead, _ := l.r.Peek(128)
	word, _, _ := strings.Cut(string(ahead), " ")
	return strings.IndexByte(word, ':') > 0
}

func (l *literalTokens) follows(s string) bool {
	ahead, _ := l.r.Peek(len(s))
	return string(ahead) == s
}

// close ends a bracket. What is open wrongly ends the data.
func (l *literalTokens) close(t Token, b byte) (Token, error) {
	n := len(l.open)
	if n == 0 || map[byte]byte{'{': '}', '[': ']', '(': ')', 'm': ']'}[l.open[n-1]] != b {
		return t, ErrLiteral
	}
	l.value = false
	t.Kind = CloseArray
	if l.open[n-1] == '{' || l.open[n-1] == 'm' {
		t.Kind = CloseObject
	}
	l.open = l.open[:n-1]
	return t, nil
}

// quoted reads a string up to its quote, with backslash escapes. Of a long one the beginning
// is kept.
func (l *literalTokens) quoted(quote byte) (string, error) {
	var b strings.Builder
	for n := 0; n < MaxToken; n++ {
		c, err := l.byte()
		switch {
		case err != nil:
			return "", err
		case c == quote:
			return b.String(), nil
		case c == '\\':
			if c, err = l.byte(); err != nil {
				return "", err
			}
			c = unescape(c)
		}
		if b.Len() < MaxValue {
			b.WriteByte(c)
		}
	}
	return "", ErrLong
}

func unescape(c byte) byte {
	switch c {
	case 'n', 'r', 't':
		return ' '
	}
	return c
}

// word reads what has no quotes: numbers, None, bare keys, the prefix of b'bytes'.
func (l *literalTokens) word(t Token) (Token, error) {
	var b strings.Builder
	for {
		c, err := l.byte()
		if err != nil && !errors.Is(err, io.EOF) {
			return t, err
		}
		if err != nil || strings.IndexByte(" \t\r\n,:={}[]()'\"", c) >= 0 {
			if err == nil {
				l.back()
			}
			break
		}
		if b.WriteByte(c); b.Len() > MaxValue {
			return t, ErrLiteral
		}
	}
	t.Text = b.String()
	if t.Text == "map" && l.follows("[") {
		l.byte()
		l.open = append(l.open, 'm')
		t.Kind = OpenObject
		return t, nil
	}
	if c, _ := l.r.Peek(1); len(c) == 1 && (c[0] == '\'' || c[0] == '"') && len(t.Text) <= 2 &&
		strings.Trim(t.Text, "bBuUrR") == "" {
		l.byte()
		text, err := l.quoted(c[0])
		t.Kind, t.Text = IsString, text
		return t, err
	}
	if len(l.open) == 0 {
		return t, ErrLiteral
	}
	t.Kind = IsWord
	if _, ok := Number(t.Text, false); ok {
		t.Kind = IsNumber
	}
	return t, nil
}
