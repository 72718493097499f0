package analyze

import (
	"path/filepath"
	"testing"
	"time"

	"connbox/fixtures/synth"
	"connbox/parse"
)

// largeBundle makes up a recording of a busy server and gives its bundle.
func largeBundle(tb testing.TB, clients, hosts int, span time.Duration) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "large.connbox")
	w, err := parse.Create(path, parse.Meta{})
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

func replayed(tb testing.TB, path string) *Timeline {
	tb.Helper()
	src, err := parse.OpenBundle(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer src.Close()
	tl, err := Collect(src)
	if err != nil {
		tb.Fatal(err)
	}
	return tl
}

// The analysis costs little on top of the replay: BenchmarkReplay against BenchmarkRun.
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

// The same as a test: a fifth is the aim, twice that the bound, because machines are busy;
// each is the best of some runs. Sources are what the analysis costs grow with.
func TestRunIsCheap(t *testing.T) {
	path := largeBundle(t, 3000, 300, 40*time.Minute)
	var tl *Timeline
	replay, run := time.Hour, time.Hour
	for range 3 {
		start := time.Now()
		tl = replayed(t, path)
		replay = min(replay, time.Since(start))
	}
	for range 5 {
		start := time.Now()
		Run(tl, Options{})
		run = min(run, time.Since(start))
	}
	t.Logf("replay %v, analysis %v on top: %.1f %%", replay, run, 100*float64(run)/float64(replay))
	if float64(run) > 0.4*float64(replay) {
		t.Errorf("replay takes %v, the analysis %v on top", replay, run)
	}
}
