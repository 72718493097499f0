package report

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/connbox/connbox/analyze/finding"
)

// Schema is the version of the JSON report. Fields may be added within a version; none is
// renamed or removed.
const Schema = 1

// writeJSON writes the report for programs. Values are as measured, not scaled or cut;
// times are UTC; what is not known is null; lists are never null.
func writeJSON(w io.Writer, r *finding.Report, o Options) error {
	o = o.withDefaults(r.Input.Name)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(jsonReportOf(r, o.Version)); err != nil {
		return err
	}
	_, err := w.Write(escapeControls(b.Bytes()))
	return err
}

// escapeControls writes the runes a terminal or an editor could act on as \u escapes,
// which mean the same in JSON. encoding/json has escaped those below 0x20 itself and has
// replaced invalid UTF-8; outside strings its output is ASCII.
func escapeControls(b []byte) []byte {
	out := make([]byte, 0, len(b)+64)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == '\n' || r != 0x7f && (r < 0x80 || r == utf8.RuneError || !unsafeRune(r)) {
			out = append(out, b[i:i+n]...)
		} else {
			for _, u := range utf16.Encode([]rune{r}) {
				const hex = "0123456789abcdef"
				out = append(out, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
			}
		}
		i += n
	}
	return out
}

// num is a number that may be missing: NaN and infinities are null.
type num float64

func (v num) MarshalJSON() ([]byte, error) {
	if !finite(float64(v)) {
		return []byte("null"), nil
	}
	return json.Marshal(rounded(float64(v)))
}

// rounded rounds a number to six digits, whole ones excepted: it is an estimate, and what
// stands behind depends on the machine.
func rounded(v float64) float64 {
	switch {
	case math.Abs(v) >= 1e6:
		return math.Round(v)
	case v == math.Trunc(v):
		return v
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return v
}

// prob is a probability, rounded to four decimals so that the last bit of a sum in
// another order is no difference between two reports.
type prob float64

func (p prob) MarshalJSON() ([]byte, error) {
	if !finite(float64(p)) {
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
	jsonReport struct {
		Schema int      `json:"schema"`
		Tool   jsonTool `json:"tool"`

		Input       jsonInput       `json:"input"`
		Verdict     jsonVerdict     `json:"verdict"`
		Causes      []jsonCause     `json:"causes"`
		Candidates  []jsonCandidate `json:"candidates"`
		RuledOut    []jsonRuledOut  `json:"ruled_out"`
		NotAssessed []jsonRuledOut  `json:"not_assessed"`
		Unused      jsonUnused      `json:"unused"`
		Snapshot    *jsonSnapshot   `json:"snapshot"`
		Timeline    []jsonEvent     `json:"timeline"`
		Impact      jsonImpact      `json:"impact"`
		Actions     []jsonAction    `json:"actions"`
		WhatIf      []jsonWhatIf    `json:"what_if"`
		DataQuality []jsonDoubt     `json:"data_quality"`

		Observations []string     `json:"observations"`
		Next         []jsonStep   `json:"next"`
		Answers      []jsonAnswer `json:"answers"`
		Course       []jsonPhase  `json:"course"`
		Holders      []jsonHolder `json:"holders"`
		Limit        jsonLimit    `json:"limit"`
		Config       []jsonConfig `json:"config"`

		Servers []jsonServerReport `json:"servers,omitempty"` // where the input holds several
	}
	// jsonServerReport is the report of one of several servers; the report around it is that of
	// the one in the most trouble.
	jsonServerReport struct {
		Name   string     `json:"name"`
		At     string     `json:"at"`
		Report jsonReport `json:"report"`
	}
	jsonTool struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	jsonInput struct {
		Kind      string       `json:"kind"`
		Form      string       `json:"form,omitempty"`
		Name      string       `json:"name"`
		SHA256    string       `json:"sha256"`
		From      stamp        `json:"from"`
		To        stamp        `json:"to"`
		Samples   int          `json:"samples"`
		IntervalS num          `json:"interval_s"`
		Gaps      int          `json:"gaps"`
		Failed    int          `json:"failed"`
		LogLines  int64        `json:"log_lines,omitempty"`
		Servers   []jsonServer `json:"servers"`
	}
	jsonServer struct {
		RunID   string `json:"run_id"`
		Version string `json:"version"`
		Role    string `json:"role"`
	}
	jsonVerdict struct {
		Status     string `json:"status"`
		Cause      string `json:"cause"`
		Confidence prob   `json:"confidence"`
		Summary    string `json:"summary"`
		RunnerUp   string `json:"runner_up"`

		Contributions []jsonContribution `json:"contributions"`
	}
	jsonContribution struct {
		What  string `json:"what"`
		Value num    `json:"value"`
	}
	jsonCause struct {
		ID            string         `json:"id"`
		Role          string         `json:"role"`
		Confidence    prob           `json:"confidence"`
		Onset         stamp          `json:"onset"`
		OnsetInterval *[2]stamp      `json:"onset_interval"`
		End           stamp          `json:"end"`
		Spells        []jsonPhase    `json:"spells"`
		Claim         string         `json:"claim"`
		Sources       []jsonSource   `json:"sources"`
		Evidence      []jsonEvidence `json:"evidence"`
		Growth        *jsonGrowth    `json:"growth,omitempty"`
	}
	// jsonGrowth is by which shape the connections of the worst source grew.
	jsonGrowth struct {
		Subject      string      `json:"subject"`
		Shape        string      `json:"shape"`
		Weight       num         `json:"weight"`
		Runner       string      `json:"runner_up"`
		RunnerWeight num         `json:"runner_up_weight"`
		Params       []jsonParam `json:"params"`
	}
	jsonParam struct {
		Name     string `json:"name"`
		Unit     string `json:"unit"`
		Value    num    `json:"value"`
		Interval [2]num `json:"interval"`
	}
	jsonSource struct {
		Host        string `json:"host"`
		Name        string `json:"name"`
		User        string `json:"user"`
		Lib         string `json:"lib"`
		Connections int    `json:"connections"`
		Share       num    `json:"share"`
	}
	jsonEvidence struct {
		Ref      string   `json:"ref"`
		Claim    string   `json:"claim"`
		Value    num      `json:"value"`
		Unit     string   `json:"unit"`
		Interval *[2]num  `json:"interval"`
		At       []string `json:"at"`
		For      bool     `json:"for"`
	}
	// jsonPhase is a stretch in which connections went on as a line.
	jsonPhase struct {
		From     stamp  `json:"from"`
		To       stamp  `json:"to"`
		Begin    num    `json:"begin"`
		End      num    `json:"end"`
		PerMin   num    `json:"per_min"`
		Interval [2]num `json:"interval"`
	}
	// jsonCandidate refers to its evidence, which stands in Evidence.
	jsonCandidate struct {
		ID          string         `json:"id"`
		Probability prob           `json:"probability"`
		For         []string       `json:"for"`
		Against     []string       `json:"against"`
		Evidence    []jsonEvidence `json:"evidence"`
	}
	jsonUnused struct {
		Lines int64    `json:"lines"`
		At    []string `json:"at"`
		Text  []string `json:"text"`
	}
	jsonSnapshot struct {
		Taken   int          `json:"taken"`
		Remarks []jsonRemark `json:"remarks"`
	}
	jsonRemark struct {
		Topic string   `json:"topic"`
		Text  string   `json:"text"`
		At    []string `json:"at"`
	}
	jsonRuledOut struct {
		ID  string `json:"id"`
		Why string `json:"why"`
	}
	jsonEvent struct {
		At       stamp    `json:"at"`
		What     string   `json:"what"`
		Evidence []string `json:"evidence"`
	}
	jsonImpact struct {
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
	jsonAction struct {
		Risk    string `json:"risk"`
		Command string `json:"command"`
		Effect  string `json:"effect"`
		Check   string `json:"check"`
	}
	jsonWhatIf struct {
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
	jsonDoubt struct {
		What   string `json:"what"`
		Effect string `json:"effect"`
	}
	jsonStep struct {
		Command string `json:"command"`
		Why     string `json:"why"`
	}
	jsonAnswer struct {
		Question string `json:"question"`
		Yes      bool   `json:"yes"`
		Why      string `json:"why"`
	}
	jsonHolder struct {
		Label        string     `json:"label"`
		Hosts        int        `json:"hosts"`
		Source       jsonSource `json:"source"`
		Base         int        `json:"base"`
		Peak         int        `json:"peak"`
		Last         int        `json:"last"`
		Births       int        `json:"births"`
		Deaths       int        `json:"deaths"`
		GrowthPerMin num        `json:"growth_per_min"`
		IdleP50S     num        `json:"idle_p50_s"`
		IdleP95S     num        `json:"idle_p95_s"`
		Blocked      int        `json:"blocked"`
		PubSub       int        `json:"pubsub"`
		OMem         int64      `json:"omem_bytes"`
		TopCmd       string     `json:"top_cmd"`
	}
	jsonLimit struct {
		Effective *int64 `json:"effective"`
		From      string `json:"from"`
	}
	jsonConfig struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
)
