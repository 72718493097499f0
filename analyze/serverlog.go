package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/logs"
	"github.com/connbox/connbox/parse/record"
)

// serverLog takes an entry of the server's own log. A bundle keeps it as a reply of its own.
func (c *collector) serverLog(r *record.Log) {
	c.tl.Log.Add(&r.Entry, r.Pos)
}

// takeLog takes what the server's log says by itself into the report: a settled cause where
// the samples name none, evidence where they name the same, and else a remark. Nothing
// changes for a recording without a log.
func (m *model) takeLog(r *Report) {
	log := &m.tl.Log
	if log.Lines == 0 {
		return
	}
	j := log.Judge()
	r.Input.LogLines = log.Lines
	if r.Input.From.IsZero() && !log.NoYear {
		r.Input.From, r.Input.To = log.First, log.Last
	}
	for i := range j.Candidates {
		m.takeCandidate(r, &j.Candidates[i])
	}
	if r.Verdict.Status == Undetermined && j.Summary != "" {
		r.Verdict = logVerdict(r.Verdict, &j, m.starved() && len(m.s) == 0)
	}
	if len(j.Candidates) > 0 && (r.Verdict.FromLog || r.Verdict.Status == Undetermined && r.Verdict.Score == j.Candidates[0].Score) {
		m.logLead = &j.Candidates[0]
	}
	m.logNotes = j.Notes
	m.logDoubt = &Doubt{What: logSpan(log), Effect: "all of them speak of connections"}
	if log.Mute > 0 {
		m.logDoubt.Effect = fmt.Sprintf("%d of them say nothing of connections and are not used", log.Mute)
	}
	if r.Verdict.Status == Undetermined && len(j.Candidates) > 0 {
		m.logNext = m.logSteps(&j.Candidates[0])
	}
	m.logEvents = j.Events
	if log.NoYear {
		m.logEvents = nil
	}
}

// takeCandidate makes a finding of a settled candidate, or evidence for one that is there.
func (m *model) takeCandidate(r *Report, c *logs.Candidate) {
	f := m.logFinding(c)
	if i := slices.IndexFunc(r.Causes, func(f Finding) bool { return f.ID == c.Cause }); i >= 0 {
		r.Causes[i].Evidence = append(r.Causes[i].Evidence, f.Evidence...)
		return
	}
	if !c.Settled || r.Verdict.Status != Undetermined && !(r.Verdict.Status == Incident && r.Verdict.FromLog) {
		return
	}
	if len(r.Causes) > 0 {
		f.Role = Consequence
	} else {
		score := math.Round(c.Score*100) / 100
		r.Verdict = Verdict{Status: Incident, Cause: c.Cause, Confidence: score, Score: score, Summary: c.Claim, FromLog: true,
			Parts: []Contribution{{"what the server's own log says", score}}}
	}
	r.Causes = append(r.Causes, f)
}

func (m *model) logFinding(c *logs.Candidate) Finding {
	f := Finding{ID: c.Cause, Role: Root, Confidence: math.Round(c.Score*100) / 100, Claim: c.Claim}
	if !m.tl.Log.NoYear {
		f.Onset, f.OnsetLo, f.OnsetHi = c.From, c.From, c.From
	}
	for _, s := range c.Sources {
		f.Sources = append(f.Sources, Source{Host: s.Host, Name: s.Name, User: s.User, Connections: s.Connections, Share: s.Share})
	}
	for _, x := range c.Facts {
		f.Evidence = append(f.Evidence, ev("server log: "+x.Claim, x.Value, x.Unit, x.At...))
	}
	return f
}

// logVerdict says what the log says where no cause can be named: instead of too few samples,
// or behind what the samples say.
func logVerdict(v Verdict, j *logs.Judgement, starved bool) Verdict {
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
		v.Parts = []Contribution{{"what the server's own log says of " + c.Cause, v.Confidence}}
	case j.Quiet:
		v.Status, v.Confidence, v.Score = Healthy, logs.QuietConfidence, logs.QuietConfidence
		v.Summary = "No incident found: " + lowerFirst(j.Summary) + " The limit is not in the log."
		v.Parts = []Contribution{{"counts in the server's own log that do not grow", v.Confidence}}
	}
	return v
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// logSteps gives the harmless steps that look for a candidate's cause.
func (m *model) logSteps(c *logs.Candidate) (out []Step) {
	f := m.logFinding(c)
	for _, fix := range fixesOf(c.Cause) {
		if fix.Risk == Safe && m.understands(fix.Command) {
			out = append(out, Step{m.fill(fix.Command, &f), m.fill(fix.Effect, &f)})
		}
	}
	return out
}

// logSpan says what there is of a log.
func logSpan(l *logs.Reading) string {
	s := many(int(l.Lines), "line") + " of a server's log"
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
func (m *model) placeLog(r *Report) {
	c := m.logLead
	if c == nil {
		return
	}
	took := func(x RuledOut) bool {
		return slices.ContainsFunc(r.Causes, func(f Finding) bool { return f.ID == x.ID })
	}
	r.RuledOut, r.NotAssessed = slices.DeleteFunc(r.RuledOut, took), slices.DeleteFunc(r.NotAssessed, took)
	p := math.Round(c.Score*100) / 100
	rest := slices.DeleteFunc(r.Candidates, func(x Candidate) bool { return x.ID == c.Cause })
	sum := 0.0
	for _, x := range rest {
		sum += x.Probability
	}
	for i := range rest {
		rest[i].Probability *= min(1, (1-p)/max(sum, 1e-9))
	}
	r.Candidates = append(rest, Candidate{ID: c.Cause, Probability: p, For: m.logFinding(c).Evidence})
	slices.SortStableFunc(r.Candidates, func(a, b Candidate) int { return cmp.Compare(b.Probability, a.Probability) })
}
