package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRedactedVerdictIsTheSame: names go, the verdict stays, at every level; and two runs with
// one key give the same pseudonyms.
func TestRedactedVerdictIsTheSame(t *testing.T) {
	dir := t.TempDir()
	type verdict struct {
		Verdict struct {
			Status, Cause string
			Confidence    float64
		}
	}
	read := func(path string) (v verdict) {
		t.Helper()
		if err := json.Unmarshal([]byte(want(t, 0, "analyze", "-o", "json", path).out), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	recorded, err := filepath.Glob(filepath.Join("..", "..", "fixtures", "incidents", "*.dump.zst"))
	if err != nil || len(recorded) == 0 {
		t.Fatal("no recorded incidents: ", err)
	}
	for _, in := range recorded { // a cause may go by names that a server gives, as Sentinels' are
		out := filepath.Join(dir, filepath.Base(in)+".connbox")
		want(t, 0, "redact", in, "-o", out, "--level", "all")
		if before, after := read(in), read(out); after != before {
			t.Errorf("%s: %+v, before %+v", in, after, before)
		}
	}
	for _, name := range []string{"leak-named", "autoscale-spiral"} {
		in := filepath.Join("..", "..", "fixtures", "incidents", name+".dump.zst")
		whole := filepath.Join(dir, name+".connbox")
		want(t, 0, "import", in, "-o", whole)
		before := read(whole)
		key := filepath.Join(dir, "shared.key")
		for _, level := range []string{"names", "addresses", "all"} {
			out := filepath.Join(dir, name+"-"+level+".connbox")
			want(t, 0, "redact", whole, "-o", out, "--level", level, "--key", key)
			if after := read(out); after != before {
				t.Errorf("%s at level %s: %+v, before %+v", name, level, after, before)
			}
		}
		text := want(t, 0, "export", filepath.Join(dir, name+"-all.connbox")).out
		for _, line := range strings.Split(want(t, 0, "export", whole, "--what", "clients", "--sample", "1").out, "\n") {
			for _, f := range strings.Fields(line) {
				if v, ok := strings.CutPrefix(f, "name="); ok && len(v) > 3 && v != "default" && strings.Contains(text, "name="+v+" ") {
					t.Fatalf("%s: the name %s is left", name, v)
				}
				if v, ok := strings.CutPrefix(f, "addr="); ok && !strings.HasPrefix(v, "127.0.0.1:") && strings.Contains(text, "addr="+v+" ") {
					t.Fatalf("%s: the address %s is left", name, v)
				}
			}
		}
		again := filepath.Join(dir, name+"-again.connbox")
		want(t, 0, "redact", whole, "-o", again, "--key", key)
		if want(t, 0, "export", again).out != text {
			t.Errorf("%s: one key, two texts", name)
		}
	}
}

// TestRedactRefusesDamage: of an input that breaks off nothing is written.
func TestRedactRefusesDamage(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "i.txt"), dump(12))
	whole, out := filepath.Join(dir, "i.connbox"), filepath.Join(dir, "o.connbox")
	want(t, 0, "import", filepath.Join(dir, "i.txt"), "-o", whole)
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) / 3; i < len(b)/3+40; i++ {
		b[i] ^= 0x55
	}
	broken := filepath.Join(dir, "b.connbox")
	write(t, broken, string(b))
	if r := invoke(t, "redact", broken, "-o", out); r.code != 3 {
		t.Errorf("status %d: %s", r.code, r.err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a damaged input was redacted in part")
	}
	want(t, 2, "redact", whole, "-o", out, "--level", "some")
	want(t, 2, "redact", whole)
	write(t, filepath.Join(dir, "no.key"), "secret\n")
	want(t, 2, "redact", whole, "-o", out, "--key", filepath.Join(dir, "no.key"))
}

// TestRedactListIsInert: names of strangers in the list are no escapes.
func TestRedactListIsInert(t *testing.T) {
	in := filepath.Join(t.TempDir(), "i.txt")
	write(t, in, strings.ReplaceAll(dump(3), "name=app", "name=\x1b]0;x\u202e"+strings.Repeat("y", 200)))
	got := want(t, 0, "redact", in, "--list").out
	if strings.ContainsAny(got, "\x1b\u202e") || !strings.Contains(got, "client name") || !strings.Contains(got, "address") {
		t.Errorf("%q", got)
	}
}

// TestCut: a stretch of time, some sources, every n-th sample.
func TestCut(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "i.txt"), filepath.Join(dir, "o.connbox")
	write(t, in, dump(31)) // 12:00:00 to 12:05:00
	want(t, 0, "cut", in, "-o", out, "--from", "2026-03-01T12:01:00Z", "--to", "2026-03-01T12:02:00Z")
	if j := look(t, out); count(j, "info") != 7 || count(j, "clients") != 7 {
		t.Errorf("a minute: %+v", j.Kinds)
	}
	want(t, 0, "cut", in, "-o", out, "--force", "--every", "3", "--source", "info")
	if j := look(t, out); count(j, "info") != 11 || count(j, "clients") != 0 {
		t.Errorf("every third INFO: %+v", j.Kinds)
	}
	want(t, 0, "cut", in, "-o", out, "--force", "--since", "1m")
	if j := look(t, out); count(j, "info") != 7 {
		t.Errorf("the last minute: %+v", j.Kinds)
	}
	want(t, 0, "import", in, "-o", out, "--force", "--from", "2026-03-01T12:04:30Z")
	if j := look(t, out); count(j, "info") != 4 {
		t.Errorf("import from: %+v", j.Kinds)
	}
	for _, args := range [][]string{{"--every", "0"}, {"--source", "ram"}, {"--since", "-1m"}, {"--since", "1m", "--from", "2026-03-01"}} {
		want(t, 2, append([]string{"cut", in, "-o", out, "--force"}, args...)...)
	}
}
