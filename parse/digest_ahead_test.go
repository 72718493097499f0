package parse

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

func TestFileAhead(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef\n"), 100_000)
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		r    io.Reader
		err  error
	}{
		{"whole", bytes.NewReader(want), io.EOF},
		{"end with the last bytes", iotest.DataErrReader(bytes.NewReader(want)), io.EOF},
		{"error", io.MultiReader(bytes.NewReader(want), iotest.ErrReader(broken)), broken},
	} {
		h := sha256.New()
		a := newFileAhead(tt.r, h)
		var got bytes.Buffer
		buf := make([]byte, 100_003)
		n, err := 0, error(nil)
		for err == nil {
			n, err = a.Read(buf)
			got.Write(buf[:n])
		}
		if err != tt.err || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %d of %d bytes, %v", tt.name, got.Len(), len(want), err)
		}
		if sum := sha256.Sum256(want); !bytes.Equal(h.Sum(nil), sum[:]) {
			t.Errorf("%s: another hash", tt.name)
		}
		a.stop()
	}
}

// TestFileAheadStop checks that a reading that is broken off lets go of the file.
func TestFileAheadStop(t *testing.T) {
	for _, blocks := range []int{0, 1, 7} {
		reads := 0
		a := newFileAhead(readerFunc(func(p []byte) (int, error) { reads++; return len(p), nil }), sha256.New())
		if _, err := io.ReadFull(a, make([]byte, blocks*aheadBlock)); err != nil {
			t.Fatal(err)
		}
		a.stop()
		n := reads // another goroutine's until stop
		if n > blocks+2*aheadCount {
			t.Errorf("%d blocks read, %d asked for", n, blocks)
		}
		if _, err := io.ReadAll(a); err == nil {
			t.Error("no error after the stop")
		}
		a.stop()
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestOpenLargeDump reads a file that is large enough to be read ahead, and one closed in
// the middle.
func TestOpenLargeDump(t *testing.T) {
	var text []byte
	for i := 0; len(text) < aheadFrom+1000; i++ {
		text = append(fmt.Appendf(text, "2026-11-21T06:%02d:%02dZ\n", i/60, i%60), benchmarkText(1000)...)
	}
	path := filepath.Join(t.TempDir(), "large.txt")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	for src.Scan() {
		lists++
	}
	sum := sha256.Sum256(text)
	if o := src.Origin(); src.Err() != nil || lists != bytes.Count(text, []byte("2026-")) || o.SHA256 != hex.EncodeToString(sum[:]) || o.Bytes != int64(len(text)) {
		t.Errorf("%d lists, %+v, %v", lists, src.Origin(), src.Err())
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	if src, err = Open(path); err != nil || !src.Scan() {
		t.Fatal(err)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
}
