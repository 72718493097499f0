package report

import (
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// mapped converts a list; the result is never nil, so it is never null in JSON.
func mapped[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

// notNil makes an empty list of a nil one.
func notNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// jsonReportOf renames the report's fields to those of the schema.
func jsonReportOf(r *finding.Report, version string) jsonReport {
	return jsonReport{
		Schema: Schema,
		Tool:   jsonTool{"connbox", version},
		Input:  jsonInputOf(r.Input),
		Verdict: jsonVerdict{string(r.Verdict.Status), r.Verdict.Cause, prob(r.Verdict.Confidence), r.Verdict.Summary, r.Verdict.Runner,
			mapped(r.Verdict.Parts, func(c finding.Contribution) jsonContribution { return jsonContribution{c.What, num(c.Value)} })},
		Causes:      mapped(r.Causes, jsonCauseOf),
		Candidates:  mapped(r.Candidates, jsonCandidateOf),
		RuledOut:    mapped(r.RuledOut, jsonRuledOutOf),
		NotAssessed: mapped(r.NotAssessed, jsonRuledOutOf),
		Unused:      jsonUnused{r.Unused.Lines, notNil(r.Unused.At), notNil(r.Unused.Text)},
		Snapshot:    jsonSnapshotOf(r.Snapshot),
		Timeline: mapped(r.Timeline, func(e finding.Event) jsonEvent {
			return jsonEvent{stamp(e.At), e.What, notNil(e.Refs)}
		}),
		Impact: jsonImpactOf(r.Impact),
		Actions: mapped(r.Actions, func(a finding.Action) jsonAction {
			return jsonAction{string(a.Risk), a.Command, a.Effect, a.Check}
		}),
		WhatIf:       mapped(r.WhatIf, jsonWhatIfOf),
		DataQuality:  mapped(r.DataQuality, func(d finding.Doubt) jsonDoubt { return jsonDoubt(d) }),
		Observations: notNil(r.Observations),
		Next:         mapped(r.Next, func(s finding.Step) jsonStep { return jsonStep(s) }),
		Answers:      mapped(r.Answers, func(a finding.Answer) jsonAnswer { return jsonAnswer(a) }),
		Course:       mapped(r.Course, jsonPhaseOf),
		Holders:      mapped(r.Holders, jsonHolderOf),
		Limit:        jsonLimit{positive(r.Limit.Effective), r.Limit.From},
		Config:       mapped(r.Config, func(c finding.ConfigValue) jsonConfig { return jsonConfig(c) }),
		Servers: mapped(r.Servers, func(s finding.ServerReport) jsonServerReport {
			return jsonServerReport{s.Name, s.At, jsonReportOf(&s.Report, version)}
		}),
	}
}

func jsonInputOf(in finding.Input) jsonInput {
	if in.Relative { // seconds since the server's start are no time
		in.From, in.To = time.Time{}, time.Time{}
	}
	return jsonInput{
		Kind: in.Kind, Form: in.Form, Name: in.Name, SHA256: in.SHA256,
		From: stamp(in.From), To: stamp(in.To),
		Samples: in.Samples, IntervalS: known(in.Interval.Seconds()), Gaps: in.Gaps, Failed: in.Failed, LogLines: in.LogLines,
		Servers: mapped(in.Servers, func(s finding.Server) jsonServer { return jsonServer(s) }),
	}
}

func jsonCauseOf(f finding.Finding) jsonCause {
	c := jsonCause{
		ID: f.ID, Role: string(f.Role), Confidence: prob(f.Confidence),
		Onset: stamp(f.Onset), End: stamp(f.End), Claim: f.Claim,
		Spells:   mapped(f.Spells, jsonPhaseOf),
		Sources:  mapped(f.Sources, jsonSourceOf),
		Evidence: mapped(f.Evidence, jsonEvidenceOf),
	}
	if !f.OnsetLo.IsZero() || !f.OnsetHi.IsZero() {
		c.OnsetInterval = &[2]stamp{stamp(f.OnsetLo), stamp(f.OnsetHi)}
	}
	if g := f.Growth; g.Shape != "" {
		c.Growth = &jsonGrowth{g.Subject, g.Shape, num(g.Weight), g.Runner, num(g.RunnerWeight),
			mapped(g.Params, func(p finding.GrowthParam) jsonParam {
				return jsonParam{p.Name, p.Unit, num(p.Value), [2]num{num(p.Lo), num(p.Hi)}}
			})}
	}
	return c
}

func jsonEvidenceOf(e finding.Evidence) jsonEvidence {
	j := jsonEvidence{Ref: e.Ref, Claim: e.Claim, Value: num(e.Value), Unit: e.Unit, At: notNil(e.At), For: e.For}
	if e.HasInterval {
		j.Interval = &[2]num{num(e.Lo), num(e.Hi)}
	}
	return j
}

func jsonRuledOutOf(x finding.RuledOut) jsonRuledOut { return jsonRuledOut{x.ID, x.Why} }

func jsonCandidateOf(c finding.Candidate) jsonCandidate {
	refs := func(es []finding.Evidence) []string {
		return mapped(es, func(e finding.Evidence) string { return e.Ref })
	}
	return jsonCandidate{ID: c.ID, Probability: prob(c.Probability), For: refs(c.For), Against: refs(c.Against),
		Evidence: mapped(slices.Concat(c.For, c.Against), jsonEvidenceOf)}
}

// jsonSnapshotOf gives nil where the recording has a course.
func jsonSnapshotOf(s finding.Snapshot) *jsonSnapshot {
	if s.Taken == 0 {
		return nil
	}
	return &jsonSnapshot{s.Taken, mapped(s.Remarks, func(x finding.Remark) jsonRemark { return jsonRemark{x.Topic, x.Text, notNil(x.At)} })}
}

func jsonPhaseOf(p finding.Phase) jsonPhase {
	return jsonPhase{stamp(p.From), stamp(p.To), num(p.Begin), num(p.End), num(p.PerMin), [2]num{num(p.Lo), num(p.Hi)}}
}

func jsonSourceOf(s finding.Source) jsonSource {
	return jsonSource{s.Host, s.Name, s.User, s.Lib, s.Connections, num(s.Share)}
}

func jsonImpactOf(i finding.Impact) jsonImpact {
	j := jsonImpact{
		PeakRefused: known(i.PeakRefused), RefusedShare: known(i.RefusedShare),
		TimeAtLimitS: known(i.TimeAtLimit.Seconds()), AppErrors: known(i.AppErrors), PeakAppErrors: known(i.PeakAppErrors),
		FirstSignal: stamp(i.FirstSignal), LimitReached: stamp(i.LimitReached), Recovered: stamp(i.Recovered),
	}
	if i.Refused >= 0 {
		j.Refused = &i.Refused
	}
	return j
}

// jsonWhatIfOf leaves the interval out where the report carries none: both ends zero
// around a value that is not.
func jsonWhatIfOf(x finding.WhatIf) jsonWhatIf {
	j := jsonWhatIf{Question: x.Question, Answer: x.Answer, Value: num(x.Value), Unit: x.Unit,
		ID: x.ID, Formula: x.Formula, At: notNil(x.At), Enough: !x.Missing}
	if x.Lo != 0 || x.Hi != 0 || x.Value == 0 {
		j.Interval = &[2]num{num(x.Lo), num(x.Hi)}
	}
	return j
}

func jsonHolderOf(h finding.Holder) jsonHolder {
	return jsonHolder{
		Label: h.Label, Hosts: h.Hosts, Source: jsonSourceOf(h.Source),
		Base: h.Base, Peak: h.Peak, Last: h.Last, Births: h.Births, Deaths: h.Deaths,
		GrowthPerMin: num(h.Growth), IdleP50S: num(h.IdleP50), IdleP95S: num(h.IdleP95),
		Blocked: h.Blocked, PubSub: h.PubSub, OMem: h.OMem, TopCmd: h.TopCmd,
	}
}

// positive gives nil for a value whose zero means "unknown".
func positive(v int64) *int64 {
	if v <= 0 {
		return nil
	}
	return &v
}
