package fleet

import (
	"slices"
	"strings"

	"github.com/connbox/connbox/cmd/connbox/cli"
	"github.com/connbox/connbox/fleet/reduce"
)

// A gate says which findings are a failure; empty means none is.
type gate []rule

// A rule is "incident", "shared", "failed", "new", or the id of a cause, which may have to be new.
type rule struct {
	what string
	new  bool
}

// parseGate reads --fail-on.
func parseGate(s string, compared bool) (gate, error) {
	if s == "" {
		return nil, nil
	}
	causes := cli.CauseIDs()
	var out gate
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		r := rule{what: part}
		if rest, ok := strings.CutPrefix(part, "new:"); ok {
			r = rule{rest, true}
		}
		known := append(append([]string{}, causes...), "incident")
		if !r.new {
			known = append(known, "shared", "failed", "new")
		}
		if cli.IndexOf(known, r.what) < 0 {
			hint := ""
			if near := cli.Nearest(r.what, known); near != "" {
				hint = "; did you mean " + near + "?"
			}
			return nil, cli.Exitf(cli.StatusUsage, "--fail-on %s: %q is neither %s nor a cause%s", s, part, "incident, shared, failed, new", hint)
		}
		if (r.new || r.what == "new") && !compared {
			return nil, cli.Exitf(cli.StatusUsage, "--fail-on %s: what is new is told by --since", s)
		}
		out = append(out, r)
	}
	return out, nil
}

// status gives what the summary means for the exit status.
func (o *output) status() error {
	for _, r := range o.gate {
		if r.met(o.summary) {
			return &cli.ExitError{Code: cli.StatusFinding}
		}
	}
	return nil
}

func (r rule) met(s *reduce.Summary) bool {
	switch {
	case r.new:
		for _, c := range s.Since.New {
			if r.what == "incident" || c.Cause == r.what {
				return true
			}
		}
		return false
	case r.what == "new":
		return len(s.Since.New) > 0
	case r.what == "incident":
		return s.Counts.Incidents > 0
	case r.what == "shared":
		return len(s.Groups) > 0
	case r.what == "failed":
		return s.Counts.Failed > 0
	}
	return slices.ContainsFunc(s.Causes, func(c reduce.CauseCount) bool { return c.Cause == r.what })
}
