package bundles

import (
	"testing"
)

func TestImportRatio(t *testing.T) {
	for _, c := range []struct {
		text, bundle int64
		want         string
	}{{0, 5000, ""}, {900, 5000, ""}, {9999, 5000, ""}, {10000, 5000, ": 1/2 of the replies"}, {5, 0, ""}, {500000, 5000, ": 1/100 of the replies"}} {
		if got := shrunk(c.text, c.bundle); got != c.want {
			t.Errorf("%d, %d: %q, want %q", c.text, c.bundle, got, c.want)
		}
	}
}
