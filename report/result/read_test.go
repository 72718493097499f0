package result_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/report"
	"github.com/connbox/connbox/report/result"
)

func written(t testing.TB, path string) []byte {
	t.Helper()
	r, err := analyze.Recording(context.Background(), parse.FromFile(path), record.Options{}, analyze.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := result.Write(&b, r, report.Options{Version: "1"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReadBack: a report that was written and read writes the same bytes.
func TestReadBack(t *testing.T) {
	paths, err := filepath.Glob("../../fixtures/incidents/*.dump.zst")
	if err != nil || len(paths) < 10 {
		t.Fatal(len(paths), err)
	}
	for _, path := range paths {
		first := written(t, path)
		r, err := result.Read(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := r.Write(&again); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again.Bytes()) {
			t.Errorf("%s: %d bytes became %d", path, len(first), again.Len())
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "no report of connbox",
		"{}":                                     "its tool is another one",
		`{"tool":{"name":"connbox"},"schema":2}`: "report of schema 2; this connbox reads up to 1",
		`{"verdict":7}`:                          "no report of connbox",
	} {
		if _, err := result.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A report that a program wrote is read into the types it was made of.
func ExampleRead() {
	text := `{"schema":1, "tool":{"name":"connbox","version":"1"}, "verdict":{"status":"incident","cause":"connection-leak","confidence":0.97},
 "causes":[{"id":"connection-leak","onset":"2026-08-18T13:07:58Z","sources":[{"service":"invoices","connections":180}]}]}`
	r, err := result.Read(strings.NewReader(text))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Verdict.Cause, float64(r.Verdict.Confidence), r.Causes[0].Sources[0].Service, r.Causes[0].Onset.Time().Format("15:04"))
	// Output: connection-leak 0.97 invoices 13:07
}
