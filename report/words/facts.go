package words

import (
	"fmt"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
)

// A Fact is one of the big numbers of the impact.
type Fact struct{ Value, Label string }

// ImpactFacts gives what the incident cost, leaving out what is not known.
func ImpactFacts(r *finding.Report, c units.Clock) []Fact {
	i := r.Impact
	var out []Fact
	add := func(ok bool, value, label string) {
		if ok {
			out = append(out, Fact{value, label})
		}
	}
	add(i.Unavailable > 0, units.Duration(i.Unavailable), "without an answer")
	add(i.TimeAtLimit > 0, units.Duration(i.TimeAtLimit), "at the limit")
	add(i.Refused > 0 || i.Refused == 0 && RefusedNote(r) != RefusedUnknown, units.Count(i.Refused), "connections refused")
	add(i.Refused > 0 && i.PeakRefused > 0, units.Number(i.PeakRefused)+"/s", "peak refusals")
	add(i.Refused > 0 && i.RefusedShare > 0, units.Percent(i.RefusedShare), "of attempts refused")
	if !i.LimitReached.IsZero() && i.LimitReached.After(i.FirstSignal) && !i.FirstSignal.IsZero() {
		add(true, units.Duration(i.LimitReached.Sub(i.FirstSignal)), "from the first sign to the limit")
	} else {
		add(!i.LimitReached.IsZero(), c.At(i.LimitReached), "limit reached")
	}
	switch {
	case !i.Recovered.IsZero():
		add(true, c.At(i.Recovered), "recovered")
	case r.Verdict.Status == finding.Incident && !i.LimitReached.IsZero():
		add(true, "not yet", "recovered by the end of the recording")
	}
	add(i.AppErrors > 0 && i.PeakAppErrors > 0, units.Number(i.PeakAppErrors)+"/s", "peak of the applications' errors, "+units.Number(i.AppErrors)+" in all")
	if v, _, ok := Peak(Signal(r, "connections")); ok {
		label := "most connections"
		if l := LimitValue(r); l > 0 {
			label = fmt.Sprintf("most connections, %s of %s", units.Percent(v/l), units.Number(l))
		}
		add(len(out) < 6, units.Number(v), label)
	}
	return out
}

// EvidenceValue writes a value with its unit and interval.
func EvidenceValue(e finding.Evidence) string {
	s := units.Measure(e.Value, e.Unit)
	if e.HasInterval {
		end := func(v float64) string { return strings.TrimSuffix(units.Measure(v, e.Unit), " "+e.Unit) }
		s += fmt.Sprintf(" (%s to %s)", end(e.Lo), end(e.Hi))
	}
	return s
}

// HumanBlanks are the parts of a postmortem that only people can write.
var HumanBlanks = [...]struct{ What, Hint string }{
	{"Owner of this postmortem", "name and date"},
	{"Detection", "who or what noticed it, and when; compare with the first sign in the timeline"},
	{"Response", "what was done, by which role, at what time"},
	{"Users affected", "what they saw, how many"},
	{"What went well", ""},
	{"Where we got lucky", ""},
	{"Action items", "each with an owner and a date"},
}

// OrLabel names what has no name.
func OrLabel(s string) string {
	if strings.TrimSpace(s) == "" {
		return "(no name)"
	}
	return s
}

// RefusedUnknown stands where the recording cannot tell whether anybody was refused.
const RefusedUnknown = "unknown"

// RefusedNote sums up the row of refusals. "none" needs a recording that could have seen
// them: not one without the counter, nor one whose probes got no reply, for these may have
// been refused themselves.
func RefusedNote(r *finding.Report) string {
	v, _, ok := Peak(Signal(r, "refused"))
	switch {
	case ok && v > 0:
		return "peak " + units.Number(v) + "/s"
	case !ok || r.Impact.Refused < 0 || r.Input.Failed > 0:
		return RefusedUnknown
	case r.Impact.Refused > 0: // counted, but at no moment that can be told
		return units.Count(r.Impact.Refused) + " in all"
	}
	return "none"
}
