package recorder

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/spool"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/record"
)

// quietFor is how long nothing is said of a kind that was said just now.
const quietFor = time.Minute

// A captureLog says on standard error, where that is no terminal, what a recording without an
// operator would else go through in silence: what the server denies, that it refuses or does
// not answer and that it does again, that the disk takes nothing. No kind is said twice a minute.
type captureLog struct {
	tell     func(slog.Level, string, ...slog.Attr) // of an event, in words and in numbers
	failures int64                                  // seen so far
	first    int64                                  // failures before the trouble began
	since    time.Time                              // when it began; zero = there is none
	disk     time.Time                              // since when the disk takes nothing; zero = it does
	denied   map[string]string                      // by command, the words of the last refusal
	told     map[string]time.Time                   // by kind
}

// event says something unless its kind was said within a minute.
func (l *captureLog) event(kind string, now time.Time, level slog.Level, text string, attrs ...slog.Attr) {
	if last, ok := l.told[kind]; ok && now.Sub(last) < quietFor {
		return
	}
	if l.told == nil {
		l.told = map[string]time.Time{}
	}
	l.told[kind] = now
	l.tell(level, text, append([]slog.Attr{slog.String("event", kind)}, attrs...)...)
}

// seen says what is new after a record.
func (l *captureLog) seen(p capture.Progress, disk spool.Trouble, now time.Time) {
	l.writes(disk, now)
	failed, before := p.Failures > l.failures, l.failures
	l.failures = p.Failures
	switch {
	case failed && p.FailedAs == record.FailPerm && p.Connected:
		if l.denied == nil {
			l.denied = map[string]string{}
		}
		if l.denied[p.FailedAt] != p.Failed {
			l.denied[p.FailedAt] = p.Failed
			l.event("denied "+p.FailedAt, now, slog.LevelWarn, fmt.Sprintf("denied: %s: %s", p.FailedAt, p.Failed), slog.String("command", p.FailedAt))
		}
	case failed:
		if l.since.IsZero() {
			l.since, l.first = now, before
		}
		text, n := p.Failed, p.Failures-l.first
		if n > 1 {
			text = fmt.Sprintf("%d failures in %v, the last: %s", n, now.Sub(l.since).Round(time.Second), p.Failed)
		}
		l.event("failing", now, slog.LevelWarn, text, slog.Int64("failures", n), slog.Time("since", l.since.UTC()),
			slog.String("class", string(p.FailedAs)), slog.String("command", p.FailedAt))
	case !l.since.IsZero() && p.Connected:
		lasted, n := now.Sub(l.since), p.Failures-l.first
		l.since = time.Time{}
		if lasted >= 2*time.Second {
			l.event("recording again", now, slog.LevelInfo, fmt.Sprintf("recording again after %v and %s", lasted.Round(time.Second), cli.Plural(n, "failure")),
				slog.Int64("failures", n), slog.Float64("seconds", lasted.Seconds()))
		}
	}
}

// writes says that the disk takes nothing, or does again.
func (l *captureLog) writes(t spool.Trouble, now time.Time) {
	switch {
	case t.Err != nil:
		if l.disk.IsZero() {
			l.disk = t.Since
		}
		l.event("disk", now, slog.LevelError, fmt.Sprintf("the recording is not written: %v; %s wait in memory, %d lost", t.Err, cli.Plural(int64(t.Held), "record"), t.Lost),
			slog.Int("waiting", t.Held), slog.Int64("lost", t.Lost))
	case !l.disk.IsZero():
		l.event("disk again", now, slog.LevelInfo, fmt.Sprintf("written again after %v", now.Sub(l.disk).Round(time.Second)), slog.Int64("lost", t.Lost))
		l.disk = time.Time{}
	}
}

// tell says an event: as a line, or with --log-format as a structured one.
func (r *captureRun) tell(level slog.Level, text string, attrs ...slog.Attr) {
	if r.name != "" && r.a.Logger != nil {
		attrs = append(attrs, slog.String("target", r.name))
	} else if r.name != "" {
		text = r.name + ": " + text
	}
	if r.a.Logger != nil {
		r.a.Logger.LogAttrs(context.Background(), level, text, attrs...)
		return
	}
	r.a.Note("%s", text)
}

// logger makes the log that --log-format asks for.
func (r *captureRun) logger() error {
	o := &slog.HandlerOptions{}
	switch r.logFormat {
	case "plain":
	case "text":
		r.a.Logger = slog.New(slog.NewTextHandler(r.a.Err, o))
	case "json":
		r.a.Logger = slog.New(slog.NewJSONHandler(r.a.Err, o))
	default:
		return cli.Exitf(cli.StatusUsage, "--log-format %s: plain, text or json", r.logFormat)
	}
	return nil
}

// unattended tells that nobody watches standard error.
func (r *captureRun) unattended() bool {
	_, tty := cli.Terminal(r.a.Err)
	return !tty || r.a.Logger != nil || r.name != ""
}

// progress shows on a terminal how the recording goes, four times a second at most; off
// one, it says what is worth a line.
func (r *captureRun) progress(p capture.Progress) {
	r.state.set(p)
	r.notify.alive(time.Now())
	if r.a.Flags.Quiet {
		return
	}
	now := time.Now()
	if r.unattended() {
		if !r.connected && p.Connected {
			r.connected = true
			r.a.Note("recording %s into %s%s", r.opts.Target.Addr(), r.output, cli.Unless(!r.ring.on(), ", which keeps "+r.ring.roomWords()))
		}
		r.log.seen(p, r.spool.Trouble(), now)
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
