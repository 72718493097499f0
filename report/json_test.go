package report

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/reporttest"
)

// contractExample is the schema's published example: every name in it must be in the
// report with the same type, for good.
const contractExample = `{
 "schema": 1, "tool": {"name": "connbox", "version": "…"},
 "input": {"kind": "bundle|dump", "sha256": "…", "from": "RFC3339", "to": "RFC3339", "samples": 160, "gaps": 0, "servers": [{"run_id": "…", "version": "…", "role": "…"}]},
 "verdict": {"status": "incident|healthy|undetermined", "cause": "connection-leak", "confidence": 0.97, "summary": "one sentence"},
 "causes": [
  {"id": "connection-leak", "role": "root|trigger|amplifier|modifier|consequence", "confidence": 0.97,
   "onset": "RFC3339", "onset_interval": ["RFC3339", "RFC3339"], "end": null,
   "sources": [{"host": "127.12.0.3", "name": "cart", "user": "default", "lib": "", "connections": 203, "share": 0.97}],
   "evidence": [{"claim": "…", "value": 6.1, "unit": "connections/min", "interval": [5.6, 6.6], "at": ["…position in the input…"], "for": true}]}
 ],
 "ruled_out": [{"id": "oversized-pool", "why": "…"}],
 "timeline": [{"at": "RFC3339", "what": "…", "evidence": ["E1"]}],
 "impact": {"refused": 12767, "time_at_limit_s": 812, "first_signal": "RFC3339", "limit_reached": "RFC3339"},
 "actions": [{"risk": "safe|changes-config|disconnects", "command": "…", "effect": "…", "check": "…"}],
 "what_if": [{"question": "…", "answer": "…", "value": 0, "interval": [0, 0], "unit": "…"}],
 "data_quality": [{"what": "…", "effect": "…"}]
}`

// TestSchema walks the example and finds each of its fields in a full report.
func TestSchema(t *testing.T) {
	var want, got any
	if err := json.Unmarshal([]byte(contractExample), &want); err != nil {
		t.Fatal(err)
	}
	r := reporttest.LeakThenStorm()
	r.Causes[0].End = reporttest.At(99, 0).AddDate(-3000, 0, 0) // before year 0: null
	text := render(t, "json", r, Options{Version: "0.1.0"})
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	sameShape(t, "report", want, got)
	if !strings.HasPrefix(text, "{\n \"schema\": 1,\n \"tool\"") {
		t.Errorf("starts %.60q", text)
	}
}

func sameShape(t *testing.T, path string, want, got any) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s: want an object, got %T", path, got)
			return
		}
		keys := make([]string, 0, len(w))
		for k := range w {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			v, ok := g[k]
			if !ok {
				t.Errorf("%s.%s is missing", path, k)
				continue
			}
			sameShape(t, path+"."+k, w[k], v)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) == 0 {
			t.Errorf("%s: want a list with entries, got %v", path, got)
			return
		}
		sameShape(t, path+"[0]", w[0], g[0])
	default:
		if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
			t.Errorf("%s: want %T, got %T (%v)", path, want, got, got)
		}
	}
}

// TestJSONOfNothing: an empty report has empty lists and nulls, no zero dates.
func TestJSONOfNothing(t *testing.T) {
	got := render(t, "json", &finding.Report{Impact: finding.Impact{Refused: -1, TimeAtLimit: -1}}, Options{})
	for _, want := range []string{
		`"causes": []`, `"ruled_out": []`, `"timeline": []`, `"actions": []`, `"what_if": []`, `"data_quality": []`, `"observations": []`,
		`"next": []`, `"answers": []`, `"holders": []`, `"servers": []`, `"from": null`, `"refused": null`, `"time_at_limit_s": null`, `"effective": null`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "0001") {
		t.Error("a zero time was written")
	}
}

// TestJSONKeepsValues: names come back byte for byte where they are UTF-8, probabilities
// have four decimals, and a value without an interval has none.
func TestJSONKeepsValues(t *testing.T) {
	for _, n := range reporttest.Nasty {
		r := reporttest.Named(n)
		r.Verdict.Confidence = 0.123456
		var back struct {
			Verdict struct{ Confidence float64 }
			Holders []struct{ Label string }
			WhatIf  []struct{ Interval []float64 } `json:"what_if"`
		}
		text := render(t, "json", r, Options{})
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(n, "\ufffd"); strings.ReplaceAll(back.Holders[0].Label, "\ufffd\ufffd\ufffd", "\ufffd") != want {
			t.Errorf("%.40q came back as %.40q", n, back.Holders[0].Label)
		}
		if back.Verdict.Confidence != 0.1235 || back.WhatIf[0].Interval != nil {
			t.Errorf("%+v", back)
		}
	}
}
