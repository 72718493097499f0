// Package session records a server while something else happens: it begins when the server has
// answered once, and ends when it has answered once more after that.
package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/connbox/connbox/capture"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// A Session is one recording. Its methods may be called from any goroutine.
type Session struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when the recorder has ended
	notes  chan capture.Note
	sink   sink
	stats  capture.Stats
	err    error // of the recorder; valid once done is closed
}

// Clear makes room for a recording: one of an earlier run goes, and an empty file, as mktemp makes one.
// Anything else that is there is an error.
func Clear(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case st.IsDir():
		return fmt.Errorf("%s is a folder: a recording runs there or broke off (connbox inspect --repair)", path)
	case st.Size() > 0 || !st.Mode().IsRegular():
		b, err := bundle.Open(path)
		if err != nil {
			return fmt.Errorf("%s exists and is no recording", path)
		}
		b.Close()
	}
	return os.Remove(path)
}

// Start begins a recording into the bundle at path, which appears when Stop is called; until then it is
// a folder. It comes back when the first INFO and CLIENT LIST were recorded, or with the error why
// they were not; a *capture.ConnectError leaves nothing behind.
//
// The options' Notes, OnConnect and OnSample are the session's own. It holds one connection, so that
// the recorder's part of what is counted is the same from the first sample to the last.
func Start(ctx context.Context, o capture.Options, path, tool string) (*Session, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &Session{cancel: cancel, done: make(chan struct{}), notes: make(chan capture.Note, 8)}
	o.Connections, o.Notes = 1, s.notes
	s.sink.path, s.sink.meta = path, o.Meta(tool)
	s.sink.came = make(chan struct{}, 1)
	o.OnConnect = s.sink.observer
	go func() {
		defer close(s.done)
		s.stats, s.err = capture.Run(ctx, o, &s.sink)
	}()
	if err := s.Answered(ctx, time.Time{}); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Note puts a remark into the recording.
func (s *Session) Note(text string) {
	if len(text) > capture.MaxNote {
		text = text[:capture.MaxNote]
	}
	select {
	case s.notes <- capture.Note{Text: text}:
	case <-s.done:
	}
}

// Answered waits until an INFO and a CLIENT LIST have been recorded that were asked for after a
// time; the context's error where it ends first, the recorder's where that ends.
func (s *Session) Answered(ctx context.Context, after time.Time) error {
	for !s.sink.answered(after) {
		select {
		case <-s.sink.came:
		case <-s.done:
			if s.err != nil {
				return s.err
			}
			return context.Canceled
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Stop ends the recording and makes it one file.
func (s *Session) Stop() error {
	s.cancel()
	<-s.done
	return s.sink.close(s.stats.Sealed)
}

// Stats tells how the recording went, after Stop.
func (s *Session) Stats() capture.Stats { return s.stats }

// A sink writes the bundle, and notes when what came.
type sink struct {
	path string
	meta record.Meta
	came chan struct{} // holds one where something came

	mu         sync.Mutex
	w          *bundle.Writer
	info, list time.Time // when those recorded last were asked for
}

// Write implements capture.Sink.
func (s *sink) Write(rec record.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w == nil {
		w, err := bundle.CreateLive(s.path, s.meta)
		if err != nil {
			return err
		}
		s.w = w
	}
	switch rec.Kind() {
	case record.KindInfo:
		s.info = rec.Base().At
	case record.KindClients:
		s.list = rec.Base().At
	}
	select {
	case s.came <- struct{}{}:
	default:
	}
	err := s.w.Write(rec)
	if errors.Is(err, bundle.ErrTooLarge) {
		return s.w.Write(&record.Failure{Head: *rec.Base(), Command: rec.Kind().String(), Class: record.FailOther, Text: "left out: " + err.Error()})
	}
	return err
}

// observer notes a client id of the recorder's own.
func (s *sink) observer(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meta.ObserverID = append(s.meta.ObserverID, id)
	if s.w != nil {
		_ = s.w.AddObserverID(id) // the name of the connection tells it, too
	}
}

func (s *sink) answered(after time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info.After(after) && s.list.After(after)
}

func (s *sink) close(sealed string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w == nil {
		return nil
	}
	return s.w.Close(sealed)
}
