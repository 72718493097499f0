package parse

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
)

// BenchmarkImport turns a dump of a quarter of an hour with 2,000 clients into a bundle.
func BenchmarkImport(b *testing.B) {
	var text []byte
	for i, list := range servers.Lists(2000, 90) {
		text = append(fmt.Appendf(text, "2026-11-21T06:%02d:%02dZ\n", i/6, i%6*10), list...)
	}
	path := filepath.Join(b.TempDir(), "x.connbox")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		w, err := bundle.Create(path, record.Meta{Tool: "bench", Mode: "import"})
		if err != nil {
			b.Fatal(err)
		}
		d := dump.NewReader(bytes.NewReader(text), "bench")
		for d.Scan() {
			if err := w.Write(d.Record()); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close("import"); err != nil || d.Err() != nil {
			b.Fatal(err, d.Err())
		}
	}
}
