package bundle

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// liveRecords gives a few records of a recording, enough for two seals when small segments
// are forced by their times.
func liveRecords(t testing.TB, rounds int) []record.Record {
	s := newFakeServer(11, 20)
	s.churn = .05
	var recs []record.Record
	for range rounds {
		recs = append(recs, s.info(10*time.Minute), clone(t, s.step(time.Second)))
	}
	return append(recs, &record.Failure{Head: record.Head{At: s.now, Took: -1}, Command: "INFO", Class: record.FailTimeout, Text: "i/o timeout"})
}

func createLive(t testing.TB, recs []record.Record) (string, *Writer) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.connbox")
	w, err := CreateLive(path, record.Meta{Tool: "test", Mode: "capture"})
	if err != nil {
		t.Fatal(err)
	}
	w.seg.Limits.Least = 2
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	return path, w
}

func onlyFile(t *testing.T, path string) {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() {
		t.Fatalf("%v, %v: no file", st, err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Fatalf("left behind: %v %v", left, err)
	}
}

func TestLive(t *testing.T) {
	recs := liveRecords(t, 20)
	path, w := createLive(t, nil)
	for i, r := range recs { // it opens at every moment
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
		wantRecords(t, path, recs[:i+1])
	}
	if n := len(w.man.Segments); n < 2 {
		t.Fatalf("%d segments: the test does not see a seal", n)
	}
	if err := w.AddObserverID(42); err != nil {
		t.Fatal(err)
	}
	if ids := openBundle(t, path).Origin().Meta.ObserverID; len(ids) != 1 || ids[0] != 42 {
		t.Errorf("observer ids %v", ids)
	}
	if err := w.Close("signal"); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, path)
	wantRecords(t, path, recs)
	m := openBundle(t, path).Origin().Meta
	if m.Sealed != "signal" || !m.From.Equal(recs[0].Base().At) || !m.To.Equal(recs[len(recs)-1].Base().At) {
		t.Errorf("meta %+v", m)
	}
	if err := w.Write(recs[0]); !errors.Is(err, errClosed) {
		t.Errorf("write after close: %v", err)
	}
}

func TestLiveAlone(t *testing.T) {
	path, w := createLive(t, liveRecords(t, 1))
	if _, err := CreateLive(path, record.Meta{}); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("second recording: %v", err)
	}
	if err := Repair(path, ""); err == nil || !strings.Contains(err.Error(), "still being recorded") {
		t.Errorf("repair while recording: %v", err)
	}
	w.Abort()
	wantRecords(t, path, liveRecords(t, 1)) // an aborted recording stays
	if err := Repair(path, ""); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, path)
	wantRecords(t, path, liveRecords(t, 1))
	if s := openBundle(t, path).Origin().Meta.Sealed; s != "recovered" {
		t.Errorf("sealed %q", s)
	}
	if err := Repair(path, ""); err == nil {
		t.Error("a whole bundle was repaired")
	}
}

// TestJournalTruncated cuts the journal at every byte: what is before the cut is read, and
// half a record is no error.
func TestJournalTruncated(t *testing.T) {
	s := newFakeServer(1, 3)
	recs := []record.Record{&record.Mark{Text: "started"}, clone(t, s.step(time.Second)), &record.Config{Pairs: []record.Pair{{Key: "maxclients", Value: "10"}}},
		&record.Failure{Class: record.FailRefused, Text: "connection refused"}}
	path, w := createLive(t, recs)
	w.Abort()
	name := filepath.Join(path, w.man.Journal)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for n := 0; n <= len(whole); n++ {
		if err := os.WriteFile(name, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		b := openBundle(t, path)
		got := 0
		for ; b.Scan(); got++ {
			sameRecord(t, got, b.Record(), recs[got])
		}
		if b.Err() != nil || got < last {
			t.Fatalf("cut at %d: %d records, %v", n, got, b.Err())
		}
		if whole := got > last || n == len(journalMagic); whole != (len(b.Warnings()) == 0) && n > 0 {
			t.Fatalf("cut at %d: %d records after %d, warnings %q", n, got, last, b.Warnings())
		}
		last = got
		b.Close()
	}
	if last != len(recs) {
		t.Fatalf("%d of %d records", last, len(recs))
	}
}

// TestJournalDamaged flips bits of a journal: each record is right or not there, and those
// of the other frames are there.
func TestJournalDamaged(t *testing.T) {
	recs := []record.Record{&record.Mark{Text: "one"}, &record.Mark{Text: "two"}, &record.Mark{Text: "three"}}
	path, w := createLive(t, recs)
	w.Abort()
	name := filepath.Join(path, w.man.Journal)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		bad := append([]byte(nil), whole...)
		bad[i] ^= 1 << (i % 8)
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		b := openBundle(t, path)
		n, next := 0, 0
		for ; b.Scan(); n++ {
			text := b.Record().(*record.Mark).Text
			for next < len(recs) && recs[next].(*record.Mark).Text != text {
				next++
			}
			if next == len(recs) {
				t.Fatalf("byte %d: record %q is none of those written, or out of order", i, text)
			}
			next++
		}
		if b.Err() == nil && len(b.Warnings()) == 0 {
			t.Fatalf("byte %d: nobody saw it", i)
		}
		if n < len(recs)-1 && i >= len(journalMagic) {
			t.Fatalf("byte %d: %d records, though one frame is damaged", i, n)
		}
		b.Close()
	}
}

func TestReplaceInSteps(t *testing.T) {
	dir := t.TempDir()
	path, tmp := filepath.Join(dir, "x"), filepath.Join(dir, "tmp")
	for _, err := range []error{os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "a"), nil, 0o600),
		os.WriteFile(tmp, []byte("whole"), 0o600), replaceInSteps(tmp, path)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	onlyFile(t, path)
}

func TestRepairDamaged(t *testing.T) {
	recs := liveRecords(t, 20)
	path, w := createLive(t, recs)
	w.Abort()
	second := w.man.Segments[1]
	damaged := w.man.Files[second.Parts[0].File].Name
	if err := os.WriteFile(filepath.Join(path, damaged), []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	var lost *record.InputError
	if err := Repair(path, ""); !errors.As(err, &lost) {
		t.Fatalf("a part is lost, and repair says %v", err)
	}
	if _, err := os.Stat(filepath.Join(path+".damaged", damaged)); err != nil {
		t.Errorf("the damaged folder is not kept: %v", err)
	}
	b := openBundle(t, path)
	n := int64(0)
	for ; b.Scan(); n++ {
		at := n // what lies behind the damage has moved up
		if n >= second.First-1 {
			at += second.Records
		}
		if at < int64(len(recs)) {
			sameRecord(t, int(at), b.Record(), recs[at])
		} else if m, ok := b.Record().(*record.Mark); !ok || !strings.Contains(m.Text, damaged) {
			t.Errorf("at the end: %+v", b.Record())
		}
	}
	if b.Err() != nil || n != int64(len(recs))-second.Records+1 {
		t.Errorf("%d records, %v", n, b.Err())
	}
}

// TestJournalZeros: zeros at the end, as a loss of power leaves them, are a torn end.
func TestJournalZeros(t *testing.T) {
	recs := []record.Record{&record.Mark{Text: "one"}, &record.Mark{Text: "two"}}
	path, w := createLive(t, recs)
	w.Abort()
	name := filepath.Join(path, w.man.Journal)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(whole, make([]byte, 5000)...), 0o600); err != nil {
		t.Fatal(err)
	}
	b := openBundle(t, path)
	defer b.Close()
	n := 0
	for ; b.Scan(); n++ {
		sameRecord(t, n, b.Record(), recs[n])
	}
	if b.Err() != nil || n != 2 || len(b.Warnings()) != 1 {
		t.Errorf("%d records, %v, warnings %q", n, b.Err(), b.Warnings())
	}
}

// TestHelperCapture is no test: TestKill runs it as a process of its own.
func TestHelperCapture(t *testing.T) {
	path := os.Getenv("CONNBOX_TEST_CAPTURE")
	if path == "" {
		return
	}
	w, err := CreateLive(path, record.Meta{Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	w.seg.Limits.Least = 2
	for i, r := range liveRecords(t, 400) {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
		fmt.Println("wrote", i+1)
	}
	w.Close("done")
	fmt.Println("closed")
	time.Sleep(time.Minute) // to be killed
}

// TestKill kills a recorder with -9 at several moments; no record it had written is lost.
func TestKill(t *testing.T) {
	recs := liveRecords(t, 400)
	for _, after := range []int{1, 2, 13, 14, 60, 333, 700} {
		path := filepath.Join(t.TempDir(), "x.connbox")
		cmd := exec.Command(os.Args[0], "-test.run=^TestHelperCapture$", "-test.v")
		cmd.Env = append(os.Environ(), "CONNBOX_TEST_CAPTURE="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wrote := 0
		for sc := bufio.NewScanner(out); sc.Scan(); {
			if _, err := fmt.Sscanf(sc.Text(), "wrote %d", &wrote); err == nil && wrote == after {
				cmd.Process.Kill() // SIGKILL; what it still says is read below
			}
		}
		cmd.Wait()
		if wrote < after {
			t.Fatalf("only %d records were written", wrote)
		}
		b := openBundle(t, path)
		n := 0
		for ; b.Scan(); n++ {
			sameRecord(t, n, b.Record(), recs[n])
		}
		if b.Err() != nil || n < wrote || n > wrote+1 {
			t.Fatalf("killed after %d: %d records, %v", wrote, n, b.Err())
		}
		if err := Repair(path, ""); err != nil {
			t.Fatal(err)
		}
		if len(b.Warnings()) == 0 { // else the record in flight was cut, and a mark says so
			wantRecords(t, path, recs[:n])
		}
		if s := openBundle(t, path).Origin().Meta.Sealed; s != "recovered" {
			t.Fatalf("sealed %q", s)
		}
	}
}

// TestLiveOutOfPlace: a folder that is away for a while, as on a full or vanished disk, costs
// no record: what Write refuses is given again when it is back.
func TestLiveOutOfPlace(t *testing.T) {
	recs := liveRecords(t, 30)
	path, w := createLive(t, nil)
	away, refused := path+".away", 0
	for i, r := range recs {
		if i%5 == 3 {
			os.Rename(path, away)
		}
		err := w.Write(r)
		if err != nil {
			refused++
			if w.Write(r) == nil {
				t.Fatal("written where there is no folder")
			}
			if err := os.Rename(away, path); err != nil {
				t.Fatal(err)
			}
			err = w.Write(r)
		} else if i%5 == 3 {
			os.Rename(away, path)
		}
		if err != nil {
			t.Fatal(err)
		}
		wantRecords(t, path, recs[:i+1])
	}
	if refused == 0 {
		t.Fatal("no seal fell into the time without a folder")
	}
	if err := w.Close("signal"); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, path)
	wantRecords(t, path, recs)
}
