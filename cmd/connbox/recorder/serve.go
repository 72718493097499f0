package recorder

import (
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/capture/control"
	"github.com/connbox/connbox/capture/ring"
	"github.com/connbox/connbox/parse/record"
)

// A state is what is known of a running recording, for those who ask.
type state struct {
	mu    sync.Mutex
	last  capture.Progress
	since time.Time
	usage func() ring.Usage // nil without a ring
}

func (s *state) set(p capture.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = p
}

// status is what the recorder says of itself, asked from any goroutine.
func (r *captureRun) status() control.Status {
	r.state.mu.Lock()
	p := r.state.last
	r.state.mu.Unlock()
	known := func(v int64) *int64 {
		if v < 0 {
			return nil
		}
		return &v
	}
	trouble := r.spool.Trouble()
	st := control.Status{Target: r.opts.Target.Addr(), PID: os.Getpid(), Since: r.state.since,
		Seeing: !p.LastReply.IsZero() && time.Since(p.LastReply) < control.BlindAfter, LastReply: p.LastReply.UTC(), Failed: p.Failed,
		Records: p.Records, Failures: p.Failures, Share: p.Share, Waiting: trouble.Held, Lost: trouble.Lost}
	if p.Records > 0 {
		st.Clients, st.MaxClients, st.Refused = known(p.Clients), known(p.MaxClients), known(p.Rejected)
	}
	if trouble.Err != nil {
		st.Trouble, st.TroubleFrom = trouble.Err.Error(), trouble.Since.UTC()
	}
	if r.state.usage != nil {
		u := r.state.usage()
		dir, _ := filepath.Abs(r.output)
		st.Ring = &control.Ring{Dir: dir, Bytes: u.Bytes, Members: u.Members, Oldest: u.Oldest, Dropped: u.Dropped, Pins: u.Pins}
	}
	return st
}

// signals turns SIGUSR1 into what mark does.
func (r *captureRun) signals(mark func()) (stop func()) {
	if markSignal == nil || !r.ring.on() && r.listen == "" {
		return func() {}
	}
	asked, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(asked, markSignal)
	go func() {
		for {
			select {
			case <-asked:
				mark()
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(asked); close(done) }
}

// markAll leaves a mark that keeps what is around it.
func (r *captureRun) markAll() {
	select {
	case r.control.Notes() <- capture.Note{Text: record.MarkedBy + record.MarkedBySignal, Pin: true}:
	case <-time.After(5 * time.Second):
	}
}

// renewAll asks for new connections, unless that is asked for already.
func (r *captureRun) renewAll() {
	select {
	case r.renew <- struct{}{}:
	default:
	}
}
