package analyze

import (
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	shapes "github.com/connbox/connbox/analyze/stat/growth"
	"github.com/connbox/connbox/analyze/timeline"
)

// A host leaks one connection a minute beside one that does not.
func TestSourceShapes(t *testing.T) {
	tl := &timeline.Timeline{Lists: 60}
	leaks, calm := &timeline.Series{}, &timeline.Series{}
	m := &measure.Model{TL: tl, Entities: []*measure.Entity{{Host: "10.0.0.1", Parts: []*timeline.Series{leaks}}, {Host: "10.0.0.2", Parts: []*timeline.Series{calm}}}}
	m.All = &measure.App{Entities: m.Entities}
	for i := range 60 {
		m.Samples = append(m.Samples, timeline.Sample{T: float64(60 * i)})
		m.Lists = append(m.Lists, i)
		leaks.Cells = append(leaks.Cells, timeline.Cell{N: int32(10 + max(i-15, 0))})
		calm.Cells = append(calm.Cells, timeline.Cell{N: int32(20 + i%2)})
	}
	tl.Samples = m.Samples
	for host, want := range map[string]string{"10.0.0.1": shapes.Leak, "10.0.0.2": shapes.Constant, "": shapes.Leak, "nobody": shapes.Leak} {
		g := m.SourceShapes(finding.Source{Host: host}, m.ListsLike(0))
		if best, _ := g.Best(); best.Shape != want || len(g.Slots) != 60 {
			t.Errorf("%q: %s over %d samples, want %s", host, best.Shape, len(g.Slots), want)
		}
	}
}

// TestGrowthIsCensored: a steady rise that the limit ends is fitted up to there; over the whole it
// looks like one that saturates.
func TestGrowthIsCensored(t *testing.T) {
	r := recorded(t, "leak-then-storm")
	g := r.Causes[0].Growth
	if g.Shape != shapes.Leak || !g.AtLimit || g.At[len(g.At)-1].After(r.Impact.LimitReached) {
		t.Errorf("%s, at the limit %t, fitted up to %v; the limit was reached at %v", g.Shape, g.AtLimit, g.At[len(g.At)-1], r.Impact.LimitReached)
	}
}
