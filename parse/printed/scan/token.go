package scan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A Token is one piece of nested data: a bracket, a string, a number or a word.
type Token struct {
	Kind TokenKind
	Text string
	Line int64
}

// A TokenKind is what a Token is.
type TokenKind uint8

// The kinds of token.
const (
	OpenObject TokenKind = iota
	CloseObject
	OpenArray
	CloseArray
	IsString
	IsNumber
	IsWord // true, null, None
)

// Tokens is where nested data come from. In an object, keys and values come in turn.
type Tokens interface {
	Next() (Token, error) // io.EOF at the end
}

// jsonTokens reads JSON, one value after the other.
type jsonTokens struct {
	d  *json.Decoder
	in *Text
}

// JSON reads JSON, one value after the other.
func JSON(in *Text) Tokens {
	d := json.NewDecoder(in)
	d.UseNumber()
	return &jsonTokens{d, in}
}

func (j *jsonTokens) Next() (Token, error) {
	t, err := j.d.Token()
	offset := j.d.InputOffset()
	j.in.Mark(offset)
	out := Token{Line: j.in.Line(offset)}
	if err != nil {
		return out, err
	}
	switch t := t.(type) {
	case json.Delim:
		out.Kind = map[json.Delim]TokenKind{'{': OpenObject, '}': CloseObject, '[': OpenArray, ']': CloseArray}[t]
	case string:
		out.Kind, out.Text = IsString, t
	case json.Number:
		out.Kind, out.Text = IsNumber, t.String()
	default:
		out.Kind, out.Text = IsWord, fmt.Sprint(t)
	}
	return out, nil
}

// IsEnd tells a proper end, or one in the middle of a value.
func IsEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
