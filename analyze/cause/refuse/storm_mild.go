package refuse

import (
	"fmt"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
)

// eager finds a storm that is mild against the commands served: while the limit was reached,
// applications that replace their connections lost slots in doing so, won most of those that came
// free, and tried for each lost one again every few seconds. Who backs off tries some ten
// times less; those that grew, and never had the slots, are not looked at.
func eager(p *cause.Pass, st stand) cause.Assessment {
	none := cause.No(0, "")
	if p.InfoOnly || len(st.slots) < 8 {
		return none
	}
	l := losses(p.Model, st)
	tries := stat.Median(st.rate) * l.share / max(l.slots, 1)
	score := p.Judge("mild, by client lists", "a mild storm", cause.Span{From: st.slots[0], To: st.slots[len(st.slots)-1], Lists: true},
		&pressing{stand: st, loss: l, tries: tries, amplified: amplified(p, st.slots)})
	if score < cause.Active {
		return none
	}
	a := stormReport(p, st, score)
	a.Beside = true
	first, last := st.slots[0], st.slots[len(st.slots)-1]
	a.Claim = fmt.Sprintf("Clients that lost their slots at the limit tried again every %.1f s for each: %.0f refusals in %s.",
		1/tries, p.Sum(first, last+1, measure.RefusedOf), finding.Duration(p.Samples[last].T-p.Samples[first].T+p.Samples[first].Span))
	a.Evidence = append(a.Evidence, p.Evidence("lost", "won", "tries")...)
	return a
}

// A loss is what applications that were there before the limit lost at it.
type loss struct {
	slots  float64 // mean, over the lists with refusals
	share  float64 // of all births meanwhile, theirs
	closed float64 // connections of theirs that went meanwhile
}

// losses measures them against the ten lists before the limit was reached.
func losses(m *measure.Model, st stand) (l loss) {
	w := m.Growing()
	before := measure.Window{Lo: max(w.Lo, w.Hi-10), Hi: w.Hi}
	refused := make([]bool, len(m.Samples))
	for _, i := range st.slots {
		refused[i] = true
	}
	var at []int // lists with refusals
	for _, i := range m.Lists[w.Hi:] {
		if refused[i] {
			at = append(at, i)
		}
	}
	if before.Len() == 0 || len(at) == 0 {
		return loss{}
	}
	all, theirs := 0.0, 0.0
	for _, a := range m.Apps {
		base := stat.Median(m.Connections(before, a.At))
		var n, born, died float64
		for _, i := range at {
			c := a.At(i)
			n, born, died = n+float64(c.N), born+float64(c.Births), died+float64(c.Deaths)
		}
		all += born
		if lost := base - n/float64(len(at)); lost > 1 && died > 0 {
			l.slots, l.closed, theirs = l.slots+lost, l.closed+died, theirs+born
		}
	}
	l.share = theirs / max(all, 1)
	return l
}
