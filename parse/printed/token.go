package printed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A token is one piece of nested data: a bracket, a string, a number or a word.
type token struct {
	kind tokenKind
	text string
	line int64
}

type tokenKind uint8

const (
	openObject tokenKind = iota
	closeObject
	openArray
	closeArray
	isString
	isNumber
	isWord // true, null, None
)

// tokens is where nested data come from. In an object, keys and values come in turn.
type tokens interface {
	next() (token, error) // io.EOF at the end
}

// jsonTokens reads JSON, one value after the other.
type jsonTokens struct {
	d  *json.Decoder
	in *guard
}

func newJSONTokens(in *guard) *jsonTokens {
	d := json.NewDecoder(in)
	d.UseNumber()
	return &jsonTokens{d, in}
}

func (j *jsonTokens) next() (token, error) {
	t, err := j.d.Token()
	offset := j.d.InputOffset()
	j.in.mark(offset)
	out := token{line: j.in.line(offset)}
	if err != nil {
		return out, err
	}
	switch t := t.(type) {
	case json.Delim:
		out.kind = map[json.Delim]tokenKind{'{': openObject, '}': closeObject, '[': openArray, ']': closeArray}[t]
	case string:
		out.kind, out.text = isString, t
	case json.Number:
		out.kind, out.text = isNumber, t.String()
	default:
		out.kind, out.text = isWord, fmt.Sprint(t)
	}
	return out, nil
}

// isEnd tells a proper end, or one in the middle of a value.
func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
