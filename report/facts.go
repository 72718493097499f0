package report

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
)

// A fact is one of the big numbers of the impact.
type fact struct{ Value, Label string }

// impactFacts gives what the incident cost, leaving out what is not known.
func impactFacts(r *finding.Report, c clock) []fact {
	i := r.Impact
	var out []fact
	add := func(ok bool, value, label string) {
		if ok {
			out = append(out, fact{value, label})
		}
	}
	add(i.TimeAtLimit > 0, duration(i.TimeAtLimit), "at the limit")
	add(i.Refused > 0 || i.Refused == 0 && refusedNote(r) != refusedUnknown, count(i.Refused), "connections refused")
	add(i.Refused > 0 && i.PeakRefused > 0, number(i.PeakRefused)+"/s", "peak refusals")
	add(i.Refused > 0 && i.RefusedShare > 0, percent(i.RefusedShare), "of attempts refused")
	if !i.LimitReached.IsZero() && i.LimitReached.After(i.FirstSignal) && !i.FirstSignal.IsZero() {
		add(true, duration(i.LimitReached.Sub(i.FirstSignal)), "from the first sign to the limit")
	} else {
		add(!i.LimitReached.IsZero(), c.at(i.LimitReached), "limit reached")
	}
	switch {
	case !i.Recovered.IsZero():
		add(true, c.at(i.Recovered), "recovered")
	case r.Verdict.Status == finding.Incident && !i.LimitReached.IsZero():
		add(true, "not yet", "recovered by the end of the recording")
	}
	add(i.AppErrors > 0 && i.PeakAppErrors > 0, number(i.PeakAppErrors)+"/s", "peak of the applications' errors, "+number(i.AppErrors)+" in all")
	if v, _, ok := peak(signal(r, "connections")); ok {
		label := "most connections"
		if l := limitValue(r); l > 0 {
			label = fmt.Sprintf("most connections, %s of %s", percent(v/l), number(l))
		}
		add(len(out) < 6, number(v), label)
	}
	return out
}

// evidenceValue writes a value with its unit and interval.
func evidenceValue(e finding.Evidence) string {
	s := measure(e.Value, e.Unit)
	if e.HasInterval {
		end := func(v float64) string { return strings.TrimSuffix(measure(v, e.Unit), " "+e.Unit) }
		s += fmt.Sprintf(" (%s to %s)", end(e.Lo), end(e.Hi))
	}
	return s
}
