package segment

import (
	"bytes"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/synth"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/table"
)

func TestTmpSize(t *testing.T) {
	for _, load := range []struct {
		ops   float64
		kinds int
	}{{300, 8}, {5200, 15}} {
		r := synth.New(synth.Options{Seed: 2, Clients: 300, Every: -1, Ops: load.ops, Kinds: load.kinds, Span: time.Hour})
		var w infoWriter
		begin := time.Now()
		n := 0
		bytesText := 0
		for r.Scan() {
			i := r.Record().(*parse.Info)
			w.add(int64(n), i.At.UnixMicro(), i.Text)
			bytesText += len(i.Text)
			n++
		}
		took := time.Since(begin)
		begin = time.Now()
		info := store1(t, w.schema(), w.write)
		templates := store1(t, templateColumns, func(to *table.Writer) { writeTemplates(to, 0, w.templates) })
		t.Logf("%d samples %d cols held %d; add %v, write %v; info %.1f (footer %d) templates %d (%d)", n, len(w.columns), w.bytes, took, time.Since(begin), float64(len(info.data))/float64(n), len(info.data)-info.end, len(templates.data), len(w.templates))
		begin = time.Now()
		in, err := LoadInfo(info.group(t), templates.group(t), info.columns)
		if err != nil {
			t.Fatal(err)
		}
		t.Log("load", time.Since(begin))
		begin = time.Now()
		for i := range in.Rows() {
			if b, err := in.Text(i); err != nil || len(b) == 0 {
				t.Fatal(err)
			}
		}
		t.Log("texts", time.Since(begin))
		_ = bytes.Equal
	}
}
