package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/connbox/connbox/parse/record"
)

// A journal is journalMagic and then a frame per record: the length and the CRC-32C of
// what follows, four bytes each, little endian, and the record's journal form compressed
// with zstd.
const (
	journalMagic = "connbox journal\x00"
	frameHead    = 8
	maxRecord    = record.MaxListBytes + 96*record.MaxListRows // a list's texts, and the rest of its rows
	maxFrame     = maxRecord + maxRecord>>7 + 1024             // what it may grow to when it does not compress
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A journalReader reads the frames of a journal.
type journalReader struct {
	f     *os.File
	at    int64
	zstd  *zstd.Decoder
	frame []byte
	rec   []byte
	lost  error // of the first damage that reading went on behind; given at the end
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
// the end, *tornError where the end is no whole frame. Behind a damaged part it goes on with
// the next whole frame; the damage is told at the end, when all that could be read has been.
func (j *journalReader) next() ([]byte, error) {
	st, err := j.f.Stat()
	if err != nil {
		return nil, err
	}
	size := st.Size()
	if j.at == 0 {
		if err := j.begin(); err != nil {
			return nil, err
		}
	}
	for j.at < size {
		at, found := j.find(size)
		if !found && j.lost == nil {
			return nil, &tornError{j.at, size - j.at}
		}
		if !found {
			break
		}
		if at != j.at {
			j.damaged(errors.New("no record"))
		}
		j.at = at
		j.rec, err = j.zstd.DecodeAll(j.frame, j.rec[:0])
		if err != nil {
			j.damaged(err)
		}
		if j.at += frameHead + int64(len(j.frame)); err == nil {
			return j.rec, nil
		}
	}
	if j.lost != nil {
		return nil, j.lost
	}
	return nil, io.EOF
}

// begin reads the magic.
func (j *journalReader) begin() error {
	var magic [len(journalMagic)]byte
	n, err := j.f.ReadAt(magic[:], 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case string(magic[:n]) != journalMagic[:n]:
		return errors.New("no journal of connbox")
	case n < len(magic):
		return &tornError{0, int64(n)}
	}
	j.at = int64(n)
	return nil
}

func (j *journalReader) damaged(cause error) {
	if j.lost == nil {
		j.lost = fmt.Errorf("journal is damaged at byte %d: %w", j.at, cause)
	}
}

// zstdMagic begins the payload of every frame (RFC 8878, 3.1.1).
const zstdMagic = "\x28\xb5\x2f\xfd"

// find gives the first place from at on where a whole frame begins, which it reads.
func (j *journalReader) find(size int64) (at int64, found bool) {
	if j.frameAt(j.at, size) {
		return j.at, true
	}
	buf := make([]byte, 64<<10)
	for from := j.at + 1; from < size; {
		n, _ := j.f.ReadAt(buf, from)
		for i := 0; ; i++ {
			k := bytes.Index(buf[i:n], []byte(zstdMagic))
			if k < 0 {
				break
			}
			i += k
			if at := from + int64(i) - frameHead; at > j.at && j.frameAt(at, size) {
				return at, true
			}
		}
		if n < len(buf) {
			break
		}
		from += int64(n - len(zstdMagic) + 1)
	}
	return 0, false
}

// frameAt tells whether a whole frame begins at a place, and reads its payload.
func (j *journalReader) frameAt(at, size int64) bool {
	var head [frameHead]byte
	if _, err := j.f.ReadAt(head[:], at); err != nil {
		return false
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n == 0 || n > maxFrame || n > size-at-frameHead {
		return false
	}
	j.frame = slices.Grow(j.frame[:0], int(n))[:n]
	_, err := j.f.ReadAt(j.frame, at+frameHead)
	return err == nil && crc32.Checksum(j.frame, castagnoli) == binary.LittleEndian.Uint32(head[4:])
}

func (j *journalReader) close() {
	j.zstd.Close()
	j.f.Close()
}
