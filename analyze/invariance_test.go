package analyze

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// invariants are worlds whose reports must not depend on accidents of the input: every
// chain, and a story of each kind.
func invariants() map[string]*world.World {
	out := map[string]*world.World{}
	for _, s := range chains {
		w := world.New(s.limit)
		w.Run(s.n, s.step)
		out[s.name] = w
	}
	for i := 0; i < len(stories); i += 3 {
		s := &stories[i]
		w := world.New(s.limit)
		if s.setup != nil {
			s.setup(w)
		}
		w.Run(s.n, s.step)
		out[s.name] = w
	}
	return out
}

// wantReport compares two reports, which every output is a function of.
func wantReport(t *testing.T, what string, got, want *finding.Report) {
	t.Helper()
	if d := difference(reflect.ValueOf(got), reflect.ValueOf(want), "Report"); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

// The order of the sources, of the rows of a list and of the causes is an accident.
func TestOrderDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 1))
	was := verdict.Causes
	defer func() { verdict.Causes = was }()
	for name, w := range invariants() {
		verdict.Causes = was
		tl, err := timeline.Collect(w.Source())
		if err != nil {
			t.Fatal(err)
		}
		want := Run(tl, Options{})
		for range 2 {
			verdict.Causes = was
			wantReport(t, name+", sources in another order", Run(shuffled(tl, rng), Options{}), want)
			rng.Shuffle(len(verdict.Causes), func(i, j int) { verdict.Causes[i], verdict.Causes[j] = verdict.Causes[j], verdict.Causes[i] })
			wantReport(t, name+", causes in another order", Run(tl, Options{}), want)
		}
		verdict.Causes = was
		for _, r := range w.Records {
			if l, ok := r.(*record.Clients); ok {
				rng.Shuffle(len(l.Rows), func(i, j int) { l.Rows[i], l.Rows[j] = l.Rows[j], l.Rows[i] })
			}
		}
		wantReport(t, name+", rows in another order", report(w), want)
	}
}

// shuffled gives the timeline with its sources in another order.
func shuffled(tl *timeline.Timeline, rng *rand.Rand) *timeline.Timeline {
	out := *tl
	place := rng.Perm(len(tl.Sources))
	out.Sources = make([]*timeline.Series, len(tl.Sources))
	for i, s := range tl.Sources {
		out.Sources[place[i]] = s
	}
	out.Deaths = slices.Clone(tl.Deaths)
	for i := range out.Deaths {
		out.Deaths[i].Src = place[out.Deaths[i].Src]
	}
	for _, p := range []*timeline.Peak{&out.Peak, &out.Last} {
		p.Src = slices.Clone(p.Src)
		for i := range p.Src {
			p.Src[i] = int32(place[p.Src[i]])
		}
	}
	return &out
}

// A recording cut into several, or written to a bundle and replayed by its changes, gives
// the same report but for the places in the input.
func TestCutsDoNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 1))
	for name, w := range invariants() {
		want := Run(collect(t, parse.Merge(opened(t, bundleOf(t, w.Source(), record.Meta{}))), nil), Options{})
		blank(want)
		for range 2 {
			cuts := []int{0, len(w.Records)}
			for range rng.IntN(4) + 1 {
				cuts = append(cuts, rng.IntN(len(w.Records)))
			}
			slices.Sort(cuts)
			var parts []record.Source
			for i := 1; i < len(cuts); i++ {
				if cuts[i] > cuts[i-1] {
					parts = append(parts, opened(t, bundleOf(t, &world.Tape{Records: w.Records[cuts[i-1]:cuts[i]]}, record.Meta{})))
				}
			}
			rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			got := Run(collect(t, parse.Merge(parts...), nil), Options{})
			blank(got)
			wantReport(t, fmt.Sprintf("%s, cut at %v", name, cuts), got, want)
		}
	}
}

func opened(t *testing.T, path string) record.Source {
	t.Helper()
	src, err := parse.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// blank takes out of a report what names its input, and what merging says of a restart
// between two recordings.
func blank(r *finding.Report) {
	r.DataQuality = slices.DeleteFunc(r.DataQuality, func(d finding.Doubt) bool { return strings.Contains(d.What, "its run_id is not that of") })
	r.Input.Name, r.Input.SHA256, r.Input.Kind = "", "", ""
	for i := range r.Causes {
		for j := range r.Causes[i].Evidence {
			r.Causes[i].Evidence[j].At = nil
		}
	}
	for i := range r.Candidates {
		for _, es := range [][]finding.Evidence{r.Candidates[i].For, r.Candidates[i].Against} {
			for j := range es {
				es[j].At = nil
			}
		}
	}
	for i := range r.Snapshot.Remarks {
		r.Snapshot.Remarks[i].At = nil
	}
	for i := range r.WhatIf {
		r.WhatIf[i].At = nil
	}
}

// Times only matter by their distances: a recording of another day tells the same story.
func TestDayDoesNotMatter(t *testing.T) {
	for _, s := range chains {
		a, b := world.New(s.limit), world.New(s.limit)
		const later = 40 * 24 * time.Hour
		b.At, b.Boot = b.At+later.Seconds(), b.Boot+later.Seconds()
		a.Run(s.n, s.step)
		b.Run(s.n, s.step)
		x, y := report(a), report(b)
		for i := range x.Causes {
			if i >= len(y.Causes) || x.Causes[i].ID != y.Causes[i].ID || x.Causes[i].Role != y.Causes[i].Role {
				t.Fatalf("%s: %+v and %+v", s.name, x.Causes, y.Causes)
			}
			if d := y.Causes[i].OnsetHi.Sub(x.Causes[i].OnsetHi) - later; d.Abs() > time.Millisecond {
				t.Errorf("%s: the onset of %s moved by %v", s.name, x.Causes[i].ID, d)
			}
		}
		if x.Verdict.Confidence != y.Verdict.Confidence {
			t.Errorf("%s: confidence %v and %v", s.name, x.Verdict.Confidence, y.Verdict.Confidence)
		}
	}
}

// A folder is read by the times in the names of its files, whatever order they were made in.
func TestFolderOrderDoesNotMatter(t *testing.T) {
	w := world.New(200)
	w.Run(60, chains[0].step)
	files := map[string][]byte{}
	var names []string
	for _, r := range w.Records {
		h := r.Base()
		name := h.At.Format("2006-01-02T15-04-05Z")
		switch r := r.(type) {
		case *record.Info:
			name += "-info.txt"
			files[name] = slices.Clone(r.Text)
		case *record.Clients:
			name += "-list.txt"
			files[name] = reply.AppendClients(nil, &record.Clients{Rows: full(r.Rows), Layouts: []record.Layout{{"id", "addr", "name", "age", "idle", "flags", "omem", "cmd", "user"}}})
		}
		names = append(names, name)
	}
	rng := rand.New(rand.NewPCG(23, 1))
	var want *finding.Report
	for k := range 3 {
		dir := filepath.Join(t.TempDir(), "recording")
		rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, n := range names {
			writeFile(t, dir, n, files[n])
		}
		got := Run(collect(t, opened(t, dir), nil), Options{})
		if k == 0 {
			want = got
			if want.Verdict.Status != finding.Incident {
				t.Fatalf("verdict %+v of %d samples", want.Verdict, want.Input.Samples)
			}
			continue
		}
		wantReport(t, "files in another order", got, want)
	}
}

// full marks the fields that worlds fill.
func full(rows []record.Client) []record.Client {
	out := slices.Clone(rows)
	for i := range out {
		for _, f := range [...]record.Field{record.FieldID, record.FieldAddr, record.FieldName, record.FieldAge, record.FieldIdle, record.FieldFlags, record.FieldOMem, record.FieldCmd, record.FieldUser} {
			out[i].Has |= 1 << f
		}
	}
	return out
}

func writeFile(t *testing.T, dir, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
		t.Fatal(err)
	}
}
