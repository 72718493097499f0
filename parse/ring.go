package parse

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// RingFile marks a folder as a ring: bundles of one recording, each of a stretch of time, the
// oldest of which are removed (package capture/ring).
const RingFile = "connbox.ring"

// ringVersion is the format of a ring.
const ringVersion = 1

// MakeRing makes a folder a ring, which stays one if it is one already. A folder that holds
// anything else is refused.
func MakeRing(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("ring %s cannot be written: %w", dir, err)
	}
	if IsRing(dir) {
		return checkRing(dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("ring %s cannot be written: %w", dir, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is no ring: it holds %s; name an empty or a new folder", dir, entries[0].Name())
	}
	err = os.WriteFile(filepath.Join(dir, RingFile), fmt.Appendf(nil, "{\"format\":%d}\n", ringVersion), 0o600)
	if err != nil {
		return fmt.Errorf("ring %s cannot be written: %w", dir, err)
	}
	return nil
}

// IsRing tells whether a folder is a ring.
func IsRing(dir string) bool {
	st, err := os.Lstat(filepath.Join(dir, RingFile))
	return err == nil && st.Mode().IsRegular()
}

// RingMembers gives the paths of a ring's bundles in order of time; the last may still be
// recorded. What a kill left half done, a folder without a first record too, is no member.
func RingMembers(dir string) ([]string, error) {
	if err := checkRing(dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, &record.InputError{Pos: record.Pos{File: filepath.Base(dir)}, Msg: "ring cannot be read", Err: err}
	}
	var members []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasSuffix(path, ".connbox") && !strings.HasPrefix(e.Name(), ".") && (!e.IsDir() || bundle.IsFolder(path)) {
			members = append(members, path)
		}
	}
	slices.Sort(members)
	return members, nil
}

func checkRing(dir string) error {
	wrong := func(msg string, err error) error {
		return &record.InputError{Pos: record.Pos{File: filepath.Base(dir)}, Msg: msg, Err: err}
	}
	data, err := os.ReadFile(filepath.Join(dir, RingFile))
	if err != nil {
		return wrong("ring cannot be read", err)
	}
	var r struct{ Format int }
	// A damaged file still marks the folder: what is in it is told from the members themselves.
	if json.Unmarshal(data, &r); r.Format > ringVersion {
		return wrong(fmt.Sprintf("ring of format %d, this connbox reads up to %d", r.Format, ringVersion), record.ErrNewerFormat)
	}
	return nil
}

// openRing opens the bundles of a ring as one recording.
func openRing(dir string, o record.Options) (record.Source, error) {
	members, err := RingMembers(dir)
	if err != nil {
		return nil, err
	}
	m, err := openMembers(dir, members, o)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// bundlesIn gives the paths of the bundles that lie in a folder, files or recordings in
// progress, whatever their names; and how many other files lie beside them.
func bundlesIn(dir string) (bundles []string, others int) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		st, err := os.Stat(path)
		switch {
		case err != nil || strings.HasPrefix(e.Name(), "."):
		case st.IsDir() && bundle.IsFolder(path), st.Mode().IsRegular() && beginsAsZip(path):
			bundles = append(bundles, path)
		case !st.IsDir():
			others++
		}
	}
	return bundles, others
}

func beginsAsZip(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return isZipAt(f)
}

// openBundles opens a folder of bundles, which must be of one server, as one recording.
func openBundles(dir string, paths []string, others int, o record.Options) (record.Source, error) {
	m, err := openMembers(dir, paths, o)
	if err != nil {
		return nil, err
	}
	var targets []string
	for i := range m.parts {
		if t := m.parts[i].src.Origin().Meta.Target; t != "" && !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	if len(targets) > 1 {
		m.Close()
		return nil, record.Errorf(record.Pos{File: filepath.Base(dir)}, "the folder's bundles are of %d servers (%s, …): name one bundle, or bring those of one server together with connbox import",
			len(targets), strings.Join(targets[:min(len(targets), 3)], ", "))
	}
	if others > 0 {
		m.warn.Add(record.Pos{File: filepath.Base(dir)}, "files beside its %d bundles that are not read: %d", len(paths), others)
	}
	return m, nil
}

// openMembers opens the bundles that may hold something of the range as one recording. One that
// cannot be read does not keep the others from being read; Err says so at the end.
func openMembers(dir string, members []string, o record.Options) (*Merged, error) {
	var parts []record.Source
	var lost error
	for _, path := range members {
		b, err := bundle.Open(path)
		if err != nil { // it may have become a file, or have been dropped, just now
			b, err = bundle.Open(path)
		}
		if err != nil {
			lost = cmp.Or(lost, err)
			continue
		}
		meta := b.Origin().Meta
		before := !o.From.IsZero() && !meta.To.IsZero() && meta.To.Before(o.From)
		after := !o.To.IsZero() && !meta.From.IsZero() && meta.From.After(o.To)
		if !bundle.IsFolder(path) && (before || after) { // the journal of one in progress is not in its times yet
			b.Close()
			continue
		}
		b.Limit(o)
		parts = append(parts, b)
	}
	if len(parts) == 0 && lost != nil {
		return nil, lost
	}
	if len(parts) == 0 {
		return nil, record.Errorf(record.Pos{File: filepath.Base(dir)}, "no recording in it can be read")
	}
	m := Merge(parts...)
	m.name = filepath.Base(dir)
	m.lost = lost
	return m, nil
}
