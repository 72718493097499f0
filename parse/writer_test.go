package parse

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"github.com/connbox/connbox/parse/record"
)

// TestSchemaComplete holds the tables against Client by reflection: a field that is added
// to Client must find its place.
func TestSchemaComplete(t *testing.T) {
	var c record.Client
	place := map[any]int{&c.Has: 1, &c.Layout: 1, &c.Age: 1, &c.Idle: 1}
	for _, col := range clientColumns {
		if (col.num == nil) == (col.str == nil) {
			t.Fatalf("column %s", col.name)
		}
		if col.num != nil {
			place[col.num(&c)]++
		} else {
			place[col.str(&c)]++
		}
	}
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		if n := place[v.Field(i).Addr().Interface()]; n != 1 {
			t.Errorf("field %s has %d places", v.Type().Field(i).Name, n)
		}
	}
}

// TestSplitClient: fixed and changing fields are a partition.
func TestSplitClient(t *testing.T) {
	for i := range clientColumns {
		col, c := &clientColumns[i], record.Client{}
		if col.num != nil {
			*col.num(&c) = 7
		} else {
			*col.str(&c) = "x"
		}
		if sameFixed(&c, &record.Client{}) == (col.place == inClients) {
			t.Errorf("column %s is on the wrong side", col.name)
		}
	}
}

// TestOthersRead reads all members of a bundle with parquet-go: they are plain Parquet,
// with the values that this package's own reader finds.
func TestOthersRead(t *testing.T) {
	dec, err := newPageDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	recs := append(tinyRecords(), hostileRecords(3, 60)...)
	s := newFakeServer(3, 400)
	for range 30 {
		recs = append(recs, s.info(time.Second), clone(t, s.step(9*time.Second)))
	}
	u := unpackBundle(t, bundleBytes(t, recs))
	columns := 0
	for _, seg := range u.man.Segments {
		for _, m := range seg.Members {
			data := u.data[m.Name]
			if m.Table == tableInfo {
				continue
			}
			f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
			if err != nil || f.NumRows() != m.Rows {
				t.Fatalf("%s: %v", m.Name, err)
			}
			ours := &tableReader{zstd: dec, left: textsOf(0)}
			if err := ours.open(data, m.Rows); err != nil {
				t.Fatal(err)
			}
			for i, leaf := range f.Schema().Columns() {
				sameColumn(t, m.Name, leaf[0], theirColumn(t, f, i), ours)
				columns++
			}
		}
	}
	if columns < 200 {
		t.Errorf("saw %d columns", columns)
	}
}

// theirColumn reads a column with parquet-go.
func theirColumn(t *testing.T, f *parquet.File, i int) []parquet.Value {
	t.Helper()
	pages := f.RowGroups()[0].ColumnChunks()[i].Pages()
	defer pages.Close()
	var all []parquet.Value
	for {
		p, err := pages.ReadPage()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		vals := make([]parquet.Value, p.NumValues())
		if n, err := p.Values().ReadValues(vals); int64(n) != p.NumValues() || err != nil && err != io.EOF {
			t.Fatal(n, err)
		}
		for _, v := range vals {
			all = append(all, v.Clone())
		}
	}
}

func sameColumn(t *testing.T, member, name string, theirs []parquet.Value, ours *tableReader) {
	t.Helper()
	if len(theirs) != ours.rows() {
		t.Fatalf("%s, %s: %d values", member, name, len(theirs))
	}
	if theirs[0].Kind() == parquet.Int64 {
		var col numColumn
		if err := ours.nums(name, &col); err != nil {
			t.Fatal(err)
		}
		for i, v := range theirs {
			if v.Int64() != col.at(i) {
				t.Fatalf("%s, %s, row %d: %d, read as %d", member, name, i, v.Int64(), col.at(i))
			}
		}
		return
	}
	var col textColumn
	if err := ours.texts(name, &col); err != nil {
		t.Fatal(err)
	}
	for i, v := range theirs {
		s := string(v.ByteArray())
		if got, _ := unescapeText(s); got != col.at(i) || !utf8.ValidString(s) {
			t.Fatalf("%s, %s, row %d: %q, read as %q", member, name, i, s, col.at(i))
		}
	}
}

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
	if err := w.Write(&record.Other{Text: make([]byte, maxRecord)}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("too large a record: %v", err)
	}
	w.Abort()
	w.Abort()
	data, err := os.ReadFile(path)
	left, _ := os.ReadDir(dir)
	if string(data) != "before" || len(left) != 1 {
		t.Errorf("%q, %v, %v", data, err, left)
	}
	if _, err := Create(filepath.Join(dir, "no", "x"), record.Meta{}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("no folder: %v", err)
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
	size := int64(0)
	for _, s := range in.Segments {
		for _, m := range s.Members {
			size += m.Bytes
		}
	}
	if in.ClientRows != 2 || in.Infos != 1 || in.ClientBytes < 500 || in.InfoBytes < 300 || in.ClientBytes+in.InfoBytes > size {
		t.Errorf("%d rows of %d bytes, %d infos of %d bytes, %d in all", in.ClientRows, in.ClientBytes, in.Infos, in.InfoBytes, size)
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
	big := &record.Other{Text: randomBytes(30000)}
	w, err := Create(filepath.Join(dir, "file"), record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		big.Text[0]++
		big.Text = append(big.Text, big.Text[:3000]...)
		if err := w.Write(big); err != nil {
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
	for _, what := range []string{"file: bundle ", "live: bundle ", "close: bundle "} {
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

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ value, shape string }{
		{"0", "{0}"}, {"-1", "-{0}"}, {"12.50", "{2}"}, {"0.05", "{2}"}, {"1.15M", "{2}M"}, {"007", "007"},
		{"master", "master"}, {"b890b", "b890b"}, {"calls=1,usec=2.5", "calls={0},usec={1}"}, {"{1}", "{{1}"},
		{"1.1234567890", "{0}.1234567890"}, {"1234567890123456789", "1234567890123456789"}, {"1.", "{0}."}, {"", ""},
	} {
		shape, nums, _ := cutNumbers(nil, nil, nil, []byte(c.value))
		if string(shape) != c.shape {
			t.Errorf("%q: shape %q, want %q", c.value, shape, c.shape)
		}
		back, ok := joinNumbers(nil, string(shape), nums)
		if !ok || string(back) != c.value {
			t.Errorf("%q comes back as %q", c.value, back)
		}
	}
}

func TestSeriesNames(t *testing.T) {
	for _, keys := range [][]string{{"a", "a", "a\x001"}, {"a\x001", "a", "a"}, {":base", ":base\x001", ":base"}, {"", ""}} {
		seen := map[string]bool{}
		for _, n := range seriesNames(keys) {
			if seen[n] || strings.HasPrefix(n, ":") && !strings.Contains(n, "\x00") {
				t.Errorf("%q: name %q", keys, n)
			}
			seen[n] = true
		}
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
	b, err := OpenBundle(path)
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
