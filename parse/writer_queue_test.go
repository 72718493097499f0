package parse

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// TestRecordQueue checks that records come out as they went in and in order, although the
// caller uses their memory again at once, large ones between small.
func TestRecordQueue(t *testing.T) {
	var got []string
	q := newRecordQueue(func(seq int64, rec record.Record) error {
		switch r := rec.(type) {
		case *record.Info:
			got = append(got, fmt.Sprint(seq, " info ", len(r.Text), r.Text[0]))
		case *record.Clients:
			got = append(got, fmt.Sprint(seq, " list ", r.Rows[0].ID, len(r.Rows), r.Layouts[0][0]))
		}
		time.Sleep(time.Duration(seq%3) * 100 * time.Microsecond)
		return nil
	})
	info, list := &record.Info{Text: make([]byte, queueLarge)}, &record.Clients{Rows: make([]record.Client, 1), Layouts: []record.Layout{{""}}}
	var want []string
	for seq := range int64(100) {
		if seq%2 == 0 {
			info.Text[0] = byte(seq)
			info.Reset(info.Text[:max(1, seq%10*queueLarge/8)])
			want = append(want, fmt.Sprint(seq, " info ", len(info.Text), info.Text[0]))
			if err := q.put(seq, info, len(info.Text)); err != nil {
				t.Fatal(err)
			}
			info.Text = info.Text[:cap(info.Text)]
			continue
		}
		list.Rows[0].ID, list.Layouts[0][0] = seq, fmt.Sprint("key-", seq)
		want = append(want, fmt.Sprint(seq, " list ", seq, 1, list.Layouts[0][0]))
		if err := q.put(seq, list, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.flush(); err != nil {
		t.Fatal(err)
	}
	q.stop()
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("record %d: %d came, want %q", i, len(got), want[i])
		}
	}
}

// TestRecordQueueFails checks that an error stops the adding and reaches the caller.
func TestRecordQueueFails(t *testing.T) {
	full, added := errors.New("disk full"), 0
	q := newRecordQueue(func(seq int64, rec record.Record) error {
		if added++; seq == 3 {
			return full
		}
		return nil
	})
	var err error
	for seq := int64(0); err == nil && seq < 1000; seq++ {
		err = q.put(seq, &record.Mark{Text: "x"}, 1)
	}
	if err == nil {
		err = q.flush()
	}
	q.stop()
	if err != full || added != 4 {
		t.Errorf("%v after %d records", err, added)
	}
	q.stop()
}
