package parse

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/connbox/connbox/parse/record"
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
	w, err := newWriter(path, meta)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(w.path, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%s exists already: another recording runs there or was left; choose another name or repair it", path)
		}
		return nil, writeError(path, err)
	}
	l := &liveFolder{dir: w.path}
	if err := l.start(&w.man); err != nil {
		l.abort()
		os.RemoveAll(w.path)
		return nil, writeError(path, err)
	}
	w.live, w.out = l, l
	return w, nil
}

func (l *liveFolder) start(m *manifest) error {
	var err error
	if l.lock, err = lockFile(filepath.Join(l.dir, lockName)); err != nil {
		return err
	}
	l.compress, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
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

func (l *liveFolder) put(name string, data []byte) error {
	return writeSynced(filepath.Join(l.dir, name), data)
}

// rotate begins a new journal and makes the manifest name it and what was sealed.
func (l *liveFolder) rotate(m *manifest) error {
	old := l.journal
	l.count++
	m.Journal = fmt.Sprintf("journal-%05d", l.count)
	path := filepath.Join(l.dir, m.Journal)
	if err := writeSynced(path, []byte(journalMagic)); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	l.journal, l.size = f, int64(len(journalMagic))
	if err := l.writeManifest(m); err != nil || old == nil {
		return err
	}
	return cmp.Or(old.Close(), os.Remove(old.Name()))
}

func (l *liveFolder) writeManifest(m *manifest) error {
	data, err := m.marshal()
	if err != nil {
		return err
	}
	path := filepath.Join(l.dir, liveManifest)
	if err := writeSynced(path+".tmp", data); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	return syncDir(l.dir)
}

// pack puts the sealed segments into one file, which takes the folder's place.
func (l *liveFolder) pack(path string, m *manifest) error {
	z, err := createZip(path)
	if err != nil {
		return err
	}
	for _, s := range m.Segments {
		for _, f := range s.Members {
			data, err := os.ReadFile(filepath.Join(l.dir, f.Name))
			if err == nil {
				if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != f.SHA256 {
					err = fmt.Errorf("%s changed on disk", f.Name)
				}
			}
			if err = cmp.Or(err, z.put(f.Name, data)); err != nil {
				z.abort()
				return err
			}
		}
	}
	if err := z.finish(m, path, replaceFolder); err != nil {
		z.abort()
		return err
	}
	l.abort()
	return nil
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

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return cmp.Or(err, f.Sync(), f.Close())
}

// Repair turns the folder that a crash left into a bundle file in its place, sealed as
// "recovered". What cannot be read is left out, and a mark at the end says so. Where the
// folder was damaged, not merely cut off, it is kept beside the file as NAME.damaged, and an
// *InputError says what was lost.
func Repair(path string) error {
	path = filepath.Clean(path)
	if st, err := os.Stat(path); err != nil {
		return &record.InputError{Msg: "cannot be repaired", Err: err}
	} else if !st.IsDir() {
		return record.Errorf(record.Pos{File: filepath.Base(path)}, "is no folder of a recording that broke off; there is nothing to repair")
	}
	src, err := OpenBundle(path)
	if err != nil {
		return err
	}
	defer src.Close()
	lock, err := lockFile(filepath.Join(path, lockName))
	if err != nil {
		return record.Errorf(record.Pos{File: filepath.Base(path)}, "is still being recorded")
	}
	defer lock.Close()
	w, err := Create(path, src.Origin().Meta)
	if err != nil {
		return err
	}
	w.replace = replaceFolder
	defer w.Abort()
	kept := path + ".damaged"
	if _, err := os.Lstat(kept); err == nil {
		return record.Errorf(record.Pos{File: filepath.Base(path)}, "%s is in the way, where a damaged folder would be kept", filepath.Base(kept))
	}
	for src.Scan() {
		if err := w.Write(src.Record()); err != nil {
			return err
		}
	}
	for _, why := range src.Warnings() { // of what Err says, too
		if err := w.Write(&record.Mark{Head: record.Head{At: w.man.Meta.To, Took: -1}, Text: "recovered without a part: " + why}); err != nil {
			return err
		}
	}
	if src.Err() == nil {
		return w.Close("recovered")
	}
	// What could not be read may still be of use to somebody: the folder is kept.
	w.replace = func(tmp, path string) error {
		if err := os.Rename(path, kept); err != nil {
			return err
		}
		return cmp.Or(os.Rename(tmp, path), nil)
	}
	if err := w.Close("recovered"); err != nil {
		return err
	}
	return &record.InputError{Pos: record.Pos{File: filepath.Base(path)}, Msg: "repaired without a part; the folder is kept as " + filepath.Base(kept), Err: src.Err()}
}
