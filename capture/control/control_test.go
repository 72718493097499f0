package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/connbox/connbox/parse/record"
)

func TestAsk(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	if _, err := Ask(ctx, dir); !errors.Is(err, ErrNoRecorder) {
		t.Errorf("%v", err)
	}
	clients := int64(7)
	s := New("", func() Status { return Status{Target: "redis-1:6379", Clients: &clients, Seeing: true} })
	if err := s.ListenIn(dir); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if st, err := os.Stat(filepath.Join(dir, socketName)); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	// A socket that somebody removes is made anew.
	if err := os.Remove(filepath.Join(dir, socketName)); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if _, err := Ask(ctx, dir); err == nil {
			break
		} else if time.Since(begun) > 20*time.Second {
			t.Fatal(err)
		}
	}
	if st, err := Ask(ctx, dir); err != nil || st.Target != "redis-1:6379" || *st.Clients != 7 {
		t.Errorf("%+v %v", st, err)
	}
	if err := Mark(ctx, dir, "deploy 41\xff"); err != nil {
		t.Error(err)
	}
	if n := <-s.Notes(); n.Text != "mark: deploy 41\uFFFD" || !n.Pin {
		t.Errorf("%+v", n)
	}
	for _, text := range []string{"", strings.Repeat("x", 1000)} {
		if err := Mark(ctx, dir, text); err == nil || !strings.Contains(err.Error(), "1 to 200 bytes") {
			t.Errorf("%v", err)
		}
	}
}

// TestSeries: the metrics of a list with a thousand names are bounded, and their sum is the
// list's length.
func TestSeries(t *testing.T) {
	s := New("", func() Status { return Status{} })
	list := &record.Clients{}
	for i := range 2000 {
		var c record.Client
		c.SetText(record.FieldName, fmt.Sprintf("\"}\n\xff%d", i%1000))
		c.SetText(record.FieldFlags, []string{"N", "P", "b", "S"}[i%4])
		c.SetInt(record.FieldIdle, int64(i*7))
		list.Rows = append(list.Rows, c)
	}
	for _, name := range []string{"other", "unnamed", allOthers, noName} {
		if strings.Contains(name, " ") {
			continue // what no client can call itself
		}
		for range 300 {
			var c record.Client
			c.SetText(record.FieldName, name)
			list.Rows = append(list.Rows, c)
		}
	}
	s.See(list)
	s.See(&record.Mark{}) // not a list
	sum := 0
	for _, n := range s.gauges.listed {
		sum += n
	}
	if sum != 2600 || len(s.gauges.listed) > (mostServices+1)*len(idleBands)*(len(states)+2) {
		t.Errorf("%d connections in %d series", sum, len(s.gauges.listed))
	}
	for _, name := range []string{"other", "unnamed"} {
		if n := s.gauges.listed[series{name, "never_used", "unknown"}]; n != 300 {
			t.Errorf("%d connections of a client that is called %s", n, name)
		}
	}
	if _, err := testutil.GatherAndCount(s.gauges.registry); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(s.gauges.registry); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func ExampleAsk() {
	dir, err := os.MkdirTemp("", "ring")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s := New("", func() Status {
		return Status{Target: "redis-1:6379", Seeing: true, LastReply: time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)}
	})
	if err := s.ListenIn(dir); err != nil {
		panic(err)
	}
	defer s.Close()
	st, err := Ask(context.Background(), dir)
	fmt.Println(st.Target, st.Seeing, err)
	// Output: redis-1:6379 true <nil>
}
