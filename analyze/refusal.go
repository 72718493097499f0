package analyze

import (
	"fmt"
	"math"

	"connbox/analyze/stat"
)

var authLoop = Cause{
	ID:       "auth-failure-loop",
	Title:    "Authentication failures in a loop",
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
		{Changes, "give {name} the right password, and let it stop after a few failures", "the loop ends", "errorstat_WRONGPASS and errorstat_NOAUTH stay"},
	},
	assess: assessAuth,
}

func assessAuth(p *pass) assessment {
	get := func(s *Sample) float64 { return s.AuthFail }
	fails := p.sum(0, len(p.s), get)
	per := fails / max(p.accepted, 1)
	score := stat.Ramp(fails, 10, p.val("failures")) * stat.Ramp(per, 0.15, p.val("per_conn"))
	if score < active {
		return no(score, "%.0f failed authentications for %.0f connections", fails, p.accepted)
	}
	onset := 0
	for i := range p.s {
		if p.s[i].AuthFail > 0 {
			onset = i
			break
		}
	}
	a := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1, sources: p.churnSources()}
	a.claim = fmt.Sprintf("Clients fail to authenticate and come back: %.0f failures, %.1f for every connection accepted.", fails, per)
	a.evidence = []Evidence{
		ev("failed authentications", fails, "failures", p.pos(onset, false), p.pos(len(p.s)-1, false)),
		ev("failures per accepted connection", per, "failures/connection", p.pos(onset, false), p.pos(len(p.s)-1, false)),
	}
	return a
}

var protected = Cause{
	ID:       "protected-mode-refusals",
	Title:    "Refusals that are not about the limit",
	Question: "Were connections refused though the limit was never near?",
	Method: "rejected_connections also counts protected-mode denials (3.2 and later, networking.c clientAcceptHandler). " +
		"Named when refusals rise across many samples while occupancy stays far from the limit on both sides of each.",
	Needs: []Need{NeedInfo},
	Params: []Param{
		{"refused", 10, "connections", "a handful may be a burst between two samples; ramp from 3"},
		{"samples", 3, "samples", "a burst to the limit between samples shows in one or two"},
		{"used", 0.7, "of the limit", "highest use anywhere near a refusal; ramp to 0.9"},
	},
	Rivals: []Rival{{"retry-storm", "the limit is never near"}, {"maxclients-too-low", "the limit is never near"}},
	Fixes: []Fix{
		{Safe, "redis-cli CONFIG GET protected-mode; redis-cli CONFIG GET bind; redis-cli CONFIG GET requirepass | wc -c", "protected mode refuses other hosts when no password and no bind address is set", "the log says 'Redis is running in protected mode' to the refused client"},
		{Changes, "set a password (or ACL) and a bind address", "clients of other hosts are served", "rejected_connections stays"},
	},
	assess: assessProtected,
}

func assessProtected(p *pass) assessment {
	if p.refused == 0 {
		return no(0, "no connection was refused")
	}
	n, near, first := 0, 0.0, -1
	for i := range p.s {
		if !(p.s[i].Refused > 0) {
			continue
		}
		n++
		if first < 0 {
			first = i
		}
		for j := max(i-1, 0); j <= min(i+1, len(p.s)-1); j++ {
			if u := p.occ[j] / p.s[j].Limit; !math.IsNaN(u) {
				near = max(near, u)
			}
		}
	}
	score := stat.Ramp(p.refused, 3, p.val("refused")) * stat.Ramp(float64(n), 0, p.val("samples")) * stat.Ramp(near, 0.9, p.val("used"))
	if math.IsNaN(p.used) {
		score = 0
	}
	if score < active {
		return no(score, "refusals came while up to %.0f %% of the limit was used", near*100)
	}
	a := assessment{score: score, onset: first, onsetLo: max(first-1, 0), end: -1}
	a.claim = fmt.Sprintf("%.0f connections were refused in %d samples while at most %.0f %% of the limit was used: not for want of slots.", p.refused, n, near*100)
	a.evidence = []Evidence{
		ev("connections refused", p.refused, "connections", p.pos(first, false), p.pos(len(p.s)-1, false)),
		ev("highest use of the limit near a refusal", near, "share", p.pos(first, false)),
	}
	return a
}

var eviction = Cause{
	ID:       "client-eviction",
	Title:    "Clients evicted for memory",
	Question: "Does maxmemory-clients evict connections?",
	Method:   "Counts evicted_clients (7.0 and later).",
	Needs:    []Need{NeedInfo},
	Params: []Param{
		{"evicted", 5, "connections", "ramp from 1; every eviction is the server's own act"},
	},
	Rivals: []Rival{{"output-buffer-loop", "evicted_clients counts them"}},
	Fixes: []Fix{
		{Safe, "redis-cli CLIENT LIST | sort -t= -k2 | grep -o 'addr=[^ ]*\\|tot-mem=[^ ]*'", "shows which connections hold most memory: those are evicted first", "the largest tot-mem is far below maxmemory-clients"},
		{Changes, "raise maxmemory-clients, or make the replies of the largest clients smaller", "evictions end", "evicted_clients stays"},
	},
	assess: assessEviction,
}

func assessEviction(p *pass) assessment {
	get := func(s *Sample) float64 { return s.Evicted }
	n := p.sum(0, len(p.s), get)
	score := stat.Ramp(n, 1, p.val("evicted"))
	if score < active {
		return no(score, "%.0f clients were evicted", n)
	}
	first := 0
	for i := range p.s {
		if p.s[i].Evicted > 0 {
			first = i
			break
		}
	}
	a := assessment{score: score, onset: first, onsetLo: max(first-1, 0), end: -1}
	cuts := map[*series]float64{}
	for _, d := range p.tl.Deaths {
		cuts[p.tl.Sources[d.src]]++
	}
	a.sources = p.shareBy(func(e *entity) float64 {
		var n float64
		for _, s := range e.parts {
			n += cuts[s]
		}
		return n
	})
	a.claim = fmt.Sprintf("The server evicted %.0f clients to stay under maxmemory-clients.", n)
	a.evidence = []Evidence{ev("clients evicted", n, "connections", p.pos(first, false), p.pos(len(p.s)-1, false))}
	return a
}
