package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/terminal"
)

// crowd is a report with more in each list than a screen holds.
func crowd(snapshot bool) *finding.Report {
	from := time.Date(2026, 9, 21, 16, 40, 0, 0, time.UTC)
	r := &finding.Report{Input: finding.Input{Name: "x.log", Kind: "dump", From: from, To: from.Add(time.Hour), Samples: 100},
		Verdict: finding.Verdict{Status: finding.Incident, Cause: "connection-leak", Confidence: 0.9, Summary: "It leaks."}}
	f := finding.Finding{ID: "connection-leak", Title: "Connection leak", Role: finding.Root}
	for i := range 20 {
		host := fmt.Sprintf("10.0.0.%d", 100+i)
		f.Sources = append(f.Sources, finding.Source{Host: host, Connections: 5, Share: 0.05})
		f.Evidence = append(f.Evidence, finding.New(fmt.Sprintf("claim %d", 100+i), 1, "", fmt.Sprintf("x.log:%d", 1000+i)))
		r.Holders = append(r.Holders, finding.Holder{Label: fmt.Sprintf("app-%d", 100+i), Hosts: 2, Peak: 5})
		r.Actions = append(r.Actions, finding.Action{Risk: finding.Safe, Command: fmt.Sprintf("look %d", 100+i)})
		r.Timeline = append(r.Timeline, finding.Event{At: from, What: fmt.Sprintf("event %d", 100+i)})
		r.RuledOut = append(r.RuledOut, finding.RuledOut{ID: fmt.Sprintf("cause-%d", 100+i), Why: "no"})
		r.DataQuality = append(r.DataQuality, finding.Doubt{What: fmt.Sprintf("doubt %d", 100+i)})
		r.WhatIf = append(r.WhatIf, finding.WhatIf{Question: fmt.Sprintf("what %d?", 100+i), Answer: "this."})
		r.Snapshot.Remarks = append(r.Snapshot.Remarks, finding.Remark{Topic: "who", Text: fmt.Sprintf("remark %d", 100+i)})
		r.Candidates = append(r.Candidates, finding.Candidate{ID: fmt.Sprintf("cause-%d", 100+i), Probability: 0.05})
		r.Next = append(r.Next, finding.Step{Command: fmt.Sprintf("step %d", 100+i), Why: "so"})
	}
	r.Causes = []finding.Finding{f}
	if snapshot {
		r.Snapshot.Taken, r.Input.To = 1, from
		r.Verdict = finding.Verdict{Status: finding.Undetermined, Confidence: 0.2, Summary: "Who knows."}
		r.Causes, r.Actions, r.Candidates[0].Probability = nil, nil, 0.2
	} else {
		r.Snapshot = finding.Snapshot{}
		r.Next = nil
	}
	return r
}

// TestNoListIsCutInSilence: the screen says of each list how much of it is there, and where all of it
// is; --full has every entry and says so; Markdown and the brief form count what they lack.
func TestNoListIsCutInSilence(t *testing.T) {
	for _, snapshot := range [...]bool{false, true} {
		r := crowd(snapshot)
		o := Options{SourceName: "x.log"}
		screen, full, md, brief := written(t, "text", r, o), "", written(t, "md", r, o), written(t, "brief", r, o)
		o.Full = true
		full = written(t, "text", r, o)
		if n := strings.Count(screen, "\n"); n > terminal.Lines {
			t.Errorf("the screen has %d lines:\n%s", n, screen)
		}
		said, entries, left := []string{"Every address: connbox analyze --full x.log", "DO NOW (3 of 20)"}, []string{"10.0.0.%d: 5 connections", "claim %d", "x.log:1%03d", "app-%d (2 hosts)", "look %d", "event %d", "Cause %d", "doubt %d", "what %d?"}, `"left_out":{"culprits":17,"do_now":17}`
		if snapshot {
			said, entries, left = []string{"Every address: connbox analyze --full x.log", "WHAT WOULD SETTLE IT (", "CANDIDATES (", "more remarks with --full"}, []string{"remark %d", "step %d", "app-%d (2 hosts)", "doubt %d"}, `"left_out":{"candidates":17,"next_observation":18}`
		}
		for _, s := range said {
			if !strings.Contains(screen, s) {
				t.Errorf("the screen lacks %q:\n%s", s, screen)
			}
		}
		for _, e := range entries {
			for i := range 20 {
				n := 100 + i
				if strings.HasPrefix(e, "x.log") {
					n = i
				}
				if s := fmt.Sprintf(e, n); !strings.Contains(full, s) {
					t.Errorf("--full lacks %q:\n%s", s, full)
					break
				}
			}
		}
		if !snapshot && !strings.Contains(full, "(20 at most are named, the largest first)") {
			t.Error("--full does not say that a cause names no more sources")
		}
		if !strings.Contains(full, "no list is cut") {
			t.Error("--full does not say that it is all")
		}
		if !strings.Contains(md, "more: `connbox analyze --full x.log` prints them all") {
			t.Errorf("Markdown counts nothing that it leaves out:\n%s", md)
		}
		if !strings.Contains(brief, left) || !json.Valid([]byte(brief)) {
			t.Errorf("the brief form lacks %s:\n%s", left, brief)
		}
	}
}

// written gives a report as a format writes it.
func written(t *testing.T, format string, r *finding.Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	f, _ := Lookup(format)
	if err := f.Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
