package words

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
)

// Clean gives a copy of a report for people: its strings safe to print, and the numbers in its
// sentences written as everywhere else.
func Clean(r *finding.Report, ascii bool) *finding.Report {
	r = inert.Clean(r, ascii)
	readable(r)
	for i := range r.Servers {
		readable(&r.Servers[i].Report)
	}
	return r
}

// readable rewrites the sentences of a report. Names and commands are left as they are: what a
// client calls itself may be a number.
func readable(r *finding.Report) {
	names := map[string]bool{}
	for i := range r.Holders {
		names[r.Holders[i].Label] = true
	}
	for i := range r.Causes {
		for _, s := range r.Causes[i].Sources {
			names[s.Name], names[s.User], names[s.Lib] = true, true, true
		}
	}
	say := func(all ...*string) {
		for _, s := range all {
			*s = Prose(*s, names)
		}
	}
	evidence := func(es []finding.Evidence) {
		for i := range es {
			say(&es[i].Claim)
		}
	}
	say(&r.Verdict.Summary, &r.Verdict.Runner, &r.Instead)
	for i := range r.Verdict.Parts {
		say(&r.Verdict.Parts[i].What)
	}
	for i := range r.Causes {
		say(&r.Causes[i].Claim)
		evidence(r.Causes[i].Evidence)
	}
	for i := range r.Candidates {
		evidence(r.Candidates[i].For)
		evidence(r.Candidates[i].Against)
	}
	for _, list := range [...][]finding.RuledOut{r.RuledOut, r.NotAssessed} {
		for i := range list {
			say(&list[i].Why)
		}
	}
	for i := range r.Timeline {
		say(&r.Timeline[i].What)
	}
	for i := range r.Actions {
		say(&r.Actions[i].Effect, &r.Actions[i].Check)
	}
	for i := range r.WhatIf {
		say(&r.WhatIf[i].Question, &r.WhatIf[i].Answer)
	}
	for i := range r.DataQuality {
		say(&r.DataQuality[i].What, &r.DataQuality[i].Effect)
	}
	for i := range r.Observations {
		say(&r.Observations[i])
	}
	for i := range r.Next {
		say(&r.Next[i].Why)
	}
	for i := range r.Answers {
		say(&r.Answers[i].Why)
	}
	for i := range r.Snapshot.Remarks {
		say(&r.Snapshot.Remarks[i].Text)
	}
}

// amount is a whole number of a sentence, maybe with decimals and a unit of time, and what stands
// around it: not a part of a name, a time, an address or a version.
var amount = regexp.MustCompile(`^([("+−-]*)(\d{4,15})((?:\.\d+)?(?:/[a-z]+)?[),;:."%?!]*)$`)

// percentage is a number with its sign of per cent.
var percentage = regexp.MustCompile(`^([("+−<>-]*\d+(?:\.\d+)?)%([),;:."?!]*)$`)

// called are the words after which a number is a name.
var called = map[string]bool{"port": true, "pid": true, "id": true, "line": true, "process": true, "record": true}

// isAddress tells an address without a port, which Sentinel writes as the word behind it.
func isAddress(w string) bool {
	_, err := netip.ParseAddr(w)
	return err == nil
}

// Prose writes the numbers of a sentence as package units does: 13 017 and 95 %. What stands in
// names, a word each, or in quotes stays.
func Prose(s string, names map[string]bool) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	words := strings.Split(s, " ")
	code, quoted := false, 0
	for i, w := range words {
		if strings.Count(w, "`")%2 == 1 {
			code = !code
		}
		quoted += strings.Count(w, "“")
		within := code || quoted > 0
		quoted = max(0, quoted-strings.Count(w, "”"))
		if within || strings.Contains(w, "`") || names[w] || i > 0 && (called[words[i-1]] || isAddress(words[i-1])) {
			continue
		}
		if m := percentage.FindStringSubmatch(w); m != nil {
			w = m[1] + " %" + m[2]
		} else if m := amount.FindStringSubmatch(w); m != nil {
			w = m[1] + units.Grouped(m[2]) + m[3]
		}
		words[i] = w
	}
	return strings.Join(words, " ")
}
