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
