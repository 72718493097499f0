package bundles

import (
	"testing"

	"github.com/connbox/connbox/parse/record"
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

// TestTargetOf: a bundle keeps where its text asked the server, but for what redis-cli takes by itself.
func TestTargetOf(t *testing.T) {
	for asked, want := range map[record.Asked]string{
		{}:                                  "",
		{Host: "127.0.0.1", Port: "6379"}:   "",
		{Host: "cache-1"}:                   "cache-1",
		{Host: "10.0.0.1", Port: "6390"}:    "10.0.0.1:6390",
		{Host: "2001:db8::1", Port: "6390"}: "[2001:db8::1]:6390",
	} {
		if got := targetOf(asked).Target; got != want {
			t.Errorf("%+v: %q, want %q", asked, got, want)
		}
	}
	if m := targetOf(record.Asked{Host: "cache-1", Port: "6390", TLS: true}); !m.TLS {
		t.Error("TLS is lost")
	}
}
