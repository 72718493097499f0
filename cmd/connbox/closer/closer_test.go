package closer

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/synth"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// TestAdd: of a recording of more samples than an analysis keeps, the stretch around the incident
// has each of them.
func TestAdd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.connbox")
	w, err := bundle.Create(path, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	const every = 10 * time.Second
	if _, _, err := synth.New(synth.Options{Seed: 1, Clients: 20, Info: every, Every: 10 * every, Span: 5000 * every}).WriteBundle(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	src, err := parse.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	tl, err := timeline.Collect(src)
	if err != nil {
		t.Fatal(err)
	}
	r := analyze.Run(tl, analyze.Options{})
	r.Impact.LimitReached = r.Input.From.Add(3000 * every)
	whole := r.Signals[0].At[1].Sub(r.Signals[0].At[0])
	if err := Add(context.Background(), parse.FromFile(path), record.Options{}, r); err != nil {
		t.Fatal(err)
	}
	if len(r.Closer) == 0 || r.Closer[0].ID != "connections" {
		t.Fatalf("%d series", len(r.Closer))
	}
	at := r.Closer[0].At
	first, last := at[0].Sub(r.Impact.LimitReached), at[len(at)-1].Sub(r.Impact.LimitReached)
	if n := len(at); n < samples-5 || n > samples+5 || at[1].Sub(at[0]) > every+time.Second || whole <= every+time.Second || first > -400*every || last < 400*every {
		t.Errorf("%d samples from %v to %v around the limit, %v apart; of the whole %v", n, first, last, at[1].Sub(at[0]), whole)
	}
	r.Closer, r.Input.Samples = nil, timeline.MaxSamples // not so long
	if err := Add(context.Background(), parse.FromFile("none"), record.Options{}, r); err != nil || r.Closer != nil {
		t.Errorf("a short recording was read again: %v", err)
	}
}
