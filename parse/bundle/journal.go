package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

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
// the end, *tornError at the end of a broken one. Behind a damaged part it goes on with the
// next whole frame; the damage is told at the end, when all that could be read has been.
func (j *journalReader) next() ([]byte, error) {
	for {
		rec, err := j.whole()
		var bad *damageError
		switch {
		case errors.As(err, &bad):
			if j.lost == nil {
				j.lost = err
			}
			if err := j.resync(); err != nil {
				return nil, err
			}
			continue
		case err != nil && j.lost != nil:
			return nil, j.lost
		}
		return rec, err
	}
}

// A damageError is a part of a journal that is no frame.
type damageError struct {
	at    int64
	cause error
}

func (e *damageError) Error() string {
	s := fmt.Sprintf("journal is damaged at byte %d", e.at)
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// zstdMagic begins the payload of every frame (RFC 8878, 3.1.1).
const zstdMagic = "\x28\xb5\x2f\xfd"

// resync moves to the next place behind at where a whole frame begins; to the end where
// there is none.
func (j *journalReader) resync() error {
	st, err := j.f.Stat()
	if err != nil {
		return err
	}
	size := st.Size()
	buf := make([]byte, 64<<10)
	for from := j.at + 1; from < size; {
		n, err := j.f.ReadAt(buf, from)
		if n == 0 {
			return err
		}
		for at := 0; ; {
			i := bytes.Index(buf[at:n], []byte(zstdMagic))
			if i < 0 {
				break
			}
			at += i
			if begin := from + int64(at) - frameHead; begin > j.at && j.frameAt(begin, size) {
				j.at = begin
				return nil
			}
			at++
		}
		if int64(n) < int64(len(buf)) {
			break
		}
		from += int64(n) - int64(len(zstdMagic)) + 1
	}
	j.at = size
	return nil
}

// frameAt tells whether a whole frame begins at a place.
func (j *journalReader) frameAt(at, size int64) bool {
	var head [frameHead]byte
	if _, err := j.f.ReadAt(head[:], at); err != nil {
		return false
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n == 0 || n > maxFrame || n > size-at-frameHead {
		return false
	}
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, io.NewSectionReader(j.f, at+frameHead, n)); err != nil {
		return false
	}
	return sum.Sum32() == binary.LittleEndian.Uint32(head[4:])
}

// zerosFrom tells whether a journal holds nothing but zeros from a place on, as file
// systems leave it after a loss of power.
func (j *journalReader) zerosFrom(at, size int64) bool {
	buf := make([]byte, 64<<10)
	for at < size {
		n, err := j.f.ReadAt(buf, at)
		if n == 0 || err != nil && !errors.Is(err, io.EOF) {
			return false
		}
		for _, b := range buf[:n] {
			if b != 0 {
				return false
			}
		}
		at += int64(n)
	}
	return true
}

// whole gives the record at the present place, with a *damageError where no frame is.
func (j *journalReader) whole() ([]byte, error) {
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
	if n == 0 && j.zerosFrom(j.at, size) {
		return nil, torn
	}
	if n > size-j.at-frameHead {
		// The last frame, cut; or a damaged length with whole frames behind it.
		if at := j.at; j.resync() == nil && j.at < size {
			j.at = at
			return nil, &damageError{at: at}
		} else {
			j.at = at
		}
		return nil, torn
	}
	if n == 0 || n > maxFrame {
		return nil, &damageError{at: j.at}
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
		return nil, &damageError{at: j.at}
	}
	if j.rec, err = j.zstd.DecodeAll(j.frame, j.rec[:0]); err != nil {
		return nil, &damageError{at: j.at, cause: err}
	}
	j.at += frameHead + n
	return j.rec, nil
}

func (j *journalReader) close() {
	j.zstd.Close()
	j.f.Close()
}
