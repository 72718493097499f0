package parse

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/servers"
	"github.com/connbox/connbox/parse/record"
)

func TestHuman(t *testing.T) {
	for n, want := range map[int64]string{0: "0B", 632: "632B", 1023: "1023B", 1024: "1.00K", 34816: "34.00K", 1578184: "1.51M",
		11640832: "11.10M", 25276510208: "23.54G", 1<<40 + 1<<39: "1.50T", 1 << 50: "1.00P", 1 << 60: "1152921504606846976B", 1<<20 - 1: "1024.00K"} {
		if got := string(appendHuman(nil, n)); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// TestRecordedInfoFollows: the rules hold for what real servers print, so that their
// digits are left out.
func TestRecordedInfoFollows(t *testing.T) {
	for name, text := range servers.Replies("*/mixed.info.raw.txt") {
		var w infoWriter
		var set seriesSet
		set.reset()
		w.add(&set, 0, atUnknown, text)
		holds, fails := 0, []string{}
		for i := range w.slots {
			s := &w.slots[i]
			if s.tells {
				holds++
			} else if s.rule.shape != "" {
				fails = append(fails, s.name)
			}
		}
		if len(fails) > 2 || holds < 2 {
			t.Errorf("%s: %d values follow, but not %q", name, holds, fails)
		}
	}
}

// infoOf writes lines as a server does.
func infoOf(lines ...string) *record.Info {
	return &record.Info{Text: []byte(strings.Join(lines, "\r\n") + "\r\n")}
}

// TestInfoRulesBroken: values that do not follow, or not always, come back all the same.
func TestInfoRulesBroken(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	number := func() string {
		return []string{"0", "1024", "1578184", "007", "", "-5", "1.50", "+3", "999999999999999999", "9999999999999999999", "x", "{0}", "{r0}"}[rnd.IntN(13)]
	}
	var recs []record.Record
	for range 400 {
		used, overhead := rnd.Int64N(1e9), rnd.Int64N(1e9)
		lines := []string{
			fmt.Sprint("used_memory:", used), "used_memory_human:" + string(appendHuman(nil, used)),
			fmt.Sprint("used_memory_overhead:", overhead), fmt.Sprint("used_memory_dataset:", used-overhead),
			fmt.Sprint("allocator_allocated:", used+rnd.Int64N(9)-4), fmt.Sprint("allocator_active:", used+4096),
			fmt.Sprint("allocator_frag_bytes:", rnd.Int64N(3)), "used_cpu_sys:12.345678", "used_cpu_sys_main_thread:12.345670",
			"cmdstat_get:calls=3,usec=10,usec_per_call=3.33,rejected_calls=0", "cmdstat_set:calls=0,usec=0,usec_per_call=0.00",
			"cmdstat_x:calls=7,usec=10,usec_per_call=1.42", "odd_human:1.00K", "cmdstat_y:calls={0},usec={0},usec_per_call={2}",
		}
		if rnd.IntN(4) == 0 {
			i := rnd.IntN(len(lines))
			key, _, _ := strings.Cut(lines[i], ":")
			lines[i] = key + ":" + number()
		}
		if rnd.IntN(40) == 0 {
			rnd.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		}
		if rnd.IntN(20) == 0 {
			lines = lines[rnd.IntN(len(lines)):]
		}
		info := infoOf(lines...)
		info.At = time.Unix(1_784_000_000+int64(len(recs)), 0).UTC()
		recs = append(recs, info)
	}
	wantRecords(t, writeBundle(t, recs), recs)
}

// FuzzInfo writes two texts as INFO, in turns, and reads them back.
func FuzzInfo(f *testing.F) {
	f.Add("used_memory:1024\r\nused_memory_human:1.00K\r\n", "used_memory:9\r\nused_memory_human:1.00K\r\n")
	f.Add("cmdstat_get:calls=3,usec=10,usec_per_call=3.33\n", "cmdstat_get:calls=0,usec=1,usec_per_call=0.00\n")
	f.Add("used_cpu_sys:1.5\nused_cpu_sys_main_thread:1.25\n", "used_cpu_sys:1.50\nused_cpu_sys_main_thread:-1.25\n")
	f.Add("allocator_active:5\nallocator_allocated:4\nused_memory:4\nallocator_frag_bytes:1\n", "a:b\na:b\n:template:1\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		var recs []record.Record
		for _, s := range []string{a, b, a, a, b} {
			recs = append(recs, &record.Info{Text: []byte(s)})
		}
		if n, err := scanAll(t, inMemory(t, recs), recs); n != len(recs) || err != nil {
			t.Fatalf("%d of %d records, %v", n, len(recs), err)
		}
	})
}

// A memoryZip is a container that needs no file.
type memoryZip struct {
	buf bytes.Buffer
	zip *zip.Writer
}

func (z *memoryZip) abort() {}

func (z *memoryZip) put(name string, data []byte) error {
	w, err := z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err == nil {
		_, err = w.Write(data)
	}
	return err
}

// inMemory gives the bytes of a bundle of records.
func inMemory(t *testing.T, recs []record.Record) []byte {
	t.Helper()
	w, err := newWriter("x", record.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	z := &memoryZip{}
	z.zip, w.out = zip.NewWriter(&z.buf), z
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.flush(); err != nil {
		t.Fatal(err)
	}
	data, err := w.man.marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmp.Or(z.put(manifestName, data), z.zip.Close()); err != nil {
		t.Fatal(err)
	}
	return z.buf.Bytes()
}
