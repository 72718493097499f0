// Package parse reads and writes recordings of a server's connections, and gives every
// byte in them a type, a unit and a position. What a recording is made of is package
// record's; three kinds of input give the same records:
//
//	an operator's dump (text)   -> package dump
//	a folder of replies         -> package dump
//	a bundle (.connbox)         -> package bundle
//
// Open gives a Source, and Merge makes one of several. A record is its Source's until the next
// Scan: who keeps one copies it.
//
// The package knows formats and never what a number means: judging is package analyze's.
package parse

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
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
func Open(path string) (record.Source, error) { return OpenRange(path, record.Options{}) }

// openPath opens what lies at a path.
func openPath(ctx context.Context, path string, o record.Options) (record.Source, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, stream.OpenError(path, err)
	}
	if st.IsDir() {
		switch {
		case bundle.IsFolder(path):
			b, err := bundle.Open(path)
			return limited(b, err, o)
		case IsRing(path):
			return openRing(path, o)
		}
		if paths, others := bundlesIn(path); len(paths) > 0 {
			return openBundles(path, paths, others, o)
		}
		return dump.OpenFolder(path, unpacked(o))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, stream.OpenError(path, err)
	}
	if st.Mode().IsRegular() && isZipAt(f) {
		f.Close()
		b, err := bundle.Open(path)
		return limited(b, err, o)
	}
	return openStream(ctx, f, filepath.Base(path), f.Close, unpacked(o))
}

// unpacked is how many bytes a text may unpack to.
func unpacked(o record.Options) int64 { return cmp.Or(o.MaxUnpacked, record.DefaultMaxUnpacked) }

// limited gives of a bundle what is asked for.
func limited(b *bundle.Bundle, err error, o record.Options) (record.Source, error) {
	if err != nil {
		return nil, err // a nil *Bundle would be a Source that is not nil
	}
	b.Limit(o)
	return b, nil
}

func isZip(magic []byte) bool {
	return bytes.HasPrefix(magic, []byte("PK\x03\x04")) || bytes.HasPrefix(magic, []byte("PK\x05\x06"))
}

func isZipAt(r io.ReaderAt) bool {
	var magic [4]byte
	_, err := r.ReadAt(magic[:], 0)
	return (err == nil || err == io.EOF) && isZip(magic[:])
}

// openStream opens text, which can be read once only. closer may be nil.
func openStream(ctx context.Context, r io.Reader, name string, closer func() error, most int64) (record.Source, error) {
	sum := stream.NewDigest(&stopping{ctx, r})
	end := func() error {
		if closer == nil {
			return nil
		}
		return closer()
	}
	text, release, err := stream.Unpack(bufio.NewReaderSize(sum, 64<<10), name, stream.NewRoom(most))
	if err != nil {
		end()
		return nil, err
	}
	closeAll := func() error {
		release()
		return end()
	}
	whole := bufio.NewReaderSize(text, tellHead)
	zeros, ok := stream.SkipZeros(whole)
	if !ok { // as of /dev/zero, whose first line does not end
		closeAll()
		return nil, dump.Binary(record.Pos{File: name, Line: 1})
	}
	head := headOf(whole)
	if !dump.Begins(head) {
		if form := printed.Tell(head); form != printed.FormNone {
			p := newPrintout(whole, form, sum, name)
			p.input = closeAll
			return p, nil
		}
	}
	d := dump.NewPacked(whole, sum, name, closeAll)
	d.Skipped(zeros)
	return d, nil
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
