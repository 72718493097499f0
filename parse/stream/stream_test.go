package stream

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOpenText(t *testing.T) {
	once := gzipped(t, "a line\n")
	for _, test := range []struct{ data, text, err string }{
		{"a line\n", "a line\n", ""},
		{"", "", ""},
		{once, "a line\n", ""},
		{gzipped(t, once), "a line\n", ""},
		{gzipped(t, gzipped(t, once)), "", "compressed with gzip inside another compression: unpack it first"},
		{"\xff\xfei\x00d\x00=\x007\x00\r\x00\n\x00", "id=7\r\n", ""}, // PowerShell's >
		{"\xfe\xff\x00i\x20\xac", "i€", ""},
		{gzipped(t, "\xff\xfei\x00"), "i", ""},
		{"\xff\xfei", "\ufffd", ""},
		{"BZh91AY", "", "compressed with bzip2: unpack it first"},
		{"\x1f\x8b\x08", "", "damaged gzip data"},
	} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(test.data), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := OpenText(path)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), "f: "+test.err) {
				t.Errorf("%.20q: error %v, want %s", test.data, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%.20q: %v", test.data, err)
			continue
		}
		if text, err := io.ReadAll(r); string(text) != test.text || err != nil || r.Close() != nil {
			t.Errorf("%.20q: read %q, %v", test.data, text, err)
		}
	}
	if _, err := OpenText(filepath.Join(t.TempDir(), "none")); err == nil || !strings.HasSuffix(err.Error(), "none: cannot be opened: no such file or directory") {
		t.Errorf("no file: %v", err)
	}
}

// TestDigest reads a part and then all: only then there is a hash.
func TestDigest(t *testing.T) {
	const text = "some text that is longer than a part of it"
	d := NewDigest(strings.NewReader(text))
	if _, err := io.ReadFull(d, make([]byte, 10)); err != nil || d.Ended() || d.Hex() != "" || d.Size() != 10 {
		t.Errorf("a part: %v, ended %v, %q, %d bytes", err, d.Ended(), d.Hex(), d.Size())
	}
	d.Drain()
	sum := sha256.Sum256([]byte(text))
	if !d.Ended() || d.Hex() != hex.EncodeToString(sum[:]) || !bytes.Equal(d.Sum(), sum[:]) || d.Size() != int64(len(text)) {
		t.Errorf("all: ended %v, %s, %d bytes", d.Ended(), d.Hex(), d.Size())
	}
}

func Example() {
	d := NewDigest(strings.NewReader("connected_clients:2\n"))
	d.Drain()
	fmt.Println(d.Size(), d.Hex()[:8])
	// Output: 20 b428b36f
}
