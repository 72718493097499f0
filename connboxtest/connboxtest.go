// Package connboxtest records a Redis server during a Go test and holds the recording to budgets: a
// test that leaks connections, opens too many, or is refused some, fails.
//
//	func TestCheckout(t *testing.T) {
//		connboxtest.Record(t, connboxtest.Options{
//			Addr:    "127.0.0.1:6379",
//			Budgets: []string{"max_connections: 20", "growth_per_min < 30", "connections_left: 0", "refused: 0"},
//		})
//		// … the test, which closes its clients by t.Cleanup or defer
//	}
//
// The quantities are those of docs/expectations.md; connbox record-test does the same around any
// command. The server should be the test's own: what others do to it counts as well. The recorder
// itself holds one connection, which is in all counts.
package connboxtest

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/expect"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/session"
	"github.com/connbox/connbox/parse"
)

// Options say which server to record, and what must hold.
type Options struct {
	// Addr is the server's: "127.0.0.1:6379", or a URI as redis://user:password@host:6379. Empty is
	// 127.0.0.1:6379.
	Addr string
	// Budgets are lines as "max_connections: 20" and "growth_per_min < 0.5" (docs/expectations.md).
	// Empty: refused: 0 and connections_left: 0.
	Budgets []string
	// Every is how often INFO is asked for; 0 is every 200 ms. CLIENT LIST is asked for every second,
	// or as often as that where it is less often.
	Every time.Duration
	// Settle is how long the server may take, after the test, to see that connections were closed. 0 is
	// a second.
	Settle time.Duration
	// Bundle is where the recording is kept; that of the run before is replaced. Empty: among the test's
	// artifacts (go test -artifacts).
	Bundle string
}

// A Recording runs until Check, or until the test is over.
type Recording struct {
	t     testing.TB
	o     Options
	path  string
	s     *session.Session
	e     *expect.Expectation
	began time.Time

	mu      sync.Mutex
	checked bool
}

// Record begins to record; where the server does not answer, the test fails at once. When the test
// and the clean-up functions that it registers from here on are over, the recording ends and is
// held to the budgets.
func Record(t testing.TB, o Options) *Recording {
	t.Helper()
	r := &Recording{t: t, o: o, path: o.Bundle, began: time.Now()}
	if len(o.Budgets) == 0 {
		r.o.Budgets = []string{"refused: 0", "connections_left: 0"}
	}
	e, problems := expect.OfBudgets(r.o.Budgets, false, nil)
	for _, p := range problems {
		t.Errorf("connboxtest: %s", p.Text)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	target, err := targetOf(o.Addr)
	if err != nil {
		t.Fatalf("connboxtest: %v", err)
	}
	if r.path == "" {
		r.path = filepath.Join(t.ArtifactDir(), "connbox.connbox")
	} else if err := session.Clear(r.path); err != nil {
		t.Fatalf("connboxtest: %v", err)
	}
	r.e = e
	every := o.Every
	if every == 0 {
		every = 200 * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := session.Start(context.WithoutCancel(ctx), capture.Options{Target: target, Info: every, Clients: max(every, time.Second), Budget: 0.01}, r.path, "connboxtest")
	if err != nil {
		t.Fatalf("connboxtest: %v", err)
	}
	r.s = s
	s.Note("test begins: " + t.Name())
	t.Cleanup(r.Check)
	return r
}

// targetOf reads an address or a URI.
func targetOf(addr string) (capture.Target, error) {
	if addr == "" {
		addr = "127.0.0.1:6379"
	}
	if !strings.Contains(addr, "://") {
		addr = "redis://" + addr
	}
	return capture.ParseURI(addr)
}

// Check ends the recording now, and fails the test for each budget that is not met, or that the
// recording is too short to say anything of. Further calls do nothing.
func (r *Recording) Check() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.checked {
		return
	}
	r.checked = true
	over := time.Now()
	settle := r.o.Settle
	if settle == 0 {
		settle = time.Second
	}
	r.s.Note("test ends: " + r.t.Name())
	ctx, cancel := context.WithTimeout(context.Background(), settle+5*time.Second)
	defer cancel()
	err := r.s.Answered(ctx, over.Add(settle))
	if err = errors.Join(err, r.s.Stop()); err != nil {
		r.t.Errorf("connboxtest: the recording did not end as it should: %v", err)
		return
	}
	src, err := parse.Open(r.path)
	if err != nil {
		r.t.Errorf("connboxtest: %v", err)
		return
	}
	defer src.Close()
	tl, err := timeline.Collect(src)
	if err != nil {
		r.t.Errorf("connboxtest: %v", err)
		return
	}
	diffs := r.e.Judge(&expect.Measured{Report: analyze.Run(tl, analyze.Options{}), Timeline: tl, Until: over})
	for i := range diffs {
		d := &diffs[i]
		if d.Unknown {
			r.t.Errorf("connboxtest: %s (not enough data to say; the test took %v)", d, over.Sub(r.began).Round(10*time.Millisecond))
		} else {
			r.t.Errorf("connboxtest: %s", d)
		}
	}
	if len(diffs) > 0 {
		r.t.Logf("connboxtest: the recording: connbox analyze %s", r.path)
	}
}
