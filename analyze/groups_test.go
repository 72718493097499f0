package analyze_test

import (
	"path/filepath"
	"testing"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

// TestGroupsAreThoseOfTheSlider: the lists, grouped line by line, have the numbers of the slider.
func TestGroupsAreThoseOfTheSlider(t *testing.T) {
	joined := 0
	for _, name := range []string{"leak-error-path", "leak-then-storm", "blocking-queue", "churn", "zombie-peers", "ok-workers"} {
		path := filepath.Join("..", "fixtures", "incidents", name+".dump.zst")
		src, err := parse.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		tl, err := timeline.Collect(src)
		src.Close()
		if err != nil {
			t.Fatal(err)
		}
		held := analyze.Run(tl, analyze.Options{}).Held
		groups := analyze.GroupsOf(tl)
		counts := map[int64]map[string]float64{}
		if src, err = parse.Open(path); err != nil {
			t.Fatal(err)
		}
		for src.Scan() {
			list, ok := src.Record().(*record.Clients)
			if !ok {
				continue
			}
			by := map[string]float64{}
			for i := range list.Rows {
				c := &list.Rows[i]
				if by[groups.Of(c)]++; c.Name == "" && groups.Of(c) != c.Host() {
					joined++
				}
			}
			if counts[list.At.UnixMilli()] != nil {
				by = nil // two lists in one second: which of them is shown cannot be told
			}
			counts[list.At.UnixMilli()] = by
		}
		src.Close()
		compared := 0
		for k, at := range held.At {
			by := counts[at.UnixMilli()]
			if by == nil {
				continue
			}
			for _, g := range held.Groups {
				if g.Label == "127.0.0.1" {
					continue // among them the one that asked, which does not count
				}
				if !g.Others && by[g.Label] != g.Connections[k] {
					t.Fatalf("%s at %v: %s holds %v, the slider has %v", name, at, g.Label, by[g.Label], g.Connections[k])
				}
			}
			compared++
		}
		if compared < 10 {
			t.Errorf("%s: %d moments compared of %d", name, compared, len(held.At))
		}
	}
	if joined == 0 {
		t.Error("no unnamed connection joined a name: the test has gone blind")
	}
}
