// Package parse reads and writes recordings of a server's connections, and gives every
// byte in them a type, a unit and a position. What a recording is made of is package
// record's; three kinds of input give the same records:
//
//	an operator's dump (text)   -> dump.go
//	a folder of replies         -> folder.go
//	a bundle (.connbox)         -> package bundle
//
// The package knows formats and never what a number means: judging is package analyze's.
package parse

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

const (
	// maxUnpack is how many compressions may lie in each other: dump.txt.gz.zst.
	maxUnpack = 2
	// maxWindow bounds the memory a zstd stream may ask for; zstd -19 asks for 8 MB and
	// --long=27, the most that the zstd tool unpacks unasked, for 128 MB.
	maxWindow = 128 << 20
)

// Open opens a recording. What it is, is told from its content: a bundle, a live capture's
// folder, a folder of dumps, or one dump as text, gzip or zstd. "-" is standard input.
func Open(path string) (record.Source, error) {
	if path == "-" {
		return openStream(os.Stdin, "-", nil)
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if st.IsDir() {
		if bundle.IsFolder(path) {
			return asSource(bundle.Open(path))
		}
		return OpenFolder(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if st.Mode().IsRegular() {
		var magic [4]byte
		if _, err := f.ReadAt(magic[:], 0); err == nil && isZip(magic[:]) {
			f.Close()
			return asSource(bundle.Open(path))
		}
	}
	return openStream(f, filepath.Base(path), f.Close)
}

// asSource keeps a nil *bundle.Bundle from becoming a Source that is not nil.
func asSource(b *bundle.Bundle, err error) (record.Source, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}

func openError(path string, err error) error {
	if pe, ok := err.(*os.PathError); ok {
		err = pe.Err
	}
	return &record.InputError{Pos: record.Pos{File: path}, Msg: "cannot be opened", Err: err}
}

func isZip(magic []byte) bool {
	return bytes.HasPrefix(magic, []byte("PK\x03\x04")) || bytes.HasPrefix(magic, []byte("PK\x05\x06"))
}

// openStream opens what can be read once only: a dump, or a bundle by way of a temporary
// file. closer may be nil.
func openStream(r io.Reader, name string, closer func() error) (record.Source, error) {
	sum := newDigest(r)
	end := func() error {
		if closer == nil {
			return nil
		}
		return closer()
	}
	br := bufio.NewReaderSize(sum, 64<<10)
	if magic, _ := br.Peek(4); isZip(magic) {
		src, err := spoolBundle(br, name)
		end()
		return src, err
	}
	text, release, err := unpack(br, name)
	if err != nil {
		end()
		return nil, err
	}
	d := newDump(text, sum, name)
	d.input = func() error {
		release()
		return end()
	}
	return d, nil
}

// packers are the compressions known by their first bytes; open is nil for those that are
// only named in the refusal.
var packers = [...]struct {
	magic, name string
	open        func(io.Reader) (io.Reader, func(), error)
}{
	{"\x1f\x8b", "gzip", openGzip},
	{"\x28\xb5\x2f\xfd", "zstd", openZstd},
	{"\xfd7zXZ\x00", "xz", nil},
	{"BZh", "bzip2", nil},
	{"\x04\x22\x4d\x18", "lz4", nil},
	{"7z\xbc\xaf\x27\x1c", "7-Zip", nil},
	{"PK\x03\x04", "a bundle or zip file", nil},
}

func openGzip(r io.Reader) (io.Reader, func(), error) {
	z, err := gzip.NewReader(r)
	return z, func() {}, err
}

func openZstd(r io.Reader) (io.Reader, func(), error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}

// unpack takes off gzip and zstd. release frees what it holds.
func unpack(br *bufio.Reader, name string) (text io.Reader, release func(), err error) {
	var releases []func()
	release = func() {
		for i := len(releases) - 1; i >= 0; i-- {
			releases[i]()
		}
	}
	for depth := 0; ; depth++ {
		magic, _ := br.Peek(8)
		found := -1
		for i := range packers {
			if bytes.HasPrefix(magic, []byte(packers[i].magic)) {
				found = i
			}
		}
		if found < 0 {
			return br, release, nil
		}
		p := &packers[found]
		if p.open == nil || depth == maxUnpack {
			release()
			return nil, nil, record.Errorf(record.Pos{File: name}, "compressed with %s%s: unpack it first", p.name, within(depth))
		}
		r, closeIt, err := p.open(br)
		if err != nil {
			release()
			return nil, nil, &record.InputError{Pos: record.Pos{File: name}, Msg: "damaged " + p.name + " data", Err: err}
		}
		releases = append(releases, closeIt)
		br = bufio.NewReaderSize(r, 64<<10)
	}
}

func within(depth int) string {
	if depth == 0 {
		return ""
	}
	return " inside another compression"
}

// A spooled is a bundle that came through a pipe.
type spooled struct {
	*bundle.Bundle
	path string // of its temporary file; empty where that is removed already
}

// spoolBundle copies a bundle into a temporary file, which has no name any more before the
// first byte is in it where the system allows that: nothing is left of it after a kill.
func spoolBundle(r io.Reader, name string) (record.Source, error) {
	f, err := os.CreateTemp("", "connbox-*.connbox")
	if err != nil {
		return nil, &record.InputError{Pos: record.Pos{File: name}, Msg: "no temporary file for the bundle", Err: err}
	}
	s := &spooled{}
	if os.Remove(f.Name()) != nil {
		s.path = f.Name()
	}
	if _, err = io.Copy(f, r); err != nil {
		f.Close()
		s.remove()
		return nil, &record.InputError{Pos: record.Pos{File: name}, Msg: "the bundle cannot be read", Err: err}
	}
	if s.Bundle, err = bundle.OpenFile(f, name); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *spooled) remove() error {
	if s.path == "" {
		return nil
	}
	return os.Remove(s.path)
}

// Close implements Source.
func (s *spooled) Close() error {
	return errors.Join(s.Bundle.Close(), s.remove())
}
