// Package analyze turns a recording into findings and one verdict, each resting on
// evidence that can be looked up.
//
//	parse.Source -> Collect -> Timeline -> model -> every Cause of the catalog -> weigh -> Report
//
// This package is opinionated. Occupancy is an exact ledger (accepted − closed), not a
// noisy curve, so causes are asked about who opened and closed connections and when, and
// not whether a line looks unusual. A verdict needs positive evidence; where there is
// none, "undetermined" with the next observation to take is the answer. It reads nothing
// but the Source, has no clock and prints nothing: the same recording gives the same
// Report.
package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/parse"
)

// Options are what an analysis may be given besides the recording.
type Options struct {
	App *parse.AppMetrics // application pool metrics; nil without
}

// Run analyses a Timeline, which it does not change.
func Run(tl *Timeline, opts Options) *Report {
	m := newModel(tl)
	m.appMetrics = opts.App
	took, not := weigh(m)
	r := &Report{Input: m.input(), Verdict: decide(m, took, not)}
	if shots := m.fewShots(); shots != nil {
		return shots.report(m, r)
	}
	if r.Verdict.Status != Incident {
		took = nil // what contradicts itself names no cause
	}
	if s := m.printedSays(); s != "" && r.Verdict.Status == Undetermined {
		r.Verdict.Summary = s + " " + r.Verdict.Summary
	}
	for _, o := range took {
		r.Causes = append(r.Causes, m.finding(o, not))
	}
	m.takeLog(r)
	if len(r.Causes) > 0 {
		r.Causes[0].Confidence = r.Verdict.Confidence
	}
	if r.Verdict.Status != Incident {
		r.Next = append(m.logNext, m.nextSteps(not)...)
	}
	r.RuledOut, r.NotAssessed = ruledOut(took, not)
	r.Candidates = candidatesOf(r.Verdict, took, not)
	m.placeLog(r)
	r.Verdict.Runner = runnerUp(took, not)
	numberEvidence(r)
	r.Impact = m.impact(r)
	r.Timeline = m.events(r)
	r.Actions = m.actions(r)
	r.WhatIf = m.whatIf(r, took)
	if r.Verdict.Status == Healthy {
		r.Verdict.Summary += m.outlook(r.WhatIf)
	}
	r.Answers = m.answers(r)
	r.DataQuality = m.doubts()
	r.Observations = m.observations(r)
	r.Course = m.phases()
	r.Holders = m.holderTable()
	r.Signals = m.signals()
	r.Limit = m.limitCourse()
	r.Config = configOf(tl)
	return r
}

// configOf lists the settings that mattered.
func configOf(tl *Timeline) []ConfigValue {
	var out []ConfigValue
	for _, k := range kept {
		if v, ok := tl.Config[k]; ok {
			out = append(out, ConfigValue{k, v})
		}
	}
	return out
}

func (m *model) input() Input {
	tl := m.tl
	in := Input{Kind: string(tl.Origin.Kind), Form: formOf(&tl.Origin), Name: tl.Origin.Name, SHA256: tl.Origin.SHA256, Samples: tl.Rounds,
		Interval: tl.Interval(), Gaps: tl.Gaps(), Failed: tl.Failed, Servers: tl.Servers}
	in.Relative = tl.Relative
	if n := len(m.s); n > 0 && !tl.Untimed {
		in.From, in.To = m.timeOf(0), m.timeOf(n-1)
		for i := range m.s { // a clock that ran backwards has its earliest time elsewhere
			if t := m.timeOf(i); t.Before(in.From) {
				in.From = t
			} else if t.After(in.To) {
				in.To = t
			}
		}
	}
	return in
}

// finding turns an opinion into its place in the report.
func (m *model) finding(o opinion, not []opinion) Finding {
	f := Finding{ID: o.c.ID, Role: o.role, Confidence: math.Round(calibrated(m.tier(), Incident, o.c.ID, 0.5+0.48*ramp01(o.score))*100) / 100, Claim: o.claim, Spells: o.spells,
		Sources: o.sources, Evidence: o.evidence}
	for _, r := range not {
		// A rival with signs of its own speaks against, and is shown.
		if r.score >= weakSignScore && slices.ContainsFunc(o.c.Rivals, func(x Rival) bool { return x.ID == r.c.ID }) {
			f.Evidence = append(f.Evidence, ev(fmt.Sprintf("signs of %s: %s", r.c.ID, r.why), math.Round(r.score*100)/100, "score",
				m.pos(max(o.onset, 0), false)).against())
		}
	}
	f.Onset, f.OnsetLo, f.OnsetHi = m.beginning(&o.assessment).times()
	if o.end >= 0 {
		f.End = m.timeOf(o.end)
	}
	f.Growth = growthOf(m, o)
	return f
}

func ramp01(score float64) float64 { return min(max((score-active)/0.4, 0), 1) }

// numberEvidence gives every piece of evidence its reference, in the report's order.
func numberEvidence(r *Report) {
	n := 0
	number := func(es []Evidence) {
		for j := range es {
			n++
			es[j].Ref = fmt.Sprintf("E%d", n)
		}
	}
	for i := range r.Causes {
		number(r.Causes[i].Evidence)
	}
	for i := range r.Candidates {
		number(r.Candidates[i].For)
		number(r.Candidates[i].Against)
	}
}

// ruledOut lists the causes that did not take part: the root's rivals first, then by how
// strong their signs were; apart from them those that nobody could look at.
func ruledOut(took, not []opinion) (out, open []RuledOut) {
	rival := map[string]bool{}
	if len(took) > 0 {
		for _, r := range took[0].c.Rivals {
			rival[r.ID] = true
		}
	}
	sorted := slices.Clone(not)
	slices.SortStableFunc(sorted, func(a, b opinion) int {
		if rival[a.c.ID] != rival[b.c.ID] {
			if rival[a.c.ID] {
				return -1
			}
			return 1
		}
		return -cmp.Compare(math.Round(a.score*20), math.Round(b.score*20))
	})
	for _, o := range sorted {
		if why, ok := strings.CutPrefix(o.why, notAssessed); ok {
			open = append(open, RuledOut{ID: o.c.ID, Why: why})
		} else if o.why != "" {
			out = append(out, RuledOut{ID: o.c.ID, Why: o.why})
		}
	}
	return out, open
}

// notAssessed begins the reason of a cause that could not be looked at.
const notAssessed = "not assessed: "

// runnerUp names the strongest cause that was ruled out and what told it apart.
func runnerUp(took, not []opinion) string {
	var best *opinion
	for i := range not {
		if not[i].score >= weakSignScore && (best == nil || not[i].score > best.score) {
			best = &not[i]
		}
	}
	if best == nil {
		return ""
	}
	if len(took) > 0 {
		for _, r := range took[0].c.Rivals {
			if r.ID == best.c.ID {
				return fmt.Sprintf("%s; what tells them apart: %s", best.c.ID, r.Test)
			}
		}
	}
	return fmt.Sprintf("%s: %s", best.c.ID, best.why)
}
