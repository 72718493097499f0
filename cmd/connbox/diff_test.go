package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// halves cuts a recorded leak in two, where it begins.
func halves(t *testing.T) {
	t.Helper()
	leak := filepath.Join(workDir(t), "..", "..", "fixtures", "incidents", "leak-named.dump.zst")
	want(t, 0, "cut", "-q", leak, "-o", "quiet.connbox", "--to", "2026-08-18T13:07:30Z")
	want(t, 0, "cut", "-q", leak, "-o", "bad.connbox", "--from", "2026-08-18T13:07:30Z")
}

// TestDiff: a recorded incident against the quiet minutes before it.
func TestDiff(t *testing.T) {
	halves(t)
	fixed := want(t, 0, "diff", "bad.connbox", "quiet.connbox").out
	for _, s := range []string{"OUTCOME  Fixed", "Growth of invoices fell from 5.3 to 0.0 a minute: fixed, 0.99.", "invoices", "the second recording is older"} {
		if !strings.Contains(fixed, s) {
			t.Errorf("no %q in:\n%s", s, fixed)
		}
	}
	if n := strings.Count(fixed, "\n"); n > 35 {
		t.Errorf("%d lines", n)
	}
	want(t, 0, "diff", "quiet.connbox", "bad.connbox", "-o", "json:d.json", "-o", "md:d.md", "-o", "html:d.html")
	text, err := os.ReadFile("d.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Outcome struct {
			Status, Subject string
			Confidence      float64
		}
		Apps []struct{ Label string }
	}
	if err := json.Unmarshal(text, &d); err != nil || d.Outcome.Status != "began" || d.Outcome.Subject != "invoices" || d.Outcome.Confidence < 0.9 || len(d.Apps) < 3 {
		t.Errorf("%v %+v", err, d)
	}
	for _, f := range []string{"d.md", "d.html"} {
		if b, err := os.ReadFile(f); err != nil || !strings.Contains(string(b), "a connection leak began") {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// TestDiffOfWhatHardlyCompares: it says so, compares what it can, and keeps its statuses.
func TestDiffOfWhatHardlyCompares(t *testing.T) {
	halves(t)
	write(t, "one.txt", dump(1))
	write(t, "none.txt", "nothing here\n")
	b, err := os.ReadFile("bad.connbox")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "cut.connbox", string(b[:len(b)*2/3]))
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{0, "the second recording has 1 sample", []string{"bad.connbox", "one.txt"}},
		{0, "Both inputs are the same recording", []string{"bad.connbox", "bad.connbox"}},
		{3, "", []string{"bad.connbox", "none.txt"}},
		{3, "", []string{"bad.connbox", "missing.txt"}},
		{3, "", []string{"cut.connbox", "quiet.connbox"}},
		{2, "", []string{"bad.connbox"}},
		{2, "", []string{"-", "-"}},
	} {
		r := want(t, c.code, append([]string{"diff"}, c.args...)...)
		if !strings.Contains(r.out, c.says) || c.code == 2 && r.out != "" {
			t.Errorf("%v: no %q in:\n%s", c.args, c.says, r.out)
		}
	}
}

// TestDiffFailOn: the outcome as an exit status, so that a recording after a deploy is a gate.
func TestDiffFailOn(t *testing.T) {
	halves(t)
	for _, c := range []struct {
		code          int
		failOn        string
		before, after string
	}{
		{1, "began", "quiet.connbox", "bad.connbox"},
		{1, "worse,began:0.9", "quiet.connbox", "bad.connbox"},
		{0, "worse", "quiet.connbox", "bad.connbox"},
		{0, "began:1", "quiet.connbox", "bad.connbox"},
		{1, "fixed", "bad.connbox", "quiet.connbox"},
		{0, "began,worse,unchanged", "bad.connbox", "quiet.connbox"},
		{4, "worse", "bad.connbox", "bad.connbox"}, // the same recording says nothing
	} {
		want(t, c.code, "diff", "--fail-on", c.failOn, c.before, c.after)
	}
	for _, bad := range []string{"wors", "worse:2", "incident"} {
		if r := invoke(t, "diff", "--fail-on", bad, "quiet.connbox", "bad.connbox"); r.code != 2 || r.out != "" {
			t.Errorf("--fail-on %s: status %d, %q", bad, r.code, r.out)
		}
	}
}
