package stream

import (
	"bufio"
	"bytes"
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

// maxZeros is how many zero bytes may stand before a text. It is arbitrary.
const maxZeros = 256 << 20

// SkipZeros passes the zero bytes that a text begins with and gives how many: a log that was
// truncated while its server had it open goes on at its old length (logrotate's copytruncate).
// It is not ok where nothing else comes.
func SkipZeros(r *bufio.Reader) (n int64, ok bool) {
	for n < maxZeros {
		if _, err := r.Peek(1); err != nil {
			return n, n == 0
		}
		held, _ := r.Peek(r.Buffered())
		rest := bytes.TrimLeft(held, "\x00")
		zeros, _ := r.Discard(len(held) - len(rest))
		if n += int64(zeros); len(rest) > 0 {
			return n, true
		}
	}
	return n, false
}
