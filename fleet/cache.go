package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A Cache keeps the rows of inputs that were analysed, a file each in a folder, by the SHA-256 of
// the input's content and file name, the version of the program and the options. A run that was
// killed goes on where it was, and the next night costs what is new. Several runs may share it;
// it is never cleaned: remove what is old by its time, as with find -mtime.
type Cache struct{ dir, version string }

// NewCache makes the folder if need be. version tells programs apart whose rows may differ.
func NewCache(dir, version string) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cache %s: %w", dir, err)
	}
	return &Cache{dir, version}, nil
}

// AnalyzeFile is the function of that name by way of the cache; hit tells that the rows were in it.
// have, if set, tells of rows whether what comes beside them is there; else the work is done again.
// The nil Cache has nothing.
func (c *Cache) AnalyzeFile(ctx context.Context, path string, o Options, have func([]Row) bool) (rows []Row, hit bool) {
	place := c.place(path, o)
	if place != "" {
		data, err := os.ReadFile(place)
		if err == nil && json.Unmarshal(data, &rows) == nil && len(rows) > 0 && (have == nil || have(rows)) {
			return rows, true
		}
	}
	rows = AnalyzeFile(ctx, path, o)
	if place != "" && ctx.Err() == nil && lasting(rows) {
		// A cache that cannot be written makes the next night dearer and nothing wrong.
		_ = writeWhole(place, rows)
	}
	return rows, false
}

// lasting tells whether the same would come out again.
func lasting(rows []Row) bool {
	for i := range rows {
		if r := rows[i].Reason; r == ReasonTime || r == ReasonInternal {
			return false
		}
	}
	return true
}

// place is the path of an input's rows; empty where nothing can be kept: folders grow.
func (c *Cache) place(path string, o Options) string {
	if c == nil {
		return ""
	}
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || o.Bytes > 0 && st.Size() > o.Bytes {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	fmt.Fprintf(h, "%d %q %q %v %d %d\n", Schema, c.version, filepath.Base(path), o.Time, o.Bytes, o.Unpacked)
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	key := hex.EncodeToString(h.Sum(nil))
	return filepath.Join(c.dir, key[:2], key+".json")
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(path string, rows []Row) error {
	data, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
