package reply

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"github.com/connbox/connbox/parse/record"
)

// configNames are the parameters that the recorded servers report (Redis 2.8 to 8.0, Valkey
// 7.2 to 8.1), in order: a list of words and values is taken for CONFIG GET when it has one.
var configNames = strings.Fields(parameters)

//go:embed parameters.txt
var parameters string

// AppendConfig writes a reply of CONFIG GET as redis-cli --no-raw does.
func AppendConfig(dst []byte, c *record.Config) []byte {
	if len(c.Pairs) == 0 {
		return append(dst, "(empty array)\n"...)
	}
	width := len(strconv.Itoa(2 * len(c.Pairs)))
	for i, p := range c.Pairs {
		dst = append(AppendQuoted(appendIndex(dst, 2*i+1, width), p.Key), '\n')
		dst = append(AppendQuoted(appendIndex(dst, 2*i+2, width), p.Value), '\n')
	}
	return dst
}

// IsParameter tells whether s is the name of a known parameter.
func IsParameter(s []byte) bool {
	_, ok := slices.BinarySearch(configNames, string(s))
	return ok
}

// MayBeParameter tells whether s may be the name of a parameter, modules' included.
func MayBeParameter(s []byte) bool {
	return len(s) <= MaxKeyLen && record.Only(s, record.LetterBytes+record.DigitBytes+"-_.") && s[0] >= 'a'
}

// Config reads a reply of CONFIG GET; ok is false where it is another command's. One that is
// not whole lacks the value of its last name.
func Config(v *Value) (pairs []record.Pair, whole, ok bool) {
	for i := 0; i < len(v.Items); i += 2 {
		key, value := &v.Items[i], v.item(i+1)
		if key.Kind != TextValue || !MayBeParameter([]byte(key.Text)) {
			return nil, false, false
		}
		ok = ok || IsParameter([]byte(key.Text))
		if value.Kind != TextValue {
			return pairs, false, ok
		}
		pairs = append(pairs, record.Pair{Key: key.Text, Value: value.Text})
	}
	return pairs, true, ok
}
