package dump

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/record/recordtest"
)

func gzText(t *testing.T, text string) string {
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

func zstdText(t *testing.T, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

func putFile(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestOpenFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"20261121-062819-clients.txt":    c2,
		"20261121-062809-clients.txt.gz": gzText(t, c1),
		"20261121-062809-info.txt":       i1,
		"sub/20261121-062829.zst":        zstdText(t, "ERR max number of clients reached\n\n"),
		"README":                         "what this is\n",
		".hidden":                        c3,
		"20261121-062839-broken.gz":      "\x1f\x8b\x08",
	} {
		putFile(t, filepath.Join(dir, name), text)
	}
	late := putFile(t, filepath.Join(dir, "slowlog.txt"), s1)
	at := time.Date(2026, 11, 21, 6, 30, 0, 0, time.UTC)
	for _, name := range []string{late, filepath.Join(dir, "README")} {
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	src, err := OpenFolder(dir, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	want := `20261121-062809-clients.txt.gz:1 06:28:09 clients 1
20261121-062809-info.txt:1 06:28:09 info 3
20261121-062819-clients.txt:1 06:28:19 clients 2
sub/20261121-062829.zst:1 06:28:29 failure maxclients "" "ERR max number of clients reached"
README:1 06:30:00 chatter 1 "what this is"
slowlog.txt:1 06:30:00 slowlog 5:1795242480:12000["KEYS" "a \"*\"\n"]10.0.0.1:5/
warning 20261121-062839-broken.gz: damaged gzip data: unexpected EOF
warning README:1: no INFO, CLIENT LIST, SLOWLOG or CONFIG GET found in the first line
`
	if got := recordtest.Summary(src); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if o := src.Origin(); len(o.SHA256) != 64 || o.Kind != record.InputDump || o.Bytes == 0 {
		t.Errorf("origin %+v", o)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}

	none := t.TempDir()
	if _, err := OpenFolder(none, 1<<30); err == nil {
		t.Error("an empty folder is opened")
	}
	putFile(t, filepath.Join(none, "nothing"), "")
	if _, err := OpenFolder(none, 1<<30); err == nil {
		t.Error("a folder of empty files is opened")
	}
	putFile(t, filepath.Join(none, "a"), "words\n")
	src, err = OpenFolder(none, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	if got := recordtest.Summary(src); !strings.Contains(got, "error "+none+": none of the folder's 1 files holds INFO") {
		t.Errorf("got %s", got)
	}
}

// TestForeignFolder: a disk in which a recording or two lie is not read to its end.
func TestForeignFolder(t *testing.T) {
	dir := t.TempDir()
	putFile(t, filepath.Join(dir, "20261121-062809.txt"), "# Server\nredis_version:7.2.4\n# Clients\nconnected_clients:3\n")
	for i := range 2 * maxForeignFiles {
		putFile(t, filepath.Join(dir, fmt.Sprintf("20261122-%06d.txt", i)), "words\n")
	}
	f, err := OpenFolder(dir, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for f.Scan() {
	}
	if f.Err() == nil || !strings.Contains(f.Err().Error(), "1000 of the first 1001 of the folder's 2001 files hold no INFO") {
		t.Errorf("%d files were read: %v", f.next, f.Err())
	}
}
