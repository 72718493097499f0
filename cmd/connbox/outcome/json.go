package outcome

import (
	"io"

	"github.com/connbox/connbox/cmd/connbox/cli"
)

// The types of the JSON: fields may be added, none is renamed or removed. The comment beside a
// field is its description in docs/schema.
type (
	// Check is how the expectations went.
	Check struct {
		Schema  int           `json:"schema"`  // version of this format
		Passed  int           `json:"passed"`  // expectations that were met
		Failed  int           `json:"failed"`  // expectations that were not, or could not be looked at
		Results []CheckResult `json:"results"` // one an expectation file or recording, in their order
	}
	// CheckResult is how one expectation went.
	CheckResult struct {
		Name        string            `json:"name"`        // of the expectation, or of the recording
		File        string            `json:"file"`        // where it stands
		OK          bool              `json:"ok"`          // it was met
		Status      cli.Status        `json:"status"`      // what it alone would exit with
		Verdict     string            `json:"verdict"`     // of the analysis: a cause, healthy or undetermined; empty without one
		Confidence  float64           `json:"confidence"`  // of that verdict
		Unmet       []string          `json:"unmet"`       // what was not met, or why it could not be looked at
		Differences []CheckDifference `json:"differences"` // what was not met, field by field
		Notes       []string          `json:"notes"`       // what else is to be said
	}
	// CheckDifference is a field of the expectation that was not met.
	CheckDifference struct {
		Field    string          `json:"field"`    // as verdict, budgets.refused, sources[0]
		Got      string          `json:"got"`      // what the analysis found
		Want     string          `json:"want"`     // what was expected
		Known    bool            `json:"known"`    // false: the recording does not say
		Line     int             `json:"line"`     // of the field in the file, from 1; 0: it stands in none
		Evidence []CheckEvidence `json:"evidence"` // what it rests on
	}
	// CheckEvidence is a fact, and where to look it up.
	CheckEvidence struct {
		Claim string   `json:"claim"` // the fact
		At    []string `json:"at"`    // places in the recording
	}
)

func writeJSON(w io.Writer, r *Report) error {
	out := Check{Schema: 1, Results: []CheckResult{}}
	out.Passed, out.Failed = tally(r.All)
	for i := range r.All {
		o := &r.All[i]
		c := CheckResult{Name: o.Name, File: o.File, OK: o.Code == cli.StatusDone, Status: o.Code, Verdict: o.Verdict, Confidence: o.Confidence,
			Unmet: cli.OrEmpty(o.lines()), Differences: []CheckDifference{}, Notes: cli.OrEmpty(o.Notes)}
		for k := range o.Diffs {
			d := &o.Diffs[k]
			diff := CheckDifference{Field: d.Field, Got: d.Got, Want: d.Want, Known: !d.Unknown, Line: d.Line, Evidence: []CheckEvidence{}}
			for _, e := range d.Evidence {
				diff.Evidence = append(diff.Evidence, CheckEvidence{e.Claim, cli.OrEmpty(e.At)})
			}
			c.Differences = append(c.Differences, diff)
		}
		out.Results = append(out.Results, c)
	}
	return cli.WriteJSON(w, out)
}
