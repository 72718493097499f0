package parse

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/stream"
)

// An Input is where a recording lies: a path, an io.ReaderAt as a file in memory or an object of a
// store, or a stream. Its name is what errors and positions say. A bundle may be opened any number
// of times, one after the other, also one that came as a stream; text that came as a stream can be
// read once, unless Keep was asked for.
type Input struct {
	name string
	path string       // of FromFile, until it turns out to be a pipe
	text io.Reader    // of FromReader, and of a pipe; nil once it was read
	at   io.ReaderAt  // of FromReaderAt, and of a bundle that came as a stream
	size int64        // of at
	keep bool         // of Keep
	tmp  func() error // ends the temporary file of such a bundle, or of kept text; nil without
	pipe *os.File     // that FromFile's path turned out to be
}

// FromFile is the recording at a path, as Open takes it; "-" is standard input. A pipe with a name,
// as a shell's <(…) gives, is a stream.
func FromFile(path string) *Input {
	if path == "-" {
		return FromReader(os.Stdin, "-")
	}
	return &Input{name: path, path: path}
}

// FromReader is the recording in a stream. A bundle, which is read from its end, goes by way of a
// temporary file, which Close removes; its name is in no error and no position.
func FromReader(r io.Reader, name string) *Input { return &Input{name: name, text: r} }

// FromReaderAt is the recording in size bytes, which stay the caller's.
func FromReaderAt(r io.ReaderAt, size int64, name string) *Input {
	return &Input{name: name, at: r, size: size}
}

// Keep makes text that comes as a stream readable any number of times: it goes by way of a temporary
// file, as a bundle does; where none can be made it can be read once, as without. It is of use before
// the first Open, and gives in.
func (in *Input) Keep() *Input {
	in.keep = true
	return in
}

// Name is the path or name that the Input was made with.
func (in *Input) Name() string { return in.name }

// Open opens the recording and gives the records that o asks for, at most as many as o allows.
// Reading ends with ctx's error when ctx does: between two records, or where a stream is waited
// for that then gives something. Of a bundle, segments outside of the range are not decoded; they
// are hashed at the end, unless o.Unhashed. The first CLIENT LIST in the range is as complete as
// any other. The Source is no longer of use after the Input's Close.
func (in *Input) Open(ctx context.Context, o record.Options) (record.Source, error) {
	if o.Reversed() {
		return nil, &record.InputError{Pos: record.Pos{File: in.name}, Msg: "no range", Err: errors.New("it ends before it begins")}
	}
	b := newBounded(ctx, o)
	src, err := in.open(b.ctx, o)
	if err != nil {
		return nil, b.openError(err)
	}
	switch src.(type) {
	case *bundle.Bundle, *Merged: // have taken the options themselves
	default:
		if !o.From.IsZero() || !o.To.IsZero() || len(o.Kinds) > 0 {
			src = &ranged{src, record.NewWindow(o), record.KindSetOf(o.Kinds)}
		}
	}
	return b.around(src), nil
}

func (in *Input) open(ctx context.Context, o record.Options) (record.Source, error) {
	if err := in.tell(); err != nil {
		return nil, err
	}
	switch {
	case in.path != "":
		return openPath(ctx, in.path, o)
	case in.at != nil:
		return in.openAt(ctx, o)
	case in.text == nil:
		return nil, record.Errorf(record.Pos{File: in.name}, "the stream was read already")
	}
	text := bufio.NewReaderSize(in.text, 64<<10)
	in.text = nil
	magic, _ := text.Peek(4)
	if isZip(magic) || in.keep {
		f, err := in.temporary()
		if err == nil {
			if err = in.spool(f, &stopping{ctx, text}); err == nil {
				return in.openAt(ctx, o)
			}
			return nil, err
		}
		if isZip(magic) {
			return nil, err
		} // else text needs a file only to be read again
	}
	return openStream(ctx, text, in.name, nil, unpacked(o))
}

// IsStream tells whether a path is neither file nor folder, as a pipe with a name: it can be read once.
// A path that is not there is none, for whoever opens it to say.
func IsStream(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.Mode().IsRegular() && !st.IsDir()
}

// tell makes a stream of a path that is neither file nor folder: opened twice, it has nothing the
// second time, or waits for ever.
func (in *Input) tell() (err error) {
	if !IsStream(in.path) {
		return nil
	}
	if in.pipe, err = os.Open(in.path); err != nil {
		return stream.OpenError(in.path, err)
	}
	in.name, in.path, in.text = filepath.Base(in.path), "", in.pipe
	return nil
}

func (in *Input) openAt(ctx context.Context, o record.Options) (record.Source, error) {
	if isZipAt(in.at) {
		b, err := bundle.OpenReaderAt(in.at, in.size, in.name)
		return limited(b, err, o)
	}
	return openStream(ctx, io.NewSectionReader(in.at, 0, in.size), in.name, nil, unpacked(o))
}

// temporary makes a file that has no name any more before the first byte is in it, where the system
// allows that: nothing is left of it after a kill.
func (in *Input) temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "connbox-*.connbox")
	if err != nil {
		return nil, &record.InputError{Pos: record.Pos{File: in.name}, Msg: "no temporary file for the stream", Err: err}
	}
	in.tmp = f.Close
	if os.Remove(f.Name()) != nil {
		in.tmp = func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	}
	return f, nil
}

// spool copies a stream into a temporary file.
func (in *Input) spool(f *os.File, r io.Reader) (err error) {
	if in.size, err = io.Copy(f, r); err != nil {
		in.Close()
		return &record.InputError{Pos: record.Pos{File: in.name}, Msg: "the stream cannot be read", Err: err}
	}
	in.at = f
	return nil
}

// Close frees what the Input holds: nothing but a temporary file and a pipe.
func (in *Input) Close() (err error) {
	if in.tmp != nil {
		err = in.tmp()
		in.tmp, in.at = nil, nil
	}
	if in.pipe != nil {
		err = errors.Join(err, in.pipe.Close())
		in.pipe = nil
	}
	return err
}
