package result

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

// Of renames the report's fields to those of the schema.
func Of(r *finding.Report, version string) Report {
	return Report{
		Schema:      Schema,
		Tool:        Tool{"connbox", version},
		Input:       inputOf(r.Input),
		Verdict:     verdictOf(r.Verdict),
		Causes:      mapped(r.Causes, causeOf),
		Candidates:  mapped(r.Candidates, candidateOf),
		RuledOut:    mapped(r.RuledOut, ruledOutOf),
		NotAssessed: mapped(r.NotAssessed, ruledOutOf),
		Unused:      Unused{r.Unused.Lines, notNil(r.Unused.At), notNil(r.Unused.Text)},
		Snapshot:    snapshotOf(r.Snapshot),
		Timeline: mapped(r.Timeline, func(e finding.Event) Event {
			return Event{Moment(e.At), e.What, notNil(e.Refs)}
		}),
		Impact: impactOf(r.Impact),
		Actions: mapped(r.Actions, func(a finding.Action) Action {
			return Action{string(a.Risk), a.Good, a.Command, a.Effect, a.Check}
		}),
		Alert:        alertOf(r.Alert),
		Instead:      r.Instead,
		WhatIf:       mapped(r.WhatIf, whatIfOf),
		DataQuality:  mapped(r.DataQuality, func(d finding.Doubt) Doubt { return Doubt(d) }),
		Observations: notNil(r.Observations),
		Next:         mapped(r.Next, func(s finding.Step) Step { return Step(s) }),
		Answers:      mapped(r.Answers, func(a finding.Answer) Answer { return Answer(a) }),
		Course:       mapped(r.Course, phaseOf),
		Holders:      mapped(r.Holders, holderOf),
		Held:         heldOf(&r.Held),
		Limit:        Limit{positive(r.Limit.Effective), r.Limit.From},
		Config:       mapped(r.Config, func(c finding.ConfigValue) Config { return Config(c) }),
		ToLimit:      forecastOf(r.ToLimit),
		Pools:        mapped(r.Pools, poolOf),
		Servers: mapped(r.Servers, func(s finding.ServerReport) ServerReport {
			return ServerReport{s.Name, s.At, Of(&s.Report, version)}
		}),
	}
}

// alertOf gives nil where no rule would have warned.
func alertOf(a finding.Alert) *Alert {
	if a.Name == "" {
		return nil
	}
	return &Alert{a.Name, a.Expr, Number(a.Hold.Seconds()), Moment(a.At)}
}

func verdictOf(v finding.Verdict) Verdict {
	return Verdict{string(v.Status), v.Cause, Probability(v.Confidence), v.Summary, v.Runner,
		mapped(v.Parts, func(c finding.Contribution) Contribution { return Contribution{c.What, Number(c.Value)} })}
}

func inputOf(in finding.Input) Input {
	if in.Relative { // seconds since the server's start are no time
		in.From, in.To = time.Time{}, time.Time{}
	}
	return Input{
		Kind: in.Kind, Form: in.Form, Name: in.Name, SHA256: in.SHA256, Server: Identity{in.Target, in.Label, in.Cluster, in.Zone},
		From: Moment(in.From), To: Moment(in.To),
		Samples: in.Samples, IntervalS: known(in.Interval.Seconds()), Gaps: in.Gaps, Failed: in.Failed, LogLines: in.LogLines, ClientLog: in.ClientLog,
		Servers: mapped(in.Servers, func(s finding.Server) Server { return Server(s) }),
	}
}

func causeOf(f finding.Finding) Cause {
	c := Cause{
		ID: f.ID, Role: string(f.Role), Confidence: Probability(f.Confidence),
		Onset: Moment(f.Onset), End: Moment(f.End), Claim: f.Claim,
		Spells:   mapped(f.Spells, phaseOf),
		Sources:  mapped(f.Sources, sourceOf),
		Evidence: mapped(f.Evidence, evidenceOf),
	}
	if !f.OnsetLo.IsZero() || !f.OnsetHi.IsZero() {
		c.OnsetInterval = &[2]Moment{Moment(f.OnsetLo), Moment(f.OnsetHi)}
	}
	if g := f.Growth; g.Shape != "" {
		c.Growth = &Growth{g.Subject, g.Shape, Number(g.Weight), g.Runner, Number(g.RunnerWeight),
			mapped(g.Params, func(p finding.GrowthParam) Param {
				return Param{p.Name, p.Unit, Number(p.Value), [2]Number{Number(p.Lo), Number(p.Hi)}}
			}), g.AtLimit}
	}
	return c
}

func evidenceOf(e finding.Evidence) Evidence {
	j := Evidence{Ref: e.Ref, Claim: e.Claim, Value: Number(e.Value), Unit: e.Unit, At: notNil(e.At), For: e.For}
	if e.HasInterval {
		j.Interval = &[2]Number{Number(e.Lo), Number(e.Hi)}
	}
	return j
}

func ruledOutOf(x finding.RuledOut) RuledOut { return RuledOut{x.ID, x.Why} }

func candidateOf(c finding.Candidate) Candidate {
	refs := func(es []finding.Evidence) []string {
		return mapped(es, func(e finding.Evidence) string { return e.Ref })
	}
	return Candidate{ID: c.ID, Probability: Probability(c.Probability), For: refs(c.For), Against: refs(c.Against),
		Evidence: mapped(slices.Concat(c.For, c.Against), evidenceOf)}
}

// snapshotOf gives nil where the recording has a course.
func snapshotOf(s finding.Snapshot) *Snapshot {
	if s.Taken == 0 {
		return nil
	}
	return &Snapshot{s.Taken, mapped(s.Remarks, func(x finding.Remark) Remark { return Remark{x.Topic, x.Text, notNil(x.At)} })}
}

func phaseOf(p finding.Phase) Phase {
	return Phase{Moment(p.From), Moment(p.To), Number(p.Begin), Number(p.End), Number(p.PerMin), [2]Number{Number(p.Lo), Number(p.Hi)}}
}

func sourceOf(s finding.Source) Source {
	return Source{s.Host, s.Name, s.User, s.Lib, s.Service(), s.Connections, Number(s.Share)}
}

func impactOf(i finding.Impact) Impact {
	j := Impact{
		PeakRefused: known(i.PeakRefused), RefusedShare: known(i.RefusedShare),
		TimeAtLimitS: known(i.TimeAtLimit.Seconds()), UnavailableS: known(i.Unavailable.Seconds()), AppErrors: known(i.AppErrors), PeakAppErrors: known(i.PeakAppErrors),
		FirstSignal: Moment(i.FirstSignal), LimitReached: Moment(i.LimitReached), Recovered: Moment(i.Recovered),
	}
	if i.Refused >= 0 {
		j.Refused = &i.Refused
	}
	return j
}

// whatIfOf leaves the interval out where the report carries none: both ends zero
// around a value that is not.
func whatIfOf(x finding.WhatIf) WhatIf {
	j := WhatIf{Question: x.Question, Answer: x.Answer, Value: Number(x.Value), Unit: x.Unit,
		ID: x.ID, Formula: x.Formula, At: notNil(x.At), Enough: !x.Missing}
	if x.Lo != 0 || x.Hi != 0 || x.Value == 0 {
		j.Interval = &[2]Number{Number(x.Lo), Number(x.Hi)}
	}
	return j
}

func holderOf(h finding.Holder) Holder {
	return Holder{
		Label: h.Label, Hosts: h.Hosts, Source: sourceOf(h.Source),
		Base: h.Base, Peak: h.Peak, Last: h.Last, Births: h.Births, Deaths: h.Deaths,
		GrowthPerMin: Number(h.Growth), IdleP50S: Number(h.IdleP50), IdleP95S: Number(h.IdleP95),
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

// heldMoments is how many moments of who held the slots the result has.
const heldMoments = 60

// heldOf gives nil where no list told who held the slots. Of many moments every so many are taken.
func heldOf(h *finding.Held) *Held {
	if len(h.At) == 0 {
		return nil
	}
	step := (len(h.At) + heldMoments - 1) / heldMoments
	pick := func(v []float64) []Number {
		out := []Number{}
		for i := 0; i < len(v); i += step {
			out = append(out, Number(v[i]))
		}
		return out
	}
	j := &Held{At: []Moment{}, IdleEdgesS: mapped(finding.IdleEdges[:], func(v float64) Number { return Number(v) }), Idle: mapped(h.Idle, pick),
		Groups: mapped(h.Groups, func(g finding.HeldGroup) HeldGroup { return HeldGroup{g.Label, g.Others, pick(g.Connections)} })}
	for i := 0; i < len(h.At); i += step {
		j.At = append(j.At, Moment(h.At[i]))
	}
	return j
}
