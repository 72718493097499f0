// Package words holds what a report says in any format for people: which parts of a report
// are worth a line, and how they are put. It reads reports and writes plain strings; how these
// are escaped and laid out is for the writers: terminal, markdown and page.
package words

import (
	"strings"
	"unicode/utf8"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
)

// CauseTitle gives a cause's name as a headline begins: its title, or its id with spaces for
// hyphens where it has none.
func CauseTitle(title, id string) string {
	if strings.TrimSpace(title) != "" {
		return title
	}
	if strings.TrimSpace(id) == "" {
		return OrLabel(id)
	}
	return finding.UpperFirst(strings.ReplaceAll(inert.Short(id, 60), "-", " "))
}

// causePhrase gives a cause's name within a sentence.
func causePhrase(c *finding.Finding) string {
	if c.Phrase != "" {
		return c.Phrase
	}
	return strings.ReplaceAll(inert.Short(c.ID, 60), "-", " ")
}

// Headline names the outcome in a few words: "Connection leak, then a retry storm".
func Headline(r *finding.Report) string {
	switch r.Verdict.Status {
	case finding.Healthy:
		return "No incident found"
	case finding.Incident:
	default:
		return "Undetermined: no cause can be named"
	}
	if len(r.Causes) == 0 {
		return CauseTitle("", r.Verdict.Cause)
	}
	s := CauseTitle(r.Causes[0].Title, r.Causes[0].ID)
	joins := [...]struct {
		roles [2]finding.Role
		word  string
	}{
		{[2]finding.Role{finding.Modifier}, " with "},
		{[2]finding.Role{finding.Trigger}, ", set off by "},
		{[2]finding.Role{finding.Amplifier, finding.Consequence}, ", then "},
	}
	for _, j := range joins {
		for _, c := range r.Causes[1:] {
			if c.Role == j.roles[0] || j.roles[1] != "" && c.Role == j.roles[1] {
				s += j.word + causePhrase(&c)
				break // one of a kind is enough for a headline
			}
		}
	}
	return s
}

// Sentences gives the summary and the claims of further causes, at most three in all.
func Sentences(r *finding.Report) []string {
	var out []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s == "" || len(out) == 3 {
			return
		}
		for _, have := range out {
			if strings.Contains(have, strings.TrimRight(s, ".")) {
				return
			}
		}
		out = append(out, Sentence(s))
	}
	if r.Verdict.Status == finding.Healthy {
		add(withoutHeadline(r.Verdict.Summary))
		return out
	}
	add(r.Verdict.Summary)
	if r.Verdict.Status == finding.Incident {
		for _, c := range r.Causes[min(1, len(r.Causes)):] {
			add(c.Claim)
		}
	}
	return out
}

// withoutHeadline takes the headline of a healthy recording off its summary: it stands
// right above.
func withoutHeadline(s string) string {
	s = strings.TrimSpace(s)
	for _, lead := range [...]string{"No incident found", "No incident"} {
		if rest, ok := strings.CutPrefix(s, lead); ok && (rest == "" || strings.ContainsRune(".:;,", rune(rest[0]))) {
			if rest = strings.TrimLeft(rest, ".:;, "); rest == "" {
				return ""
			}
			return finding.UpperFirst(rest)
		}
	}
	return s
}

// Sentence ends s with a full stop where it has no end of its own.
func Sentence(s string) string {
	if last, _ := utf8.DecodeLastRuneInString(s); s == "" || strings.ContainsRune(".!?:…", last) {
		return s
	}
	return s + "."
}

// riskLabels are the words people read before they run a command.
var riskLabels = [...]struct {
	risk        finding.Risk
	label, note string
}{
	{finding.Safe, "SAFE", "only reads"},
	{finding.Changes, "CHANGES CONFIG", "lost at a restart unless written to the file"},
	{finding.Disconnects, "DISCONNECTS", "cuts clients off"},
}

// RiskLabel gives the label and what it means. A risk that is not known is not safe.
func RiskLabel(r finding.Risk) (label, note string) {
	for _, l := range riskLabels {
		if l.risk == r {
			return l.label, l.note
		}
	}
	return "RISK UNKNOWN", "look before you run it"
}

// ActionLabel is RiskLabel of a step: what is done to an application or a deployment changes no
// configuration of the server.
func ActionLabel(a finding.Action) string {
	label, _ := RiskLabel(a.Risk)
	if a.Risk == finding.Changes && !IsShell(a.Command) && !strings.Contains(a.Command, "CONFIG SET") {
		return "CODE OR SETUP"
	}
	return label
}

// Hedge turns a confidence into the words of the verdict: under 0.8 the data is only
// consistent with the cause.
func Hedge(p float64) string {
	switch {
	case !(p >= 0.5):
		return "weak"
	case p < 0.8:
		return "consistent with the data, not proven"
	case p < 0.95:
		return "likely"
	}
	return "very likely"
}

// Certainty says how sure a verdict is, in words. The number of an undetermined one is how
// likely its strongest candidate is: beside the verdict it would read as doubt of the doubt.
// Empty where not even that says anything.
func Certainty(v finding.Verdict) string {
	switch {
	case v.Status != finding.Undetermined:
		return "confidence " + units.Confidence(v.Confidence)
	case v.Confidence >= LeastCandidate:
		return "the strongest candidate is " + units.Percent(v.Confidence) + " likely"
	}
	return ""
}

// LeastCandidate is how likely a candidate must be to be spoken of.
const LeastCandidate = 0.1

// YesNo writes an answer.
func YesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

// Plural writes a count with its noun.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return units.Count(int64(n)) + " " + noun + "s"
}

// SamplesLine says what the recording holds: "360 samples, 0 gaps, 2 failed probes".
func SamplesLine(in finding.Input) string {
	s := Plural(in.Samples, "sample")
	if in.Samples > 1 || in.Gaps > 0 {
		s += ", " + Plural(in.Gaps, "gap")
	}
	if in.Failed > 0 {
		s += ", " + Plural(in.Failed, "failed probe")
	}
	logs := []string{s}
	if in.Samples == 0 && in.LogLines+in.ClientLog > 0 {
		logs = nil
	}
	if in.LogLines > 0 {
		logs = append(logs, Plural(int(in.LogLines), "line")+" of the server's log")
	}
	if in.ClientLog > 0 {
		logs = append(logs, Plural(int(in.ClientLog), "line")+" of a client's log")
	}
	return strings.Join(logs, ", ")
}
