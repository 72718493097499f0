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
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/record/recordtest"
	"github.com/connbox/connbox/parse/stream"
)

const (
	list1 = "id=1 addr=10.0.0.1:5 fd=8 name= age=3 idle=1 cmd=get\n"
	list2 = "id=2 addr=10.0.0.2:5 fd=9 name=a age=3 idle=1 cmd=set\n"
	info1 = "# Server\nredis_version:7.0.15\nserver_time_usec:1795242489250000\n\n# Clients\nconnected_clients:2\n"
	time1 = "2026-11-21T06:28:09Z\n"
	time2 = "2026-11-21T06:28:19Z\n"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstded(t *testing.T, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestOpen(t *testing.T) {
	const want = "f:2 06:28:09 info 3\nf:8 06:28:09 clients 1 2\nf:11 06:28:19 clients 2\n"
	first, second := time1+info1+list1+list2, time2+list2
	text := first + second
	var long strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&long, "id=%d addr=10.0.0.%d:%d fd=8 name= age=3 idle=1 cmd=get\n", i, i%250, i*7919%65536)
	}
	longText := time1 + info1 + list1 + time2 + long.String()
	tests := []struct{ name, data, want string }{
		{"text", text, want},
		{"gzip", gzipped(t, text), want},
		{"gzip members", gzipped(t, first) + gzipped(t, second), want},
		{"zstd", zstded(t, text), want},
		{"zstd frames", zstded(t, first) + zstded(t, second), want},
		{"gzip in zstd", zstded(t, gzipped(t, text)), want},
		{"three deep", gzipped(t, zstded(t, gzipped(t, text))), "open f: compressed with gzip inside another compression: unpack it first"},
		{"xz", "\xfd7zXZ\x00\x00\x04", "open f: compressed with xz: unpack it first"},
		{"a bundle in gzip", gzipped(t, "PK\x03\x04xx"), "open f: compressed with a bundle or zip file inside another compression: unpack it first"},
		{"gzip header only", "\x1f\x8b\x08", "open f: damaged gzip data: unexpected EOF"},
		{"not gzip after all", gzipped(t, text)[:12] + "\xff\xff\xff\xff\xff\xff\xff", "error"},
		{"cut gzip", gzipped(t, longText)[:20000], "f:2 06:28:09 info 3\nf:8 06:28:09 clients 1\nf:10 06:28:19 clients 0 1 2"},
		{"cut zstd", zstded(t, longText)[:100000], "f:2 06:28:09 info 3\nf:8 06:28:09 clients 1\nf:10 06:28:19 clients 0 1 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := writeFile(t, filepath.Join(t.TempDir(), "f"), test.data)
			src, err := Open(path)
			if err != nil {
				if got := "open " + err.Error(); got != test.want {
					t.Fatalf("got %s\nwant %s", got, test.want)
				}
				return
			}
			defer src.Close()
			got := recordtest.Summary(src)
			switch {
			case strings.HasPrefix(test.name, "cut"):
				if !strings.HasPrefix(got, test.want) || !strings.Contains(got, "CLIENT LIST is cut short") || !strings.Contains(got, "the compressed input is cut short") {
					t.Errorf("got %.300s ... %s", got, got[max(0, len(got)-300):])
				}
			case test.want == "error":
				if src.Err() == nil {
					t.Errorf("no error: %s", got)
				}
			case got != test.want:
				t.Errorf("got %s\nwant %s", got, test.want)
			}
			if sum := sha256.Sum256([]byte(test.data)); test.want == want {
				if o := src.Origin(); o.SHA256 != hex.EncodeToString(sum[:]) || o.Bytes != int64(len(test.data)) || o.Name != "f" {
					t.Errorf("origin %+v", o)
				}
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil || !strings.HasSuffix(err.Error(), "none: cannot be opened: no such file or directory") {
		t.Errorf("missing file: %v", err)
	}
}

// TestZerosBefore: a log that was truncated under its writer begins with zero bytes.
func TestZerosBefore(t *testing.T) {
	zeros := strings.Repeat("\x00", 3<<16)
	line := "7:M 21 Nov 2026 04:00:00.000 # Connection with replica 10.0.0.1:6379 lost.\n"
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "a.log"), zeros+line)
	for _, path := range []string{filepath.Join(folder, "a.log"), folder} {
		src, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got := recordtest.Summary(src)
		if !strings.Contains(got, "a.log:1") || !strings.Contains(got, "04:00:00") || !strings.Contains(got, "begins with 196608 zero bytes") || strings.Contains(got, "error") {
			t.Errorf("%s: got %s", path, got)
		}
		src.Close()
	}
	for name, text := range map[string]string{"zeros alone": zeros, "zeros within": zeros + "\x01\x00\x02\n" + line} {
		path := writeFile(t, filepath.Join(t.TempDir(), "f"), text)
		src, err := Open(path)
		if err == nil {
			recordtest.Summary(src)
			err = src.Err()
			src.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "binary data") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestEndlessZeros: what begins with nothing but zero bytes is no text, though no line of it ends.
func TestEndlessZeros(t *testing.T) {
	if _, err := Open("/dev/zero"); err == nil || !strings.Contains(err.Error(), "binary data") {
		t.Error(err)
	}
}

func TestOpenStandardInput(t *testing.T) {
	in, err := os.Open(writeFile(t, filepath.Join(t.TempDir(), "f"), gzipped(t, time1+list1)))
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = old }()
	src, err := Open("-")
	if err != nil {
		t.Fatal(err)
	}
	if got := recordtest.Summary(src); got != "stdin:2 06:28:09 clients 1\n" || src.Origin().Name != "-" {
		t.Errorf("got %s from %q", got, src.Origin().Name)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
}

// Of a bundle that comes through a pipe no file is seen, not even while it is read: a kill
// leaves nothing behind.
func TestPipedBundleLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.connbox")
	w, err := bundle.Create(path, record.Meta{Mode: "import"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&record.Mark{Head: record.Head{At: time.Unix(1_800_000_000, 0)}, Text: "here"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close("import"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	seen := func() int {
		t.Helper()
		left, err := os.ReadDir(tmp)
		if err != nil {
			t.Fatal(err)
		}
		return len(left)
	}
	watch := &watched{r: bytes.NewReader(data), look: seen}
	in := FromReader(watch, "-")
	src, err := in.Open(t.Context(), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for src.Scan() {
		watch.most = max(watch.most, seen())
	}
	if src.Err() != nil || watch.most != 0 && runtime.GOOS != "windows" {
		t.Errorf("%d files were seen; error %v", watch.most, src.Err())
	}
	if err := errors.Join(src.Close(), in.Close()); err != nil || seen() != 0 {
		t.Errorf("left behind: %d files; error %v", seen(), err)
	}
}

// A watched reader gives a few bytes at a time and looks around between.
type watched struct {
	r    io.Reader
	look func() int
	most int
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p[:min(len(p), 100)])
	if err == io.EOF { // the copy exists by now
		w.most = max(w.most, w.look())
	}
	return n, err
}

// TestUnpackedIsBounded: a text that unpacks to more than it may is read as far as it may,
// and ends in an error; to just as much is no error.
func TestUnpackedIsBounded(t *testing.T) {
	const info, client = "2026-11-21T06:28:09Z\n# Server\nredis_version:7.0.15\n", "id=1 addr=10.0.0.1:5 fd=8 name= age=3 idle=1 cmd=get\n"
	text := info + client + strings.ReplaceAll(info+client, ":09Z", ":19Z")
	dir := t.TempDir()
	write := func(name, text string) string { return writeFile(t, filepath.Join(dir, name), text) }
	endless := text
	for range 12 {
		endless += endless // of which zstd makes next to nothing
	}
	for name, c := range map[string]struct {
		text string
		most int
		ok   bool
	}{
		"plain":      {text, 10, true},
		"as much":    {zstded(t, text), len(text), true},
		"zstd":       {zstded(t, text), len(text) - 1, false},
		"gzip":       {gzipped(t, text), len(text) - 1, false},
		"inside":     {gzipped(t, zstded(t, endless)), len(endless) - 1, false},
		"two frames": {zstded(t, text) + zstded(t, endless), len(text) + 10, false},
	} {
		src, err := OpenRange(write("f", c.text), record.Options{MaxUnpacked: int64(c.most)})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for src.Scan() {
			n++
		}
		if err := src.Err(); n < 3 || (err == nil) != c.ok || !c.ok && !errors.Is(err, stream.ErrUnpacked) {
			t.Errorf("%s: %d records, error %v", name, n, err)
		}
		src.Close()
	}
	write("folder/a", zstded(t, text))
	write("folder/b", zstded(t, strings.ReplaceAll(text, "2026", "2027")))
	for most, warned := range map[int]bool{2 * len(text): false, 2*len(text) - 1: true} {
		src, err := OpenRange(filepath.Join(dir, "folder"), record.Options{MaxUnpacked: int64(most)})
		if err != nil {
			t.Fatal(err)
		}
		for src.Scan() {
		}
		if got := src.Warnings(); strings.Contains(fmt.Sprint(got), "larger than allowed") != warned {
			t.Errorf("a folder of %d: %q", most, got)
		}
		src.Close()
	}
}
