package fleet

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// A Cache keeps the rows of inputs that were analysed, a file each in a folder, by the SHA-256 of
// the input's content and file name, the version of the program and the options. A run that was
// killed goes on where it was, and the next night costs what is new. Several runs may share it;
// it is never cleaned: remove what is old by its time, as with find -mtime.
type Cache struct {
	dir, version string
	mu           sync.Mutex
	lost         int // inputs whose rows could not be kept
	why          error
}

// NewCache makes the folder if need be. version tells programs apart whose rows may differ.
func NewCache(dir, version string) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cache %s: %w", dir, err)
	}
	return &Cache{dir: dir, version: version}, nil
}

// AnalyzeFile is the function of that name by way of the cache; hit tells that the rows were in it.
// have, if set, tells of rows whether what comes beside them is there; else the work is done again.
// The nil Cache has nothing.
func (c *Cache) AnalyzeFile(ctx context.Context, path string, o Options, have func([]Row) bool) (rows []Row, hit bool) {
	key := c.key(path, o)
	if key != "" {
		rows, err := readEntry(c.place(key), key)
		if err == nil && (have == nil || have(rows)) {
			return rows, true
		}
	}
	rows = AnalyzeFile(ctx, path, o)
	if key != "" && ctx.Err() == nil && lasting(rows) {
		if err := writeEntry(c.place(key), key, rows); err != nil { // makes the next night dearer and nothing wrong
			c.mu.Lock()
			defer c.mu.Unlock()
			c.lost++
			c.why = cmp.Or(c.why, err)
		}
	}
	return rows, false
}

// Lost tells of how many inputs the rows could not be kept, and the first reason.
func (c *Cache) Lost() (int, error) {
	if c == nil {
		return 0, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost, c.why
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

// place is the path of an entry.
func (c *Cache) place(key string) string { return filepath.Join(c.dir, key[:2], key+".json") }

// key tells an input's rows from all others; empty where nothing can be kept: folders grow.
func (c *Cache) key(path string, o Options) string {
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
	return hex.EncodeToString(h.Sum(nil))
}

// checksum is the first line of an entry, of its key and of the rows behind it: an entry that is cut,
// damaged or of another place is none.
func checksum(key string, rows []byte) []byte {
	sum := sha256.Sum256(append([]byte(key), rows...))
	return hex.AppendEncode(nil, sum[:])
}

func readEntry(path, key string) (rows []Row, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sum, text, _ := bytes.Cut(data, []byte("\n"))
	if !bytes.Equal(sum, checksum(key, text)) {
		return nil, errors.New("damaged")
	}
	err = json.Unmarshal(text, &rows)
	return rows, err
}

// writeEntry writes an entry that is there whole or not at all.
func writeEntry(path, key string, rows []Row) error {
	text, err := json.Marshal(rows)
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
	_, err = f.Write(slices.Concat(checksum(key, text), []byte("\n"), text))
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
