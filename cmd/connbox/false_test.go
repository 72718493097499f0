package main

import (
	"os"
	"strings"
	"testing"
)

// TestBare: the program alone says how to begin.
func TestBare(t *testing.T) {
	got := want(t, 0)
	if n := strings.Count(got.out, "\n"); n > 10 || !strings.Contains(got.out, "connbox analyze") || got.err != "" {
		t.Errorf("%d lines: %+v", n, got)
	}
}

// TestNoPlaceBeyondTheEnd: a line behind the last is no place.
func TestNoPlaceBeyondTheEnd(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	r := want(t, 3, "export", "i.txt", "--at", "99999999")
	if r.out != "" || !strings.Contains(r.err, "nothing stands at 99999999") {
		t.Errorf("%+v", r)
	}
	want(t, 0, "export", "i.txt", "--at", "25")
}

// TestReportKeepsWhatIsNotItsOwn: a file of the report's name that somebody else wrote stays.
func TestReportKeepsWhatIsNotItsOwn(t *testing.T) {
	workDir(t)
	write(t, "i.txt", dump(3))
	write(t, "i.md", "my own notes\n")
	want(t, 2, "report", "i.txt")
	if b, _ := os.ReadFile("i.md"); string(b) != "my own notes\n" {
		t.Errorf("%s", b)
	}
	want(t, 0, "report", "--force", "i.txt")
	want(t, 0, "report", "i.txt")
}

// TestReplay: the list at a moment is the last one before it, and names are inert.
func TestReplay(t *testing.T) {
	workDir(t)
	write(t, "i.txt", strings.ReplaceAll(dump(12), "name=app", "name=a\x1b[31m\u202epp"))
	got := want(t, 0, "replay", "i.txt", "--at", "2026-03-01T12:01:05Z").out
	if !strings.Contains(got, "AT 2026-03-01 12:01:00 UTC") || !strings.Contains(got, " 25 ") || strings.ContainsAny(got, "\x1b\u202e") {
		t.Errorf("%q", got)
	}
	if got := want(t, 0, "replay", "i.txt").out; strings.Count(got, "\n") != 12 {
		t.Errorf("%s", got)
	}
	want(t, 3, "replay", "i.txt", "--at", "2026-03-01T11:00:00Z")
	want(t, 2, "replay", "i.txt", "--at", "soon")
}
