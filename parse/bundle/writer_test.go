package bundle

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

func TestWriteSameBytes(t *testing.T) {
	recs := hostileRecords(5, 60)
	first := bundleBytes(t, recs)
	if string(bundleBytes(t, recs)) != string(first) {
		t.Error("two bundles of the same records differ")
	}
}

func TestCreateLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.connbox")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := Create(path, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&record.Mark{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&record.Clients{Rows: []record.Client{{Layout: 1}}}); err == nil {
		t.Error("a row without its layout was taken")
	}
	if err := w.Write(&record.Other{Text: make([]byte, record.MaxListBytes)}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("too large a record: %v", err)
	}
	w.Abort()
	w.Abort()
	data, err := os.ReadFile(path)
	left, _ := os.ReadDir(dir)
	if string(data) != "before" || len(left) != 1 {
		t.Errorf("%q, %v, %v", data, err, left)
	}
	if _, err := Create(filepath.Join(dir, "no", "x"), record.Meta{}); err == nil || !strings.HasSuffix(err.Error(), "x cannot be written: no such file or directory") {
		t.Errorf("no folder: %v", err)
	}
}

// TestStaleFolders: what killed processes left beside a bundle goes with the next one, and
// nothing else does.
func TestStaleFolders(t *testing.T) {
	if !locks {
		t.Log("no locks here: nothing is taken for stale")
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "x.connbox")
	working, err := Create(path, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	defer working.Abort()
	keep := []string{filepath.Base(working.dir), ".x.connbox.12.tmpx", ".x.connbox.ab.tmp", ".y.connbox.12.tmp", ".x.connbox.34.tmp"}
	for _, name := range append(keep[1:], ".x.connbox.56.tmp") {
		if err := os.MkdirAll(filepath.Join(dir, name, "deep"), 0o700); err != nil {
			t.Fatal(err)
		}
		if name != ".x.connbox.34.tmp" { // that one is somebody else's
			if err := os.WriteFile(filepath.Join(dir, name, lockName), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	w, err := Create(path, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close("done"); err != nil {
		t.Fatal(err)
	}
	slices.Sort(keep)
	var left []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := append(keep, "x.connbox"); !slices.Equal(left, want) {
		t.Errorf("left are %q, not %q", left, want)
	}
}

// TestManyIDs: a recorder may have had any number of ids, and its bundle is still read.
func TestManyIDs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := Create(path, record.Meta{ObserverID: make([]int64, 2*maxListed)})
	if err == nil {
		err = cmp.Or(w.AddObserverID(7), w.Close("done"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if ids := openBundle(t, path).Origin().Meta.ObserverID; len(ids) != maxListed || ids[maxListed-1] != 7 {
		t.Errorf("%d ids", len(ids))
	}
}

// TestManifestLists: of each list in a manifest there is a most, and the error names it.
func TestManifestLists(t *testing.T) {
	const n = maxListed + 1
	for want, m := range map[string]*manifest{
		"observer_ids": {Meta: record.Meta{ObserverID: make([]int64, n)}},
		"redacted":     {Meta: record.Meta{Redacted: make([]string, n)}},
		"imported":     {Meta: record.Meta{Imported: make([]record.Imported, n)}},
		"files":        {Files: make([]fileInfo, n)},
		"groups":       {Files: []fileInfo{{Groups: make([]groupInfo, n)}}},
		"segments":     {Segments: make([]segmentInfo, n)},
		"parts":        {Segments: []segmentInfo{{Parts: make([]partInfo, n)}}},
	} {
		m.Format = FormatVersion
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		_, err = readManifest(data, record.Pos{File: "x"}, false)
		isInputError(t, want, err)
		if !strings.Contains(err.Error(), want+" has 65537 elements; 65536 are the most") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestEmptyBundle(t *testing.T) {
	path := writeBundle(t, nil)
	wantRecords(t, path, nil)
	if in, err := Inspect(path); err != nil || in.Err != nil || in.Records != 0 {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestInspect(t *testing.T) {
	path := writeBundle(t, tinyRecords())
	in, err := Inspect(path)
	if err != nil || in.Err != nil || in.Live || in.Journal != nil || in.Records != 9 || len(in.Kinds) != 8 ||
		len(in.Segments) != 2 || in.Kinds[1] != (KindCount{record.KindClients, 2}) || in.Origin.Meta.Sealed != "import" {
		t.Fatalf("%+v, %v", in, err)
	}
	if in.ClientRows != 2 || in.Infos != 1 || in.ClientBytes < 500 || in.InfoBytes < 300 || in.ClientBytes+in.InfoBytes > in.Origin.Bytes {
		t.Errorf("%d rows of %d bytes, %d infos of %d bytes, %d in all", in.ClientRows, in.ClientBytes, in.Infos, in.InfoBytes, in.Origin.Bytes)
	}
	for _, m := range in.Segments[0].Members {
		if !m.OK || m.Rows == 0 || m.Bytes == 0 {
			t.Errorf("%+v", m)
		}
	}
	folder, w := createLive(t, tinyRecords())
	defer w.Abort()
	in, err = Inspect(folder)
	if err != nil || in.Err != nil || !in.Live || in.Records != 9 || in.Journal.Records != 9-in.Segments[0].Records ||
		in.Segments[0].From.IsZero() {
		t.Fatalf("%+v, %v", in, err)
	}
	if _, err := Inspect(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no recording") {
		t.Errorf("empty folder: %v", err)
	}
}

// TestHelperFull is no test: TestFullDisk runs it where no file may grow over 100 kB.
func TestHelperFull(t *testing.T) {
	dir := os.Getenv("CONNBOX_TEST_FULL")
	if dir == "" {
		return
	}
	rnd := newFakeServer(8, 0).rnd
	w, err := Create(filepath.Join(dir, "file"), record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		text := make([]byte, 20000)
		for i := range text {
			text[i] = byte(rnd.Uint32())
		}
		if err := w.Write(&record.Other{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("file:", w.Close("x"))
	l, err := CreateLive(filepath.Join(dir, "live"), record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Write(&record.Mark{Text: "first"}); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil; {
		err = l.Write(&record.Other{Text: randomBytes(20000)})
	}
	fmt.Println("live:", err)
	fmt.Println("close:", l.Close("x"))
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	s := newFakeServer(9, 0)
	for i := range b {
		b[i] = byte(s.rnd.Uint32())
	}
	return b
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("sh", "-c", `ulimit -f 200; exec "$0" -test.run='^TestHelperFull$' -test.v`, os.Args[0])
	cmd.Env = append(os.Environ(), "CONNBOX_TEST_FULL="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "close: <nil>") { // what was taken fits, as it is smaller in tables
		t.Errorf("a recording that met a full disk was not sealed\n%s", out)
	}
	for _, what := range []string{"file: bundle ", "live: bundle "} {
		_, line, _ := strings.Cut(string(out), what)
		line, _, _ = strings.Cut(line, "\n")
		if !strings.Contains(line, "cannot be written") || !strings.Contains(line, "file too large") {
			t.Errorf("%s%s\n%s", what, line, out)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "live" {
		t.Errorf("left behind: %v", left)
	}
	b := openBundle(t, filepath.Join(dir, "live"))
	n := 0
	for b.Scan() {
		n++
	}
	if n < 2 || b.Err() != nil || len(b.Warnings()) != 0 {
		t.Errorf("%d records, %v, %q", n, b.Err(), b.Warnings())
	}
}

func ExampleCreate() {
	dir, err := os.MkdirTemp("", "connbox")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "x.connbox")
	w, err := Create(path, record.Meta{Tool: "example", Mode: "import"})
	if err != nil {
		fmt.Println(err)
		return
	}
	w.Write(&record.Info{Head: record.Head{At: time.Unix(1_784_000_000, 0)}, Text: []byte("# Clients\r\nconnected_clients:9\r\n")})
	if err := w.Close("import"); err != nil {
		fmt.Println(err)
		return
	}
	b, err := Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	for b.Scan() {
		info := b.Record().(*record.Info)
		n, _ := info.Int("connected_clients")
		fmt.Println(info.Pos, info.At.Format(time.RFC3339), n)
	}
	// Output: x.connbox#1 2026-07-14T03:33:20Z 9
}

// TestLargeList: a list of as many clients as a dump is cut at is stored; of what is larger
// the error says so, and the rest is kept.
func TestLargeList(t *testing.T) {
	const clients = record.MaxListRows
	list := &record.Clients{Head: record.Head{At: time.Unix(1_784_031_713, 0).UTC(), Took: time.Millisecond, Size: clients * 30},
		Layouts: []record.Layout{{"id", "addr", "name"}}, Rows: make([]record.Client, clients)}
	for i := range list.Rows {
		list.Rows[i] = record.Client{Has: 1<<record.FieldID | 1<<record.FieldAddr | 1<<record.FieldName, ID: int64(i), Multi: -1, Redir: -1,
			Addr: fmt.Sprintf("10.0.%d.%d:%d", i>>16, i>>8&255, 1024+i&255), Name: "cart"}
	}
	mark := &record.Mark{Head: record.Head{Took: -1}, Text: "before"}
	path := filepath.Join(t.TempDir(), "x.connbox")
	taken := allocated(func() {
		w, err := Create(path, record.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		if err := cmp.Or(w.Write(mark), w.Write(list)); err != nil {
			t.Fatal(err)
		}
		large := &record.Clients{Rows: make([]record.Client, record.MaxListRows+1), Layouts: list.Layouts}
		if err := w.Write(large); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d rows: %v", len(large.Rows), err)
		}
		if err := cmp.Or(w.Write(list), w.Close("import")); err != nil {
			t.Fatal(err)
		}
	})
	lists := 0
	b := openBundle(t, path)
	read := allocated(func() {
		for b.Scan() {
			if got, ok := b.Record().(*record.Clients); ok && slices.Equal(got.Rows, list.Rows) {
				lists++
			}
		}
	})
	if b.Err() != nil || lists != 2 {
		t.Errorf("%d lists came back from %d segments, %v", lists, len(b.man.Segments), b.Err())
	}
	if taken > 1200<<20 || read > 1500<<20 { // of garbage and all; some 400 bytes a row and copy
		t.Errorf("writing takes %d MB, reading %d MB", taken>>20, read>>20)
	}
}

// TestLargeTexts: a list of as many bytes as a dump is cut at is stored and read, where its
// lines are kept whole and pack to nothing, too.
func TestLargeTexts(t *testing.T) {
	const clients = 90_000
	list := &record.Clients{Rows: make([]record.Client, clients)}
	line := strings.Repeat("x", record.MaxListBytes/clients)
	for i := range list.Rows {
		list.Rows[i] = record.Client{Layout: -1, ID: int64(i), Addr: fmt.Sprintf("10.0.%d.%d:%d", i>>8, i&255, i), Raw: line}
	}
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := Create(path, record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := cmp.Or(w.Write(list), w.Close("import")); err != nil {
		t.Fatal(err)
	}
	b := openBundle(t, path)
	if !b.Scan() || !slices.Equal(b.Record().(*record.Clients).Rows, list.Rows) || b.Err() != nil {
		t.Errorf("the list did not come back: %v", b.Err())
	}
}

// TestLean: without the columns that say nothing a bundle gives the same records, row by row and as
// changes, and a small one is hardly half as large. One of several segments is as any other.
func TestLean(t *testing.T) {
	write := func(recs []record.Record, lean bool, least int) string {
		return writeAs(t, recs, func(w *Writer) {
			if w.seg.Limits.Least = least; lean {
				w.Lean()
			}
		})
	}
	size := func(path string) int64 {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return st.Size()
	}
	all := [][]record.Record{tinyRecords(), serverRecords(t, 3, 9)}
	for seed := range uint64(20) {
		all = append(all, hostileRecords(seed, 20))
	}
	for _, recs := range all {
		path := write(recs, true, 1000)
		wantRecords(t, path, recs)
		wantSource(t, openChanges(t, path), recs)
	}
	if lean, full := size(write(all[0], true, 1000)), size(write(all[0], false, 1000)); lean*10 > full*6 {
		t.Errorf("%d bytes instead of %d", lean, full)
	}
	recs := serverRecords(t, 3, 250)
	lean, err := os.ReadFile(write(recs, true, 2))
	if full := bundleBytes(t, recs); err != nil || string(lean) != string(full) {
		t.Errorf("of several segments: %d bytes instead of %d, %v", len(lean), len(full), err)
	}
}
