package reporttest

import (
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// Named is a small report in which a stranger chose every string.
func Named(n string) *finding.Report {
	src := finding.Source{Host: n, Name: n, User: n, Lib: n, Connections: 5, Share: 0.5}
	return &finding.Report{
		Input:    finding.Input{Kind: "dump", Name: n, From: Start, To: At(1, 0), Samples: 3, Interval: 20 * time.Second, Servers: []finding.Server{{RunID: n, Version: n, Role: n}}},
		Verdict:  finding.Verdict{Status: finding.Incident, Cause: n, Summary: n + " did it", Runner: n},
		Causes:   []finding.Finding{{ID: n, Role: finding.Role(n), Claim: n, Sources: []finding.Source{src}, Evidence: []finding.Evidence{{Ref: n, Claim: n, Unit: n, At: []string{n}}}}},
		RuledOut: []finding.RuledOut{{ID: n, Why: n}}, Timeline: []finding.Event{{At: At(0, 30), What: n, Refs: []string{n}}},
		Actions: []finding.Action{{Risk: finding.Risk(n), Command: n, Effect: n, Check: n}}, WhatIf: []finding.WhatIf{{Question: n, Answer: n, Unit: n, Value: 1}},
		DataQuality: []finding.Doubt{{What: n, Effect: n}}, Observations: []string{n}, Next: []finding.Step{{Command: n, Why: n}},
		Answers: []finding.Answer{{Question: n, Why: n}}, Holders: []finding.Holder{{Label: n, Source: src, Peak: 3, TopCmd: n}},
		Signals: []finding.Signal{{ID: "connections", Unit: n, At: []time.Time{Start, At(1, 0)}, Value: []float64{1, 2}}, {ID: n, Title: n, Unit: n, At: []time.Time{Start}, Value: []float64{3}}},
		Limit:   finding.Limit{Effective: 10, From: n}, Config: []finding.ConfigValue{{Key: n, Value: n}},
	}
}
