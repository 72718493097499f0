package refuse

import (
	"fmt"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
)

var AuthLoop = cause.Cause{
	ID:       "auth-failure-loop",
	Title:    "Authentication failure loop",
	Phrase:   "an authentication failure loop",
	Question: "Do clients fail to authenticate and reconnect, again and again?",
	Method: "Failed authentications (acl_access_denied_auth from 7.2, the WRONGPASS and NOAUTH error counters of 6.2) are " +
		"set against accepted connections: in a loop, nearly every new connection fails, and few commands follow it.",
	Needs: []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "failures", None: 10, Full: 30, Unit: "failures", Why: "a person who mistypes fails a few times"},
		{Name: "per_conn", None: 0.15, Full: 0.4, Unit: "failures per accepted connection", Why: "in a loop nearly every new connection fails; of a fleet with one client that has the wrong password few do"},
	},
	Rivals: []cause.Rival{{ID: "connection-churn", Test: "the connections fail to authenticate"}, {ID: "retry-storm", Test: "the connections are accepted, then fail"}},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli ACL LOG 20", Effect: "names the user and the address of each failure (6.0 and later)", Check: "no new entry once the password is right"},
		{Risk: finding.Changes, Command: "give {who} the right password, and let it stop after a few failures", Effect: "the loop ends", Check: "errorstat_WRONGPASS and errorstat_NOAUTH no longer rise"},
	},
	Assess: assessAuth,
}

func assessAuth(p *cause.Pass) cause.Assessment {
	get := func(s *timeline.Sample) float64 { return s.AuthFail }
	if !p.Holds(get) {
		return cause.No(0, "INFO does not count failed authentications here (Redis does from 6.2 on)")
	}
	fails := p.Sum(0, len(p.Samples), get)
	per := fails / max(p.Accepted, 1)
	score := p.Ramp("failures", fails) * p.Ramp("per_conn", per)
	p.Judged(score)
	if score < cause.Active {
		return cause.No(score, "%s for %s", finding.Count(int(fails), "failed authentication"), finding.Count(int(p.Accepted), "connection"))
	}
	onset := 0
	for i := range p.Samples {
		if p.Samples[i].AuthFail > 0 {
			onset = i
			break
		}
	}
	a := cause.Assessment{Score: score, Onset: onset, OnsetLo: max(onset-1, 0), End: -1, Sources: p.ChurnSources()}
	a.Began = p.Counted(onset, func(s *timeline.Sample) float64 { return s.AuthFail })
	a.Claim = fmt.Sprintf("Clients fail to authenticate and come back: %.0f failures, %.1f for every connection accepted.", fails, per)
	a.Evidence = []finding.Evidence{
		finding.New("failed authentications", fails, "failures", p.Place(onset, false), p.Place(len(p.Samples)-1, false)),
		finding.New("failures per accepted connection", per, "failures/connection", p.Place(onset, false), p.Place(len(p.Samples)-1, false)),
	}
	return a
}
