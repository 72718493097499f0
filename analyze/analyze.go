// Package analyze turns a recording into findings and one verdict, each resting on
// evidence that can be looked up.
//
//	record.Source -> Collect -> Timeline -> model -> every Cause of the catalog -> weigh -> Report
//
// This package is opinionated. Occupancy is an exact ledger (accepted − closed), not a
// noisy curve, so causes are asked about who opened and closed connections and when, and
// not whether a line looks unusual. A verdict needs positive evidence; where there is
// none, "undetermined" with the next observation to take is the answer. It reads nothing
// but the Source, has no clock and prints nothing: the same recording gives the same
// Report.
//
// A Timeline is made in one pass and has at most 2,048 samples, however long the recording;
// the causes read it and change nothing in it.
package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/analyze/whatif"
	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/record"
)

// Options are what an analysis may be given besides the recording.
type Options struct {
	App *appmetrics.Metrics // application pool metrics; nil without
}

// Run analyses a Timeline, which it does not change. Where the input holds several servers
// the report is of the one in the most trouble, and has those of all.
func Run(tl *timeline.Timeline, opts Options) *finding.Report {
	if len(tl.Beside) == 0 {
		return runOne(tl, opts)
	}
	var all []finding.ServerReport
	much := map[string]float64{}
	for _, t := range append([]*timeline.Timeline{tl}, tl.Beside...) {
		r := runOne(t, opts)
		all = append(all, finding.ServerReport{Name: t.Name, At: firstPlace(t), Report: *r})
		much[t.Name] = trouble(t, r)
	}
	slices.SortStableFunc(all, func(a, b finding.ServerReport) int { return cmp.Compare(much[b.Name], much[a.Name]) })
	r := all[0].Report
	r.Servers = all
	return &r
}

// runOne analyses what an input holds of one server.
func runOne(tl *timeline.Timeline, opts Options) *finding.Report {
	r := run(tl, opts)
	r.Name, r.Unused = tl.Name, tl.Unused
	for i := range r.Causes {
		f := &r.Causes[i]
		f.Title, f.Phrase = names(f.ID)
	}
	for i := range r.Candidates {
		r.Candidates[i].Title, _ = names(r.Candidates[i].ID)
	}
	for _, out := range [][]finding.RuledOut{r.RuledOut, r.NotAssessed} {
		for i := range out {
			out[i].Title, _ = names(out[i].ID)
		}
	}
	return r
}

// trouble orders servers by how much is wrong with them: a named incident, then who refused,
// then how full.
func trouble(tl *timeline.Timeline, r *finding.Report) float64 {
	full, use := 0.0, 0.0
	for i := range tl.Samples {
		s := &tl.Samples[i]
		if s.AtLimit() || s.Full {
			full = 2
		}
		if u := s.Occupancy() / s.Limit; s.Limit > 0 && u > use {
			use = min(u, 0.99)
		}
	}
	much := full + use
	if r.Verdict.Status == finding.Incident {
		much += 4
	}
	if tl.Totals.Refused > 0 {
		much++
	}
	return much
}

// firstPlace is where a server's replies begin.
func firstPlace(tl *timeline.Timeline) string {
	for i := range tl.Samples {
		if p := tl.Samples[i].Pos(); p != (record.Pos{}) {
			return p.String()
		}
	}
	return ""
}

// Assess gives what one cause makes of a Timeline, with the signs it read and where: what it
// rests on, or else all lists.
func Assess(tl *timeline.Timeline, opts Options, c *cause.Cause) (a cause.Assessment, at []string) {
	m := measure.New(tl)
	m.AppMetrics = opts.App
	a = verdict.Ask(m, c)
	for _, e := range a.Evidence {
		at = append(at, e.At...)
	}
	if len(at) == 0 {
		at = m.ListRange()
	}
	slices.Sort(at)
	return a, slices.Compact(at)
}

// names gives what the catalog calls a cause, in a headline and within a sentence.
func names(id string) (title, phrase string) {
	if c := verdict.CauseByID(id); c != nil {
		return c.Title, c.Phrase
	}
	return "", ""
}

func run(tl *timeline.Timeline, opts Options) *finding.Report {
	m := measure.New(tl)
	m.AppMetrics = opts.App
	took, not := verdict.Weigh(m)
	r := &finding.Report{Input: input(m), Verdict: verdict.Decide(m, took, not)}
	if shots := fewShots(m); shots != nil {
		return shots.report(m, r)
	}
	if r.Verdict.Status != finding.Incident { // named is none, but one may be likely
		if len(verdict.Contradictions(m)) == 0 {
			not = slices.Concat(took, not)
		}
		took = nil
	}
	if s := join(printedSays(m), slowSays(m.TL), m.TL.Denied.Summary()); s != "" && r.Verdict.Status == finding.Undetermined {
		if len(tl.Samples) == 0 {
			r.Verdict.Summary = "There is no INFO and no CLIENT LIST in the input: no cause can be named."
		}
		r.Verdict.Summary = s + " " + r.Verdict.Summary
	}
	for _, o := range took {
		r.Causes = append(r.Causes, findingOf(m, o, not))
	}
	takeLog(m, r, false)
	if s := socketsSay(m); s != "" && r.Verdict.Status != finding.Undetermined && formOf(&tl.Origin) == "" {
		r.Verdict.Summary += " Beside it: " + s
	}
	if s := clientSaid(m); s != "" && r.Verdict.Status == finding.Undetermined {
		r.Verdict.Summary += " Beside it: " + s
	}
	if len(r.Causes) > 0 {
		r.Causes[0].Confidence = r.Verdict.Confidence
	}
	if r.Verdict.Status != finding.Incident {
		r.Next = append(m.LogNext, nextSteps(m, not)...)
	}
	r.RuledOut, r.NotAssessed = ruledOut(took, not)
	if len(m.Samples) > 0 { // without any, the log or the sockets are all there is to judge by
		r.Candidates = candidatesOf(r.Verdict, took, not, verdict.Refused(m))
	}
	placeLog(m, r)
	r.Verdict.Runner = runnerUp(took, not)
	numberEvidence(r)
	r.Impact = impact(m, r)
	r.Timeline = events(m, r)
	r.Actions = whatif.Actions(m, r)
	plan := whatif.Plan{Model: m, Report: r, Took: took}
	r.WhatIf = plan.Answers()
	r.ToLimit, r.Pools = whatif.ToLimit(r.WhatIf), plan.Pools()
	if r.Verdict.Status == finding.Healthy {
		r.Verdict.Summary += whatif.Outlook(m, r.WhatIf)
	}
	r.Answers = whatif.ThreeAnswers(m, r)
	r.Instead = whatif.Instead(r)
	whatif.Dial(m, r)
	r.DataQuality = dataQuality(m)
	r.Observations = observations(m, r)
	r.Course = m.Phases()
	peak, rows := holderRows(m)
	r.Holders = holderTable(m, peak, rows)
	r.Held = heldThroughTime(m, r, peak, rows)
	r.Signals = signals(m)
	r.Limit = limitCourse(m)
	r.Config = configOf(tl)
	return r
}

// configOf lists the settings that mattered.
func configOf(tl *timeline.Timeline) []finding.ConfigValue {
	var out []finding.ConfigValue
	for _, k := range timeline.Kept {
		if v, ok := tl.Config[k]; ok {
			out = append(out, finding.ConfigValue{Key: k, Value: v})
		}
	}
	return out
}

func input(m *measure.Model) finding.Input {
	tl := m.TL
	in := finding.Input{Kind: string(tl.Origin.Kind), Form: formOf(&tl.Origin), Name: tl.Origin.Name, Target: tl.Origin.Meta.Target, Label: tl.Origin.Meta.Label, Cluster: tl.Origin.Meta.Cluster, Zone: tl.Origin.Meta.Zone,
		Apart: time.Duration(tl.ClockApart * float64(time.Second)), SHA256: tl.Origin.SHA256, Samples: tl.Rounds,
		Interval: tl.Interval(), Gaps: tl.Gaps(), Failed: tl.Failed, Servers: tl.Servers}
	if in.Relative = tl.Relative; in.Relative {
		in.Clock = cmp.Or(tl.PacedBy, "the server's uptime")
	}
	if n := len(m.Samples); n > 0 && !tl.Untimed {
		in.From, in.To = m.TimeOf(0), m.TimeOf(n-1)
		for i := range m.Samples { // a clock that ran backwards has its earliest time elsewhere
			if t := m.TimeOf(i); t.Before(in.From) {
				in.From = t
			} else if t.After(in.To) {
				in.To = t
			}
		}
	}
	return in
}

// findingOf turns an opinion into its place in the report.
func findingOf(m *measure.Model, o verdict.Opinion, not []verdict.Opinion) finding.Finding {
	f := finding.Finding{ID: o.Cause.ID, Role: o.Role, Confidence: math.Round(verdict.Calibrated(verdict.TierOf(m), finding.Incident, o.Cause.ID, 0.5+0.48*ramp01(o.Score))*100) / 100, Claim: o.Claim, Spells: o.Spells,
		Sources: o.Sources, Evidence: o.Evidence}
	for _, r := range not {
		// A rival with signs of its own speaks against, and is shown.
		if _, rival := verdict.RivalTest(o.Cause, r.Cause.ID); rival && r.Score >= verdict.WeakSignScore {
			f.Evidence = append(f.Evidence, finding.New(fmt.Sprintf("signs of %s: %s", r.Cause.ID, r.Why), math.Round(r.Score*100)/100, "score",
				m.Place(max(o.Onset, 0), false)).Against())
		}
	}
	f.Onset, f.OnsetLo, f.OnsetHi = cause.Beginning(m, &o.Assessment).Times()
	if o.End >= 0 {
		f.End = m.TimeOf(o.End)
	}
	f.Growth = growthOf(m, o)
	return f
}

func ramp01(score float64) float64 { return min(max((score-cause.Active)/0.4, 0), 1) }

// numberEvidence gives every piece of evidence its reference, in the report's order.
func numberEvidence(r *finding.Report) {
	n := 0
	number := func(es []finding.Evidence) {
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
func ruledOut(took, not []verdict.Opinion) (out, open []finding.RuledOut) {
	rival := map[string]bool{}
	if len(took) > 0 {
		for _, r := range verdict.Rivals(took[0].Cause) {
			rival[r.ID] = true
		}
	}
	sorted := slices.Clone(not)
	slices.SortStableFunc(sorted, func(a, b verdict.Opinion) int {
		if rival[a.Cause.ID] != rival[b.Cause.ID] {
			if rival[a.Cause.ID] {
				return -1
			}
			return 1
		}
		return -cmp.Compare(math.Round(a.Score*20), math.Round(b.Score*20))
	})
	for _, o := range sorted {
		if why, ok := strings.CutPrefix(o.Why, cause.NotAssessed); ok {
			open = append(open, finding.RuledOut{ID: o.Cause.ID, Why: why})
		} else if o.Why != "" {
			out = append(out, finding.RuledOut{ID: o.Cause.ID, Why: o.Why})
		}
	}
	return out, open
}

// runnerUp names the strongest cause that was ruled out and what told it apart.
func runnerUp(took, not []verdict.Opinion) string {
	var best *verdict.Opinion
	for i := range not {
		if not[i].Score >= verdict.WeakSignScore && (best == nil || not[i].Score > best.Score) {
			best = &not[i]
		}
	}
	if best == nil {
		return ""
	}
	if len(took) > 0 {
		if test, ok := verdict.RivalTest(took[0].Cause, best.Cause.ID); ok {
			s := fmt.Sprintf("%s; what tells them apart: %s", best.Cause.ID, test)
			if w := best.Subject.Weakest(); w != nil {
				s += "; here " + w.Words()
			}
			return s
		}
	}
	return fmt.Sprintf("%s: %s", best.Cause.ID, best.Why)
}
