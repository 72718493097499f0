package analyze

import (
	"fmt"
	"math"
	"slices"
)

// An alertRule is a Prometheus rule over redis_exporter's metrics, and the same condition on
// samples: what is printed is what was computed.
type alertRule struct {
	name string
	expr string
	hold float64  // "for", seconds
	of   []string // causes it bears on; nil = all: any incident shows in head-room and refusals
	// holds evaluates expr at sample i; NaN where the samples do not tell.
	holds func(m *model, i int) float64
}

// alertRules: head-room first, then growth, then what happens without head-room falling.
// Windows are of minutes, so that a recording of half an hour can be played.
var alertRules = [...]alertRule{
	{"RedisConnectionsOver80Percent", "redis_connected_clients / redis_config_maxclients > 0.8", 60, nil, over(0.8)},
	{"RedisConnectionsOver90Percent", "redis_connected_clients / redis_config_maxclients > 0.9", 60, nil, over(0.9)},
	{"RedisConnectionsFullWithinAnHour", "predict_linear(redis_connected_clients[10m], 3600) > redis_config_maxclients and redis_connected_clients > 0.5 * redis_config_maxclients", 300, nil,
		func(m *model, i int) float64 {
			return truth(m.predicted(i, 600, 3600) > m.s[i].Limit && m.occ[i] > 0.5*m.s[i].Limit)
		}},
	{"RedisConnectionsRiseWithoutTraffic", "delta(redis_connected_clients[10m]) > 0.1 * redis_connected_clients and rate(redis_commands_processed_total[5m]) < 1.05 * rate(redis_commands_processed_total[5m] offset 10m)", 300,
		[]string{"connection-leak", "oversized-pool", "blocking-commands", "slow-commands", "internal-connections", "serverless-fanout", "zombie-connections", "deploy-overlap", "server-stall"},
		riseWithoutTraffic},
	{"RedisManyNewConnections", "rate(redis_connections_received_total[1m]) > 0.2 * rate(redis_commands_processed_total[1m]) and rate(redis_connections_received_total[1m]) > 5", 120,
		[]string{"retry-storm", "connection-churn", "output-buffer-loop", "auth-failure-loop", "idle-cut", "reconnect-wave"},
		func(m *model, i int) float64 {
			a, c := m.rateOver(i, 60, 0, acceptedOf), m.rateOver(i, 60, 0, commandsOf)
			return truth(a > 0.2*c && a > 5)
		}},
	{"RedisManyBlockedClients", "redis_blocked_clients > 0.3 * redis_connected_clients and delta(redis_blocked_clients[10m]) > 10", 120, []string{"blocking-commands"},
		func(m *model, i int) float64 {
			now, then := m.scraped(i, blockedOf), m.scraped(m.back(i, 600), blockedOf)
			return truth(now > 0.3*m.scraped(i, connectedOf) && now-then > 10)
		}},
	{"RedisClientMemoryRises", "redis_mem_clients_normal > 3 * min_over_time(redis_mem_clients_normal[10m] offset 5m)", 120, []string{"output-buffer-loop", "client-eviction"}, clientMemoryRises},
	{"RedisAuthenticationFails", `sum(rate(redis_errors_total{err=~"WRONGPASS|NOAUTH"}[1m])) > 1`, 60, []string{"auth-failure-loop"},
		func(m *model, i int) float64 {
			return truth(m.rateOver(i, 60, 0, func(s *Sample) float64 { return s.AuthFail }) > 1)
		}},
	{"RedisConnectionsRefused", "rate(redis_rejected_connections_total[1m]) > 0", 0, nil,
		func(m *model, i int) float64 { return truth(m.rateOver(i, 60, 0, refusedOf) > 0) }},
}

func over(share float64) func(*model, int) float64 {
	return func(m *model, i int) float64 { return truth(m.scraped(i, connectedOf)/m.scraped(i, limitOf) > share) }
}

func riseWithoutTraffic(m *model, i int) float64 {
	k := m.back(i, 600)
	if m.s[i].T-m.s[k].T < 500 || m.s[i].Epoch != m.s[k].Epoch {
		return math.NaN()
	}
	now, then := m.rateOver(i, 300, 0, commandsOf), m.rateOver(i, 300, 600, commandsOf)
	n := m.scraped(i, connectedOf)
	return truth(n-m.scraped(k, connectedOf) > 0.1*n && now < 1.05*then)
}

func clientMemoryRises(m *model, i int) float64 {
	least := math.Inf(1)
	for k := i; k >= 0 && m.s[k].T >= m.s[i].T-900; k-- {
		if v := m.s[k].ClientMem; v > 0 && m.s[k].T <= m.s[i].T-300 {
			least = min(least, v)
		}
	}
	return truth(m.scraped(i, clientMemOf) > 3*least)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// back gives the earliest sample within so many seconds before sample i.
func (m *model) back(i int, seconds float64) int {
	from := m.s[i].T - seconds
	for i > 0 && m.s[i-1].T >= from && m.s[i-1].T <= m.s[i].T {
		i--
	}
	return i
}

// staleness is how long Prometheus takes a metric's last value for its present one, seconds.
const staleness = 300

// scraped gives a gauge of INFO as it was last read; NaN where that is too long ago.
func (m *model) scraped(i int, get func(*Sample) float64) float64 {
	for k := i; k >= 0 && m.s[k].T >= m.s[i].T-staleness && m.s[k].Epoch == m.s[i].Epoch; k-- {
		if v := get(&m.s[k]); !math.IsNaN(v) {
			return v
		}
	}
	return math.NaN()
}

func connectedOf(s *Sample) float64 { return s.Connected }
func limitOf(s *Sample) float64     { return s.Limit }
func blockedOf(s *Sample) float64   { return s.Blocked }
func clientMemOf(s *Sample) float64 { return s.ClientMem }

// rateOver gives a counter's rate over the last seconds, as of offset seconds ago; NaN
// without a reading in them.
func (m *model) rateOver(i int, seconds, offset float64, get func(*Sample) float64) float64 {
	to := m.s[i].T - offset
	total, span := 0.0, 0.0
	for ; i >= 0 && m.s[i].T > to-seconds; i-- {
		if s := &m.s[i]; s.T <= to && !math.IsNaN(get(s)) && s.Span > 0 {
			total, span = total+get(s), span+s.Span
		}
	}
	if span == 0 {
		return math.NaN()
	}
	return total / span
}

// predicted continues the least-squares line of the last seconds, as predict_linear does.
func (m *model) predicted(i int, seconds, ahead float64) float64 {
	var n, st, sv, stt, stv float64
	for k := i; k >= 0 && m.s[k].T >= m.s[i].T-seconds; k-- {
		if v := m.s[k].Connected; !math.IsNaN(v) {
			t := m.s[k].T - m.s[i].T
			n, st, sv, stt, stv = n+1, st+t, sv+v, stt+t*t, stv+t*v
		}
	}
	if d := n*stt - st*st; n >= 3 && d > 0 {
		slope := (n*stv - st*sv) / d
		return (sv-slope*st)/n + slope*ahead
	}
	return math.NaN()
}

// firings gives the samples at which a rule begins to fire: its condition has held for its
// time, at every sample since, without a gap of over two and a half intervals.
func (m *model) firings(r *alertRule) []int {
	var out []int
	start, firing := -1, false
	for i := range m.s {
		if i > 0 && (m.s[i].T-m.s[i-1].T > 2.5*m.dt || m.s[i].Epoch != m.s[i-1].Epoch) {
			start, firing = -1, false
		}
		if r.holds(m, i) != 1 {
			start, firing = -1, false
			continue
		}
		if start < 0 {
			start = i
		}
		if !firing && m.s[i].T-m.s[start].T >= r.hold {
			firing = true
			out = append(out, i)
		}
	}
	return out
}

// A played rule is a rule with what it would have done.
type played struct {
	rule    *alertRule
	at      int     // first firing from the onset on
	early   int     // firings before it: false
	warning float64 // seconds to the harm; NaN where none came
}

// alert answers with the rule that would have fired first once it had begun, among those
// that were silent before: the harm is the first refusal at the limit or reaching it.
func (p *plan) alert() WhatIf {
	onset := p.took[0].onsetLo
	harm, what := p.harm()
	var best, fallback *played
	tried := 0
	for i := range alertRules {
		r := &alertRules[i]
		if r.of != nil && !slices.Contains(r.of, p.root()) {
			continue
		}
		tried++
		x := p.play(r, onset, harm)
		switch {
		case x.at < 0:
		case x.early > 0 || x.at == 0: // true from the first sample on tells nothing
			if fallback == nil || x.at < fallback.at {
				fallback = &x
			}
		case best == nil || x.at < best.at:
			best = &x
		}
	}
	switch {
	case best == nil && fallback == nil:
		return WhatIf{Answer: fmt.Sprintf("None of the %d rules tried fires: the connections and refusals of redis_exporter do not show it.", tried),
			Value: math.NaN(), At: []string{p.pos(max(onset, 0), false)}}
	case best == nil:
		return WhatIf{Answer: fmt.Sprintf("None that was silent before: %s fires from %s on, %s before it began.", fallback.rule.name, hhmmss(p.timeOf(fallback.at)), times(max(fallback.early, 1))),
			Value: math.NaN(), At: []string{p.pos(fallback.at, false)}}
	}
	r := best.rule
	w := WhatIf{Value: math.NaN(), At: []string{p.pos(best.at, false)}}
	forHow := ""
	if r.hold > 0 {
		forHow = fmt.Sprintf(" for %s", promDuration(r.hold))
	}
	after := ""
	if o := p.took[0].onset; o >= 0 && best.at >= o {
		after = " as it began"
		if late := p.s[best.at].T - p.s[o].T; late > 0 {
			after = fmt.Sprintf(", %s after it began", duration(late))
		}
	}
	warned := "nothing was refused and the limit not reached in this recording"
	if v, lo, hi, ok := p.untilEnd(); ok && harm < 0 {
		since := (p.s[len(p.s)-1].T - p.s[best.at].T) / 60
		w.Value, w.Lo, w.Hi, w.Unit = v+since, lo+since, hi+since, "min"
		warned = fmt.Sprintf("the limit is to be expected %s later (%s to %s)", minutes(w.Value), minutes(w.Lo), minutes(w.Hi))
	}
	if harm >= 0 {
		w.Value, w.Unit = max(best.warning, 0)/60, "min"
		w.At = append(w.At, p.pos(harm, false))
		warned = fmt.Sprintf("%s before %s", duration(best.warning), what)
		if best.warning <= 0 {
			warned = fmt.Sprintf("not before %s", what)
		}
	}
	before := "Whether it fires without cause, the recording does not tell: it begins with the incident"
	if quiet := p.s[max(onset, 0)].T - p.s[0].T; quiet > 0 {
		before = fmt.Sprintf("It did not fire in the %s before", duration(quiet))
	}
	w.Answer = fmt.Sprintf("%s fires at %s%s: %s. %s. The rule: `%s`%s.", r.name, hhmmss(p.timeOf(best.at)), after, warned, before, r.expr, forHow)
	return w
}

// untilEnd gives the minutes from the end of the recording to the limit, where a counted
// growth leads there.
func (p *plan) untilEnd() (v, lo, hi float64, ok bool) {
	if e, o, counted := p.rate(); counted && p.below() {
		return p.firstPassage(max(o.onset, o.paced), e.Value)
	}
	return 0, 0, 0, false
}

// harm gives the sample of the first refusal at the limit or of reaching it to stay, -1 for
// neither.
func (p *plan) harm() (slot int, what string) {
	slot = -1
	if p.satFirst < len(p.s) {
		slot, what = p.satFirst, "the limit"
	}
	for i := range p.s {
		if p.s[i].Refused > 0 && (slot < 0 || i < slot) {
			return i, "the first refusal"
		}
	}
	return slot, what
}

// play runs a rule over the recording. A firing before the onset is a false one.
func (p *plan) play(r *alertRule, onset, harm int) played {
	x := played{rule: r, at: -1, warning: math.NaN()}
	for _, i := range p.firings(r) {
		if i < onset {
			x.early++
		} else if x.at < 0 {
			x.at = i
		}
	}
	if x.at >= 0 && harm >= 0 {
		x.warning = p.s[harm].T - p.s[x.at].T
	}
	return x
}

// promDuration prints seconds as Prometheus writes them.
func promDuration(sec float64) string {
	if sec < 60 {
		return fmt.Sprintf("%.0fs", sec)
	}
	return fmt.Sprintf("%.0fm", sec/60)
}
