//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/connbox/connbox/fleet"
)

// fleetOf puts some recordings, and inputs that are none, into a folder "night" of the test; it
// gives the folder of the package.
func fleetOf(t *testing.T) string {
	t.Helper()
	root := workDir(t)
	if err := os.MkdirAll("night/b", 0o755); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"leak-named", "churn", "ok-steady", "pool-oversized", "slow-command"} {
		data, err := os.ReadFile(filepath.Join(root, "..", "..", "fixtures", "incidents", name+".dump.zst"))
		if err != nil {
			t.Fatal(err)
		}
		dir := []string{"night", "night/b"}[i%2]
		write(t, filepath.Join(dir, name+".dump.zst"), string(data))
		if i == 0 {
			write(t, "night/cut.dump.zst", string(data[:len(data)*2/3]))
			flipped := bytes.Clone(data)
			for k := range 64 {
				flipped[len(data)/3+k] ^= 0x5a
			}
			write(t, "night/flipped.dump.zst", string(flipped))
		}
	}
	write(t, "night/random.connbox", strings.Repeat("\x9c\x01\xfe\x83\xf1qz", 3000))
	write(t, "night/empty.connbox", "")
	var z bytes.Buffer
	zw := zip.NewWriter(&z)
	if _, err := zw.Create("a.txt"); err != nil || zw.Close() != nil {
		t.Fatal(err)
	}
	write(t, "night/foreign.connbox", z.String())
	write(t, "night/bomb.txt.gz", string(gz(t, strings.Repeat("\n", 3_000_000))))
	write(t, "night/large.txt", strings.Repeat(dump(3), 300))
	if err := syscall.Mkfifo("night/pipe.connbox", 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("night/folder.connbox", 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

func gz(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// rowsIn reads a file of rows.
func rowsIn(t *testing.T, path string) []fleet.Row {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []fleet.Row
	l := fleet.NewLines(f, path)
	for l.Scan() {
		out = append(out, *l.Row())
	}
	if l.Err() != nil {
		t.Fatal(l.Err())
	}
	return out
}

var fleetLimits = []string{"fleet", "-q", "-o", "none", "--max-unpacked", "20MB", "--max-input", "600KB", "@list"}

// TestFleetDamage: every input is a row with its reason, and the job is done.
func TestFleetDamage(t *testing.T) {
	fleetOf(t)
	write(t, "list", "night\nnight/folder.connbox\nnight/gone.connbox\n# a remark\n\n")
	want(t, 0, append(fleetLimits, "-o", "rows:all.rows")...)
	got := map[string]string{}
	for _, r := range rowsIn(t, "all.rows") {
		what := r.Status
		if r.Cause != "" {
			what = r.Cause
		}
		if r.Reason != "" {
			what += " " + r.Reason
		}
		if r.Reason != "" && r.Error == "" || r.Status == fleet.Failed && (r.Confidence != nil || r.Partial) {
			t.Errorf("%+v", r)
		}
		got[strings.TrimPrefix(filepath.ToSlash(r.Input), "night/")] = what
	}
	for input, what := range map[string]string{
		"leak-named.dump.zst": "connection-leak", "b/churn.dump.zst": "connection-churn", "ok-steady.dump.zst": "healthy", "b/pool-oversized.dump.zst": "oversized-pool",
		"slow-command.dump.zst": "slow-commands", "cut.dump.zst": "connection-leak unreadable", "flipped.dump.zst": "unreadable", "random.connbox": "unreadable",
		"empty.connbox": "unreadable", "foreign.connbox": "unreadable", "bomb.txt.gz": "", "large.txt": "failed too-large",
		"pipe.connbox": "failed not-a-file", "folder.connbox": "failed folder", "gone.connbox": "failed missing",
	} {
		if have := got[input]; have == "" || have != what && !strings.HasSuffix(have, what) {
			t.Errorf("%s: %q, want %q", input, have, what)
		}
	}
	if len(got) != 15 {
		t.Errorf("%d rows: %v", len(got), got)
	}
}

// TestFleetSame: rows are the same by one worker, by three, from a cache and from merged shards.
func TestFleetSame(t *testing.T) {
	fleetOf(t)
	write(t, "list", "night/*\nnight/b\nnight\n")
	want(t, 0, append(fleetLimits, "-j", "1", "-o", "rows:1.rows")...)
	want(t, 0, append(fleetLimits, "-j", "3", "--cache", "cache", "-o", "rows:3.rows", "-o", "json:3.json")...)
	want(t, 0, append(fleetLimits, "-j", "3", "--cache", "cache", "-o", "rows:again.rows")...)
	var shards []string
	for i := range 4 {
		name := fmt.Sprintf("shard-%d.rows", i+1)
		shards = append(shards, name)
		want(t, 0, append(fleetLimits, "--shard", fmt.Sprintf("%d/4", i+1), "-o", "rows:"+name)...)
	}
	want(t, 0, append([]string{"fleet", "merge", "-q", "-o", "rows:merged.rows", "-o", "json:merged.json", "-o", "none", shards[1]}, shards...)...)
	if r := want(t, 0, "fleet", "merge", "-o", "json", shards[0], shards[3], shards[1]); !strings.Contains(r.err, "shards are missing, and with them their recordings: 3/4") ||
		!strings.Contains(r.out, "recordings: 3/4") {
		t.Error(r.err)
	}
	want(t, 0, append(fleetLimits, "--shard", "7/900", "-o", "rows:empty.rows")...)
	one := read(t, "1.rows")
	for _, other := range []string{"3.rows", "again.rows", "merged.rows"} {
		if read(t, other) != one {
			t.Errorf("%s is not the same as 1.rows", other)
		}
	}
	if read(t, "3.json") != read(t, "merged.json") {
		t.Error("the summaries differ")
	}
	if strings.Count(one, "\n") != 14 {
		t.Errorf("%d rows", strings.Count(one, "\n"))
	}
}

// TestFleetCache: what was done is not done again; what is not there, is.
func TestFleetCache(t *testing.T) {
	fleetOf(t)
	want(t, 0, "fleet", "-q", "-o", "none", "--cache", "cache", "night/leak-named.dump.zst", "night/b")
	hits := regexp.MustCompile(`(\d+) recordings?, (\d+) from the cache`)
	again := func(args ...string) string {
		r := want(t, 0, append([]string{"fleet", "-o", "none", "--cache", "cache", "night/leak-named.dump.zst", "night/b", "night/ok-steady.dump.zst"}, args...)...)
		m := hits.FindStringSubmatch(r.err)
		if m == nil {
			t.Fatal(r.err)
		}
		return m[2] + " of " + m[1]
	}
	if got := again(); got != "3 of 4" {
		t.Errorf("%s from the cache", got)
	}
	if got := again("--limit", "30s"); got != "0 of 4" {
		t.Errorf("other options: %s", got)
	}
	if got := again("--reports", "pages"); got != "1 of 4" { // only the healthy one needs no page
		t.Errorf("without pages: %s", got)
	}
	if got := again("--reports", "pages"); got != "4 of 4" {
		t.Errorf("with pages: %s", got)
	}
	damaged, err := filepath.Glob("cache/*/*.json")
	if err != nil || len(damaged) == 0 {
		t.Fatal(err)
	}
	other := read(t, damaged[0])
	for i, path := range damaged {
		entry := read(t, path)
		write(t, path, []string{"{", other, entry[:len(entry)-9], strings.Replace(entry, "e", "f", -1)}[i%4])
	}
	if got := again(); got != "0 of 4" {
		t.Errorf("a damaged cache: %s", got)
	}
	if got := again(); got != "4 of 4" {
		t.Errorf("a mended cache: %s", got)
	}
	if err := os.RemoveAll("cache"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("cache", 0o755); err != nil { // each entry's folder is a file
		t.Fatal(err)
	}
	for i := range 256 {
		write(t, fmt.Sprintf("cache/%02x", i), "")
	}
	if r := want(t, 0, "fleet", "-o", "none", "--cache", "cache", "night/b"); !strings.Contains(r.err, "the rows of 2 recordings could not be kept") {
		t.Error(r.err)
	}
}

// TestFleetOutputs: what is new is told, gates close, and pages hold no name as markup.
func TestFleetOutputs(t *testing.T) {
	root := fleetOf(t)
	summary, rowForm := published(t, root, "fleet"), published(t, root, "fleet-row")
	evil := `<img src=x onerror=alert(1)>`
	text := strings.ReplaceAll(dump(40), "name=leaky", "name="+evil)
	write(t, "night/evil.txt", text)
	write(t, "labels.csv", "server,zone,team\nleak-named,eu-1a,shop\nleak-named,eu-1b,shop\nnobody,eu-1c,shop\n")
	want(t, 0, "fleet", "-q", "-o", "none", "-o", "rows:before.rows", "night/b", "night/ok-steady.dump.zst")
	r := want(t, 1, "fleet", "-q", "--labels", "labels.csv", "--since", "before.rows", "--fail-on", "new:connection-leak", "-o", "text", "-o", "json:f.json", "-o", "md:f.md", "-o", "html:f.html",
		"--max-input", "600KB", "--max-unpacked", "20MB", "night")
	if !strings.Contains(r.out, "SERVERS WITHOUT A RECORDING") || !strings.Contains(r.out, "nobody") || strings.Contains(r.out, "\x1b") {
		t.Errorf("%s", r.out)
	}
	var s struct {
		Counts struct{ Recordings, Incidents, Failed int }
		Since  struct{ New, Repeated, Gone []struct{ Cause string } }
		Doubts []string `json:"data_quality"`
	}
	data, err := os.ReadFile("f.json")
	if err != nil || json.Unmarshal(data, &s) != nil {
		t.Fatal(err)
	}
	for _, doc := range append(strings.Split(strings.TrimSpace(read(t, "before.rows")), "\n"), string(data)) {
		form := rowForm
		if strings.HasPrefix(doc, "{\n") {
			form = summary
		}
		if v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc)); err != nil || form.Validate(v) != nil {
			t.Errorf("%v: %v", err, form.Validate(v))
		}
	}
	if len(s.Since.Repeated) != 2 || len(s.Since.New) < 2 || len(s.Since.Gone) != 0 || !strings.Contains(strings.Join(s.Doubts, "\n"), "says another thing") {
		t.Errorf("%+v", s)
	}
	want(t, 0, "fleet", "-q", "-o", "none", "--since", "before.rows", "--fail-on", "new", "night/b")
	want(t, 1, "fleet", "-q", "-o", "none", "--fail-on", "incident", "night/b")
	want(t, 1, "fleet", "-q", "-o", "none", "--fail-on", "failed", "night/b", "night/empty.connbox")
	want(t, 3, "fleet", "-q", "-o", "none", "night/empty.connbox", "night/pipe.connbox")
	want(t, 2, "fleet", "--fail-on", "new", "night/b")
	want(t, 2, "fleet", "--shard", "5/4", "night/b")
	want(t, 2, "fleet", "-o", "parquet", "night/b")
	want(t, 2, "fleet", "--labels", "list", "night/b")
	want(t, 3, "fleet", "merge", "night/evil.txt")
	for _, path := range []string{"f.md", "f.html"} {
		page, err := os.ReadFile(path)
		if err != nil || bytes.Contains(page, []byte("<img")) {
			t.Errorf("%s holds markup of a stranger (%v)", path, err)
		}
	}
}
