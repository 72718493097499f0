// Package refuse has the causes that show where connections are refused: a limit too low for
// the demand or for its configuration, clients that come back at once, releases and scalers
// that add instances, refusals that have nothing to do with the limit.
package refuse

import (
	_ "embed"
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

// methods has a paragraph for each cause.
//
//go:embed method.md
var methods string

var Storm = cause.Cause{
	ID:       "retry-storm",
	Title:    "Retry storm",
	Phrase:   "a retry storm",
	Question: "Do refused or cut clients come back at once, without backing off?",
	Method:   cause.Section(methods, "retry-storm"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "per_slot", Value: 0.035, Unit: "refusals/s per slot", Why: "Clients that wait 20 s and more between attempts make 0.05 if there are as many of them as slots, and usually a tenth of that. Clients that do not wait make 0.1 to 20. Where refusals per command are known, the product of both counts.", Of: cause.Of(func(x *pressing) float64 { return x.perSlot }), Steep: 2,
			Says: "refusals a second and slot, median while at the limit", Short: "%s refusals a second and slot: clients waited between tries"},
		{Name: "samples", Value: 3, Unit: "samples", Why: "A burst at a deploy lasts for fewer samples. In fewer, the number of refusals decides (see each)."},
		{Name: "each", None: 50, Full: 150, Unit: "refusals for each slot", Why: "The row counts where refusals were seen in fewer samples, as at one sample a minute or five. A release or a restart makes 20 refusals a slot and fewer until all clients are back. A storm makes thousands within minutes.", Of: cause.Of(func(x *pressing) float64 { return x.each }),
			Says: "connections refused for each slot", Short: "%s connections were refused for each slot: a burst, in few samples"},
		{Name: "amplified", None: 1.3, Full: 2, Unit: "times", Why: "Attempts at the limit are compared with those before it. Clients that open a connection per request try as often at the limit as before.", Of: cause.Of(func(x *pressing) float64 { return x.amplified }),
			Says: "attempts at the limit, against those before it", Short: "attempts at the limit were %s times those before it: nobody tried more often for being refused"},
		{Name: "lost", None: 2, Full: 4, Unit: "slots", Why: "In a mild storm, applications that replace their connections lose slots at the limit.", Of: cause.Of(func(x *pressing) float64 { return x.loss.slots }),
			Says: "slots lost, at the limit, by applications that replace their connections", Short: "%s slots were lost at the limit"},
		{Name: "won", None: 0.7, Full: 0.9, Unit: "of the births", Why: "Applications that try again at once win most of the slots that come free meanwhile. Others that find no room win fewer.", Of: cause.Of(func(x *pressing) float64 { return x.loss.share }),
			Says: "share of the connections accepted meanwhile that were theirs", Short: "of those accepted meanwhile a share of %s was theirs"},
		{Name: "tries", None: 0.125, Full: 0.25, Unit: "attempts/s for each of them", Why: "The row counts fully at one attempt every four seconds. Libraries that back off wait 8 to 90 s.", Of: cause.Of(func(x *pressing) float64 { return x.tries }),
			Says: "attempts a second for each slot lost", Short: "they tried %s times a second for each slot they lack"},
		{Name: "closed", None: 10, Full: 30, Unit: "connections", Why: "Shares of the connections closed at the limit can be estimated from so many on.", Of: cause.Of(func(x *pressing) float64 { return x.closed }),
			Says: "connections of theirs that closed at the limit", Short: "%s of their connections closed at the limit"},
		{Name: "pressure", Value: 0.01155, Unit: "refusals/command × refusals/s per slot", Steep: 2, Why: "The row counts half at 0.33 refusals per command (a limit that is merely too low stays under 0.25) times 0.035 refusals a second and slot (see per_slot). Recorded and simulated storms have 2.6 times that product and more, patient fleets a third and less.", Of: cause.Of(func(x *pressing) float64 { return x.perCmd * x.perSlot }),
			Says: "refusals per command times refusals a second and slot", Short: "refusals per command times those a second and slot are %s: clients waited between tries"},
		{Name: "outweigh", None: 0.25, Full: 0.75, Unit: "refusals per command", Why: "In a fleet that grew with its work and outgrew the limit, clients without a slot are slow to try again. So many refusals per command are a storm even there.", Of: cause.Of(func(x *pressing) float64 { return x.perCmd }),
			Says: "refusals per command served", Short: "%s refusals a command in a fleet that outgrew its limit"},
		{Name: "outgrown_tries", None: 0.125, Full: 0.25, Unit: "attempts/s for each", Why: "The rate is for each connection that would have come to a fleet that outgrew the limit. Libraries that back off wait 8 to 90 s.", Of: cause.Of(func(x *pressing) float64 { return x.unmet }),
			Says: "attempts a second for each connection that would have come", Short: "the fleet grew with its work and outgrew the limit; those without a slot tried %s times a second"},
		{Name: "with_work", Value: 0.5, Unit: "elasticity", Why: "A fleet grew with its work if the elasticity of commands to connections before the limit was at least this."},
		{Name: "as_long", Value: 0.4, Unit: "of the stay at the limit", Why: "A fleet outgrew the limit if it had grown for at least this share of its stay at the limit."},
		{Name: "grown", Value: 0.3, Unit: "of the limit", Why: "A fleet outgrew the limit if it had grown by at least this share of the limit."},
		{Name: "begun", Value: 0.1, Unit: "of the usual rate", Why: "The storm has begun once refusals reach this share of their median rate."},
		{Name: "grew_for", Value: 8, Unit: "sampling intervals", Why: "A fleet outgrew the limit if it had also grown for at least so many sampling intervals."},
		{Name: "over", Value: 2, Unit: "samples", Why: "The storm is over if more samples than this at the end of the recording have no refusal."},
		{Name: "calm_samples", Value: 6, Unit: "samples", Why: "Attempts are compared only if there are at least so many samples before the limit."},
	},
	Views: []cause.View{
		{Name: "commands and slots", Rule: "pressure, amplified, outgrown_tries | outweigh"},
		{Name: "commands not counted", Rule: "per_slot, amplified, outgrown_tries"},
		{Name: "few samples", Rule: "each, pressure, amplified"},
		{Name: "mild, by client lists", Rule: "lost, won, closed, tries, amplified"},
	},
	Refuted: []string{
		"no connection was refused at the limit",
		"refusals are few against the commands served and the slots",
		"refusals lasted less than three samples, and were few for each slot",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "the tries of clients without back-off fill it again"},
	},
	Opens:   []string{"back-off"},
	Alerts:  []string{"RedisManyNewConnections"},
	Follows: finding.Consequence,
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "give clients exponential back-off with full jitter and a circuit breaker", Effect: "refused clients wait longer between tries; the rate of attempts falls by half with every doubling", Check: "rejected_connections rises more slowly; accepted connections stay", Gain: "back-off"},
		{Risk: finding.Safe, Command: "redis-cli INFO stats | grep rejected_connections", Effect: "shows whether the storm still goes on", Check: "two readings a few seconds apart are equal when it is over"},
		{Risk: finding.Disconnects, Command: "stop some of the refused clients, and start them again a few at a time", Effect: "the tries end at once; connected clients are served", Check: "rejected_connections stays the same for a minute"},
	},
	Assess: assessStorm,
}

// A stand is a stay at the limit with refusals, in the samples that had them.
type stand struct {
	slots   []int
	rate    []float64 // refusals a second
	perCmd  float64   // refusals per command served, median
	perSlot float64   // refusals a second and slot, median
}

// pressing is what is measured of those that were refused, in any view.
type pressing struct {
	stand
	loss
	amplified float64 // attempts at the limit against those before
	each      float64 // refusals in all, for each slot
	tries     float64 // a second, for each slot lost
	unmet     float64 // a second, for each connection that would have come; +Inf where the fleet did not outgrow the limit
}

// refusing gathers the samples at the limit that had refusals.
func refusing(m *measure.Model) (st stand) {
	var perCmd, perSlot []float64
	for _, i := range m.AtLimit {
		s := &m.Samples[i]
		if s.Refused > 0 && s.Span > 0 {
			st.slots = append(st.slots, i)
			st.rate = append(st.rate, s.Refused/s.Span)
			perCmd = append(perCmd, s.Refused/max(s.Commands, 1))
			perSlot = append(perSlot, s.Refused/s.Span/max(m.LimitAt(i), 1)) // it may be another later
		}
	}
	st.perCmd, st.perSlot = stat.Median(perCmd), stat.Median(perSlot)
	return st
}

func assessStorm(p *cause.Pass) cause.Assessment {
	st := refusing(p.Model)
	switch {
	case p.Refused == 0 && !p.Holds(measure.RefusedOf):
		return cause.No(0, cause.RefusedUncounted)
	case p.Refused == 0:
		return cause.No(0, "no connection was refused")
	case len(st.slots) == 0:
		return cause.No(0, "connections were refused, but never while the limit was reached")
	}
	first, last := st.slots[0], st.slots[len(st.slots)-1]
	view, short := "commands and slots", len(st.slots) < int(p.Number("samples"))
	switch {
	case short:
		view = "few samples"
	case math.IsNaN(st.perCmd):
		view = "commands not counted"
	}
	x := pressing{stand: st, amplified: amplified(p, st.slots), unmet: outgrown(p, st)}
	x.each = p.Sum(first, last+1, measure.RefusedOf) / max(p.LimitPeak, 1)
	score := p.Judge(view, "", cause.Span{From: first, To: last}, &x)
	if score < cause.Active && short {
		return cause.No(score, "refusals lasted %d samples", len(st.slots))
	}
	if score < cause.Active {
		if x := eager(p, st); x.Score >= cause.Active {
			return x
		}
		if math.IsNaN(st.perCmd) {
			return cause.No(score, "%.2g refusals a second and slot", st.perSlot)
		}
		return cause.No(score, "%.2g refusals a command and %.2g a second and slot", st.perCmd, st.perSlot)
	}
	return stormReport(p, st, score)
}

// outgrown gives how often each connection that would have come tries for its slot, a second,
// where connections grew with the commands for long before the limit, and would have gone on
// as long at the least: +Inf where they did not.
func outgrown(p *cause.Pass, st stand) float64 {
	m := p.Model
	w := m.Growing()
	if w.Len() < 6 || m.Elasticity(w) < p.Number("with_work") {
		return math.Inf(1)
	}
	v := m.Values(w, func(i int) float64 { return m.Occupancy[i] })
	from := w.Lo + measure.RiseStart(m.ListTimes[w.Lo:w.Hi], v)
	first, last := m.Samples[st.slots[0]].T, m.Samples[st.slots[len(st.slots)-1]].T
	grew := first - m.ListTimes[from]
	rise := m.Occupancy[st.slots[0]] - m.Occupancy[m.Lists[from]]
	if grew < p.Number("as_long")*(last-first) || grew < p.Number("grew_for")*m.Interval || !(rise > p.Number("grown")*m.LimitAt(st.slots[0])) {
		return math.Inf(1)
	}
	tail := st.slots[len(st.slots)*2/3:]
	var tries []float64
	for _, i := range tail {
		unmet := rise / grew * min(m.Samples[i].T-first, grew)
		tries = append(tries, m.Samples[i].Refused/m.Samples[i].Span/max(unmet, 1))
	}
	return stat.Median(tries)
}

func stormReport(p *cause.Pass, st stand, score float64) cause.Assessment {
	m := p.Model
	first, last := st.slots[0], st.slots[len(st.slots)-1]
	from, to := m.Place(first, false), m.Place(last, false)
	secs := m.Samples[last].T - m.Samples[first].T + m.Samples[first].Span
	// A refusal here and there before it is no storm yet.
	began, usual := 0, stat.Median(st.rate)
	for st.rate[began] < p.Number("begun")*usual {
		began++
	}
	onset := firstRefused(m, st.slots[began])
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: onset - 1, End: -1, Began: m.Outage(onset)}
	if len(m.Samples)-1-last > int(p.Number("over")) {
		a.End = last
	}
	a.Sources = m.StormSources(first, last)
	peak := 0
	for k, r := range st.rate {
		if r >= st.rate[peak] {
			peak = k
		}
	}
	total := m.Sum(first, last+1, measure.RefusedOf)
	lasted := finding.Duration(secs)
	if a.End >= 0 {
		lasted += ", the last at " + finding.Clock(p.TimeOf(last))
	}
	a.Claim = fmt.Sprintf("Refused clients came back at once: %.0f refusals in %s.", total, lasted)
	if !math.IsNaN(st.perCmd) {
		a.Claim = fmt.Sprintf("Refused clients came back at once: %.0f refusals in %s, %.2f for every command served.", total, lasted, st.perCmd)
		a.Evidence = append(a.Evidence, finding.New("refusals per command served, median while at the limit", st.perCmd, "refusals/command", from, to))
	}
	a.Evidence = append(a.Evidence,
		finding.New("connections refused", total, "connections", from, to),
		finding.New("highest rate of refusals", st.rate[peak], "refusals/s", m.Place(st.slots[peak], false)),
		finding.New("refusals a second and slot, median while at the limit", st.perSlot, "refusals/s per slot", from, to),
		finding.New("slots that changed hands at the limit", m.Sum(first, last+1, measure.AcceptedOf)/secs, "connections/s", from, to))
	if k := len(st.rate) / 4; k > 0 {
		q1, q4 := stat.Median(st.rate[:k]), stat.Median(st.rate[len(st.rate)-k:])
		a.Evidence = append(a.Evidence, finding.New("rate of refusals in the last quarter against the first (back-off would lower it)", q4/q1, "times", from, to))
	}
	return a
}

// amplified gives how many times as many connections were tried for in the samples at the
// limit as before them; +Inf where that is not known.
func amplified(p *cause.Pass, slots []int) float64 {
	m := p.Model
	var before, at []float64
	for i := range slots[0] {
		if s := &m.Samples[i]; s.Span > 0 && !s.AtLimit() && !math.IsNaN(s.Accepted) {
			before = append(before, (s.Accepted+timeline.Known(s.Refused))/s.Span)
		}
	}
	for _, i := range slots {
		at = append(at, (timeline.Known(m.Samples[i].Accepted)+m.Samples[i].Refused)/m.Samples[i].Span)
	}
	if usual := stat.Median(before); float64(len(before)) >= p.Number("calm_samples") && usual > 0 {
		return stat.Median(at) / usual
	}
	return math.Inf(1)
}

// firstRefused goes back from the first sample at the limit with refusals to the first of
// all refusals without a pause, the probes' own among them.
func firstRefused(m *measure.Model, first int) int {
	for i := first - 1; i >= 0; i-- {
		if m.Samples[i].Full || m.Samples[i].Refused > 0 {
			first = i
		} else if m.Samples[i].HasInfo {
			break
		}
	}
	return first
}
