//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/fixtures/testserver"
)

// TestRecordTest runs commands around a real server: what passes, fails, hangs, leaves something
// behind, and what cannot be run.
func TestRecordTest(t *testing.T) {
	workDir(t)
	server := testserver.Start(t)
	port := strconv.Itoa(server.Port)
	subscribe := "redis-cli -p " + port + " subscribe x </dev/null >/dev/null 2>&1 & until redis-cli -p " + port + " pubsub numsub x | grep -q 1; do sleep 0.05; done"
	write(t, "wrong.yaml", "expect: 1\nbudgets: {speed: 1}\n")
	write(t, "slow.yaml", "expect: 1\nbudgets:\n  samples: '>= 1000'\n")
	for name, c := range map[string]struct {
		code int
		says string
		args []string
	}{
		"passes":          {0, "ok    true", []string{"--", "true"}},
		"budget met":      {0, "1 passed", []string{"--budget", "max_connections: 3", "--", "redis-cli", "-p", port, "ping"}},
		"fails":           {1, "the command ended with status 7", []string{"--", "sh", "-c", "exit 7"}},
		"killed":          {1, "ended by a signal", []string{"--", "sh", "-c", "kill -9 $$"}},
		"hangs":           {1, "did not end within 400ms and was ended", []string{"--limit", "400ms", "--", "sleep", "600"}},
		"hangs in a trap": {1, "did not end within 300ms", []string{"--limit", "300ms", "--", "sh", "-c", "sleep 600 & wait"}},
		"leaves one":      {1, "connections_left 1, want at most 0", []string{"--", "sh", "-c", subscribe}},
		"leaves a quiet":  {0, "the command left processes running; they were ended", []string{"--", "sh", "-c", "sleep 600 >/dev/null 2>&1 &"}},
		"budget broken":   {1, "max_connections 1, want at most 0", []string{"--budget", "max_connections: 0", "--", "true"}},
		"expectation":     {1, "slow.yaml:3", []string{"--expect", "slow.yaml", "--", "true"}},
		"too short":       {4, "growth_per_min not known, want < 1", []string{"--budget", "growth_per_min < 1", "--", "true"}},
		"no command":      {2, "", []string{"--"}},
		"no dashes":       {2, "", []string{"true"}},
		"no such command": {2, "", []string{"--", "no-such-command"}},
		"no program":      {2, "", []string{"--", "./wrong.yaml"}},
		"wrong budget":    {2, "", []string{"--budget", "speed: 1", "--", "true"}},
		"wrong file":      {2, "", []string{"--expect", "wrong.yaml", "--", "true"}},
		"no file":         {2, "", []string{"--expect", "none.yaml", "--", "true"}},
		"too often":       {2, "", []string{"--every", "1ms", "--", "true"}},
		"no server":       {5, "", []string{"-p", "1", "--", "touch", "was-run"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"record-test", "-p", port, "--settle", "200ms"}, c.args...)
			began := time.Now()
			r := want(t, c.code, args...)
			if !strings.Contains(r.out, c.says) || c.says == "" && (r.out != "" || strings.Count(r.err, "\n") != 1) {
				t.Errorf("%q, %q", r.out, r.err)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			left, _ := filepath.Glob("record-test-*.connbox")
			if kept := c.code == 1 || c.code == 4; (len(left) == 1) != kept {
				t.Errorf("recordings left: %v", left)
			}
			for _, f := range left {
				want(t, 0, "analyze", f)
				os.Remove(f)
			}
		})
	}
	if _, err := os.Stat("was-run"); err == nil {
		t.Error("the command was run without a recording")
	}
}

// TestRecordTestOutput: the command's output does not get into a format for programs, and the
// recording is where it is asked for.
func TestRecordTestOutput(t *testing.T) {
	workDir(t)
	port := strconv.Itoa(testserver.Start(t).Port)
	args := []string{"record-test", "-p", port, "--settle", "0s", "-o", "json", "--bundle", "x.connbox", "--", "echo", "hello"}
	for range 2 { // the second replaces the bundle of the first
		r := want(t, 0, args...)
		var v struct{ Passed int }
		if err := json.Unmarshal([]byte(r.out), &v); err != nil || v.Passed != 1 || !strings.Contains(r.err, "hello\n") {
			t.Errorf("%v: %q, %q", err, r.out, r.err)
		}
	}
	want(t, 0, "analyze", "x.connbox")
	if r := want(t, 0, "record-test", "-p", port, "--settle", "0s", "--", "echo", "hello"); !strings.HasPrefix(r.out, "hello\nok    echo") {
		t.Errorf("%q", r.out)
	}
	// Nothing but a recording is replaced, and no report goes where the recording does.
	os.Mkdir("dir", 0o755)
	write(t, "notes.md", "precious")
	write(t, "e.yaml", "expect: 1\nbudgets: {refused: 0}\n")
	for _, args := range [][]string{{"--bundle", "dir"}, {"--bundle", "notes.md"}, {"--expect", "e.yaml", "--bundle", "e.yaml"}, {"--bundle", "y.connbox", "-o", "json:y.connbox"},
		{"--expect", "e.yaml", "-o", "json:e.yaml"}} {
		want(t, 2, slices.Concat([]string{"record-test", "-p", port}, args, []string{"--", "touch", "was-run"})...)
	}
	if text, _ := os.ReadFile("notes.md"); string(text) != "precious" {
		t.Error("a file was replaced that is no recording")
	}
	if _, err := os.Stat("was-run"); err == nil {
		t.Error("the command was run")
	}
	write(t, "empty", "") // as mktemp makes one
	want(t, 0, "record-test", "-p", port, "--settle", "0s", "--bundle", "empty", "--", "true")
}

// TestRecordTestInterrupted: the command is asked to end, and the recording so far is whole.
func TestRecordTestInterrupted(t *testing.T) {
	workDir(t)
	port := strconv.Itoa(testserver.Start(t).Port)
	ctx, stop := context.WithCancel(t.Context())
	var out safeBuffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"record-test", "-p", port, "--bundle", "x.connbox", "--", "sh", "-c", "trap 'echo ended; exit 0' TERM; echo begun; sleep 600 & wait"},
			cli.World{In: strings.NewReader(""), Out: &out, Err: &out, Env: func(string) (string, bool) { return "", false }})
	}()
	until(t, "the command", func() bool { return strings.Contains(out.String(), "begun") })
	stop()
	if code := <-done; code != int(cli.StatusInterrupted) || !strings.Contains(out.String(), "ended") {
		t.Errorf("status %d: %s", code, out.String())
	}
	want(t, 0, "analyze", "x.connbox")
}

// TestRecordTestInterruptedTwice: a command that does not end when it is asked to is not left behind.
func TestRecordTestInterruptedTwice(t *testing.T) {
	workDir(t)
	port := strconv.Itoa(testserver.Start(t).Port)
	ctx, stop := context.WithCancel(t.Context())
	kill := make(chan struct{})
	var out safeBuffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"record-test", "-p", port, "--", "sh", "-c", "trap '' TERM; echo $$ >pid; echo begun; while :; do sleep 600; done"},
			cli.World{In: strings.NewReader(""), Out: &out, Err: &out, Env: func(string) (string, bool) { return "", false }, Kill: kill})
	}()
	until(t, "the command", func() bool { return strings.Contains(out.String(), "begun") })
	stop()
	close(kill)
	if code := <-done; code != int(cli.StatusInterrupted) {
		t.Errorf("status %d", code)
	}
	text, err := os.ReadFile("pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the end of the command", func() bool { return syscall.Kill(-pid, 0) != nil })
}

// TestRecordTestInterruptedEarly: asked to stop before the recording has begun, it ends as interrupted and
// leaves nothing.
func TestRecordTestInterruptedEarly(t *testing.T) {
	workDir(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		c, err := l.Accept()
		if err == nil {
			defer c.Close()
			stop() // it has connected, and waits for an answer
			<-t.Context().Done()
		}
	}()
	r := invokeEnv(t, ctx, nil, "record-test", "-p", strconv.Itoa(l.Addr().(*net.TCPAddr).Port), "--", "touch", "was-run")
	left, _ := filepath.Glob("*")
	if r.code != int(cli.StatusInterrupted) || left != nil {
		t.Errorf("status %d, %q: %s", r.code, left, r.err)
	}
}

// A safeBuffer may be written by several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestRecordTestServerGone: a server that the test takes down is a recording, too.
func TestRecordTestServerGone(t *testing.T) {
	workDir(t)
	port := strconv.Itoa(testserver.Start(t).Port)
	r := want(t, 0, "record-test", "-p", port, "--settle", "100ms", "--budget", "max_connections: 5", "--", "redis-cli", "-p", port, "shutdown", "nosave")
	if !strings.Contains(r.out, "the server did not answer within") {
		t.Error(r.out)
	}
	// Nobody listens there any more, and no connection of ours is left.
	if c, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
		c.Close()
		t.Error("the server is there still")
	} else if !strings.Contains(err.Error(), syscall.ECONNREFUSED.Error()) {
		t.Error(err)
	}
}
