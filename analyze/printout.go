package analyze

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/connbox/connbox/parse"
	"github.com/connbox/connbox/parse/record"
)

// printedSays says in a sentence what an export or a printed course shows, for a verdict that names
// no cause: the numbers are what people handed it over for. Empty for replies of a server.
func (m *model) printedSays() string {
	var parts []string
	if s := m.tl.Sockets.summary(); s != "" {
		parts = append(parts, s)
	}
	if formOf(&m.tl.Origin) != "" {
		if s := m.courseSeen(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

// formOf gives what a program's output was found to be, also where it was imported.
func formOf(o *parse.Origin) string {
	form := o.Form
	for _, f := range o.Meta.Imported {
		form = cmp.Or(form, f.Form)
	}
	return form
}

// courseSeen tells how the connections went, and what was accepted and refused meanwhile.
func (m *model) courseSeen() string {
	first, last, peak := -1, -1, -1
	accepted, refused := math.NaN(), math.NaN()
	for i := range m.s {
		if o := m.s[i].Occupancy(); !math.IsNaN(o) {
			if first < 0 {
				first, peak = i, i
			}
			if last = i; o > m.s[peak].Occupancy() {
				peak = i
			}
		}
		accepted, refused = plus(accepted, m.s[i].Accepted), plus(refused, m.s[i].Refused)
	}
	if first == last {
		return m.momentSeen(first)
	}
	a, b, top := m.s[first].Occupancy(), m.s[last].Occupancy(), m.s[peak].Occupancy()
	s := "Connections " + fromTo(a, b) + " within " + duration(m.s[last].T-m.s[first].T)
	if top > max(a, b) {
		s += fmt.Sprintf(", at most %.0f", top)
	}
	if limit := m.s[peak].Limit; !math.IsNaN(limit) && limit > 0 {
		s += fmt.Sprintf(", %.0f %% of the limit of %.0f at the peak", 100*top/limit, limit)
	}
	if limit := float64(m.tl.Origin.Limit); limit > 0 && top >= 0.99*limit && top <= limit {
		s += fmt.Sprintf(", which is the limit that the service documents (%.0f)", limit)
	}
	if !math.IsNaN(accepted) {
		s += fmt.Sprintf("; %.0f accepted meanwhile", accepted)
	}
	if !math.IsNaN(refused) {
		s += fmt.Sprintf("; %.0f refused", refused)
	}
	return s + "."
}

// A totals is what a server counted since its start; NaN where it is not told, or counted
// since something else.
type totals struct{ accepted, refused float64 }

func totalsOf(i *parse.Info, now *counters) totals {
	t := totals{now.reading[ctrAccepted], now.reading[ctrRefused]}
	summed, _ := i.String(record.SummedKey)
	for key := range strings.SplitSeq(summed, ",") {
		switch key {
		case counterKeys[ctrAccepted]:
			t.accepted = math.NaN()
		case counterKeys[ctrRefused]:
			t.refused = math.NaN()
		}
	}
	return t
}

// momentSeen tells what one sample shows.
func (m *model) momentSeen(i int) string {
	if i < 0 {
		return ""
	}
	s, o := &m.s[i], m.s[i].Occupancy()
	text := many(int(o), "connection")
	if s.Limit > 0 {
		text = fmt.Sprintf("%.0f of %.0f connections (%.0f %%)", o, s.Limit, 100*o/s.Limit)
	}
	if s.Replicas > 0 {
		text += fmt.Sprintf(", %s and %s", many(int(s.Connected), "client"), many(int(s.Replicas), "replica"))
	}
	if s.Blocked > 0 {
		text += fmt.Sprintf(", %.0f of them blocked", s.Blocked)
	}
	var since []string
	if t := m.tl.Totals; !math.IsNaN(t.refused) {
		since = append(since, fmt.Sprintf("%.0f refused", t.refused))
	}
	if t := m.tl.Totals; !math.IsNaN(t.accepted) {
		since = append(since, fmt.Sprintf("%.0f accepted", t.accepted))
	}
	if len(since) > 0 {
		text += "; " + strings.Join(since, " and ") + " since the server's start"
	}
	return text + "."
}

// plus adds where there is something to add.
func plus(a, b float64) float64 {
	switch {
	case math.IsNaN(a):
		return b
	case math.IsNaN(b):
		return a
	}
	return a + b
}
