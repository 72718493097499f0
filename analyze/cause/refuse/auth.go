package refuse

import (
	"fmt"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
)

var AuthLoop = cause.Cause{
	ID:       "auth-failure-loop",
	Title:    "Authentication failure loop",
	Phrase:   "an authentication failure loop",
	Question: "Do clients fail to authenticate and reconnect, again and again?",
	Method:   cause.Section(methods, "auth-failure-loop"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "failures", None: 10, Full: 30, Unit: "failures", Why: "A person who mistypes a password fails a few times.", Of: cause.Of(func(x *failures) float64 { return x.n }),
			Says: "failed authentications", Short: "%s authentications failed"},
		{Name: "per_conn", None: 0.15, Full: 0.4, Unit: "failures/connection", Why: "In a loop nearly every new connection fails. Where one client of a fleet has the wrong password, few do.", Of: cause.Of(func(x *failures) float64 { return x.per }),
			Says: "failures per accepted connection", Short: "%s failed for each connection accepted"},
	},
	Views: []cause.View{
		{Name: "INFO", Rule: "failures, per_conn"},
	},
	Refuted: []string{
		"hardly a connection failed to authenticate",
	},
	Alerts: []string{"RedisManyNewConnections", "RedisAuthenticationFails"},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli ACL LOG 20", Effect: "names user and address of each failure (6.0 and later)", Check: "no new entry once the password is right"},
		{Risk: finding.Changes, Good: true, Command: "give {who} the right password, and make clients stop after a few failures", Effect: "the loop ends", Check: "errorstat_WRONGPASS and errorstat_NOAUTH no longer rise"},
		{Risk: finding.Disconnects, Command: "stop {who} until they have the right password", Effect: "the tries end at once", Check: "total_connections_received hardly rises"},
	},
	Assess: assessAuth,
}

type failures struct{ n, per float64 } // authentications that failed, and for each connection accepted

func assessAuth(p *cause.Pass) cause.Assessment {
	get := func(s *timeline.Sample) float64 { return s.AuthFail }
	if !p.Holds(get) {
		return cause.No(0, "INFO does not count failed authentications here (Redis does from 6.2 on)")
	}
	fails := p.Sum(0, len(p.Samples), get)
	per := fails / max(p.Accepted, 1)
	onset := max(slices.IndexFunc(p.Samples, func(s timeline.Sample) bool { return s.AuthFail > 0 }), 0)
	score := p.Judge("INFO", "", cause.Span{From: onset, To: len(p.Samples) - 1}, &failures{fails, per})
	if score < cause.Active {
		return cause.No(score, "%s for %s", finding.Count(int(fails), "failed authentication"), finding.Count(int(p.Accepted), "connection"))
	}
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1, Sources: p.ChurnSources()}
	a.Began = p.Counted(onset, func(s *timeline.Sample) float64 { return s.AuthFail })
	a.Claim = fmt.Sprintf("Clients fail to authenticate and come back: %.0f failures, %.1f for every connection accepted.", fails, per)
	a.Evidence = p.Evidence("failures", "per_conn")
	return a
}
