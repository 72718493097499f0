package parse

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// TestSchemaComplete holds the tables against Client by reflection: a field that is added
// to Client must find its place.
func TestSchemaComplete(t *testing.T) {
	var c Client
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
	cols := map[string]bool{}
	for _, s := range []*parquet.Schema{parquet.SchemaOf(clientRow{}), parquet.SchemaOf(spellRow{})} {
		for _, p := range s.Columns() {
			cols[p[0]] = true
		}
	}
	for _, col := range clientColumns {
		if !cols[col.name] {
			t.Errorf("no table has column %s", col.name)
		}
	}
}

// TestSplitClient: fixed and changing fields are a partition.
func TestSplitClient(t *testing.T) {
	for i := range clientColumns {
		col, c := &clientColumns[i], Client{}
		if col.num != nil {
			*col.num(&c) = 7
		} else {
			*col.str(&c) = "x"
		}
		fixed, rest := splitClient(&c)
		if (fixed == c) != col.fixed || (rest == c) == col.fixed || sameFixed(&c, &Client{}) == col.fixed {
			t.Errorf("column %s is on the wrong side", col.name)
		}
	}
}

// TestOthersRead reads a member with parquet-go's own reader: it is plain Parquet.
func TestOthersRead(t *testing.T) {
	u := unpackBundle(t, bundleBytes(t, tinyRecords()))
	for name, data := range u.data {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.Contains(name, tableSpells):
			rows, err := parquet.ReadFile[spellRow](path)
			if err != nil || len(rows) != 1 || rows[0].Cmd != "get" || rows[0].Flags != "N" {
				t.Errorf("%s: %+v, %v", name, rows, err)
			}
		case strings.Contains(name, "1-"+tableSamples):
			rows, err := parquet.ReadFile[sampleRow](path)
			if err != nil || len(rows) != 4 || string(rows[0].Text) != "started" || rows[3].Seq != 4 {
				t.Errorf("%s: %+v, %v", name, rows, err)
			}
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
	w, err := Create(path, Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&Mark{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&Clients{Rows: []Client{{Layout: 1}}}); err == nil {
		t.Error("a row without its layout was taken")
	}
	if err := w.Write(&Other{Text: make([]byte, maxRecord)}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("too large a record: %v", err)
	}
	w.Abort()
	w.Abort()
	data, err := os.ReadFile(path)
	left, _ := os.ReadDir(dir)
	if string(data) != "before" || len(left) != 1 {
		t.Errorf("%q, %v, %v", data, err, left)
	}
	if _, err := Create(filepath.Join(dir, "no", "x"), Meta{}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
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
		len(in.Segments) != 2 || in.Kinds[1] != (KindCount{KindClients, 2}) || in.Origin.Meta.Sealed != "import" {
		t.Fatalf("%+v, %v", in, err)
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
	big := &Other{Text: make([]byte, 30000)}
	for i := range big.Text {
		big.Text[i] = byte(i * i >> 3 * i)
	}
	w, err := Create(filepath.Join(dir, "file"), Meta{})
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
	l, err := CreateLive(filepath.Join(dir, "live"), Meta{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Write(&Mark{Text: "first"}); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil; {
		err = l.Write(&Other{Text: randomBytes(20000)})
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
		shape, nums := cutNumbers(nil, nil, []byte(c.value))
		if string(shape) != c.shape {
			t.Errorf("%q: shape %q, want %q", c.value, shape, c.shape)
		}
		back, ok := joinNumbers(nil, string(shape), func(i int) (int64, bool) { return nums[i], i < len(nums) })
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
	w, err := Create(path, Meta{Tool: "example", Mode: "import"})
	if err != nil {
		fmt.Println(err)
		return
	}
	w.Write(&Info{Head: Head{At: time.Unix(1_784_000_000, 0)}, Text: []byte("# Clients\r\nconnected_clients:9\r\n")})
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
		info := b.Record().(*Info)
		n, _ := info.Int("connected_clients")
		fmt.Println(info.Pos, info.At.Format(time.RFC3339), n)
	}
	// Output: x.connbox#1 2026-07-14T03:33:20Z 9
}
