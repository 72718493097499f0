package analyze

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"connbox/analyze/stat"
	"connbox/parse"
)

// appMetrics is what --app gave.
type appMetrics = parse.AppMetrics

var appPool = Cause{
	ID:       "app-pool-exhaustion",
	Title:    "Application pool exhausted",
	Phrase:   "an exhausted application pool",
	Question: "Do requests wait for a connection of the application's pool while the server has room?",
	Method: "From the application's metrics: a pool that is at its size with no idle connection, whose waits time out, in " +
		"many of its samples, while the server refuses nothing and has room. The server cannot see this by itself: an " +
		"exhausted pool never dials, so it causes no refusal.",
	Needs: []Need{NeedInfo, NeedApp},
	Params: []Param{
		{"busy", 0.3, "of the samples", "pool at its size with nothing idle; ramp from 0.1"},
		{"timeouts", 5, "timeouts per instance", "waits that ended in a time-out; ramp from 1"},
		{"used", 0.85, "of the limit", "the server must have room; ramp to 0.95"},
	},
	Rivals: []Rival{
		{"oversized-pool", "the pool is busy, not idle"},
		{"connection-leak", "connections on the server do not grow"},
		{"maxclients-too-low", "the server has room and refuses nothing"},
	},
	Fixes: []Fix{
		{Changes, "raise the pool size of {name}, within instances × size ≤ 0.8 × maxclients", "requests no longer wait for a connection", "the pool's time-outs stay"},
		{Changes, "hold connections for shorter in {name}: no other work between taking and giving back", "the same pool serves more requests", "connections in use fall at the same traffic"},
	},
	assess: assessAppPool,
}

func assessAppPool(p *pass) assessment {
	if p.appMetrics == nil {
		a := no(0, "not assessed: needs %s", NeedApp.words())
		a.missing = []Need{NeedApp}
		return a
	}
	type hit struct {
		pool *parse.AppPool
		s    poolState
	}
	byService := map[string][]hit{}
	var services []string
	for _, pool := range p.appMetrics.Pools {
		s := poolStateOf(pool)
		if byService[pool.Service] == nil {
			services = append(services, pool.Service)
		}
		byService[pool.Service] = append(byService[pool.Service], hit{pool, s})
	}
	var worst string
	var best poolState
	for i, name := range services {
		var busy, timeouts []float64
		for _, h := range byService[name] {
			busy, timeouts = append(busy, h.s.busy), append(timeouts, h.s.timeouts)
		}
		s := poolState{busy: stat.Quantile(busy, 0.75), timeouts: stat.Quantile(timeouts, 0.75)}
		if i == 0 || s.timeouts > best.timeouts {
			worst, best = name, s
		}
	}
	room := 1.0
	if !math.IsNaN(p.used) {
		room = stat.Ramp(p.used, 0.95, p.val("used"))
	}
	score := max(stat.Ramp(best.busy, 0.1, p.val("busy")), stat.Ramp(best.timeouts, 20, 60)) * stat.Ramp(best.timeouts, 1, p.val("timeouts")) * room
	if score < active {
		return no(score, "%s: at its pool's size in %.0f %% of the samples, %.0f time-outs an instance", worst, best.busy*100, best.timeouts)
	}
	hits := byService[worst]
	pools := make([]*parse.AppPool, len(hits))
	for i := range hits {
		pools[i] = hits[i].pool
	}
	a := assessment{score: score, onset: 0, onsetLo: 0, end: -1, began: p.starvedFrom(pools)}
	for a.onset < len(p.s)-1 && !a.began.before && p.s[a.onset].T < a.began.At {
		a.onset++
	}
	a.onsetLo = max(a.onset-1, 0)
	slices.SortStableFunc(hits, func(x, y hit) int { return -cmp.Compare(x.s.timeouts, y.s.timeouts) })
	var total float64
	for _, h := range hits {
		total += h.s.timeouts
	}
	for _, h := range hits[:min(len(hits), 20)] {
		a.sources = append(a.sources, Source{Host: parse.HostOf(h.pool.Instance), Name: worst, Connections: int(h.s.size), Share: h.s.timeouts / max(total, 1)})
	}
	a.claim = fmt.Sprintf("Requests of %s wait for its own pool: %.0f waits timed out, and the pool was full in %.0f %% of the samples, while the server had room.", worst, total, best.busy*100)
	a.evidence = []Evidence{
		ev("waits for a connection of the pool that timed out, all instances", total, "time-outs", "--app"),
		ev("share of samples with the pool full and nothing idle (upper quartile of the instances)", best.busy, "share", "--app"),
		ev("highest share of the server's limit in use", p.used, "share", p.pos(p.peakSlot, false)),
		ev("connections the server refused", p.refused, "connections", p.pos(len(p.s)-1, false)),
	}
	return a
}

// A poolState sums up one instance's pool.
type poolState struct {
	busy     float64 // share of samples at the size with nothing idle
	timeouts float64
	size     float64
}

func poolStateOf(p *parse.AppPool) poolState {
	var s poolState
	for _, v := range p.Values[parse.AppMax] {
		s.size = max(s.size, v.V)
	}
	full, n := 0, 0
	idle, used, total := p.Values[parse.AppIdle], p.Values[parse.AppUsed], p.Values[parse.AppTotal]
	for i := range max(len(idle), len(used)) {
		n++
		switch {
		case i < len(used) && s.size > 0 && used[i].V >= s.size:
			full++
		case i < len(idle) && i < len(total) && idle[i].V == 0 && s.size > 0 && total[i].V >= s.size:
			full++
		}
	}
	if n > 0 {
		s.busy = float64(full) / float64(n)
	}
	prev := math.NaN()
	for _, v := range p.Values[parse.AppTimeouts] {
		if d := v.V - prev; d > 0 {
			s.timeouts += d
		}
		prev = v.V
	}
	return s
}

// starvedFrom finds when waits for connections of a service's pools began to time out.
func (p *pass) starvedFrom(pools []*parse.AppPool) *moment {
	at := map[float64]float64{}
	for _, pool := range pools {
		prev := math.NaN()
		for _, v := range pool.Values[parse.AppTimeouts] {
			at[v.T] += max(known(v.V-prev), 0)
			prev = v.V
		}
	}
	var t, w []float64
	for _, x := range slices.Sorted(maps.Keys(at)) {
		t, w = append(t, x), append(w, at[x])
	}
	return p.rateRose(t, w, p.firstReply())
}
