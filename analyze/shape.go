package analyze

import (
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	shapes "github.com/connbox/connbox/analyze/stat/growth"
	"github.com/connbox/connbox/analyze/verdict"
)

// growthOf fits the connections behind a cause that has a shape of its own: those of its worst
// source, and for a storm all slots, for the limit is everybody's.
func growthOf(m *measure.Model, o verdict.Opinion) (out finding.Growth) {
	var g *measure.Grown
	switch o.Cause.ID {
	case "retry-storm":
		out.Subject = "all clients"
		g = m.ServerShapes(max(o.Onset, 0))
	case "connection-leak", "oversized-pool", "output-buffer-loop":
		var s finding.Source
		out.Subject = "all clients"
		if len(o.Sources) > 0 {
			s = o.Sources[0]
			out.Subject = subjectOf(m, s)
		}
		lists := m.ListsLike(max(o.Onset, 0))
		if free := freeLists(m, lists); o.Cause.ID == "connection-leak" && len(free) < len(lists) {
			if g = m.SourceShapes(s, free); g.Fitted() {
				out.AtLimit = true
				break
			}
		}
		g = m.SourceShapes(s, lists)
	}
	if g == nil {
		return finding.Growth{}
	}
	best, ok := g.Best()
	if !ok || len(best.Curve) == 0 {
		return finding.Growth{}
	}
	out.Shape, out.Weight, out.Params = best.Shape, best.Weight, params(best)
	if next, ok := g.RunnerUp(); ok {
		out.Runner, out.RunnerWeight = next.Shape, next.Weight
	}
	out.At = make([]time.Time, len(g.Slots))
	for k, i := range g.Slots {
		out.At[k] = m.TimeOf(i)
	}
	out.Count, out.Curve, out.Lo, out.Hi = g.N, best.Curve, best.Lo, best.Hi
	return out
}

// subjectOf names a source; one host of an application of several is not called by the name of all.
func subjectOf(m *measure.Model, s finding.Source) string {
	for _, e := range m.Entities {
		if e.Is(s) && s.Host != "" && len(e.App.Entities) > 1 {
			return measure.Label(e)
		}
	}
	return measure.NameOf(s)
}

// freeLists gives those of the lists in which connections were free to grow. What is held at the
// limit is censored: a steady rise that it ends looks like one that saturates.
func freeLists(m *measure.Model, lists []int) []int {
	w := m.Growing()
	if w.Len() == 0 || len(lists) == 0 || m.Samples[m.Lists[w.Lo]].Epoch != m.Samples[lists[0]].Epoch {
		return lists
	}
	return m.Lists[w.Lo:w.Hi]
}

func params(f shapes.Fitted) []finding.GrowthParam {
	out := make([]finding.GrowthParam, len(f.Params))
	for i, p := range f.Params {
		out[i] = finding.GrowthParam(p)
	}
	return out
}
