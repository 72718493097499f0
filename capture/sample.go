package capture

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// first makes the first connection of a recording that is not to wait for one. It asks each
// probe in turn until one is permitted: a user who may ask nothing gets an error and no
// recording full of refusals. With the context ended there is no connection.
func (r *recorder) first(ctx context.Context) error {
	c, err := r.dial.connect(ctx, r.subscribes(r.lanes[0]))
	if ctx.Err() != nil {
		if err == nil {
			c.close()
		}
		return r.outOfTime(ctx, err)
	}
	if err != nil {
		return connectError(r.opts.Target.Addr(), err)
	}
	var refused error
	for i := range r.tasks {
		t := &r.tasks[i]
		_, err := t.ask(c, t.Command)
		if err == nil || isReplyError(err) && classify(err) != record.FailPerm {
			return r.connected(r.lanes[0], c)
		}
		if refused == nil {
			refused = &stepError{t.Name, err}
		}
		if !isReplyError(err) {
			break
		}
	}
	c.close()
	if ctx.Err() != nil {
		return r.outOfTime(ctx, refused)
	}
	return connectError(r.opts.Target.Addr(), refused)
}

// outOfTime says what a recording came to that ended before its first record: nil where
// the user ended it, else that no connection came about, with what it met so far.
func (r *recorder) outOfTime(ctx context.Context, err error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || r.stats.Records > 0 {
		return nil
	}
	step := connecting
	var se *stepError
	if errors.As(err, &se) {
		step = se.step
	}
	return connectError(r.opts.Target.Addr(), &stepError{step, &cutShort{after: r.opts.Duration, err: err}})
}

// A cutShort is an attempt to connect that the recording's end cut short.
type cutShort struct {
	after time.Duration
	err   error // as met; nil if there was none
}

func (e *cutShort) Error() string {
	s := fmt.Sprintf("no connection within the recording's %v", e.after)
	if e.err != nil && !errors.Is(e.err, net.ErrClosed) { // closed by the recorder itself, which says nothing
		s += ": " + words(e.err)
	}
	return s
}

// Unwrap gives a time-out, unless the server's answer came first.
func (e *cutShort) Unwrap() error {
	if e.err == nil || errors.Is(e.err, net.ErrClosed) {
		return context.DeadlineExceeded
	}
	return e.err
}

// connected takes a connection over and says so in the recording. What the server is now
// may differ from what it was: INFO and CONFIG are due at once.
func (r *recorder) connected(l *lane, c *client) error {
	alone := !r.up()
	c.timeout = 0 // from here on a late answer is waited for
	l.c = c
	l.connects++
	r.stats.Connects++
	if c.id != 0 {
		if len(r.stats.ClientIDs) >= maxIDs {
			r.stats.ClientIDs = append(r.stats.ClientIDs[:0], r.stats.ClientIDs[1:]...)
		}
		r.stats.ClientIDs = append(r.stats.ClientIDs, c.id)
		if r.opts.OnConnect != nil {
			r.opts.OnConnect(c.id)
		}
	}
	now := time.Now()
	if alone {
		r.identified, r.cluster = false, false
		r.ids.forget()
	}
	for i := range r.tasks {
		t := &r.tasks[i]
		switch {
		case t.next.IsZero(), alone && t.Name == probeInfo, alone && t.Name == probeConfig && now.Sub(t.last) > 10*time.Second:
			t.next = now
		}
		t.cost.based = t.cost.based && !alone // another process counts anew
		if !alone && r.home(t) != l {
			continue
		}
		t.off = t.losses >= maxLosses
	}
	word := "connected"
	if l.connects > 1 {
		word = "reconnected"
	}
	text := fmt.Sprintf("%s to %s as client id=%d name=%s", word, r.opts.Target.Addr(), c.id, r.opts.Name)
	if c.id == 0 {
		text = fmt.Sprintf("%s to %s as client name=%s; the server tells no client id", word, r.opts.Target.Addr(), r.opts.Name)
	}
	if c.unasked {
		text += "; a password was given and the server asks for none"
	}
	if c.listens {
		text += "; a subscriber, which CLIENT KILL TYPE normal leaves alone"
	}
	r.progress.Connected, r.progress.ClientID = true, c.id
	return r.mark(text, now)
}

// failed records a probe without a usable reply, and drops a connection that is spent.
func (r *recorder) failed(l *lane, t *task, err error, at, now time.Time) error {
	t.stats.Failed++
	t.advance(now)
	class := classify(err)
	denied := t.Name != probeInfo && isReplyError(err) && (class == record.FailPerm || unknownCommand(err))
	switch {
	case !isReplyError(err) && !isShape(err), fatal(err):
		r.drop(l)
	case class == record.FailPerm || denied:
		if rest := now.Add(permissionPause); rest.After(t.next) {
			t.next = rest
		}
	}
	if t.Optional && !t.refused(err, class) || denied && !t.deniedAnew(err, now) {
		return nil
	}
	return r.fail(t.Name, err, at)
}

// unknownCommand tells that a command was renamed away, as managed services do.
func unknownCommand(err error) bool {
	return strings.HasPrefix(err.Error(), "ERR unknown command") || strings.HasPrefix(err.Error(), "ERR unknown subcommand")
}

// deniedAgain is how long a command that is denied in the same words is asked, each minute, without
// a record: a ring's members hold one each.
const deniedAgain = time.Hour

// deniedAnew tells whether a denial is news, and notes it.
func (t *task) deniedAnew(err error, now time.Time) bool {
	if t.refusal == err.Error() && now.Sub(t.denied) < deniedAgain {
		return false
	}
	t.refusal, t.denied = err.Error(), now
	return true
}

// maxLosses is how often an optional probe may cost the connection before it is asked no
// more: a proxy may hang up at a command that it does not know.
const maxLosses = 2

// refused notes a refusal of an optional probe, and tells whether it is to be recorded.
func (t *task) refused(err error, class record.FailureClass) bool {
	if !isReplyError(err) && !isShape(err) {
		t.losses++
		return true
	}
	t.off = class != record.FailLoading && class != record.FailBusy
	news := t.refusal != err.Error()
	t.refusal = err.Error()
	return news
}

// learn sets the pace of what comes next by what a sample told.
func (r *recorder) learn(t *task, now time.Time) error {
	switch t.Name {
	case probeClients:
		r.look.clients = max(r.progress.Clients, 0)
	case probeInfo:
		if err := r.pinned(r.alarm.look(&r.info, now), now); err != nil {
			return err
		}
		for i := range r.tasks {
			if l := &r.tasks[i]; l.Name == probeClients && r.progress.Clients >= 0 &&
				r.look.wants(r.progress.Clients, r.progress.Rejected, now) && !l.last.IsZero() {
				r.look.hasten(l, r.opts.Budget, now)
			}
		}
	}
	for i := range r.tasks {
		if text := r.tasks[i].adapt(r.opts.Budget); text != "" {
			if err := r.mark(text, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *recorder) clockText(now time.Time) string {
	last := r.clock
	r.clock = [2]time.Time{now, r.opts.wall(now)}
	if last[0].IsZero() {
		return ""
	}
	return clockMark(r.clock[1].Sub(last[1]), now.Sub(last[0]))
}

func (r *recorder) mark(text string, at time.Time) error {
	return r.write(&record.Mark{Head: record.Head{At: r.stamp(at)}, Text: text})
}

func (r *recorder) fail(command string, err error, at time.Time) error {
	f := failure(command, err, r.stamp(at), time.Since(at))
	r.stats.Failures++
	r.progress.Failures++
	r.progress.Failed, r.progress.FailedAs, r.progress.FailedAt = f.Text, f.Class, command
	if err := r.write(f); err != nil || len(r.alarm.triggers) == 0 || r.opts.OnPin == nil {
		return err
	}
	r.opts.OnPin(f.At, "a probe failed: "+string(f.Class)) // a recorder that sees nothing is a reason to keep what it saw
	return nil
}

// pinned records the conditions that were met, keeps what is around them, and brings the next
// list forward.
func (r *recorder) pinned(met []string, now time.Time) error {
	for _, why := range met {
		if err := r.noted(Note{Text: "condition met: " + why, Pin: true}); err != nil {
			return err
		}
	}
	for i := range r.tasks {
		if l := &r.tasks[i]; len(met) > 0 && l.Name == probeClients && r.look.tokens >= 1 && !l.last.IsZero() {
			r.look.hasten(l, r.opts.Budget, now)
		}
	}
	return nil
}

// noted takes a note into the recording.
func (r *recorder) noted(n Note) error {
	now := time.Now()
	if n.Pin && r.opts.OnPin != nil {
		why, _, _ := strings.Cut(n.Text, " (")
		r.opts.OnPin(now, strings.TrimPrefix(why, "condition met: "))
	}
	return r.mark(clip(n.Text, MaxNote), now)
}

// stamp dates a record: not before the one that was written last, whose answer may have been
// asked for later, on the other connection. The comparison is by the monotonic clock: where
// the wall clock was set back, the dates go back, too.
func (r *recorder) stamp(at time.Time) time.Time {
	if at.Before(r.wrote) {
		at = r.wrote
	}
	r.wrote = at
	return r.opts.wall(at)
}

// write hands a record to the sink.
func (r *recorder) write(rec record.Record) error {
	if err := r.sink.Write(rec); err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	r.stats.Records++
	r.progress.Records++
	if r.opts.OnSample != nil {
		r.opts.OnSample(r.progress)
	}
	return nil
}
