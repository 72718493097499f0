// Package expect holds what the analysis of a recording must come to: an expectation file is read
// with the place of every problem, held against a report, and written from one.
//
//	text -> Read -> Expectation -> Judge(Measured) -> Differences
//	Measured -> Propose -> text;  Differences -> Update -> text
//
// It reads no files and prints nothing.
package expect

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/verdict"
)

// Version is that of the format.
const Version = 1

// Suffixes are what the names of expectation files end in.
var Suffixes = []string{".expect.yaml", ".expect.yml", ".expect.json"}

// The comment beside a field is its description in docs/schema.

// File is an expectation file, YAML or JSON: what the analysis of a recording must come to.
type File struct {
	Expect      int         `json:"expect"`                   // version of this format: 1
	Input       string      `json:"input,omitempty"`          // the recording, relative to this file: anything connbox analyze reads
	App         string      `json:"app,omitempty"`            // metrics of the applications' pools, as --app, relative to this file
	AppMap      string      `json:"app_map,omitempty"`        // how to read them, as --app-map, relative to this file
	Verdict     string      `json:"verdict,omitempty"`        // the cause that must be the verdict's, or healthy, or undetermined; may be missing where there are counts or budgets
	Accept      []string    `json:"accept,omitempty"`         // verdicts that are right as well
	Not         []string    `json:"not,omitempty"`            // causes that must not be anywhere among the report's causes
	MinConf     *Confidence `json:"min_confidence,omitempty"` // least confidence of the verdict, 0 to 1
	MaxConf     *Confidence `json:"max_confidence,omitempty"` // greatest confidence of the verdict, 0 to 1
	Source      string      `json:"source,omitempty"`         // one of the first two sources of the verdict's cause has this host or name; with a dot at the end, its host begins so
	Sources     []string    `json:"sources,omitempty"`        // each of these is a source of the verdict's cause, named as in source
	NotSources  []string    `json:"not_sources,omitempty"`    // none of these is a source of the verdict's cause
	Onset       string      `json:"onset,omitempty"`          // when the verdict's cause begins, as 2026-08-18T13:08:00Z
	OnsetWithin string      `json:"onset_within,omitempty"`   // give or take this duration, as 2m
	Limit       string      `json:"limit,omitempty"`          // when the limit was reached, as a time, or never
	LimitWithin string      `json:"limit_within,omitempty"`   // give or take this duration
	Counts      Bounds      `json:"counts,omitempty"`         // quantities of the recording: 12, 10..14, 12 +- 2, 12 +- 10%
	Budgets     Bounds      `json:"budgets,omitempty"`        // what quantities may be at most: 800, 60s, < 0.5, >= 20
}

// Confidence is a probability.
type Confidence float64

// JSONSchema describes it.
func (Confidence) JSONSchema() string { return `{"type": "number", "minimum": 0, "maximum": 1}` }

// An Expectation is a File that was read, and where each part of it stands.
type Expectation struct {
	File
	Name string // of the file

	at            map[string]Place
	onset, limit  time.Time
	within        time.Duration // of the onset
	limitWithin   time.Duration
	checked       []bounded
	limitUnwanted bool // limit: never
}

// A Place is where something stands in a file, both counted from 1; zero: nowhere.
type Place struct{ Line, Col int }

// A Problem is why an expectation cannot be used.
type Problem struct {
	Place
	Text string
}

// At gives the place of a field; of the whole where the field is not there.
func (e *Expectation) At(field string) Place {
	if p, ok := e.at[field]; ok {
		return p
	}
	return Place{1, 1}
}

// check adds what is wrong with the values.
func (r *reader) check() {
	e := r.e
	switch {
	case !r.has("expect"):
		r.problem(Place{1, 1}, "expect is missing: the version of the format, %d", Version)
	case e.Expect != Version && !r.bad["expect"]:
		r.problem(e.At("expect"), "expect is %d; this connbox reads version %d", e.Expect, Version)
	}
	if e.Input == "" && !r.opts.NoInput && !r.bad["input"] {
		r.problem(e.At("input"), "input is missing: the recording, relative to this file")
	}
	if e.Verdict == "" && len(e.Counts)+len(e.Budgets) == 0 && !r.bad["verdict"] && !r.bad["counts"] && !r.bad["budgets"] {
		r.problem(e.At("verdict"), "verdict is missing: a cause, healthy or undetermined; or else counts or budgets")
	}
	if e.AppMap != "" && e.App == "" {
		r.problem(e.At("app_map"), "app_map says how to read app, which is missing")
	}
	r.confidences()
	r.verdicts()
	e.onset, e.within = r.moment("onset", e.Onset, e.OnsetWithin)
	if e.limitUnwanted = e.Limit == "never"; e.limitUnwanted {
		if e.LimitWithin != "" {
			r.problem(e.At("limit_within"), "limit_within has no meaning beside limit: never")
		}
	} else {
		e.limit, e.limitWithin = r.moment("limit", e.Limit, e.LimitWithin)
	}
	r.bounds("counts", e.Counts, true)
	r.bounds("budgets", e.Budgets, false)
}

func (r *reader) confidences() {
	e, low := r.e, Confidence(0)
	if e.MinConf != nil {
		if low = *e.MinConf; !(low >= 0 && low <= 1) {
			r.problem(e.At("min_confidence"), "min_confidence %v is not from 0 to 1", low)
			return
		}
	}
	if e.MaxConf != nil && !(*e.MaxConf >= low && *e.MaxConf <= 1) {
		r.problem(e.At("max_confidence"), "max_confidence %v is not from min_confidence to 1", *e.MaxConf)
	}
}

func (r *reader) verdicts() {
	e := r.e
	known := Verdicts()
	if e.Verdict != "" && !slices.Contains(known, e.Verdict) {
		r.problem(e.At("verdict"), "verdict %q is neither healthy, undetermined nor a cause%s", e.Verdict, r.hint(e.Verdict, known))
	}
	for i, v := range e.Accept {
		if !slices.Contains(known, v) {
			r.problem(e.At(fmt.Sprintf("accept[%d]", i)), "accept: %q is neither healthy, undetermined nor a cause%s", v, r.hint(v, known))
		}
	}
	if len(e.Accept) > 0 && e.Verdict == "" {
		r.problem(e.At("accept"), "accept lists what is right beside verdict, which is missing")
	}
	for i, v := range e.Not {
		at := e.At(fmt.Sprintf("not[%d]", i))
		if verdict.CauseByID(v) == nil {
			r.problem(at, "not: %q is no cause%s", v, r.hint(v, known))
		} else if v == e.Verdict {
			r.problem(at, "not: %s is the verdict that is wanted", v)
		}
	}
	wanted := map[string]bool{e.Source: e.Source != ""}
	for _, s := range e.Sources {
		wanted[s] = true
	}
	for i, s := range e.NotSources {
		if wanted[s] {
			r.problem(e.At(fmt.Sprintf("not_sources[%d]", i)), "not_sources: %q is wanted as a source, too", s)
		}
	}
}

// moment reads a time and its tolerance, which belong together.
func (r *reader) moment(field, at, within string) (t time.Time, d time.Duration) {
	e := r.e
	if at == "" && within == "" || r.bad[field] || r.bad[field+"_within"] {
		return t, 0
	}
	if at == "" || within == "" {
		there := field
		if at == "" {
			there += "_within"
		}
		r.problem(e.At(there), "%s and %s_within belong together", field, field)
		return t, 0
	}
	var err error
	if t, err = time.Parse(time.RFC3339, at); err != nil || t.IsZero() {
		or := ""
		if field == "limit" {
			or = ", nor is it never"
		}
		r.problem(e.At(field), "%s %q is no time as 2026-08-18T13:08:00Z%s", field, at, or)
	}
	if d, err = time.ParseDuration(within); err != nil || d < 0 {
		r.problem(e.At(field+"_within"), "%s_within %q is no duration as 2m", field, within)
	}
	return t, d
}

// Verdicts lists what a verdict may be, in one word.
func Verdicts() []string {
	var out []string
	for _, c := range verdict.Catalog() {
		out = append(out, c.ID)
	}
	return append(out, string(finding.Healthy), string(finding.Undetermined))
}

// VerdictOf is a report's verdict in one word.
func VerdictOf(r *finding.Report) string {
	if r.Verdict.Status == finding.Incident {
		return r.Verdict.Cause
	}
	return string(r.Verdict.Status)
}

// CaseName is how people call an expectation: its file's name without folder and suffix.
func CaseName(file string) string {
	name := filepath.Base(file)
	for _, s := range Suffixes {
		name = strings.TrimSuffix(name, s)
	}
	return name
}
