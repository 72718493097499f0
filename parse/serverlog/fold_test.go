package serverlog

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// fold gives the entries of a log.
func fold(t testing.TB, log string) []Entry {
	t.Helper()
	var f Folder
	var all []Entry
	take := func() {
		for e := f.Next(); e != nil; e = f.Next() {
			c := *e
			c.Peers = append([]Peer(nil), e.Peers...)
			all = append(all, c)
		}
	}
	n := int64(0)
	for line := range strings.Lines(log) {
		n++
		f.Line(n, []byte(line))
		take()
	}
	f.Flush()
	take()
	return all
}

const churn = `1311:M 12 Mar 20:24:38.250 - Accepted ::1:49384
1311:M 12 Mar 20:24:38.250 - Accepted 10.0.0.9:49594
1311:M 12 Mar 20:24:38.299 - Client closed connection
1311:M 12 Mar 20:24:38.506 - Accepted ::1:49600
1311:M 12 Mar 20:24:39.443 - DB 0: 29870 keys (29870 volatile) in 32768 slots HT.
1311:M 12 Mar 20:24:39.443 - 29 clients connected (0 slaves), 1222912 bytes in u
se
1311:M 12 Mar 20:24:52.250 - Accepted ::1:49384
`

func TestFolder(t *testing.T) {
	got := fold(t, churn)
	if len(got) != 4 {
		t.Fatalf("%d entries: %+v", len(got), got)
	}
	e := got[0]
	if e.Event != Accepted || e.Count != 4 || e.Line != 1 || e.Until.Sub(e.At) != 256*time.Millisecond || !e.NoYear || e.PID != 1311 {
		t.Errorf("got %+v", e)
	}
	want := []Peer{{Host: "::1", Accepted: 2}, {Host: "10.0.0.9", Accepted: 1}, {Closed: 1}}
	if fmt.Sprint(e.Peers) != fmt.Sprint(want) {
		t.Errorf("got peers %+v, want %+v", e.Peers, want)
	}
	if got[1].Event != Other || got[1].Count != 1 || got[2].Event != ClientCount || got[2].Line != 6 || got[3].Event != Accepted {
		t.Errorf("got %+v", got[1:])
	}
}

func TestFolderTellsBriefConnections(t *testing.T) {
	line := func(age string) string {
		return "7:M 21 Nov 2026 05:02:26.381 - Client closed connection id=6 addr=[fe80::1]:47782 laddr=[fe80::2]:6379 fd=11 name= age=" +
			age + " idle=0 flags=N\n"
	}
	got := fold(t, line("0")+line("1")+line("2")+line("17"))
	if len(got) != 1 || fmt.Sprint(got[0].Peers) != fmt.Sprint([]Peer{{Host: "fe80::1", Closed: 4, Brief: 2}}) || got[0].NoYear {
		t.Errorf("got %+v", got)
	}
}

func TestFolderBoundsPeers(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "7:M 21 Nov 2026 05:02:26.381 - Accepted 10.0.%d.%d:5000\n", i/256, i%256)
	}
	got := fold(t, b.String())
	if len(got) != 1 || len(got[0].Peers) != maxPeers+1 || got[0].Count != 1000 {
		t.Fatalf("%d entries, %d peers", len(got), len(got[0].Peers))
	}
	var sum int64
	for _, p := range got[0].Peers {
		sum += p.Accepted
	}
	if sum != 1000 {
		t.Errorf("%d accepted in all", sum)
	}
}

func TestFolderKeepsOrder(t *testing.T) {
	got := fold(t, `1:M 21 Nov 2026 05:00:00.000 - Accepted 10.0.0.1:1
1:M 21 Nov 2026 05:00:01.000 # Accepting client connection: accept: Too many open files
1:M 21 Nov 2026 05:00:02.000 # Connection with replica 10.0.0.2:6379 lost.
1:M 21 Nov 2026 05:00:03.000 - Accepted 10.0.0.1:2
2:M 21 Nov 2026 05:00:03.500 - Accepted 10.0.0.1:2
1:M 21 Nov 2026 05:00:14.000 - Accepted 10.0.0.1:3
1:M 21 Nov 2026 04:59:00.000 - Accepted 10.0.0.1:4
`)
	var order []int64
	for _, e := range got {
		order = append(order, e.Line)
	}
	if fmt.Sprint(order) != "[1 2 3 4 5 6 7]" {
		t.Errorf("got %v", order)
	}
}

// A crash report's blocks are replies of their own: the caller reads them.
func TestFolderLeavesReplies(t *testing.T) {
	var f Folder
	for _, line := range []string{
		"[11413] 20 Nov 12:34:56.029 # id=1346468 addr=172.16.0.16:30538 fd=44 name= age=10",
		"[11413] 20 Nov 12:34:56.029 # # Server",
		"[11413] 20 Nov 12:34:56.029 # redis_version:2.4.18",
		"id=1346619 addr=172.16.0.15:30575 fd=24 name= age=7",
		"connected_clients:5",
		"some prose",
	} {
		if f.Line(1, []byte(line)) {
			t.Errorf("took %q", line)
		}
	}
	if f.Flush(); f.Next() != nil {
		t.Error("gave an entry")
	}
}

func FuzzFolder(f *testing.F) {
	f.Add([]byte(churn))
	f.Add([]byte("1:M 31 Dec 23:59:59.999 # +sdown master x\n1:M 1 Jan 00:00:00.000 # -sdown master x\n"))
	f.Add([]byte("> `Client id=11 addr=10.0.0.1:5 fd=9 cmd=psubscribe scheduled to be closed ASAP for overcoming of output buffer limits`\n"))
	f.Fuzz(func(t *testing.T, log []byte) {
		lines := int64(bytes.Count(log, []byte("\n")) + 1)
		var sum int64
		for _, e := range fold(t, string(log)) {
			sum += e.Count
			if len(e.Text) > maxText+3 || len(e.Peers) > maxPeers+1 || e.Line > lines {
				t.Fatalf("%+v", e)
			}
		}
		if sum > lines {
			t.Fatalf("%d lines counted of %d", sum, lines)
		}
	})
}

// BenchmarkFolder reads a log of another program, and one at verbose level; the searches for
// a word are the yardstick.
func BenchmarkFolder(b *testing.B) {
	nginx := []byte(strings.Repeat(`10.1.2.3 - - [21/Nov/2026:05:02:26 +0000] "GET /api/v1/items?id=5:7 HTTP/1.1" 200 5316 "-" "Mozilla/5.0 (X11; Linux x86_64)" rt=0.003 client=web`+"\n", 5000))
	verbose := []byte(strings.Repeat("1311:M 12 Mar 2026 20:24:38.250 - Accepted 10.20.30.40:49594\n1311:M 12 Mar 2026 20:24:38.299 - Client closed connection\n", 5000))
	for _, bb := range []struct {
		name string
		log  []byte
	}{{"foreign", nginx}, {"verbose", verbose}} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.log)))
			b.ReportAllocs()
			var f Folder
			for b.Loop() {
				for line := range bytes.Lines(bb.log) {
					f.Line(1, line)
				}
				for f.Next() != nil {
				}
			}
		})
		b.Run(bb.name+"-search", func(b *testing.B) {
			b.SetBytes(int64(len(bb.log)))
			found := 0
			for b.Loop() {
				for line := range bytes.Lines(bb.log) {
					if bytes.Contains(line, []byte("output buffer limits")) {
						found++
					}
				}
			}
			if found > 0 {
				b.Fatal(found)
			}
		})
	}
}

// A line that is no server's leaves nothing behind: logs may have gigabytes of them.
func TestLogOfAnother(t *testing.T) {
	var f Folder
	line := []byte("2026-11-21T05:02:26Z INFO web: request 12:30:45 done for client 10.0.0.1:5000 in 3 ms [17] ok\n")
	if n := testing.AllocsPerRun(10000, func() { f.Line(1, line) }); n > 0 {
		t.Errorf("%v allocations a line", n)
	}
}
