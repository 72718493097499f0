package parse

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// bombs are members of a bundle that stand for far more than they hold. Each takes the place
// of a table of the first segment of tinyRecords, with size, rows and hash put right.
func bombs(t testing.TB) map[string][]byte {
	f, err := newTableFile()
	if err != nil {
		t.Fatal(err)
	}
	enc := &encoder{file: f}
	zero := func(i int) int64 { return 0 }
	made := map[string][]byte{}
	make := func(name, table string, rows int, write func()) {
		f.begin(rows)
		write()
		made[table+": "+name] = append([]byte(nil), f.finish(table)...)
	}
	long := strings.Repeat("x", 40<<20)
	text := func(name string) string {
		if name == "kind" {
			return "mark"
		}
		return long
	}
	samples := func(rows int, text func(string) string) func() {
		return func() {
			for _, c := range []string{"seq", "nth", "ts", "took_us", "size", "lines"} {
				enc.dict(c, func(i int) int64 { return 1 })
			}
			for _, c := range []string{"kind", "command", "class", "text"} {
				enc.words(c, func(i int) string { return text(c) })
			}
		}
	}
	make("long texts", tableSamples, 1, samples(1, text))
	make("many rows", tableSamples, fewRows, samples(fewRows, func(name string) string { return "mark" }))
	clients := func(rows int, host string) func() {
		return func() {
			for _, c := range []string{"client", "id"} {
				enc.delta(c, func(i int) int64 { return int64(i) })
			}
			for _, c := range []string{"created_at", "after", "port", "has", "layout"} {
				enc.dict(c, zero)
			}
			enc.words("host", func(int) string { return host })
			for i := range clientColumns {
				switch c := &clientColumns[i]; {
				case c.place == inSpells || c.name == "addr" || c.name == "id":
				case c.num != nil:
					enc.dict(c.name, zero)
				default:
					enc.words(c.name, func(int) string { return "" })
				}
			}
		}
	}
	make("one host of 1 MB", tableClients, 5000, clients(5000, long[:1<<20]))
	make("nobody's", tableClients, fewRows, clients(fewRows, "h"))
	spells := func() {
		enc.delta("client", func(i int) int64 { return int64(i) })
		for _, c := range []string{"first", "idle", "idle_fixed", "age_off"} {
			enc.dict(c, zero)
		}
		enc.dict("lists", func(int) int64 { return 1 })
		for i := range clientColumns {
			switch c := &clientColumns[i]; {
			case c.place == inClients:
			case c.num != nil:
				enc.dict(c.spellName(), func(i int) int64 { return int64(i % 2) })
			default:
				enc.words(c.name, func(i int) string { return fmt.Sprint(i % 2) })
			}
		}
	}
	make("nobody's", tableSpells, fewRows, spells)
	texts := func(template string) func() {
		return func() {
			enc.words("kind", func(int) string { return "info" })
			enc.words("key", func(int) string { return keyTemplate })
			enc.dict("nth", zero)
			enc.words("text", func(int) string { return template })
		}
	}
	make("many keys", tableTexts, 1, texts(strings.Repeat("a:\n", 8<<20)))
	make("many numbers", tableTexts, 1, texts("a:"+strings.Repeat("{0}", 10<<20)))
	return made
}

// TestBombs: what a member claims is held against what is there before memory is taken.
func TestBombs(t *testing.T) {
	u := unpackBundle(t, bundleBytes(t, tinyRecords()))
	normal := allocated(func() { scanAll(t, u.pack(t), nil) })
	for name, data := range bombs(t) {
		table, _, _ := strings.Cut(name, ":")
		bad := u
		for _, m := range u.man.Segments[0].Members {
			if m.Table == table {
				bad = u.with(m.Name, data, true)
			}
		}
		if bad == u {
			t.Fatal(name)
		}
		for i := range bad.man.Segments[0].Members {
			if m := &bad.man.Segments[0].Members[i]; m.Table == table {
				footer, err := readFooter(data)
				if err != nil {
					t.Fatal(name, err)
				}
				m.Rows = footer.rows
			}
		}
		packed := bad.pack(t)
		for _, changes := range []bool{false, true} {
			var err error
			n := allocated(func() {
				b, openErr := openBytes(packed)
				if err = openErr; err != nil {
					return
				}
				defer b.Close()
				if changes {
					b.Changes()
				}
				for b.Scan() {
				}
				err = b.Err()
			})
			if err == nil && table == tableSamples {
				t.Errorf("%s: no error", name)
			}
			if n > normal+64<<20 {
				t.Errorf("%s, %d bytes: %d MB taken, then %v", name, len(packed), n>>20, err)
			}
		}
	}
}

// TestPageClaims: a page that says it is larger than its numbers can be is not unpacked.
func TestPageClaims(t *testing.T) {
	f, err := newTableFile()
	if err != nil {
		t.Fatal(err)
	}
	f.begin(2)
	c := f.column("x", logicalInt)
	c.begin(f, encPlain)
	f.dataPage(c, 2, binary.LittleEndian.AppendUint64(make([]byte, 8<<20), 1))
	f.done(c)
	dec, err := newPageDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	r := &tableReader{zstd: dec, left: textsOf(0)}
	if err := r.open(f.finish("x"), 2); err != nil {
		t.Fatal(err)
	}
	var col numColumn
	n := allocated(func() { err = r.nums("x", &col) })
	if err == nil || n > 1<<20 {
		t.Errorf("%d bytes taken, %v", n, err)
	}
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

// TestLargeMembers: a member is as large as it says, and nothing but a hole in the file.
func TestLargeMembers(t *testing.T) {
	u := unpackBundle(t, bundleBytes(t, tinyRecords()))
	for _, c := range []struct {
		size int64
		want string
	}{{100 << 20, "SHA-256"}, {500 << 20, "contradicts"}} {
		m := &u.man.Segments[0].Members[0]
		m.Bytes, m.SHA256 = c.size, strings.Repeat("0", 64)
		man, err := u.man.marshal()
		if err != nil {
			t.Fatal(err)
		}
		z := &zipFiles{r: hole(c.size), close: func() error { return nil }, members: map[string]zipMember{m.Name: {0, c.size}}, size: c.size}
		taken := allocated(func() {
			b := &Bundle{base: "x.connbox", files: z}
			if b.man, err = readManifest(man, record.Pos{File: "x.connbox"}, false); err == nil {
				_, err = readMember(b.files, &b.man.Segments[0].Members[0])
			}
		})
		if err == nil || !strings.Contains(err.Error(), c.want) || taken > 16<<20 {
			t.Errorf("%d MB: %d MB taken, %v", c.size>>20, taken>>20, err)
		}
	}
}
