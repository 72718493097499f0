package analyze_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

const leak = "../fixtures/incidents/leak-named.dump.zst"

// TestRecordingBounds: a limit gives the report of what was read and says so, the end of the
// context none.
func TestRecordingBounds(t *testing.T) {
	in := parse.FromFile(leak)
	r, err := analyze.Recording(t.Context(), in, record.Options{MaxRecords: 200}, analyze.Options{})
	var limit *record.LimitError
	if !errors.As(err, &limit) || r == nil || r.Input.Samples < 50 || r.Input.Samples > 90 || !strings.Contains(r.DataQuality[0].What, "limit of records: 200") {
		t.Errorf("%v, %+v", err, r)
	}
	if r, err := analyze.Recording(t.Context(), in, record.Options{MaxTime: time.Nanosecond}, analyze.Options{}); r != nil || !errors.As(err, &limit) {
		t.Errorf("no time: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if r, err := analyze.Recording(ctx, in, record.Options{}, analyze.Options{}); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	text := parse.FromReader(strings.NewReader("no reply at all\n"), "notes.txt")
	if r, err := analyze.Recording(t.Context(), text, record.Options{}, analyze.Options{}); r != nil || err == nil || !strings.HasPrefix(err.Error(), "notes.txt") {
		t.Errorf("nothing: %v", err)
	}
	whole, err := os.ReadFile(leak)
	if err != nil {
		t.Fatal(err)
	}
	r, err = analyze.Recording(t.Context(), parse.FromReader(bytes.NewReader(whole[:len(whole)/2]), "half"), record.Options{}, analyze.Options{})
	if r == nil || err == nil || !strings.Contains(err.Error(), "half") {
		t.Errorf("half: %v", err)
	}
}

// Recording analyses a recording wherever it lies, within bounds.
func ExampleRecording() {
	in := parse.FromFile(leak)
	defer in.Close()
	r, err := analyze.Recording(context.Background(), in, record.Options{MaxTime: time.Minute}, analyze.Options{})
	if r == nil {
		fmt.Println(err)
		return
	}
	root := r.Causes[0]
	fmt.Println(r.Verdict.Cause, root.Sources[0].Service(), root.Onset.Format("15:04"))
	fmt.Printf("full in %.0f to %.0f min\n", r.ToLimit.Lo, r.ToLimit.Hi)
	// Output:
	// connection-leak invoices 13:07
	// full in 28 to 41 min
}
