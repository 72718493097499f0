package parse

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

	"github.com/klauspost/compress/zstd"

	"github.com/connbox/connbox/parse/record"
)

// A Bundle reads a recording that connbox wrote: a .connbox file, or the folder of one
// still being recorded or broken off. It is a Source. Memory is bounded by one segment.
//
// The SHA-256 of each member is checked before any of its bytes is decoded. A segment that
// is damaged is passed over: the others are delivered, a warning says for each what is lost,
// and Err names the first such member at the end.
type Bundle struct {
	base  string
	files bundleFiles
	man   *manifest
	zstd  *zstd.Decoder

	seg     int            // of man.Segments, the next to read
	within  *segmentInfo   // being read, nil between segments
	cur     *segmentReader // nil between segments
	journal *journalReader // nil for a file
	seq     int64          // number of the last record
	recs    recordSet
	names   textPool
	rec     record.Record
	err     error
	warn    record.Warnings
	ended   bool
	sum     string
	size    int64

	window record.Window
	kinds  record.KindSet
	ahead  *readAhead // nil unless lists are asked for as changes
	torn   bool       // a list of the segment was passed over
}

// OpenBundle opens a bundle file or the folder of a recording. Errors are *InputError.
func OpenBundle(path string) (*Bundle, error) {
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
	z, err := openZip(path)
	if err != nil {
		return nil, b.located(err)
	}
	return b.opened(b.openFile(z))
}

// bundleOf opens a bundle in a file that it takes over.
func bundleOf(f *os.File, name string) (*Bundle, error) {
	b := &Bundle{base: name}
	z, err := zipOf(f)
	if err != nil {
		return nil, b.located(err)
	}
	return b.opened(b.openFile(z))
}

// opened ends the opening, that failed unless err is nil.
func (b *Bundle) opened(err error) (*Bundle, error) {
	if err == nil {
		b.zstd, err = newPageDecoder()
	}
	if err != nil {
		b.Close()
		return nil, b.located(err)
	}
	return b, nil
}

// located makes err an *InputError at the record after the last one read.
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
		f, err := d.open(b.man.Journal)
		if err == nil {
			b.journal, err = openJournal(f)
			return err
		}
		if !errors.Is(err, fs.ErrNotExist) || try == 5 {
			return err
		}
	}
}

// Scan implements Source.
func (b *Bundle) Scan() bool {
	b.rec = nil
	if b.ended {
		return false
	}
	for {
		rec, err := b.scan()
		switch {
		case err == io.EOF:
			b.seal()
			return false
		case err != nil:
			if !b.passOver(err) {
				b.seal()
				return false
			}
			continue
		}
		b.seq++
		rec.Base().Pos = record.Pos{File: b.base, Sample: b.seq}
		inside := b.window.Holds(rec.Base().At) && b.kinds.Has(rec.Kind())
		if r, ok := rec.(*ClientChanges); ok {
			if b.torn && inside {
				r.whole()
			}
			b.torn = !inside
		}
		if inside {
			b.rec = rec
			return true
		}
	}
}

// passOver notes err, and leaves out the rest of the segment being read. False if there is
// none: it is the journal that cannot be read.
func (b *Bundle) passOver(err error) bool {
	if b.err == nil {
		b.err = b.located(err)
	}
	s := b.within
	if s == nil {
		b.warn.Add(record.Pos{File: b.base, Sample: b.seq + 1}, "records from here on could not be read: %v", err)
		return false
	}
	last := s.First - 1 + s.Records
	b.warn.Add(record.Pos{File: b.base, Sample: b.seq + 1}, "records up to %d could not be read: %v", last, err)
	b.seq, b.cur, b.within, b.torn = last, nil, nil, true
	return true
}

// scan gives the next record. Decoders check what they read; should one miss something,
// the panic ends here, and the reading with it.
func (b *Bundle) scan() (rec record.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged in a way that was not foreseen: %v", p)
		}
	}()
	for {
		if b.cur != nil {
			if rec, err = b.cur.next(&b.recs); err != io.EOF {
				return rec, err
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
		b.within = info
		if b.cur, err = b.load(info); err != nil {
			return nil, err
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
	return b.recs.decode(&recordReader{b: data, intern: b.names.get})
}

// seal ends the reading: it takes the hash of what lies on disk.
func (b *Bundle) seal() {
	b.ended = true
	if b.window.Unhashed {
		return
	}
	h := sha256.New()
	if b.journal == nil {
		n, err := b.files.copyTo(h)
		if err != nil {
			b.err = cmp.Or(b.err, b.located(err))
			return
		}
		b.size = n
	} else {
		b.size = 0
		names := []string{liveManifest}
		for _, s := range b.man.Segments {
			for _, f := range s.Members {
				names = append(names, f.Name)
			}
		}
		for _, name := range append(names, b.man.Journal) {
			if n, err := b.files.copyFile(h, name); err == nil { // it may just have been sealed
				b.size += n
			}
		}
	}
	b.sum = hex.EncodeToString(h.Sum(nil))
}

// Record implements Source.
func (b *Bundle) Record() record.Record { return b.rec }

// Err implements Source.
func (b *Bundle) Err() error { return b.err }

// Origin implements Source.
func (b *Bundle) Origin() record.Origin {
	return record.Origin{Kind: record.InputBundle, Name: b.base, SHA256: b.sum, Bytes: b.size, Meta: b.man.Meta}
}

// Warnings implements Source.
func (b *Bundle) Warnings() []string { return b.warn.All() }

// Close implements Source.
func (b *Bundle) Close() error {
	b.ended = true
	b.ahead.wait()
	if b.zstd != nil {
		b.zstd.Close()
		b.zstd = nil
	}
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

// A textPool gives one string for equal bytes. It forgets all when it grows too large.
type textPool struct {
	m     map[string]string
	bytes int
}

func (p *textPool) get(b []byte) string {
	if s, ok := p.m[string(b)]; ok {
		return s
	}
	if p.m == nil || p.bytes > 4<<20 {
		p.m, p.bytes = map[string]string{}, 0
	}
	s := string(b)
	p.m[s] = s
	p.bytes += len(s) + 64
	return s
}
