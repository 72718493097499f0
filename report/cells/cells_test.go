package cells

import (
	"strings"
	"testing"
)

func TestWrapCommand(t *testing.T) {
	in := `redis-cli -h some.host CLIENT KILL TYPE normal USER 'a b  c' "d \" e" MAXAGE 3600 ID 99`
	lines, whole := WrapCommand(in, 40, false)
	if !whole || len(lines) < 3 {
		t.Fatalf("%v %q", whole, lines)
	}
	for i, l := range lines {
		if Width(l) > 40 || (i < len(lines)-1) != strings.HasSuffix(l, ` \`) {
			t.Errorf("line %d: %q", i, l)
		}
	}
	if got := strings.ReplaceAll(strings.Join(lines, "\n"), " \\\n", " "); got != in {
		t.Errorf("a shell would read %q", got)
	}
	if _, whole := WrapCommand("x "+strings.Repeat("y", 99), 40, false); whole {
		t.Error("a cut command must be told")
	}
}

// No line ends within a number, or between it and its unit.
func TestWrapKeepsNumbers(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"aaaa 1 268 443 704 bytes", "aaaa|1 268 443 704|bytes"},
		{"aaaaaaaaaaa 95 % bbb", "aaaaaaaaaaa|95 % bbb"},
		{"aaaaaaaaaa 256 MB bb", "aaaaaaaaaa|256 MB bb"},
		{"aaaaaaaa 3 hosts", "aaaaaaaa 3|hosts"},
		{"a\x00b 1 2345", "a b 1 2345"},
	} {
		if got := strings.Join(Wrap(tt.in, 13), "|"); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}
