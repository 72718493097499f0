package analyze

import (
	"cmp"
	"slices"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/verdict"
)

// candidatesOf ranks the causes of a recording with a course. What the verdict's confidence
// speaks of has that probability: the root, Healthy, or the strongest cause of an
// undetermined one. The others share what is left by the squares of their scores, Healthy
// by that of what the strongest of them lacks. The causes that nobody could look at have
// their part too, which is why the sum stays under 1.
//
// Where clients were refused nobody is healthy: that part is left to causes that are not known.
func candidatesOf(v finding.Verdict, took, not []verdict.Opinion, refused bool) []finding.Candidate {
	first := v.Cause
	if v.Status == finding.Healthy {
		first = finding.HealthyID
	}
	all := slices.Concat(took, not)
	slices.SortStableFunc(all, func(a, b verdict.Opinion) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Cause.ID, b.Cause.ID))
	})
	if first == "" && len(all) > 0 {
		first = all[0].Cause.ID
	}
	weight, total, most := map[string]float64{}, 0.0, 0.0
	for _, o := range all {
		if o.Cause.ID == first {
			continue
		}
		most = max(most, o.Score)
		weight[o.Cause.ID] = o.Score * o.Score
		total += o.Score * o.Score
		if len(o.Missing) > 0 {
			total += unseen
		}
	}
	if first != finding.HealthyID {
		weight[finding.HealthyID] = (1 - min(most, 1)) * (1 - min(most, 1))
		total += weight[finding.HealthyID]
	}
	left := max(1-v.Confidence, 0)
	out := []finding.Candidate{{ID: first, Probability: v.Confidence}}
	for id, w := range weight {
		if p := left * w / max(total, 1e-9); p >= leastProbable && !(refused && id == finding.HealthyID) {
			out = append(out, finding.Candidate{ID: id, Probability: p})
		}
	}
	slices.SortFunc(out, func(a, b finding.Candidate) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// unseen is the weight of a cause that nobody could look at, beside 1 of a healthy server of
// which all could. It is what makes Healthy as probable as it was among the simulated exports of
// CloudWatch, where most causes cannot be told (fixtures/evaluate -exports).
const unseen = 0.1

// A probe is an observation that separates some candidates, as a row: asked where one
// of the causes is a candidate worth asking about.
type probe struct {
	causes  []string // any of them; none: always
	lacking func(w *few) bool
	command string
	why     string
}

// worthAsking is the probability from which on a candidate decides what to ask next.
const worthAsking = 0.05

func noList(w *few) bool { return !(w.last.Rows >= 0) }

func noLimit(w *few) bool { return !(w.last.Limit > 0) }

func noInfo(w *few) bool { return w.last.InfoPos == "" }

func oneShot(w *few) bool { return w.pair == nil && w.last.Rows >= 0 }

func oneInfo(w *few) bool { return w.pair == nil && noList(w) }

func always(*few) bool { return true }

// toAsk is what may be asked next, the most telling first.
var toAsk = []probe{
	{nil, noList, "redis-cli CLIENT LIST", "shows who holds the connections, how old they are and what they do; leak, pool and blocking look alike without it"},
	{nil, noInfo, "redis-cli INFO", "shows the limit and how many were refused and accepted since the start"},
	{nil, func(w *few) bool { return !noInfo(w) && noLimit(w) }, "redis-cli CONFIG GET maxclients", "without the limit, how near it is is not known"},
	{[]string{"connection-leak", "oversized-pool", "zombie-connections"}, oneShot, "redis-cli CLIENT LIST",
		"once more, a minute later, in one file with this one: by id, a leak has some more, a full pool the same ones in use, a dead host the same ones unused"},
	{[]string{"retry-storm", "connection-churn", "maxclients-too-low", "reconnect-wave", "auth-failure-loop"}, func(w *few) bool { return w.pair == nil && !noInfo(w) }, "redis-cli INFO",
		"once more, a minute later, in one file with this one: accepted and refused of that minute tell a storm from churn and from a wave that is over"},
	{[]string{"output-buffer-loop", "blocking-commands", "deploy-overlap", "serverless-fanout", "idle-cut", "client-eviction", "autoscaling-spiral", "query-buffer-growth", "internal-connections"}, oneShot, "redis-cli CLIENT LIST",
		"once more, a minute later, in one file with this one: by id, who came, who went and who waits still"},
	{[]string{"slow-commands", "server-stall"}, always, "redis-cli --no-raw SLOWLOG GET 128", "slow commands before the growth would make them the cause; none of them points to a stall of the server"},
	{[]string{"app-pool-exhaustion"}, always, "give the metrics of the applications' pools to connbox analyze --app", "tells whether the applications' own pools were exhausted"},
	{[]string{"fd-limit"}, always, "for pid in $(pidof redis-server); do grep -Hs 'open files' /proc/$pid/limits; done", "a limit 32 less than that is the descriptors', not the configuration's"},
	{nil, oneInfo, "redis-cli INFO", "once more, a minute later, in one file with this one: the counters' difference is what goes on now"},
	{nil, always, "connbox capture --duration 15m -o next.connbox", "a course shows what fills the server and in which order"},
}

// maxQuestions bounds what is asked for at once.
const maxQuestions = 3

// next gives the observations that would separate the candidates at hand, none of them
// one that is there already.
func (w *few) next() []finding.Step {
	likely := map[string]bool{}
	for i := range w.candidates {
		likely[w.candidates[i].ID] = w.candidates[i].Probability >= worthAsking
	}
	var out []finding.Step
	for _, q := range toAsk {
		told := len(q.causes) == 0 || slices.ContainsFunc(q.causes, func(id string) bool { return likely[id] })
		have := slices.ContainsFunc(out, func(s finding.Step) bool { return s.Command == q.command })
		if told && !have && q.lacking(w) && len(out) < maxQuestions {
			out = append(out, finding.Step{Command: q.command, Why: q.why})
		}
	}
	return out
}
