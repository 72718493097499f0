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
	known := append(cli.CauseIDs(), "incident", "undetermined")
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
			return nil, cli.Exitf(cli.StatusUsage, "--fail-on %s: %q is neither incident, undetermined nor a cause%s", s, what, hint)
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
