package main

import (
	"strconv"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/cmd/connbox/cli"
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
	return parseRules(s, append(cli.CauseIDs(), "incident", "undetermined"), "is neither incident, undetermined nor a cause")
}

// parseRules reads rules of some words; not says what an unknown one is.
func parseRules(s string, known []string, not string) (failOn, error) {
	var out failOn
	for part := range strings.SplitSeq(s, ",") {
		what, least, has := strings.Cut(strings.TrimSpace(part), ":")
		rule := failRule{what: what}
		if has {
			v, err := strconv.ParseFloat(least, 64)
			if err != nil || !(v >= 0 && v <= 1) {
				return nil, cli.Exitf(cli.StatusUsage, "--fail-on %s: the confidence %q is no number from 0 to 1", s, least)
			}
			rule.min = v
		}
		if cli.IndexOf(known, what) < 0 {
			hint := ""
			if near := cli.Nearest(what, known); near != "" {
				hint = "; did you mean " + near + "?"
			}
			return nil, cli.Exitf(cli.StatusUsage, "--fail-on %s: %q %s%s", s, what, not, hint)
		}
		out = append(out, rule)
	}
	return out, nil
}

// status gives what a report means for the exit status. With --fail-on, a recording that
// says too little never passes.
func (f failOn) status(r *finding.Report) cli.Status {
	if len(f) == 0 {
		return cli.StatusDone
	}
	for _, rule := range f {
		if rule.what == "incident" && r.Verdict.Status == finding.Incident && r.Verdict.Confidence >= rule.min {
			return cli.StatusFinding
		}
		for _, c := range r.Causes {
			if c.ID == rule.what && c.Confidence >= rule.min {
				return cli.StatusFinding
			}
		}
	}
	if r.Verdict.Status == finding.Undetermined {
		return cli.StatusTooLittle
	}
	return cli.StatusDone
}

// outcomes are what --fail-on of diff may name.
var outcomes = []string{string(finding.Fixed), string(finding.Better), string(finding.Unchanged), string(finding.Worse), string(finding.Another), string(finding.Began), string(finding.Ended), string(finding.Unknown)}

func parseFailOnOutcome(s string) (failOn, error) {
	if s == "" {
		return nil, nil
	}
	return parseRules(s, outcomes, "is no outcome ("+strings.Join(outcomes, ", ")+")")
}

// outcome gives what a comparison means for the exit status. With --fail-on, recordings that
// say too little never pass.
func (f failOn) outcome(o *finding.Outcome) cli.Status {
	if len(f) == 0 {
		return cli.StatusDone
	}
	for _, rule := range f {
		if o.Status != finding.Unknown && rule.what == string(o.Status) && o.Confidence >= rule.min {
			return cli.StatusFinding
		}
	}
	if o.Status == finding.Unknown || o.Status == finding.Ended { // who is not there shows no fix
		return cli.StatusTooLittle
	}
	return cli.StatusDone
}
