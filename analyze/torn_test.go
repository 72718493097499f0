package analyze

import "testing"

// TestTornLists: who is not in a list that was cut short is not gone.
func TestTornLists(t *testing.T) {
	step := func(w *world, i int) {
		w.fleet("10.1.0", "cart", 4, 10, 0.5)
		for h := range 5 { // subscribers that hear nothing
			if i == 0 {
				for range 8 {
					c := w.open("10.2.0."+string(rune('1'+h)), "feed")
					c.flags, c.cmd, c.sub, c.lost = "P", "subscribe", 1, true
				}
			}
		}
	}
	whole, torn := newWorld(200), newWorld(200)
	whole.run(200, step)
	torn.run(200, step)
	torn.tear(11)
	want, got := collect(t, whole.source(), nil), collect(t, torn.source(), nil)
	if got.Torn != 200/11 || want.Torn != 0 {
		t.Errorf("%d torn lists, and %d", got.Torn, want.Torn)
	}
	sum := func(tl *Timeline) (births, deaths float64) {
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
	r := torn.report()
	if r.Verdict.Status != Healthy {
		t.Errorf("verdict %v: %+v", r.Verdict, r.Causes)
	}
	if !doubts(r, "18 client lists cut short") {
		t.Errorf("data quality: %+v", r.DataQuality)
	}
}

// TestTornListsForGood: a filter that begins is no torn list for long.
func TestTornListsForGood(t *testing.T) {
	w := newWorld(200)
	w.run(100, func(w *world, i int) { w.fleet("10.1.0", "cart", 4, 10, 0.5) })
	w.tear(1)
	if tl := collect(t, w.source(), nil); tl.Torn != 0 {
		t.Errorf("%d lists are torn where all have a part only", tl.Torn)
	}
}

func orNought(v float64) float64 {
	if v != v {
		return 0
	}
	return v
}
