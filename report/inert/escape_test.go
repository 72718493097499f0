package inert

import (
	"testing"

	"github.com/connbox/connbox/report/reporttest"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 宽": "plain é 宽", "a\x1b[1m": `a\x1b[1m`, "\x00\x7f": `\x00\x7f`, "\u009b": `\u009b`, "\u202e": `\u202e`,
		"\xff": `\xff`, "a\nb\tc": "a b c", "\U000e0041": `\U000e0041`, "\ufffd": `\ufffd`, "\u00a0": `\u00a0`,
	} {
		if got := Printable(in, 100); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := Printable("abcdef", 3); got != "abc…" {
		t.Errorf("got %q", got)
	}
}

// TestPrintableTwice: what is printable stays as it is, however often it is cleaned.
func TestPrintableTwice(t *testing.T) {
	for _, n := range reporttest.Nasty {
		if a := Printable(n, 1<<20); Printable(a, 1<<20) != a {
			t.Errorf("%q changes again", a)
		}
	}
}
