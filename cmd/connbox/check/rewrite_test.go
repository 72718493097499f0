package check

import (
	"fmt"
	"strings"
	"testing"
)

// applied applies the hunks of a unified diff to a text, and fails where they do not fit.
func applied(t *testing.T, was, diff string) string {
	t.Helper()
	a, at := lines(was), 0
	var out []string
	for l := range strings.SplitSeq(strings.TrimSuffix(diff, "\n"), "\n") {
		var from, n, to, m int
		switch {
		case l == "":
		case strings.HasPrefix(l, "@@"):
			if _, err := fmt.Sscanf(l, "@@ -%d,%d +%d,%d @@", &from, &n, &to, &m); err != nil {
				t.Fatalf("%q: %v", l, err)
			}
			for ; at < from-1; at++ {
				out = append(out, a[at])
			}
		case l[0] == '+':
			out = append(out, l[1:])
		default:
			if at >= len(a) || a[at] != l[1:] {
				t.Fatalf("line %d does not fit: %q", at+1, l)
			}
			if at++; l[0] == ' ' {
				out = append(out, l[1:])
			}
		}
	}
	return strings.Join(append(out, a[at:]...), "\n")
}

// TestUnified: a diff leads from one text to the other, and is no longer than it must be.
func TestUnified(t *testing.T) {
	long := strings.Repeat("same\n", 100)
	for _, c := range []struct {
		was, is string
		changed int // lines
	}{
		{"", "a\nb\n", 2},
		{"a\nb\n", "a\nb\n", 0},
		{"a\nb\nc\n", "a\nx\nc\n", 2},
		{"a\nb\nc\n", "a\nc\n", 1},
		{"a\nc\n", "a\nb\nc\n", 1},
		{long + "a\n" + long + "b\n", long + "x\n" + long + "y\n", 4},
		{"a\n" + long, long + "a\n", 2},
	} {
		diff := unified(c.was, c.is)
		if got := applied(t, c.was, diff); got != strings.TrimSuffix(c.is, "\n") {
			t.Errorf("%q to %q: %q\n%s", c.was, c.is, got, diff)
		}
		n := strings.Count("\n"+diff, "\n+") + strings.Count("\n"+diff, "\n-")
		if n != c.changed || strings.Count(diff, "\n") > c.changed*8+4 {
			t.Errorf("%q to %q: %d lines changed, want %d\n%s", c.was, c.is, n, c.changed, diff)
		}
	}
}
