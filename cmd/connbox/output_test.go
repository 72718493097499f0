package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/cmd/connbox/inspect"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// incident copies a recorded incident into the test's folder.
func incident(t *testing.T, root, name string) string {
	t.Helper()
	write(t, name+".dump.zst", string(pack(t, root, name+".dump.zst")))
	return name + ".dump.zst"
}

func TestAnalyzeOutputs(t *testing.T) {
	root := workDir(t)
	in := incident(t, root, "leak-named")
	text := want(t, 0, "analyze", in)
	if !strings.Contains(text.out, "VERDICT") || text.err != "" {
		t.Errorf("%+v", text)
	}
	js := want(t, 0, "analyze", "-o", "json", in)
	var rep struct {
		Schema  int
		Verdict struct{ Status, Cause string }
	}
	if err := json.Unmarshal([]byte(js.out), &rep); err != nil || rep.Schema != 1 || rep.Verdict.Cause != "connection-leak" || js.err != "" {
		t.Errorf("%v %+v %s", err, rep, js.err)
	}
	both := want(t, 0, "analyze", "-o", "text", "-o", "json:r.json", "-o", "html:r.html", in)
	if both.out != text.out || both.err != "connbox: wrote r.json\nconnbox: wrote r.html\n" {
		t.Errorf("%+v", both)
	}
	if b, _ := os.ReadFile("r.json"); string(b) != js.out {
		t.Error("the file differs from standard output")
	}
	if quiet := want(t, 0, "analyze", "-q", "-o", "md:r.md", in); quiet.out+quiet.err != "" {
		t.Errorf("%+v", quiet)
	}
	if again := want(t, 0, "analyze", "-o", "json", in); again.out != js.out {
		t.Error("two runs differ")
	}
}

func TestTextForTerminals(t *testing.T) {
	root := workDir(t)
	in := incident(t, root, "leak-named")
	utf8 := map[string]string{"LANG": "C.UTF-8"}
	for _, c := range []struct {
		env          map[string]string
		args         []string
		color, ascii bool
	}{
		{utf8, nil, false, false},
		{utf8, []string{"--color", "always"}, true, false},
		{map[string]string{"LANG": "C.UTF-8", "NO_COLOR": "1"}, []string{"--color", "always"}, true, false},
		{utf8, []string{"--ascii"}, false, true},
		{map[string]string{"LANG": "de_DE.ISO-8859-1"}, nil, false, true},
		{map[string]string{"LANG": "C.UTF-8", "LC_ALL": "C"}, nil, false, true},
		{nil, nil, false, true},
	} {
		r := invokeEnv(t, context.Background(), c.env, append([]string{"analyze", in}, c.args...)...)
		if r.code != 0 || strings.Contains(r.out, "\x1b[") != c.color {
			t.Errorf("%v %v: color %v, want %v", c.env, c.args, !c.color, c.color)
		}
		if ascii := strings.IndexFunc(r.out, func(r rune) bool { return r > 0x7f }) < 0; ascii != c.ascii {
			t.Errorf("%v %v: ASCII %v, want %v", c.env, c.args, ascii, c.ascii)
		}
	}
	if r := want(t, 0, "analyze", "--tz", "Asia/Tokyo", in); !strings.Contains(r.out, "JST") {
		t.Errorf("--tz is not followed: %.200s", r.out)
	}
}

func TestFailOn(t *testing.T) {
	root := workDir(t)
	leak, healthy, little := incident(t, root, "leak-named"), incident(t, root, "ok-steady"), incident(t, root, "undetermined-three-samples")
	for _, c := range []struct {
		in, failOn string
		code       int
	}{
		{leak, "incident", 1},
		{leak, "incident:0.5", 1},
		{leak, "incident:1", 0},
		{leak, "connection-leak", 1},
		{leak, "retry-storm,connection-leak:0.1", 1},
		{leak, "retry-storm", 0},
		{leak, "undetermined", 0},
		{healthy, "incident,undetermined", 0},
		{little, "incident", 4},
		{little, "undetermined", 4},
		{little, "retry-storm", 4},
	} {
		if r := want(t, c.code, "analyze", "--fail-on", c.failOn, c.in); r.err != "" || !strings.Contains(r.out, "VERDICT") {
			t.Errorf("%+v: %s", c, r.err)
		}
		if r := want(t, c.code, "analyze", "-o", "json", "--fail-on", c.failOn, c.in); !json.Valid([]byte(r.out)) {
			t.Errorf("%+v: the status depends on the format", c)
		}
		if r := want(t, c.code, "analyze", "-o", "none", "--fail-on", c.failOn, c.in); r.out+r.err != "" {
			t.Errorf("%+v: -o none prints %+v", c, r)
		}
	}
}

func TestReportBesideTheInput(t *testing.T) {
	workDir(t)
	os.Mkdir("sub", 0o755)
	write(t, "sub/x.dump.txt", dump(12))
	r := want(t, 0, "report", filepath.Join("sub", "x.dump.txt"))
	if r.out != "" || r.err != "connbox: wrote sub/x.html\nconnbox: wrote sub/x.md\n" {
		t.Errorf("%+v", r)
	}
	// What connbox wrote there is replaced, which the help says.
	write(t, "sub/x.md", "*Made by connbox old")
	want(t, 0, "report", filepath.Join("sub", "x.dump.txt"))
	if b, _ := os.ReadFile("sub/x.md"); len(b) < 100 {
		t.Errorf("not replaced: %s", b)
	}
	if r := want(t, 0, "report", "sub"); r.err != "connbox: wrote sub.html\nconnbox: wrote sub.md\n" {
		t.Errorf("%+v", r)
	}
	if r := want(t, 0, "report", "-o", "md", "sub/x.dump.txt"); !strings.HasPrefix(r.out, "#") && !strings.HasPrefix(r.out, ">") {
		t.Errorf("no Markdown on standard output: %.80s", r.out)
	}
}

func TestStem(t *testing.T) {
	for in, want := range map[string]string{"x.connbox": "x", "a/x.dump.zst": "a/x", "x.txt.gz": "x", "dumps/": "dumps", "-": "std", "x": "x",
		"x.2026": "x.2026", ".txt": ".txt", ".": "std", "/": "/std", "a/.log": "a/.log"} {
		if got := cli.Stem(in, "std"); got != want {
			t.Errorf("stem(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestExplain(t *testing.T) {
	if r := want(t, 0, "explain"); strings.Count(r.out, "\n") != len(cli.CauseIDs()) || len(cli.CauseIDs()) < 21 {
		t.Errorf("%s", r.out)
	}
	for _, id := range cli.CauseIDs() {
		r := want(t, 0, "explain", id)
		for _, s := range []string{id + ": ", "Question", "Method"} {
			if !strings.Contains(r.out, s) {
				t.Errorf("explain %s lacks %q", id, s)
			}
		}
	}
	r := want(t, 0, "explain", "connection-leak").out
	for _, s := range []string{"gain", "none at 6, full at 12 connections: ", "oversized-pool", "disconnects", "check: "} {
		if !strings.Contains(r, s) {
			t.Errorf("explain connection-leak lacks %q:\n%s", s, r)
		}
	}
}

func TestInspect(t *testing.T) {
	root := workDir(t)
	text := dump(12)
	// A gap of a minute, and a refusal in it.
	at := strings.Index(text, "2026-03-01T12:01:10Z")
	end := strings.Index(text, "2026-03-01T12:01:50Z")
	text = text[:at] + "2026-03-01T12:01:30Z\nError: Server closed the connection\nERR max number of clients reached\n" + text[end:]
	write(t, "x.txt", text)
	args := []string{"inspect", "x.txt"}
	golden(t, root, "inspect-dump", args, want(t, 0, args...))
	want(t, 0, "import", "-q", "x.txt")
	r := want(t, 0, "inspect", "-o", "json", "x.connbox")
	var j inspect.Result
	if err := json.Unmarshal([]byte(r.out), &j); err != nil {
		t.Fatal(err)
	}
	if j.Kind != "bundle" || j.Mode != "import" || j.Sealed != "import" || len(j.Members) < 3 || len(j.Imported) != 1 || len(j.Imported[0].SHA256) != 64 ||
		j.Imported[0].Bytes != int64(len(text)) || j.RowSize <= 0 || j.RowSize >= j.RowText || len(j.Failures) == 0 || j.Gaps != 1 || j.Silent != 1 || j.Cadence[0].MedianS != 10 || len(j.Cadence[0].Gaps) != 1 {
		t.Errorf("%+v", j)
	}
	if r := want(t, 0, "inspect", "--verify", "x.connbox"); !strings.HasPrefix(r.out, "x.connbox: whole: ") {
		t.Errorf("%+v", r)
	}
	if r := invoke(t, "inspect", "--repair", "x.connbox"); r.code != 3 {
		t.Errorf("a whole file has nothing to repair: %+v", r)
	}
}

// Inspect and analyze count the same gaps, and samples that met failures only are told.
func TestInspectCountsGapsAsAnalyze(t *testing.T) {
	workDir(t)
	text := dump(40)
	failed := func(at string) string {
		return "2026-03-01T" + at + "Z\nCould not connect to Redis at 10.0.0.1:6379: Connection refused\n"
	}
	cut := func(s, from, to, between string) string {
		return s[:strings.Index(s, "2026-03-01T"+from)] + between + s[strings.Index(s, "2026-03-01T"+to):]
	}
	files := map[string]string{
		"whole.txt":  text,
		"gap.txt":    cut(text, "12:01:10", "12:03:00", ""),
		"failed.txt": cut(text, "12:01:10", "12:01:30", failed("12:01:10")+failed("12:01:20")),
		"both.txt":   cut(cut(text, "12:03:00", "12:05:00", failed("12:04:00")), "12:01:10", "12:01:20", failed("12:01:10")),
	}
	for name, want := range map[string]struct {
		gaps   int
		silent int64
	}{"whole.txt": {0, 0}, "gap.txt": {1, 0}, "failed.txt": {0, 2}, "both.txt": {2, 2}} {
		write(t, name, files[name])
		var report struct{ Input struct{ Gaps int } }
		if err := json.Unmarshal([]byte(invoke(t, "analyze", "-o", "json", name).out), &report); err != nil {
			t.Fatal(err)
		}
		j := look(t, name)
		if j.Gaps != report.Input.Gaps || j.Gaps != want.gaps || j.Silent != want.silent {
			t.Errorf("%s: inspect counts %d gaps, %d samples without a reply; analyze %d gaps; want %+v", name, j.Gaps, j.Silent, report.Input.Gaps, want)
		}
		out := invoke(t, "inspect", name).out
		if strings.Contains(out, "none of over") != (want.gaps == 0 && name != "failed.txt") || strings.Contains(out, "without a reply") != (want.silent > 0) {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// What no hash was taken of is not said to have the right one.
func TestVerifyUnsealed(t *testing.T) {
	workDir(t)
	w, err := bundle.CreateLive("live.connbox", record.Meta{Tool: cli.Tool, Mode: "capture"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		at := time.Date(2026, 3, 1, 12, 0, i, 0, time.UTC)
		if err := w.Write(&record.Mark{Head: record.Head{At: at}, Text: "here"}); err != nil {
			t.Fatal(err)
		}
	}
	if r := want(t, 0, "inspect", "--verify", "live.connbox"); r.out != "live.connbox: not sealed: 3 records in the journal, checksums right\n" {
		t.Errorf("%+v", r)
	}
	if err := w.Close("signal"); err != nil {
		t.Fatal(err)
	}
	if r := want(t, 0, "inspect", "--verify", "live.connbox"); !strings.HasPrefix(r.out, "live.connbox: whole: 3 records, ") || !strings.HasSuffix(r.out, ", every hash is right\n") {
		t.Errorf("%+v", r)
	}
}

func TestImportMergesByTime(t *testing.T) {
	workDir(t)
	text := dump(12)
	// Every other sample into another file, as two operators would have them.
	var parts [2]strings.Builder
	for i, s := range strings.SplitAfter(strings.ReplaceAll(text, "2026-03-01T", "\x002026-03-01T"), "\x00")[1:] {
		parts[i%2].WriteString(strings.TrimSuffix(s, "\x00"))
	}
	write(t, "whole.txt", text)
	write(t, "a.txt", parts[0].String())
	write(t, "b.txt", parts[1].String())
	want(t, 0, "import", "whole.txt")
	want(t, 0, "import", "b.txt", "a.txt", "-o", "merged.connbox")
	whole, merged := want(t, 0, "export", "whole.connbox"), want(t, 0, "export", "merged.connbox")
	if whole.out != merged.out || len(whole.out) < 1000 {
		t.Errorf("merged differs from the whole")
	}
	r := invoke(t, "import", "whole.txt")
	if r.code != 2 || !strings.Contains(r.err, "--force") {
		t.Errorf("%+v", r)
	}
	before, _ := os.ReadFile("whole.connbox")
	r = want(t, 0, "import", "--force", "whole.txt")
	if after, _ := os.ReadFile("whole.connbox"); string(before) != string(after) {
		t.Error("two imports of the same dump differ")
	}
	if !strings.Contains(r.err, "24 records in 12 samples, 2026-03-01 12:00:00 UTC to 2026-03-01 12:01:50 UTC") {
		t.Errorf("%s", r.err)
	}
}

// A recording and a copy of a part of it come to the recording: no sample counts twice. Those
// of two servers are put together, with a warning.
func TestImportOverlap(t *testing.T) {
	workDir(t)
	text := dump(12)
	write(t, "whole.txt", text)
	want(t, 0, "import", "whole.txt")
	want(t, 0, "export", "whole.connbox", "--from", "2026-03-01T12:00:30Z", "--to", "2026-03-01T12:01:00Z", "-o", "part.txt")
	want(t, 0, "import", "part.txt")
	whole := want(t, 0, "export", "whole.connbox")
	for _, parts := range [][]string{{"whole.connbox", "part.connbox"}, {"part.connbox", "whole.connbox"}, {"part.txt", "whole.txt"}} {
		r := want(t, 0, append([]string{"import", "--force", "-o", "merged.connbox"}, parts...)...)
		if merged := want(t, 0, "export", "merged.connbox"); merged.out != whole.out || strings.Contains(r.err, "another server") {
			t.Errorf("%v: %s", parts, r.err)
		}
	}
	if !strings.Contains(text, "run_id:") {
		text = strings.ReplaceAll(text, "# Server\r\n", "# Server\r\nrun_id:aaaa\r\n")
	}
	write(t, "one.txt", text)
	write(t, "other.txt", strings.ReplaceAll(text, "run_id:", "run_id:b"))
	if r := want(t, 0, "import", "one.txt", "other.txt"); !strings.Contains(r.err, "run_id is not that of") {
		t.Errorf("two servers: %s", r.err)
	}
}

func TestImportLeavesSecretsOut(t *testing.T) {
	workDir(t)
	write(t, "x.txt", dump(8)+"1) \"maxclients\"\n2) \"100\"\n3) \"requirepass\"\n4) \"hunter2\"\n5) \"dir\"\n6) \"/srv/secret\"\n$ export PASSWORD=hunter2\n")
	r := want(t, 0, "import", "x.txt")
	if !strings.Contains(r.err, "left out of CONFIG: 2 parameters") {
		t.Errorf("%s", r.err)
	}
	out := want(t, 0, "export", "x.connbox").out
	if strings.Contains(out, "hunter2") || strings.Contains(out, "/srv/secret") || !strings.Contains(out, "\"maxclients\"") {
		t.Errorf("%s", out[len(out)-300:])
	}
	if r := want(t, 0, "inspect", "x.connbox"); !strings.Contains(r.out, "dir requirepass") {
		t.Errorf("what was left out is not named: %s", r.out)
	}
}

// slowReply is a reply of SLOWLOG GET with two commands, as redis-cli --no-raw prints it.
const slowReply = `1) 1) (integer) 7
   2) (integer) 1772366400
   3) (integer) 15000
   4) 1) "SET"
      2) "session:hunter2"
      3) "value"
   5) "10.0.0.1:40000"
   6) "app"
2) 1) (integer) 6
   2) (integer) 1772366399
   3) (integer) 12000
   4) 1) "PING"
   5) "10.0.0.1:40000"
   6) "app"
`

// Arguments of slow commands are kept with a word about it, or replaced by their sizes.
func TestImportSlowlogArguments(t *testing.T) {
	workDir(t)
	again := "2026-03-01T12:05:00Z\n" + slowReply // the same entries in a second reply
	write(t, "x.txt", dump(2)+slowReply+again)
	r := want(t, 0, "import", "--keep-slowlog-args", "x.txt")
	if !strings.Contains(r.err, "connbox: the arguments of 1 slow command are kept as printed; connbox redact leaves them out") {
		t.Errorf("%s", r.err)
	}
	if out := want(t, 0, "export", "x.connbox", "--what", "slowlog").out; strings.Count(out, "hunter2") != 2 {
		t.Errorf("%s", out)
	}
	for _, in := range []string{"x.txt", "x.connbox", "y.connbox"} { // the last is hidden already
		r = want(t, 0, "import", "--force", in, "-o", "y2.connbox")
		if strings.Contains(r.err, "arguments of") {
			t.Errorf("%s: %s", in, r.err)
		}
		os.Rename("y2.connbox", "y.connbox")
		out := want(t, 0, "export", "y.connbox", "--what", "slowlog").out
		if strings.Contains(out, "hunter2") || strings.Count(out, `"SET"`) != 2 || strings.Count(out, `"(15 bytes)"`) != 2 || strings.Count(out, `"(5 bytes)"`) != 2 {
			t.Errorf("%s: %s", in, out)
		}
		if r := want(t, 0, "inspect", "y.connbox"); strings.Count(r.out, "SLOWLOG: arguments of commands, replaced by their lengths") != 1 {
			t.Errorf("%s", r.out)
		}
	}
	if r := want(t, 0, "import", "--force", "y.connbox", "-o", "z.connbox"); strings.Contains(r.err, "arguments of") {
		t.Errorf("hidden arguments are said to be kept: %s", r.err)
	}
}

func TestImportOfOneSampleSaysNoRatio(t *testing.T) {
	workDir(t)
	write(t, "x.txt", dump(1))
	if r := want(t, 0, "import", "x.txt"); strings.Contains(r.err, "1/0") || strings.Contains(r.err, "1/1 ") || !strings.Contains(r.err, " as a bundle") {
		t.Errorf("%s", r.err)
	}
}

func TestExport(t *testing.T) {
	root := workDir(t)
	text := dump(6)
	write(t, "x.txt", text)
	want(t, 0, "import", "-q", "x.txt")
	lists := strings.Split(text, "2026-03-01T")[1:]
	list := lists[2][strings.Index(lists[2], "id=100 "):]
	if r := want(t, 0, "export", "x.connbox", "--what", "clients", "--sample", "3"); r.out != list {
		t.Errorf("not the same bytes:\n%s\nwant:\n%s", r.out, list)
	}
	if r := want(t, 0, "export", "x.connbox", "--what", "clients", "--sample", "3", "--times"); r.out != "2026-03-01T12:00:20Z\n"+list {
		t.Errorf("%s", r.out)
	}
	if r := want(t, 0, "export", "x.connbox", "--sample", "6"); r.out != list {
		t.Errorf("--sample of all is not the record's number")
	}
	if r := invoke(t, "export", "x.connbox", "--what", "clients", "--sample", "7"); r.code != 3 || !strings.Contains(r.err, "holds 6 of clients, there is no sample 7") {
		t.Errorf("%+v", r)
	}
	want(t, 0, "export", "x.connbox", "-o", "again.txt")
	a, b := want(t, 0, "export", "again.txt"), want(t, 0, "export", "x.connbox")
	if a.out != b.out || !strings.Contains(a.out, "redis_version:7.0.15\r\n") {
		t.Error("what is exported does not import again")
	}
	args := []string{"export", "x.connbox", "--format", "csv", "--sample", "1"}
	golden(t, root, "export-csv", args, want(t, 0, args...))
	args = []string{"export", "x.connbox", "--format", "jsonl", "--sample", "1"}
	r := want(t, 0, args...)
	golden(t, root, "export-jsonl", args, r)
	args = []string{"export", "x.connbox", "--what", "info", "--format", "csv"}
	golden(t, root, "export-info-csv", args, want(t, 0, args...))
	args = []string{"export", "x.connbox", "--what", "info", "--format", "jsonl"}
	rows := want(t, 0, args...)
	golden(t, root, "export-info-jsonl", args, rows)
	for line := range strings.Lines(r.out + rows.out) {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
}

func TestCheck(t *testing.T) {
	root := workDir(t)
	incident(t, root, "leak-named")
	incident(t, root, "ok-steady")
	little := incident(t, root, "undetermined-three-samples")
	os.Mkdir("sub", 0o755)
	good := `{"expect": 1, "input": "../leak-named.dump.zst", "verdict": "connection-leak", "not": ["retry-storm"], "min_confidence": 0.6, "source": "127.",
  "onset": "` + onsetOf(t, root) + `", "onset_within": "4m"}`
	write(t, "sub/good.expect.json", good)
	write(t, "sub/accepted.expect.json", `{"expect": 1, "input": "../leak-named.dump.zst", "verdict": "retry-storm", "accept": ["connection-leak"]}`)
	args := []string{"check", "sub"}
	golden(t, root, "check-good", args, unsure(want(t, 0, args...)))

	os.Mkdir("bad", 0o755)
	for name, text := range map[string]string{
		"wrong":   `{"expect": 1, "input": "../leak-named.dump.zst", "verdict": "healthy", "not": ["connection-leak"], "max_confidence": 0.1, "source": "10.9.", "onset": "2020-01-01T00:00:00Z", "onset_within": "1s"}`,
		"healthy": `{"expect": 1, "input": "../ok-steady.dump.zst", "verdict": "healthy", "source": "10.9."}`,
		"little":  `{"expect": 1, "input": "../` + little + `", "verdict": "connection-leak"}`,
		"good":    good,
	} {
		write(t, "bad/"+name+".expect.json", text)
	}
	args = []string{"check", "-o", "junit:j.xml", "-o", "json:j.json", "-o", "github:g.txt", "bad"}
	r := want(t, 1, args...)
	r.err = ""
	golden(t, root, "check-bad", args, unsure(r))
	for _, name := range []string{"j.xml", "j.json", "g.txt"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, root, "check-"+name, args, unsure(result{out: string(b), code: 1}))
	}
	// One file alone still leaves the table to standard output, as the README's example has it.
	r = want(t, 0, "check", "sub", "-o", "junit:only.xml")
	if b, _ := os.ReadFile("only.xml"); !strings.Contains(r.out, "2 passed") || !strings.HasPrefix(r.out, "ok ") || !strings.Contains(string(b), "<testsuite") {
		t.Errorf("%+v; %s", r, b)
	}
	want(t, 4, "check", "bad/little.expect.json")
	want(t, 1, "check", "--jobs", "1", "bad/little.expect.json", "bad/wrong.expect.json")
}

var confidence = regexp.MustCompile(`\b0\.\d+`)

var took = regexp.MustCompile(` time="[\d.]+"`)

// unsure takes out the confidences, which the analysis may change without this program, and times.
func unsure(r result) result {
	r.out = confidence.ReplaceAllString(took.ReplaceAllString(r.out, ` time="NN"`), "0.NN")
	return r
}

// onsetOf reads the onset that the recording's own expectation has.
func onsetOf(t *testing.T, root string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "..", "..", "fixtures", "incidents", "leak-named.expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e struct{ Onset string }
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e.Onset
}

func TestBadExpectations(t *testing.T) {
	root := workDir(t)
	write(t, "x.txt", dump(8))
	for name, c := range map[string]struct {
		text string
		code int
	}{
		"unknown-field":   {"{\"expect\": 1,\n \"input\": \"x.txt\",\n \"verdict\": \"healthy\", \"min_conf\": 1}", 2},
		"syntax":          {"{\"expect\": 1,\n \"input\" \"x.txt\"}", 2},
		"type":            {"{\"expect\": 1,\n \"input\": \"x.txt\", \"verdict\": 7}", 2},
		"cut":             {"{\"expect\": 1,", 2},
		"empty":           {"", 2},
		"follows":         {"{\"expect\": 1, \"input\": \"x.txt\", \"verdict\": \"healthy\"}\n{}", 2},
		"version":         {"{\"expect\": 2, \"input\": \"x.txt\", \"verdict\": \"healthy\"}", 2},
		"no-verdict":      {"{\"expect\": 1, \"input\": \"x.txt\"}", 2},
		"unknown-verdict": {"{\"expect\": 1, \"input\": \"x.txt\", \"verdict\": \"leak\"}", 2},
		"unknown-not":     {"{\"expect\": 1, \"input\": \"x.txt\", \"verdict\": \"healthy\", \"not\": [\"leak\"]}", 2},
		"confidence":      {"{\"expect\": 1, \"input\": \"x.txt\", \"verdict\": \"healthy\", \"min_confidence\": 60}", 2},
		"onset-alone":     {"{\"expect\": 1, \"input\": \"x.txt\", \"verdict\": \"healthy\", \"onset\": \"2026-03-01T12:00:00Z\"}", 2},
		"onset":           {"{\"expect\": 1, \"input\": \"x.txt\", \"verdict\": \"healthy\", \"onset\": \"noon\", \"onset_within\": \"2m\"}", 2},
		"within":          {"{\"expect\": 1, \"input\": \"x.txt\", \"verdict\": \"healthy\", \"onset\": \"2026-03-01T12:00:00Z\", \"onset_within\": \"2\"}", 2},
		"no-input":        {"{\"expect\": 1, \"input\": \"none.txt\", \"verdict\": \"healthy\"}", 3},
		"no-app":          {"{\"expect\": 1, \"input\": \"x.txt\", \"app\": \"none.prom\", \"verdict\": \"healthy\"}", 3},
	} {
		file := name + ".expect.json"
		write(t, file, c.text)
		args := []string{"check", file}
		golden(t, root, "expect-"+name, args, want(t, c.code, args...))
	}
}

// TestPrivateStaysPrivate: what is taken out of an input that others may not read, they may
// not read either.
func TestPrivateStaysPrivate(t *testing.T) {
	workDir(t)
	write(t, "x.dump.txt", dump(12))
	want(t, 0, "import", "x.dump.txt", "-o", "x.connbox")
	for _, c := range []struct {
		in   string
		mode os.FileMode
		out  os.FileMode
	}{{"x.connbox", 0o600, 0o600}, {"x.dump.txt", 0o600, 0o600}, {"x.dump.txt", 0o640, 0o640}, {"x.dump.txt", 0o444, 0o644}} {
		if err := os.Chmod(c.in, c.mode); err != nil {
			t.Fatal(err)
		}
		for name, args := range map[string][]string{
			"o.txt":  {"export", c.in, "--force", "-o", "o.txt"},
			"o.csv":  {"export", c.in, "--format", "csv", "--force", "-o", "o.csv"},
			"o.json": {"analyze", c.in, "--force", "-o", "json:o.json"},
			"o.html": {"report", c.in, "--force", "-o", "html:o.html"},
			"x.md":   {"report", c.in, "--force"},
			"i.json": {"inspect", c.in, "--force", "-o", "json:i.json"},
		} {
			write(t, name, "old") // readable for all
			want(t, 0, args...)
			st, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if os.Chmod(name, 0o666); st.Mode().Perm() != c.out {
				t.Errorf("%s %o: %s has mode %o", c.in, c.mode, name, st.Mode().Perm())
			}
		}
	}
}
