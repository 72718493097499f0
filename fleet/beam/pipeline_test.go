package beamfleet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"github.com/connbox/connbox/fleet"
	"github.com/connbox/connbox/fleet/reduce"
)

func TestMain(m *testing.M) {
	Register()
	beam.Init()
	os.Exit(m.Run())
}

const labels = "server,cluster,zone,team\nleak-named,shop,eu-1a,checkout\nnobody,shop,eu-1b,checkout\n"

// night puts recordings, and inputs that are none, into a folder.
func night(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	names, err := filepath.Glob(filepath.Join("..", "..", "fixtures", "incidents", "*.dump.zst"))
	if err != nil || len(names) < 10 {
		t.Fatal(len(names), err)
	}
	for _, n := range names[:8] {
		copied(t, n, dir, filepath.Base(n))
	}
	copied(t, filepath.Join("..", "..", "fixtures", "incidents", "leak-named.dump.zst"), dir, "leak-named.dump.zst")
	whole, err := os.ReadFile(filepath.Join(dir, "leak-named.dump.zst"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"cut.dump.zst": whole[:len(whole)/2], "empty.connbox": nil, "random.connbox": []byte("\x01\x9c\xfe"), "foreign.connbox": []byte("PK\x05\x06" + strings.Repeat("\x00", 18))} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.connbox"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copied(t *testing.T, from, dir, name string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// single gives the rows of a folder as one process makes them.
func single(t *testing.T, dir string) []string {
	t.Helper()
	l, err := fleet.ReadLabels(strings.NewReader(labels), "labels")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range append(paths, filepath.Join(dir, "gone.connbox")) {
		for _, row := range fleet.AnalyzeFile(t.Context(), p, fleet.Options{}) {
			fleet.Place(&row, p, "test", l)
			var b strings.Builder
			if err := fleet.WriteRow(&b, &row); err != nil {
				t.Fatal(err)
			}
			out = append(out, strings.TrimSpace(b.String()))
		}
	}
	slices.Sort(out)
	return out
}

// TestSameRows: on Prism the rows are those of one process, in order within each file; a pipe, a
// missing file and damaged recordings are rows, and the counters say how many.
func TestSameRows(t *testing.T) {
	dir, out := night(t), filepath.Join(t.TempDir(), "night")
	p, s := beam.NewPipelineWithRoot()
	err := Build(s, Options{Inputs: []string{filepath.Join(dir, "*"), filepath.Join(dir, "*.zst"), filepath.Join(dir, "gone.connbox")}, Output: out, Labels: labels, Tool: "test", Shards: 3})
	if err != nil {
		t.Fatal(err)
	}
	result, err := prism.Execute(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(out + "-*.rows")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	var got []string
	var from []*fleet.Lines
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Split(strings.TrimSpace(string(text)), "\n")...)
		from = append(from, fleet.NewLines(strings.NewReader(string(text)), f))
	}
	slices.Sort(got)
	want := single(t, dir)
	if !slices.Equal(got, want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("have %s\nwant %s", got[i], want[i])
			}
		}
	}
	r := reduce.New()
	if met, err := fleet.Merge(from, func(row *fleet.Row) error { r.Add(row); return nil }); err != nil || met.Twice != 0 {
		t.Errorf("merged: %d twice, %v", met.Twice, err)
	}
	if sum := r.Summary("test"); sum.Counts.Recordings != len(want) || sum.Counts.Failed != 5 || sum.Counts.Partial != 1 {
		t.Errorf("%+v", sum.Counts)
	}
	counts := map[string]int64{}
	for _, c := range result.Metrics().AllMetrics().Counters() {
		counts[c.Name()] += c.Result()
	}
	if counts["recordings"] != int64(len(want)) || counts["failed"] != 5 || counts["partial"] != 1 || counts["incidents"] == 0 {
		t.Errorf("counters %v", counts)
	}
	for _, name := range []string{".json", ".html", "-00001-of-00003.bundles.parquet", "-00003-of-00003.causes.parquet"} {
		if st, err := os.Stat(out + name); err != nil || st.Size() < 500 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text, err := os.ReadFile(out + ".json"); err != nil || !strings.Contains(string(text), `"nobody"`) {
		t.Errorf("the summary does not name the server without a recording (%v)", err)
	}
}

// TestObjects: objects of a store are read through Beam's filesystems, and their rows are those of
// the same file but for the path.
func TestObjects(t *testing.T) {
	dir, out := night(t), filepath.Join(t.TempDir(), "night")
	for _, name := range []string{"leak-named.dump.zst", "cut.dump.zst", "empty.connbox"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		memfs.Write("memfs://night/"+name, data)
	}
	p, s := beam.NewPipelineWithRoot()
	if err := Build(s, Options{Inputs: []string{"memfs://night/*", "memfs://night/gone"}, Output: out, Tool: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := prism.Execute(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out + "-00001-of-00001.rows")
	if err != nil {
		t.Fatal(err)
	}
	rows := fleet.NewLines(strings.NewReader(string(text)), "rows")
	got := map[string]string{}
	for rows.Scan() {
		r := rows.Row()
		got[strings.TrimPrefix(r.Input, "memfs://night/")] = fmt.Sprint(r.Status, " ", r.Cause, " ", r.Partial)
	}
	if len(got) != 4 || got["leak-named.dump.zst"] != "incident connection-leak false" || !strings.HasSuffix(got["cut.dump.zst"], " true") ||
		got["empty.connbox"] != "failed  false" || got["gone"] != "failed  false" {
		t.Errorf("%v, %v", got, rows.Err())
	}
}
