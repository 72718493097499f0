package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/cells"
	"github.com/connbox/connbox/report/inert"
	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/result"
	"github.com/connbox/connbox/report/terminal"
)

// TestScreenFits: every sample, with names of strangers too, is one screen at every width.
func TestScreenFits(t *testing.T) {
	for _, s := range reporttest.Samples {
		for _, width := range []int{40, 64, 80, 200} {
			for _, ascii := range []bool{false, true} {
				got := render(t, "text", s.Build(), Options{Width: width, ASCII: ascii, Full: true})
				if n := strings.Count(got, "\n"); n > terminal.Lines {
					t.Errorf("%s at %d: %d lines:\n%s", s.Name, width, n, got)
				}
				for _, l := range strings.Split(got, "\n") {
					if cells.Width(l) > width {
						t.Errorf("%s at %d: %d cells: %s", s.Name, width, cells.Width(l), l)
					}
				}
				if strings.IndexFunc(strings.ReplaceAll(got, "\n", ""), inert.Unsafe) >= 0 {
					t.Errorf("%s at %d: something of the screen is not printable", s.Name, width)
				}
			}
		}
	}
}

// TestScreenSaysWhatToDoInstead: three times No is not left there.
func TestScreenSaysWhatToDoInstead(t *testing.T) {
	r := reporttest.LeakThenStorm()
	r.Instead = "lower the pool size of cart: 3 an instance instead of 38, that gives 415 slots back"
	got := render(t, "text", r, Options{Full: true})
	mustHave(t, got, "  DO INSTEAD  lower the pool size of cart: 3 an instance")
	mustHave(t, render(t, "md", r, Options{}), "- **Do instead:** lower the pool size of cart: 3 an instance", "3. Tonight: **SAFE**")
	mustHave(t, render(t, "json", r, Options{}), `"instead": "lower the pool size of cart: 3 an instance`, `"for_good": false`)
	if strings.Index(got, "DO NOW") > strings.Index(got, "\nclients ") {
		t.Error("what to do now stands behind the course")
	}
}

// TestBriefFits: the brief form is JSON of at most 4 kB, whatever the names are.
func TestBriefFits(t *testing.T) {
	for _, s := range reporttest.Samples {
		r := s.Build()
		r.Verdict.Summary += strings.Repeat("\x1b\u202e\"", 5000)
		got := render(t, "brief", r, Options{})
		var v struct {
			Status  string
			Answers []struct{ Question string }
		}
		if err := json.Unmarshal([]byte(got), &v); err != nil || v.Status != string(r.Verdict.Status) || len(v.Answers) != min(3, len(r.Answers)) {
			t.Errorf("%s: %v %+v", s.Name, err, v)
		}
		if len(got) > result.BriefBytes || strings.ContainsAny(got, "\x1b\u202e") {
			t.Errorf("%s: %d bytes", s.Name, len(got))
		}
	}
}

// TestBriefSaysOfWhat: an undetermined verdict's confidence is of a candidate that is named, and
// no place stands there twice.
func TestBriefSaysOfWhat(t *testing.T) {
	r := reporttest.Undetermined()
	r.Candidates = []finding.Candidate{{ID: "connection-leak", Probability: r.Verdict.Confidence}, {ID: finding.HealthyID, Probability: 0.1}}
	var v result.Brief
	if err := json.Unmarshal([]byte(render(t, "brief", r, Options{})), &v); err != nil || len(v.Likely) != 2 || v.Likely[0].Probability != v.Sure || v.Likely[0].ID != "connection-leak" {
		t.Errorf("%v %+v", err, v)
	}
	r = reporttest.LeakThenStorm()
	for i := range r.Causes[0].Evidence {
		r.Causes[0].Evidence[i].At = []string{"a.txt:1"}
	}
	v = result.Brief{}
	if err := json.Unmarshal([]byte(render(t, "brief", r, Options{})), &v); err != nil || len(v.Places) != 1 || len(v.Likely) != 0 {
		t.Errorf("%v places %q, candidates %v", err, v.Places, v.Likely)
	}
}
