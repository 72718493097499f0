package timeline

import (
	"math"
	"testing"

	"github.com/connbox/connbox/fixtures/world"
)

// TestSpells: hand-counted idle spells. Lists are 10 s apart over 1,000 s; the late ones are
// used at every 200 s: their spells reach 190 s in the lists, the bin of 120 s; four end in a
// use, the fifth with the recording at 190 s. The spare ones rest to the end: 990 s, the bin
// of 900 s.
func TestSpells(t *testing.T) {
	w := world.New(500)
	w.Dt = 10
	w.Run(100, func(w *world.World, i int) { world.Idler(w, i, 200) })
	tl, err := Collect(w.Source())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]SpellCounts{}
	for _, s := range tl.Sources {
		k := got[s.Key.Name]
		k.Sum(&s.Spells)
		got[s.Key.Name] = k
	}
	late, spare := got["late"], got["spare"]
	if late.used[SpellBin(190)] != 40 || late.still[SpellBin(190)] != 10 || late.entered[0] != 50 {
		t.Errorf("late: %+v", late)
	}
	if all, used, closed, still := spare.Reached(SpellBin(900)); all != 10 || used != 0 || closed != 0 || still != 10 {
		t.Errorf("spare: %v %v %v %v", all, used, closed, still)
	}
	// Of the late ones' 50 spells, 40 ended in a use and 10 were cut short in the same bin:
	// 40 of 50 − 10/2. The bins below are passed by all.
	p := late.Resume()
	if want := 40.0 / 45; math.Abs(p[SpellBin(190)]-want) > 1e-9 || math.Abs(p[0]-want) > 1e-9 {
		t.Errorf("late: chances %v, want %v", p, want)
	}
	if p := spare.Resume(); p[SpellBin(990)] != 0 || p[0] != 0 {
		t.Errorf("spare: chances %v", p)
	}
}
