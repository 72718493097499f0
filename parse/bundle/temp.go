package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// A tempFolder is where the files of a bundle in the making lie, beside its place; nobody
// else can read it. Its lock tells that somebody is at work in it.
type tempFolder struct {
	path string
	lock *os.File
}

const tempSuffix = ".tmp"

// newTemp makes a folder for the bundle that will be at path, and removes those that
// processes which were killed have left for it.
func newTemp(path string) (*tempFolder, error) {
	parent, prefix := filepath.Dir(path), "."+filepath.Base(path)+"."
	removeStale(parent, prefix)
	for range 3 {
		dir, err := os.MkdirTemp(parent, prefix+"*"+tempSuffix)
		if err != nil {
			return nil, err
		}
		lock, err := lockFile(filepath.Join(dir, lockName))
		if err != nil {
			os.RemoveAll(dir)
			return nil, err
		}
		if _, err := os.Stat(lock.Name()); err == nil {
			return &tempFolder{dir, lock}, nil
		}
		lock.Close() // another process took it for stale before it was locked
	}
	return nil, errors.New("a temporary folder beside it is removed time and again")
}

// remove removes the folder, into which somebody may just be writing.
func (t *tempFolder) remove() {
	defer t.lock.Close()
	for range 10 {
		if os.RemoveAll(t.path) == nil {
			return
		}
	}
}

// removeStale removes the folders that newTemp made and whose processes have ended.
func removeStale(parent, prefix string) {
	if !locks {
		return
	}
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		middle, ok := strings.CutPrefix(e.Name(), prefix)
		if middle, ok2 := strings.CutSuffix(middle, tempSuffix); !ok || !ok2 || !e.IsDir() || strings.Trim(middle, "0123456789") != "" {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
			continue // not ours, or not locked yet
		}
		if lock, err := lockFile(filepath.Join(dir, lockName)); err == nil {
			os.RemoveAll(dir)
			lock.Close()
		}
	}
}
