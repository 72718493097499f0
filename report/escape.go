package report

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/connbox/connbox/analyze/finding"
)

// Strings longer than these are cut for people; JSON carries them whole. A client name
// may have any length, and 50 holders of 10 kB each would be the whole page.
const (
	maxText = 700
	maxName = 120
)

// printable makes s safe for a terminal, a page and a log: control characters (C0, DEL,
// C1), invalid UTF-8 and invisible format characters (bidi overrides, zero-width) become
// visible escapes as in Go source. At most limit runes are kept, then "…" follows.
// Line breaks and tabs become spaces: text is laid out by the writer, not by the data.
func printable(s string, limit int) string {
	if n := utf8.RuneCountInString(s); n <= limit && strings.IndexFunc(s, unsafeRune) < 0 {
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
		case r < 0x80 && unsafeRune(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000 && unsafeRune(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case unsafeRune(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// unsafeRune tells the runes that printable escapes. unicode.IsPrint would also drop the
// no-break spaces, which are harmless but could pass for a space: they are escaped too.
func unsafeRune(r rune) bool {
	return r == utf8.RuneError || r != ' ' && !unicode.IsPrint(r)
}

// asciiOnly replaces what is not ASCII: the dots and dashes of our own sentences by their
// like, anything else by an escape.
func asciiOnly(s string) string {
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

// clean gives a deep copy of r whose strings are all printable, and ASCII if asked for.
// It walks the types, so a field added to the report later is covered without being named
// here. The series are shared with r, and nobody writes to them.
func clean(r *finding.Report, ascii bool) *finding.Report {
	safe := func(s string) string { return printable(s, maxText) }
	if ascii {
		safe = func(s string) string { return asciiOnly(printable(s, maxText)) }
	}
	out := new(finding.Report)
	cleanValue(reflect.ValueOf(r).Elem(), reflect.ValueOf(out).Elem(), safe)
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

// short cuts a printable string to limit runes for a place with little room.
func short(s string, limit int) string { return printable(s, limit) }
