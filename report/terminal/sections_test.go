package terminal

import (
	"testing"
)

// TestOpening: the first sentence whatever its length, then those that fit.
func TestOpening(t *testing.T) {
	for _, c := range []struct {
		s, want string
		limit   int
	}{
		{"", "", 10},
		{"One.", "One.", 1},
		{"One is long. Two.", "One is long.", 5},
		{"One. Two. Three is long.", "One. Two.", 12},
		{"1.5 of 2. Rest", "1.5 of 2.", 9},
		{"One. Two", "One. Two", 100},
	} {
		if got := opening(c.s, c.limit); got != c.want {
			t.Errorf("opening(%q, %d) = %q, want %q", c.s, c.limit, got, c.want)
		}
	}
}
