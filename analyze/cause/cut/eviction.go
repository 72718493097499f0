package cut

import (
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

var Eviction = cause.Cause{
	ID:       "client-eviction",
	Title:    "Client eviction",
	Phrase:   "client eviction",
	Question: "Does maxmemory-clients evict connections?",
	Method:   cause.Section(methods, "client-eviction"),
	Needs:    []cause.Need{cause.NeedInfo},
	Signs: []cause.Sign{
		{Name: "evicted", None: 1, Full: 5, Unit: "connections", Why: "The server counts each eviction itself. A single one may be one large client.", Of: cause.Of(func(evicted float64) float64 { return evicted }),
			Says: "clients evicted", Short: "%s clients were evicted"},
	},
	Views: []cause.View{
		{Name: "INFO", Rule: "evicted"},
	},
	Refuted: []string{
		"evicted_clients did not rise",
	},
	Alerts: []string{"RedisClientMemoryRises"},
	Fixes: []cause.Fix{
		{Risk: finding.Safe, Command: "redis-cli CLIENT LIST | sed -E 's/.* addr=([^ ]*).* tot-mem=([0-9]+).*/\\2 \\1/' | sort -rn | head -20", Effect: "shows whose memory is largest; those are evicted first", Check: "the largest tot-mem is far below maxmemory-clients"},
		{Risk: finding.Changes, Good: true, Command: "raise maxmemory-clients, or make the replies of the largest clients smaller", Effect: "evictions end", Check: "evicted_clients no longer rises"},
		{Risk: finding.Changes, Command: "redis-cli CONFIG SET maxmemory-clients 0", Effect: "none is evicted any more; their buffers then count against maxmemory alone", Check: "evicted_clients no longer rises"},
	},
	Assess: assessEviction,
}

func assessEviction(p *cause.Pass) cause.Assessment {
	get := func(s *timeline.Sample) float64 { return s.Evicted }
	if !p.Holds(get) {
		return cause.No(0, "INFO does not count evicted clients here (Redis has maxmemory-clients, and counts them, from 7.0 on)")
	}
	n := p.Sum(0, len(p.Samples), get)
	first := max(slices.IndexFunc(p.Samples, func(s timeline.Sample) bool { return s.Evicted > 0 }), 0)
	score := p.Judge("INFO", "", cause.Span{From: first, To: len(p.Samples) - 1}, n)
	if score < cause.Active {
		return cause.No(score, "%.0f clients were evicted", n)
	}
	a := cause.Assessment{Score: score, Onset: first, OnsetLo: max(first-1, 0), End: -1}
	// Who lost connections while evictions were counted; what he loses at other times is
	// his own doing.
	a.Sources = p.Blame(p.Entities, func(e *measure.Entity) float64 {
		var with, without, tWith, tWithout float64
		for i := range p.Samples {
			d := float64(e.At(i).Deaths)
			switch {
			case p.Samples[i].Evicted > 0:
				with, tWith = with+d, tWith+1
			case p.Samples[i].Evicted == 0:
				without, tWithout = without+d, tWithout+1
			}
		}
		return math.Round(with - without*tWith/max(tWithout, 1))
	})
	a.Claim = fmt.Sprintf("The server evicted %.0f clients to stay under maxmemory-clients.", n)
	a.Evidence = p.Evidence("evicted")
	return a
}
