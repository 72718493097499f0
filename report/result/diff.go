package result

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/words"
)

// The types of the JSON of connbox diff; see types.go.
type (
	// Diff is what two recordings say of each other. What changed is a statement about these two stretches of time.
	Diff struct {
		Schema   int            `json:"schema"`       // version of this format
		Tool     Tool           `json:"tool"`         // who wrote it
		Before   DiffSide       `json:"before"`       // the first recording
		After    DiffSide       `json:"after"`        // the second recording
		Outcome  DiffOutcome    `json:"outcome"`      // what became of the incident
		Settings []DiffSetting  `json:"settings"`     // settings and facts of the server that differ
		Signals  []DiffQuantity `json:"signals"`      // of the server as a whole
		Apps     []DiffApp      `json:"apps"`         // applications, the most changed first
		MoreApps int            `json:"more_apps"`    // applications left out
		Common   int            `json:"apps_in_both"` // applications in both recordings
		Gone     int            `json:"apps_gone"`    // applications in the first only
		New      int            `json:"apps_new"`     // applications in the second only
		Doubts   []Doubt        `json:"data_quality"` // what cannot be compared, or only with care
	}
	// DiffSide is one of the recordings.
	DiffSide struct {
		Input   Input   `json:"input"`   // what was analysed
		Verdict Verdict `json:"verdict"` // the answer for this one alone
	}
	// DiffOutcome is what became of the incident.
	DiffOutcome struct {
		Status     string        `json:"status" enum:"fixed|better|unchanged|worse|another|began|ended|quiet|unknown"` // in the order of the recordings as given
		Confidence Probability   `json:"confidence"`                                                                   // probability that the status is right; null where it is unknown
		Cause      string        `json:"cause"`                                                                        // whose quantity it rests on
		Subject    string        `json:"subject"`                                                                      // the application it is of; empty: the server
		Key        *DiffQuantity `json:"key"`                                                                          // that quantity; null where nothing could be measured
		Summary    string        `json:"summary"`                                                                      // one sentence
	}
	// DiffQuantity is one quantity in both recordings.
	DiffQuantity struct {
		ID     string       `json:"id"`                                                // of the quantity
		Title  string       `json:"title"`                                             // in words
		Unit   string       `json:"unit"`                                              // of its values
		Before DiffInterval `json:"before"`                                            // in the first recording
		After  DiffInterval `json:"after"`                                             // in the second
		Change DiffInterval `json:"change"`                                            // after less before
		P      Number       `json:"p"`                                                 // p-value, corrected for the number of tests (Holm); null: not tested
		Test   string       `json:"test"`                                              // which one
		Moved  string       `json:"moved" enum:"rose|fell|no change shown|not tested"` // by the test, and by so much that people care
		Why    string       `json:"why"`                                               // why it was not tested
	}
	// DiffInterval is a value with its 90 % interval.
	DiffInterval struct {
		Value Number `json:"value"` // null: not measured
		Lo    Number `json:"lo"`    // lower end; null: not bounded
		Hi    Number `json:"hi"`    // upper end
	}
	// DiffApp is one application in both recordings.
	DiffApp struct {
		Label       string         `json:"label"`        // what people call it
		InBefore    bool           `json:"in_before"`    // it is in the first recording
		InAfter     bool           `json:"in_after"`     // it is in the second
		HostsBefore int            `json:"hosts_before"` // hosts at once, at most
		HostsAfter  int            `json:"hosts_after"`  // the same of the second
		Quantities  []DiffQuantity `json:"quantities"`   // what changed
	}
	// DiffSetting is a setting that differs.
	DiffSetting struct {
		Key    string `json:"key"`    // of CONFIG, or in words
		Before string `json:"before"` // empty: not known
		After  string `json:"after"`  // empty: not known
	}
)

// WriteDiff writes a comparison for programs, as Write does a report.
func WriteDiff(w io.Writer, c *finding.Comparison, o words.Options) error {
	o = o.WithDefaults("")
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(diffOf(c, o.Version)); err != nil {
		return err
	}
	_, err := w.Write(inert.JSON(b.Bytes()))
	return err
}

func diffOf(c *finding.Comparison, version string) Diff {
	side := func(r *finding.Report) DiffSide { return DiffSide{inputOf(r.Input), verdictOf(r.Verdict)} }
	d := Diff{Schema: Schema, Tool: Tool{"connbox", version}, Before: side(&c.Before), After: side(&c.After),
		Outcome: DiffOutcome{Status: string(c.Outcome.Status), Confidence: Probability(c.Outcome.Confidence), Cause: c.Outcome.Cause,
			Subject: c.Outcome.Subject, Summary: c.Outcome.Summary},
		Settings: mapped(c.Settings, func(s finding.SettingChange) DiffSetting { return DiffSetting(s) }),
		Signals:  mapped(c.Signals, quantityOf), MoreApps: c.MoreApps, Common: c.Common, Gone: c.Gone, New: c.New,
		Apps: mapped(c.Apps, func(a finding.AppChange) DiffApp {
			return DiffApp{a.Label, a.InBefore, a.InAfter, a.HostsBefore, a.HostsAfter, mapped(a.Changes, quantityOf)}
		}),
		Doubts: mapped(c.Doubts, func(x finding.Doubt) Doubt { return Doubt(x) })}
	if c.Outcome.Key.ID != "" {
		key := quantityOf(c.Outcome.Key)
		d.Outcome.Key = &key
	}
	return d
}

func quantityOf(x finding.Change) DiffQuantity {
	interval := func(i finding.Interval) DiffInterval {
		return DiffInterval{Number(i.Value), Number(i.Lo), Number(i.Hi)}
	}
	return DiffQuantity{ID: x.ID, Title: x.Title, Unit: x.Unit, Before: interval(x.Before), After: interval(x.After), Change: interval(x.Gap),
		P: Number(x.P), Test: x.Test, Moved: string(x.Moved), Why: x.Why}
}
