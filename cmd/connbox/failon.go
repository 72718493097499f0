package main

import (
	"strconv"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/verdict"
)

// A failOn says which verdicts are a failure; empty means none is.
type failOn []failRule

type failRule struct {
	what string  // "incident", "undetermined" or the id of a cause
	min  float64 // least confidence
}

// parseFailOn reads --fail-on: comma-separated words, each with ":CONFIDENCE" if wanted.
func parseFailOn(s string) (failOn, error) {
	if s == "" {
		return nil, nil
	}
	known := append(causeIDs(), "incident", "undetermined")
	var out failOn
	for part := range strings.SplitSeq(s, ",") {
		what, least, has := strings.Cut(strings.TrimSpace(part), ":")
		rule := failRule{what: what}
		if has {
			v, err := strconv.ParseFloat(least, 64)
			if err != nil || !(v >= 0 && v <= 1) {
				return nil, exitf(statusUsage, "--fail-on %s: the confidence %q is no number from 0 to 1", s, least)
			}
			rule.min = v
		}
		if indexOf(known, what) < 0 {
			hint := ""
			if near := nearest(what, known); near != "" {
				hint = "; did you mean " + near + "?"
			}
			return nil, exitf(statusUsage, "--fail-on %s: %q is neither incident, undetermined nor a cause%s", s, what, hint)
		}
		out = append(out, rule)
	}
	return out, nil
}

// status gives what a report means for the exit status. With --fail-on, a recording that
// says too little never passes.
func (f failOn) status(r *finding.Report) status {
	if len(f) == 0 {
		return statusDone
	}
	for _, rule := range f {
		if rule.what == "incident" && r.Verdict.Status == finding.Incident && r.Verdict.Confidence >= rule.min {
			return statusFinding
		}
		for _, c := range r.Causes {
			if c.ID == rule.what && c.Confidence >= rule.min {
				return statusFinding
			}
		}
	}
	if r.Verdict.Status == finding.Undetermined {
		return statusTooLittle
	}
	return statusDone
}

func causeIDs() []string {
	var ids []string
	for _, c := range verdict.Catalog() {
		ids = append(ids, c.ID)
	}
	return ids
}
