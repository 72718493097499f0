package parse

import (
	"archive/zip"
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// A Writer writes a bundle. It holds two segments of records in memory, one that is filled
// and one that is being written, each at most as much as segmentLimits says. It is not safe
// for use by several goroutines.
type Writer struct {
	path    string
	man     manifest
	queue   *recordQueue // of records to add; nil while recording and before the first
	seg     *segment     // while there is a queue its goroutine's, unless the queue is empty
	sealer  sealer
	next    int64 // number of the next record
	buf     []byte
	out     container
	live    *liveFolder // nil unless recording
	err     error       // the first failure; it sticks
	done    bool
	replace func(tmp, path string) error
}

// A container is where sealed members go.
type container interface {
	put(name string, data []byte) error
	abort()
}

var errClosed = errors.New("bundle is closed already")

// Create begins a bundle that will replace path when Close succeeds. Until then all is in
// a temporary file beside it.
func Create(path string, meta record.Meta) (*Writer, error) {
	w, err := newWriter(path, meta)
	if err != nil {
		return nil, err
	}
	if w.out, err = createZip(path); err != nil {
		return nil, err
	}
	w.replace = os.Rename
	return w, nil
}

func newWriter(path string, meta record.Meta) (*Writer, error) {
	enc, err := newEncoder()
	if err != nil {
		return nil, err
	}
	w := &Writer{path: filepath.Clean(path), seg: newSegment(), sealer: sealer{enc: enc}, next: 1}
	w.man = manifest{Format: FormatVersion, Meta: meta}
	w.man.Meta.ObserverID = append([]int64(nil), meta.ObserverID...)
	return w, nil
}

// Write adds a record, of which it keeps a copy; strings it keeps as they are. Times are
// kept to the microsecond. While recording, the record is in the journal when Write
// returns: a crash of the program cannot lose it, one of the machine may lose the last
// second's. Else it may be written later, and its error come with a later call. After an
// error every call gives the same.
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
	size, err := w.accept(rec)
	if err != nil {
		return err
	}
	if w.live != nil {
		w.buf = appendRecord(w.buf[:0], rec)
		if w.err = w.live.append(w.buf); w.err == nil {
			w.err = w.add(w.next, rec)
		}
	} else {
		if w.queue == nil {
			w.queue = newRecordQueue(w.add)
		}
		w.err = w.queue.put(w.next, rec, size)
	}
	w.next++
	w.noteTime(rec.Base().At)
	return w.err
}

// add puts a record into the open segment.
func (w *Writer) add(seq int64, rec record.Record) error {
	w.seg.add(seq, rec)
	if !w.seg.full() {
		return nil
	}
	return w.seal()
}

// ErrTooLarge is in the error of a record that no bundle can hold. The Writer goes on as if
// the record had not been given.
var ErrTooLarge = errors.New("too large for a bundle")

// accept refuses records that could not be read back, and gives the size of others.
func (w *Writer) accept(rec record.Record) (size int, err error) {
	if size, err = recordSize(rec); err != nil {
		return 0, err
	}
	c, ok := rec.(*record.Clients)
	if size > maxRecord || ok && len(c.Rows) > maxListRows {
		return 0, fmt.Errorf("record of %d bytes: %w", size, ErrTooLarge)
	}
	if ok {
		err = checkLayouts(c)
	}
	return size, err
}

// noteTime widens the span in the manifest. JSON has no year above 9999.
func (w *Writer) noteTime(at time.Time) {
	at = microTime(unixMicro(at))
	if at.IsZero() || at.Year() < 1 || at.Year() > 9999 {
		return
	}
	m := &w.man.Meta
	if m.From.IsZero() || at.Before(m.From) {
		m.From = at
	}
	if m.To.IsZero() || at.After(m.To) {
		m.To = at
	}
}

// SetMeta lets fn change what the recording says of itself. From, To and Sealed are set by
// the Writer. While recording, the change is on disk when SetMeta returns.
func (w *Writer) SetMeta(fn func(*record.Meta)) error {
	if w.done {
		return errClosed
	}
	fn(&w.man.Meta)
	if w.live != nil {
		return w.live.writeManifest(&w.man)
	}
	return nil
}

// AddObserverID notes a client id that the recorder's own connection had.
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
	if w.err != nil {
		w.Abort()
	} else if w.queue != nil {
		w.queue.stop()
	}
	w.done = true
	return w.err
}

// flush writes all that there is into the container.
func (w *Writer) flush() error {
	if w.queue != nil {
		if err := w.queue.flush(); err != nil {
			return err
		}
	}
	return cmp.Or(w.seal(), w.sealed())
}

func (w *Writer) finish(sealed string) error {
	if err := w.flush(); err != nil {
		return err
	}
	w.man.Meta.Sealed = sealed
	if w.live != nil {
		if err := w.live.pack(w.path, &w.man); err != nil {
			return writeError(w.path, err)
		}
		return nil
	}
	return writeError(w.path, w.out.(*zipFile).finish(&w.man, w.path, w.replace))
}

// Abort gives up: the temporary file is removed, a recording's folder is left as it is.
// After Close it does nothing.
func (w *Writer) Abort() {
	if w.done {
		return
	}
	w.done = true
	if w.queue != nil {
		w.queue.stop()
	}
	w.sealed()
	w.out.abort()
}

func writeError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bundle %s cannot be written: %w", path, err)
}

// A zipFile is a bundle in the making, in a temporary file.
type zipFile struct {
	f   *os.File
	buf *bufio.Writer
	zip *zip.Writer
}

func createZip(path string) (*zipFile, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, writeError(path, err)
	}
	buf := bufio.NewWriterSize(f, 64<<10)
	return &zipFile{f, buf, zip.NewWriter(buf)}, nil
}

// put stores a member as it is: its pages are compressed already. Size and checksum stand
// before the data, so that the file can be read from front to back.
func (z *zipFile) put(name string, data []byte) error {
	w, err := z.zip.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store,
		CRC32: crc32.ChecksumIEEE(data), CompressedSize64: uint64(len(data)),
		UncompressedSize64: uint64(len(data))})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// finish writes the manifest and puts the file in the place of path.
func (z *zipFile) finish(m *manifest, path string, replace func(tmp, path string) error) error {
	m.Journal = ""
	data, err := m.marshal()
	if err != nil {
		return err
	}
	err = cmp.Or(z.put(manifestName, data), z.zip.Close(), z.buf.Flush(), z.f.Sync())
	if err != nil {
		return err
	}
	if err := z.f.Close(); err != nil {
		return err
	}
	if err := replace(z.f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func (z *zipFile) abort() {
	z.f.Close()
	os.Remove(z.f.Name())
}

// syncDir makes a rename in a folder last. Not every file system can; then the file itself
// is still whole.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	d.Sync()
	return d.Close()
}
