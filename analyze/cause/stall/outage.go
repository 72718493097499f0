package stall

import (
	"fmt"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/parse/record"
)

var Outage = cause.Cause{
	ID:       "server-outage",
	Title:    "Server outage",
	Phrase:   "the server's outage",
	Question: "Was the server down, hung, or failing over, so that nobody got an answer?",
	Method:   cause.Section(methods, "server-outage"),
	Needs:    []cause.Need{cause.NeedCounts},
	Signs: []cause.Sign{
		{Name: "unanswered", None: 10, Full: 30, Unit: "s", Why: "A planned restart takes a few seconds, and clients give up within 5 to 10 s. For at least this long no probe was answered.", Of: cause.Of(func(o *Outages) float64 { return o.Longest }),
			Says: "longest time without an answer to any probe", Short: "the longest time without an answer was %s s"},
		{Name: "failed", None: 1, Full: 3, Unit: "probes", Why: "The probes must fail in a row. A single one may be lost in the network.", Of: cause.Of(func(o *Outages) float64 { return float64(o.Probes) }),
			Says: "probes in a row that found nobody, or got no answer in time", Short: "%s probes in a row got no answer"},
	},
	Views: []cause.View{
		{Name: "any recording", Rule: "unanswered & failed"},
	},
	Refuted: []string{
		"the server answered all the time",
		"a single probe was lost",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "no limit helps while the server does not answer"},
		cause.FixLeak:    {Why: "what held the slots is not why nobody got an answer"},
		cause.ScaleOut:   {Why: "first learn what stopped the server"},
	},
	Alerts: []string{"RedisDown"},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli INFO server | grep -E 'uptime_in_seconds|run_id'; redis-cli INFO persistence; redis-cli INFO replication", Effect: "shows a restart, the loading of data, a change of role", Check: "uptime is as long as expected"},
		{Risk: finding.Safe, Command: "journalctl -k --since '{since}' | grep -iE 'oom|killed|hung|i/o error'", Effect: "shows whether the system killed or stopped it", Check: "no line of the server's process"},
		{Risk: finding.Changes, Good: true, Command: "give it a replica and a failover (Sentinel, cluster) that takes less than the clients' time-outs, and memory with room for a fork", Effect: "an outage of one process is one of seconds", Check: "a planned failover goes unnoticed"},
	},
	Assess: assessOutage,
}

// Outages are the stretches of a recording in which no probe was answered.
type Outages struct {
	Secs      float64 // summed, at least so long
	Longest   float64 // s
	Probes    int     // that failed in the longest
	From, To  int     // samples of the longest: the first that failed, and the first that was answered again, or as many as there are
	Restarted bool    // another process answered after the longest
}

// dark are the failures of a server that is not there, or stands still. A refusal in words is
// none: a server that refuses answers.
var dark = [...]record.FailureClass{record.FailTimeout, record.FailRefused, record.FailReset, record.FailLoading}

// FindOutages finds them. How long one lasted is counted from its first failed probe to the next
// answer, less the distance of the samples, within which it may have come back.
func FindOutages(m *measure.Model) *Outages {
	o, interval := &Outages{From: -1}, max(m.TL.Interval().Seconds(), 0)
	for i := 0; i < len(m.Samples); i++ {
		if darkProbes(m, i) == 0 {
			continue
		}
		end, probes := i, 0
		for end < len(m.Samples) && darkProbes(m, end) > 0 {
			probes += darkProbes(m, end)
			end++
		}
		until := m.Samples[end-1].T + interval
		if end < len(m.Samples) {
			until = m.Samples[end].T
		}
		secs := max(until-m.Samples[i].T-interval, 0)
		o.Secs += secs
		if secs >= o.Longest {
			o.Longest, o.Probes, o.From, o.To = secs, probes, i, end
			o.Restarted = i > 0 && end < len(m.Samples) && m.Samples[end].Epoch != m.Samples[i-1].Epoch
		}
		i = end
	}
	return o
}

// darkProbes counts the probes of a sample that found nobody; 0 where any was answered.
func darkProbes(m *measure.Model, i int) (n int) {
	s := &m.Samples[i]
	if s.HasInfo || s.HasList {
		return 0
	}
	all := 0
	for _, k := range s.Failed {
		all += k
	}
	for _, class := range dark {
		n += s.Failed[class]
	}
	if n < all { // some were refused in words
		return 0
	}
	return n
}

func assessOutage(p *cause.Pass) cause.Assessment {
	o := FindOutages(p.Model)
	if o.From < 0 {
		return cause.No(0, "every probe was answered, or refused in words")
	}
	last := min(o.To, len(p.Samples)-1)
	score := p.Judge("any recording", "", cause.Span{From: o.From, To: last}, o)
	if score < cause.Active {
		return cause.No(score, "the longest time without an answer was %.0f s, with %s", o.Longest, finding.Count(o.Probes, "failed probe"))
	}
	a := cause.Assessment{Score: score, Onset: o.From, OnsetLo: max(o.From-1, 0), End: last}
	how := "the same process answered afterwards: it hung, or could not be reached"
	switch {
	case o.To >= len(p.Samples):
		a.End, how = -1, "until the end of the recording"
	case o.Restarted:
		how = "it restarted in between"
	}
	a.Claim = fmt.Sprintf("The server did not answer from %s on for %s (%s in a row failed); %s.", finding.Clock(p.TimeOf(o.From)), finding.Duration(o.Longest), finding.Count(o.Probes, "probe"), how)
	a.Evidence = p.Evidence("unanswered", "failed")
	return a
}
