package analyze

import (
	"fmt"

	"github.com/connbox/connbox/analyze/stat"
)

var internal = Cause{
	ID:       "internal-connections",
	Title:    "Internal connections take the slots",
	Phrase:   "internal connections taking slots",
	Question: "Do replicas, Sentinels and the cluster bus take a good part of the slots?",
	Method: "Counts connections with flag S or M, those named sentinel-*, and cluster_connections (2 × (known nodes − 1), " +
		"which counts against maxclients since 6.0). Named when they grew by a good number and hold a good part of a " +
		"small limit. Each Sentinel holds two connections to each server it watches.",
	Needs: []Need{NeedCounts},
	Params: []Param{
		{"gain", 8, "connections", "a few replicas and three Sentinels are six to nine; ramp from 4"},
		{"share", 0.3, "of the connections", "ramp from 0.15"},
		{"growth", 0.5, "of all growth", "they must be what grew; ramp from 0.3"},
		{"standing", 24, "connections", "where they were there before the recording and the limit is nearly used (0.8, ramp from 0.7): twelve Sentinels and replicas more than anyone needs; ramp from 12. At most 0.7 of the score"},
		{"per_host", 6, "connections", "internal ones of a host, of those that have any: a living Sentinel or replica has two, so most are of dead ones; then two thirds of the limit (ramp from a half) are enough"},
	},
	Rivals: []Rival{
		{"serverless-fanout", "the connections stay: they are replicas, Sentinels and nodes, not instances that come and go"},
		{"connection-leak", "the connections belong to replicas or Sentinels, two for each"},
		{"maxclients-too-low", "the connections added are the deployment's own, not traffic's"},
		{"output-buffer-loop", "the connections stay; replicas that are cut and back again keep their number"},
	},
	Fixes: []Fix{
		{Changes, "remove Sentinels and replicas that no longer exist: redis-cli -p 26379 SENTINEL RESET '*' on each Sentinel", "each one gone frees its two connections", "CLIENT LIST shows two connections a living Sentinel"},
		{Changes, "keep 100 to 200 slots above the clients' need for internal connections", "a failover does not reach the limit", "used share under 0.8 with all replicas attached"},
	},
	assess: assessInternal,
}

func assessInternal(p *pass) assessment {
	w := p.growing()
	if w.len() < 3 {
		return no(0, "only %s before the limit or the end", many(w.len(), "client list"))
	}
	count := func(i int) float64 {
		n := p.all.at(p.tl, i).internal
		c := p.s[i].ClusterLinks
		if !(c > 0) {
			c = 0
		}
		return float64(n) + c
	}
	v := p.course(w, count)
	n0, n1 := ends(v)
	o0, o1 := ends(p.course(w, func(i int) float64 { return p.occ[i] }))
	share, ofGrowth := n1/max(o1, 1), (n1-n0)/max(o1-o0, 1)
	score := stat.Ramp(n1-n0, 4, p.val("gain")) * stat.Ramp(share, 0.15, p.val("share")) * stat.Ramp(ofGrowth, 0.3, p.val("growth"))
	full := stat.Ramp(p.used, 0.7, 0.8)
	if !p.hostsHidden() && p.internalPerHost(p.lists[w.hi-1]) >= p.val("per_host") {
		full = stat.Ramp(p.used, 0.5, 0.65)
	}
	standing := 0.7 * stat.Ramp(n0, p.val("standing")/2, p.val("standing")) * stat.Ramp(share, 0.15, p.val("share")) * full
	if score = max(score, standing); score < active {
		return no(score, "internal connections %s, %.0f %% of all", fromTo(n0, n1), share*100)
	}
	at := riseStart(p.t[w.lo:w.hi], v)
	onset, last := p.lists[w.lo+at], p.lists[w.hi-1]
	a := assessment{score: score, onset: onset, onsetLo: max(onset-1, 0), end: -1}
	a.began = p.bent(w, v, onset)
	a.slots = func(slot int) float64 { return count(slot) - n0 }
	a.sources = p.blame(p.ents, func(e *entity) float64 { return float64(e.at(p.tl, last).internal) })
	a.claim = fmt.Sprintf("Replicas, Sentinels and cluster links went from %.0f to %.0f connections, %.0f %% of all growth.", n0, n1, min(ofGrowth, 1)*100)
	if score == standing {
		a.began, a.slots = p.always(), count
		a.claim = fmt.Sprintf("Replicas, Sentinels and cluster links hold %.0f connections, %.0f %% of all, since before the recording.", n1, share*100)
	}
	a.evidence = []Evidence{
		ev("internal connections at the end of the rise", n1, "connections", p.pos(onset, true), p.pos(last, true)),
		ev("their share of all connections", share, "share", p.pos(last, true)),
	}
	return a
}

// internalPerHost gives how many internal connections those hosts have that have any.
func (m *model) internalPerHost(slot int) float64 {
	n, hosts := 0.0, map[string]bool{}
	for _, e := range m.ents {
		if k := e.at(m.tl, slot).internal; k > 0 {
			n += float64(k)
			hosts[e.host] = true
		}
	}
	return n / max(float64(len(hosts)), 1)
}
