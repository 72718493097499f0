package record

import (
	"slices"
	"testing"
)

// TestInheritIsLinear: recordings of long lists are brought together in time and memory
// that grow with the lists, not with their square.
func TestInheritIsLinear(t *testing.T) {
	ids := make([]int64, 50_000)
	for i := range ids {
		ids[i] = int64(i)
	}
	want := append([]int64{-1}, ids...)
	var m Meta
	if n := testing.AllocsPerRun(1, func() {
		m = Meta{ObserverID: []int64{-1, 7, 7}[:2]}
		m.Inherit(Meta{ObserverID: ids})
	}); n > 1000 {
		t.Errorf("%v allocations", n)
	}
	slices.Sort(m.ObserverID)
	if !slices.Equal(m.ObserverID, want) {
		t.Errorf("%d ids, not %d", len(m.ObserverID), len(want))
	}
}

// TestInheritKeepsItsOwn: what m is made of is not written to.
func TestInheritKeepsItsOwn(t *testing.T) {
	own := []string{"a", "b", "c"}
	m := Meta{Redacted: own[:1]}
	m.Inherit(Meta{Redacted: []string{"x", "a", "x", "y"}})
	if !slices.Equal(m.Redacted, []string{"a", "x", "y"}) || !slices.Equal(own, []string{"a", "b", "c"}) {
		t.Errorf("%q, of %q", m.Redacted, own)
	}
}
