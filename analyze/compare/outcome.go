package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
)

// A sign is a row of the table: by which quantity one sees whether a cause is still at work.
type sign struct {
	cause string
	of    string // id of the quantity; empty: none of those compared shows it, as of a cause without a row
	own   bool   // of the application that is blamed; else of the server
	noun  string // as a sentence has it; %s is the application
}

// signs has a row for each cause that one of the compared quantities shows: without one, an
// incident is gone when its cause is no longer found.
var signs = [...]sign{
	{"connection-leak", "grew", true, "growth of %s"},
	{"retry-storm", "refused", false, "refused connections"},
	{"output-buffer-loop", "opened", true, "new connections of %s"},
	{"oversized-pool", "held_most", true, "connections of %s"},
	{"connection-churn", "opened", true, "new connections of %s"},
	{"blocking-commands", "waiting", true, "connections of %s in blocking commands"},
	{"slow-commands", "slow", false, "slow commands"},
	{"maxclients-too-low", "use", false, "the share of the limit in use"},
	{"fd-limit", "use", false, "the share of the limit in use"},
	{"internal-connections", "internal", true, "internal connections of %s"},
	{"serverless-fanout", "held_most", true, "connections of %s"},
	{"zombie-connections", "held", true, "connections of %s"},
	{"deploy-overlap", "held_most", true, "connections of %s"},
	{"autoscaling-spiral", "refused", false, "refused connections"},
	{"auth-failure-loop", "auth_failures", false, "failed authentications"},
	{"protected-mode-refusals", "refused", false, "refused connections"},
	{"client-eviction", "evicted", false, "evicted clients"},
	{"idle-cut", "closed", true, "closed connections of %s"},
	{"reconnect-wave", "accepted", false, "accepted connections"},
	{"query-buffer-growth", "client_memory", false, "memory of clients"},
}

func signOf(cause string) *sign {
	for i := range signs {
		if signs[i].cause == cause {
			return &signs[i]
		}
	}
	return &sign{cause: cause}
}

// gone is the share of what it was under which a quantity is back. It is arbitrary: applications
// have some growth and turnover of their own.
const gone = 0.25

// sure is the probability from which on an outcome is told.
const sure = 0.9

// outcome says what became of the incident.
func (p *pair) outcome() finding.Outcome {
	a, b := p.a.r, p.b.r
	was, is := a.Verdict.Status == finding.Incident, b.Verdict.Status == finding.Incident
	switch {
	case p.same():
		return finding.Outcome{Status: finding.Unknown, Confidence: math.NaN(), Summary: "Both inputs are the same recording: there is nothing to compare."}
	case (was || is) && p.unrelated() != "":
		return finding.Outcome{Status: finding.Unknown, Confidence: math.NaN(), Summary: finding.UpperFirst(p.unrelated()) + ": " + unanswered(a, b) + " cannot be told."}
	case was && is:
		return p.both()
	case was:
		o := p.judge(p.a, p.b)
		o.Summary = words(&o, a, b)
		return o
	case is: // the same question asked the other way round: is what is there now not there before?
		o := otherWay(p.judge(p.b, p.a))
		o.Summary = words(&o, a, b)
		return o
	case a.Verdict.Status == finding.Healthy && b.Verdict.Status == finding.Healthy:
		return finding.Outcome{Status: finding.Quiet, Confidence: min(a.Verdict.Confidence, b.Verdict.Confidence), Summary: "No incident in either recording."}
	}
	o := finding.Outcome{Status: finding.Unknown, Confidence: math.NaN()}
	which := "Neither recording says enough"
	if a.Verdict.Status == finding.Healthy {
		which = "The second recording does not say enough"
	} else if b.Verdict.Status == finding.Healthy {
		which = "The first recording does not say enough"
	}
	o.Summary = which + " for a verdict, so nothing can be said of a fix; what can be measured is compared below."
	return o
}

// both is the outcome of two incidents: what became of the first, and whether the second was there
// before. What was measured says more than that both have a cause, and that more than that it is gone.
func (p *pair) both() finding.Outcome {
	o, back := p.judge(p.a, p.b), otherWay(p.judge(p.b, p.a))
	says := map[finding.OutcomeStatus]int{finding.Another: 1, finding.Unchanged: 2, finding.Better: 3, finding.Worse: 3}
	switch x, y := says[o.Status], says[back.Status]; {
	case x > y:
	case y > x:
		o = back
		if o.Status == finding.Another {
			o.Summary = finding.UpperFirst(title(p.b.r)) + " began, " + certainty(&o) + "; whether " + title(p.a.r) + " is gone cannot be told."
			return o
		}
	case o.Status != back.Status: // the one is less, the other more
		o.Status, o.Confidence = finding.Another, min(o.Confidence, back.Confidence)
		o.Summary = keyCourse(&o) + "; " + finding.LowerFirst(keyCourse(&back)) + ": another incident, " + certainty(&o) + "."
		return o
	default:
		o.Confidence = min(o.Confidence, back.Confidence)
	}
	o.Summary = words(&o, p.a.r, p.b.r)
	return o
}

// otherWay gives an outcome with the recordings in the other order.
func otherWay(o finding.Outcome) finding.Outcome {
	switch o.Status {
	case finding.Fixed, finding.Ended:
		o.Status = finding.Began
	case finding.Better:
		o.Status = finding.Worse
	case finding.Worse:
		o.Status = finding.Better
	}
	if o.Key.ID != "" {
		o.Key = turned(o.Key)
	}
	return o
}

// unrelated says why nothing of one recording can be looked for in the other; empty where it can.
func (p *pair) unrelated() string {
	x, y := p.a.r.Input.Target, p.b.r.Input.Target
	switch {
	case p.strangers():
		return "the recordings have no client in common"
	case (p.a.m.InfoOnly || p.b.m.InfoOnly) && x != "" && y != "" && x != y:
		return "the recordings are of different servers, and no client lists say whether of the same clients"
	}
	return ""
}

// unanswered is the question about the incidents of two recordings.
func unanswered(a, b *finding.Report) string {
	if a.Verdict.Status == finding.Incident {
		return "what became of " + title(a)
	}
	return "whether " + title(b) + " was there before"
}

// same tells whether both sides are one recording.
func (p *pair) same() bool {
	a, b := p.a.r.Input, p.b.r.Input
	return a.SHA256 != "" && a.SHA256 == b.SHA256 && a.From.Equal(b.From) && a.To.Equal(b.To) && a.Samples == b.Samples
}

// turned gives a change with the recordings in the other order.
func turned(x finding.Change) finding.Change {
	x.Before, x.After = x.After, x.Before
	x.Gap = finding.Interval{Value: -x.Gap.Value, Lo: -x.Gap.Hi, Hi: -x.Gap.Lo}
	switch x.Moved {
	case finding.Rose:
		x.Moved = finding.Fell
	case finding.Fell:
		x.Moved = finding.Rose
	}
	return x
}

// judge asks whether the incident of one side (ill) is gone on the other (then).
func (p *pair) judge(ill, then side) finding.Outcome {
	v := ill.r.Verdict
	s := signOf(v.Cause)
	o := finding.Outcome{Status: finding.Unknown, Cause: v.Cause, Confidence: math.NaN()}
	again := slices.ContainsFunc(then.r.Causes, func(f finding.Finding) bool { return f.ID == v.Cause })
	if then.r.Snapshot.Taken > 0 {
		return o // what a few samples name is no measure of what was there before
	}
	sx, sy := everyone(ill.m), everyone(then.m)
	app := culprit(ill)
	switch {
	case s.own && (app == nil || then.m.InfoOnly):
		return byVerdict(o, then.r, again)
	case app != nil && then.app[app.Key] == nil && !then.m.InfoOnly: // who is not there neither leaks nor is mended
		o.Subject = app.Label
		if o = byVerdict(o, then.r, again); o.Status == finding.Fixed {
			o.Status = finding.Ended
		}
		return o
	case s.own:
		o.Subject = app.Label
		sx, sy = ill.subject(app.Key), then.subject(app.Key)
	}
	q := quantityByID(s.of)
	if q.of == nil {
		return byVerdict(o, then.r, again)
	}
	x, y := q.of(sx), q.of(sy)
	o.Key = q.change(x, y, p.comparable(q))
	o.Key.Moved = moved(&o.Key)
	absent := 1 - probability(then.r, v.Cause)
	least := o.Key.Before.Lo // of what it was
	if math.IsNaN(least) || math.IsInf(least, 0) || least <= 0 {
		least = o.Key.Before.Value
	}
	back := y.below(gone * least * p.demand(s, ill, then))
	switch {
	case again && o.Key.Moved == finding.Fell:
		o.Status, o.Confidence = finding.Better, 1-o.Key.P/2
	case again && o.Key.Moved == finding.Rose:
		o.Status, o.Confidence = finding.Worse, 1-o.Key.P/2
	case again:
		o.Status, o.Confidence = finding.Unchanged, probability(then.r, v.Cause)
	case math.IsNaN(back):
		return byVerdict(o, then.r, again)
	case back*absent >= sure:
		o.Status, o.Confidence = finding.Fixed, back*absent
	case o.Key.Moved == finding.Fell:
		o.Status, o.Confidence = finding.Better, 1-o.Key.P/2
	}
	if o.Status == finding.Fixed && then.r.Verdict.Status == finding.Incident {
		o.Status = finding.Another
	}
	o.Confidence = min(o.Confidence, mostSure)
	return o
}

// mostStrange is the share of the connections up to which applications in common, such as a
// person's own redis-cli, do not make two recordings ones of the same server.
const mostStrange = 0.1

// strangers tells whether hardly any connection of either recording belongs to an application
// of the other.
func (p *pair) strangers() bool {
	if p.a.m.InfoOnly || p.b.m.InfoOnly || len(p.a.app) == 0 || len(p.b.app) == 0 {
		return false
	}
	held := quantityByID("held")
	for _, of := range [...][2]side{{p.a, p.b}, {p.b, p.a}} {
		all, common := 0.0, 0.0
		for key := range of[0].app {
			n := held.of(of[0].subject(key)).Value
			if math.IsNaN(n) {
				continue
			}
			all += n
			if of[1].app[key] != nil {
				common += n
			}
		}
		if common > mostStrange*all {
			return false
		}
	}
	return true
}

// byVerdict is the outcome where no quantity shows it: what the verdict on the other side says.
func byVerdict(o finding.Outcome, then *finding.Report, again bool) finding.Outcome {
	switch v := then.Verdict; {
	case again:
		o.Status, o.Confidence = finding.Unchanged, probability(then, o.Cause)
	case v.Status == finding.Healthy:
		o.Status, o.Confidence = finding.Fixed, v.Confidence
	case v.Status == finding.Incident:
		o.Status, o.Confidence = finding.Another, min(v.Confidence, 1-probability(then, o.Cause))
	default:
		o.Status, o.Confidence = finding.Unknown, math.NaN()
	}
	o.Confidence = min(o.Confidence, mostSure)
	return o
}

// mostSure bounds a confidence, as that of verdicts.
const mostSure = 0.99

// probability is how likely a report holds a cause to be.
func probability(r *finding.Report, cause string) float64 {
	for i := range r.Causes {
		if r.Causes[i].ID == cause {
			return r.Causes[i].Confidence
		}
	}
	for i := range r.Candidates {
		if r.Candidates[i].ID == cause {
			return r.Candidates[i].Probability
		}
	}
	return 0
}

// culprit is the application that a side blames most; nil where it blames nobody in particular.
func culprit(s side) *measure.App {
	if len(s.r.Causes) == 0 {
		return nil
	}
	return s.blames(&s.r.Causes[0])
}

// blames gives the application of a cause's worst source.
func (s side) blames(c *finding.Finding) *measure.App {
	if len(c.Sources) == 0 {
		return nil
	}
	of := c.Sources[0]
	for _, a := range s.m.Apps {
		for _, e := range a.Entities {
			if e.Is(of) || of.Host == "" && e.Name == of.Name && of.Name != "" {
				return a
			}
		}
	}
	return nil
}

// demand is how much of the traffic of the ill side there is on the other, at most 1: what comes
// of traffic is expected in proportion to it.
func (p *pair) demand(s *sign, ill, then side) float64 {
	switch s.of {
	case "grew", "opened", "refused", "slow":
	default:
		return 1
	}
	x, y := counter(measure.CommandsOf)(everyone(ill.m)), counter(measure.CommandsOf)(everyone(then.m))
	if !x.seen() || !y.seen() || x.Counted.N == 0 {
		return 1
	}
	return min(1, y.perSecond()/x.perSecond())
}

// title names the cause of a report within a sentence.
func title(r *finding.Report) string {
	if len(r.Causes) > 0 && r.Causes[0].Phrase != "" {
		return r.Causes[0].Phrase
	}
	return strings.ReplaceAll(r.Verdict.Cause, "-", " ")
}

// keyCourse says how the quantity of an outcome moved.
func keyCourse(o *finding.Outcome) string {
	return finding.UpperFirst(strings.ReplaceAll(signOf(o.Cause).noun, "%s", finding.Plain(o.Subject))) + " " + course(&o.Key)
}

// words writes an outcome as a sentence.
func words(o *finding.Outcome, a, b *finding.Report) string {
	var s string
	switch {
	case o.Key.ID != "":
		s = keyCourse(o) + ": "
	case o.Status == finding.Fixed: // there is no quantity to tell it by
		s = "the first recording has " + title(a) + ", the second has not: "
	}
	end := func(what string) string { return finding.UpperFirst(s + what) }
	switch o.Status {
	case finding.Fixed:
		return end("fixed, " + certainty(o) + ".")
	case finding.Better:
		if o.Key.After.Value <= 0 {
			return end("less, " + certainty(o) + "; whether it is gone takes a longer recording to show" + atMost(&o.Key) + ".")
		}
		return end("less, and not gone, " + certainty(o) + ".")
	case finding.Worse:
		return end("worse, " + certainty(o) + ".")
	case finding.Began:
		return end(title(b) + " began, " + certainty(o) + ".")
	case finding.Ended:
		return end(title(a) + " is over, " + certainty(o) + ": " + finding.Plain(o.Subject) + " is not in the second recording, which shows no fix.")
	case finding.Another:
		return end(title(a) + " is gone, " + certainty(o) + "; now there is " + title(b) + ".")
	case finding.Unchanged:
		return end("no change can be shown: the second recording has the same cause (" + certainty(o) + ").")
	}
	switch {
	case a.Verdict.Status != finding.Incident:
		return end("whether " + title(b) + " was there before cannot be told.")
	case b.Snapshot.Taken == 0 && o.Subject != "" && o.Key.ID == "":
		return finding.Plain(o.Subject) + " is not in the second recording: whether a fix works cannot be told."
	}
	return end("whether a fix works cannot be told.")
}

// atMost says how much of a quantity there may still be.
func atMost(x *finding.Change) string {
	if !(x.After.Hi > 0) || math.IsInf(x.After.Hi, 0) {
		return ""
	}
	return fmt.Sprintf(" (it is at most %s%s)", short(x.After.Hi), per(x.Unit))
}

func certainty(o *finding.Outcome) string { return fmt.Sprintf("%.2f", o.Confidence) }

// course says how a quantity moved: "fell from 8.0 to 0.1 a minute".
func course(x *finding.Change) string {
	verb := "went"
	switch {
	case x.After.Value < x.Before.Value:
		verb = "fell"
	case x.After.Value > x.Before.Value:
		verb = "rose"
	}
	from, to := x.Before.Value, x.After.Value
	switch x.Unit {
	case "bytes":
		return fmt.Sprintf("%s from %s to %s MiB", verb, short(from/(1<<20)), short(to/(1<<20)))
	case "share":
		return fmt.Sprintf("%s from %.0f %% to %.0f %%", verb, 100*from, 100*to)
	}
	return fmt.Sprintf("%s from %s to %s%s", verb, short(from), short(to), per(x.Unit))
}

// per gives a unit of time as a sentence has it; empty for others.
func per(unit string) string {
	switch unit {
	case "connections/min", "per minute":
		return " a minute"
	case "per second":
		return " a second"
	}
	return ""
}

// short writes a number with one digit behind the point where it has few before it.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "an unknown number"
	case a >= 100 || a == math.Trunc(a) && a >= 20:
		return fmt.Sprintf("%.0f", v)
	case a > 0 && a < 0.05:
		return finding.Number(v)
	}
	return fmt.Sprintf("%.1f", v)
}
