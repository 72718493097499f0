package ring

import (
	"encoding/json"
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
)

// A pinSet holds the pins in the order in which they were set.
type pinSet struct{ list []Pin }

// Pin keeps the stretch around a moment. One that overlaps the last for the same reason makes
// that longer. It is on the disk when Pin returns without an error; with one it holds for as
// long as this Ring is open.
func (r *Ring) Pin(at time.Time, why string) error {
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

// load reads the pins; a file that cannot be read is as none.
func (s *pinSet) load(dir string) {
	f, err := os.Open(filepath.Join(dir, pinFile))
	if err != nil {
		return
	}
	defer f.Close()
	data := make([]byte, 1<<20)
	n, _ := f.Read(data)
	if json.Unmarshal(data[:n], &s.list) != nil || len(s.list) > mostPin {
		s.list = nil
	}
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
