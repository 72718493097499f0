package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

// pack compresses a file with the tool of that name.
func pack(t *testing.T, root, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "..", "..", "fixtures", "incidents", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Of these inputs nothing can be used: status 3, one line, no output file.
func TestInputsOfWhichNothingCanBeUsed(t *testing.T) {
	root := workDir(t)
	write(t, "good.txt", dump(8))
	want(t, 0, "import", "good.txt", "-q")
	bundle, err := os.ReadFile("good.connbox")
	if err != nil {
		t.Fatal(err)
	}
	os.Remove("good.connbox")
	files := map[string]string{
		"empty.txt":       "",
		"foreign.bin":     "\x7fELF\x02\x01\x01\x00\x00\x00\x00\n",
		"prose.txt":       strings.Repeat("It was a dark and stormy night\n", 20),
		"cut.connbox":     string(bundle[:len(bundle)/2]),
		"altered.connbox": string(bytes.Replace(bundle, []byte(`"format": `), []byte(`"format":x`), 1)),
		"newer.connbox":   newer(t, bundle),
		"broken.zst":      "\x28\xb5\x2f\xfd\x00\x00",
		"dir/notes.md":    "# nothing here\n",
		"xz.txt":          "\xfd7zXZ\x00\x00",
	}
	os.Mkdir("dir", 0o755)
	os.Mkdir("bare", 0o755)
	for name, text := range files {
		write(t, name, text)
	}
	before := listing(t)
	for _, name := range []string{"missing.txt", "empty.txt", "foreign.bin", "prose.txt", "cut.connbox", "altered.connbox", "newer.connbox", "broken.zst", "dir", "bare", "xz.txt"} {
		t.Run(name, func(t *testing.T) {
			args := []string{"analyze", name}
			r := invoke(t, args...)
			if name != "cut.connbox" && name != "altered.connbox" && name != "newer.connbox" {
				golden(t, root, "bad-input-"+name, args, r)
			}
			for _, args := range [][]string{args, {"analyze", "-o", "json", name}, {"analyze", "-o", "html:x.html", name}, {"report", name},
				{"import", name, "-o", "out.connbox"}, {"inspect", name}, {"inspect", "--verify", name}, {"export", name, "-o", "out.txt"},
				{"import", "good.txt", name, "-o", "out.connbox"}} {
				if args[0] == "import" && len(args) == 5 && name != "missing.txt" && name != "cut.connbox" {
					continue // one that opens and holds nothing does not keep the other from being imported
				}
				r := invoke(t, args...)
				if r.code != int(cli.StatusInput) || r.out != "" || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, strings.TrimSuffix(name, "/")) {
					t.Errorf("%v: want status 3 and one line on stderr that names the file: %+v", args, r)
				}
			}
			if after := listing(t); after != before {
				t.Errorf("files left behind: %s", after)
			}
		})
	}
	if r := invoke(t, "analyze", "newer.connbox"); !strings.Contains(r.err, "newer connbox") {
		t.Errorf("a newer format is not named: %s", r.err)
	}
}

// newer gives the bundle with the format's number of times to come, its checksums right.
func newer(t *testing.T, bundle []byte) string {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "manifest.json" {
			data = regexp.MustCompile(`"format": \d+`).ReplaceAll(data, []byte(`"format": 99`))
		}
		w, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func listing(t *testing.T) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// An input that breaks off gives what came before, says so, and exits with 3.
func TestInputsThatBreakOff(t *testing.T) {
	root := workDir(t)
	whole := pack(t, root, "leak-named.dump.zst")
	write(t, "cut.dump.zst", string(whole[:len(whole)*2/3]))
	r := invoke(t, "analyze", "-o", "json", "cut.dump.zst")
	var rep struct {
		Input   struct{ Samples int }
		Quality []struct{ What, Effect string } `json:"data_quality"`
	}
	if err := json.Unmarshal([]byte(r.out), &rep); err != nil {
		t.Fatalf("%v: %s", err, r.err)
	}
	if r.code != 3 || rep.Input.Samples < 20 || !strings.Contains(r.err, "cut short") || !strings.Contains(r.err, "what could be read is analysed") {
		t.Errorf("status %d, %d samples: %s", r.code, rep.Input.Samples, r.err)
	}
	if len(rep.Quality) == 0 || !strings.Contains(rep.Quality[0].What, "not all of the input could be read") {
		t.Errorf("data quality: %+v", rep.Quality)
	}
	if r := invoke(t, "analyze", "--fail-on", "incident", "cut.dump.zst"); r.code != 3 {
		t.Errorf("3 wins over 1, got %d", r.code)
	}
	r = invoke(t, "import", "cut.dump.zst")
	if r.code != 3 || !strings.Contains(r.err, "wrote cut.connbox") || !strings.Contains(r.err, "what could be read is in cut.connbox") {
		t.Errorf("import: %+v", r)
	}
	want(t, 0, "inspect", "--verify", "cut.connbox")
	if r := invoke(t, "export", "cut.dump.zst", "--format", "jsonl", "-o", "rows"); r.code != 3 || !strings.Contains(r.err, "what could be read is exported") {
		t.Errorf("export: %+v", r)
	}
	if r := invoke(t, "report", "cut.dump.zst"); r.code != 3 || !strings.Contains(r.err, "wrote cut.html") {
		t.Errorf("report: %+v", r)
	}
	if r := invoke(t, "inspect", "cut.dump.zst"); r.code != 3 || !strings.Contains(r.out, "DAMAGED") || !strings.Contains(r.out, "span") {
		t.Errorf("inspect: %+v", r)
	}
}

// One flipped bit in a member of a bundle is found, and named.
func TestAlteredMember(t *testing.T) {
	root := workDir(t)
	write(t, "x.dump.zst", string(pack(t, root, "leak-named.dump.zst")))
	want(t, 0, "import", "-q", "x.dump.zst")
	b, err := os.ReadFile("x.connbox")
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	write(t, "x.connbox", string(b))
	if r := invoke(t, "inspect", "--verify", "x.connbox"); r.code != 3 || r.out != "" {
		t.Errorf("%+v", r)
	}
	if r := invoke(t, "analyze", "x.connbox"); r.code != 3 {
		t.Errorf("%+v", r)
	}
}

func TestDumpWithoutTimes(t *testing.T) {
	workDir(t)
	var b strings.Builder
	for line := range strings.SplitAfterSeq(dump(12), "\n") {
		if !strings.HasPrefix(line, "2026-") {
			b.WriteString(line)
		}
	}
	write(t, "x.txt", b.String())
	r := want(t, 0, "analyze", "-o", "json", "x.txt")
	if !strings.Contains(r.out, "no times in the input") {
		t.Errorf("the want of times is not said: %s", r.out)
	}
	if r := want(t, 0, "inspect", "x.txt"); !strings.Contains(r.out, "no time") {
		t.Errorf("%s", r.out)
	}
	want(t, 0, "import", "x.txt")
}

// TestStandardInput: a postmortem of standard input quotes as much of it as that of the same file.
func TestStandardInput(t *testing.T) {
	incident, err := filepath.Abs("../../fixtures/incidents/leak-named.dump.zst")
	if err != nil {
		t.Fatal(err)
	}
	workDir(t)
	f, err := os.Open(incident)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	old := os.Stdin
	os.Stdin = f
	defer func() { os.Stdin = old }()
	want(t, 0, "report", "-")
	want(t, 0, "report", incident, "-o", "html:file.html")
	if _, err := os.Stat("report.md"); err != nil {
		t.Error(err)
	}
	var quotes [2]int
	for i, name := range [...]string{"report.html", "file.html"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		quotes[i] = strings.Count(string(page), `<details class="quote">`)
	}
	if quotes[0] == 0 || quotes[0] != quotes[1] {
		t.Errorf("%d quotes from standard input, %d from the file", quotes[0], quotes[1])
	}
}

func TestAppMetrics(t *testing.T) {
	root := workDir(t)
	write(t, "x.txt", dump(12))
	write(t, "app.prom", "redis_pool_conn_total_current{service=\"cart\"} 10 1772366400000\n")
	want(t, 0, "analyze", "--app", "app.prom", "x.txt")
	write(t, "other.prom", "up 1\n")
	for name, args := range map[string][]string{
		"missing": {"analyze", "--app", "none.prom", "x.txt"},
		"foreign": {"analyze", "--app", "other.prom", "x.txt"},
	} {
		r := invoke(t, args...)
		golden(t, root, "app-"+name, args, r)
		if r.code != int(cli.StatusInput) || r.out != "" {
			t.Errorf("%+v", r)
		}
	}
}

// A mapping file makes metrics of any name known; what is wrong with it is told by file and
// line, as wrong use.
func TestAppMap(t *testing.T) {
	root := workDir(t)
	write(t, "x.txt", dump(12))
	write(t, "app.prom", "shop_redis_busy{team=\"cart\"} 10 1772366400000\n")
	write(t, "good.map", "# ours\nused shop_redis_busy\nservice team\n")
	write(t, "bad.map", "used shop_redis_busy\n\nbusy shop_redis_busy # no such role\n")
	want(t, 0, "analyze", "--app", "app.prom", "--app-map", "good.map", "x.txt")
	want(t, 0, "report", "--app", "app.prom", "--app-map", "good.map", "-o", "json", "x.txt")
	for name, args := range map[string][]string{
		"bad":     {"analyze", "--app", "app.prom", "--app-map", "bad.map", "x.txt"},
		"missing": {"analyze", "--app", "app.prom", "--app-map", "none.map", "x.txt"},
		"alone":   {"report", "--app-map", "good.map", "x.txt"},
	} {
		r := invoke(t, args...)
		golden(t, root, "app-map-"+name, args, r)
		if r.code != int(cli.StatusUsage) || r.out != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := invoke(t, "analyze", "--app", "-", "--app-map", "good.map", "-"); r.code != int(cli.StatusUsage) {
		t.Errorf("standard input twice: %+v", r)
	}
	write(t, "x.expect.json", `{"expect": 1, "input": "x.txt", "app": "app.prom", "app_map": "good.map", "verdict": "connection-leak"}`)
	want(t, 0, "check", ".")
	write(t, "x.expect.json", `{"expect": 1, "input": "x.txt", "app_map": "good.map", "verdict": "healthy"}`)
	want(t, 2, "check", ".")
}

// What strangers wrote must not reach the terminal as it is.
func TestHostileValues(t *testing.T) {
	workDir(t)
	evil := "\x1b]0;owned\x07\u202e"
	text := strings.ReplaceAll(dump(12), "name=app", "name="+evil)
	text = strings.ReplaceAll(text, "redis_version:7.0.15", "redis_version:7"+evil)
	text += "2026-03-01T12:05:00Z\nERR max number of clients reached" + evil + "\n"
	write(t, "x.txt", text)
	want(t, 0, "import", "x.txt")
	for _, args := range [][]string{{"analyze", "x.txt"}, {"analyze", "-o", "json", "x.txt"}, {"analyze", "-o", "md", "x.txt"}, {"inspect", "x.txt"},
		{"inspect", "x.connbox"}, {"inspect", "-o", "json", "x.connbox"}, {"analyze", evil}, {evil}, {"explain", evil}, {"analyze", "-o", evil, "x.txt"}} {
		r := invoke(t, args...)
		if s := r.out + r.err; strings.ContainsAny(s, "\x1b\x07\u202e") {
			t.Errorf("%q lets control characters through: %q", args, s)
		}
	}
}

// One file by two names is one file: its samples would count twice.
func TestImportTwice(t *testing.T) {
	workDir(t)
	write(t, "x.txt", dump(4))
	if err := os.Symlink("x.txt", "y.txt"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"import", "x.txt", "x.txt"}, {"import", "x.txt", "./y.txt"}} {
		if r := invoke(t, args...); r.code != 2 || !strings.Contains(r.err, "are the same file") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	want(t, 0, "import", "x.txt")
}

// Two outputs are not written to one file, by whichever names.
func TestOutputsToOneFile(t *testing.T) {
	workDir(t)
	write(t, "x.txt", dump(8))
	write(t, "a.out", "")
	if err := os.Symlink("a.out", "b.out"); err != nil {
		t.Fatal(err)
	}
	for _, second := range []string{"a.out", "b.out", "./a.out"} {
		r := invoke(t, "analyze", "x.txt", "-o", "json:a.out", "-o", "md:"+second)
		if r.code != 2 || !strings.Contains(r.err, "go to the same file") {
			t.Errorf("%s: %+v", second, r)
		}
	}
}

// A list larger than any server's is cut and the rest stored; a reply that no bundle can hold
// is left out. Both are said, and what is around them is imported.
func TestImportOfTooLargeAReply(t *testing.T) {
	workDir(t)
	rows := func(b *strings.Builder) {
		name := strings.Repeat("n", 1000)
		for i := range 35_000 {
			fmt.Fprintf(b, "id=%d addr=10.0.0.1:%d fd=8 name=%s%d age=1 idle=1 flags=N db=0 cmd=get\n", i+1, i%60000, name, i)
		}
	}
	keys := func(b *strings.Builder) {
		b.WriteString("# Server\nredis_version:7.0.15\n# Keyspace\n")
		for i := range 400_000 {
			fmt.Fprintf(b, "db%d:keys=1,expires=0,avg_ttl=0\n", i)
		}
	}
	for _, tt := range []struct {
		name  string
		large func(*strings.Builder)
		code  int
		said  string
		infos int
	}{
		{"list", rows, 0, "longer than 33554432 bytes, cut here", 5},
		{"INFO", keys, 3, "too large for a bundle; it is left out", 5},
	} {
		var b strings.Builder
		b.WriteString(dump(3))
		b.WriteString("2026-03-01T12:00:30Z\n")
		tt.large(&b)
		write(t, "x.txt", b.String()+strings.ReplaceAll(dump(2), "2026-03-01T12:00:", "2026-03-01T12:01:"))
		if r := invoke(t, "import", "--force", "x.txt"); r.code != tt.code || !strings.Contains(r.err, "x.txt:") || !strings.Contains(r.err, tt.said) {
			t.Errorf("%s: %+v", tt.name, r)
		}
		if out := want(t, 0, "export", "x.connbox", "--what", "info").out; strings.Count(out, "redis_version") != tt.infos {
			t.Errorf("%s: %d replies of INFO are imported, not %d", tt.name, strings.Count(out, "redis_version"), tt.infos)
		}
	}
}

// A bundle with a damaged segment gives the others, says what is lost, and exits with 3.
func TestBundleWithDamagedSegment(t *testing.T) {
	workDir(t)
	var text strings.Builder
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range 1200 { // over three hours, a segment each
		fmt.Fprintf(&text, "%s\n# Server\r\nredis_version:7.0.15\r\nrun_id:%040d\r\nuptime_in_seconds:%d\r\n# Clients\r\nconnected_clients:21\r\nmaxclients:100\r\n# Stats\r\ntotal_connections_received:%d\r\ntotal_commands_processed:%d\r\nrejected_connections:0\r\n",
			at.Add(time.Duration(i)*10*time.Second).Format(time.RFC3339), 7, 5000+10*i, 40+i/9, 1000*(i+1))
	}
	write(t, "x.txt", text.String())
	want(t, 0, "import", "-q", "x.txt")
	all := want(t, 0, "export", "x.connbox").out
	z, err := zip.OpenReader("x.connbox")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("x.connbox")
	if err != nil {
		t.Fatal(err)
	}
	const damaged = "samples.parquet" // its second row group
	var manifest struct {
		Files []struct {
			Name   string
			Groups []struct{ Bytes int64 }
		}
	}
	m, err := z.Open("manifest.json")
	if err == nil {
		err = json.NewDecoder(m).Decode(&manifest)
	}
	if err != nil || manifest.Files[0].Name != damaged {
		t.Fatalf("%+v, %v", manifest, err)
	}
	for _, f := range z.File {
		if at, err := f.DataOffset(); err != nil {
			t.Fatal(err)
		} else if f.Name == damaged {
			data[at+4+manifest.Files[0].Groups[0].Bytes+20] ^= 1
		}
	}
	z.Close()
	write(t, "x.connbox", string(data))
	r := invoke(t, "analyze", "-o", "json", "x.connbox")
	var rep struct {
		Input   struct{ Samples, Gaps int }
		Quality []struct{ What, Effect string } `json:"data_quality"`
	}
	if err := json.Unmarshal([]byte(r.out), &rep); err != nil {
		t.Fatalf("%v: %s", err, r.err)
	}
	if r.code != 3 || rep.Input.Gaps != 1 || rep.Input.Samples < 300 || !strings.Contains(r.err, damaged) || !strings.Contains(r.err, "x.connbox#") {
		t.Errorf("status %d, %+v: %s", r.code, rep.Input, r.err)
	}
	if !slices.ContainsFunc(rep.Quality, func(q struct{ What, Effect string }) bool {
		return strings.Contains(q.What, "could not be read") && strings.Contains(q.What, damaged)
	}) {
		t.Errorf("data quality: %+v", rep.Quality)
	}
	r = invoke(t, "export", "x.connbox")
	last := all[strings.LastIndex(all, "2026-"):]
	if r.code != 3 || len(r.out) >= len(all) || !strings.HasPrefix(all, r.out[:1000]) || !strings.HasSuffix(r.out, last) {
		t.Errorf("export: status %d, %d of %d bytes", r.code, len(r.out), len(all))
	}
	if r = invoke(t, "inspect", "x.connbox"); r.code != 3 || !strings.Contains(r.out, "WRONG") || !strings.Contains(r.out, "DAMAGED") {
		t.Errorf("inspect: %+v", r)
	}
	if r = invoke(t, "inspect", "--verify", "x.connbox"); r.code != 3 || r.out != "" {
		t.Errorf("inspect --verify: %+v", r)
	}
}
