// Package result writes a report for programs: the whole as JSON, or its answer in brief. The
// types are the schema: docs/schema is made from them.
package result

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/units"
	"github.com/connbox/connbox/report/words"
)

// Schema is the version of the JSON report. Fields may be added within a version; none is
// renamed or removed.
const Schema = 1

// Write writes the report for programs. Values are as measured, not scaled or cut;
// times are UTC; what is not known is null; lists are never null.
func Write(w io.Writer, r *finding.Report, o words.Options) error {
	o = o.WithDefaults(r.Input.Name)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(Of(r, o.Version)); err != nil {
		return err
	}
	_, err := w.Write(inert.JSON(b.Bytes()))
	return err
}

// num is a number that may be missing: NaN and infinities are null.
type num float64

func (v num) MarshalJSON() ([]byte, error) {
	if !units.Finite(float64(v)) {
		return []byte("null"), nil
	}
	return json.Marshal(units.Rounded(float64(v)))
}

// prob is a probability, rounded to four decimals so that the last bit of a sum in
// another order is no difference between two reports.
type prob float64

func (p prob) MarshalJSON() ([]byte, error) {
	if !units.Finite(float64(p)) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(float64(p)*1e4)/1e4, 'f', -1, 64), nil
}

// stamp is a time; the zero time is null. Years outside RFC 3339 are null as well.
type stamp time.Time

func (s stamp) MarshalJSON() ([]byte, error) {
	t := time.Time(s).UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return []byte("null"), nil
	}
	return []byte(t.Format(`"` + time.RFC3339Nano + `"`)), nil
}

// known writes a count or amount whose negative means "not known".
func known(v float64) num {
	if v < 0 {
		return num(math.NaN())
	}
	return num(v)
}

type (
	Report struct {
		Schema int  `json:"schema"`
		Tool   Tool `json:"tool"`

		Input       Input       `json:"input"`
		Verdict     Verdict     `json:"verdict"`
		Causes      []Cause     `json:"causes"`
		Candidates  []Candidate `json:"candidates"`
		RuledOut    []RuledOut  `json:"ruled_out"`
		NotAssessed []RuledOut  `json:"not_assessed"`
		Unused      Unused      `json:"unused"`
		Snapshot    *Snapshot   `json:"snapshot"`
		Timeline    []Event     `json:"timeline"`
		Impact      Impact      `json:"impact"`
		Actions     []Action    `json:"actions"`
		WhatIf      []WhatIf    `json:"what_if"`
		DataQuality []Doubt     `json:"data_quality"`

		Observations []string `json:"observations"`
		Next         []Step   `json:"next"`
		Answers      []Answer `json:"answers"`
		Course       []Phase  `json:"course"`
		Holders      []Holder `json:"holders"`
		Limit        Limit    `json:"limit"`
		Config       []Config `json:"config"`

		Servers []ServerReport `json:"servers,omitempty"` // where the input holds several
	}
	// jsonServerReport is the report of one of several servers; the report around it is that of
	// the one in the most trouble.
	ServerReport struct {
		Name   string `json:"name"`
		At     string `json:"at"`
		Report Report `json:"report"`
	}
	Tool struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	Input struct {
		Kind      string   `json:"kind"`
		Form      string   `json:"form,omitempty"`
		Name      string   `json:"name"`
		SHA256    string   `json:"sha256"`
		From      stamp    `json:"from"`
		To        stamp    `json:"to"`
		Samples   int      `json:"samples"`
		IntervalS num      `json:"interval_s"`
		Gaps      int      `json:"gaps"`
		Failed    int      `json:"failed"`
		LogLines  int64    `json:"log_lines,omitempty"`
		Servers   []Server `json:"servers"`
	}
	Server struct {
		RunID   string `json:"run_id"`
		Version string `json:"version"`
		Role    string `json:"role"`
	}
	Verdict struct {
		Status     string `json:"status"`
		Cause      string `json:"cause"`
		Confidence prob   `json:"confidence"`
		Summary    string `json:"summary"`
		RunnerUp   string `json:"runner_up"`

		Contributions []Contribution `json:"contributions"`
	}
	Contribution struct {
		What  string `json:"what"`
		Value num    `json:"value"`
	}
	Cause struct {
		ID            string     `json:"id"`
		Role          string     `json:"role"`
		Confidence    prob       `json:"confidence"`
		Onset         stamp      `json:"onset"`
		OnsetInterval *[2]stamp  `json:"onset_interval"`
		End           stamp      `json:"end"`
		Spells        []Phase    `json:"spells"`
		Claim         string     `json:"claim"`
		Sources       []Source   `json:"sources"`
		Evidence      []Evidence `json:"evidence"`
		Growth        *Growth    `json:"growth,omitempty"`
	}
	// jsonGrowth is by which shape the connections of the worst source grew.
	Growth struct {
		Subject      string  `json:"subject"`
		Shape        string  `json:"shape"`
		Weight       num     `json:"weight"`
		Runner       string  `json:"runner_up"`
		RunnerWeight num     `json:"runner_up_weight"`
		Params       []Param `json:"params"`
	}
	Param struct {
		Name     string `json:"name"`
		Unit     string `json:"unit"`
		Value    num    `json:"value"`
		Interval [2]num `json:"interval"`
	}
	Source struct {
		Host        string `json:"host"`
		Name        string `json:"name"`
		User        string `json:"user"`
		Lib         string `json:"lib"`
		Connections int    `json:"connections"`
		Share       num    `json:"share"`
	}
	Evidence struct {
		Ref      string   `json:"ref"`
		Claim    string   `json:"claim"`
		Value    num      `json:"value"`
		Unit     string   `json:"unit"`
		Interval *[2]num  `json:"interval"`
		At       []string `json:"at"`
		For      bool     `json:"for"`
	}
	// jsonPhase is a stretch in which connections went on as a line.
	Phase struct {
		From     stamp  `json:"from"`
		To       stamp  `json:"to"`
		Begin    num    `json:"begin"`
		End      num    `json:"end"`
		PerMin   num    `json:"per_min"`
		Interval [2]num `json:"interval"`
	}
	// jsonCandidate refers to its evidence, which stands in Evidence.
	Candidate struct {
		ID          string     `json:"id"`
		Probability prob       `json:"probability"`
		For         []string   `json:"for"`
		Against     []string   `json:"against"`
		Evidence    []Evidence `json:"evidence"`
	}
	Unused struct {
		Lines int64    `json:"lines"`
		At    []string `json:"at"`
		Text  []string `json:"text"`
	}
	Snapshot struct {
		Taken   int      `json:"taken"`
		Remarks []Remark `json:"remarks"`
	}
	Remark struct {
		Topic string   `json:"topic"`
		Text  string   `json:"text"`
		At    []string `json:"at"`
	}
	RuledOut struct {
		ID  string `json:"id"`
		Why string `json:"why"`
	}
	Event struct {
		At       stamp    `json:"at"`
		What     string   `json:"what"`
		Evidence []string `json:"evidence"`
	}
	Impact struct {
		Refused      *int64 `json:"refused"`
		PeakRefused  num    `json:"peak_refused_per_s"`
		RefusedShare num    `json:"refused_share"`
		TimeAtLimitS num    `json:"time_at_limit_s"`
		FirstSignal  stamp  `json:"first_signal"`
		LimitReached stamp  `json:"limit_reached"`
		Recovered    stamp  `json:"recovered"`

		AppErrors     num `json:"app_errors"`
		PeakAppErrors num `json:"peak_app_errors_per_s"`
	}
	Action struct {
		Risk    string `json:"risk"`
		Command string `json:"command"`
		Effect  string `json:"effect"`
		Check   string `json:"check"`
	}
	WhatIf struct {
		Question string   `json:"question"`
		Answer   string   `json:"answer"`
		Value    num      `json:"value"`
		Interval *[2]num  `json:"interval"`
		Unit     string   `json:"unit"`
		ID       string   `json:"id"`
		Formula  string   `json:"formula"` // docs/method.md has it whole
		At       []string `json:"at"`
		Enough   bool     `json:"enough_data"`
	}
	Doubt struct {
		What   string `json:"what"`
		Effect string `json:"effect"`
	}
	Step struct {
		Command string `json:"command"`
		Why     string `json:"why"`
	}
	Answer struct {
		Question string `json:"question"`
		Yes      bool   `json:"yes"`
		Why      string `json:"why"`
	}
	Holder struct {
		Label        string `json:"label"`
		Hosts        int    `json:"hosts"`
		Source       Source `json:"source"`
		Base         int    `json:"base"`
		Peak         int    `json:"peak"`
		Last         int    `json:"last"`
		Births       int    `json:"births"`
		Deaths       int    `json:"deaths"`
		GrowthPerMin num    `json:"growth_per_min"`
		IdleP50S     num    `json:"idle_p50_s"`
		IdleP95S     num    `json:"idle_p95_s"`
		Blocked      int    `json:"blocked"`
		PubSub       int    `json:"pubsub"`
		OMem         int64  `json:"omem_bytes"`
		TopCmd       string `json:"top_cmd"`
	}
	Limit struct {
		Effective *int64 `json:"effective"`
		From      string `json:"from"`
	}
	Config struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
)
