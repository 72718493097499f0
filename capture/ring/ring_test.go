package ring

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// A clock is moved by hand.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)} }

func (c *clock) options(dir string) Options {
	return Options{Dir: dir, Meta: record.Meta{Tool: "test", Mode: "capture"}, Keep: 2 * time.Hour, Piece: 10 * time.Minute,
		Floor: -1, now: func() time.Time { return c.at }}
}

func (c *clock) mark(text string) record.Record {
	return &record.Mark{Head: record.Head{At: c.at, Took: -1}, Text: text}
}

func open(t *testing.T, o Options) *Ring {
	t.Helper()
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close("test") })
	return r
}

// fill writes a mark a minute, called by its number.
func fill(t *testing.T, r *Ring, c *clock, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := r.Write(c.mark(fmt.Sprintf("minute %d", i))); err != nil {
			t.Fatal(err)
		}
		c.at = c.at.Add(time.Minute)
	}
}

// marks reads what a ring holds.
func marks(t *testing.T, dir string, o record.Options) []string {
	t.Helper()
	src, err := parse.OpenRange(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var all []string
	for src.Scan() {
		all = append(all, src.Record().(*record.Mark).Text)
	}
	if src.Err() != nil || len(src.Warnings()) > 0 {
		t.Fatalf("%v %q", src.Err(), src.Warnings())
	}
	return all
}

func TestRing(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	r := open(t, c.options(dir))
	fill(t, r, c, 0, 400)
	got := marks(t, dir, record.Options{})
	if n := len(got); n < 120 || n > 135 || got[n-1] != "minute 399" {
		t.Errorf("%d minutes, from %q to %q: want the last two hours and at most a piece more", n, got[0], got[n-1])
	}
	from := c.at.Add(-30 * time.Minute)
	if got := marks(t, dir, record.Options{From: from, To: from.Add(9 * time.Minute)}); len(got) != 10 || got[0] != "minute 370" {
		t.Errorf("range: %q", got)
	}
	if u := r.Usage(); u.Dropped < 20 || u.Members < 12 || u.Bytes == 0 || c.at.Sub(u.Oldest) > 3*time.Hour {
		t.Errorf("usage %+v", u)
	}
	if err := r.Close("signal"); err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	members, _ := filepath.Glob(filepath.Join(dir, "*.connbox"))
	for _, m := range members {
		if st, err := os.Stat(m); err == nil {
			size += st.Size()
		}
	}
	if u := r.Usage(); u.Bytes != size || u.Members != len(members) || size == 0 {
		t.Errorf("at the end %+v, and there are %d bytes in %d", u, size, len(members))
	}
	r = open(t, c.options(dir)) // goes on in the same ring
	fill(t, r, c, 400, 402)
	if got := marks(t, dir, record.Options{}); got[len(got)-1] != "minute 401" || len(got) < 120 {
		t.Errorf("after a restart: %d minutes", len(got))
	}
}

// TestKilled: what a kill leaves is made whole by the next recorder, and what it left half done
// is removed.
func TestKilled(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	r := open(t, c.options(dir))
	fill(t, r, c, 0, 15)
	r.w.Abort() // no seal, as after a kill
	r.lock.Close()
	half := filepath.Join(dir, ".20261120T031000.000Z.connbox.1.tmp")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := marks(t, dir, record.Options{}); len(got) != 15 {
		t.Errorf("the ring of a killed recorder gives %q", got)
	}
	r = open(t, c.options(dir))
	if _, err := os.Stat(half); err == nil {
		t.Error("what was half done is left")
	}
	fill(t, r, c, 15, 16)
	if got := marks(t, dir, record.Options{}); len(got) != 16 {
		t.Errorf("%d minutes", len(got))
	}
}

func TestMaxSize(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	o := c.options(dir)
	o.Keep, o.MaxSize = 0, 4<<20
	r := open(t, o)
	for i := range 600 {
		rec := &record.Other{Head: record.Head{At: c.at}, Command: "ROLE", Text: noise(32<<10, byte(i))}
		if err := r.Write(rec); err != nil {
			t.Fatal(err)
		}
		c.at = c.at.Add(15 * time.Second)
	}
	if n := folderSize(dir); n > 5<<20 || n < 2<<20 {
		t.Errorf("a ring of 4 MiB holds %d bytes", n)
	}
}

// noise gives bytes that zstd cannot make smaller.
func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	x := uint32(seed) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// TestPin: what is around a pinned moment stays, with what is before and after it gone.
func TestPin(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	r := open(t, c.options(dir))
	fill(t, r, c, 0, 60)
	if err := r.Pin(c.at, "refused>0"); err != nil {
		t.Fatal(err)
	}
	fill(t, r, c, 60, 65)
	if err := r.Pin(c.at, "refused>0"); err != nil || len(Pins(dir)) != 1 {
		t.Errorf("a pin that goes on is not one: %v %v", Pins(dir), err)
	}
	fill(t, r, c, 65, 500)
	got := marks(t, dir, record.Options{To: c.at.Add(-3 * time.Hour)})
	if n := len(got); n < 50 || n > 70 || got[0] != "minute 30" {
		t.Errorf("%d minutes are kept around the pin: %q", n, got)
	}
	r.Close("signal")
	r = open(t, c.options(dir)) // pins outlast the recorder
	fill(t, r, c, 500, 620)
	if again := marks(t, dir, record.Options{To: c.at.Add(-5 * time.Hour)}); len(again) != len(got) {
		t.Errorf("after a restart %d minutes of the pin are left, not %d", len(again), len(got))
	}
}

func TestPinsAreBounded(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	o := c.options(dir)
	o.Keep, o.MaxSize = time.Hour, 4<<20
	r := open(t, o)
	for i := range 600 {
		if err := r.Write(&record.Other{Head: record.Head{At: c.at}, Command: "ROLE", Text: noise(32<<10, byte(i))}); err != nil {
			t.Fatal(err)
		}
		if err := r.Pin(c.at, "always"); err != nil {
			t.Fatal(err)
		}
		c.at = c.at.Add(15 * time.Second)
	}
	if n := folderSize(dir); n > 5<<20 {
		t.Errorf("a ring of 4 MiB whose every moment is pinned holds %d bytes", n)
	}
}

// TestVanished: a ring whose folder is removed goes on in a new one, and says so.
func TestVanished(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	r := open(t, c.options(dir))
	fill(t, r, c, 0, 3)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fill(t, r, c, 3, 5)
	got := marks(t, dir, record.Options{})
	if len(got) != 3 || !strings.Contains(got[0], "removed or renamed") || got[2] != "minute 4" {
		t.Errorf("%q", got)
	}
}

// TestDamagedMember: the others are read, and the error says which was not.
func TestDamagedMember(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	r := open(t, c.options(dir))
	fill(t, r, c, 0, 25)
	paths, err := parse.RingMembers(dir)
	if err != nil || len(paths) != 3 {
		t.Fatal(paths, err)
	}
	os.WriteFile(paths[0], []byte("PK"), 0o600)
	src, err := parse.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	n := 0
	for src.Scan() {
		n++
	}
	if n != 15 || src.Err() == nil || !strings.Contains(src.Err().Error(), filepath.Base(paths[0])) {
		t.Errorf("%d records, %v", n, src.Err())
	}
}

// TestDamagedPins: pins that cannot be read are kept aside, and the recording says so.
func TestDamagedPins(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	open(t, c.options(dir)).Close("signal")
	for _, text := range []string{"{", "[{\"from\":", strings.Repeat("[", 2<<20)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		os.WriteFile(filepath.Join(dir, parse.RingFile), []byte(`{"format":1}`), 0o600)
		os.WriteFile(filepath.Join(dir, pinFile), []byte(text), 0o600)
		r := open(t, c.options(dir))
		fill(t, r, c, 0, 1)
		r.Close("signal")
		kept, err := os.ReadFile(filepath.Join(dir, pinFile+".damaged"))
		if got := marks(t, dir, record.Options{}); err != nil || string(kept) != text || !strings.Contains(strings.Join(got, " "), "kept aside as pins.json.damaged") {
			t.Errorf("%.10q: %v %q", text, err, got)
		}
		os.RemoveAll(dir)
	}
}

func TestFullDiskDropsTheOldest(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "ring"), newClock()
	r := open(t, c.options(dir))
	fill(t, r, c, 0, 50)
	before := len(r.members(c.at))
	full := fmt.Errorf("write: %w", syscall.ENOSPC)
	if err := r.makeRoom(full); !errors.Is(err, syscall.ENOSPC) || len(r.members(c.at)) != before-1 {
		t.Errorf("%v, %d members of %d", err, len(r.members(c.at)), before)
	}
	if err := r.makeRoom(os.ErrPermission); err != os.ErrPermission || len(r.members(c.at)) != before-1 {
		t.Error("a member was removed for an error that has nothing to do with room")
	}
	fill(t, r, c, 50, 51)
	if got := marks(t, dir, record.Options{}); !strings.Contains(strings.Join(got, "\n"), "the disk is full") {
		t.Errorf("%q: not said", got)
	}
}

func TestRefused(t *testing.T) {
	c := newClock()
	foreign := t.TempDir()
	os.WriteFile(filepath.Join(foreign, "thesis.txt"), nil, 0o600)
	newer := t.TempDir()
	os.WriteFile(filepath.Join(newer, parse.RingFile), []byte(`{"format":2}`), 0o600)
	damaged := t.TempDir()
	os.WriteFile(filepath.Join(damaged, parse.RingFile), []byte("{"), 0o600)
	taken := filepath.Join(t.TempDir(), "ring")
	open(t, c.options(taken))
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	for dir, want := range map[string]string{
		foreign: "thesis.txt", newer: "format 2", file: "not a directory",
		taken: fmt.Sprintf("another process (pid %d)", os.Getpid()), filepath.Join(file, "x"): "not a directory",
	} {
		if _, err := Open(c.options(dir)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", dir, err, want)
		}
	}
	open(t, c.options(damaged)) // the members tell what is in it
	for _, o := range []Options{{Dir: "x"}, {Dir: "x", Keep: time.Second}, {Dir: "x", MaxSize: 1000}, {Dir: "x", Keep: -1}} {
		if _, err := Open(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// TestHelperKilled is no test: TestKills runs it, and kills it.
func TestHelperKilled(t *testing.T) {
	dir := os.Getenv("CONNBOX_TEST_RING")
	if dir == "" {
		return
	}
	c := newClock()
	c.at = time.Now()
	o := c.options(dir)
	o.Piece, o.Keep = 10*time.Minute, time.Hour
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		if err := r.Write(c.mark(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		fmt.Println("wrote", i)
		c.at = c.at.Add(time.Minute)
	}
}

// TestKills kills a recorder that seals and drops all the time, at moments spread over its life:
// the ring opens each time and holds every record that was written last.
func TestKills(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ring")
	for i := range 20 {
		var out strings.Builder
		cmd := exec.Command(os.Args[0], "-test.run=^TestHelperKilled$", "-test.v")
		cmd.Env = append(os.Environ(), "CONNBOX_TEST_RING="+dir)
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+i*17) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		last, ok := strings.CutPrefix(lines[len(lines)-1], "wrote ")
		if !ok {
			continue // killed before its first record
		}
		src, err := parse.Open(dir)
		if err != nil {
			t.Fatalf("kill %d: %v", i, err)
		}
		got, seen := "", false
		for src.Scan() {
			if m, ok := src.Record().(*record.Mark); ok {
				got = m.Text
				seen = seen || got == last
			}
		}
		if !seen || src.Err() != nil {
			t.Errorf("kill %d: the ring ends with %s, %s was written; %v", i, got, last, src.Err())
		}
		src.Close()
	}
}

func ExampleRing() {
	dir, err := os.MkdirTemp("", "ring")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	r, err := Open(Options{Dir: filepath.Join(dir, "redis-1"), Keep: 24 * time.Hour, MaxSize: 2 << 30})
	if err != nil {
		panic(err)
	}
	r.Write(&record.Mark{Head: record.Head{At: time.Now(), Took: -1}, Text: "deploy 41"})
	r.Pin(time.Now(), "deploy 41")
	r.Close("signal")
	fmt.Println(Pins(filepath.Join(dir, "redis-1"))[0].Why)
	// Output: deploy 41
}

// TestCut: what is cut out of a running ring, with the records taken over as they are stored, holds
// exactly the records of the ring within the bounds, one by one.
func TestCut(t *testing.T) {
	_, dir, now := synthetic(t, 60, 2*time.Hour+20*time.Minute, 5*time.Second)
	all := func(path string, o record.Options) (out []string) {
		src, err := parse.OpenRange(path, o)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		for src.Scan() {
			out = append(out, string(bundle.AppendRecord(nil, src.Record())))
		}
		if src.Err() != nil {
			t.Fatal(src.Err())
		}
		return out
	}
	for _, o := range []record.Options{
		{},
		{From: now.Add(-2 * time.Hour)},
		{From: now.Add(-2 * time.Hour), To: now.Add(-30 * time.Minute)},
		{From: now.Add(-95*time.Minute - 3*time.Second), Kinds: []record.Kind{record.KindClients}},
		{To: now.Add(-100 * time.Minute)},
	} {
		want := all(dir, o)
		stored := o
		stored.Stored = true
		got := all(cut(t, dir, stored), record.Options{})
		if len(want) < 100 || !slices.Equal(got, want) {
			t.Errorf("%+v: %d records of %d, or others", o, len(got), len(want))
		}
	}
}
