package stream

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"

	"github.com/connbox/connbox/parse/record"
)

const (
	// maxUnpack is how many compressions may lie in each other: dump.txt.gz.zst.
	maxUnpack = 2
	// maxWindow bounds the memory a zstd stream may ask for; zstd -19 asks for 8 MB and
	// --long=27, the most that the zstd tool unpacks unasked, for 128 MB.
	maxWindow = 128 << 20
)

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

// Unpack takes off gzip and zstd, and makes UTF-8 of UTF-16. What that comes to is taken off room. release frees what
// it holds.
func Unpack(br *bufio.Reader, name string, room *Room) (text io.Reader, release func(), err error) {
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
			return utf8(br, magic), release, nil
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
		br = bufio.NewReaderSize(&bounded{r, room}, 64<<10)
	}
}

// utf8 makes UTF-8 of UTF-16 with a byte-order mark, which PowerShell's > writes.
func utf8(br *bufio.Reader, magic []byte) io.Reader {
	if !bytes.HasPrefix(magic, []byte("\xff\xfe")) && !bytes.HasPrefix(magic, []byte("\xfe\xff")) {
		return br
	}
	return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(br)
}

// A Room is how many bytes one recording may unpack to.
type Room struct{ left, most int64 }

// NewRoom gives room for most bytes.
func NewRoom(most int64) *Room { return &Room{most, most} }

// A bounded reads what there is room for.
type bounded struct {
	r io.Reader
	*Room
}

// ErrUnpacked is in the error of a text that unpacks to more than it may.
var ErrUnpacked = errors.New("what it unpacks to is larger than allowed")

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// One byte more tells whether this is the end.
		if n, err := b.r.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, &record.LimitError{What: record.LimitUnpacked, Most: fmt.Sprintf("%d bytes", b.most), Err: ErrUnpacked}
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func within(depth int) string {
	if depth == 0 {
		return ""
	}
	return " inside another compression"
}

// OpenError is why a file cannot be opened.
func OpenError(path string, err error) error {
	if pe, ok := err.(*os.PathError); ok {
		err = pe.Err
	}
	return &record.InputError{Pos: record.Pos{File: path}, Msg: "cannot be opened", Err: err}
}
