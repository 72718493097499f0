package report_test

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report"
)

// The pipeline: take a report, as analyze.Run gives it, choose formats, write.
func Example() {
	start := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	r := &finding.Report{
		Input: finding.Input{Kind: "dump", Name: "inc.txt", From: start, To: start.Add(10 * time.Minute), Samples: 3, Interval: 5 * time.Minute},
		Verdict: finding.Verdict{Status: finding.Incident, Cause: "connection-leak", Confidence: 0.94,
			Summary: "cart opened 6 connections/min and closed none."},
		Causes:   []finding.Finding{{ID: "connection-leak", Role: finding.Root, Confidence: 0.94}},
		Timeline: []finding.Event{{At: start.Add(time.Minute), What: "connections climb by 6/min", Refs: []string{"E1"}}},
		Actions:  []finding.Action{{Risk: finding.Safe, Command: "redis-cli CLIENT LIST"}},
		Signals: []finding.Signal{{ID: "connections", Unit: "clients",
			At:    []time.Time{start, start.Add(5 * time.Minute), start.Add(10 * time.Minute)},
			Value: []float64{20, 50, 80}}},
		Limit: finding.Limit{Effective: 100},
	}
	opts := report.Options{Full: true, Version: "0.1.0", ASCII: true, Width: 64}

	for _, f := range report.Formats() {
		var page bytes.Buffer
		if err := f.Write(&page, r, opts); err != nil {
			fmt.Println(err)
		}
	}
	text, _ := report.Lookup("text")
	if err := text.Write(os.Stdout, r, opts); err != nil {
		fmt.Println(err)
	}
	// Output:
	// inc.txt   2026-11-20 03:00:00-03:10:00 UTC   3 samples, 0 gaps
	//
	// VERDICT  Connection leak                         confidence 0.94
	//   cart opened 6 connections/min and closed none.
	//
	// clients  -------------------==================%   peak 80 of 100
	//          03:00              03:05
	//
	// TIMELINE
	//    1  03:01:00  connections climb by 6/min                  [E1]
	//
	// DO NOW
	//   1  SAFE            redis-cli CLIENT LIST
	//
	// This is all of it: no list is cut.
	// As a page: connbox report inc.txt
	// Rule: connbox explain connection-leak
}
