package parse_test

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/duckdb"
	"github.com/connbox/connbox/fixtures/synth"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// formatRecording writes a bundle with records of every kind but chatter, over several
// segments, and gives its path.
func formatRecording(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := bundle.Create(path, record.Meta{Tool: "test", Mode: "import"})
	if err != nil {
		t.Fatal(err)
	}
	r := synth.New(synth.Options{Seed: 3, Clients: 400, Hosts: 12, Span: 150 * time.Minute, Info: 20 * time.Second, Every: 30 * time.Second})
	var slow []record.SlowEntry
	for n := 0; r.Scan(); n++ {
		if err := w.Write(r.Record()); err != nil {
			t.Fatal(err)
		}
		if n%97 == 0 {
			at := r.Record().Base().At
			slow = append([]record.SlowEntry{{ID: int64(n), Time: at.Unix(), Micros: int64(10000 + n), Args: []string{[]string{"KEYS", "SORT"}[n%2], "(1 bytes)"}, Six: true}}, slow...)
			for _, rec := range []record.Record{
				&record.Slowlog{Head: record.Head{At: at}, Entries: slow},
				&record.Config{Head: record.Head{At: at}, Pairs: []record.Pair{{Key: "requirepass", Value: record.Removed}, {Key: "maxclients", Value: fmt.Sprint(10000 + n/300)}}},
				&record.Failure{Head: record.Head{At: at}, Class: record.FailReset, Text: "EOF"},
			} {
				if err := w.Write(rec); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	return path
}

// unzip lays out a bundle's members in a folder, as docs/format.md says.
func unzip(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.Name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var sqlBlock = regexp.MustCompile("(?s)```sql\n(.*?)```")

// documentedSQL gives the views and the named queries of docs/format.md's DuckDB section.
func documentedSQL(t *testing.T) (views []string, queries map[string]string) {
	t.Helper()
	text, err := os.ReadFile("../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## DuckDB\n")
	section, _, _ = strings.Cut(section, "\n## ")
	queries = map[string]string{}
	for _, m := range sqlBlock.FindAllStringSubmatch(section, -1) {
		if name, query, ok := strings.Cut(strings.TrimPrefix(m[1], "-- query: "), "\n"); ok && strings.HasPrefix(m[1], "-- query: ") {
			queries[name] = query
			continue
		}
		for s := range strings.SplitSeq(m[1], ";\n") {
			if strings.TrimSpace(s) != "" {
				views = append(views, s)
			}
		}
	}
	if !ok || len(views) != 9 || len(queries) != 7 {
		t.Fatalf("docs/format.md has %d views and %d queries", len(views), len(queries))
	}
	return views, queries
}

// answers are what the documented queries must give, as rows of text.
type answers map[string][]string

func (a answers) add(query string, values ...any) {
	row := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case time.Time:
			row[i] = v.UTC().Truncate(time.Microsecond).Format("2006-01-02 15:04:05.999999+00")
		case float64:
			row[i] = fmt.Sprintf("%.0f", v)
		default:
			row[i] = fmt.Sprint(v)
		}
	}
	a[query] = append(a[query], strings.Join(row, "|"))
}

// reckon works the answers out from the records that connbox itself reads.
func reckon(t *testing.T, path string) answers {
	src, err := parse.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	a := answers{}
	type who struct {
		id   int64
		addr string
	}
	var before map[who]bool
	gets, limit := int64(-1), ""
	longest, times := map[string]int64{}, map[string]map[int64]bool{}
	for src.Scan() {
		switch r := src.Record().(type) {
		case *record.Clients:
			hosts, now := map[string]int{}, map[who]bool{}
			var idle []int64
			over, births, deaths := 0, 0, 0
			for i := range r.Rows {
				c := &r.Rows[i]
				hosts[c.Host()]++
				idle = append(idle, c.Idle)
				if c.Idle > 300 {
					over++
				}
				k := who{c.ID, c.Addr}
				if now[k] = true; !before[k] {
					births++
				}
			}
			for k := range before {
				if !now[k] {
					deaths++
				}
			}
			slices.Sort(idle)
			for _, h := range sortedKeys(hosts) {
				a.add("hosts", r.At, h, hosts[h])
			}
			a.add("idle", r.At, len(idle), over, idle[(len(idle)-1)/2], idle[len(idle)-1])
			if before != nil {
				a.add("turnover", r.At, births, deaths)
			}
			before = now
		case *record.Info:
			n, _ := r.Int("connected_clients")
			a.add("connected", r.At, n)
			v, _ := r.Value("cmdstat_get")
			calls, _ := record.SubInt(v, "calls")
			if gets < 0 {
				a.add("rate", r.At, "<nil>")
			} else {
				a.add("rate", r.At, calls-gets)
			}
			gets = calls
		case *record.Config:
			if v, _ := r.Get("maxclients"); v != limit {
				a.add("parameter", r.At, v)
				limit = v
			}
		case *record.Slowlog:
			for _, e := range r.Entries {
				longest[e.Args[0]] = max(longest[e.Args[0]], e.Micros)
				if times[e.Args[0]] == nil {
					times[e.Args[0]] = map[int64]bool{}
				}
				times[e.Args[0]][e.ID] = true
			}
		}
	}
	if src.Err() != nil {
		t.Fatal(src.Err())
	}
	commands := sortedKeys(longest)
	sort.SliceStable(commands, func(i, j int) bool { return longest[commands[i]] > longest[commands[j]] })
	for _, c := range commands {
		a.add("slow", c, len(times[c]), longest[c])
	}
	return a
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// TestDocumentedQueries runs the DuckDB queries of docs/format.md on a bundle's files and
// compares with what connbox's own reader finds.
func TestDocumentedQueries(t *testing.T) {
	db, err := duckdb.Install()
	if err != nil {
		t.Fatal(err)
	}
	path := formatRecording(t)
	views, queries := documentedSQL(t)
	names := sortedKeys(queries)
	statements := append([]string{"SET TimeZone = 'UTC'"}, views...)
	for _, n := range names {
		statements = append(statements, queries[n])
	}
	results, err := db.Run(unzip(t, path), 0, statements...)
	if err != nil {
		t.Fatal(err)
	}
	want := reckon(t, path)
	for i, n := range names {
		got := answers{}
		for _, row := range results[1+len(views)+i].Rows {
			got.add(n, row...)
		}
		if len(want[n]) < 2 || !slices.Equal(got[n], want[n]) {
			for k := range min(len(got[n]), len(want[n])) {
				if got[n][k] != want[n][k] {
					t.Errorf("query %s, row %d: %s, want %s", n, k, got[n][k], want[n][k])
					break
				}
			}
			t.Errorf("query %s: %d rows, want %d", n, len(got[n]), len(want[n]))
		}
	}
}

// TestDocumentedColumns: docs/format.md names every column of every table, and the bits of
// has in their order.
func TestDocumentedColumns(t *testing.T) {
	text, err := os.ReadFile("../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	db, err := duckdb.Install()
	if err != nil {
		t.Fatal(err)
	}
	tables := []string{"samples", "info_templates", "config", "slowlog", "slowlog_replies", "lists", "clients", "spells"}
	var statements []string
	for _, table := range tables {
		statements = append(statements, "DESCRIBE SELECT * FROM '"+table+".parquet'")
	}
	results, err := db.Run(unzip(t, formatRecording(t)), 0, statements...)
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range tables {
		_, section, _ := strings.Cut(string(text), "\n### "+table+":")
		section, _, _ = strings.Cut(section, "\n## ")
		section, _, _ = strings.Cut(section, "\n### ")
		for _, row := range results[i].Rows {
			if !strings.Contains(section, fmt.Sprintf("`%v`", row[0])) {
				t.Errorf("docs/format.md does not explain %s.%v", table, row[0])
			}
		}
	}
	bits := ""
	for f := range record.NumFields {
		bits += fmt.Sprintf("%d %s, ", f, record.Field(f))
	}
	if want := "bit " + strings.TrimSuffix(bits, ", ") + "."; !strings.Contains(string(text), want) {
		t.Errorf("docs/format.md lacks %q", want)
	}
}

// TestHostileBundleOpens: bytes that are no UTF-8, unknown times and the largest numbers do
// not keep other tools from a bundle.
func TestHostileBundleOpens(t *testing.T) {
	db, err := duckdb.Install()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := bundle.Create(path, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	bad := "\xff\xfe\x00%41\uFFFD"
	row := record.Client{Name: bad, Addr: bad + ":70000", Cmd: bad, Raw: bad, ID: -1 << 63, Age: 1<<63 - 1, Layout: -1}
	for _, rec := range []record.Record{
		&record.Clients{Rows: []record.Client{row, {Name: "\uFFFD", Layout: -1}}},
		&record.Failure{Text: bad, Class: "other"},
		&record.Info{Text: []byte("# A\r\na:" + bad + "\r\na:1\r\n")},
		&record.Other{Command: bad, Text: []byte(bad)},
		&record.Config{Pairs: []record.Pair{{Key: bad, Value: bad}}},
		&record.Slowlog{Entries: []record.SlowEntry{{Args: []string{bad}, Addr: bad, Time: 1<<63 - 1}}},
	} {
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	views, _ := documentedSQL(t)
	var statements []string
	tables := []string{"samples", "info", "config", "slowlog", "lists", "clients", "spells"}
	statements = append(statements, views[:7]...) // of the tables
	for _, table := range tables {
		statements = append(statements, "SELECT * FROM "+table)
	}
	results, err := db.Run(unzip(t, path), 0, statements...)
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range tables {
		if rows := results[7+i].Rows; len(rows) == 0 {
			t.Errorf("%s is empty", table)
		}
	}
	b, err := bundle.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if !b.Scan() || b.Record().(*record.Clients).Rows[0] != row {
		t.Errorf("%+v, %v", b.Record(), b.Err())
	}
}
