package verdict

import "testing"

// TestExplainComplete: every cause says what rules it out, and every test against a neighbour
// has its counterpart: whoever reads one of the two finds the other. A cause whose signs
// another brings along is its neighbour, so there is a test between them.
func TestExplainComplete(t *testing.T) {
	rivals := map[[2]string]bool{}
	for _, c := range Causes {
		if len(RulesOut(c)) == 0 {
			t.Errorf("%s: nothing rules it out", c.ID)
		}
		for _, r := range c.Rivals {
			if rivals[[2]string{c.ID, r.ID}] {
				t.Errorf("%s lists %s twice", c.ID, r.ID)
			}
			rivals[[2]string{c.ID, r.ID}] = true
		}
	}
	for p := range rivals {
		if !rivals[[2]string{p[1], p[0]}] {
			t.Errorf("%s has a test against %s, which has none against it", p[0], p[1])
		}
	}
	for _, c := range Causes {
		for _, e := range BringsAlong(c) {
			if !rivals[[2]string{c.ID, e.ID}] && !rivals[[2]string{e.ID, c.ID}] {
				t.Errorf("%s brings along the signs of %s, and no test separates them", c.ID, e.ID)
			}
		}
	}
	if len(refutations) != len(Causes) {
		t.Errorf("%d causes, %d with what rules them out", len(Causes), len(refutations))
	}
	for _, r := range refutations {
		if CauseByID(r.id) == nil {
			t.Errorf("%q is no cause", r.id)
		}
	}
}
