package parse

import (
	"io"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/record"
)

// A longText gives a head and then a piece over and over, size bytes in all. It looks at the heap
// every megabyte.
type longText struct {
	head, piece []byte
	size, given int
	looked      int
	before      uint64
	peak        uint64 // over before
}

func newLongText(head, piece string, size int) *longText {
	l := &longText{head: []byte(head), piece: []byte(piece), size: size}
	l.before = heap()
	return l
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (l *longText) Read(p []byte) (int, error) {
	if l.given-l.looked >= 1<<20 {
		l.looked = l.given
		if now := heap(); now > l.before {
			l.peak = max(l.peak, now-l.before)
		}
	}
	if l.given >= l.size {
		return 0, io.EOF
	}
	n := 0
	if l.given < len(l.head) {
		n = copy(p, l.head[l.given:])
	} else {
		for n < len(p) && l.given+n < l.size {
			n += copy(p[n:min(len(p), n+l.size-l.given-n)], l.piece[(l.given+n-len(l.head))%len(l.piece):])
		}
	}
	l.given += n
	return n, nil
}

// foreignLogs are other programs' logs, each a trap for one of the readers.
var foreignLogs = map[string]string{
	"web server":   "203.0.113.7 - - [21/Nov/2026:06:28:09 +0000] \"GET /x?id=5&addr=1 HTTP/1.1\" 200 5120 \"-\" \"curl/8\"\n",
	"JSON":         "{\"level\":\"info\",\"ts\":1795242489.25,\"msg\":\"done\",\"clients\":[1,2,{\"a\":\"b\"}]}\n",
	"stamped":      "2026-11-21T06:28:09.123Z worker-7 INFO job 4711 took 12 ms: connected_clients:5 was seen\n",
	"stack traces": "Exception in thread \"main\" java.lang.Error: x\n\tat a.b.C.d(C.java:12)\n\t... 12 more\n",
}

// A log of 2 GB without a line of ours is given up long before its end, with an error that names
// the place.
func TestForeignLogIsGivenUp(t *testing.T) {
	text := newLongText("", foreignLogs["stamped"], math.MaxInt32)
	src, err := openStream(t.Context(), text, "app.log", nil, record.DefaultMaxUnpacked)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for src.Scan() {
		if k := src.Record().Kind(); k != record.KindChatter {
			t.Fatalf("a record of kind %d", k)
		}
	}
	if err := src.Err(); err == nil || !strings.HasPrefix(err.Error(), "app.log:200001: no INFO, CLIENT LIST") || text.given > 96<<20 {
		t.Errorf("%v after %d MB", err, text.given>>20)
	}
	if text.peak > 8<<20 {
		t.Errorf("%d MB held", text.peak>>20)
	}
}

// Behind a reply, a log is read to its end, whatever its length, in memory that has nothing to do
// with it, and its lines are counted.
func TestForeignLogBehindAReply(t *testing.T) {
	const size = 3 << 20
	for name, piece := range foreignLogs {
		text := newLongText("# Clients\nconnected_clients:5\nmaxclients:100\n\n", piece, size)
		src, err := openStream(t.Context(), text, "app.log", nil, record.DefaultMaxUnpacked)
		if err != nil {
			t.Fatal(err)
		}
		infos, lines := 0, 0
		for src.Scan() {
			switch r := src.Record().(type) {
			case *record.Info:
				infos++
			case *record.Chatter:
				lines += r.Lines
			}
		}
		if most := size / len(piece) * strings.Count(piece, "\n"); src.Err() != nil || infos != 1 || text.given != size || lines < most-8 || lines > most+8 {
			t.Errorf("%s: %d INFO, %d lines of %d, %v after %d MB", name, infos, lines, most, src.Err(), text.given>>20)
		}
		if text.peak > 2<<20 {
			t.Errorf("%s: %d kB held", name, text.peak>>10)
		}
		src.Close()
	}
}
