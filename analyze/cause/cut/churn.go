package cut

import (
	"cmp"
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
)

var Churn = cause.Cause{
	ID:       "connection-churn",
	Title:    "Connection churn",
	Phrase:   "connection churn",
	Question: "Is a connection opened for each request or two, instead of taken from a pool?",
	Method:   cause.Section(methods, "connection-churn"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "rate", None: 0.3, Full: 1, Unit: "connections/s", Why: "At a lower rate of new connections, opening them costs the server nothing that matters.", Of: cause.Of(func(x *turns) float64 { return x.rate }),
			Says: "connections accepted", Short: "%s connections a second cost nothing"},
		{Name: "commands", None: 40, Full: 15, Unit: "commands/connection", Why: "A connection per request runs HELLO, AUTH, SELECT and CLIENT SETINFO, and a few commands of real work. A pooled connection runs many more.", Of: cause.Of(func(x *turns) float64 { return x.perConn }),
			Says: "commands per accepted connection", Short: "%s commands run on a connection"},
		{Name: "beside", None: 2, Full: 6, Unit: "connections/s", Why: "So many short-lived connections a second are churn even where pooled services run most of the commands. The row counts only where lists or Little's law show that the lives are short.", Of: cause.Of(func(x *turns) float64 { return x.rate }),
			Says: "connections accepted", Short: "%s connections a second are few"},
		{Name: "held", Value: 0.1, None: 0.1, Full: 0.02, Unit: "of the time", Why: "Where slow commands hold the server for this share of the time, short-lived connections are those of clients that gave up waiting.", Of: cause.Of(func(x *turns) float64 { return x.held }),
			Says: "time for which slow commands held the server", Short: "slow commands held the server for %s of the time: clients gave up waiting"},
		{Name: "life", None: 40, Full: 20, Unit: "s", Why: "In INFO alone, Little's law (occupancy over arrivals) gives the mean life of a connection. It includes pooled connections, so the connections that arrive live even shorter. Pools keep theirs for minutes.", Of: cause.Of(func(x *turns) float64 { return x.life }),
			Says: "mean life of a connection (occupancy over arrivals, Little's law)", Short: "a connection lives for %s s"},
		{Name: "unseen", None: 0.3, Full: 0.6, Unit: "share", Why: "An accepted connection that no list shows lived for less than a sampling interval.", Of: cause.Of(func(x *turns) float64 { return x.unseen }), IfKnown: true,
			Says: "share of accepted connections that no list shows", Short: "a share of %s of the accepted connections lived too short to be listed"},
		{Name: "refused", None: 0.6, Full: 0.3, Unit: "of attempts", Why: "Where more attempts are refused, the limit explains the turnover.", Of: cause.Of(func(x *turns) float64 { return x.refused }),
			Says: "share of the attempts that were refused", Short: "a share of %s of the attempts was refused"},
		{Name: "step", Value: 0.4, Unit: "of the rate after", Why: "Where the rate before reached this share of the rate after, the two are one level, and the churn was there from the beginning."},
	},
	Views: []cause.View{
		{Name: "client lists", Rule: "rate & commands | beside & held, refused, unseen"},
		{Name: "INFO alone", Rule: "rate & commands | beside & life, refused"},
	},
	Refuted: []string{
		"few connections are opened a second",
		"each of them carries many commands",
		"they are refused, cut with output waiting, or fail to authenticate",
	},
	Alerts: []string{"RedisManyNewConnections"},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "use a connection pool (or persistent connections) in {name}", Effect: "each request saves the dial and AUTH; accepted connections fall to near 0", Check: "total_connections_received hardly rises between two INFO"},
		{Risk: finding.Changes, Command: "lower the rate of requests of {name}, or run fewer instances of it, until it has a pool", Effect: "fewer dials for the server to serve", Check: "total_connections_received rises more slowly"},
	},
	Assess: assessChurn,
}

// turns are what the ledger says of connections that turn over.
type turns struct {
	rate, perConn, life float64 // accepted a second; commands of each; mean life of each, s
	refused, unseen     float64 // of the attempts; of the accepted, NaN without lists
	held                float64 // of the time, by slow commands
}

func assessChurn(p *cause.Pass) cause.Assessment {
	if p.Span <= 0 || p.Accepted == 0 {
		return cause.No(0, "no connection was accepted between two INFO")
	}
	lambda := p.Accepted / p.Span
	perConn, each := p.Commands/p.Accepted, ""
	if p.Holds(measure.CommandsOf) {
		each = fmt.Sprintf(", %.1f commands each", perConn)
	} else {
		perConn = math.Inf(1) // nothing speaks for few
	}
	refused := p.Refused / (p.Refused + p.Accepted)
	births, unseen := 0.0, math.NaN()
	if p.TL.Lists > 2 {
		births = p.Sum(0, len(p.Samples), func(s *timeline.Sample) float64 { return s.Births })
		unseen = max(1-births/p.Accepted, 0)
	}
	x := turns{rate: lambda, perConn: perConn, life: stat.Mean(p.Occupancy) / lambda, refused: refused, unseen: unseen}
	view := "INFO alone"
	if !math.IsNaN(unseen) {
		view = "client lists"
		_, slow := p.LongerThan(measure.Noticed)
		x.held = slow / p.Span
	}
	score := p.Judge(view, "", cause.Span{To: len(p.Samples) - 1, Lists: !math.IsNaN(unseen)}, &x)
	if score < cause.Active {
		return cause.No(score, "%.2f connections a second%s%s", lambda, ifFinite(perConn, ", %.0f commands each"), ifKnown(unseen, ", %.0f %% of them unseen by the lists"))
	}
	onset := churnOnset(p)
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1}
	a.Began = p.Counted(onset, measure.AcceptedOf)
	a.Sources = p.ChurnSources()
	switch {
	case !p.Holds(func(s *timeline.Sample) float64 { return s.AuthFail }):
		a.Open = "auth-failure-loop cannot be ruled out: INFO does not count failed authentications here"
	case !p.Holds(measure.RefusedOf):
		a.Open = "retry-storm cannot be ruled out: " + cause.RefusedUncounted
	}
	who := "Clients"
	if len(a.Sources) > 0 {
		who = cmp.Or(a.Sources[0].Name, a.Sources[0].Host)
	}
	last := len(p.Samples) - 1
	a.Claim = fmt.Sprintf("%s opens a connection for every few commands: %.1f connections a second%s.", who, lambda, each)
	if each == "" {
		a.Claim = fmt.Sprintf("%s opens connections that live for a moment: %.1f a second.", who, lambda)
	}
	a.Evidence = []finding.Evidence{finding.New("connections accepted", lambda, "connections/s", p.Place(0, false), p.Place(last, false))}
	if each != "" {
		a.Evidence = append(a.Evidence, finding.New("commands per accepted connection", perConn, "commands", p.Place(0, false), p.Place(last, false)))
	}
	a.Evidence = append(a.Evidence,
		finding.New("mean life of a connection (occupancy over arrivals, Little's law)", x.life, "s", p.Place(0, false), p.Place(last, false)))
	if !math.IsNaN(unseen) {
		a.Evidence = append(a.Evidence, finding.New("share of accepted connections that no list shows", unseen, "share", p.Place(0, true), p.Place(last, true)))
	}
	return a
}

func ifFinite(v float64, format string) string {
	if math.IsInf(v, 0) {
		return ""
	}
	return fmt.Sprintf(format, v)
}

func ifKnown(v float64, format string) string {
	if math.IsNaN(v) {
		return ""
	}
	return fmt.Sprintf(format, v*100)
}

// churnOnset gives the sample at which the arrival rate stepped up, the first where it was
// high from the beginning.
func churnOnset(p *cause.Pass) int {
	r := p.Rate(measure.AcceptedOf)
	at, before, after := stat.Step(r)
	if at < 0 || before > p.Number("step")*after {
		return 0
	}
	return max(at-1, 0)
}
