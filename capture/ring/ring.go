// Package ring keeps a recording in bounded disk: a folder of bundles, each of a stretch of
// time, of which the oldest are removed when the folder holds more than it may. A kill at any
// moment leaves a folder that opens, and the next recorder goes on in it.
//
// A pin keeps a stretch of time from being removed. Pins are bounded by a share of the folder's
// size, so that they cannot stop a recording either.
//
// Nouns: a Ring is the folder while it is recorded into; a member is one of its bundles; a Pin
// is a stretch of time with its reason. What the folder's files are called and how they are
// read again is package bundle's and package parse's.
package ring

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// Options says what a ring may hold. Keep or MaxSize must be given.
type Options struct {
	Dir     string
	Meta    record.Meta
	Keep    time.Duration // members that ended longer ago are removed; 0 = no bound by age
	MaxSize int64         // bytes of all files together; 0 = no bound by size
	// Floor is the share of the file system that must stay free: below it the oldest members
	// are removed. 0 = DefaultFloor; negative = none.
	Floor float64
	// Piece is the span of a member. 0 = a 24th of Keep, between ten minutes and six hours.
	Piece time.Duration
	// PinBefore and PinAfter are the stretch around a pinned moment. 0 = 30 and 15 minutes.
	PinBefore, PinAfter time.Duration

	now func() time.Time
}

// Defaults of Options.
const (
	DefaultFloor     = 0.05
	DefaultPinBefore = 30 * time.Minute
	DefaultPinAfter  = 15 * time.Minute

	leastPiece = 10 * time.Minute
	mostPiece  = 6 * time.Hour
	checkEvery = 10 * time.Second // between two looks at what the folder holds
)

// memberTime names members by when they began, in UTC, so that names sort by time.
const memberTime = "20060102T150405.000Z"

func (o Options) withDefaults() Options {
	or := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	or(&o.Piece, min(max(o.Keep/24, leastPiece), mostPiece))
	or(&o.PinBefore, DefaultPinBefore)
	or(&o.PinAfter, DefaultPinAfter)
	if o.Floor == 0 {
		o.Floor = DefaultFloor
	}
	if o.now == nil {
		o.now = time.Now
	}
	return o
}

// Check tells whether the options can be used.
func (o *Options) Check() error {
	switch {
	case o.Keep < 0 || o.MaxSize < 0 || o.Keep == 0 && o.MaxSize == 0:
		return errors.New("a ring needs a bound: how long, or how many bytes")
	case o.Keep > 0 && o.Keep < time.Minute:
		return fmt.Errorf("keep %v: at least a minute", o.Keep)
	case o.MaxSize > 0 && o.MaxSize < 4<<20:
		return errors.New("a size below 4 MB holds no minute of a large server")
	}
	return nil
}

// A Ring is a folder that is recorded into, by one goroutine. It is a capture.Sink.
type Ring struct {
	opts    Options
	lock    *os.File
	w       *bundle.Writer // of the last member; nil before the first record of one
	path    string         // of that
	begun   time.Time      // when it began
	checked time.Time
	pins    pinSet
	notes   []string

	mu      sync.Mutex // over what Usage gives of it
	dropped int64
	pinned  int
}

// Usage is what a ring holds.
type Usage struct {
	Bytes   int64
	Members int
	Oldest  time.Time // when the oldest member began; zero = there is none
	Dropped int64     // members removed by this Ring
	Pins    int
}

// Open makes the folder a ring or goes on in it: what a kill left is made whole first. A ring
// that another process records into is an error that names the process.
func Open(o Options) (*Ring, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	r := &Ring{opts: o.withDefaults()}
	if err := parse.MakeRing(r.opts.Dir); err != nil {
		return nil, err
	}
	var err error
	if r.lock, err = lockFolder(r.opts.Dir); err != nil {
		return nil, err
	}
	if err := r.resume(); err != nil {
		r.lock.Close()
		return nil, err
	}
	return r, nil
}

// resume seals what a kill left and removes what it left half done.
func (r *Ring) resume() error {
	entries, err := os.ReadDir(r.opts.Dir)
	if err != nil {
		return fmt.Errorf("ring %s cannot be read: %w", r.opts.Dir, err)
	}
	for _, e := range entries {
		path := filepath.Join(r.opts.Dir, e.Name())
		if strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(path, ".tmp") ||
			strings.HasSuffix(path, ".connbox") && e.IsDir() && !bundle.IsFolder(path) { // killed before its first record
			os.RemoveAll(path)
		}
	}
	members, err := parse.RingMembers(r.opts.Dir)
	if err != nil {
		return err
	}
	for _, path := range members {
		if st, err := os.Stat(path); err != nil || !st.IsDir() {
			continue
		}
		// A damaged one is kept, beside what could be read of it; one that cannot be repaired
		// stays as it is, as reading does without it.
		if err := bundle.Repair(path, ""); err != nil {
			r.note("what the last recorder left: %v", err)
		}
	}
	if err := r.pins.load(r.opts.Dir); err != nil {
		kept := filepath.Join(r.opts.Dir, pinFile+".damaged")
		os.Rename(filepath.Join(r.opts.Dir, pinFile), kept)
		r.note("the pins of the ring could not be read (%v): they are kept aside as %s, and no longer hold", err, filepath.Base(kept))
	}
	r.countPins()
	return nil
}

// Write implements capture.Sink. After an error the record may be given again.
func (r *Ring) Write(rec record.Record) error {
	now := r.opts.now()
	if r.w != nil && (now.Sub(r.begun) >= r.opts.Piece || now.Before(r.begun.Add(-r.opts.Piece))) {
		if err := r.seal("ring"); err != nil {
			return r.makeRoom(err)
		}
	}
	every := checkEvery
	if r.opts.MaxSize > 0 { // a client may make a list of megabytes
		every = time.Second
	}
	if now.Sub(r.checked) >= every || now.Before(r.checked) {
		r.check(now)
	}
	if r.w == nil {
		if err := r.begin(now); err != nil {
			return r.makeRoom(err)
		}
	}
	for len(r.notes) > 0 {
		m := &record.Mark{Head: record.Head{At: rec.Base().At, Took: -1}, Text: r.notes[0]}
		if err := r.w.Write(m); err != nil {
			return r.makeRoom(err)
		}
		r.notes = r.notes[1:]
	}
	err := r.w.Write(rec)
	if err == nil || errors.Is(err, bundle.ErrTooLarge) {
		return err
	}
	return r.makeRoom(err)
}

// begin begins a member.
func (r *Ring) begin(now time.Time) error {
	path := filepath.Join(r.opts.Dir, now.UTC().Format(memberTime)+".connbox")
	w, err := bundle.CreateLive(path, r.opts.Meta)
	if err != nil {
		return err
	}
	r.w, r.path, r.begun = w, path, now
	r.checked = time.Time{} // there is one more to count
	return nil
}

// seal ends the last member.
func (r *Ring) seal(why string) error {
	if r.w == nil {
		return nil
	}
	w := r.w
	if err := w.Close(why); err != nil {
		r.w = nil // its folder stays; the next start makes it whole
		r.note("a member of the ring stays unsealed: %v", err)
		return err
	}
	r.w = nil
	return nil
}

// check removes what is too much, and begins anew where the last member is gone from its place.
func (r *Ring) check(now time.Time) {
	r.checked = now
	if r.w != nil && r.w.Gone() {
		r.w.Abort()
		r.w = nil
		r.note("the folder of the recording was removed or renamed; it goes on in a new one")
		if err := parse.MakeRing(r.opts.Dir); err == nil {
			if lock, err := lockFolder(r.opts.Dir); err == nil {
				r.lock.Close()
				r.lock = lock
			}
		}
	}
	r.trim(now)
	if r.w != nil && r.opts.MaxSize > 0 && folderSize(r.path) > r.opts.MaxSize/8 {
		r.seal("ring")
	}
}

// Observer notes a client id of the recorder's own connections, in this member and in those
// that follow.
func (r *Ring) Observer(id int64) error {
	r.opts.Meta.ObserverID = append(r.opts.Meta.ObserverID, id)
	if most := 1000; len(r.opts.Meta.ObserverID) > most {
		r.opts.Meta.ObserverID = r.opts.Meta.ObserverID[len(r.opts.Meta.ObserverID)-most:]
	}
	if r.w == nil {
		return nil
	}
	return r.w.AddObserverID(id)
}

// Close ends the ring's last member and lets go of the folder.
func (r *Ring) Close(sealed string) error {
	err := r.seal(sealed)
	if members, merr := parse.RingMembers(r.opts.Dir); merr == nil && len(members) == 0 { // a server that was never reached
		for _, name := range [...]string{lockName, parse.RingFile, ""} {
			os.Remove(filepath.Join(r.opts.Dir, name))
		}
	}
	r.lock.Close()
	return err
}

// Usage tells what the ring holds, from any goroutine, also after Close.
func (r *Ring) Usage() Usage {
	r.mu.Lock()
	u := Usage{Dropped: r.dropped, Pins: r.pinned}
	r.mu.Unlock()
	paths, _ := parse.RingMembers(r.opts.Dir)
	u.Members = len(paths)
	for _, p := range paths {
		u.Bytes += folderSize(p) + folderSize(p+".damaged")
	}
	if len(paths) > 0 {
		u.Oldest = memberBegan(paths[0])
	}
	return u
}

func (r *Ring) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
	if most := 100; len(r.notes) > most {
		r.notes = r.notes[1:]
	}
}

// folderSize gives the bytes of a member, which is a file or a folder of files; 0 for none.
func folderSize(path string) (n int64) {
	filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if st, err := e.Info(); err == nil {
				n += st.Size()
			}
		}
		return nil
	})
	return n
}
