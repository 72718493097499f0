package parse

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// BenchmarkDump reads the usual loop with 500 clients: most of it is CLIENT LIST.
func BenchmarkDump(b *testing.B) {
	info := readFile(b, serverFiles(b, "redis-7.4.1/mixed.info.raw.txt")[0])
	list := benchmarkText(500)
	var text []byte
	for i := range 40 {
		text = fmt.Appendf(text, "2026-11-21T06:%02d:00Z\n%s%s(empty array)\n", i, info, list)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		d := NewDump(bytes.NewReader(text), "bench")
		n := 0
		for d.Scan() {
			n++
		}
		if n != 120 || d.Err() != nil {
			b.Fatal(n, d.Err())
		}
	}
}

// BenchmarkImport turns a dump of a quarter of an hour with 2,000 clients into a bundle.
func BenchmarkImport(b *testing.B) {
	var text []byte
	for i, list := range laterTexts(benchmarkText(2000), 90) {
		text = append(fmt.Appendf(text, "2026-11-21T06:%02d:%02dZ\n", i/6, i%6*10), list...)
	}
	path := filepath.Join(b.TempDir(), "x.connbox")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		w, err := Create(path, record.Meta{Tool: "bench", Mode: "import"})
		if err != nil {
			b.Fatal(err)
		}
		d := NewDump(bytes.NewReader(text), "bench")
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
