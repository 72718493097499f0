package verdict

import (
	"slices"
	"testing"
)

// Both ends of a relation are causes, it says why, and it is there once; rivals have a test
// each way.
func TestRelations(t *testing.T) {
	type pair struct {
		from string
		kind Kind
		to   string
	}
	seen := map[pair]bool{}
	for _, r := range Relations {
		if CauseByID(r.From) == nil || CauseByID(r.To) == nil || r.From == r.To || r.Why == "" {
			t.Errorf("%s %s %q: an end is no cause, or there is no reason", r.From, r.Kind, r.To)
		}
		if (r.Back != "") != (r.Kind == RivalOf) || (r.by != "") != (r.Kind == LeadsTo) {
			t.Errorf("%s %s %s has what another kind of relation has, or lacks its own", r.From, r.Kind, r.To)
		}
		if seen[pair{r.From, r.Kind, r.To}] || r.Kind == RivalOf && seen[pair{r.To, RivalOf, r.From}] {
			t.Errorf("%s %s %s is there twice", r.From, r.Kind, r.To)
		}
		seen[pair{r.From, r.Kind, r.To}] = true
	}
	for _, r := range Relations {
		if _, ok := RivalTest(CauseByID(r.From), r.To); r.Kind == Explains && !ok {
			t.Errorf("%s brings along the signs of %s, and no test separates them", r.From, r.To)
		}
	}
	for _, c := range Causes {
		if len(Rivals(c)) == 0 || len(c.Refuted) == 0 {
			t.Errorf("%s has no rival, or nothing rules it out", c.ID)
		}
	}
}

// What may lead to what has no cycle: a cause does not bring about itself.
func TestNothingLeadsToItself(t *testing.T) {
	var walk func(id string, path []string)
	walk = func(id string, path []string) {
		if slices.Contains(path, id) {
			t.Fatalf("a cycle: %v", append(path, id))
		}
		for _, n := range related(id, LeadsTo) {
			walk(n.ID, append(slices.Clone(path), id))
		}
	}
	for _, c := range Causes {
		walk(c.ID, nil)
	}
}
