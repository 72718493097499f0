package capture

import (
	"context"
	"fmt"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A lane is one connection of a recording: one command at a time is asked on it, in a
// goroutine of its own, so that an answer may take as long as the server takes. Everything
// but the asking is done in the recorder's goroutine.
type lane struct {
	lists    bool    // the connection of CLIENT LIST and the slow log
	c        *client // nil while there is none
	pause    *backoff
	retry    time.Time // when to dial, while there is no connection
	dialing  bool      // an attempt is under way, instead of a connection or beside it
	renewing bool      // that attempt is to take the connection's place
	connects int

	busy   *task // what was asked and has not been answered; nil = nothing
	at     time.Time
	warned time.Time // when its silence was recorded last; zero = it was not
	beside time.Time // when the next attempt beside it is due
}

// An outcome is what a lane's goroutine brings back.
type outcome struct {
	l   *lane
	c   *client
	rep *response
	err error
}

// A dialled connection, or why there is none.
type dialled struct {
	l      *lane
	c      *client
	err    error
	at     time.Time
	beside *client // the silent connection that it was tried beside; nil = there was none
}

const (
	lateLeast   = time.Second // an answer that began later than this is dated by its beginning
	besideAfter = 3           // time-outs of silence before a second connection is tried beside
)

// start asks what is due and dials where a connection is missing. It gives the time at which
// there is something to do again.
func (r *recorder) start(ctx context.Context) (time.Time, error) {
	wake := time.Now().Add(time.Hour)
	soon := func(t time.Time) {
		if t.Before(wake) {
			wake = t
		}
	}
	for _, l := range r.lanes {
		now := time.Now()
		switch {
		case l.c == nil:
			if l.dialing || l != r.lanes[0] && r.stats.Connects == 0 { // the first shows whether there is a server
				continue
			}
			if now.Before(l.retry) {
				soon(l.retry)
				continue
			}
			r.dialLane(ctx, l, nil)
		case l.busy != nil:
			due, err := r.watch(ctx, l, now)
			if err != nil {
				return wake, err
			}
			soon(due)
		default:
			t := r.due(l)
			for t != nil && !now.Before(t.next) && (t.off || t.when != nil && !t.when(r)) {
				t.advance(now)
				t = r.due(l)
			}
			switch {
			case t == nil:
				continue
			case now.Before(t.next):
				soon(t.next)
				continue
			}
			if err := r.ask(l, t, now); err != nil {
				return wake, err
			}
			soon(now.Add(r.opts.Timeout))
		}
	}
	return wake, nil
}

// due gives the task of a lane that is due first; of several, the first in the table. A
// lane without a connection leaves its tasks to the other. nil = it has none.
func (r *recorder) due(l *lane) *task {
	var best *task
	for i := range r.tasks {
		t := &r.tasks[i]
		if home := r.home(t); home != l && home.c != nil || r.asking(t) || l.c.listens && t.Bulky && !r.fitsSubscriber(home) {
			continue
		}
		if best == nil || t.next.Before(best.next) {
			best = t
		}
	}
	return best
}

// home is the lane on which a task is asked while it has a connection.
func (r *recorder) home(t *task) *lane {
	for _, l := range r.lanes {
		if l.lists == t.Bulky {
			return l
		}
	}
	return r.lanes[0]
}

func (r *recorder) asking(t *task) bool {
	for _, l := range r.lanes {
		if l.busy == t {
			return true
		}
	}
	return false
}

// ask sends a task's command on a lane that is idle.
func (r *recorder) ask(l *lane, t *task, now time.Time) error {
	if text := r.clockText(now); text != "" {
		if err := r.mark(text, now); err != nil {
			return err
		}
	}
	l.busy, l.at, l.warned, l.beside = t, now, time.Time{}, now.Add(besideAfter*r.opts.Timeout)
	t.cost.asked = true
	c, command := l.c, t.Command
	if t.Name == probeClients {
		r.planList(c, t, now)
	}
	r.work.Add(1)
	go func() {
		defer r.work.Done()
		rep, err := guarded(c, t.Probe.ask, command)
		r.answers <- outcome{l, c, rep, err}
	}()
	return nil
}

// planList tells a connection how to ask for the next CLIENT LIST.
func (r *recorder) planList(c *client, t *task, now time.Time) {
	r.ids.refused = r.ids.refused || c.noPieces
	c.noPieces = r.ids.refused
	c.pieces = r.ids.plan(r.progress.accepted, now)
	c.whole, c.scans, c.clients = len(r.ids.ids) > 0, r.ids.scans, 0
	if r.identified {
		c.clients = r.progress.Clients
	}
	if perRow := t.cost.perRow(); perRow > 0 {
		c.perRow = perRow
	}
	r.asked = r.progress.accepted
}

// guarded is ask; what panics on a reply costs the connection and not the recording.
func guarded(c *client, ask func(*client, []string) (*response, error), command []string) (rep *response, err error) {
	defer func() {
		if p := recover(); p != nil {
			rep, err = nil, protocolError(fmt.Sprintf("the reply could not be read: %v", p))
		}
	}()
	return ask(c, command)
}

// watch looks after a lane that waits for an answer: silence of a time-out is recorded, and
// again after each further one; after three, a second connection is tried beside it. The
// connection itself is kept for as long as TCP keeps it: at maxclients a slot that is given
// up is lost. It gives the time of the next look.
func (r *recorder) watch(ctx context.Context, l *lane, now time.Time) (time.Time, error) {
	since := l.at
	if heard := l.c.heard(); heard.After(since) {
		since = heard
	}
	if l.warned.After(since) {
		since = l.warned
	}
	due := since.Add(r.opts.Timeout)
	if now.Before(due) {
		return due, nil
	}
	l.warned = now
	l.busy.stats.Failed++
	err := r.fail(l.busy.Name, &silence{now.Sub(l.at)}, l.at)
	if !now.Before(l.beside) && !l.dialing {
		l.beside = now.Add(besideAfter * r.opts.Timeout)
		r.dialLane(ctx, l, l.c)
	}
	return now.Add(r.opts.Timeout), err
}

// A silence is a command without an answer yet, on a connection that is held all the same.
type silence struct{ after time.Duration }

func (e *silence) Error() string {
	return fmt.Sprintf("no answer after %v; the connection is held and waited on", e.after.Round(100*time.Millisecond))
}

// Timeout makes it a time-out, as in package net.
func (e *silence) Timeout() bool   { return true }
func (e *silence) Temporary() bool { return true }

// dialLane makes an attempt to connect in the background.
func (r *recorder) dialLane(ctx context.Context, l *lane, beside *client) {
	l.dialing = true
	at := time.Now()
	r.work.Add(1)
	go func() {
		defer r.work.Done()
		c, err := r.dial.connect(ctx, r.subscribes(l))
		r.dials <- dialled{l, c, err, at, beside}
	}()
}

// subscribes tells whether a lane's connection is to be a subscriber: INFO's, whose replies are far
// from the limit of a subscriber's output buffer, where lists have another.
func (r *recorder) subscribes(l *lane) bool { return l == r.lanes[0] && len(r.lanes) > 1 }

// mostOnSubscriber is how large a list may be that is asked on the subscriber's connection while
// the other is lost: by default the server cuts subscribers off at 32 MB of output, or 8 MB for a
// minute.
const mostOnSubscriber = 8 << 20

// fitsSubscriber tells whether a list may be asked on the subscriber's connection while that of the
// lists, home, is lost. Of what size the first will be is not known: it waits until home was refused.
func (r *recorder) fitsSubscriber(home *lane) bool {
	return r.listed <= mostOnSubscriber && (r.listed > 0 || home.pause.attempt > 1)
}

// renew tries a new connection beside each that is held, to take its place.
func (r *recorder) renew(ctx context.Context) {
	for _, l := range r.lanes {
		if l.c != nil && !l.dialing {
			l.renewing = true
			r.dialLane(ctx, l, l.c)
		}
	}
}

// dialled takes the outcome of an attempt. A failed one is a record.
func (r *recorder) dialledLane(ctx context.Context, d dialled) error {
	l := d.l
	renewing := l.renewing
	l.dialing, l.renewing = false, false
	switch {
	case d.err != nil && ctx.Err() != nil:
		return r.outOfTime(ctx, d.err)
	case d.err != nil:
		l.retry = time.Now().Add(l.pause.pause())
		return r.fail(connectError(r.opts.Target.Addr(), d.err).Step, d.err, d.at)
	case d.beside == nil || l.c == nil:
		return r.connected(l, d.c)
	case renewing && l.c == d.beside:
		if l.busy != nil {
			l.busy.advance(time.Now())
		}
		r.drop(l)
		return r.connected(l, d.c)
	case l.c != d.beside || l.busy == nil || l.warned.IsZero() || l.c.heard().After(l.warned):
		d.c.close() // it answered in the meantime
		return nil
	}
	text := fmt.Sprintf("no answer for %v on a connection that is open, while a new one is served: changed over to the new one",
		time.Since(l.at).Round(100*time.Millisecond))
	if err := r.mark(text, time.Now()); err != nil {
		return err
	}
	l.busy.advance(time.Now())
	r.drop(l)
	return r.connected(l, d.c)
}

// answered takes what came back on a lane.
func (r *recorder) answered(ctx context.Context, a outcome) error {
	l := a.l
	if a.c != l.c || l.busy == nil {
		return nil // of a connection that was given up
	}
	t, at, waited := l.busy, l.at, !l.warned.IsZero()
	l.busy = nil
	if a.err != nil && ctx.Err() != nil {
		return nil // the recording's end cut the command short, not the server
	}
	now := time.Now()
	took := now.Sub(at)
	t.last = at
	t.stats.Asked++
	t.stats.MaxTook = max(t.stats.MaxTook, took)
	rep, err := a.rep, a.err
	var rec record.Record
	if err == nil {
		l.pause.reset()
		r.progress.LastReply, r.progress.Share = now, r.share()
		r.stats.Bytes += int64(rep.wire)
		t.stats.Bytes += int64(rep.wire)
		if l.c.first > lateLeast { // what it shows is the server of then, not of when it was asked
			at = at.Add(l.c.first)
		}
		rec, err = t.record(r, rep, record.Head{At: r.stamp(at), Took: took, Size: rep.wire})
	}
	if err != nil {
		return r.failed(l, t, err, at, now)
	}
	t.losses = 0
	rows := 0
	if t.Name == probeClients {
		rows = len(r.clients.Rows)
	}
	t.cost.replied(rep.parts, rows, l.c.wait-l.c.rtt)
	t.advance(now)
	if waited {
		text := fmt.Sprintf("%s was answered after %v, on the connection that was held", t.Name, took.Round(100*time.Millisecond))
		if err := r.mark(text, at); err != nil {
			return err
		}
	}
	if t.Name == probeClients {
		r.listed = rep.wire
	}
	large := rep.wire > largeReply && t.Name == probeClients
	if large { // the record has none of the reply's memory
		l.c.forget()
	}
	if err := r.write(rec); err != nil {
		return err
	}
	if large {
		r.clients.Rows = nil
	}
	if t.Name == probeInfo {
		if err := r.host(l, now); err != nil {
			return err
		}
	}
	return r.learn(t, now)
}

// largeReply is the size from which a list's memory is given back: between two lists of 10,000
// clients, which are a minute apart, it would lie idle.
const largeReply = 256 << 10

// share gives the part of the server's main thread that the probes take at their present pace.
func (r *recorder) share() (sum float64) {
	for i := range r.tasks {
		t := &r.tasks[i]
		sum += float64(t.cost.perReply()) / float64(t.interval)
	}
	return sum
}

// drop closes the connection of a lane, if there is one.
func (r *recorder) drop(l *lane) {
	if l.c != nil {
		l.c.close()
		l.c, l.busy = nil, nil
		l.retry = time.Now().Add(l.pause.pause())
	}
	r.progress.Connected = r.up()
}

// up tells whether any lane has a connection.
func (r *recorder) up() bool {
	for _, l := range r.lanes {
		if l.c != nil {
			return true
		}
	}
	return false
}
