package result

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/words"
)

type (
	// Diff is what connbox diff says.
	Diff struct {
		Schema   int            `json:"schema" doc:"version of this format"`
		Tool     Tool           `json:"tool"`
		Before   DiffSide       `json:"before"`
		After    DiffSide       `json:"after"`
		Outcome  DiffOutcome    `json:"outcome"`
		Settings []DiffSetting  `json:"settings" doc:"settings and facts of the server that differ"`
		Signals  []DiffQuantity `json:"signals" doc:"of the server as a whole"`
		Apps     []DiffApp      `json:"apps" doc:"the most changed first"`
		MoreApps int            `json:"more_apps" doc:"applications left out"`
		Common   int            `json:"apps_in_both"`
		Gone     int            `json:"apps_gone" doc:"applications in the first recording only"`
		New      int            `json:"apps_new" doc:"applications in the second recording only"`
		Doubts   []Doubt        `json:"data_quality" doc:"what cannot be compared, or only with care"`
	}
	DiffSide struct {
		Input   Input   `json:"input"`
		Verdict Verdict `json:"verdict"`
	}
	DiffOutcome struct {
		Status     string        `json:"status" enum:"fixed better unchanged worse another began quiet unknown"`
		Confidence prob          `json:"confidence" doc:"probability that the status is right"`
		Cause      string        `json:"cause" doc:"whose quantity it rests on"`
		Subject    string        `json:"subject" doc:"the application it is of; empty: the server"`
		Key        *DiffQuantity `json:"key" doc:"that quantity"`
		Summary    string        `json:"summary"`
	}
	DiffQuantity struct {
		ID     string       `json:"id"`
		Title  string       `json:"title"`
		Unit   string       `json:"unit"`
		Before DiffInterval `json:"before"`
		After  DiffInterval `json:"after"`
		Change DiffInterval `json:"change" doc:"after less before"`
		P      num          `json:"p" doc:"p-value, corrected for the number of tests (Holm)"`
		Test   string       `json:"test"`
		Moved  string       `json:"moved" enum:"rose|fell|no change shown|not tested"`
		Why    string       `json:"why" doc:"why it was not tested"`
	}
	DiffInterval struct {
		Value num `json:"value"`
		Lo    num `json:"lo" doc:"lower end of the 90 % interval; null: not bounded"`
		Hi    num `json:"hi"`
	}
	DiffApp struct {
		Label       string         `json:"label"`
		InBefore    bool           `json:"in_before"`
		InAfter     bool           `json:"in_after"`
		HostsBefore int            `json:"hosts_before" doc:"hosts at once, at most"`
		HostsAfter  int            `json:"hosts_after"`
		Quantities  []DiffQuantity `json:"quantities"`
	}
	DiffSetting struct {
		Key    string `json:"key"`
		Before string `json:"before"`
		After  string `json:"after"`
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
		Outcome: DiffOutcome{Status: string(c.Outcome.Status), Confidence: prob(c.Outcome.Confidence), Cause: c.Outcome.Cause,
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
	interval := func(i finding.Interval) DiffInterval { return DiffInterval{num(i.Value), num(i.Lo), num(i.Hi)} }
	return DiffQuantity{ID: x.ID, Title: x.Title, Unit: x.Unit, Before: interval(x.Before), After: interval(x.After), Change: interval(x.Gap),
		P: num(x.P), Test: x.Test, Moved: string(x.Moved), Why: x.Why}
}
