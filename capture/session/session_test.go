package session

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

func options(s *testserver.Server) capture.Options {
	return capture.Options{Target: capture.Target{Host: "127.0.0.1", Port: s.Port}, Info: 100 * time.Millisecond, Clients: 200 * time.Millisecond}
}

// TestSession: what happens between Start and Stop is in the bundle, with a sample before and one
// after it, and the notes.
func TestSession(t *testing.T) {
	server := testserver.Start(t)
	path := filepath.Join(t.TempDir(), "x.connbox")
	s, err := Start(t.Context(), options(server), path, "test")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	s.Note("one is here")
	if err := s.Answered(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	c.Close()
	time.Sleep(50 * time.Millisecond)
	if err := s.Answered(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s.Note("too late") // is no error and waits for nobody
	src, err := parse.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var rows []int
	marks := ""
	for src.Scan() {
		switch x := src.Record().(type) {
		case *record.Clients:
			rows = append(rows, len(x.Rows))
		case *record.Mark:
			marks += x.Text + "\n"
		}
	}
	if err := src.Err(); err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, n := range rows {
		most = max(most, n)
	}
	if len(rows) < 3 || rows[0] != 1 || most != 2 || rows[len(rows)-1] != 1 || !strings.Contains(marks, "one is here") {
		t.Errorf("connections %v, marks %q", rows, marks)
	}
}

// TestClear: a recording makes room for the next, and so does an empty file; nothing else does.
func TestClear(t *testing.T) {
	dir := t.TempDir()
	server := testserver.Start(t)
	path := filepath.Join(dir, "x.connbox")
	s, err := Start(t.Context(), options(server), path, "test")
	if err != nil {
		t.Fatal(err)
	}
	if Clear(path) == nil {
		t.Error("a recording that runs was cleared away")
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"empty": "", "notes.md": "precious"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{"x.connbox": true, "empty": true, "none": true, "notes.md": false, ".": false} {
		if err := Clear(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}

// TestStartFails: without a server there is no session and no file.
func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	o := capture.Options{Target: capture.Target{Host: "127.0.0.1", Port: 1}}
	_, err := Start(t.Context(), o, filepath.Join(dir, "x.connbox"), "test")
	var refused *capture.ConnectError
	if !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	server := testserver.Start(t)
	over, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Start(over, options(server), filepath.Join(dir, "y.connbox"), "test"); err == nil {
		t.Error("a session of a context that is over")
	}
}
