package parse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// A journal is journalMagic and then a frame per record: the length and the CRC-32C of
// what follows, four bytes each, little endian, and the record's journal form compressed
// with zstd.
const (
	journalMagic = "connbox journal\x00"
	frameHead    = 8
	maxFrame     = maxRecord + maxRecord>>7 + 1024 // what maxRecord may grow to when it does not compress
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A journalReader reads the frames of a journal.
type journalReader struct {
	f     *os.File
	at    int64
	zstd  *zstd.Decoder
	frame []byte
	rec   []byte
}

// A tornError is a journal that ends within a record, as after a crash, or while the
// recorder is just writing one.
type tornError struct{ at, left int64 }

func (e *tornError) Error() string {
	return fmt.Sprintf("journal ends within a record: the last %d bytes, from byte %d, are left out", e.left, e.at)
}

func openJournal(f *os.File) (*journalReader, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxRecord))
	if err != nil {
		return nil, err
	}
	return &journalReader{f: f, zstd: d}, nil
}

// next gives the journal form of the next record, valid until the call after. io.EOF at
// the end, *tornError at the end of a broken one.
func (j *journalReader) next() ([]byte, error) {
	st, err := j.f.Stat()
	if err != nil {
		return nil, err
	}
	size := st.Size()
	if j.at == 0 {
		var magic [len(journalMagic)]byte
		n, err := j.f.ReadAt(magic[:], 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if string(magic[:n]) != journalMagic[:n] {
			return nil, errors.New("no journal of connbox")
		}
		if n < len(magic) {
			return nil, &tornError{0, int64(n)}
		}
		j.at = int64(n)
	}
	if j.at == size {
		return nil, io.EOF
	}
	torn := &tornError{j.at, size - j.at}
	var head [frameHead]byte
	if size-j.at < frameHead {
		return nil, torn
	}
	if _, err := j.f.ReadAt(head[:], j.at); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n > size-j.at-frameHead {
		return nil, torn
	}
	if n == 0 || n > maxFrame {
		return nil, fmt.Errorf("journal is damaged at byte %d", j.at)
	}
	if int64(cap(j.frame)) < n {
		j.frame = make([]byte, n)
	}
	j.frame = j.frame[:n]
	if _, err := j.f.ReadAt(j.frame, j.at+frameHead); err != nil {
		return nil, err
	}
	if crc32.Checksum(j.frame, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		if j.at+frameHead+n == size { // a machine's crash may leave the length but not the bytes
			return nil, torn
		}
		return nil, fmt.Errorf("journal is damaged at byte %d", j.at)
	}
	if j.rec, err = j.zstd.DecodeAll(j.frame, j.rec[:0]); err != nil {
		return nil, fmt.Errorf("journal is damaged at byte %d: %w", j.at, err)
	}
	j.at += frameHead + n
	return j.rec, nil
}

func (j *journalReader) close() {
	j.zstd.Close()
	j.f.Close()
}
