package ring

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/synth"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// BenchmarkDay writes a day of a server of 1,000 clients, with INFO each second and a list each ten,
// into a ring that keeps a day, by the clock of the recording; then it cuts the last two hours out
// of it. Run it once: -benchtime 1x.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), "ring")
		now := time.Time{}
		src := synth.New(synth.Options{Seed: 1, Clients: 1000, Span: 24 * time.Hour, Info: time.Second})
		r, err := Open(Options{Dir: dir, Keep: 24 * time.Hour, Floor: -1, Meta: record.Meta{Tool: "bench", Mode: "capture"}, now: func() time.Time { return now }})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; src.Scan(); n++ {
			now = src.Record().Base().At
			if err := r.Write(src.Record()); err != nil {
				b.Fatal(err)
			}
		}
		u := r.Usage()
		b.ReportMetric(float64(n), "records")
		b.ReportMetric(float64(u.Bytes)/1e6, "MB")
		b.ReportMetric(float64(u.Members), "members")

		begin := time.Now()
		part, err := parse.OpenRange(dir, record.Options{From: now.Add(-2 * time.Hour)})
		if err != nil {
			b.Fatal(err)
		}
		w, err := bundle.Create(filepath.Join(b.TempDir(), "cut.connbox"), record.Meta{Tool: "bench", Mode: "cut"})
		if err != nil {
			b.Fatal(err)
		}
		for part.Scan() {
			if err := w.Write(part.Record()); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close("cut"); err != nil || part.Err() != nil {
			b.Fatal(err, part.Err())
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s/cut")
		part.Close()
		if err := r.Close("signal"); err != nil {
			b.Fatal(err)
		}
	}
}
