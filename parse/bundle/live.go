package bundle

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

const lockName = "lock"

// A liveFolder is a bundle being recorded: a folder with connbox.live (the manifest so
// far), the files of the sealed segments, and a journal of the open one. A new journal is
// begun before the manifest names it and the old one goes after, so that at any moment the
// manifest on disk leads to every record once. Files it does not name are leftovers.
type liveFolder struct {
	dir      string
	lock     *os.File
	journal  *os.File
	size     int64 // of the journal up to the last whole record
	count    int   // of journals so far
	synced   time.Time
	compress *zstd.Encoder
	frame    []byte
}

// CreateLive begins a recording in the folder path, which must not exist. Close turns it
// into one file. Another process may open path meanwhile, or after a crash.
func CreateLive(path string, meta record.Meta) (*Writer, error) {
	w := newWriter(path, meta)
	if err := os.Mkdir(w.path, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%s exists already: another recording runs there or was left; choose another name or repair it", path)
		}
		return nil, writeError(path, err)
	}
	w.seg.Limits = segment.LiveLimits()
	l := &liveFolder{dir: w.path}
	if err := l.start(&w.man); err != nil {
		l.abort()
		os.RemoveAll(w.path)
		return nil, writeError(path, err)
	}
	w.live, w.dir, w.replace = l, w.path, replaceFolder
	return w, nil
}

func (l *liveFolder) start(m *manifest) error {
	var err error
	if l.lock, err = lockFile(filepath.Join(l.dir, lockName)); err != nil {
		return err
	}
	l.compress, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(256<<10))
	if err != nil {
		return err
	}
	return l.rotate(m)
}

// append puts one record into the journal with one write.
func (l *liveFolder) append(rec []byte) error {
	l.frame = append(l.frame[:0], make([]byte, frameHead)...)
	l.frame = l.compress.EncodeAll(rec, l.frame)
	binary.LittleEndian.PutUint32(l.frame, uint32(len(l.frame)-frameHead))
	binary.LittleEndian.PutUint32(l.frame[4:], crc32.Checksum(l.frame[frameHead:], castagnoli))
	if _, err := l.journal.Write(l.frame); err != nil {
		l.journal.Truncate(l.size) // leave no half record behind a full disk
		return writeError(l.dir, err)
	}
	l.size += int64(len(l.frame))
	if now := time.Now(); now.Sub(l.synced) >= time.Second {
		l.synced = now
		return writeError(l.dir, l.journal.Sync())
	}
	return nil
}

// rotate begins a new journal and makes the manifest name it and what was sealed. If it
// fails, the journal is the one it was.
func (l *liveFolder) rotate(m *manifest) error {
	old, name := l.journal, m.Journal
	l.count++
	m.Journal = fmt.Sprintf("journal-%05d", l.count)
	path := filepath.Join(l.dir, m.Journal)
	f, err := createSynced(path, []byte(journalMagic))
	if err == nil {
		if err = l.writeManifest(m); err != nil {
			f.Close()
		}
	}
	if err != nil {
		os.Remove(path)
		m.Journal = name
		return err
	}
	l.journal, l.size = f, int64(len(journalMagic))
	if old != nil { // what is left of it no manifest names
		old.Close()
		os.Remove(old.Name())
	}
	return nil
}

func (l *liveFolder) writeManifest(m *manifest) error {
	data, err := m.marshal()
	if err != nil {
		return err
	}
	path := filepath.Join(l.dir, liveManifest)
	f, err := createSynced(path+".tmp", data)
	if err != nil {
		return err
	}
	if err := cmp.Or(f.Close(), os.Rename(path+".tmp", path)); err != nil {
		return err
	}
	syncDir(l.dir) // the new name is there; that it lasts, the next manifest tries again
	return nil
}

// Gone tells whether a recording's folder is no longer in its place.
func (w *Writer) Gone() bool {
	if w.live == nil || w.done {
		return false
	}
	here, err := os.Stat(filepath.Join(w.dir, lockName))
	was, err2 := w.live.lock.Stat()
	return errors.Is(err, fs.ErrNotExist) || err == nil && err2 == nil && !os.SameFile(here, was)
}

// abort lets go of the folder, which stays as it is.
func (l *liveFolder) abort() {
	if l.journal != nil {
		l.journal.Sync()
		l.journal.Close()
	}
	if l.lock != nil {
		l.lock.Close()
	}
	if l.compress != nil {
		l.compress.Close()
	}
}

// replaceFolder puts the file tmp in the place of the folder path and removes the folder.
func replaceFolder(tmp, path string) error {
	if err := exchange(tmp, path); err == nil {
		return os.RemoveAll(tmp) // now the folder
	}
	return replaceInSteps(tmp, path)
}

// replaceInSteps does the same where paths cannot be exchanged: for a moment there is none.
func replaceInSteps(tmp, path string) error {
	old := path + ".old"
	if err := os.Rename(path, old); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return cmp.Or(os.Rename(old, path), err)
	}
	return os.RemoveAll(old)
}

// createSynced makes a file that holds data, on the disk when it returns, and is open to be
// appended to.
func createSynced(path string, data []byte) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return f, nil
}
