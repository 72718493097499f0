package reporttest

import (
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// PastedList is the report on a CLIENT LIST alone, without any time.
func PastedList() *finding.Report {
	at := []string{"paste.txt:1"}
	return &finding.Report{
		Input: finding.Input{Kind: "dump", Name: "paste.txt", Samples: 1, Interval: -time.Second},
		Verdict: finding.Verdict{Status: finding.Undetermined, Confidence: 0.72,
			Summary: "376 connections in the list. Likeliest: a connection leak (72%). One snapshot does not settle it."},
		Snapshot: finding.Snapshot{Taken: 1, Remarks: []finding.Remark{
			{Topic: "how full", Text: "376 connections in the list.", At: at},
			{Topic: "how full", Text: "3 in a blocking command.", At: at},
			{Topic: "who", Text: "2 hosts: 10.1.4.21 310 (82%), cart\x1b[2J 66 (18%).", At: at},
			{Topic: "how they live", Text: "10.1.4.21: opened one after the other, evenly from 30 h to 25 h ago (about 1.0 a minute). Those closed since left no trace.", At: at}}},
		Candidates: []finding.Candidate{
			{ID: "connection-leak", Probability: 0.72, For: []finding.Evidence{{Ref: "E1", Claim: "82% of the connections were never used after their first moments", Value: 0.82, Unit: "share", At: at, For: true}},
				Against: []finding.Evidence{{Ref: "E2", Claim: "none was refused", Unit: "", At: at}}},
			{ID: finding.HealthyID, Probability: 0.2}, {ID: "oversized-pool", Title: "Oversized connection pools", Probability: 0.01}},
		NotAssessed: []finding.RuledOut{{ID: "retry-storm", Why: "needs INFO"}},
		Next:        []finding.Step{{Command: "redis-cli INFO", Why: "shows the limit"}},
		Impact:      finding.Impact{Refused: -1, PeakRefused: -1, RefusedShare: -1, TimeAtLimit: -1, AppErrors: -1, PeakAppErrors: -1},
	}
}
