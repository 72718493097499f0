package words

import (
	"testing"

	"github.com/connbox/connbox/analyze/finding"
)

// TestProse: numbers of sentences are written one way; what only looks like a number stays.
func TestProse(t *testing.T) {
	names := map[string]bool{"12345": true}
	for in, want := range map[string]string{
		"5139 refusals in 22 min.":                    "5 139 refusals in 22 min.",
		"at most 13017 of 20000 (65%), then 100%.":    "at most 13 017 of 20 000 (65 %), then 100 %.",
		"it fell to 1234567.5/s":                      "it fell to 1 234 567.5/s",
		"6 became 113":                                "6 became 113",
		"12345 opened 12345 connections":              "12345 opened 12345 connections",
		"on port 16379, line 2048":                    "on port 16379, line 2048",
		"since 2026-09-21T16:40:00Z at 10.0.0.1:6379": "since 2026-09-21T16:40:00Z at 10.0.0.1:6379",
		"switched (m 10.0.0.1 6379 10.0.0.2 6379)":    "switched (m 10.0.0.1 6379 10.0.0.2 6379)",
		"set `maxclients 20000` first":                "set `maxclients 20000` first",
		"web-7d4b9c-12345 and 7.0.15":                 "web-7d4b9c-12345 and 7.0.15",
		"<1% and >99%":                                "<1 % and >99 %",
		"it said “limit 10032 of 65536” 5000 times":   "it said “limit 10032 of 65536” 5 000 times",
		"": "",
	} {
		if got := Prose(in, names); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestUpperFirst: of nothing there is no first letter, and no replacement character.
func TestUpperFirst(t *testing.T) {
	for in, want := range map[string]string{"": "", "élan": "Élan", "a": "A", "1": "1"} {
		if got := finding.UpperFirst(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestClean: commands and names of a report stay, sentences change, and the report itself does not.
func TestClean(t *testing.T) {
	r := &finding.Report{Verdict: finding.Verdict{Summary: "4064 of 10000"}, Actions: []finding.Action{{Command: "redis-cli CONFIG SET maxclients 20000", Effect: "20000 slots"}},
		Holders: []finding.Holder{{Label: "88888"}}, Observations: []string{"88888 rests"}}
	got := Clean(r, false)
	if got.Verdict.Summary != "4 064 of 10 000" || got.Actions[0].Command != r.Actions[0].Command || got.Actions[0].Effect != "20 000 slots" || got.Observations[0] != "88888 rests" {
		t.Errorf("%+v", got)
	}
	if r.Verdict.Summary != "4064 of 10000" {
		t.Error("the report was changed")
	}
}
