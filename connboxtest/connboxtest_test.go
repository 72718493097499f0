package connboxtest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
)

// A fake is a test that may fail.
type fake struct {
	testing.TB
	cleanup []func()
	said    []string
	fatal   bool
}

func (f *fake) Helper()                 {}
func (f *fake) Cleanup(fn func())       { f.cleanup = append(f.cleanup, fn) }
func (f *fake) Logf(s string, a ...any) {}
func (f *fake) Errorf(s string, a ...any) {
	f.said = append(f.said, fmt.Sprintf(s, a...))
}
func (f *fake) Fatalf(s string, a ...any) {
	f.Errorf(s, a...)
	f.FailNow()
}
func (f *fake) FailNow() {
	f.fatal = true
	runtime.Goexit()
}

// run runs a test and its clean-ups, the last first, and gives what it said.
func run(t *testing.T, test func(*fake)) *fake {
	f := &fake{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for i := len(f.cleanup) - 1; i >= 0; i-- {
				f.cleanup[i]()
			}
		}()
		test(f)
	}()
	<-done
	return f
}

func TestRecord(t *testing.T) {
	server := testserver.Start(t)
	dial := func(t *fake) net.Conn {
		c, err := net.Dial("tcp", server.Addr())
		if err != nil {
			t.Fatalf("%v", err)
		}
		return c
	}
	keep := filepath.Join(t.TempDir(), "x.connbox")
	other := filepath.Join(t.TempDir(), "notes.md")
	if err := os.WriteFile(other, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	var left net.Conn
	for name, c := range map[string]struct {
		o    Options
		test func(*fake)
		want string // of each message its beginning, separated by |; empty: it passes
	}{
		"nothing happens": {Options{}, func(t *fake) {}, ""},
		"closed in a clean-up": {Options{Bundle: keep}, func(t *fake) {
			c := dial(t)
			t.Cleanup(func() { c.Close() })
		}, ""},
		"over another file": {Options{Bundle: other}, func(t *fake) {}, "connboxtest: " + other + " exists and is no recording"},
		"left open":         {Options{}, func(t *fake) { left = dial(t) }, "connboxtest: connections_left 1, want at most 0"},
		"too short":         {Options{Budgets: []string{"growth_per_min < 1"}}, func(t *fake) {}, "connboxtest: growth_per_min not known, want < 1 (not enough data to say"},
		"wrong budgets": {Options{Budgets: []string{"speed: 1", "refused: -1"}}, func(t *fake) {},
			`connboxtest: budgets: refused "-1": it cannot be below 0|connboxtest: budgets: unknown quantity "speed"`},
		"no such server":   {Options{Addr: "127.0.0.1:1"}, func(t *fake) {}, "connboxtest: "},
		"no such password": {Options{Addr: "redis://nobody:wrong@" + server.Addr()}, func(t *fake) {}, "connboxtest: "},
		"no address":       {Options{Addr: "redis://h:port"}, func(t *fake) {}, "connboxtest: "},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Settle = 300 * time.Millisecond
			if c.o.Addr == "" {
				c.o.Addr = server.Addr()
			}
			f := run(t, func(f *fake) {
				Record(f, c.o)
				c.test(f)
			})
			var want []string
			if c.want != "" {
				want = strings.Split(c.want, "|")
			}
			if len(f.said) != len(want) {
				t.Fatalf("%q", f.said)
			}
			for i := range want {
				if !strings.HasPrefix(f.said[i], want[i]) || strings.Contains(f.said[i], "wrong@") {
					t.Errorf("%q, want %q", f.said[i], want[i])
				}
			}
		})
	}
	if left != nil {
		left.Close()
	}
	if _, err := os.Stat(keep); err != nil {
		t.Error(err)
	}
	// The same test once more, as with go test -count 2.
	if f := run(t, func(f *fake) { Record(f, Options{Addr: server.Addr(), Bundle: keep, Settle: time.Millisecond}) }); f.said != nil {
		t.Errorf("%q", f.said)
	}
}
