package dump

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/stream"
	"github.com/connbox/connbox/parse/when"
)

// maxFolderFiles bounds the list of files that a folder is sorted from. It is arbitrary.
const maxFolderFiles = 200_000

// A Folder reads a folder of dumps, usually one reply a file, in the order of the times in
// the files' names or else of their modification. It has one file open at a time.
type Folder struct {
	path  string
	files []folderFile
	next  int
	cur   *Reader
	sum   hash.Hash // over the SHA-256 of each file that was read to its end
	bytes int64
	warn  record.Warnings
	err   error
	room  *stream.Room
	open  bool // cur is in the midst of a file
	found bool
}

type folderFile struct {
	rel   string
	at    time.Time
	named bool // at is from the name
}

// OpenFolder opens a folder of dumps, which may unpack to so many bytes in all. Hidden files
// are passed over, and so is, with a warning, what is no dump.
func OpenFolder(path string, most int64) (*Folder, error) {
	f := &Folder{path: path, sum: sha256.New(), room: stream.NewRoom(most)}
	err := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(path, name)
		switch {
		case err != nil && rel == ".":
			return err
		case err != nil:
			f.warn.Add(record.Pos{File: rel}, "cannot be read: %v", err)
			return nil
		case strings.HasPrefix(e.Name(), ".") && rel != ".":
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case len(f.files) == maxFolderFiles:
			f.warn.Add(record.Pos{File: rel}, "more than %d files: the rest is left out", maxFolderFiles)
			return fs.SkipAll
		}
		st, err := os.Stat(name)
		if err != nil || !st.Mode().IsRegular() {
			f.warn.Add(record.Pos{File: rel}, "no regular file, passed over")
			return nil
		}
		file := folderFile{rel: rel, at: st.ModTime().UTC()}
		if at, ok := when.InName(e.Name()); ok {
			file.at, file.named = at, true
		}
		f.files = append(f.files, file)
		return nil
	})
	if err != nil {
		return nil, stream.OpenError(path, err)
	}
	if len(f.files) == 0 {
		return nil, record.Errorf(record.Pos{File: path}, "the folder holds no files")
	}
	slices.SortFunc(f.files, func(a, b folderFile) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.rel, b.rel))
	})
	f.checkTimes()
	return f, nil
}

// checkTimes warns of modification times that are those of a copy.
func (f *Folder) checkTimes() {
	first, last := f.files[0], f.files[len(f.files)-1]
	if len(f.files) > 10 && !first.named && !last.named && last.at.Sub(first.at) < 2*time.Second {
		f.warn.Add(record.Pos{File: f.path}, "all %d files were written within 2 s: their modification times are probably those of a copy", len(f.files))
	}
}

func (f *Folder) Scan() bool {
	for {
		if f.open {
			if f.cur.Scan() {
				f.found = f.found || f.cur.found
				return true
			}
			f.leave()
		}
		if f.err != nil || f.next == len(f.files) {
			if f.err == nil && !f.found {
				f.err = record.Errorf(record.Pos{File: f.path}, "none of the folder's %d files holds INFO, CLIENT LIST, SLOWLOG or CONFIG GET", len(f.files))
			}
			return false
		}
		f.enter(&f.files[f.next])
		f.next++
	}
}

// enter opens a file; one that cannot be opened is a warning.
func (f *Folder) enter(file *folderFile) {
	in, err := os.Open(filepath.Join(f.path, file.rel))
	if err != nil {
		f.warn.Add(record.Pos{File: file.rel}, "cannot be opened: %v", errors.Unwrap(err))
		return
	}
	sum := stream.NewDigest(in)
	text, release, err := stream.Unpack(bufio.NewReaderSize(sum, 64<<10), file.rel, f.room)
	if err != nil {
		in.Close()
		f.warn.Add(record.Pos{}, "%v", err)
		return
	}
	whole := bufio.NewReaderSize(text, 64<<10)
	zeros, _ := stream.SkipZeros(whole) // what is nothing else is empty
	if f.cur == nil {
		f.cur = NewPacked(whole, sum, file.rel, nil)
	} else {
		f.cur.reset(whole, sum, file.rel)
	}
	f.cur.Skipped(zeros)
	f.cur.at, f.cur.told, f.cur.lineAt = file.at, file.named, file.at
	f.cur.input = func() error {
		release()
		return in.Close()
	}
	f.open = true
}

// leave closes the file at hand and takes over its doubts.
func (f *Folder) leave() {
	f.open = false
	if err := f.cur.Err(); err != nil {
		f.warn.Add(record.Pos{}, "%v", err)
	}
	f.warn.Take(&f.cur.warn)
	if f.cur.sum.Ended() {
		f.sum.Write(f.cur.sum.Sum())
	}
	f.bytes += f.cur.sum.Size()
	f.cur.Close()
}

func (f *Folder) Record() record.Record { return f.cur.Record() }
func (f *Folder) Err() error            { return f.err }
func (f *Folder) Warnings() []string    { return f.warn.All() }

// Origin implements Source. SHA256 is that of the files' own SHA-256 (32 bytes each), in
// the order of reading; Bytes is what was read of them.
func (f *Folder) Origin() record.Origin {
	o := record.Origin{Kind: record.InputDump, Name: filepath.Base(f.path), Bytes: f.bytes}
	if f.next == len(f.files) && !f.open {
		o.SHA256 = hex.EncodeToString(f.sum.Sum(nil))
	}
	return o
}

func (f *Folder) Close() error {
	f.next = len(f.files)
	if !f.open {
		return nil
	}
	f.open = false
	return f.cur.Close()
}
