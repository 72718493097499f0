package bundle

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// benchRecording gives the replies of a server with clients connections, lists and infos
// apart, so that each can be written alone.
func benchRecording(b *testing.B, clients, lists int) (cs []*record.Clients, is []*record.Info) {
	s := newFakeServer(3, clients)
	for range lists {
		for range 10 {
			is = append(is, s.info(time.Second))
		}
		cs = append(cs, clone(b, s.step(0)).(*record.Clients))
	}
	return cs, is
}

func writeAll[R record.Record](b *testing.B, path string, recs []R) int64 {
	w, err := Create(path, record.Meta{Tool: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close("import"); err != nil {
		b.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return st.Size()
}

func BenchmarkWriteClients(b *testing.B) {
	cs, _ := benchRecording(b, 2000, 120)
	path := filepath.Join(b.TempDir(), "x")
	var size int64
	for b.Loop() {
		size = writeAll(b, path, cs)
	}
	rows := float64(2000 * 120)
	b.ReportMetric(float64(size)/rows, "B/row")
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWriteInfo(b *testing.B) {
	_, is := benchRecording(b, 10, 180)
	path := filepath.Join(b.TempDir(), "x")
	var size int64
	for b.Loop() {
		size = writeAll(b, path, is)
	}
	b.ReportMetric(float64(size)/float64(len(is)), "B/sample")
	b.ReportMetric(float64(len(is)*b.N)/b.Elapsed().Seconds(), "samples/s")
}

func readAll(b *testing.B, path string) (rows, records int) {
	src, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	for src.Scan() {
		records++
		if c, ok := src.Record().(*record.Clients); ok {
			rows += len(c.Rows)
		}
	}
	if src.Err() != nil {
		b.Fatal(src.Err())
	}
	return rows, records
}

func BenchmarkReadClients(b *testing.B) {
	cs, _ := benchRecording(b, 2000, 120)
	path := filepath.Join(b.TempDir(), "x")
	writeAll(b, path, cs)
	rows := 0
	for b.Loop() {
		n, _ := readAll(b, path)
		rows += n
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkReadInfo(b *testing.B) {
	_, is := benchRecording(b, 10, 180)
	path := filepath.Join(b.TempDir(), "x")
	writeAll(b, path, is)
	records := 0
	for b.Loop() {
		_, n := readAll(b, path)
		records += n
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "samples/s")
}

// BenchmarkCapture writes into a live folder what a recorder of 5,000 connections would.
func BenchmarkCapture(b *testing.B) {
	cs, is := benchRecording(b, 5000, 60)
	runtime.GC()
	for b.Loop() {
		w, err := CreateLive(filepath.Join(b.TempDir(), "x"), record.Meta{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range is {
			if err := w.Write(is[i]); err != nil {
				b.Fatal(err)
			}
			if i%10 == 9 {
				if err := w.Write(cs[i/10]); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := w.Close("test"); err != nil {
			b.Fatal(err)
		}
	}
}
