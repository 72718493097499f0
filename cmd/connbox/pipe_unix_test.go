//go:build unix

package main

import (
	"cmp"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A pipe that lies among the expectations, or that one names as its input, is not waited for.
func TestCheckDoesNotWaitForPipes(t *testing.T) {
	workDir(t)
	for _, name := range []string{"a.expect.json", "in.txt"} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := invoke(t, "check", "."); r.code != 2 || !strings.Contains(r.out, "a.expect.json is no regular file") {
		t.Errorf("%+v", r)
	}
	write(t, "b.expect.json", `{"expect": 1, "input": "in.txt", "verdict": "healthy"}`)
	if r := invoke(t, "check", "b.expect.json"); r.code != 3 || !strings.Contains(r.out, "in.txt is no regular file") {
		t.Errorf("%+v", r)
	}
}

// TestNamedPipe: what a shell gives as <(…) is read as standard input is: once, or by way of a
// temporary file where it takes more.
func TestNamedPipe(t *testing.T) {
	root := workDir(t)
	incident := incident(t, root, "leak-named")
	want(t, 0, "import", "-q", incident, "-o", "in.connbox")
	for _, c := range []struct {
		from string
		args []string
		code int
		says string // to standard error
	}{
		{incident, []string{"analyze", "-q", "p"}, 0, ""},
		{incident, []string{"report", "-q", "p", "-o", "html:p.html"}, 0, ""},
		{"in.connbox", []string{"report", "-q", "p", "-o", "html:p2.html"}, 0, ""},
		{"in.connbox", []string{"redact", "-q", "p", "-o", "r.connbox"}, 0, ""},
		{incident, []string{"replay", "-q", "p", "--at", "16:50"}, 2, "the day is not known before p is read"},
		{"in.connbox", []string{"cut", "-q", "--from", "-5m", "p", "-o", "c.connbox"}, 2, "-5m counts from an end of the recording, which is not known of p: it can be read once"},
	} {
		data, err := os.ReadFile(c.from)
		if err := cmp.Or(err, syscall.Mkfifo("p", 0o600)); err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile("p", os.O_RDWR, 0) // does not wait for a reader
		if err != nil {
			t.Fatal(err)
		}
		written := make(chan error, 1)
		go func() {
			_, err := w.Write(data)
			written <- cmp.Or(w.Close(), err)
		}()
		r := invoke(t, c.args...)
		if r.code != c.code || !strings.Contains(r.err, c.says) {
			t.Errorf("%q: %d, %s", c.args, r.code, r.err)
		}
		if c.code == 0 {
			if err := <-written; err != nil {
				t.Error(err)
			}
		}
		if err := os.Remove("p"); err != nil {
			t.Fatal(err)
		}
	}
	if page := read(t, "p.html"); !strings.Contains(page, "What stands there") {
		t.Error("a page from a pipe quotes nothing")
	}
}
