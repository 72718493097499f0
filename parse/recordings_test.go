package parse

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// writeBundle writes records to a file and gives its path.
func writeBundle(t testing.TB, recs []record.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := bundle.Create(path, record.Meta{Tool: "test", Mode: "import"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	return path
}

func openBundle(t testing.TB, path string) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// wantSource reads src, which must give recs and no more; of lists that come as changes it
// looks at their number of clients. It gives how many these are.
func wantSource(t testing.TB, src record.Source, recs []record.Record) (changes int) {
	t.Helper()
	n := 0
	for ; src.Scan(); n++ {
		if n == len(recs) {
			t.Fatalf("more than %d records", n)
		}
		if r, ok := src.Record().(*record.ClientChanges); ok {
			if changes++; r.Rows != len(recs[n].(*record.Clients).Rows) {
				t.Fatalf("record %d has %d clients", n, r.Rows)
			}
			continue
		}
		if got, want := bundle.AppendRecord(nil, src.Record()), bundle.AppendRecord(nil, recs[n]); !bytes.Equal(got, want) {
			t.Fatalf("record %d:\n got %.500q\nwant %.500q", n, got, want)
		}
	}
	if src.Err() != nil || n != len(recs) {
		t.Fatalf("%d of %d records, %v", n, len(recs), src.Err())
	}
	return changes
}

// wantRecords reads all of a bundle, which must hold recs and no more.
func wantRecords(t testing.TB, path string, recs []record.Record) {
	t.Helper()
	wantSource(t, openBundle(t, path), recs)
}

var layout70 = record.Layout{"id", "addr", "age", "idle", "flags", "cmd"}

const has70 = record.FieldSet(1<<record.FieldID | 1<<record.FieldAddr | 1<<record.FieldAge | 1<<record.FieldIdle | 1<<record.FieldFlags | 1<<record.FieldCmd)

// serverRecords gives n lists and INFO of a lively server, 40 seconds apart.
func serverRecords(seed uint64, n int) []record.Record {
	rnd := rand.New(rand.NewPCG(seed, 1))
	at := time.Unix(1_784_031_713, 0).UTC()
	var recs []record.Record
	var rows []record.Client
	for i := range n {
		for range 3 {
			id := int64(3*i + len(rows))
			rows = append(rows, record.Client{Has: has70, ID: id, Addr: fmt.Sprintf("10.0.0.%d:%d", id%9, 30000+id), Flags: "N", Cmd: "get"})
		}
		rows = slices.Delete(rows, 0, rnd.IntN(3))
		for k := range rows {
			rows[k].Age += 40
			rows[k].Idle = rnd.Int64N(2) * rows[k].Age
			rows[k].Cmd = []string{"get", "set"}[rnd.IntN(2)]
		}
		text := fmt.Sprintf("# Server\r\nrun_id:a\r\nuptime_in_seconds:%d\r\n# Clients\r\nconnected_clients:%d\r\n", 40*i, len(rows))
		recs = append(recs, &record.Info{Head: record.Head{At: at, Took: time.Duration(rnd.IntN(900)) * time.Microsecond, Size: len(text)}, Text: []byte(text)},
			&record.Clients{Head: record.Head{At: at.Add(time.Second), Took: time.Duration(rnd.IntN(9000)) * time.Microsecond, Size: 99 * len(rows)},
				Layouts: []record.Layout{layout70}, Rows: slices.Clone(rows)})
		at = at.Add(40 * time.Second)
	}
	return recs
}
