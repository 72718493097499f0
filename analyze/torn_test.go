package analyze

import (
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/world"
)

// TestTornLists: who is not in a list that was cut short is not gone.
func TestTornLists(t *testing.T) {
	step := func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 4, 10, 0.5)
		for h := range 5 { // subscribers that hear nothing
			if i == 0 {
				for range 8 {
					c := w.Open("10.2.0."+string(rune('1'+h)), "feed")
					c.Flags, c.Cmd, c.Sub, c.Lost = "P", "subscribe", 1, true
				}
			}
		}
	}
	whole, torn := world.New(200), world.New(200)
	whole.Run(200, step)
	torn.Run(200, step)
	torn.Tear(11)
	want, got := collect(t, whole.Source(), nil), collect(t, torn.Source(), nil)
	if got.Torn != 200/11 || want.Torn != 0 {
		t.Errorf("%d torn lists, and %d", got.Torn, want.Torn)
	}
	sum := func(tl *timeline.Timeline) (births, deaths float64) {
		for i := range tl.Samples {
			if s := &tl.Samples[i]; s.HasList {
				births, deaths = births+orNought(s.Births), deaths+orNought(s.Deaths)
			}
		}
		return births, deaths
	}
	wantBirths, wantDeaths := sum(want)
	if births, deaths := sum(got); births != wantBirths || deaths != wantDeaths {
		t.Errorf("%v births and %v deaths, not %v and %v", births, deaths, wantBirths, wantDeaths)
	}
	r := report(torn)
	if r.Verdict.Status != finding.Healthy {
		t.Errorf("verdict %v: %+v", r.Verdict, r.Causes)
	}
	if !doubts(r, "18 client lists cut short") {
		t.Errorf("data quality: %+v", r.DataQuality)
	}
}

// TestTornListsForGood: a filter that begins is no torn list for long.
func TestTornListsForGood(t *testing.T) {
	w := world.New(200)
	w.Run(100, func(w *world.World, i int) { w.Fleet("10.1.0", "cart", 4, 10, 0.5) })
	w.Tear(1)
	if tl := collect(t, w.Source(), nil); tl.Torn != 0 {
		t.Errorf("%d lists are torn where all have a part only", tl.Torn)
	}
}

func orNought(v float64) float64 {
	if v != v {
		return 0
	}
	return v
}
