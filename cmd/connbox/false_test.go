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
