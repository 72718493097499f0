// Package inert makes strings of strangers safe to print: names of clients may hold anything,
// escape sequences, invalid UTF-8 and right-to-left overrides among them.
package inert

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Strings longer than these are cut for people; JSON carries them whole. A client name
// may have any length, and 50 holders of 10 kB each would be the whole page.
const (
	maxText = 700
	MaxName = 120
)

// Printable makes s safe for a terminal, a page and a log: control characters (C0, DEL,
// C1), invalid UTF-8 and invisible format characters (bidi overrides, zero-width) become
// visible escapes as in Go source. At most limit runes are kept, then "…" follows.
// Line breaks and tabs become spaces: text is laid out by the writer, not by the data.
func Printable(s string, limit int) string {
	if n := utf8.RuneCountInString(s); n <= limit && strings.IndexFunc(s, Unsafe) < 0 {
		return s
	}
	var b strings.Builder
	for i, n := 0, 0; i < len(s); n++ {
		if n >= limit {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case r < 0x80 && Unsafe(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000 && Unsafe(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case Unsafe(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// Unsafe tells the runes that printable escapes. unicode.IsPrint would also drop the
// no-break spaces, which are harmless but could pass for a space: they are escaped too.
func Unsafe(r rune) bool {
	return r == utf8.RuneError || r != ' ' && !unicode.IsPrint(r)
}

// ASCIIOnly replaces what is not ASCII: the dots and dashes of our own sentences by their
// like, anything else by an escape.
func ASCIIOnly(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r == '…':
			b.WriteString("...")
		case r == '–' || r == '—' || r == '−':
			b.WriteByte('-')
		case r == '×':
			b.WriteByte('x')
		case r == '≥':
			b.WriteString(">=")
		case r == '≤':
			b.WriteString("<=")
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// Clean gives a deep copy of v whose strings are all printable, and ASCII if asked for.
// It walks the types, so a field added later is covered without being named here. Slices of
// numbers are shared with v, and so is what lies behind pointers and maps, which no result
// has; nobody writes to them.
func Clean[T any](v *T, ascii bool) *T {
	safe := func(s string) string { return Printable(s, maxText) }
	if ascii {
		safe = func(s string) string { return ASCIIOnly(Printable(s, maxText)) }
	}
	out := new(T)
	cleanValue(reflect.ValueOf(v).Elem(), reflect.ValueOf(out).Elem(), safe)
	return out
}

func cleanValue(from, to reflect.Value, safe func(string) string) {
	switch from.Kind() {
	case reflect.String:
		to.SetString(safe(from.String()))
	case reflect.Slice:
		switch from.Type().Elem().Kind() {
		case reflect.Float64, reflect.Int64:
			to.Set(from)
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			cleanValue(from.Index(i), to.Index(i), safe)
		}
	case reflect.Struct:
		to.Set(from) // unexported fields: time.Time
		for i := range from.NumField() {
			if to.Field(i).CanSet() {
				cleanValue(from.Field(i), to.Field(i), safe)
			}
		}
	default:
		to.Set(from)
	}
}

// Short cuts a printable string to limit runes for a place with little room.
func Short(s string, limit int) string { return Printable(s, limit) }

// JSON writes the runes a terminal or an editor could act on as \u escapes,
// which mean the same in JSON. encoding/json has escaped those below 0x20 itself and has
// replaced invalid UTF-8; outside strings its output is ASCII.
func JSON(b []byte) []byte {
	return escaped(b, func(r rune) bool { return r != '\n' && r != utf8.RuneError && (r == 0x7f || r >= 0x80 && Unsafe(r)) }, jsonEscape)
}

// JSONASCII is JSON with an escape for whatever is not ASCII.
func JSONASCII(b []byte) []byte {
	return escaped(b, func(r rune) bool { return r >= 0x7f }, jsonEscape)
}

// HTML writes whatever is not ASCII as a character reference, which means the same in text and in
// attributes. A browser keeps such a page in half the memory, and paints it sooner.
func HTML(b []byte) []byte {
	return escaped(b, func(r rune) bool { return r >= 0x80 }, func(out []byte, r rune) []byte { return fmt.Appendf(out, "&#%d;", r) })
}

func jsonEscape(out []byte, r rune) []byte {
	for _, u := range utf16.Encode([]rune{r}) {
		out = fmt.Appendf(out, "\\u%04x", u)
	}
	return out
}

// escaped gives b with the runes of which unfit is true as escape writes them.
func escaped(b []byte, unfit func(rune) bool, escape func([]byte, rune) []byte) []byte {
	out := make([]byte, 0, len(b)+64)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if unfit(r) {
			out = escape(out, r)
		} else {
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
	return out
}
