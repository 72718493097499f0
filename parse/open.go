// Package parse reads and writes recordings of a server's connections, and gives every
// byte in them a type, a unit and a position. What a recording is made of is package
// record's; three kinds of input give the same records:
//
//	an operator's dump (text)   -> package dump
//	a folder of replies         -> package dump
//	a bundle (.connbox)         -> package bundle
//
// The package knows formats and never what a number means: judging is package analyze's.
package parse

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/printed"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/stream"
)

// tellHead is how much of a text is looked at to tell what it is.
const tellHead = 64 << 10

// Open opens a recording. What it is, is told from its content: a bundle, a live capture's
// folder, a ring or another folder of bundles, a folder of dumps, or one dump as text, gzip or zstd. "-" is standard input.
func Open(path string) (record.Source, error) { return open(path, record.Options{}) }

// open opens a recording whose texts may unpack to so many bytes. Of bundles it gives what the
// options ask for, and of texts everything.
func open(path string, o record.Options) (record.Source, error) {
	most := cmp.Or(o.MaxUnpacked, record.DefaultMaxUnpacked)
	if path == "-" {
		return openStream(os.Stdin, "-", nil, most)
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, stream.OpenError(path, err)
	}
	if st.IsDir() {
		switch {
		case bundle.IsFolder(path):
			return limitedBundle(path, o)
		case IsRing(path):
			return openRing(path, o)
		}
		if paths, others := bundlesIn(path); len(paths) > 0 {
			return openBundles(path, paths, others, o)
		}
		return dump.OpenFolder(path, most)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, stream.OpenError(path, err)
	}
	if st.Mode().IsRegular() {
		var magic [4]byte
		if _, err := f.ReadAt(magic[:], 0); err == nil && isZip(magic[:]) {
			f.Close()
			return limitedBundle(path, o)
		}
	}
	return openStream(f, filepath.Base(path), f.Close, most)
}

func limitedBundle(path string, o record.Options) (record.Source, error) {
	b, err := bundle.Open(path)
	if err != nil {
		return nil, err // a nil *Bundle would be a Source that is not nil
	}
	b.Limit(o)
	return b, nil
}

func isZip(magic []byte) bool {
	return bytes.HasPrefix(magic, []byte("PK\x03\x04")) || bytes.HasPrefix(magic, []byte("PK\x05\x06"))
}

// openStream opens what can be read once only: a dump, or a bundle by way of a temporary
// file. closer may be nil.
func openStream(r io.Reader, name string, closer func() error, most int64) (record.Source, error) {
	sum := stream.NewDigest(r)
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
	text, release, err := stream.Unpack(br, name, stream.NewRoom(most))
	if err != nil {
		end()
		return nil, err
	}
	closeAll := func() error {
		release()
		return end()
	}
	whole := bufio.NewReaderSize(text, tellHead)
	if head := headOf(whole); !dump.Begins(head) {
		if form := printed.Tell(head); form != printed.FormNone {
			p := newPrintout(whole, form, sum, name)
			p.input = closeAll
			return p, nil
		}
	}
	return dump.NewPacked(whole, sum, name, closeAll), nil
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

// headOf gives as much of a text's beginning as it takes to tell what it is. A pipe may give
// it bit by bit: a server's replies are known by their first lines, and not waited for.
func headOf(text *bufio.Reader) []byte {
	for n := 1; ; {
		_, err := text.Peek(n)
		head, _ := text.Peek(text.Buffered())
		if err != nil || len(head) == text.Size() || dump.Begins(head) {
			return head
		}
		n = len(head) + 1
	}
}
