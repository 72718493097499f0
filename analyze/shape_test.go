package analyze

import (
	"testing"

	shapes "github.com/connbox/connbox/analyze/stat/growth"
)

// A host leaks one connection a minute beside one that does not.
func TestSourceShapes(t *testing.T) {
	tl := &Timeline{Lists: 60}
	leaks, calm := &series{}, &series{}
	m := &model{tl: tl, ents: []*entity{{host: "10.0.0.1", parts: []*series{leaks}}, {host: "10.0.0.2", parts: []*series{calm}}}}
	m.all = &app{ents: m.ents}
	for i := range 60 {
		m.s = append(m.s, Sample{T: float64(60 * i)})
		m.lists = append(m.lists, i)
		leaks.cells = append(leaks.cells, cell{n: int32(10 + max(i-15, 0))})
		calm.cells = append(calm.cells, cell{n: int32(20 + i%2)})
	}
	tl.Samples = m.s
	for host, want := range map[string]string{"10.0.0.1": shapes.Leak, "10.0.0.2": shapes.Constant, "": shapes.Leak, "nobody": shapes.Leak} {
		g := m.sourceShapes(Source{Host: host}, 0)
		if best, _ := g.Best(); best.Shape != want || len(g.Slots) != 60 {
			t.Errorf("%q: %s over %d samples, want %s", host, best.Shape, len(g.Slots), want)
		}
	}
}
