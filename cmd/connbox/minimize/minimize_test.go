package minimize

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse/record"
)

// made is a recording of n rounds with an INFO and a list of k connections each.
func made(n, k int) *tape {
	t := &tape{}
	for i := range n {
		at := time.Unix(int64(1700000000+10*i), 0).UTC()
		info := &record.Info{Head: record.Head{At: at}}
		info.Reset([]byte("# Clients\r\nconnected_clients:7\r\nmaxclients:10\r\n\r\n# Stats\r\nrejected_connections:0\r\n"))
		list := &record.Clients{Head: record.Head{At: at}, Layouts: []record.Layout{{"id", "addr", "name", "strange"}}}
		for j := range k {
			c := record.Client{Extra: "x"}
			c.SetInt(record.FieldID, int64(j))
			c.SetText(record.FieldAddr, fmt.Sprintf("10.0.0.%d:1", j))
			c.SetText(record.FieldName, "app")
			list.Rows = append(list.Rows, c)
		}
		t.add(info)
		t.add(list)
		t.add(&record.Chatter{})
	}
	return t
}

// TestItemsFindsTheLeast: delta debugging ends with what is needed and nothing beside, wherever it
// lies, and asks far less often than there are subsets.
func TestItemsFindsTheLeast(t *testing.T) {
	for _, need := range [][]int{{}, {0}, {99}, {0, 99}, {3, 50, 51, 98}, {10, 11, 12, 13, 14, 15, 16, 17, 18, 19}} {
		var all, want, kept []string
		for i := range 100 {
			all = append(all, fmt.Sprint(i))
		}
		for _, i := range need {
			want = append(want, fmt.Sprint(i))
		}
		var asked [][]string
		r := &reducer{now: made(1, 1), tries: 10000, same: func(*tape) bool {
			last := asked[len(asked)-1]
			for _, w := range want {
				if !slices.Contains(last, w) {
					return false
				}
			}
			kept = last
			return true
		}}
		r.items(all, func(t *tape, keep []string) *tape {
			asked = append(asked, slices.Clone(keep))
			return t
		})
		if !slices.Equal(kept, want) || len(asked) > 400 {
			t.Errorf("need %v: kept %v after %d questions", want, kept, len(asked))
		}
	}
}

// TestReduceKeepsWhatIsAsked: what a made-up oracle needs of each kind is kept, and nothing else.
func TestReduceKeepsWhatIsAsked(t *testing.T) {
	whole := made(40, 9)
	needs := func(t *tape) bool {
		_, n := t.rounds()
		return n >= 5 && slices.Contains(t.infoKeys(), "maxclients") && slices.Contains(t.fields(), "addr") && slices.Contains(t.hosts(), "10.0.0.4")
	}
	r := &reducer{now: whole, tries: 5000, same: needs}
	r.run()
	_, n := r.now.rounds()
	if got := fmt.Sprint(n, r.now.infoKeys(), r.now.fields(), r.now.hosts()); got != "5 [maxclients] [addr strange] [10.0.0.4]" {
		t.Error(got)
	}
	for _, rec := range r.now.recs {
		if x, ok := rec.(*record.Info); ok && string(x.Text) != "# Clients\r\nmaxclients:10\r\n" {
			t.Errorf("%q", x.Text)
		}
	}
	if _, n := whole.rounds(); n != 40 || len(whole.recs) != 80 || len(whole.fields()) != 4 {
		t.Error("the whole recording was changed")
	}
	few := &reducer{now: whole, tries: 3, same: needs}
	if few.run(); few.tries != 0 {
		t.Errorf("%d tries are left of 3", few.tries)
	}
}

// TestSecretsStayOut: what no bundle that leaves the house holds is not kept to begin with.
func TestSecretsStayOut(t *testing.T) {
	var tp tape
	tp.add(&record.Config{Pairs: []record.Pair{{Key: "requirepass", Value: "hunter2"}, {Key: "timeout", Value: "0"}}})
	args := []string{"SET", "card", "4111"}
	tp.add(&record.Slowlog{Entries: []record.SlowEntry{{Args: args}}})
	text := fmt.Sprint(tp.recs[0].(*record.Config).Pairs, tp.recs[1].(*record.Slowlog).Entries)
	if strings.Contains(text, "hunter2") || strings.Contains(text, "4111") || !strings.Contains(text, "timeout") || args[2] != "4111" {
		t.Error(text)
	}
}
