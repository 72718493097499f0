package analyze

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/synth"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// largeBundle makes up a recording of a busy server and gives its bundle.
func largeBundle(tb testing.TB, clients, hosts int, span time.Duration) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "large.connbox")
	w, err := bundle.Create(path, record.Meta{})
	if err != nil {
		tb.Fatal(err)
	}
	o := synth.Options{Seed: 9, Clients: clients, Hosts: hosts, Span: span, Info: 10 * time.Second}
	if _, _, err := synth.New(o).WriteBundle(w); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close("import"); err != nil {
		tb.Fatal(err)
	}
	return path
}

func replayed(tb testing.TB, path string) *timeline.Timeline {
	tb.Helper()
	src, err := parse.Open(path)
	return collect(tb, src, err)
}

// The analysis should cost a fifth of the replay at most: BenchmarkRun against
// BenchmarkReplay. `make evaluate` prints the ratio.
func BenchmarkReplay(b *testing.B) {
	path := largeBundle(b, 10_000, 50, 4*time.Hour)
	for b.Loop() {
		replayed(b, path)
	}
}

func BenchmarkRun(b *testing.B) {
	tl := replayed(b, largeBundle(b, 10_000, 50, 4*time.Hour))
	for b.Loop() {
		Run(tl, Options{})
	}
}
