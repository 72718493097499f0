package recorder

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/spool"
	"github.com/connbox/connbox/parse/record"
)

func TestCaptureLog(t *testing.T) {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var said []string
	l := captureLog{tell: func(_ slog.Level, text string, _ ...slog.Attr) { said = append(said, text) }}
	full := spool.Trouble{Err: errors.New("no space left on device"), Since: begin.Add(300 * time.Second), Held: 3}
	for _, e := range []struct {
		after    time.Duration
		failures int64
		up       bool
		class    record.FailureClass
		disk     spool.Trouble
	}{
		{after: 0, up: true},
		{after: 1 * time.Second, failures: 1, up: true}, // one probe fails, the next is answered
		{after: 2 * time.Second, failures: 1, up: true},
		{after: 100 * time.Second, failures: 2}, // locked out
		{after: 101 * time.Second, failures: 3},
		{after: 102 * time.Second, failures: 4},
		{after: 161 * time.Second, failures: 5},
		{after: 165 * time.Second, failures: 5, up: true},
		{after: 166 * time.Second, failures: 5, up: true},
		{after: 170 * time.Second, failures: 6}, // and once more, within the minute
		{after: 175 * time.Second, failures: 6, up: true},
		{after: 200 * time.Second, failures: 7, up: true, class: record.FailPerm}, // denied, once a minute from then on
		{after: 260 * time.Second, failures: 8, up: true, class: record.FailPerm},
		{after: 301 * time.Second, failures: 8, up: true, disk: full},
		{after: 302 * time.Second, failures: 8, up: true, disk: full},
		{after: 330 * time.Second, failures: 8, up: true},
	} {
		l.seen(capture.Progress{Failures: e.failures, Connected: e.up, Failed: "refused", FailedAs: e.class, FailedAt: "CONFIG GET"}, e.disk, begin.Add(e.after))
	}
	want := []string{"refused", "refused", "4 failures in 1m1s, the last: refused", "recording again after 1m5s and 4 failures",
		"denied: CONFIG GET: refused", "the recording is not written: no space left on device; 3 records wait in memory, 0 lost", "written again after 30s"}
	if !slices.Equal(said, want) {
		t.Errorf("%q\nwant %q", said, want)
	}
}
