package parse

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestSameRows imports lists that change in all ways with and without what the parser knows
// of them: the bundle must be the same, byte for byte.
func TestSameRows(t *testing.T) {
	for seed := range uint64(12) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		list := benchmarkText(40)
		var text []byte
		for i := range 40 {
			text = append(fmt.Appendf(text, "2026-11-21T06:%02d:00Z\n", i), list...)
			if rnd.IntN(3) > 0 {
				list = edit(rnd, list)
			}
		}
		known, with := importText(t, text, func(*Clients) {})
		_, without := importText(t, text, func(c *Clients) { c.same = sameRows{} })
		if known == 0 {
			t.Errorf("seed %d: nothing known of any row", seed)
		}
		if !bytes.Equal(with, without) {
			t.Errorf("seed %d: the bundles differ", seed)
		}
	}
}

// importText gives a dump's bundle, and how many rows were known to be as before.
func importText(t *testing.T, text []byte, change func(*Clients)) (known int, bundle []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := Create(path, Meta{Tool: "test", Mode: "import"})
	if err != nil {
		t.Fatal(err)
	}
	d := NewDump(bytes.NewReader(text), "x")
	for d.Scan() {
		if c, ok := d.Record().(*Clients); ok {
			change(c)
			for _, row := range c.same.rows {
				if row >= 0 {
					known++
				}
			}
		}
		if err := w.Write(d.Record()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	bundle, err = os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return known, bundle
}
