package capture

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// kept is what a test remembers of a record.
type kept struct {
	kind    record.Kind
	head    record.Head
	command string // Failure
	class   record.FailureClass
	text    string // Failure, Mark, Info
	rows    []record.Client
	slow    []record.SlowEntry
	pairs   []record.Pair
}

// memSink keeps copies of records; at full records it fails.
type memSink struct {
	mu   sync.Mutex
	recs []kept
	full int
}

var errFull = errors.New("no space left on device")

func (s *memSink) Write(rec record.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full > 0 && len(s.recs) >= s.full {
		return errFull
	}
	k := kept{kind: rec.Kind(), head: *rec.Base()}
	switch rec := rec.(type) {
	case *record.Info:
		k.text = string(rec.Text)
	case *record.Other:
		k.command, k.text = rec.Command, string(rec.Text)
	case *record.Failure:
		k.command, k.class, k.text = rec.Command, rec.Class, rec.Text
	case *record.Mark:
		k.text = rec.Text
	case *record.Clients:
		k.rows = append(k.rows, rec.Rows...)
	case *record.Slowlog:
		for _, e := range rec.Entries {
			e.Args = append([]string(nil), e.Args...)
			k.slow = append(k.slow, e)
		}
	case *record.Config:
		k.pairs = append(k.pairs, rec.Pairs...)
	}
	s.recs = append(s.recs, k)
	return nil
}

func (s *memSink) all() []kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]kept(nil), s.recs...)
}

// count tells how many records are of a kind and, where text is given, hold it.
func (s *memSink) count(kind record.Kind, text string) int {
	n := 0
	for _, k := range s.all() {
		if k.kind == kind && (strings.Contains(k.text, text) || strings.Contains(k.command, text)) {
			n++
		}
	}
	return n
}

// A running is a Run in the background.
type running struct {
	*memSink
	t      *testing.T
	cancel context.CancelFunc
	done   chan struct{}
	stats  Stats
	err    error
}

// recording starts a Run with quick intervals; it ends with the test, and must then leave no
// goroutine behind.
func recording(t *testing.T, opts Options) *running {
	t.Helper()
	before := runtime.NumGoroutine()
	if opts.Info == 0 {
		opts.Info = leastInterval
	}
	if opts.Clients == 0 {
		opts.Clients = leastInterval
	}
	if opts.Slowlog == 0 {
		opts.Slowlog = leastInterval
	}
	if opts.Connections == 0 {
		opts.Connections = 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{memSink: &memSink{}, t: t, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.stats, r.err = Run(ctx, opts, r.memSink)
	}()
	t.Cleanup(func() {
		r.stop()
		eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before+1 })
	})
	return r
}

// stop ends the recording and gives what it returned; it must end at once.
func (r *running) stop() (Stats, error) {
	r.t.Helper()
	r.cancel()
	select {
	case <-r.done:
	case <-time.After(2 * time.Second):
		r.t.Fatal("the recording does not end with its context")
	}
	return r.stats, r.err
}

// sees waits until a record of a kind with a text has come.
func (r *running) sees(kind record.Kind, text string) {
	r.t.Helper()
	r.seesMore(kind, text, 1)
}

func (r *running) seesMore(kind record.Kind, text string, n int) {
	r.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); r.count(kind, text) < n; {
		select {
		case <-r.done:
			r.t.Fatalf("the recording ended before a record of kind %d with %q: %v", kind, text, r.err)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			for _, k := range r.all() {
				r.t.Logf("%d %s %s %.200s", k.kind, k.command, k.class, k.text)
			}
			r.t.Fatalf("no %d records of kind %d with %q", n, kind, text)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("not so in 10 s: %s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
	}
}

// targetOf is how to reach a test server.
func targetOf(s *testserver.Server) Target {
	t := Target{Host: "127.0.0.1", Port: s.Port, Socket: s.Socket}
	if s.Certs.CA != "" {
		t.TLS = &TLS{CACert: s.Certs.CA, Cert: s.Certs.Client, Key: s.Certs.ClientKey}
	}
	return t
}

// fakeServer serves each connection with serve, which is given the connection and a reader
// of commands; the connection is closed when it returns.
func fakeServer(t *testing.T, serve func(nc net.Conn, next func() []string)) Target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			wg.Add(2)
			gone := make(chan struct{})
			go func() { // a serve that reads is ended with the test
				defer wg.Done()
				select {
				case <-stop:
				case <-gone:
				}
				nc.Close()
			}()
			go func() {
				defer wg.Done()
				defer close(gone)
				br := bufio.NewReader(nc)
				serve(nc, func() []string { return readCommand(br) })
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); close(stop); wg.Wait() })
	return Target{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
}

// readCommand reads an array of bulk strings; nil at the end.
func readCommand(br *bufio.Reader) []string {
	head, err := br.ReadString('\n')
	if err != nil {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(head[1:]))
	if err != nil {
		return nil
	}
	var args []string
	for range n {
		size, err := br.ReadString('\n')
		if err != nil {
			return nil
		}
		k, err := strconv.Atoi(strings.TrimSpace(size[1:]))
		if err != nil {
			return nil
		}
		b := make([]byte, k+2)
		if _, err := io.ReadFull(br, b); err != nil {
			return nil
		}
		args = append(args, string(b[:k]))
	}
	return args
}

// answer serves commands from a table of first words and whole commands; the rest get +OK.
func answer(replies map[string]string) func(net.Conn, func() []string) {
	return func(nc net.Conn, next func() []string) {
		for args := next(); args != nil; args = next() {
			reply, ok := replies[strings.Join(args, " ")]
			if !ok {
				reply, ok = replies[args[0]]
			}
			if !ok {
				reply = "+OK\r\n"
			}
			if _, err := io.WriteString(nc, reply); err != nil {
				return
			}
		}
	}
}

func writeFile(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}
