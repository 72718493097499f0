package bundle

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/connbox/connbox/parse/record"
)

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
	src, err := Open(path)
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
	if err := w.recover(src); err != nil {
		return err
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

// RepairTo makes a bundle file elsewhere of the folder that a crash left, which stays as it is: the
// disk that it is on may be full, or read-only. It fails where out exists, or the folder is still
// recorded into. An *InputError says what was lost.
func RepairTo(path, out string) error {
	path = filepath.Clean(path)
	if st, err := os.Stat(path); err != nil || !st.IsDir() {
		return record.Errorf(record.Pos{File: filepath.Base(path)}, "is no folder of a recording that broke off; there is nothing to repair")
	}
	src, err := Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	if lock, err := lockFile(filepath.Join(path, lockName)); err == nil {
		lock.Close() // the recorder is gone; on a read-only disk it cannot be there
	} else if !errors.Is(err, syscall.EROFS) && !errors.Is(err, fs.ErrPermission) {
		return record.Errorf(record.Pos{File: filepath.Base(path)}, "is still being recorded")
	}
	w, err := Create(out, src.Origin().Meta)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.recover(src); err != nil {
		return err
	}
	if err := w.Close("recovered"); err != nil {
		return err
	}
	if err := src.Err(); err != nil {
		return &record.InputError{Pos: record.Pos{File: filepath.Base(path)}, Msg: "repaired without a part", Err: err}
	}
	return nil
}

// recover writes what can be read of a recording that broke off, and marks of what cannot.
func (w *Writer) recover(src *Bundle) error {
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
	return nil
}
