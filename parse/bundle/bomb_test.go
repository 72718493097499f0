package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
	"github.com/connbox/connbox/parse/table"
)

// A bomb is a table that stands for far more than it holds: each column has one value in
// all rows, or what nums and texts give.
type bomb struct {
	name, table string
	rows        int
	nums        func(column string, row int) int64
	texts       func(column string) string
}

// bombs take the place of a table of the first segment of tinyRecords, with size, rows and
// hash put right.
func bombs() []bomb {
	long := strings.Repeat("x", 40<<20)
	zero := func(string, int) int64 { return 0 }
	each := func(name string, row int) int64 {
		switch name {
		case "client", "id":
			return int64(row)
		case "lists":
			return 1
		case "first", "idle", "age_off", "idle_fixed":
			return 0
		}
		return int64(row % 2)
	}
	text := func(s string) func(string) string {
		return func(name string) string {
			if name == "kind" {
				return "mark"
			}
			return s
		}
	}
	return []bomb{
		{"long texts", segment.Samples, 1, zero, text(long)},
		{"many rows", segment.Samples, fewRows, zero, text("mark")},
		{"one host of 1 MB", segment.ClientsTable, 100, each, text(long[:1<<20])},
		{"nobody's", segment.ClientsTable, fewRows, each, text("h")},
		{"nobody's", segment.Spells, fewRows, each, text("")},
		{"many keys", segment.InfoTemplates, 1, zero, text(strings.Repeat("a:\n", 8<<20))},
		{"many values", segment.InfoTemplates, 1, zero, text("a:" + strings.Repeat("{role}", 7<<20))},
		{"many slow commands", segment.SlowlogTable, fewRows, each, text(strings.Repeat("a ", 1000) + "a")},
		{"listed without end", segment.SlowlogReplies, 1, zero, text(strings.Repeat("0 ", 20<<20))},
		{"long parameters", segment.ConfigTable, 500, zero, text(long[:1<<20])},
		{"places without end", segment.Lists, 1, zero, text(strings.Repeat("0 ", 20<<20))},
	}
}

func (b *bomb) write(t *testing.T) ([]byte, fileInfo) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b")
	f, err := createTable(path, b.table+".parquet", b.table, segment.Of(b.table).Columns, int64(b.rows))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range segment.Of(b.table).Columns {
		if c.Type == table.Text {
			f.w.Texts(c.Name, b.rows, func(int) string { return b.texts(c.Name) })
		} else {
			f.w.Ints(c.Name, b.rows, func(i int) int64 { return b.nums(c.Name, i) })
		}
	}
	if _, err := f.endGroup(int64(b.rows)); err != nil {
		t.Fatal(err)
	}
	if err := f.finish(false); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data, f.info
}

// TestBombs: what a table claims is held against what is there before memory is taken.
func TestBombs(t *testing.T) {
	u := unpackBundle(t, bundleBytes(t, tinyRecords()))
	normal := allocated(func() { scanAll(t, u.pack(t), nil) })
	for _, b := range bombs() {
		data, info := b.write(t)
		bad := (*unpacked)(nil)
		for i := range u.man.Files {
			if u.man.Files[i].Table == b.table {
				bad = u.with(u.man.Files[i].Name, data, false)
				info.Name = u.man.Files[i].Name
				bad.man.Files[i] = info
				for s := range bad.man.Segments { // the one row group is everybody's
					for k := range bad.man.Segments[s].Parts {
						if p := &bad.man.Segments[s].Parts[k]; p.File == i {
							p.Group = 0
						}
					}
				}
			}
		}
		if bad == nil {
			t.Fatal(b.table)
		}
		packed := bad.pack(t)
		for _, changes := range []bool{false, true} {
			var err error
			n := allocated(func() { err = readThrough(packed, changes) })
			if err == nil && b.table == segment.Samples {
				t.Errorf("%s, %s: no error", b.table, b.name)
			}
			if n > normal+64<<20 {
				t.Errorf("%s, %s, %d bytes: %d MB taken, then %v", b.table, b.name, len(packed), n>>20, err)
			}
		}
	}
}

func readThrough(data []byte, changes bool) error {
	b, err := openBytes(data)
	if err != nil {
		return err
	}
	defer b.Close()
	if changes {
		b.Changes()
	}
	for b.Scan() {
	}
	return b.Err()
}

// A hole is a file of so many zeros that lie nowhere.
type hole int64

func (f hole) ReadAt(p []byte, at int64) (int, error) {
	n := int(min(max(int64(f)-at, 0), int64(len(p))))
	clear(p[:n])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// TestLargeMembers: a row group is as large as it says, and nothing but a hole in the file.
func TestLargeMembers(t *testing.T) {
	u := unpackBundle(t, bundleBytes(t, tinyRecords()))
	for _, c := range []struct {
		size int64
		want string
	}{{100 << 20, "SHA-256"}, {500 << 20, "contradicts"}} {
		u.man.Segments = nil
		f := &u.man.Files[0]
		f.Groups = []groupInfo{{1, c.size, strings.Repeat("0", 64)}}
		f.Bytes = c.size + 100
		man, err := u.man.marshal()
		if err != nil {
			t.Fatal(err)
		}
		z := &zipFiles{r: hole(f.Bytes), close: func() error { return nil }, members: map[string]zipMember{f.Name: {0, f.Bytes, 0}}, size: f.Bytes}
		taken := allocated(func() {
			var m *manifest
			if m, err = readManifest(man, record.Pos{File: "x.connbox"}, false); err == nil {
				_, err = read(z, &m.Files[0], 0)
			}
		})
		if err == nil || !strings.Contains(err.Error(), c.want) || taken > 16<<20 {
			t.Errorf("%d MB: %d MB taken, %v", c.size>>20, taken>>20, err)
		}
	}
}

// TestManyRows: a segment of many rows that compress to next to nothing can be read back.
func TestManyRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t")
	const rows = 700_000
	f, err := createTable(path, "t", segment.Spells, []table.Column{{Name: "a", Encoding: table.Delta}}, rows)
	if err != nil {
		t.Fatal(err)
	}
	f.w.Ints("a", rows, func(int) int64 { return 7 })
	if _, err := f.endGroup(rows); err != nil {
		t.Fatal(err)
	}
	if err := f.finish(false); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data[f.info.at(0):f.info.at(1)])
	if f.info.Groups[0].SHA256 != hex.EncodeToString(sum[:]) || f.info.check() != nil {
		t.Fatalf("%+v: %v", f.info, f.info.check())
	}
	z := &zipFiles{r: bytes.NewReader(data), close: func() error { return nil }, members: map[string]zipMember{"t": {0, int64(len(data)), 0}}, size: int64(len(data))}
	l := &loader{files: z, man: &manifest{Files: []fileInfo{f.info}}}
	g, err := l.group(&partInfo{}, table.NewBudget(1<<20))
	var c table.Ints
	if err == nil {
		err = g.Ints("a", &c)
	}
	if err != nil || c.Len() != rows || fmt.Sprint(c.At(rows-1)) != "7" {
		t.Errorf("%d rows, %v", c.Len(), err)
	}
}
