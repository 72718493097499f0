package verdict

import (
	"slices"
	"testing"
)

// The graph names causes of the catalog, has no cycle, and says how.
func TestMechanismGraph(t *testing.T) {
	next := map[string][]string{}
	for _, e := range mechanisms {
		if CauseByID(e.from) == nil || CauseByID(e.to) == nil || e.how == "" || e.by == "" {
			t.Errorf("edge %+v", e)
		}
		next[e.from] = append(next[e.from], e.to)
	}
	var walk func(id string, path []string)
	walk = func(id string, path []string) {
		if slices.Contains(path, id) {
			t.Fatalf("a cycle: %v", append(path, id))
		}
		for _, to := range next[id] {
			walk(to, append(path, id))
		}
	}
	for _, c := range Causes {
		walk(c.ID, nil)
	}
}
