// Package bundle writes and reads recordings as bundles: one file, or a folder while
// recording.
//
// A bundle file is a zip of Parquet tables, one file a table, and a manifest, which says
// which row group of each table is which segment's, and has the SHA-256 of each; see
// docs/format.md. Writer makes one; Bundle reads one as a record.Source. A live folder has a
// file for each segment and table and a journal of the segment that is still open.
//
// A Bundle owns what it gives until the next Scan; a Writer keeps nothing of what it is
// given but strings. Of strangers' files nothing is decoded before its hash is checked.
package bundle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// A Bundle reads a recording that connbox wrote: a .connbox file, or the folder of one
// still being recorded or broken off. It is a record.Source. Memory is bounded by one
// segment.
//
// Where a table of a segment is damaged, its records are left out, of lists, INFO or what
// else it has, and all of the segment's where it is the table of samples: what is left is
// delivered, a warning says for each what is lost, and Err names the first such member at
// the end.
type Bundle struct {
	base  string
	files files
	man   *manifest

	seg     int             // of man.Segments, the next to read
	within  *segmentInfo    // being read, nil between segments
	cur     *segment.Reader // nil between segments
	lost    record.KindSet  // kinds that are left out of it
	journal *journalReader  // nil for a file
	seq     int64           // number of the last record
	recs    segment.Set
	names   record.Interner
	rec     record.Record
	err     error
	warn    record.Warnings
	ended   bool
	sum     string
	size    int64

	window record.Window
	kinds  record.KindSet
	stored bool // records come as they lie in segments
	torn   bool // a list of the segment was passed over
	loader *loader
	ahead  *readAhead // nil unless lists are asked for as changes
}

// Open opens a bundle file or the folder of a recording. Errors are *record.InputError.
func Open(path string) (*Bundle, error) {
	b := &Bundle{base: filepath.Base(path)}
	st, err := os.Stat(path)
	if err != nil {
		return nil, b.located(err)
	}
	if st.IsDir() {
		return b.opened(b.openFolder(path))
	}
	if !st.Mode().IsRegular() { // opening a pipe would wait for ever
		return nil, b.located(errors.New("no regular file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, b.located(err)
	}
	return b.opened(b.openFile(&zipFiles{r: f, close: f.Close, size: st.Size()}))
}

// OpenReaderAt opens a bundle in size bytes, which stay the caller's and must stay as they are
// until Close. name is for errors and positions.
func OpenReaderAt(r io.ReaderAt, size int64, name string) (*Bundle, error) {
	b := &Bundle{base: name}
	return b.opened(b.openFile(&zipFiles{r: r, close: func() error { return nil }, size: size}))
}

// IsFolder tells whether a folder is that of a recording.
func IsFolder(path string) bool {
	_, err := os.Stat(filepath.Join(path, liveManifest))
	return err == nil
}

// opened ends the opening, that failed unless err is nil.
func (b *Bundle) opened(err error) (*Bundle, error) {
	if err != nil {
		b.Close()
		return nil, b.located(err)
	}
	b.loader = &loader{files: b.files, man: b.man}
	return b, nil
}

// located makes err a *record.InputError at the record after the last one read.
func (b *Bundle) located(err error) error {
	var in *record.InputError
	if errors.As(err, &in) {
		return in
	}
	p := record.Pos{File: b.base}
	if b.man != nil {
		p.Sample = b.seq + 1
	}
	return &record.InputError{Pos: p, Msg: "bundle cannot be read", Err: err}
}

func (b *Bundle) openFile(z *zipFiles) error {
	b.files, b.size = z, z.size
	data, err := z.index()
	if err != nil {
		return err
	}
	if b.man, err = readManifest(data, record.Pos{File: b.base}, false); err != nil {
		return err
	}
	return z.checkListed(b.man)
}

// openFolder reads the manifest and opens the journal it names. A recorder may seal a
// segment in between and remove that journal; then the manifest is a newer one.
func (b *Bundle) openFolder(path string) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	d := &folderFiles{root}
	b.files = d
	for try := 0; ; try++ {
		data, err := d.readLimited(liveManifest, maxManifest)
		if errors.Is(err, fs.ErrNotExist) {
			return &record.InputError{Pos: record.Pos{File: b.base}, Msg: "folder holds no recording: it has no " + liveManifest, Err: err}
		} else if err != nil {
			return err
		}
		if b.man, err = readManifest(data, record.Pos{File: b.base + "/" + liveManifest}, true); err != nil {
			return err
		}
		f, err := d.file(b.man.Journal)
		if err == nil {
			b.journal, err = openJournal(f)
			return err
		}
		if !errors.Is(err, fs.ErrNotExist) || try == 5 {
			return err
		}
	}
}

// Limit makes the Bundle give the records that o asks for, before the first Scan. Segments
// outside of the range are not decoded; they are hashed at the end, unless o.Unhashed. The
// first CLIENT LIST in the range is as complete as any other.
func (b *Bundle) Limit(o record.Options) {
	b.window, b.kinds, b.stored = record.NewWindow(o), record.KindSetOf(o.Kinds), o.Stored
	if b.man != nil && !b.man.Meta.From.IsZero() {
		b.window.Begin(b.man.Meta.From)
	}
}

func (b *Bundle) Changes() { b.ahead = new(readAhead) }

// wanted tells whether a segment may hold records that are asked for.
func (b *Bundle) wanted(s *segmentInfo) bool {
	first, last := segment.TimeOf(s.FromUs), segment.TimeOf(s.ToUs)
	return first.IsZero() || !b.window.Misses(first, last)
}

func (b *Bundle) Scan() bool {
	b.rec = nil
	for !b.ended {
		rec, err := b.scan()
		if err != nil {
			if err == io.EOF || !b.passOver(rec, err) {
				b.seal()
			}
			continue
		}
		b.seq++
		if b.within != nil && b.lost.Contains(rec.Kind()) {
			b.torn = b.torn || rec.Kind() == record.KindClients
			continue
		}
		rec.Base().Pos = record.Pos{File: b.base, Sample: b.seq}
		inside := b.window.Holds(rec.Base().At) && b.kinds.Has(rec.Kind())
		if r, ok := rec.(*record.ClientChanges); ok {
			if b.torn && inside {
				r.MakeWhole()
			}
			b.torn = !inside
		}
		if inside {
			b.rec = rec
			return true
		}
	}
	return false
}

// passOver notes err, and leaves out the rest of the segment being read, or of its records of
// one kind where err came with a record. False if it is the journal that cannot be read.
func (b *Bundle) passOver(rec record.Record, err error) bool {
	if b.err == nil {
		b.err = b.located(err)
	}
	at := record.Pos{File: b.base, Sample: b.seq + 1}
	s := b.within
	if s == nil {
		b.warn.Add(at, "records from here on could not be read: %v", err)
		return false
	}
	last := s.First - 1 + s.Records
	if rec != nil && b.lost.Contains(rec.Kind()) {
		b.seq++
		return true
	}
	if rec != nil {
		b.warn.Add(at, "records of kind %s up to %d could not be read: %v", rec.Kind(), last, err)
		b.lost |= record.KindSetOf([]record.Kind{rec.Kind()})
		b.torn = b.torn || rec.Kind() == record.KindClients
		b.seq++
		return true
	}
	b.warn.Add(at, "records up to %d could not be read: %v", last, err)
	b.seq, b.cur, b.within, b.torn = last, nil, nil, true
	return true
}

// scan gives the next record, with an error that is its own alone. Decoders check what they
// read; should one miss something, the panic ends here, and the segment with it.
func (b *Bundle) scan() (rec record.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			rec, err = nil, fmt.Errorf("damaged in a way that was not foreseen: %v", p)
		}
	}()
	for {
		if b.cur != nil {
			if rec, err = b.cur.Next(); err != io.EOF {
				return rec, err
			}
			if b.ahead != nil {
				b.ahead.done = append(b.ahead.done, b.cur)
			}
			b.cur, b.within = nil, nil
		}
		if b.seg == len(b.man.Segments) {
			return b.scanJournal()
		}
		info := &b.man.Segments[b.seg]
		b.seg++
		if !b.wanted(info) {
			b.seq += info.Records
			b.window.Leave()
			continue
		}
		b.within, b.lost = info, 0
		if b.ahead != nil {
			b.cur, err = b.ahead.take(b)
		} else {
			b.cur, err = b.loader.segment(info, b.kinds, false, nil)
		}
		if err != nil {
			return nil, err
		}
		if b.stored {
			b.cur.Store()
		}
	}
}

func (b *Bundle) scanJournal() (record.Record, error) {
	if b.journal == nil {
		return nil, io.EOF
	}
	data, err := b.journal.next()
	var torn *tornError
	if errors.As(err, &torn) {
		b.warn.Add(record.Pos{File: b.base + "/" + b.man.Journal}, "%v", torn)
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	rec, err := decode(&b.recs, &recordReader{b: data, intern: b.names.Intern})
	if err != nil {
		return nil, err
	}
	return rec, nil
}

// seal ends the reading: it takes the hash of what lies on disk.
func (b *Bundle) seal() {
	b.ended = true
	if b.window.Unhashed {
		return
	}
	names := []string{liveManifest}
	for i := range b.man.Files {
		names = append(names, b.man.Files[i].Name)
	}
	h := sha256.New()
	n, err := b.files.copyTo(h, append(names, b.man.Journal))
	if err != nil {
		b.err = cmp.Or(b.err, b.located(err))
		return
	}
	b.size, b.sum = n, hex.EncodeToString(h.Sum(nil))
}

func (b *Bundle) Record() record.Record { return b.rec }
func (b *Bundle) Err() error            { return b.err }

func (b *Bundle) Origin() record.Origin {
	return record.Origin{Kind: record.InputBundle, Name: b.base, SHA256: b.sum, Bytes: b.size, Meta: b.man.Meta}
}

func (b *Bundle) Warnings() []string { return b.warn.All() }

func (b *Bundle) Close() error {
	b.ended = true
	b.ahead.wait()
	if b.journal != nil {
		b.journal.close()
	}
	if b.files == nil {
		return nil
	}
	f := b.files
	b.files = nil
	return f.Close()
}
