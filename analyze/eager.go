package analyze

import (
	"fmt"

	"github.com/connbox/connbox/analyze/stat"
)

// eager finds a storm that is mild against the commands served: while the limit was reached,
// applications that replace their connections lost slots in doing so, won most of those that came
// free, and tried for each lost one again every few seconds. Who backs off tries some ten
// times less; those that grew, and never had the slots, are not looked at.
func (p *pass) eager(st stand) assessment {
	none := no(0, "")
	if p.infoOnly || len(st.slots) < 8 {
		return none
	}
	l := p.losses(st)
	tries := stat.Median(st.rate) * l.share / max(l.slots, 1)
	score := 0.85 * stat.Ramp(l.slots, 2, p.val("lost")) * stat.Ramp(l.share, p.val("won")-0.2, p.val("won")) * stat.Ramp(l.closed, 10, 30) *
		stat.Ramp(tries, p.val("tries")/2, p.val("tries")) * stat.Ramp(p.amplified(st.slots), 1.3, p.val("amplified"))
	if score < active {
		return none
	}
	a := p.stormReport(st, score)
	a.beside = true
	first, last := st.slots[0], st.slots[len(st.slots)-1]
	a.claim = fmt.Sprintf("Clients that lost their slots at the limit tried again every %.1f s for each: %.0f refusals in %s.",
		1/tries, p.sum(first, last+1, refusedOf), duration(p.s[last].T-p.s[first].T+p.s[first].Span))
	a.evidence = append(a.evidence,
		ev("slots lost, at the limit, by applications that replace their connections", l.slots, "slots", p.pos(first, true), p.pos(last, true)),
		ev("share of the connections accepted meanwhile that were theirs", l.share, "share", p.pos(first, true), p.pos(last, true)),
		ev("attempts for each lost slot (clients that back off make a tenth of that)", tries, "1/s", p.pos(first, true), p.pos(last, true)))
	return a
}

// A loss is what applications that were there before the limit lost at it.
type loss struct {
	slots  float64 // mean, over the lists with refusals
	share  float64 // of all births meanwhile, theirs
	closed float64 // connections of theirs that went meanwhile
}

// losses measures them against the ten lists before the limit was reached.
func (m *model) losses(st stand) (l loss) {
	w := m.growing()
	before := window{max(w.lo, w.hi-10), w.hi}
	refused := make([]bool, len(m.s))
	for _, i := range st.slots {
		refused[i] = true
	}
	var at []int // lists with refusals
	for _, i := range m.lists[w.hi:] {
		if refused[i] {
			at = append(at, i)
		}
	}
	if before.len() == 0 || len(at) == 0 {
		return loss{}
	}
	all, theirs := 0.0, 0.0
	for _, a := range m.apps {
		base := stat.Median(m.course(before, func(i int) float64 { return float64(a.at(m.tl, i).n) }))
		var n, born, died float64
		for _, i := range at {
			c := a.at(m.tl, i)
			n, born, died = n+float64(c.n), born+float64(c.births), died+float64(c.deaths)
		}
		all += born
		if lost := base - n/float64(len(at)); lost > 1 && died > 0 {
			l.slots, l.closed, theirs = l.slots+lost, l.closed+died, theirs+born
		}
	}
	l.share = theirs / max(all, 1)
	return l
}
