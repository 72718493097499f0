package parse

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/serverlog"
)

// A bundle gives back what it was given.
func TestBundleKeepsLogs(t *testing.T) {
	entry := serverlog.Entry{Line: 3, At: time.Date(2026, 11, 21, 4, 0, 0, 5e6, time.UTC), Until: time.Date(2026, 11, 21, 4, 0, 9, 0, time.UTC),
		Event: serverlog.Accepted, Level: '-', Role: 'M', PID: 7, Count: 12, Text: "Accepted 10.0.0.1:5", Peers: []serverlog.Peer{{Host: "10.0.0.1", Accepted: 8, Closed: 4, Brief: 2}}}
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := bundle.Create(path, record.Meta{Mode: "import"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&record.Log{Head: record.Head{At: entry.At, Took: -1}, Entry: entry}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	src, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	found := 0
	for src.Scan() {
		var got record.Log
		if o, ok := src.Record().(*record.Other); ok && o.Log(&got) {
			found++
			if !reflect.DeepEqual(got.Entry, entry) {
				t.Errorf("got %+v, want %+v", got.Entry, entry)
			}
		}
	}
	if found != 1 || src.Err() != nil {
		t.Errorf("%d entries, %v", found, src.Err())
	}
}
