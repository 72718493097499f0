package stream

import (
	"bufio"
	"io"
	"os"
	"path/filepath"

	"github.com/connbox/connbox/parse/record"
)

// OpenText opens a text file that may be compressed with gzip or zstd, told from its
// content. "-" is standard input, which Close leaves open. Errors are *InputError.
func OpenText(path string) (io.ReadCloser, error) {
	f, name := os.Stdin, "-"
	if path != "-" {
		var err error
		if f, err = os.Open(path); err != nil {
			return nil, OpenError(path, err)
		}
		name = filepath.Base(path)
	}
	text, release, err := Unpack(bufio.NewReaderSize(f, 64<<10), name, NewRoom(record.DefaultMaxUnpacked))
	if err != nil {
		if path != "-" {
			f.Close()
		}
		return nil, err
	}
	return &textFile{text, f, release, path != "-"}, nil
}

type textFile struct {
	io.Reader
	f       *os.File
	release func()
	owned   bool
}

func (t *textFile) Close() error {
	t.release()
	if !t.owned {
		return nil
	}
	return t.f.Close()
}
