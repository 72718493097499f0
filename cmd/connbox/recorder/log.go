package recorder

import (
	"fmt"
	"time"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/cmd/connbox/cli"
)

// quietFor is how long a recording that sees nothing waits before it says so again.
const quietFor = time.Minute

// A captureLog says on standard error, where that is no terminal, what a recording without an
// operator would else go through in silence: that the server refuses or does not answer, at
// most once a minute, and that it does again.
type captureLog struct {
	failures int64     // seen so far
	first    int64     // failures before the trouble began
	since    time.Time // when it began; zero = there is none
	noted    time.Time
}

// line gives what is to be said after a record; empty for nothing.
func (l *captureLog) line(p capture.Progress, now time.Time) string {
	failed := p.Failures > l.failures
	before := l.failures
	l.failures = p.Failures
	switch {
	case failed:
		if l.since.IsZero() {
			l.since, l.first = now, before
		}
		if !l.noted.IsZero() && now.Sub(l.noted) < quietFor {
			return ""
		}
		l.noted = now
		if n := p.Failures - l.first; n > 1 {
			return fmt.Sprintf("%d failures in %v, the last: %s", n, now.Sub(l.since).Round(time.Second), p.Failed)
		}
		return p.Failed
	case l.since.IsZero() || !p.Connected:
		return ""
	}
	lasted, n := now.Sub(l.since), p.Failures-l.first
	l.since = time.Time{}
	if lasted < 2*time.Second {
		return ""
	}
	return fmt.Sprintf("recording again after %v and %s", lasted.Round(time.Second), cli.Plural(n, "failure"))
}

// progress shows on a terminal how the recording goes, four times a second at most; off
// one, it says once that the recording has begun.
func (r *captureRun) progress(p capture.Progress) {
	r.state.set(p)
	r.notify.alive(time.Now())
	if r.a.Flags.Quiet {
		return
	}
	if !r.connected && p.Connected {
		r.connected = true
		if _, ok := cli.Terminal(r.a.Err); !ok {
			r.a.Note("recording %s into %s%s", r.opts.Target.Addr(), r.output, cli.Unless(!r.ring.on(), ", which keeps "+r.ring.roomWords()))
		}
	}
	now := time.Now()
	if _, ok := cli.Terminal(r.a.Err); !ok {
		if line := r.log.line(p, now); line != "" {
			r.a.Note("%s", cli.Safe(line))
		}
		return
	}
	if now.Sub(r.shown) < 250*time.Millisecond {
		return
	}
	r.shown, r.progressed = now, true
	line := fmt.Sprintf("recording %s: %s", r.opts.Target.Addr(), cli.Plural(p.Records, "record"))
	if p.Clients >= 0 {
		line += fmt.Sprintf(", %s", cli.Plural(p.Clients, "client"))
		if p.MaxClients >= 0 {
			line += fmt.Sprintf(" of %d", p.MaxClients)
		}
	}
	if p.Rejected > 0 {
		line += fmt.Sprintf(", %d refused", p.Rejected)
	}
	if !p.Connected {
		line += ", not connected: " + p.Failed
	}
	line = cli.Safe(line)
	if w := r.a.Width(); len(line) >= w {
		line = line[:w-1]
	}
	fmt.Fprintf(r.a.Err, "\r\x1b[K%s", line)
}
