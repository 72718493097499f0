package analyze

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/parse"
)

// appMetrics is what --app gave.
type appMetrics = parse.AppMetrics

var appPool = Cause{
	ID:       "app-pool-exhaustion",
	Title:    "Application pool exhausted",
	Phrase:   "an exhausted application pool",
	Question: "Do requests wait for a connection of the application's pool while the server has room?",
	Method: "From the application's metrics: a pool that is at its size with no idle connection, or that requests wait for, in " +
		"many of its samples, and whose waits time out, while the server refuses nothing and has room. Where the metrics count no " +
		"time-outs, requests that wait must be seen, and where they show neither, the pool must be full nearly always. The server " +
		"cannot see this by itself: an exhausted pool never dials, so it causes no refusal.",
	Needs: []Need{NeedInfo, NeedApp},
	Params: []Param{
		{"busy", 0.3, "of the samples", "pool at its size with nothing idle, or waited for; ramp from 0.1"},
		{"timeouts", 5, "timeouts per instance", "waits that ended in a time-out; ramp from 1"},
		{"waiting", 0.3, "of the samples", "with requests that wait for a connection, where time-outs are not counted; ramp from 0.1"},
		{"full", 0.8, "of the samples", "pool at its size, where neither is told: a pool is full for moments at any peak; ramp from 0.5"},
		{"used", 0.85, "of the limit", "the server must have room; ramp to 0.95"},
	},
	Rivals: []Rival{
		{"oversized-pool", "the pool is busy, not idle"},
		{"connection-leak", "connections on the server do not grow"},
		{"maxclients-too-low", "the server has room and refuses nothing"},
		{"slow-commands", "no slow command holds the pool's connections"},
		{"blocking-commands", "the pool's connections do not wait in BLPOP, XREAD or WAIT"},
	},
	Fixes: []Fix{
		{Changes, "raise the pool size of {name}, within instances × size ≤ 0.8 × maxclients", "requests no longer wait for a connection", "the pool's time-outs no longer rise"},
		{Changes, "hold connections for shorter in {name}: no other work between taking and giving back", "the same pool serves more requests", "connections in use fall at the same traffic"},
	},
	assess: assessAppPool,
}

// A hit is one instance's pool, summed up.
type hit struct {
	pool *parse.AppPool
	s    poolState
}

func assessAppPool(p *pass) assessment {
	if p.appMetrics == nil {
		a := no(0, notAssessed+"needs %s", NeedApp.words())
		a.missing = []Need{NeedApp}
		return a
	}
	byService := map[string][]hit{}
	var services []string
	for _, pool := range p.appMetrics.Pools {
		s := poolStateOf(pool)
		if s.samples == 0 && s.timeouts == 0 {
			continue // nothing but errors, or a size
		}
		if byService[pool.Service] == nil {
			services = append(services, pool.Service)
		}
		byService[pool.Service] = append(byService[pool.Service], hit{pool, s})
	}
	if len(services) == 0 {
		return no(0, "the metrics do not say how many connections of a pool are in use")
	}
	var worst string
	var best poolState
	bestScore := -1.0
	for _, name := range services {
		var busy, timeouts, waiting []float64
		for _, h := range byService[name] {
			busy, timeouts, waiting = append(busy, h.s.busy), append(timeouts, h.s.timeouts), append(waiting, h.s.waiting)
		}
		s := poolState{busy: stat.Quantile(busy, 0.75), timeouts: stat.Quantile(timeouts, 0.75), waiting: stat.Quantile(waiting, 0.75)}
		if sc := p.exhausted(s); sc > bestScore || sc == bestScore && s.timeouts > best.timeouts {
			worst, best, bestScore = name, s, sc
		}
	}
	room := 1.0
	if !math.IsNaN(p.used) {
		room = stat.Ramp(p.used, 0.95, p.val("used"))
	}
	score := bestScore * room
	if score < active {
		return no(score, "%s: at its pool's size in %.0f %% of the samples, %s", worst, best.busy*100, best.waits())
	}
	return p.shortReport(worst, best, byService[worst], score)
}

// shortReport tells of a service whose pools were short.
func (p *pass) shortReport(service string, best poolState, hits []hit, score float64) assessment {
	a := assessment{score: score, onset: 0, onsetLo: 0, end: -1, began: p.starvedFrom(hits)}
	for a.onset < len(p.s)-1 && !a.began.before && p.s[a.onset].T < a.began.At {
		a.onset++
	}
	a.onsetLo = max(a.onset-1, 0)
	slices.SortStableFunc(hits, func(x, y hit) int {
		return cmp.Or(-cmp.Compare(x.s.timeouts, y.s.timeouts), -cmp.Compare(x.s.busy, y.s.busy))
	})
	var total, weight float64
	for _, h := range hits {
		total, weight = total+h.s.timeouts, weight+h.s.weight(best)
	}
	for _, h := range hits[:min(len(hits), 20)] {
		a.sources = append(a.sources, Source{Host: parse.HostOf(h.pool.Instance), Name: service, Connections: int(h.s.size), Share: h.s.weight(best) / max(weight, 1e-9)})
	}
	all := best
	all.timeouts = total
	a.claim = fmt.Sprintf("Requests of %s wait for its own pool: %s, and the pool was full in %.0f %% of the samples, while the server had room.", service, all.waits(), best.busy*100)
	waits := ev("waits for a connection of the pool that timed out, all instances", total, "time-outs", "--app")
	if math.IsNaN(best.timeouts) && !math.IsNaN(best.waiting) {
		waits = ev("share of samples in which requests waited for a connection (upper quartile of the instances)", best.waiting, "share", "--app")
	}
	a.evidence = []Evidence{
		waits,
		ev("share of samples with the pool full and nothing idle (upper quartile of the instances)", best.busy, "share", "--app"),
		ev("highest share of the server's limit in use", p.used, "share", p.pos(p.peakSlot, false)),
		ev("connections the server refused", p.refused, "connections", p.pos(len(p.s)-1, false)),
	}
	if math.IsNaN(best.timeouts) && math.IsNaN(best.waiting) {
		a.evidence = a.evidence[1:] // nothing was counted
	}
	return a
}

// exhausted scores a service by the best sign that its metrics have.
func (p *pass) exhausted(s poolState) float64 {
	switch {
	case !math.IsNaN(s.timeouts):
		return max(stat.Ramp(s.busy, 0.1, p.val("busy")), stat.Ramp(s.timeouts, 20, 60)) * stat.Ramp(s.timeouts, 1, p.val("timeouts"))
	case !math.IsNaN(s.waiting):
		return stat.Ramp(s.waiting, 0.1, p.val("waiting"))
	}
	return 0.75 * stat.Ramp(s.busy, 0.5, p.val("full"))
}

// waits says how requests waited, in the words of a sentence.
func (s *poolState) waits() string {
	switch {
	case !math.IsNaN(s.timeouts):
		return fmt.Sprintf("%.0f waits timed out", s.timeouts)
	case !math.IsNaN(s.waiting):
		return fmt.Sprintf("requests waited in %.0f %% of the samples", s.waiting*100)
	}
	return "waits are not counted"
}

// weight is an instance's part of the blame, by the sign that the service was judged by.
func (s *poolState) weight(by poolState) float64 {
	switch {
	case !math.IsNaN(by.timeouts):
		return known(s.timeouts)
	case !math.IsNaN(by.waiting):
		return known(s.waiting)
	}
	return s.busy
}

// A poolState sums up one instance's pool.
type poolState struct {
	samples  int     // that tell how full it was
	busy     float64 // share of samples at the size with nothing idle, or with requests waiting
	timeouts float64 // NaN: not counted
	waiting  float64 // share of samples with requests waiting; NaN: not told
	size     float64
	full     []parse.AppValue // 1 where it was full, 0 where not, of each scrape
}

func poolStateOf(p *parse.AppPool) poolState {
	s := poolState{timeouts: math.NaN(), waiting: math.NaN()}
	for _, v := range p.Values[parse.AppMax] {
		s.size = max(s.size, v.V)
	}
	s.fill(p)
	if values := p.Values[parse.AppTimeouts]; len(values) > 0 {
		s.timeouts = 0
		for _, d := range increments(values) {
			s.timeouts += known(d)
		}
	}
	return s
}

// starvedFrom finds when waits for connections of a service's pools began to time out or,
// where time-outs are not counted, when the pools began to be full.
func (p *pass) starvedFrom(hits []hit) *moment {
	at := map[float64]float64{}
	for _, h := range hits {
		values := h.pool.Values[parse.AppTimeouts]
		for i, d := range increments(values) {
			at[values[i].T] += known(d)
		}
	}
	if len(at) == 0 {
		for _, h := range hits {
			for _, v := range h.s.full {
				at[v.T] += v.V
			}
		}
	}
	var t, w []float64
	for _, x := range slices.Sorted(maps.Keys(at)) {
		t, w = append(t, x), append(w, at[x])
	}
	return p.rateRose(t, w, p.firstReply())
}

// fill finds and counts the samples at which the pool was full.
// A pool is full where all of its size is in use, where nothing of it is idle, or where
// requests wait.
func (s *poolState) fill(p *parse.AppPool) {
	idle, used, total, waiting := p.Values[parse.AppIdle], p.Values[parse.AppUsed], p.Values[parse.AppTotal], p.Values[parse.AppWaiting]
	clock := used
	for _, v := range [...][]parse.AppValue{idle, waiting} {
		if len(clock) == 0 {
			clock = v
		}
	}
	full, waits := 0, 0
	for i, at := range clock {
		u, d, n, w := valueAt(used, i, at.T), valueAt(idle, i, at.T), valueAt(total, i, at.T), valueAt(waiting, i, at.T)
		if math.IsNaN(n) {
			n = u + d
		}
		is := 0.0
		if w > 0 {
			waits++
		}
		if w > 0 || s.size > 0 && (u >= s.size || d == 0 && n >= s.size) {
			full, is = full+1, 1
		}
		s.full = append(s.full, parse.AppValue{T: at.T, V: is})
	}
	if s.samples = len(clock); s.samples > 0 {
		s.busy = float64(full) / float64(s.samples)
		if len(waiting) > 0 {
			s.waiting = float64(waits) / float64(s.samples)
		}
	}
}

// valueAt gives a series' value of the same scrape: by its place where the times agree, else
// the last at or before t. NaN without any.
func valueAt(v []parse.AppValue, i int, t float64) float64 {
	if i < len(v) && v[i].T == t {
		return v[i].V
	}
	k, found := slices.BinarySearchFunc(v, t, func(x parse.AppValue, t float64) int { return cmp.Compare(x.T, t) })
	if found {
		return v[k].V
	}
	if k == 0 {
		return math.NaN()
	}
	return v[k-1].V
}

// increments gives what a counter did since the sample before, NaN for the first. One that fell
// was started anew: its reading is what it counted since.
func increments(v []parse.AppValue) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		switch {
		case i == 0:
			out[i] = math.NaN()
		case v[i].V < v[i-1].V:
			out[i] = v[i].V
		default:
			out[i] = v[i].V - v[i-1].V
		}
	}
	return out
}

// appErrors gives the errors that the applications counted, and the highest rate of them a
// second, over all instances. Both are negative where nobody counted any.
func (m *model) appErrors() (total, peak float64) {
	if m.appMetrics == nil {
		return -1, -1
	}
	var spans []float64
	for _, p := range m.appMetrics.Pools {
		for i, v := range p.Values[parse.AppErrors] {
			if i > 0 {
				spans = append(spans, v.T-p.Values[parse.AppErrors][i-1].T)
			}
		}
	}
	if len(spans) == 0 {
		return -1, -1
	}
	width := stat.Median(spans)
	in := map[float64]float64{} // instances are scraped at different moments of one interval
	for _, p := range m.appMetrics.Pools {
		v := p.Values[parse.AppErrors]
		for i, d := range increments(v) {
			total += known(d)
			in[math.Floor(v[i].T/max(width, 1))] += known(d)
		}
	}
	for _, n := range in {
		peak = max(peak, n)
	}
	if !(width > 0) {
		return total, -1
	}
	return total, peak / max(width, 1)
}
