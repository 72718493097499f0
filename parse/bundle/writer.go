package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// A Writer writes a bundle. It holds one segment of records in memory, at most as much as
// segment.Limits says. It is not safe for use by several goroutines.
type Writer struct {
	path    string
	man     manifest
	seg     *segment.Writer
	next    int64 // number of the next record
	buf     []byte
	dir     string      // where the segments' files are
	tmp     *tempFolder // which that is; nil while recording
	live    *liveFolder // nil unless recording
	err     error       // the first failure; it sticks
	done    bool
	lean    bool
	replace func(tmp, path string) error
}

var errClosed = errors.New("bundle is closed already")

// Create begins a bundle that will replace path when Close succeeds. Until then all is in
// a temporary folder beside it, which nobody else can read.
func Create(path string, meta record.Meta) (*Writer, error) {
	w := newWriter(path, meta)
	tmp, err := newTemp(w.path)
	if err != nil {
		return nil, writeError(path, err)
	}
	w.tmp, w.dir, w.replace = tmp, tmp.path, os.Rename
	return w, nil
}

func newWriter(path string, meta record.Meta) *Writer {
	w := &Writer{path: filepath.Clean(path), seg: segment.NewWriter(), next: 1}
	w.man = manifest{Format: FormatVersion, Meta: meta}
	w.man.Meta.ObserverID = append([]int64(nil), meta.ObserverID...)
	w.man.Meta.Bound(maxListed)
	return w
}

// Lean has a recording of one segment written in as few bytes as its tables take: without the columns
// that are 0 or empty in all rows, and the manifest on one line. It is for recordings of some kilobytes,
// which are else mostly names and places of columns.
func (w *Writer) Lean() { w.lean = true }

// Write adds a record, of which it keeps a copy; strings it keeps as they are. Times are
// kept to the microsecond. After an error every call gives the same.
//
// While recording, the record is in the journal when Write returns: a crash of the program
// cannot lose it, one of the machine may lose the last second's. After an error the record
// is not kept, and may be given again when the disk has room.
func (w *Writer) Write(rec record.Record) error {
	if w.done {
		return errClosed
	}
	if w.err != nil {
		return w.err
	}
	if l, ok := rec.(*record.Log); ok {
		rec = l.Other()
	}
	if err := w.accept(rec); err != nil {
		return err
	}
	if w.live != nil {
		return w.record(rec)
	}
	if w.seg.Ends(rec) {
		if w.err = w.writeSegment(false); w.err != nil {
			return w.err
		}
	}
	w.add(rec)
	if w.seg.Full() {
		w.err = w.writeSegment(false)
	}
	return w.err
}

// record is Write while recording. A segment that is full and could not be written is tried
// again before the next record.
func (w *Writer) record(rec record.Record) error {
	if w.seg.Full() {
		if err := w.writeSegment(false); err != nil {
			return err
		}
	}
	w.buf = AppendRecord(w.buf[:0], rec)
	if err := w.live.append(w.buf); err != nil {
		return err
	}
	if len(w.buf) > largeRecord {
		w.buf, w.live.frame = nil, nil
	}
	w.add(rec)
	return nil
}

// largeRecord is the size from which the memory of a journal's record is given back: a recorder's
// lists of 10,000 clients are a minute apart.
const largeRecord = 128 << 10

func (w *Writer) add(rec record.Record) {
	w.seg.Add(w.next, rec)
	w.next++
	noteTime(&w.man.Meta, rec.Base().At)
}

// ErrTooLarge is in the error of a record that no bundle can hold. The Writer goes on as if
// the record had not been given.
var ErrTooLarge = errors.New("too large for a bundle")

// accept refuses records that could not be read back.
func (w *Writer) accept(rec record.Record) error {
	if !segment.Stores(rec.Kind()) {
		return fmt.Errorf("a record of type %T has no place in a bundle", rec)
	}
	switch rec.(type) {
	case *segment.StoredList, *segment.StoredInfo: // another bundle's: they have a place in this one
		if w.live != nil {
			return fmt.Errorf("a record of type %T has no place in a journal", rec)
		}
		return nil
	}
	c, ok := rec.(*record.Clients)
	if !ok {
		if w.buf = AppendRecord(w.buf[:0], rec); len(w.buf) > segment.MaxText {
			return fmt.Errorf("record of %d bytes: %w", len(w.buf), ErrTooLarge)
		}
		return nil
	}
	size := 0
	for i := range c.Rows {
		size += clientBytes(&c.Rows[i])
	}
	if len(c.Rows) > record.MaxListRows || size > record.MaxListBytes {
		return fmt.Errorf("CLIENT LIST of %d clients and %d bytes: %w", len(c.Rows), size, ErrTooLarge)
	}
	return segment.CheckLayouts(c)
}

// clientBytes gives the bytes of a client's texts, which are no more than its line has.
func clientBytes(c *record.Client) int {
	if c.Raw != "" {
		return len(c.Raw)
	}
	return len(c.Addr) + len(c.Laddr) + len(c.Name) + len(c.Flags) + len(c.Capa) + len(c.Events) +
		len(c.Cmd) + len(c.User) + len(c.LibName) + len(c.LibVer) + len(c.Extra)
}

// noteTime widens the span in a manifest. JSON has no year above 9999.
func noteTime(m *record.Meta, at time.Time) {
	at = segment.TimeOf(segment.Micros(at))
	if at.IsZero() || at.Year() < 1 || at.Year() > 9999 {
		return
	}
	if m.From.IsZero() || at.Before(m.From) {
		m.From = at
	}
	if m.To.IsZero() || at.After(m.To) {
		m.To = at
	}
}

// writeSegment writes the tables of the open segment, each into a file of its own, enters
// them in the manifest and begins the next segment.
func (w *Writer) writeSegment(closing bool) error {
	if w.seg.Len() == 0 {
		return nil
	}
	was := len(w.man.Files)
	info := describe(w.seg.First(), w.seg.Tally())
	w.lean = w.lean && closing && was == 0
	err := w.seg.Put(func(t segment.Table) error {
		name := fmt.Sprintf("%05d-%s.parquet", len(w.man.Segments)+1, t.Name)
		path := filepath.Join(w.dir, name)
		columns := t.Columns
		if w.lean && t.Name != segment.InfoTable { // templates name its columns
			columns = table.Used(columns, t.Write)
		}
		f, err := createTable(path, name, t.Name, columns, t.Rows)
		if err != nil {
			return err
		}
		t.Write(f.w)
		if _, err = f.endGroup(t.Rows); err != nil {
			f.abort()
		} else {
			err = f.finish(w.live != nil)
		}
		if err != nil {
			os.Remove(path)
			return err
		}
		info.Parts = append(info.Parts, partInfo{File: len(w.man.Files)})
		w.man.Files = append(w.man.Files, f.info)
		return nil
	})
	if err == nil {
		w.man.Segments = append(w.man.Segments, info)
		if w.live != nil {
			if err = w.live.rotate(&w.man); err != nil {
				w.man.Segments = w.man.Segments[:len(w.man.Segments)-1]
			}
		}
	}
	if err != nil {
		w.forget(was)
		return writeError(w.path, err)
	}
	w.seg.Next()
	return nil
}

// forget takes the files of a segment that could not be written back, from the n-th on.
func (w *Writer) forget(n int) {
	for _, f := range w.man.Files[n:] {
		os.Remove(filepath.Join(w.dir, f.Name))
	}
	w.man.Files = w.man.Files[:n]
}

// SetMeta lets fn change what the recording says of itself. From, To and Sealed are set by
// the Writer. While recording, the change is on disk when SetMeta returns.
func (w *Writer) SetMeta(fn func(*record.Meta)) error {
	if w.done {
		return errClosed
	}
	fn(&w.man.Meta)
	w.man.Meta.Bound(maxListed)
	if w.live != nil {
		return w.live.writeManifest(&w.man)
	}
	return nil
}

// AddObserverID notes a client id that the recorder's own connection had. Of too many the
// oldest are forgotten.
func (w *Writer) AddObserverID(id int64) error {
	return w.SetMeta(func(m *record.Meta) { m.ObserverID = append(m.ObserverID, id) })
}

// Close ends the recording for the reason given and makes path appear whole. If it fails,
// path is as it was before; a recording's folder stays, for Repair.
func (w *Writer) Close(sealed string) error {
	if w.done {
		return errClosed
	}
	if w.err == nil {
		w.err = w.finish(sealed)
	}
	w.Abort() // of what is done, nothing is left that could be
	return w.err
}

func (w *Writer) finish(sealed string) error {
	if err := w.writeSegment(true); err != nil {
		return err
	}
	w.man.Meta.Sealed = sealed
	tmp := w.tmp
	if w.live != nil {
		var err error
		if tmp, err = newTemp(w.path); err != nil {
			return writeError(w.path, err)
		}
		defer tmp.remove()
	}
	packed, err := pack(&w.man, w.dir, tmp.path, w.lean)
	if err == nil {
		err = w.replace(packed, w.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(w.path))
	}
	return writeError(w.path, err)
}

// Abort gives up: the temporary folder is removed, a recording's folder is left as it is.
// After Close it does nothing. It may be called while another goroutine is in Write, whose
// next file then fails.
func (w *Writer) Abort() {
	if w.done {
		return
	}
	w.done = true
	if w.live != nil {
		w.live.abort()
	} else {
		w.tmp.remove()
	}
}

func writeError(path string, err error) error {
	if err == nil {
		return nil
	}
	var at *fs.PathError // of a temporary file, which says nothing to the reader
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("bundle %s cannot be written: %w", path, err)
}

// syncDir makes a rename in a folder last. Not every file system can; then the file itself
// is still whole.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return cmp.Or(d.Sync(), d.Close())
}

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
