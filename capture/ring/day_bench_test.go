package ring

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/synth"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// synthetic writes a server of so many clients, with a list each ten seconds and INFO as often as said, for a
// while, into a ring that keeps a day, by the clock of the recording. It gives its last moment.
func synthetic(tb testing.TB, clients int, span, info time.Duration) (r *Ring, dir string, now time.Time) {
	tb.Helper()
	dir = filepath.Join(tb.TempDir(), "ring")
	src := synth.New(synth.Options{Seed: 1, Clients: clients, Span: span, Info: info})
	r, err := Open(Options{Dir: dir, Keep: 24 * time.Hour, Floor: -1, Meta: record.Meta{Tool: "bench", Mode: "capture"}, now: func() time.Time { return now }})
	if err != nil {
		tb.Fatal(err)
	}
	for src.Scan() {
		now = src.Record().Base().At
		if err := r.Write(src.Record()); err != nil {
			tb.Fatal(err)
		}
	}
	return r, dir, now
}

// cut writes what a ring holds within bounds into a bundle, and gives its path.
func cut(tb testing.TB, dir string, o record.Options) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "cut.connbox")
	part, err := parse.OpenRange(dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	defer part.Close()
	w, err := bundle.Create(path, record.Meta{Tool: "bench", Mode: "cut"})
	if err != nil {
		tb.Fatal(err)
	}
	for part.Scan() {
		if err := w.Write(part.Record()); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close("cut"); err != nil || part.Err() != nil {
		tb.Fatal(err, part.Err())
	}
	return path
}

// processor gives the processor time that the process took so far.
func processor(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// benchCut cuts the last two hours out of a ring, and reports the seconds of processor time that it
// takes, and how many times as many record by record.
func benchCut(b *testing.B, dir string, now time.Time) {
	o := record.Options{From: now.Add(-2 * time.Hour)}
	used := processor(b)
	cut(b, dir, o)
	rows := processor(b) - used
	o.Stored = true
	begin := time.Now()
	used = processor(b)
	cut(b, dir, o)
	stored := processor(b) - used
	b.ReportMetric(time.Since(begin).Seconds(), "s/cut")
	b.ReportMetric(stored, "cpu-s/cut")
	b.ReportMetric(rows/stored, "x-by-record")
}

// BenchmarkDay writes a day of a server of 1,000 clients; then it cuts the last two hours out of it,
// from the running ring. Run it once: -benchtime 1x.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		r, dir, now := synthetic(b, 1000, 24*time.Hour, time.Second)
		u := r.Usage()
		b.ReportMetric(float64(u.Bytes)/1e6, "MB")
		b.ReportMetric(float64(u.Members), "members")
		benchCut(b, dir, now)
		if err := r.Close("signal"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCut is the cut alone, out of a ring of three and a half hours.
func BenchmarkCut(b *testing.B) {
	r, dir, now := synthetic(b, 1000, 3*time.Hour+25*time.Minute, time.Second)
	for b.Loop() {
		benchCut(b, dir, now)
	}
	r.Close("signal")
}
