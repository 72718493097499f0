package ring

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A Pin is a stretch of time that the ring keeps.
type Pin struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Why  string    `json:"why"`
}

const (
	pinFile = "pins.json"
	mostPin = 1000
	// maxPinFile is more than as many pins take.
	maxPinFile = 1 << 20
)

// A pinSet holds the pins in the order in which they were set.
type pinSet struct{ list []Pin }

// Pin keeps the stretch around a moment. One that overlaps the last for the same reason makes
// that longer. It is on the disk when Pin returns without an error; with one it holds for as
// long as this Ring is open.
func (r *Ring) Pin(at time.Time, why string) error {
	defer r.countPins()
	p := Pin{From: at.Add(-r.opts.PinBefore).UTC(), To: at.Add(r.opts.PinAfter).UTC(), Why: why}
	if n := len(r.pins.list); n > 0 {
		if last := &r.pins.list[n-1]; last.Why == why && !p.From.After(last.To) {
			last.To = p.To
			return r.pins.save(r.opts.Dir)
		}
	}
	r.pins.list = append(r.pins.list, p)
	if len(r.pins.list) > mostPin {
		r.pins.list = r.pins.list[1:]
	}
	return r.pins.save(r.opts.Dir)
}

// countPins tells Usage how many there are.
func (r *Ring) countPins() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pinned = len(r.pins.list)
}

// Pins gives the pins of a ring's folder, from any process. A folder without the file has none.
func Pins(dir string) []Pin {
	var s pinSet
	s.load(dir)
	return s.list
}

func (s *pinSet) covers(from, to time.Time) bool {
	for _, p := range s.list {
		if from.Before(p.To) && to.After(p.From) {
			return true
		}
	}
	return false
}

// forget drops pins of which nothing is left, and tells whether there were any.
func (s *pinSet) forget(oldest time.Time) bool {
	kept := s.list[:0]
	for _, p := range s.list {
		if p.To.After(oldest) {
			kept = append(kept, p)
		}
	}
	changed := len(kept) < len(s.list)
	s.list = kept
	return changed
}

// load reads the pins; without the file there are none.
func (s *pinSet) load(dir string) error {
	f, err := os.Open(filepath.Join(dir, pinFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPinFile))
	if err == nil {
		err = json.Unmarshal(data, &s.list)
	}
	if err == nil && len(s.list) > mostPin {
		err = errors.New("too many")
	}
	if err != nil {
		s.list = nil
	}
	return err
}

func (s *pinSet) save(dir string) error {
	data, err := json.MarshalIndent(s.list, "", " ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, pinFile)
	if err := os.WriteFile(path+".tmp", append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
