package bundle

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/segment"
)

// A changedClient is what ClientChanges tell of a client.
type changedClient struct {
	record.SpellClient
	age, idle, omem, qbuf, sub, psub, ssub int64
	flags, cmd                             string
}

func toldOf(c *record.Client) changedClient {
	return changedClient{record.SpellClient{ID: c.ID, Addr: c.Addr, Name: c.Name, User: c.User, Lib: c.LibName}, c.Age, c.Idle, c.OMem, c.QBuf, c.Sub, c.PSub, c.SSub, c.Flags, c.Cmd}
}

// A follower keeps the list that changes tell of.
type follower struct{ live map[int32]record.Spell }

func (f *follower) list(t testing.TB, r *record.ClientChanges) map[changedClient]int {
	t.Helper()
	if r.Whole {
		f.live = map[int32]record.Spell{}
	}
	for _, d := range r.Ended {
		if _, ok := f.live[d]; !ok {
			t.Fatalf("%v: client %d ended, and was not there", r.Pos, d)
		}
		delete(f.live, d)
	}
	for _, s := range r.Begun {
		f.live[s.Client] = s
	}
	if len(f.live) != r.Rows {
		t.Fatalf("%v: %d clients, told as %d", r.Pos, len(f.live), r.Rows)
	}
	out := map[changedClient]int{}
	for d, s := range f.live {
		x := r.Rare[s.Rare]
		c := changedClient{r.Clients[d], r.AgeBase - s.Created, r.IdleBase - s.IdleFrom, x.OMem, x.QBuf, x.Sub, x.PSub, x.SSub, r.Words[s.Flags], r.Words[s.Cmd]}
		if x.IdleStands {
			c.idle = s.IdleFrom
		}
		out[c]++
	}
	return out
}

// wantSource reads src, which must give recs and no more; lists may come as changes, whose
// number it gives.
func wantSource(t testing.TB, src record.Source, recs []record.Record) (changes int) {
	t.Helper()
	var f follower
	n := 0
	for ; src.Scan(); n++ {
		if n == len(recs) {
			t.Fatalf("more than %d records", n)
		}
		r, ok := src.Record().(*record.ClientChanges)
		if !ok {
			sameRecord(t, n, src.Record(), recs[n])
			continue
		}
		changes++
		want := map[changedClient]int{}
		list := recs[n].(*record.Clients)
		for i := range list.Rows {
			want[toldOf(&list.Rows[i])]++
		}
		if got := f.list(t, r); !mapsEqual(got, want) || !r.At.Equal(segment.TimeOf(segment.Micros(list.At))) {
			t.Fatalf("record %d:\n got %v\nwant %v", n, got, want)
		}
	}
	if src.Err() != nil || n != len(recs) {
		t.Fatalf("%d of %d records, %v", n, len(recs), src.Err())
	}
	return changes
}

func mapsEqual(a, b map[changedClient]int) bool {
	for k, n := range a {
		if b[k] != n {
			return false
		}
	}
	return len(a) == len(b)
}

// serverRecords gives lists and INFO of a lively server, over several segments.
func serverRecords(t testing.TB, seed uint64, n int) []record.Record {
	s := newFakeServer(seed, 60)
	s.churn = .05
	var recs []record.Record
	for range n {
		recs = append(recs, s.info(time.Second), clone(t, s.step(39*time.Second)))
	}
	return recs
}

func openChanges(t testing.TB, path string) *Bundle {
	t.Helper()
	b := openBundle(t, path)
	b.Changes()
	return b
}

func TestChanges(t *testing.T) {
	recs := serverRecords(t, 7, 250)
	if n := wantSource(t, openChanges(t, writeBundle(t, recs)), recs); n != 250 {
		t.Errorf("%d lists came as changes", n)
	}
	told := 0
	for seed := range uint64(100) {
		recs := hostileRecords(seed, 40)
		told += wantSource(t, openChanges(t, writeBundle(t, recs)), recs)
	}
	if told == 0 {
		t.Error("no list of the hostile recordings came as changes")
	}
}

// between gives those records of recs that a window holds.
func between(recs []record.Record, o record.Options) (out []record.Record) {
	w := record.NewWindow(o)
	for _, r := range recs {
		if w.Holds(segment.TimeOf(segment.Micros(r.Base().At))) && record.KindSetOf(o.Kinds).Has(r.Kind()) {
			out = append(out, r)
		}
	}
	return out
}

func TestLimit(t *testing.T) {
	recs := serverRecords(t, 9, 250)
	first, last := recs[0].Base().At, recs[len(recs)-1].Base().At
	odd := hostileRecords(5, 60)
	at := time.Unix(1_784_000_000, 0).UTC()
	for _, c := range []struct {
		name string
		recs []record.Record
		o    record.Options
		most int // records asked for
	}{
		{"all", recs, record.Options{}, 500},
		{"from", recs, record.Options{From: first.Add(2 * time.Hour)}, 400},
		{"to", recs, record.Options{To: first.Add(30 * time.Minute)}, 100},
		{"both", recs, record.Options{From: first.Add(time.Hour + 20*time.Second), To: first.Add(90 * time.Minute)}, 100},
		{"at once", recs, record.Options{From: recs[100].Base().At, To: recs[100].Base().At}, 1},
		{"before", recs, record.Options{To: first.Add(-time.Second)}, 0},
		{"after", recs, record.Options{From: last.Add(time.Second)}, 0},
		{"lists", recs, record.Options{Kinds: []record.Kind{record.KindClients}}, 250},
		{"no lists", recs, record.Options{Kinds: []record.Kind{record.KindInfo, record.KindMark}, From: first.Add(time.Hour)}, 220},
		{"odd lists", odd, record.Options{Kinds: []record.Kind{record.KindClients, record.KindConfig}}, 60},
		{"odd words", odd, record.Options{Kinds: []record.Kind{record.KindOther, record.KindFailure, record.KindChatter}}, 60},
		{"odd", odd, record.Options{From: at.Add(10 * time.Minute), To: at.Add(30 * time.Minute)}, 40},
	} {
		path := writeBundle(t, c.recs)
		want := between(c.recs, c.o)
		if len(want) > c.most || c.most > 0 && len(want) == 0 {
			t.Fatalf("%s: %d records", c.name, len(want))
		}
		for _, changes := range []bool{false, true} {
			src := openBundle(t, path)
			src.Limit(c.o)
			if changes {
				src.Changes()
			}
			wantSource(t, src, want)
			if len(src.Origin().SHA256) != 64 {
				t.Errorf("%s: origin %+v", c.name, src.Origin())
			}
			src.Close()
		}
	}
}

// partAt gives where in a bundle's file a row group begins.
func partAt(b *Bundle, p partInfo) int64 {
	f := &b.man.Files[p.File]
	return b.loader.files.(*zipFiles).members[f.Name].at + f.at(p.Group)
}

// TestRangeLeavesTheRest: damage outside of a range is not met, as it is not read.
func TestRangeLeavesTheRest(t *testing.T) {
	recs := serverRecords(t, 9, 250)
	path := writeBundle(t, recs)
	b := openBundle(t, path)
	segments := b.man.Segments
	data, err := os.ReadFile(path)
	if err != nil || len(segments) < 3 {
		t.Fatal(len(segments), err)
	}
	for _, i := range []int{0, len(segments) - 1} {
		data[partAt(b, segments[i].Parts[0])+8] ^= 1
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	o := record.Options{From: segment.TimeOf(segments[1].FromUs), To: segment.TimeOf(segments[1].ToUs), Unhashed: true}
	for _, changes := range []bool{false, true} {
		src := openBundle(t, path)
		src.Limit(o)
		if changes {
			src.Changes()
		}
		wantSource(t, src, between(recs, o))
		if src.Origin().SHA256 != "" {
			t.Error("hashed all the same")
		}
		src.Close()
	}
	whole := openChanges(t, path)
	for whole.Scan() {
	}
	if whole.Err() == nil || !strings.Contains(whole.Err().Error(), "SHA-256") {
		t.Errorf("damage was not met: %v", whole.Err())
	}
}

// A countingReader counts the bytes read of each place.
type countingReader struct {
	io.ReaderAt
	mu   sync.Mutex
	read map[int64]int // by where reading began
}

func (r *countingReader) ReadAt(p []byte, at int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.ReaderAt.ReadAt(p, at)
	r.read[at] += n
	return n, err
}

// TestRangeReadsNoMore: of a range without a hash of the whole, nothing is read but the
// manifest, the ends of the tables and the row groups of its segments, those once.
func TestRangeReadsNoMore(t *testing.T) {
	recs := serverRecords(t, 9, 250)
	path := writeBundle(t, recs)
	segments := openBundle(t, path).man.Segments
	for _, changes := range []bool{false, true} {
		b := openBundle(t, path)
		z := b.files.(*zipFiles)
		r := &countingReader{ReaderAt: z.r, read: map[int64]int{}}
		z.r = r
		b.Limit(record.Options{From: segment.TimeOf(segments[1].FromUs), To: segment.TimeOf(segments[1].ToUs), Unhashed: true})
		if changes {
			b.Changes()
		}
		for b.Scan() {
		}
		if b.Err() != nil {
			t.Fatal(b.Err())
		}
		b.Close()
		for _, p := range segments[1].Parts {
			f := &b.man.Files[p.File]
			at, tail := partAt(b, p), partAt(b, partInfo{File: p.File, Group: len(f.Groups)})
			if r.read[at] != int(f.Groups[p.Group].Bytes) || r.read[tail] != int(f.Bytes-f.at(len(f.Groups))) {
				t.Errorf("%s: %d of %d bytes read", f.Name, r.read[at], f.Groups[p.Group].Bytes)
			}
			delete(r.read, at)
			delete(r.read, tail)
		}
		if len(r.read) != 0 {
			t.Errorf("read besides: %v", r.read)
		}
	}
}

// TestChangesDamage: what lies around a damaged segment is delivered, then the error.
func TestChangesDamage(t *testing.T) {
	recs := serverRecords(t, 3, 250)
	path := writeBundle(t, recs)
	b := openBundle(t, path)
	seg := b.man.Segments[2]
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[partAt(b, seg.Parts[0])+9] ^= 4
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	bad := openChanges(t, path)
	n := int64(0)
	for bad.Scan() {
		n++
	}
	if n != int64(len(recs))-seg.Records || bad.Err() == nil || !strings.Contains(bad.Err().Error(), b.man.Files[seg.Parts[0].File].Name) || bad.Scan() {
		t.Errorf("%d records before the damage at %d: %v", n, seg.First, bad.Err())
	}
}

// TestChangesClosedEarly: nothing is left running.
func TestChangesClosedEarly(t *testing.T) {
	path := writeBundle(t, serverRecords(t, 3, 250))
	before := runtime.NumGoroutine()
	for n := range 20 {
		b, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		b.Changes()
		for range n {
			b.Scan()
		}
		if err := b.Close(); err != nil || b.Scan() && n == 0 {
			t.Fatal(err)
		}
	}
	for try := 0; runtime.NumGoroutine() > before; try++ {
		if try == 100 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestChangesMemory: what is held does not grow with the length of a recording, but for the
// manifest and the tables' footers, some 30 kB a segment.
func TestChangesMemory(t *testing.T) {
	heap := func(n int) float64 {
		path := writeBundle(t, serverRecords(t, 4, n))
		b := openChanges(t, path)
		most := uint64(0)
		for range 3 { // pools of the writer outlive two collections
			runtime.GC()
		}
		for i := 0; b.Scan(); i++ {
			if i%97 == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		b.Close()
		return float64(most)
	}
	if short, long := heap(400), heap(2400); long > short+4<<20 {
		t.Errorf("%.1f MB for a recording six times as long as one of %.1f MB", long/1e6, short/1e6)
	}
}

// FuzzChanges puts any bytes in the place of a member, with the right hash: what can be
// read as rows can be read as changes, and says the same.
func FuzzChanges(f *testing.F) {
	s := newFakeServer(1, 5)
	s.churn = .3
	var recs []record.Record
	for range 12 {
		recs = append(recs, clone(f, s.step(10*time.Second)))
	}
	u := unpackBundle(f, bundleBytes(f, recs))
	for i, name := range u.names[:len(u.names)-1] {
		f.Add(uint8(i), u.data[name])
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		bad := u.with(u.names[int(which)%(len(u.names)-1)], data, true).pack(t)
		var err error
		n := allocated(func() {
			b, e := openBytes(bad)
			if err = e; err != nil {
				return
			}
			b.Changes()
			for b.Scan() {
			}
			err = b.Err()
			b.Close()
		})
		if err != nil {
			isInputError(t, "fuzz", err)
		}
		if n > 80<<20+uint64(len(data))*20 {
			t.Errorf("%d bytes allocated for %d", n, len(data))
		}
		var rows []record.Record
		b, err := openBytes(bad)
		if err != nil {
			return
		}
		for b.Scan() {
			rows = append(rows, clone(t, b.Record()))
		}
		b.Close()
		if b.Err() == nil {
			again, err := openBytes(bad)
			if err != nil {
				t.Fatal(err)
			}
			again.Changes()
			wantSource(t, again, rows)
			again.Close()
		}
	})
}

func BenchmarkReplay(b *testing.B) {
	cs, _ := benchRecording(b, 10000, 60)
	path := filepath.Join(b.TempDir(), "x")
	writeAll(b, path, cs)
	for _, changes := range []bool{false, true} {
		b.Run(map[bool]string{false: "rows", true: "changes"}[changes], func(b *testing.B) {
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				src, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				if changes {
					src.Changes()
				}
				for src.Scan() {
					switch r := src.Record().(type) {
					case *record.Clients:
						rows += len(r.Rows)
					case *record.ClientChanges:
						rows += r.Rows
					}
				}
				if src.Close(); src.Err() != nil {
					b.Fatal(src.Err())
				}
			}
			b.ReportMetric(math.Round(b.Elapsed().Seconds()*1e10/float64(rows))/10, "ns/client-row")
		})
	}
}

// TestManyWords: more flags and commands than a Spell can tell apart come row by row.
func TestManyWords(t *testing.T) {
	list := &record.Clients{Head: record.Head{At: time.Unix(1_784_000_000, 0).UTC()}, Layouts: []record.Layout{layout70}}
	for i := range int64(1<<16 + 1) {
		list.Rows = append(list.Rows, record.Client{Has: has70, ID: i + 1, Addr: fmt.Sprintf("10.0.0.1:%d", i%60000+1), Age: 1, Flags: "N", Cmd: fmt.Sprint("c", i)})
	}
	recs := []record.Record{list}
	if n := wantSource(t, openChanges(t, writeBundle(t, recs)), recs); n != 0 {
		t.Errorf("%d lists came as changes", n)
	}
}
