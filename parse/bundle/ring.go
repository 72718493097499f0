package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
		return writeError(dir, err)
	}
	if IsRing(dir) {
		return checkRing(dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return writeError(dir, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is no ring: it holds %s; name an empty or a new folder", dir, entries[0].Name())
	}
	f, err := createSynced(filepath.Join(dir, RingFile), fmt.Appendf(nil, "{\"format\":%d}\n", ringVersion))
	if err != nil {
		return writeError(dir, err)
	}
	return writeError(dir, f.Close())
}

// IsRing tells whether a folder is a ring.
func IsRing(dir string) bool {
	st, err := os.Lstat(filepath.Join(dir, RingFile))
	return err == nil && st.Mode().IsRegular()
}

// RingMembers gives the paths of a ring's bundles in order of time; the last may still be
// recorded. What a kill left half done is no member.
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
		if name := e.Name(); strings.HasSuffix(name, ".connbox") && !strings.HasPrefix(name, ".") {
			members = append(members, filepath.Join(dir, name))
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
	if err := json.Unmarshal(data, &r); err != nil || r.Format < 1 {
		return wrong("its file "+RingFile+" is damaged", err)
	}
	if r.Format > ringVersion {
		return wrong(fmt.Sprintf("ring of format %d, this connbox reads up to %d", r.Format, ringVersion), record.ErrNewerFormat)
	}
	return nil
}
