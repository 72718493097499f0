package words

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/reporttest"
	"github.com/connbox/connbox/report/units"
)

// TestDoNow: two steps for tonight and one for good, and never more than three.
func TestDoNow(t *testing.T) {
	r := reporttest.LeakThenStorm()
	r.Actions[1].Good = true
	var got []string
	for _, a := range DoNow(r.Actions) {
		got = append(got, a.Command)
	}
	if s := strings.Join(got, " | "); s != "restart checkout-api one host at a time | redis-cli CLIENT LIST TYPE normal | grep name=checkout-api | redis-cli CONFIG SET maxclients 20000" {
		t.Error(s)
	}
}

func TestArgument(t *testing.T) {
	for name, want := range map[string]string{"a.connbox": "a.connbox", "a b": "INPUT", "$(x)": "INPUT", "-rf": "INPUT", "recording": "INPUT", "x;y": "INPUT"} {
		if got := Argument(name); got != want {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

// TestStepsAreCommandsOrProse: only what a shell takes stands as a command; an instruction
// of any length has no fence and no line continuation, and is the candidate printed.
func TestStepsAreCommandsOrProse(t *testing.T) {
	for s, want := range map[string]bool{"redis-cli INFO": true, "connbox capture": true, "grep x y": true, "for i in 1; do :; done": true,
		"while sleep 1; do :; done": true, "redis-client pools": false, "restart cart": false, "": false, "force it": false} {
		if IsShell(s) != want {
			t.Errorf("%q: not %v", s, want)
		}
	}
}

// TestHealthyOnce: the summary of a healthy recording does not say the headline again.
func TestHealthyOnce(t *testing.T) {
	for in, want := range map[string]string{
		"No incident found: at most 3 of 9.": "At most 3 of 9.", "No incident: none refused": "None refused", "No incident found.": "",
		"No incident found": "", "No incidents of note.": "No incidents of note.", "All is well.": "All is well.", "": "",
	} {
		if got := withoutHeadline(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

// TestAlarms: an alert fires once its condition has held for a minute of time, whatever the
// cadence, and the rule that is printed is the one that was computed.
func TestAlarms(t *testing.T) {
	nan := math.NaN()
	ramp := func(v ...float64) []float64 { return v }
	for _, c := range []struct {
		name        string
		every       time.Duration
		values      []float64
		limit       time.Duration // when it was reached; negative = never
		fires, lead string        // of the 80 % rule
	}{
		{"fast", 5 * time.Second, ramp(50, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 100), 75 * time.Second, "03:01:05", "10 s"},
		{"too fast to catch", 5 * time.Second, ramp(50, 70, 90, 100, 100, 100), 15 * time.Second, "would not have fired", "not before the limit"},
		{"after the limit", 30 * time.Second, ramp(50, 100, 100, 100), 30 * time.Second, "03:01:30", "not before the limit"},
		{"with the limit", 30 * time.Second, ramp(50, 85, 90, 100), 90 * time.Second, "03:01:30", "with the limit"},
		{"slow", 5 * time.Minute, ramp(50, 85, 90, 100), 15 * time.Minute, "03:10:00", "5 min"},
		{"missing value", 30 * time.Second, ramp(50, 85, nan, 85, 86, 86, 100), 3 * time.Minute, "03:02:30", "30 s"},
		{"a dip", 30 * time.Second, ramp(50, 85, 79, 85, 86, 86, 100), 3 * time.Minute, "03:02:30", "30 s"},
		{"exactly at it", 30 * time.Second, ramp(80, 80, 80, 80), -1, "would not have fired", "limit not reached"},
		{"at the limit from the start", 30 * time.Second, ramp(100, 100, 100), 0, "03:01:00 or before", "not known: over it from the first sample on"},
		{"from the start", 30 * time.Second, ramp(85, 85, 85, 100), 90 * time.Second, "03:01:00 or before", "at least 30 s"},
	} {
		r := &finding.Report{Limit: finding.Limit{Effective: 100}, Input: finding.Input{Interval: c.every}}
		s := finding.Signal{ID: "connections", Value: c.values}
		for i := range c.values {
			s.At = append(s.At, reporttest.Start.Add(time.Duration(i)*c.every))
		}
		r.Signals = []finding.Signal{s}
		if c.limit >= 0 {
			r.Impact.LimitReached = reporttest.Start.Add(c.limit)
		}
		a := Alarms(r)
		if len(a) != 3 {
			t.Fatalf("%s: %d alarms", c.name, len(a))
		}
		if f, l := a[0].Fires(units.NewClock(time.Time{}, time.Time{}, time.UTC)), a[0].Lead(r.Impact.LimitReached); f != c.fires || l != c.lead {
			t.Errorf("%s: fires %q, lead %q", c.name, f, l)
		}
	}
	if a := Alarms(reporttest.Undetermined()); a[2].Fires(units.NewClock(time.Time{}, time.Time{}, time.UTC)) != "not known" || a[2].Lead(reporttest.At(1, 0)) != "not known" {
		t.Errorf("no refusals known: %+v", a[2])
	}
	gap := &finding.Signal{At: []time.Time{reporttest.At(0, 0), reporttest.At(0, 30), reporttest.At(9, 0), reporttest.At(9, 30), reporttest.At(10, 0)}, Value: ramp(1, 1, 1, 1, 1)}
	a := alarm{hold: time.Minute}
	if a.fire(gap, 0, 75*time.Second); !a.at.Equal(reporttest.At(10, 0)) || a.early {
		t.Errorf("across a gap: %v", a)
	}
	r := &finding.Report{Alert: finding.Alert{Name: "RedisManyNewConnections", Expr: "a > b", Hold: 2 * time.Minute, At: reporttest.At(5, 0)}}
	if a := Alarms(r); len(a) != 1 || a[0].Lead(reporttest.At(9, 0)) != "4 min" || a[0].Rule() != "- alert: RedisManyNewConnections\n  expr: a > b\n  for: 2m\n" {
		t.Errorf("the analysis's own best: %+v", a)
	}
	if Alarms(&finding.Report{Limit: finding.Limit{Effective: 9}}) != nil {
		t.Error("alarms with no series")
	}
}

// TestRefusedNote: none is said only where refusals would have been seen.
func TestRefusedNote(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		values  []float64
		refused int64
		failed  int
		want    string
	}{
		{[]float64{nan, 0, 0}, 0, 0, "none"}, {[]float64{nan, 0, 0}, -1, 0, "unknown"}, {[]float64{nan, 0, 0}, 0, 1, "unknown"},
		{[]float64{nan, nan}, 0, 0, "unknown"}, {nil, 0, 0, "unknown"}, {[]float64{0, 3.5}, 7, 2, "peak 3.5/s"}, {[]float64{nan, 0}, 5, 0, "5 in all"},
	} {
		r := &finding.Report{Impact: finding.Impact{Refused: c.refused}, Input: finding.Input{Failed: c.failed}}
		s := finding.Signal{ID: "refused", Value: c.values}
		for i := range c.values {
			s.At = append(s.At, reporttest.At(i, 0))
		}
		r.Signals = []finding.Signal{s}
		if got := RefusedNote(r); got != c.want {
			t.Errorf("%v, %d refused, %d failed: %q", c.values, c.refused, c.failed, got)
		}
	}
}

func TestSamplesLine(t *testing.T) {
	for want, in := range map[string]finding.Input{
		"0 samples":                         {},
		"2 samples, 0 gaps, 1 failed probe": {Samples: 2, Failed: 1},
		"7 lines of the server's log":       {LogLines: 7},
		"1 line of a client's log":          {ClientLog: 1},
		"1 sample, 2 lines of the server's log, 3 lines of a client's log": {Samples: 1, LogLines: 2, ClientLog: 3},
	} {
		if got := SamplesLine(in); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int]string{0: "0 hosts", 1: "1 host", 2: "2 hosts"} {
		if got := Plural(n, "host"); got != want {
			t.Errorf("got %q", got)
		}
	}
}

// TestRanked: where the input tells no candidate from another there is no order.
func TestRanked(t *testing.T) {
	r := &finding.Report{Verdict: finding.Verdict{Status: finding.Undetermined}, Candidates: []finding.Candidate{{ID: "healthy", Probability: 0.05}, {ID: "connection-leak", Probability: 0.05}}}
	if list, none := Ranked(r); len(list) > 0 || none != "Nothing in the input tells the 2 candidates apart; the likeliest has 5 %." {
		t.Errorf("%v, %q", list, none)
	}
	r.Candidates[0].Probability = 0.4
	if list, none := Ranked(r); len(list) != 2 || none != "" {
		t.Errorf("%v, %q", list, none)
	}
}

// What was not used is said in as much room as there is, of one line as of several.
func TestUnusedWords(t *testing.T) {
	for _, tt := range []struct {
		lines int64
		most  int
		want  string
	}{
		{0, 0, ""},
		{1, 0, "1 line of the text not used, at a.log:7"},
		{3, 0, "3 lines of the text not used, the first at a.log:7"},
		{3, 1, "3 lines of the text not used: a.log:7 “what” and 2 more"},
	} {
		r := &finding.Report{Unused: finding.Unused{Lines: tt.lines, At: []string{"a.log:7"}, Text: []string{"what"}}}
		if got := UnusedWords(r, tt.most); got != tt.want {
			t.Errorf("%d lines, %d named: %q, want %q", tt.lines, tt.most, got, tt.want)
		}
	}
}
