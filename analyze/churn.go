package analyze

import (
	"cmp"
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var churn = Cause{
	ID:       "connection-churn",
	Title:    "Connection churn",
	Phrase:   "connection churn",
	Question: "Is a connection opened for each request or two, instead of taken from a pool?",
	Method: "The ledger gives it exactly: accepted connections per second, commands per accepted connection, and (against " +
		"the ids in the lists) the share of accepted connections that lived too short to be listed. Churn has few " +
		"commands a connection and most connections unseen; occupancy may stay low all the while. Without lists, Little's law " +
		"bounds how long what arrives lives: occupancy over arrivals.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"rate", 1, "connections/s", "below it the cost is nothing; ramp from 0.3"},
		{"commands", 15, "commands/connection", "HELLO, AUTH, SELECT, CLIENT SETINFO and a few of real work; ramp to 40"},
		{"beside", 6, "connections/s", "so many short lives are churn even where pooled services beside it run most of the commands; ramp from 2. Only where they are known to be short: by lists, or by Little's law"},
		{"held", 0.1, "of the time", "that slow commands hold the server, with which those many short lives are clients that gave up waiting; ramp from 0.02"},
		{"life", 20, "s", "mean life of a connection by Little's law (occupancy over arrivals), in INFO alone: what arrives lives shorter still than the mean with pooled connections in it; ramp to 40. Pools keep theirs for minutes"},
		{"unseen", 0.6, "share", "of accepted connections never in a list: they lived less than a sampling interval; ramp from 0.3"},
		{"refused", 0.3, "of attempts", "with more the limit is the matter, not the churn"},
	},
	Rivals: []Rival{
		{"retry-storm", "hardly a connection is refused"},
		{"output-buffer-loop", "nothing waits for the connections that go"},
		{"auth-failure-loop", "authentication succeeds"},
		{"idle-cut", "the connections are young when they go, not idle for a fixed time"},
		{"client-eviction", "no client is evicted"},
		{"serverless-fanout", "a connection lives for a request, and the hosts are the same"},
	},
	Fixes: []Fix{
		{Changes, "use a connection pool (or persistent connections) in {name}", "each request saves a TCP and an AUTH round trip; accepted connections fall to near 0", "total_connections_received hardly rises between two INFO"},
	},
	assess: assessChurn,
}

func assessChurn(p *pass) assessment {
	if p.span <= 0 || p.accepted == 0 {
		return no(0, "no connection was accepted between two INFO")
	}
	lambda := p.accepted / p.span
	perConn, each := p.commands/p.accepted, ""
	if p.holds(commandsOf) {
		each = fmt.Sprintf(", %.1f commands each", perConn)
	} else {
		perConn = math.Inf(1) // nothing speaks for few
	}
	refused := p.refused / (p.refused + p.accepted)
	births, unseen := 0.0, math.NaN()
	if p.tl.Lists > 2 {
		births = p.sum(0, len(p.s), func(s *Sample) float64 { return s.Births })
		unseen = max(1-births/p.accepted, 0)
	}
	few := stat.Ramp(lambda, 0.3, p.val("rate")) * stat.Ramp(perConn, 40, p.val("commands"))
	if !math.IsNaN(unseen) {
		_, slow := p.longerThan(noticed)
		few = max(few, stat.Ramp(lambda, 2, p.val("beside"))*stat.Ramp(slow/p.span, p.val("held"), 0.02))
	} else {
		few = max(few, stat.Ramp(lambda, 2, p.val("beside"))*stat.Ramp(stat.Mean(p.occ)/lambda, 2*p.val("life"), p.val("life")))
	}
	score := few * stat.Ramp(refused, p.val("refused")+0.3, p.val("refused"))
	if !math.IsNaN(unseen) {
		score *= stat.Ramp(unseen, 0.3, p.val("unseen"))
	} else {
		score *= 0.8 // without lists, short lives are only inferred
	}
	if score < active {
		return no(score, "%.2f connections a second%s%s", lambda, ifFinite(perConn, ", %.0f commands each"), ifKnown(unseen, ", %.0f %% of them unseen by the lists"))
	}
	onset := p.churnOnset()
	a := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	a.began = p.counted(onset, acceptedOf)
	a.sources = p.churnSources()
	switch {
	case !p.holds(func(s *Sample) float64 { return s.AuthFail }):
		a.open = "auth-failure-loop cannot be ruled out: INFO does not count failed authentications here"
	case !p.holds(refusedOf):
		a.open = "retry-storm cannot be ruled out: " + refusedUncounted
	}
	who := "Clients"
	if len(a.sources) > 0 {
		who = cmp.Or(a.sources[0].Name, a.sources[0].Host)
	}
	last := len(p.s) - 1
	a.claim = fmt.Sprintf("%s opens a connection for every few commands: %.1f connections a second%s.", who, lambda, each)
	if each == "" {
		a.claim = fmt.Sprintf("%s opens connections that live for a moment: %.1f a second.", who, lambda)
	}
	a.evidence = []Evidence{ev("connections accepted", lambda, "connections/s", p.pos(0, false), p.pos(last, false))}
	if each != "" {
		a.evidence = append(a.evidence, ev("commands per accepted connection", perConn, "commands", p.pos(0, false), p.pos(last, false)))
	}
	a.evidence = append(a.evidence,
		ev("mean life of a connection (occupancy over arrivals, Little's law)", stat.Mean(p.occ)/lambda, "s", p.pos(0, false), p.pos(last, false)))
	if !math.IsNaN(unseen) {
		a.evidence = append(a.evidence, ev("share of accepted connections that no list shows", unseen, "share", p.pos(0, true), p.pos(last, true)))
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
func (p *pass) churnOnset() int {
	r := p.rate(acceptedOf)
	at, before, after := stat.Step(r)
	if at < 0 || before > 0.4*after {
		return 0
	}
	return max(at-1, 0)
}
