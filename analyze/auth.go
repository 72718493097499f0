package analyze

import (
	"fmt"

	"github.com/connbox/connbox/analyze/stat"
)

var authLoop = Cause{
	ID:       "auth-failure-loop",
	Title:    "Authentication failure loop",
	Phrase:   "an authentication failure loop",
	Question: "Do clients fail to authenticate and reconnect, again and again?",
	Method: "Failed authentications (acl_access_denied_auth from 7.2, the WRONGPASS and NOAUTH error counters of 6.2) are " +
		"set against accepted connections: in a loop, nearly every new connection fails, and few commands follow it.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"failures", 30, "failures", "a person who mistypes fails a few times; ramp from 10"},
		{"per_conn", 0.4, "failures per accepted connection", "ramp from 0.15"},
	},
	Rivals: []Rival{{"connection-churn", "the connections fail to authenticate"}, {"retry-storm", "the connections are accepted, then fail"}},
	Fixes: []Fix{
		{Safe, "redis-cli ACL LOG 20", "names the user and the address of each failure (6.0 and later)", "no new entry once the password is right"},
		{Changes, "give {who} the right password, and let it stop after a few failures", "the loop ends", "errorstat_WRONGPASS and errorstat_NOAUTH no longer rise"},
	},
	assess: assessAuth,
}

func assessAuth(p *pass) assessment {
	get := func(s *Sample) float64 { return s.AuthFail }
	if !p.holds(get) {
		return no(0, "INFO does not count failed authentications here (Redis does from 6.2 on)")
	}
	fails := p.sum(0, len(p.s), get)
	per := fails / max(p.accepted, 1)
	score := stat.Ramp(fails, 10, p.val("failures")) * stat.Ramp(per, 0.15, p.val("per_conn"))
	if score < active {
		return no(score, "%s for %s", many(int(fails), "failed authentication"), many(int(p.accepted), "connection"))
	}
	onset := 0
	for i := range p.s {
		if p.s[i].AuthFail > 0 {
			onset = i
			break
		}
	}
	a := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1, sources: p.churnSources()}
	a.began = p.counted(onset, func(s *Sample) float64 { return s.AuthFail })
	a.claim = fmt.Sprintf("Clients fail to authenticate and come back: %.0f failures, %.1f for every connection accepted.", fails, per)
	a.evidence = []Evidence{
		ev("failed authentications", fails, "failures", p.pos(onset, false), p.pos(len(p.s)-1, false)),
		ev("failures per accepted connection", per, "failures/connection", p.pos(onset, false), p.pos(len(p.s)-1, false)),
	}
	return a
}
