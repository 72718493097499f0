package printed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/printed/scan"
)

// A filler gives a text that is longer than memory should be: a head, then a piece over and
// over, then a tail.
type filler struct {
	head, piece, tail string
	n                 int
	buf               []byte
}

func (f *filler) Read(p []byte) (int, error) {
	for len(f.buf) == 0 {
		switch {
		case f.head != "":
			f.buf, f.head = []byte(f.head), ""
		case f.n > 0:
			k := min(f.n, 1000)
			f.buf, f.n = []byte(strings.Repeat(f.piece, k)), f.n-k
		case f.tail != "":
			f.buf, f.tail = []byte(f.tail), ""
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, f.buf)
	f.buf = f.buf[n:]
	return n, nil
}

// TestBounded reads long texts of each shape: memory stays within a limit that has nothing to
// do with their length.
func TestBounded(t *testing.T) {
	const limit = 250 << 20
	for name, c := range map[string]struct {
		form Form
		f    filler
	}{
		"points": {FormPrometheus,
			filler{head: `{"data":{"resultType":"matrix","result":[{"metric":{"__name__":"redis_connected_clients"},"values":[`, piece: `[1714644000,"412"],`, tail: `[1714644000,"1"]]}]}}`, n: 700_000}},
		"points of no name": {FormPrometheus, filler{head: `{"result":[{"values":[`,
			piece: `[1714644000,"412"],`, tail: `[1714644000,"1"]]}]}`, n: 700_000}},
		"numbers": {FormCloudWatch, filler{head: `{"MetricDataResults":[{"Values":[`, piece: `412,`,
			tail: `1]}]}`, n: 2_000_000}},
		"members": {FormDictionary, filler{head: `{"connected_clients":1,`,
			piece: `"connected_clients":1,`, tail: `"x":1}`, n: 200_000}},
		"one string": {FormDictionary, filler{head: `{"connected_clients":"`, piece: "xxxxxxxxxx",
			tail: `"}`, n: 1_000_000}},
		"one literal": {FormLiteral, filler{head: `{'connected_clients':'`, piece: "xxxxxxxxxx",
			tail: `'}`, n: 1_000_000}},
		"brackets": {FormDictionary, filler{piece: "[", n: 1_000_000}},
		"dictionaries": {FormDictionary, filler{piece: `{"connected_clients":1,"blocked_clients":2}` + "\n",
			n: 200_000}},
		"clients": {FormDictionary, filler{head: "[",
			piece: `{"addr":"1:2","id":1,"fd":2,"name":"","age":1},`, tail: "{}]", n: 200_000}},
		"one CSV field": {FormCSV, filler{head: "time,connected_clients\n1714644000,1\n\"",
			piece: "xxxxxxxxxx", tail: "\"", n: 1_000_000}},
		"CSV rows": {FormCSV, filler{head: "time,connected_clients\n", piece: "1714644000,1\n", n: 700_000}},
		"one line": {FormExposition, filler{head: "redis_connected_clients{a=\"", piece: "xxxxxxxxxx",
			tail: "\"} 1\n", n: 1_000_000}},
		"peers": {FormPeers, filler{head: "# netstat 6379\n", piece: "12 10.0.0.9\n", n: 700_000}},
	} {
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		peak := uint64(0)
		r, err := Read(&watched{&c.f, &peak, before.HeapAlloc}, c.form)
		if peak > limit {
			t.Errorf("%s: %d MB held", name, peak>>20)
		}
		if err != nil && !errors.Is(err, scan.ErrLong) && !errors.Is(err, errDeep) {
			t.Errorf("%s: %v", name, err)
		}
		runtime.KeepAlive(r)
	}
}

// A watched reader looks at the heap every few megabytes.
type watched struct {
	r      io.Reader
	peak   *uint64
	before uint64
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if seen := int(p[0]); seen%7 == 0 || err != nil {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > w.before {
			*w.peak = max(*w.peak, m.HeapAlloc-w.before)
		}
	}
	return n, err
}

// Text that was cut short anywhere gives what came before, and no more than the whole does.
func TestCutShort(t *testing.T) {
	for _, file := range [...]string{"prometheus-range.json", "cloudwatch-data.json", "info-python.txt",
		"clients-python.txt", "long.csv", "exposition.txt", "azure.json", "ss.txt"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		form := Tell(text)
		whole, err := Read(bytes.NewReader(text), form)
		if err != nil {
			t.Fatal(err)
		}
		for n := range text {
			r, err := Read(bytes.NewReader(text[:n]), form)
			if err != nil {
				t.Fatalf("%s cut at %d: %v", file, n, err)
			}
			if r.Len() > whole.Len()+1 {
				t.Errorf("%s cut at %d: %d replies, the whole has %d", file, n, r.Len(), whole.Len())
			}
		}
	}
}

// An error of the input is told as such, with what came before it.
func TestReadError(t *testing.T) {
	broken := errors.New("the disk is on fire")
	for _, c := range []struct {
		form Form
		text string
	}{
		{FormDictionary, `{"connected_clients":1,"blocked_clients":2}` + "\n" + strings.Repeat(" ", 20_000)},
		{FormLiteral, `{'connected_clients':1,'blocked_clients':2}` + "\n" + strings.Repeat(" ", 100_000)},
		{FormExposition, "redis_connected_clients{a=\"b\"} 1\n"},
		{FormCSV, "time,connected_clients\n1714644000,1\n" + strings.Repeat("x\n", 50_000)},
	} {
		r, err := Read(io.MultiReader(strings.NewReader(c.text), failing{broken}), c.form)
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", c.form, err)
		}
		if r.Len() != 1 {
			t.Errorf("%s: %d replies", c.form, r.Len())
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// What strangers put into values stays inside its line and its field.
func TestInert(t *testing.T) {
	for _, evil := range []string{"x\r\nconnected_clients:0", "x\x00y", "a b=c", "\u2028", "<script>"} {
		text := fmt.Sprintf(`{"connected_clients": 412, "blocked_clients": 3, "os": %q}`, evil)
		r, err := Read(strings.NewReader(text), FormDictionary)
		if err != nil {
			continue // %q of Go is not always JSON
		}
		for p := range r.Replies() {
			if n := bytes.Count(p.Text, []byte("\r\n")); n != 3 && n != 2 {
				t.Errorf("%q: %q", evil, p.Text)
			}
			if bytes.Contains(p.Text, []byte("connected_clients:0\r")) && bytes.HasPrefix(p.Text,
				[]byte("connected_clients:0")) {
				t.Errorf("%q: %q", evil, p.Text)
			}
		}
	}
}
