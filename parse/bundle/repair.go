package bundle

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/connbox/connbox/parse/record"
)

// Repair makes a bundle file of the folder that a crash left, sealed as "recovered". What cannot
// be read is left out, and a mark at the end says so; an *InputError says what was lost. Of a file
// that is damaged it does so only at to.
//
// Where to is empty, the file takes the folder's place; a folder that was damaged, not merely cut
// off, is kept beside it as NAME.damaged. Else the file is made at to, and the folder stays as it
// is: the disk that it is on may be full, or read-only. It fails where the folder is still
// recorded into.
func Repair(path, to string) error {
	path = filepath.Clean(path)
	file := false // not a folder
	here, inPlace, kept := record.Pos{File: filepath.Base(path)}, to == "", path+".damaged"
	if st, err := os.Stat(path); err != nil {
		return &record.InputError{Msg: "cannot be repaired", Err: err}
	} else if file = !st.IsDir(); file && inPlace {
		return record.Errorf(here, "is a file, not the folder of a recording that broke off; with --to FILE, what can be read of it is made a bundle")
	}
	src, err := Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	if file {
		// nobody records into a file
	} else if lock, err := lockFile(filepath.Join(path, lockName)); err == nil {
		defer lock.Close()
	} else if !errors.Is(err, syscall.EROFS) && !errors.Is(err, fs.ErrPermission) { // there nobody records
		return record.Errorf(here, "is still being recorded")
	}
	lost := "repaired without a part"
	if inPlace {
		to, lost = path, lost+"; the folder is kept as "+filepath.Base(kept)
		if _, err := os.Lstat(kept); err == nil {
			return record.Errorf(here, "%s is in the way, where a damaged folder would be kept", filepath.Base(kept))
		}
	}
	w, err := Create(to, src.Origin().Meta)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.recover(src); err != nil {
		return err
	}
	if file && src.Err() == nil {
		return record.Errorf(here, "is whole; there is nothing to repair")
	}
	if inPlace {
		w.replace = replaceFolder
		if src.Err() != nil { // what could not be read may still be of use to somebody
			w.replace = func(tmp, path string) error {
				if err := os.Rename(path, kept); err != nil {
					return err
				}
				return os.Rename(tmp, path)
			}
		}
	}
	if err := w.Close("recovered"); err != nil {
		return err
	}
	if err := src.Err(); err != nil {
		return &record.InputError{Pos: here, Msg: lost, Err: err}
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
		if err := w.Write(&record.Mark{Head: record.Head{At: w.man.Meta.To, Took: -1}, Text: record.RecoveredWithout + why}); err != nil {
			return err
		}
	}
	return nil
}
