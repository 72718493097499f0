// Package whatif computes what would have helped: when the limit is reached, what a timeout,
// another pool size or a higher limit would have done, which alert would have warned, and the
// actions to take now. Each answer is arithmetic on what was observed, with its places.
package whatif

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/verdict"
)

// An Alternative is a question "what if" that a recording can answer, as data. The table is
// what the reports, docs/method.md and the tests go by.
type Alternative struct {
	ID       string
	Question string
	Formula  string // as docs/method.md has it, in a line
	Needs    []cause.Need

	Asked   func(*Plan) bool // whether the question arises at all
	Compute func(*Plan) finding.WhatIf
}

// alternatives is the table, in the order of a report.
var alternatives = [...]Alternative{
	{ID: "time-to-limit", Question: "When is the limit reached if nothing is done?",
		Formula: "first passage of (limit − occupancy) at the counted rate; else (limit − level) / slope",
		Needs:   []cause.Need{cause.NeedCounts},
		Asked:   (*Plan).below, Compute: (*Plan).TimeToLimit},
	{ID: "alert", Question: "Which alert would have caught it?",
		Formula: "each rule of the table, played over the recording: warning = limit or first refusal − first firing",
		Needs:   []cause.Need{cause.NeedInfo},
		Asked:   (*Plan).incident, Compute: (*Plan).alert},
	{ID: "pool-size", Question: "Which pool size would do?",
		Formula: "⌈q0.99 of the connections of one instance used within a second of a list⌉ + 1; with --app, of those in use",
		Needs:   []cause.Need{cause.NeedList},
		Asked:   (*Plan).pooled, Compute: (*Plan).PoolSize},
	{ID: "timeout", Question: "What would `timeout N` have done?",
		Formula: "closed = idle spells that reached N; cut in use = those of them that ended in a use",
		Needs:   []cause.Need{cause.NeedList},
		Asked:   (*Plan).incident, Compute: (*Plan).Timeout},
	{ID: "raise-maxclients", Question: "What does raising maxclients buy?",
		Formula: "time = (new − old) / rate; memory = (new − old) × mem_clients_normal / connected_clients; descriptors = new + 32",
		Needs:   []cause.Need{cause.NeedInfo},
		Asked:   (*Plan).limitKnown, Compute: (*Plan).Raise},
	{ID: "tcp-keepalive", Question: "What would tcp-keepalive have cleared?",
		Formula: "gone = last use of a silent host + 2 × tcp-keepalive",
		Needs:   []cause.Need{cause.NeedList},
		Asked:   (*Plan).incident, Compute: (*Plan).Keepalive},
	{ID: "kill", Question: "What would killing the named sources do?",
		Formula: "freed = their connections idle for x or more; in use = Σ chance of a use by idle time",
		Needs:   []cause.Need{cause.NeedList},
		Asked:   (*Plan).unneeded, Compute: (*Plan).Kill},
	{ID: "back-off", Question: "What would back-off with jitter have done?",
		Formula: "refused = accepted × (1 − q) / q with 1 / Σ (1 − q)ᵏ 2^min(k, 6) = accepted / attempts",
		Needs:   []cause.Need{cause.NeedInfo},
		Asked:   (*Plan).refusedAtLimit, Compute: (*Plan).backOff},
}

// Alternatives gives the table. The slice is the caller's,
func Alternatives() []Alternative { return slices.Clone(alternatives[:]) }

// A Plan is one look at the alternatives of a recording whose causes are known.
type Plan struct {
	*measure.Model
	Report *finding.Report
	Took   []verdict.Opinion

	demands map[*measure.App]*demand // see demandOf
}

// Answers answers the questions that arise, those of the root cause first, those that lack
// data last.
func (p *Plan) Answers() []finding.WhatIf {
	var lead, rest, open []finding.WhatIf
	for i := range alternatives {
		a := &alternatives[i]
		if len(p.Samples) == 0 || !a.Asked(p) {
			continue
		}
		var w finding.WhatIf
		if lacks := verdict.Lacks(p.Model, a.Needs); len(lacks) > 0 {
			w = missing("needs %s", lacks[0].Words())
		} else {
			w = a.Compute(p)
		}
		w.ID, w.Formula, w.At = a.ID, a.Formula, slices.Compact(w.At)
		if w.Question == "" {
			w.Question = a.Question
		}
		switch {
		case w.Missing:
			open = append(open, w)
		case slices.Contains(p.rootCause().Opens, a.ID):
			lead = append(lead, w)
		default:
			rest = append(rest, w)
		}
	}
	return slices.Concat(lead, rest, open)
}

// missing is the answer where the recording does not hold it.
func missing(format string, args ...any) finding.WhatIf {
	return finding.WhatIf{Answer: "Not enough data: " + fmt.Sprintf(format, args...) + ".", Value: math.NaN(), Missing: true}
}

func (p *Plan) incident() bool { return p.Report.Verdict.Status == finding.Incident }

// below tells whether the limit is still to be reached: refusals tell that it was, between
// two samples.
func (p *Plan) below() bool { return p.LimitReached >= len(p.Samples) && p.Refused == 0 }

func (p *Plan) limitKnown() bool { return p.incident() && !math.IsNaN(p.LimitPeak) }

func (p *Plan) blamed() bool { return p.incident() && len(p.Report.Causes[0].Sources) > 0 }

// unneeded tells whether the sources hold connections that nobody needs: killing those of others
// would only bring them back.
func (p *Plan) unneeded() bool { return p.blamed() && p.rootCause().Unneeded }

func (p *Plan) refusedAtLimit() bool {
	for _, i := range p.AtLimit {
		if p.Samples[i].Refused > 0 {
			return true
		}
	}
	return false
}

// root gives the id of the root cause, empty without one.
func (p *Plan) root() string { return p.Report.Verdict.Cause }

// rootCause gives what the catalog has of the root cause, nothing without one.
func (p *Plan) rootCause() *cause.Cause {
	if c := verdict.CauseByID(p.root()); c != nil {
		return c
	}
	return &cause.Cause{}
}

// rate gives the counted rate of a steady growth among the causes, in connections a minute.
func (p *Plan) rate() (e finding.Evidence, o verdict.Opinion, ok bool) {
	for _, o := range p.Took {
		for _, e := range o.Evidence {
			if e.Unit == "connections/min" && e.HasInterval && e.Value > 0 {
				return e, o, true
			}
		}
	}
	return finding.Evidence{}, verdict.Opinion{}, false
}
