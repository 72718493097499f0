package recorder

import (
	"slices"
	"testing"
	"time"

	"github.com/connbox/connbox/capture"
)

func TestCaptureLog(t *testing.T) {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var l captureLog
	var said []string
	for _, e := range []struct {
		after    time.Duration
		failures int64
		up       bool
	}{
		{0, 0, true},
		{1 * time.Second, 1, true}, // one probe denied, the next answered
		{2 * time.Second, 1, true},
		{100 * time.Second, 2, false}, // locked out
		{101 * time.Second, 3, false},
		{102 * time.Second, 4, false},
		{161 * time.Second, 5, false},
		{165 * time.Second, 5, true},
		{166 * time.Second, 5, true},
	} {
		if line := l.line(capture.Progress{Failures: e.failures, Connected: e.up, Failed: "refused"}, begin.Add(e.after)); line != "" {
			said = append(said, line)
		}
	}
	want := []string{"refused", "refused", "4 failures in 1m1s, the last: refused", "recording again after 1m5s and 4 failures"}
	if !slices.Equal(said, want) {
		t.Errorf("%q\nwant %q", said, want)
	}
}
