package stall

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/record"
)

var AppPool = cause.Cause{
	ID:       "app-pool-exhaustion",
	Title:    "Application pool exhausted",
	Phrase:   "an exhausted application pool",
	Question: "Do requests wait for a connection of the application's pool while the server has room?",
	Method:   cause.Section(methods, "app-pool-exhaustion"),
	Needs:    []cause.Need{cause.NeedInfo, cause.NeedApp},
	Signs: []cause.Sign{
		{Name: "busy", None: 0.1, Full: 0.3, Unit: "of the samples", Why: "A sample counts if the pool is at its size with nothing idle, or if requests wait for a connection.", Of: cause.Of(func(x *exhausted) float64 { return x.Busy }),
			Says: "share of the samples with the pool full and nothing idle", Short: "the pool was full in a share of %s of the samples"},
		{Name: "timeouts", None: 1, Full: 5, Unit: "timeouts per instance", Why: "Each time-out is a request that waited for a connection in vain.", Of: cause.Of(func(x *exhausted) float64 { return x.Timeouts }),
			Says: "waits for a connection of the pool that timed out", Short: "%s waits timed out"},
		{Name: "waiting", None: 0.1, Full: 0.3, Unit: "of the samples", Why: "Where time-outs are not counted, requests that wait for a connection must be seen in so many samples.", Of: cause.Of(func(x *exhausted) float64 { return x.Waiting }),
			Says: "share of samples in which requests waited for a connection", Short: "requests waited in a share of %s of the samples"},
		{Name: "full", None: 0.5, Full: 0.8, Unit: "of the samples", Why: "Where neither waits nor time-outs are reported, the pool must be at its size. A pool is full for moments at any peak.", Of: cause.Of(func(x *exhausted) float64 { return x.Busy }),
			Says: "share of the samples with the pool full and nothing idle", Short: "the pool was full in a share of %s of the samples"},
		{Name: "used", None: 0.95, Full: 0.85, Unit: "of the limit", Why: "The server must have room, so that only the pool makes requests wait.", Of: cause.Of(func(x *exhausted) float64 { return x.used }), IfKnown: true,
			Says: "highest share of the server's limit in use", Short: "the server had no room: a share of %s of its limit was in use"},
		{Name: "timeouts_many", None: 20, Full: 60, Unit: "time-outs", Why: "So many time-outs are enough, however full the pool seemed to be.", Of: cause.Of(func(x *exhausted) float64 { return x.Timeouts }),
			Says: "waits for a connection of the pool that timed out", Short: "%s waits timed out"},
	},
	Views: []cause.View{
		{Name: "time-outs counted", Rule: "busy | timeouts_many, timeouts, used"},
		{Name: "waits counted", Rule: "waiting, used"},
		{Name: "sizes only", Rule: "full, used"},
	},
	Refuted: []string{
		"the pools have idle connections",
		"no wait timed out and nothing waits",
		"the server was near its limit",
	},
	Opens: []string{"pool-size"},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Command: "raise the pool size of {name}, within instances × size ≤ 0.8 × maxclients", Effect: "requests no longer wait for a connection", Check: "the pool's time-outs no longer rise"},
		{Risk: finding.Changes, Good: true, Command: "hold connections for shorter in {name}: no other work between taking and giving back", Effect: "the same pool serves more requests", Check: "connections in use fall at the same traffic"},
	},
	Assess: assessAppPool,
}

// A hit is one instance's pool, summed up.
type hit struct {
	pool *appmetrics.Pool
	s    measure.PoolState
}

// exhausted is the upper quartile of a service's pools, and the share of the server's limit in
// use.
type exhausted struct {
	measure.PoolState
	used float64
}

func assessAppPool(p *cause.Pass) cause.Assessment {
	if p.AppMetrics == nil {
		a := cause.No(0, cause.NotAssessed+"needs %s", cause.NeedApp.Words())
		a.Missing = []cause.Need{cause.NeedApp}
		return a
	}
	byService := map[string][]hit{}
	var services []string
	for _, pool := range p.AppMetrics.Pools {
		s := measure.PoolStateOf(pool)
		if s.Samples == 0 && s.Timeouts == 0 {
			continue // nothing but errors, or a size
		}
		if byService[pool.Service] == nil {
			services = append(services, pool.Service)
		}
		byService[pool.Service] = append(byService[pool.Service], hit{pool, s})
	}
	if len(services) == 0 {
		return cause.No(0, "the metrics do not say how many connections of a pool are in use")
	}
	var worst string
	var best measure.PoolState
	bestScore := -1.0
	for _, name := range services {
		var busy, timeouts, waiting []float64
		for _, h := range byService[name] {
			busy, timeouts, waiting = append(busy, h.s.Busy), append(timeouts, h.s.Timeouts), append(waiting, h.s.Waiting)
		}
		s := measure.PoolState{Busy: stat.Quantile(busy, 0.75), Timeouts: stat.Quantile(timeouts, 0.75), Waiting: stat.Quantile(waiting, 0.75)}
		if sc := shortage(p, name, s); sc > bestScore || sc == bestScore && s.Timeouts > best.Timeouts {
			worst, best, bestScore = name, s, sc
		}
	}
	score := bestScore
	if score < cause.Active {
		return cause.No(score, "%s: at its pool's size in %.0f %% of the samples, %s", worst, best.Busy*100, waits(&best))
	}
	return shortReport(p.Model, worst, best, byService[worst], score)
}

// shortReport tells of a service whose pools were short.
func shortReport(m *measure.Model, service string, best measure.PoolState, hits []hit, score float64) cause.Assessment {
	a := cause.Assessment{Score: score, Onset: 0, OnsetLo: 0, End: -1, Began: starvedFrom(m, hits)}
	for a.Onset < len(m.Samples)-1 && !a.Began.Before && m.Samples[a.Onset].T < a.Began.At {
		a.Onset++
	}
	a.OnsetLo = max(a.Onset-1, 0)
	slices.SortStableFunc(hits, func(x, y hit) int {
		return cmp.Or(-cmp.Compare(x.s.Timeouts, y.s.Timeouts), -cmp.Compare(x.s.Busy, y.s.Busy))
	})
	var total, weight float64
	for _, h := range hits {
		total, weight = total+h.s.Timeouts, weight+blameOf(&h.s, best)
	}
	for _, h := range hits[:min(len(hits), 20)] {
		a.Sources = append(a.Sources, finding.Source{Host: record.HostOf(h.pool.Instance), Name: service, Connections: int(h.s.Size), Share: blameOf(&h.s, best) / max(weight, 1e-9)})
	}
	all := best
	all.Timeouts = total
	a.Claim = fmt.Sprintf("Requests of %s wait for its own pool: %s, and the pool was full in %.0f %% of the samples, while the server had room.", service, waits(&all), best.Busy*100)
	waits := finding.New("waits for a connection of the pool that timed out, all instances", total, "time-outs", "--app")
	if math.IsNaN(best.Timeouts) && !math.IsNaN(best.Waiting) {
		waits = finding.New("share of samples in which requests waited for a connection (upper quartile of the instances)", best.Waiting, "share", "--app")
	}
	a.Evidence = []finding.Evidence{
		waits,
		finding.New("share of samples with the pool full and nothing idle (upper quartile of the instances)", best.Busy, "share", "--app"),
		finding.New("highest share of the server's limit in use", m.Used, "share", m.Place(m.PeakSlot, false)),
		finding.New("connections the server refused", m.Refused, "connections", m.Place(len(m.Samples)-1, false)),
	}
	if math.IsNaN(best.Timeouts) && math.IsNaN(best.Waiting) {
		a.Evidence = a.Evidence[1:] // nothing was counted
	}
	return a
}

// shortage judges a service by the best sign that its metrics have.
func shortage(p *cause.Pass, service string, s measure.PoolState) float64 {
	view := "sizes only"
	switch {
	case !math.IsNaN(s.Timeouts):
		view = "time-outs counted"
	case !math.IsNaN(s.Waiting):
		view = "waits counted"
	}
	return p.Judge(view, service, cause.Span{From: p.PeakSlot, To: p.PeakSlot}, &exhausted{s, p.Used})
}

// waits says how requests waited, in the words of a sentence.
func waits(s *measure.PoolState) string {
	switch {
	case !math.IsNaN(s.Timeouts):
		return fmt.Sprintf("%.0f waits timed out", s.Timeouts)
	case !math.IsNaN(s.Waiting):
		return fmt.Sprintf("requests waited in %.0f %% of the samples", s.Waiting*100)
	}
	return "waits are not counted"
}

// blameOf is an instance's part of the blame, by the sign that the service was judged by.
func blameOf(s *measure.PoolState, by measure.PoolState) float64 {
	switch {
	case !math.IsNaN(by.Timeouts):
		return timeline.Known(s.Timeouts)
	case !math.IsNaN(by.Waiting):
		return timeline.Known(s.Waiting)
	}
	return s.Busy
}

// starvedFrom finds when waits for connections of a service's pools began to time out or,
// where time-outs are not counted, when the pools began to be full.
func starvedFrom(m *measure.Model, hits []hit) *measure.Moment {
	at := map[float64]float64{}
	for _, h := range hits {
		values := h.pool.Values[appmetrics.Timeouts]
		for i, d := range measure.Increments(values) {
			at[values[i].T] += timeline.Known(d)
		}
	}
	if len(at) == 0 {
		for _, h := range hits {
			for _, v := range h.s.Full {
				at[v.T] += v.V
			}
		}
	}
	var t, w []float64
	for _, x := range slices.Sorted(maps.Keys(at)) {
		t, w = append(t, x), append(w, at[x])
	}
	return m.RateRose(t, w, m.FirstReply())
}
