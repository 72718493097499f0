package parse

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
)

// imported gives a bundle of a recorded incident, and the incident itself.
func imported(t *testing.T) (bundled, text []byte) {
	t.Helper()
	dumped := filepath.Join("..", "fixtures", "incidents", "leak-named.dump.zst")
	text, err := os.ReadFile(dumped)
	if err != nil {
		t.Fatal(err)
	}
	src, err := Open(dumped)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	path := filepath.Join(t.TempDir(), "i.connbox")
	w, err := bundle.Create(path, record.Meta{Tool: "test", Mode: "import"})
	if err != nil {
		t.Fatal(err)
	}
	for src.Scan() {
		if err := w.Write(src.Record()); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(src.Err(), w.Close("test")); err != nil {
		t.Fatal(err)
	}
	if bundled, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return bundled, text
}

// drained counts the records of an Input and gives the last position.
func drained(t *testing.T, in *Input, o record.Options) (n int, last string, err error) {
	t.Helper()
	src, err := in.Open(t.Context(), o)
	if err != nil {
		return 0, "", err
	}
	defer src.Close()
	for src.Scan() {
		n, last = n+1, src.Record().Base().Pos.String()
	}
	return n, last, src.Err()
}

// TestInputWays: a recording is the same whichever way it comes, bundles any number of times, and
// errors and positions have the name that the caller gave.
func TestInputWays(t *testing.T) {
	b, text := imported(t)
	for _, kind := range []struct {
		what string
		data []byte
	}{{"bundle", b}, {"text", text}} {
		want, _, err := drained(t, FromReaderAt(bytes.NewReader(kind.data), int64(len(kind.data)), "s3://night/a"), record.Options{})
		if err != nil || want < 300 {
			t.Fatalf("%s: %d records, %v", kind.what, want, err)
		}
		in := FromReader(io.MultiReader(bytes.NewReader(kind.data)), "s3://night/a")
		kept := FromReader(io.MultiReader(bytes.NewReader(kind.data)), "s3://night/a").Keep()
		for again := range 4 {
			if again == 2 {
				in = kept
			}
			n, last, err := drained(t, in, record.Options{})
			if again == 1 && kind.what == "text" {
				if err == nil || err.Error() != "s3://night/a: the stream was read already" {
					t.Errorf("text twice: %v", err)
				}
				continue
			}
			if n != want || err != nil || !strings.HasPrefix(last, "s3://night/a") {
				t.Errorf("%s, reading %d: %d records up to %s, %v; want %d", kind.what, again, n, last, err, want)
			}
		}
		if err := errors.Join(in.Close(), kept.Close()); err != nil {
			t.Error(err)
		}
		cut := kind.data[:len(kind.data)*2/3]
		if _, _, err := drained(t, FromReader(bytes.NewReader(cut), "cut"), record.Options{}); err == nil || !strings.HasPrefix(err.Error(), "cut") {
			t.Errorf("%s, cut: %v", kind.what, err)
		}
	}
}

// TestInputLimits: each limit is a LimitError after a good part, and a Source stays one of changes.
func TestInputLimits(t *testing.T) {
	b, _ := imported(t)
	at := func() *Input { return FromReaderAt(bytes.NewReader(b), int64(len(b)), "b") }
	for _, c := range []struct {
		o    record.Options
		what string
		n    int
	}{
		{record.Options{MaxRecords: 10}, record.LimitRecords, 10},
		{record.Options{MaxBytes: 50_000}, record.LimitBytes, 1},
		{record.Options{MaxTime: time.Nanosecond}, record.LimitTime, 0},
	} {
		n, _, err := drained(t, at(), c.o)
		var limit *record.LimitError
		if !errors.As(err, &limit) || limit.What != c.what || n < c.n || c.n > 0 && n > 100 {
			t.Errorf("%+v: %d records, %v", c.o, n, err)
		}
	}
	src, err := at().Open(t.Context(), record.Options{MaxRecords: 1e9})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	src.(record.ChangeSource).Changes()
	changes := 0
	for src.Scan() {
		if _, ok := src.Record().(*record.ClientChanges); ok {
			changes++
		}
	}
	if changes != 120 {
		t.Errorf("%d lists as changes", changes)
	}
}

// endless is a text that never ends and says nothing.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

// TestInputStops: a stream without end or record is left when the context ends.
func TestInputStops(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer stop()
	src, err := FromReader(endless{}, "-").Open(ctx, record.Options{})
	if err == nil {
		defer src.Close()
		for src.Scan() {
		}
		err = src.Err()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
