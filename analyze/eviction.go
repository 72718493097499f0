package analyze

import (
	"fmt"
	"math"

	"github.com/connbox/connbox/analyze/stat"
)

var eviction = Cause{
	ID:       "client-eviction",
	Title:    "Client eviction",
	Phrase:   "client eviction",
	Question: "Does maxmemory-clients evict connections?",
	Method:   "Counts evicted_clients (7.0 and later).",
	Needs:    []Need{NeedInfo},
	Params: []Param{
		{"evicted", 5, "connections", "ramp from 1; every eviction is the server's own act"},
	},
	Rivals: []Rival{{"output-buffer-loop", "evicted_clients counts them"}, {"connection-churn", "evicted_clients rises with the connections that go"}},
	Fixes: []Fix{
		{Safe, "redis-cli CLIENT LIST | sed -E 's/.* addr=([^ ]*).* tot-mem=([0-9]+).*/\\2 \\1/' | sort -rn | head -20", "shows which connections hold most memory: those are evicted first", "the largest tot-mem is far below maxmemory-clients"},
		{Changes, "raise maxmemory-clients, or make the replies of the largest clients smaller", "evictions end", "evicted_clients no longer rises"},
	},
	assess: assessEviction,
}

func assessEviction(p *pass) assessment {
	get := func(s *Sample) float64 { return s.Evicted }
	if !p.holds(get) {
		return no(0, "INFO does not count evicted clients here (Redis has maxmemory-clients, and counts them, from 7.0 on)")
	}
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
	// Who lost connections while evictions were counted; what he loses at other times is
	// his own doing.
	a.sources = p.blame(p.ents, func(e *entity) float64 {
		var with, without, tWith, tWithout float64
		for i := range p.s {
			d := float64(e.at(p.tl, i).deaths)
			switch {
			case p.s[i].Evicted > 0:
				with, tWith = with+d, tWith+1
			case p.s[i].Evicted == 0:
				without, tWithout = without+d, tWithout+1
			}
		}
		return math.Round(with - without*tWith/max(tWithout, 1))
	})
	a.claim = fmt.Sprintf("The server evicted %.0f clients to stay under maxmemory-clients.", n)
	a.evidence = []Evidence{ev("clients evicted", n, "connections", p.pos(first, false), p.pos(len(p.s)-1, false))}
	return a
}
