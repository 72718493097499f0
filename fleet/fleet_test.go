package fleet_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fleet"
	"github.com/connbox/connbox/fleet/reduce"
	"github.com/connbox/connbox/parse"
)

// TestFind: folders, patterns and lists give each input once, in order; what is not there is an
// input, too.
func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"n/a.connbox", "n/b/c.txt", "n/b/notes.md", "n/.hidden/d.connbox", "n/.e.connbox", "x[1].txt", "empty/readme", "n/broken.connbox/part.txt"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a*", "n/b/a*.txt"); err != nil { // leads nowhere, and looks like a pattern
		t.Fatal(err)
	}
	list := "# a list\nn\n\n  n/a.connbox  \nx[1].txt\nn/b/*.txt\nnone-*.txt\nempty\n"
	f, err := fleet.Find([]string{"@-", "n/a.connbox", "gone.connbox"}, fleet.DefaultMatch, strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	want := "empty gone.connbox n/a.connbox n/b/a*.txt n/b/c.txt n/broken.connbox none-*.txt x[1].txt"
	if got := strings.Join(f.Inputs, " "); got != want || f.Passed != 2 || f.Twice != 4 {
		t.Errorf("%s, %d passed over, %d twice; want %s", got, f.Passed, f.Twice, want)
	}
	if _, err := fleet.Find([]string{"@missing"}, nil, nil); err == nil {
		t.Error("a list that is not there")
	}
	if err := fleet.CheckMatch([]string{"[", ""}); err == nil {
		t.Error("no pattern")
	}
}

// TestFindMany: a list of a hundred thousand lines is no trouble.
func TestFindMany(t *testing.T) {
	var list strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&list, "/none/%06d.connbox\n", i)
	}
	f, err := fleet.Find([]string{"@-"}, fleet.DefaultMatch, strings.NewReader(list.String()))
	if err != nil || len(f.Inputs) != 100_000 {
		t.Fatal(len(f.Inputs), err)
	}
	parts := map[int]int{}
	for _, in := range f.Inputs {
		for i := 1; i <= 4; i++ {
			if (fleet.Shard{I: i, N: 4}).Takes(in) {
				parts[i]++
			}
		}
	}
	all := 0
	for i := 1; i <= 4; i++ {
		all += parts[i]
		if parts[i] < 24_000 {
			t.Errorf("shard %d has %d", i, parts[i])
		}
	}
	if all != 100_000 {
		t.Errorf("%d in all shards", all)
	}
}

func TestParseShard(t *testing.T) {
	for s, ok := range map[string]bool{"1/1": true, "2/4": true, "0/4": false, "5/4": false, "2/4x": false, "2": false, "": false, "-1/2": false} {
		if _, err := fleet.ParseShard(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// TestLabels: servers are found by what is known of them; lines that disagree are told.
func TestLabels(t *testing.T) {
	l, err := fleet.ReadLabels(strings.NewReader("\uFEFF\"Server\", zone ,cluster,owner\nr1,eu,a,x\n10.0.0.2:6379,us,b,x\n10.0.0.3,ap,c,x\nfile,af,d,x\nr1,eu,a,x\nr1,eu,z,x\n"), "l.csv")
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Doubts) != 2 || !strings.Contains(l.Doubts[1], "l.csv:7: r1 says another thing") {
		t.Errorf("%v", l.Doubts)
	}
	roll := l.Roll()
	for _, c := range []struct {
		row                 fleet.Row
		server, zone, clust string
	}{
		{fleet.Row{Label: "r1", Zone: "of the recording"}, "r1", "eu", "a"},
		{fleet.Row{Address: "10.0.0.2:6379"}, "10.0.0.2:6379", "us", "b"},
		{fleet.Row{Address: "10.0.0.3:7000", Cluster: "own"}, "10.0.0.3:7000", "ap", "c"},
		{fleet.Row{}, "file", "af", "d"},
		{fleet.Row{Label: "other", Zone: "kept"}, "other", "kept", ""},
	} {
		fleet.Place(&c.row, "nights/file.dump.zst", "test", l)
		roll.Add(&c.row)
		if c.row.Server != c.server || c.row.Zone != c.zone || c.row.Cluster != c.clust {
			t.Errorf("%+v", c.row)
		}
	}
	if m := roll.Missing(); len(m) != 0 || roll.Unknown != 1 {
		t.Errorf("%v, %d unknown", m, roll.Unknown)
	}
	for text, want := range map[string]string{"": "no heading", "zone\n": "no column server", "server,zone\na\n": "l:2: 1 fields", "server\n\"": "l:2: ", "server,zone\n,x\n": "l:2: no server",
		"server;zone\na;b\n": `heading "server;zone" has no column server`, "\"ser": "l: no heading"} {
		if _, err := fleet.ReadLabels(strings.NewReader(text), "l"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestMerge: a row that stands in two files counts once, as the first file has it; what differs and which shards are
// missing is told, whatever the order of the files.
func TestMerge(t *testing.T) {
	row := func(input, tool string) string {
		return fmt.Sprintf(`{"schema":1,"input":%q,"tool":%q,"status":"healthy"}`+"\n", input, tool)
	}
	files := []string{`{"shard":"1/3"}` + "\n" + row("b", "1") + row("d", "1"), `{"shard":"3/3"}` + "\n" + row("a", "1"), `{"shard":"3/3"}` + "\n", row("a", "1") + row("b", "2") + row("c", "1")}
	var from []*fleet.Lines
	for _, text := range files {
		from = append(from, fleet.NewLines(strings.NewReader(text), "r"))
	}
	var got []string
	met, err := fleet.Merge(from, func(r *fleet.Row) error { got = append(got, r.Input+r.Tool); return nil })
	if want := "a1 b1 c1 d1"; err != nil || strings.Join(got, " ") != want || met.Twice != 2 || met.Differ != 1 || fmt.Sprint(met.Missing) != "[2/3]" {
		t.Errorf("%v, %+v, %v; want %s", got, met, err, want)
	}
}

// TestMergeRefuses: what is no file of rows, or not in order, is an error with its line.
func TestMergeRefuses(t *testing.T) {
	row := func(input string) string { return fmt.Sprintf(`{"schema":1,"input":%q,"status":"healthy"}`, input) }
	for text, want := range map[string]string{
		row("b") + "\n" + row("a"): "r:2: the rows are not in order",
		"{}":                       "r:1: no row of connbox fleet",
		row("a") + "\nnonsense":    "r:2: no row of connbox fleet",
		`{"schema":2,"input":"a","status":"healthy"}`: "r:1: a row of schema 2",
	} {
		_, err := fleet.Merge([]*fleet.Lines{fleet.NewLines(strings.NewReader(text), "r")}, func(*fleet.Row) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestPanicIsARow: a defect ends the work on one input alone.
func TestPanicIsARow(t *testing.T) {
	in := parse.FromReader(strings.NewReader("# Clients\nconnected_clients:3\nmaxclients:10\n"), "a.txt")
	rows := fleet.Analyze(t.Context(), in, "a.txt", fleet.Options{Report: func(string, *finding.Report) error { panic("a defect") }})
	if len(rows) != 1 || rows[0].Status != fleet.Failed || rows[0].Reason != fleet.ReasonInternal || !strings.Contains(rows[0].Error, "a defect") {
		t.Errorf("%+v", rows)
	}
}

// TestSeveralServers: a text that tells servers apart gives a row for each.
func TestSeveralServers(t *testing.T) {
	one := "# Server\nrun_id:%s\ntcp_port:%d\nuptime_in_seconds:100\n# Clients\nconnected_clients:%d\nmaxclients:100\n"
	in := parse.FromReader(strings.NewReader(fmt.Sprintf(one, strings.Repeat("a", 40), 6379, 20)+fmt.Sprintf(one, strings.Repeat("b", 40), 6380, 99)), "two.txt")
	rows := fleet.Analyze(t.Context(), in, "two.txt", fleet.Options{})
	if len(rows) != 2 || rows[0].Part == "" || rows[0].Part >= rows[1].Part {
		t.Errorf("%+v", rows)
	}
}

// Rows of recordings, wherever they lie, make one summary.
func Example() {
	r := reduce.New()
	for _, name := range []string{"leak-named", "churn", "ok-steady"} {
		path := filepath.Join("..", "fixtures", "incidents", name+".dump.zst")
		for _, row := range fleet.AnalyzeFile(context.Background(), path, fleet.Options{}) {
			fleet.Place(&row, path, "1", nil)
			r.Add(&row)
		}
	}
	s := r.Summary("1")
	fmt.Println(s.Counts.Incidents, "incidents,", s.Counts.Healthy, "healthy; talk to", s.Services[0].Service, "about", s.Services[0].Cause)
	// Output: 2 incidents, 1 healthy; talk to pages about connection-churn
}

// FuzzLines: files of rows may come from anywhere.
func FuzzLines(f *testing.F) {
	f.Add([]byte(`{"schema":1,"input":"a","status":"incident","cause":"connection-leak","causes":[{"id":"connection-leak","role":"root","onset":"2026-11-20T01:02:03Z","sources":[{"service":"cart"}]}],"pools":[{"service":"x","instances":1e300,"size":-1}],"full_min":1e308,"to":"2026-11-20T01:02:03Z"}`))
	f.Add([]byte("{}\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reduce.New()
		var bundles, causes bytes.Buffer
		tables, err := fleet.NewTables(&bundles, &causes)
		if err != nil {
			t.Fatal(err)
		}
		l := fleet.NewLines(bytes.NewReader(data), "f")
		for l.Scan() {
			row := *l.Row()
			r.Add(&row)
			if err := tables.Add(&row); err != nil {
				t.Fatal(err)
			}
		}
		if err := tables.Close(); err != nil {
			t.Fatal(err)
		}
		r.Summary("f")
	})
}
