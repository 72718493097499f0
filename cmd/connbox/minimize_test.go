package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// saidOf gives what is to be kept of an analysis: verdict, roles of the causes, number of sources.
func saidOf(t *testing.T, input string) string {
	t.Helper()
	var r struct {
		Verdict struct{ Status, Cause string }
		Causes  []struct {
			ID, Role string
			Sources  []struct{ Host string }
		}
	}
	if err := json.Unmarshal([]byte(want(t, 0, "analyze", "-q", "-o", "json", input).out), &r); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range r.Causes {
		out = append(out, c.ID, c.Role)
	}
	return r.Verdict.Status + " " + r.Verdict.Cause + " " + strings.Join(out, " ")
}

// TestMinimize: what is left says the same, is far smaller, names nobody, and comes out alike twice.
func TestMinimize(t *testing.T) {
	root := workDir(t)
	for name, outs := range map[string][]string{"leak-named": {"a.connbox", "b.connbox"}, "client-eviction": {"a.txt"}, "ok-restart": {"a.dump.zst"},
		"undetermined-three-samples": {"c.txt"}} {
		in := incident(t, root, name)
		before := saidOf(t, in)
		whole, err := os.Stat(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range outs {
			want(t, 0, "minimize", in, "-o", out)
			if after := saidOf(t, out); after != before {
				t.Errorf("%s as %s: %s, was %s", name, out, after, before)
			}
			text, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			times := map[string]int64{"a.connbox": 3, "b.connbox": 3, "a.dump.zst": 20}[out]
			if int64(len(text))*times > whole.Size() {
				t.Errorf("%s as %s: %d bytes of %d", name, out, len(text), whole.Size())
			}
			for _, private := range []string{"127.7", "invoices", "run_id:"} {
				if strings.Contains(string(text), private) {
					t.Errorf("%s: %q is in %s", name, private, out)
				}
			}
		}
	}
	a, _ := os.ReadFile("a.connbox")
	if b, _ := os.ReadFile("b.connbox"); string(a) != string(b) {
		t.Error("two bundles of one recording differ")
	}
	// What a killed run has left is in nobody's way.
	write(t, ".c.txt.minimize.tmp", "")
	want(t, 0, "minimize", "undetermined-three-samples.dump.zst", "-o", "c.txt", "--force")
	if left, _ := filepath.Glob(".*"); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestMinimizeBadUse(t *testing.T) {
	root := workDir(t)
	in := incident(t, root, "undetermined-three-samples")
	write(t, "there.connbox", "x")
	write(t, "prose.txt", "dear all\n")
	write(t, "two.txt", "### cache-1\n# Clients\nconnected_clients:412\nmaxclients:1000\n### cache-2\n# Clients\nconnected_clients:87\nmaxclients:1000\n")
	os.Mkdir("dir", 0o755)
	for _, c := range []struct {
		code int
		args []string
	}{
		{2, []string{in}}, {2, []string{in, "-o", "-"}}, {2, []string{in, "-o", "there.connbox"}}, {2, []string{in, "-o", "dir"}},
		{2, []string{in, "-o", "none/x.connbox"}}, {2, []string{in, "-o", in, "--force"}}, {2, []string{in, "-o", "x.connbox", "--tries", "0"}},
		{3, []string{"prose.txt", "-o", "x.connbox"}}, {3, []string{"none.txt", "-o", "x.connbox"}}, {2, []string{"-o", "x.connbox"}},
		{3, []string{"two.txt", "-o", "x.connbox"}},
	} {
		r := want(t, c.code, append([]string{"minimize"}, c.args...)...)
		if strings.Count(r.err, "\n") != 1 {
			t.Errorf("%v: %s", c.args, r.err)
		}
	}
	if _, err := os.Stat("x.connbox"); err == nil {
		t.Error("something was written")
	}
}
