package recorder

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/connbox/connbox/capture/control"
	"github.com/connbox/connbox/capture/ring"
	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/redact"
)

// A seen is a sink whose records the metrics see, with pseudonyms where they are asked for, and
// which takes a record that no bundle can hold as a failure: a client's doing, which must not end
// the recording.
type seen struct {
	to      sink
	control *control.Server  // may be nil
	red     *redact.Redactor // may be nil
}

// Write implements spool.Sink.
func (s *seen) Write(rec record.Record) error {
	if s.red != nil {
		if rec = s.red.Record(rec); rec == nil {
			return nil
		}
		s.red.Forget(mostPseudonyms)
	}
	if s.control != nil {
		s.control.See(rec)
	}
	err := s.to.Write(rec)
	if errors.Is(err, bundle.ErrTooLarge) {
		return s.to.Write(&record.Failure{Head: *rec.Base(), Command: rec.Kind().String(), Class: record.FailOther, Text: "left out: " + err.Error()})
	}
	return err
}

// mostPseudonyms bounds what a recorder remembers of pseudonyms; it makes the same ones again.
const mostPseudonyms = 50_000

// A fileSink begins the recording's folder with the first record, so that a server that
// cannot be reached leaves nothing behind, and takes nothing away. A folder that is removed
// while it is recorded into is begun anew.
type fileSink struct {
	path    string
	meta    record.Meta
	force   bool
	w       *bundle.Writer
	ids     int // noted so far
	looked  time.Time
	written bool
	lost    bool // the folder was removed
}

const (
	// mostIDs bounds what is noted of a connection that flaps: each note writes the manifest.
	mostIDs = 100
	// lookEvery is how often the sink looks whether its folder is there.
	lookEvery = 10 * time.Second
)

// Observer notes a client id of the recorder at once, as a crash leaves no time for it.
func (s *fileSink) Observer(id int64) error {
	if s.ids++; s.ids > mostIDs {
		return nil
	}
	s.meta.ObserverID = append(s.meta.ObserverID, id)
	if s.w == nil {
		return nil
	}
	return s.w.AddObserverID(id)
}

// Write implements spool.Sink.
func (s *fileSink) Write(rec record.Record) error {
	if now := time.Now(); s.w != nil && now.Sub(s.looked) > lookEvery {
		s.looked = now
		if s.w.Gone() {
			s.w.Abort()
			s.w, s.lost = nil, true
		}
	}
	if s.w == nil {
		if err := s.begin(rec.Base().At); err != nil {
			return err
		}
	}
	return s.w.Write(rec)
}

func (s *fileSink) begin(at time.Time) error {
	if s.force && !s.written {
		if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot replace %s: %w", s.path, cli.Bare(err))
		}
	}
	w, err := bundle.CreateLive(s.path, s.meta)
	if err != nil {
		return err
	}
	s.w, s.written = w, true
	if !s.lost {
		return nil
	}
	return w.Write(&record.Mark{Head: record.Head{At: at, Took: -1},
		Text: "the recording's folder was removed or renamed; what came before is not in this one"})
}

// Close implements sink.
func (s *fileSink) Close(sealed string) error {
	if s.w == nil {
		return nil
	}
	return s.w.Close(sealed)
}

// Written implements sink.
func (s *fileSink) Written() bool { return s.written }

// A ringSink is a ring that tells whether anything was written.
type ringSink struct {
	*ring.Ring
	dir     string
	written bool
}

// Write implements spool.Sink.
func (s *ringSink) Write(rec record.Record) error {
	err := s.Ring.Write(rec)
	s.written = s.written || err == nil
	return err
}

// Written implements sink.
func (s *ringSink) Written() bool { return s.written }
