package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/logs"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/analyze/whatif"
)

// takeLog takes what the server's log says by itself into the report: a settled cause where
// the samples name none, evidence where they name the same, and else a remark; sampled tells
// that there is something in the samples. Nothing changes for a recording without a log.
func takeLog(m *measure.Model, r *finding.Report, sampled bool) {
	log := &m.TL.Log
	if log.Lines == 0 {
		return
	}
	configureLog(m)
	j := log.Judge()
	r.Input.ClientLog = log.Refusals()
	r.Input.LogLines = log.Lines - r.Input.ClientLog
	if r.Input.From.IsZero() && !log.NoYear {
		r.Input.From, r.Input.To = log.First, log.Last
	}
	for i := range j.Candidates {
		takeCandidate(m, r, &j.Candidates[i])
	}
	if r.Verdict.Status == finding.Undetermined && j.Summary != "" {
		r.Verdict = logVerdict(r.Verdict, &j, verdict.Starved(m) && !sampled)
	}
	if len(j.Candidates) > 0 && (r.Verdict.FromLog || r.Verdict.Status == finding.Undetermined && r.Verdict.Score == j.Candidates[0].Score) {
		m.LogLead = &j.Candidates[0]
	}
	m.LogNotes = j.Notes
	if aside := besides(r, &j); len(aside) > 0 {
		m.LogNotes = append(aside, m.LogNotes...)
		if r.Verdict.FromLog && r.Verdict.Status == finding.Incident {
			r.Verdict.Summary += " " + aside[0]
		}
	}
	m.LogDoubt = &finding.Doubt{What: logSpan(log), Effect: "all of them speak of connections"}
	if log.Mute > 0 {
		m.LogDoubt.Effect = fmt.Sprintf("%d of them say nothing of connections and are not used", log.Mute)
	}
	if r.Verdict.Status == finding.Undetermined && len(j.Candidates) > 0 {
		m.LogNext = logSteps(m, &j.Candidates[0])
	}
	m.LogEvents = j.Events
	if log.NoYear {
		m.LogEvents = nil
	}
}

// besides gives the claims of the log's candidates, strongest first, that neither a cause nor the
// verdict says: what does not settle a case is said beside what does.
func besides(r *finding.Report, j *logs.Judgement) (out []string) {
	for i := range j.Candidates {
		c := &j.Candidates[i]
		found := slices.ContainsFunc(r.Causes, func(f finding.Finding) bool { return f.ID == c.Cause })
		if !found && !strings.Contains(r.Verdict.Summary, c.Claim) {
			out = append(out, c.Claim)
		}
	}
	return out
}

// takeCandidate makes a finding of a settled candidate, or evidence for one that is there.
func takeCandidate(m *measure.Model, r *finding.Report, c *logs.Candidate) {
	f := logFinding(m, c)
	if i := slices.IndexFunc(r.Causes, func(f finding.Finding) bool { return f.ID == c.Cause }); i >= 0 {
		r.Causes[i].Evidence = append(r.Causes[i].Evidence, f.Evidence...)
		return
	}
	if !c.Settled || r.Verdict.Status != finding.Undetermined && !(r.Verdict.Status == finding.Incident && r.Verdict.FromLog) {
		return
	}
	if len(r.Causes) > 0 {
		f.Role = finding.Consequence
	} else {
		score := math.Round(c.Score*100) / 100
		r.Verdict = finding.Verdict{Status: finding.Incident, Cause: c.Cause, Confidence: score, Score: score, Summary: c.Claim, FromLog: true,
			Parts: []finding.Contribution{{What: "what the server's own log says", Value: score}}}
	}
	r.Causes = append(r.Causes, f)
}

func logFinding(m *measure.Model, c *logs.Candidate) finding.Finding {
	f := finding.Finding{ID: c.Cause, Role: finding.Root, Confidence: math.Round(c.Score*100) / 100, Claim: c.Claim,
		Sources: slices.Clone(c.Sources), Evidence: slices.Clone(c.Facts)}
	if !m.TL.Log.NoYear {
		f.Onset, f.OnsetLo, f.OnsetHi = c.From, c.From, c.From
	}
	return f
}

// logVerdict says what the log says where no cause can be named: instead of too few samples,
// or behind what the samples say.
func logVerdict(v finding.Verdict, j *logs.Judgement, starved bool) finding.Verdict {
	if !starved {
		v.Summary += " " + j.Summary
		if len(j.Candidates) == 0 || j.Candidates[0].Score <= v.Confidence {
			return v
		}
	} else {
		v.Summary = j.Summary
	}
	switch {
	case len(j.Candidates) > 0:
		c := &j.Candidates[0]
		v.Confidence, v.Score = math.Round(c.Score*100)/100, c.Score
		v.Parts = []finding.Contribution{{What: "what the server's own log says of " + c.Cause, Value: v.Confidence}}
	case j.Quiet:
		v.Status, v.Confidence, v.Score = finding.Healthy, logs.QuietConfidence, logs.QuietConfidence
		v.Summary = "No incident found: " + finding.LowerFirst(j.Summary) + " The limit is not in the log."
		v.Parts = []finding.Contribution{{What: "counts in the server's own log that do not grow", Value: v.Confidence}}
	}
	return v
}

// logSteps gives the harmless steps that look for a candidate's cause.
func logSteps(m *measure.Model, c *logs.Candidate) (out []finding.Step) {
	f := logFinding(m, c)
	for _, fix := range verdict.FixesOf(c.Cause) {
		command, known := whatif.Fill(m, fix.Command, &f)
		if known && fix.Risk == finding.Safe && whatif.Understands(m, fix.Command) {
			why, _ := whatif.Fill(m, fix.Effect, &f)
			out = append(out, finding.Step{Command: command, Why: why})
		}
	}
	return out
}

// logSpan says what there is of a log.
func logSpan(l *logs.Reading) string {
	s := finding.Count(int(l.Lines), "line") + " of a server's log"
	if l.Refusals() == l.Lines {
		s = finding.Count(int(l.Lines), "line") + " of a client's log"
	}
	switch {
	case l.First.IsZero():
		return s + " without a time"
	case l.NoYear:
		return s + fmt.Sprintf(", %s to %s, no year told", l.First.Format("2 Jan 15:04:05"), l.Last.Format("2 Jan 15:04:05"))
	}
	return s + fmt.Sprintf(", %s to %s", l.First.Format("2006-01-02 15:04:05"), l.Last.Format("2006-01-02 15:04:05"))
}

// placeLog puts the cause that the log speaks for most among the candidates, and takes what
// took part out of the lists of what did not.
func placeLog(m *measure.Model, r *finding.Report) {
	c := m.LogLead
	if c == nil {
		return
	}
	took := func(x finding.RuledOut) bool {
		return slices.ContainsFunc(r.Causes, func(f finding.Finding) bool { return f.ID == x.ID })
	}
	r.RuledOut, r.NotAssessed = slices.DeleteFunc(r.RuledOut, took), slices.DeleteFunc(r.NotAssessed, took)
	p := math.Round(c.Score*100) / 100
	rest := slices.DeleteFunc(r.Candidates, func(x finding.Candidate) bool { return x.ID == c.Cause })
	sum := 0.0
	for _, x := range rest {
		sum += x.Probability
	}
	for i := range rest {
		rest[i].Probability *= min(1, (1-p)/max(sum, 1e-9))
	}
	r.Candidates = append(rest, finding.Candidate{ID: c.Cause, Probability: p, For: logFinding(m, c).Evidence})
	slices.SortStableFunc(r.Candidates, func(a, b finding.Candidate) int { return cmp.Compare(b.Probability, a.Probability) })
}
