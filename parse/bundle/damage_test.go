package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// tinyRecords has every kind of record, and two segments.
func tinyRecords() []record.Record {
	at := time.Unix(1_784_000_000, 0).UTC()
	row := record.Client{Has: has70, ID: 7, Addr: "10.0.0.1:5000", Age: 9, Idle: 2, Flags: "N", Cmd: "get"}
	list := func(h time.Duration) *record.Clients {
		return &record.Clients{Head: record.Head{At: at.Add(h)}, Layouts: []record.Layout{layout70}, Rows: []record.Client{row}}
	}
	return []record.Record{
		&record.Mark{Head: record.Head{At: at, Took: -1}, Text: "started"},
		&record.Info{Head: record.Head{At: at}, Text: []byte("# Server\r\nuptime_in_seconds:5\r\nused_cpu_sys:0.25\r\nrole:master\r\n")},
		list(0), list(90 * time.Minute),
		&record.Slowlog{Head: record.Head{At: at.Add(91 * time.Minute)}, Entries: []record.SlowEntry{{ID: 1, Time: 2, Micros: 3, Args: []string{"KEYS", "* "}, Six: true}}},
		&record.Config{Head: record.Head{At: at.Add(91 * time.Minute)}, Pairs: []record.Pair{{Key: "maxclients", Value: "10"}}},
		&record.Other{Head: record.Head{At: at.Add(92 * time.Minute)}, Command: "ROLE", Text: []byte("master")},
		&record.Failure{Head: record.Head{At: at.Add(93 * time.Minute)}, Class: record.FailReset, Text: "EOF"},
		&record.Chatter{Head: record.Head{At: at.Add(94 * time.Minute)}, Lines: 2, Text: "$"},
	}
}

// openBytes opens a bundle file in memory.
func openBytes(data []byte) (*Bundle, error) {
	b := &Bundle{base: "x.connbox"}
	return b.opened(b.openFile(&zipFiles{r: bytes.NewReader(data), close: func() error { return nil }, size: int64(len(data))}))
}

// scanAll reads the records of a bundle in memory, each of which must be the one of its
// number in want.
func scanAll(t testing.TB, data []byte, want []record.Record) (n int, err error) {
	b, err := openBytes(data)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	for ; b.Scan(); n++ {
		if i := int(b.Record().Base().Pos.Sample) - 1; i < len(want) {
			sameRecord(t, i, b.Record(), want[i])
		}
	}
	return n, b.Err()
}

// bundleBytes gives the bytes of a bundle of records.
func bundleBytes(t testing.TB, recs []record.Record) []byte {
	t.Helper()
	data, err := os.ReadFile(writeBundle(t, recs))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// isInputError holds an error against the contract: positioned, and no panic caught.
func isInputError(t testing.TB, what any, err error) {
	t.Helper()
	var in *record.InputError
	if !errors.As(err, &in) || in.Pos.File == "" || strings.Contains(err.Error(), "foreseen") {
		t.Fatalf("%v: %v", what, err)
	}
}

// readBad reads a damaged bundle in memory, which may not take 64 MB more than a whole one.
func readBad(t testing.TB, what any, data []byte, normal uint64, want []record.Record) (n int, err error) {
	t.Helper()
	taken := allocated(func() { n, err = scanAll(t, data, want) })
	if taken > normal+64<<20 {
		t.Fatalf("%v: %d MB taken, %d MB for the whole bundle", what, taken>>20, normal>>20)
	}
	if err != nil {
		isInputError(t, what, err)
	}
	return n, err
}

func TestBundleTruncated(t *testing.T) {
	recs := tinyRecords()
	whole := bundleBytes(t, recs)
	normal := allocated(func() { scanAll(t, whole, recs) })
	for n := range whole {
		if _, err := readBad(t, n, whole[:n], normal, recs); err == nil {
			t.Fatalf("%d of %d bytes and no error", n, len(whole))
		}
	}
}

// TestBundleFlipped flips a bit of every byte, every bit of those that no SHA-256 covers (the
// zip's and the manifest's), and of a larger bundle a bit of some bytes of each table: an error,
// or the same records.
func TestBundleFlipped(t *testing.T) {
	for _, c := range []struct {
		recs []record.Record
		step int // through the bytes that are covered
	}{{tinyRecords(), 7}, {tinyRecords()[:2], 1}} {
		whole := bundleBytes(t, c.recs)
		normal := allocated(func() { scanAll(t, whole, c.recs) })
		covered := coveredBytes(t, whole)
		found, flips := 0, 0
		bad := bytes.Clone(whole)
		for i := range whole {
			bits := 8
			if covered[i] {
				if bits = 1; i%c.step != 0 {
					continue
				}
			}
			for k := range bits {
				bad[i] ^= 1 << ((i + k) % 8)
				n, err := readBad(t, i, bad, normal, c.recs)
				if err == nil && n != len(c.recs) {
					t.Fatalf("byte %d: %d of %d records and no error", i, n, len(c.recs))
				}
				if flips++; err != nil {
					found++
				}
				bad[i] = whole[i]
			}
		}
		if found < flips*3/4 {
			t.Errorf("%d of %d flips were seen", found, flips)
		}
	}
}

// coveredBytes tells of each byte of a bundle whether the manifest has a hash of it.
func coveredBytes(t testing.TB, whole []byte) []bool {
	t.Helper()
	z := &zipFiles{r: bytes.NewReader(whole), close: func() error { return nil }, size: int64(len(whole))}
	if _, err := z.index(); err != nil {
		t.Fatal(err)
	}
	covered := make([]bool, len(whole))
	for name, m := range z.members {
		for i := m.at; name != manifestName && i < m.at+m.size; i++ {
			covered[i] = true
		}
	}
	return covered
}

// TestBundleAround damages one row group after the other: the others' records are delivered,
// by their numbers, in every way of reading, and error and warning say what is lost.
func TestBundleAround(t *testing.T) {
	recs := tinyRecords()
	for i, rec := range tinyRecords() {
		h := rec.Base()
		h.At = h.At.Add(3 * time.Hour)
		if recs = append(recs, rec); i == 3 {
			break
		}
	}
	u := unpackBundle(t, bundleBytes(t, recs))
	if len(u.man.Segments) < 3 {
		t.Fatal(len(u.man.Segments))
	}
	for i := range u.man.Files {
		f := &u.man.Files[i]
		for g := range f.Groups {
			lost := func(n int64) bool { // whether the record of that number needs the row group
				for _, s := range u.man.Segments {
					for _, p := range s.Parts {
						k := segment.Of(f.Table).Kind
						if p.File == i && p.Group == g && n >= s.First && n < s.First+s.Records && (k == 0 || k == recs[n-1].Kind()) {
							return true
						}
					}
				}
				return false
			}
			data := bytes.Clone(u.data[f.Name])
			data[f.at(g)+f.Groups[g].Bytes/2] ^= 4
			u.with(f.Name, data, false).around(t, recs, f.Name, lost)
		}
	}
}

// around reads a bundle of recs, of which those lost are damaged in a member.
func (u *unpacked) around(t *testing.T, recs []record.Record, member string, lost func(n int64) bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.connbox")
	if err := os.WriteFile(path, u.pack(t), 0o600); err != nil {
		t.Fatal(err)
	}
	var want []int64
	for n := range int64(len(recs)) {
		if !lost(n + 1) {
			want = append(want, n+1)
		}
	}
	for _, changes := range []bool{false, true} {
		b := openBundle(t, path)
		if changes {
			b.Changes()
		}
		var got []int64
		for b.Scan() {
			n := b.Record().Base().Pos.Sample
			if got = append(got, n); b.Record().Kind() != record.KindClients || !changes {
				sameRecord(t, int(n), b.Record(), recs[n-1])
			}
		}
		isInputError(t, member, b.Err())
		if !slices.Equal(got, want) || len(want) == len(recs) || !strings.Contains(b.Err().Error(), member) {
			t.Errorf("%s: records %d, want %d; then %v", member, got, want, b.Err())
		}
		if w := b.Warnings(); len(w) == 0 || !strings.Contains(w[0], "could not be read") || !strings.Contains(w[0], "up to ") {
			t.Errorf("%s: warnings %q", member, w)
		}
		b.Close()
	}
	in, err := Inspect(path)
	if err != nil || in.Err == nil || in.Records != int64(len(want)) {
		t.Errorf("%s: inspect: %+v, %v", member, in, err)
	}
}

// An unpacked bundle can be changed and packed again.
type unpacked struct {
	man   *manifest
	names []string
	data  map[string][]byte
}

func unpackBundle(t testing.TB, whole []byte) *unpacked {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	u := &unpacked{data: map[string][]byte{}}
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if u.data[f.Name], err = io.ReadAll(rc); err != nil {
			t.Fatal(err)
		}
		u.names = append(u.names, f.Name)
	}
	if u.man, err = readManifest(u.data[manifestName], record.Pos{}, false); err != nil {
		t.Fatal(err)
	}
	return u
}

// with gives a copy with other bytes for a member; honest also sets its size and hash.
func (u *unpacked) with(name string, data []byte, honest bool) *unpacked {
	c := &unpacked{names: u.names, data: map[string][]byte{}, man: new(manifest)}
	for k, v := range u.data {
		c.data[k] = v
	}
	c.data[name] = data
	b, err := json.Marshal(u.man)
	if err == nil {
		err = json.Unmarshal(b, c.man)
	}
	if err != nil {
		panic(err)
	}
	for i := range c.man.Files {
		if f := &c.man.Files[i]; f.Name == name && honest {
			f.rehash(data)
		}
	}
	return c
}

// rehash sets the hashes of a file right whose row groups end where they did, if it still has
// them; one of its own otherwise.
func (f *fileInfo) rehash(data []byte) {
	sum := func(data []byte) string {
		h := sha256.Sum256(data)
		return hex.EncodeToString(h[:])
	}
	f.Bytes = int64(len(data))
	if f.at(len(f.Groups)) > f.Bytes-12 {
		f.Groups = f.Groups[:1]
		f.Groups[0].Bytes = max(f.Bytes-16, 1)
	}
	for g := range f.Groups {
		f.Groups[g].SHA256 = sum(data[min(f.at(g), f.Bytes):min(f.at(g+1), f.Bytes)])
	}
	f.Tail = sum(data[min(f.at(len(f.Groups)), f.Bytes):])
}

func (u *unpacked) pack(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range u.names {
		data := u.data[name]
		if name == manifestName {
			var err error
			if data, err = u.man.marshal(); err != nil {
				t.Fatal(err)
			}
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestMemberFlipped flips a bit of every other byte of every member and sets the hash right, as
// someone with bad intent would: the reader itself must find its way.
func TestMemberFlipped(t *testing.T) {
	whole := bundleBytes(t, tinyRecords())
	u := unpackBundle(t, whole)
	for _, name := range u.names {
		if name == manifestName {
			continue
		}
		for i := 0; i < len(u.data[name]); i += 2 {
			data := bytes.Clone(u.data[name])
			data[i] ^= 1 << (i % 8)
			b, err := openBytes(u.with(name, data, true).pack(t))
			if err == nil {
				b.Limit(record.Options{Kinds: kindsOf(name)})
				for b.Scan() {
				}
				err = b.Err()
				b.Close()
			}
			if err != nil {
				isInputError(t, name, err)
			}
		}
	}
}

// kindsOf gives the kind of records that a member is read for, none for one that all need.
func kindsOf(name string) []record.Kind {
	if k := segment.Of(strings.TrimSuffix(name, ".parquet")).Kind; k != 0 {
		return []record.Kind{k}
	}
	return nil
}

func TestContainerRules(t *testing.T) {
	whole := bundleBytes(t, tinyRecords())
	u := unpackBundle(t, whole)
	raw := func(fn func(z *zip.Writer)) []byte {
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		for _, name := range u.names {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			w.Write(u.data[name])
		}
		fn(z)
		z.Close()
		return buf.Bytes()
	}
	add := func(name string, method uint16) []byte {
		return raw(func(z *zip.Writer) {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
			if err != nil {
				t.Fatal(err)
			}
			w.Write(bytes.Repeat([]byte("x"), 500))
		})
	}
	man := func(change func(m *manifest)) []byte {
		c := u.with(u.names[0], u.data[u.names[0]], false)
		change(c.man)
		return c.pack(t)
	}
	missing := &unpacked{man: u.man, names: u.names[1:], data: u.data}
	noManifest := &unpacked{man: u.man, names: u.names[:len(u.names)-1], data: u.data}
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"compressed member", "not stored", add("extra", zip.Deflate)},
		{"unlisted member", "not in the manifest", add("extra", zip.Store)},
		{"climbing name", "", add("../../etc/passwd", zip.Store)}, // archive/zip may refuse it first
		{"name with a folder", "no place", add("a/b", zip.Store)},
		{"twice", "no place", add(u.names[0], zip.Store)},
		{"missing member", "missing", missing.pack(t)},
		{"no manifest", "no bundle", noManifest.pack(t)},
		{"newer format", "newer connbox", man(func(m *manifest) { m.Format = FormatVersion + 1 })},
		{"large manifest", "bytes; 16777216 are the most", man(func(m *manifest) { m.Meta.Target = strings.Repeat("x", maxManifest) })},
		{"negative format", "contradicts", man(func(m *manifest) { m.Format = -1 })},
		{"journal in a file", "contradicts", man(func(m *manifest) { m.Journal = "j" })},
		{"too many rows", "contradicts", man(func(m *manifest) { m.Files[0].Groups[0].Rows = segment.MaxRows + 1 })},
		{"other rows", "manifest says", man(func(m *manifest) { m.Files[0].Groups[0].Rows++ })},
		{"other size", "manifest says", man(func(m *manifest) { m.Files[0].Bytes-- })},
		{"other records", "manifest says", man(func(m *manifest) { m.Segments[0].Records++; m.Segments[1].First++ })},
		{"other end of a row group", "SHA-256", man(func(m *manifest) { m.Files[0].Groups[0].Bytes-- })},
		{"no such file", "contradicts", man(func(m *manifest) { m.Segments[0].Parts[0].File = 99 })},
		{"no such row group", "contradicts", man(func(m *manifest) { m.Segments[0].Parts[0].Group = -1 })},
		{"a table twice", "contradicts", man(func(m *manifest) { s := &m.Segments[0]; s.Parts = append(s.Parts, s.Parts[0]) })},
		{"a row group twice", "which is another's", man(func(m *manifest) {
			m.Segments[1].Parts = append([]partInfo(nil), m.Segments[0].Parts...)
		})},
		{"gap between segments", "does not follow", man(func(m *manifest) { m.Segments[1].First++ })},
		{"no samples", "no samples", man(func(m *manifest) { m.Files[0].Table = "x" })},
		{"no zip", "no bundle", []byte("PAR1PAR1")},
		{"empty", "no bundle", nil},
	} {
		_, err := scanAll(t, c.data, tinyRecords())
		isInputError(t, c.name, err)
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if newer := c.name == "newer format"; errors.Is(err, record.ErrNewerFormat) != newer {
			t.Errorf("%s: newer format is %v", c.name, !newer)
		}
	}
}

// TestUnknownTable reads a bundle with a table of a later version, which is listed.
func TestUnknownTable(t *testing.T) {
	u := unpackBundle(t, bundleBytes(t, tinyRecords()))
	data := []byte("PAR1 of another time PAR1")
	u.names, u.data["new.bin"] = append([]string{"new.bin"}, u.names...), data
	f := fileInfo{Name: "new.bin", Table: "new", Groups: []groupInfo{{Rows: 1, Bytes: 5}}}
	f.rehash(data)
	u.man.Segments[0].Parts = append(u.man.Segments[0].Parts, partInfo{File: len(u.man.Files)})
	u.man.Files = append(u.man.Files, f)
	if n, err := scanAll(t, u.pack(t), tinyRecords()); n != 9 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

// TestPreview: a bundle of a preview's layout is refused, with what to do.
func TestPreview(t *testing.T) {
	u := unpackBundle(t, bundleBytes(t, tinyRecords()))
	for _, manifest := range []string{`{"format": 0}`, `{"format": 1, "segments": [{"first": 1, "members": [{"name": "00001-samples.parquet"}]}]}`} {
		u.data["old"] = []byte(manifest)
		_, err := readManifest(u.data["old"], record.Pos{File: "x.connbox"}, false)
		isInputError(t, manifest, err)
		if !strings.Contains(err.Error(), "preview") || !strings.Contains(err.Error(), "connbox export") {
			t.Error(err)
		}
	}
}

// TestVerify: bytes that are no part of a bundle are told, though they harm nobody.
func TestVerify(t *testing.T) {
	whole := bundleBytes(t, tinyRecords())
	for name, data := range map[string][]byte{
		"junk before": append([]byte("#!/bin/sh\n"), whole...),
		"junk behind": append(bytes.Clone(whole), "junk"...),
		"two bundles": append(bytes.Clone(whole), whole...),
		"a date":      func() []byte { d := bytes.Clone(whole); d[12] ^= 1; return d }(),
		"a comment":   func() []byte { d := bytes.Clone(whole); d[len(d)-2] = 4; return append(d, "note"...) }(),
		"a checksum":  bytes.Replace(whole, whole[14:18], []byte("abcd"), -1),
	} {
		path := filepath.Join(t.TempDir(), "x.connbox")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Inspect(path)
		if err == nil {
			err = in.Err
		}
		isInputError(t, name, err)
		if !strings.Contains(err.Error(), "hash") && !strings.Contains(err.Error(), "checksum") && !strings.Contains(err.Error(), "no bundle") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestClaims: what a manifest says of times and kinds is held against the records, though no
// reader relies on it.
func TestClaims(t *testing.T) {
	u := unpackBundle(t, bundleBytes(t, tinyRecords()))
	look := func(name string, forge func(m *manifest)) error {
		c := u.with(manifestName, nil, false)
		forge(c.man)
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		for _, name := range c.names {
			data := c.data[name]
			if name == manifestName {
				var err error
				if data, err = c.man.marshal(); err != nil {
					t.Fatal(err)
				}
			}
			if err := addMember(z, name, crc32.ChecksumIEEE(data), int64(len(data)), func(w io.Writer) error {
				_, err := w.Write(data)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.connbox")
		if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Inspect(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return in.Err
	}
	if err := look("nothing", func(*manifest) {}); err != nil {
		t.Fatal(err)
	}
	for name, forge := range map[string]func(m *manifest){
		"from":            func(m *manifest) { m.Segments[0].FromUs++ },
		"to":              func(m *manifest) { m.Segments[1].ToUs-- },
		"no time":         func(m *manifest) { m.Segments[0].FromUs, m.Segments[0].ToUs = 0, 0 },
		"a kind less":     func(m *manifest) { m.Segments[0].Kinds[record.KindClients.String()]-- },
		"kinds changed":   func(m *manifest) { m.Segments[0].Kinds = map[string]int64{"info": m.Segments[0].Records} },
		"unknown kind":    func(m *manifest) { m.Segments[0].Kinds["gossip"] = 7 },
		"no kinds":        func(m *manifest) { m.Segments[0].Kinds = nil },
		"begin":           func(m *manifest) { m.Meta.From = m.Meta.From.Add(-time.Second) },
		"end":             func(m *manifest) { m.Meta.To = time.Time{} },
		"recovered early": func(m *manifest) { m.Meta.Sealed, m.Meta.To = "recovered", m.Meta.From },
	} {
		err := look(name, forge)
		isInputError(t, name, err)
		if !strings.Contains(err.Error(), "manifest does not fit the records") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := look("recovered", func(m *manifest) { m.Meta.Sealed, m.Meta.To = "recovered", m.Meta.To.Add(time.Hour) }); err != nil {
		t.Error(err)
	}
}

func TestOverlap(t *testing.T) {
	whole := bundleBytes(t, tinyRecords())
	// In the directory, let the second member begin where the first does.
	dir := bytes.Index(whole, []byte("PK\x01\x02"))
	next := dir + 4 + bytes.Index(whole[dir+4:], []byte("PK\x01\x02"))
	copy(whole[next+42:next+46], whole[dir+42:dir+46])
	_, err := openBytes(whole)
	isInputError(t, "overlap", err)
	if !strings.Contains(err.Error(), "overlap") {
		t.Error(err)
	}
}

// allocated gives the bytes that fn allocates.
func allocated(fn func()) uint64 {
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	fn()
	runtime.ReadMemStats(&b)
	return b.TotalAlloc - a.TotalAlloc
}

func FuzzBundle(f *testing.F) {
	f.Add(bundleBytes(f, tinyRecords()))
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var err error
		n := allocated(func() { _, err = scanAll(t, data, nil) })
		if err != nil {
			isInputError(t, "fuzz", err)
		}
		if n > 64<<20+uint64(len(data))*20 {
			t.Errorf("%d bytes allocated for %d", n, len(data))
		}
	})
}

// FuzzMember puts any bytes in the place of a member, with the right hash.
func FuzzMember(f *testing.F) {
	whole := bundleBytes(f, tinyRecords())
	u := unpackBundle(f, whole)
	for i, name := range u.names[:len(u.names)-1] {
		f.Add(uint8(i), u.data[name])
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		bad := u.with(u.names[int(which)%(len(u.names)-1)], data, true).pack(t)
		var err error
		n := allocated(func() { _, err = scanAll(t, bad, nil) })
		if err != nil {
			isInputError(t, "fuzz", err)
		}
		if n > 80<<20+uint64(len(data))*20 {
			t.Errorf("%d bytes allocated for %d", n, len(data))
		}
	})
}

// FuzzRecord reads any bytes as a record's journal form; what is one must come back from a
// bundle the same.
func FuzzRecord(f *testing.F) {
	for _, r := range append(tinyRecords(), hostileRecords(1, 20)...) {
		f.Add(AppendRecord(nil, r))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := decode(new(segment.Set), &recordReader{b: data})
		if err != nil {
			return
		}
		again := clone(t, rec)
		sameRecord(t, 0, again, rec)
		path := filepath.Join(dir, "f.connbox")
		w, err := Create(path, record.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(rec); err != nil {
			w.Abort()
			return
		}
		if err := w.Write(again); err != nil {
			t.Fatal(err)
		}
		if err := w.Close("import"); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := scanAll(t, whole, []record.Record{rec, again}); n != 2 || err != nil {
			t.Fatalf("%d records, %v", n, err)
		}
	})
}
