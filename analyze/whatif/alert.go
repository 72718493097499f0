package whatif

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
)

// An alertRule is a Prometheus rule over redis_exporter's metrics, and the same condition on
// samples: what is printed is what was computed.
type alertRule struct {
	Name string
	Expr string
	Hold float64 // "for", seconds
	All  bool    // it bears on every cause: any incident shows in head-room and refusals; else on those that name it
	// holds evaluates expr at sample i; NaN where the samples do not tell.
	holds func(m *measure.Model, i int) float64
}

// AlertRules: head-room first, then growth, then what happens without head-room falling.
// Windows are of minutes, so that a recording of half an hour can be played.
var AlertRules = [...]alertRule{
	{"RedisConnectionsOver80Percent", "redis_connected_clients / redis_config_maxclients > 0.8", 60, true, over(0.8)},
	{"RedisConnectionsOver90Percent", "redis_connected_clients / redis_config_maxclients > 0.9", 60, true, over(0.9)},
	{"RedisConnectionsFullWithinAnHour", "predict_linear(redis_connected_clients[10m], 3600) > redis_config_maxclients and redis_connected_clients > 0.5 * redis_config_maxclients", 300, true,
		func(m *measure.Model, i int) float64 {
			return truth(Predicted(m, i, 600, 3600) > m.Samples[i].Limit && m.Occupancy[i] > 0.5*m.Samples[i].Limit)
		}},
	{"RedisConnectionsRiseWithoutTraffic", "delta(redis_connected_clients[10m]) > 0.1 * redis_connected_clients and rate(redis_commands_processed_total[5m]) < 1.05 * rate(redis_commands_processed_total[5m] offset 10m)", 300,
		false,
		riseWithoutTraffic},
	{"RedisManyNewConnections", "rate(redis_connections_received_total[1m]) > 0.2 * rate(redis_commands_processed_total[1m]) and rate(redis_connections_received_total[1m]) > 5", 120,
		false,
		func(m *measure.Model, i int) float64 {
			a, c := rateOver(m, i, 60, 0, measure.AcceptedOf), rateOver(m, i, 60, 0, measure.CommandsOf)
			return truth(a > 0.2*c && a > 5)
		}},
	{"RedisManyBlockedClients", "redis_blocked_clients > 0.3 * redis_connected_clients and delta(redis_blocked_clients[10m]) > 10", 120, false,
		func(m *measure.Model, i int) float64 {
			now, then := scraped(m, i, blockedOf), scraped(m, back(m, i, 600), blockedOf)
			return truth(now > 0.3*scraped(m, i, connectedOf) && now-then > 10)
		}},
	{"RedisClientMemoryRises", "redis_mem_clients_normal > 3 * min_over_time(redis_mem_clients_normal[10m] offset 5m)", 120, false, clientMemoryRises},
	{"RedisAuthenticationFails", `sum(rate(redis_errors_total{err=~"WRONGPASS|NOAUTH"}[1m])) > 1`, 60, false,
		func(m *measure.Model, i int) float64 {
			return truth(rateOver(m, i, 60, 0, func(s *timeline.Sample) float64 { return s.AuthFail }) > 1)
		}},
	{"RedisConnectionsRefused", "rate(redis_rejected_connections_total[1m]) > 0", 0, true,
		func(m *measure.Model, i int) float64 { return truth(rateOver(m, i, 60, 0, measure.RefusedOf) > 0) }},
}

func over(share float64) func(*measure.Model, int) float64 {
	return func(m *measure.Model, i int) float64 {
		return truth(scraped(m, i, connectedOf)/scraped(m, i, limitOf) > share)
	}
}

func riseWithoutTraffic(m *measure.Model, i int) float64 {
	k := back(m, i, 600)
	if m.Samples[i].T-m.Samples[k].T < 500 || m.Samples[i].Epoch != m.Samples[k].Epoch {
		return math.NaN()
	}
	now, then := rateOver(m, i, 300, 0, measure.CommandsOf), rateOver(m, i, 300, 600, measure.CommandsOf)
	n := scraped(m, i, connectedOf)
	return truth(n-scraped(m, k, connectedOf) > 0.1*n && now < 1.05*then)
}

func clientMemoryRises(m *measure.Model, i int) float64 {
	least := math.Inf(1)
	for k := i; k >= 0 && m.Samples[k].T >= m.Samples[i].T-900; k-- {
		if v := m.Samples[k].ClientMem; v > 0 && m.Samples[k].T <= m.Samples[i].T-300 {
			least = min(least, v)
		}
	}
	return truth(scraped(m, i, clientMemOf) > 3*least)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// back gives the earliest sample within so many seconds before sample i.
func back(m *measure.Model, i int, seconds float64) int {
	from := m.Samples[i].T - seconds
	for i > 0 && m.Samples[i-1].T >= from && m.Samples[i-1].T <= m.Samples[i].T {
		i--
	}
	return i
}

// staleness is how long Prometheus takes a metric's last value for its present one, seconds.
const staleness = 300

// scraped gives a gauge of INFO as it was last read; NaN where that is too long ago.
func scraped(m *measure.Model, i int, get func(*timeline.Sample) float64) float64 {
	for k := i; k >= 0 && m.Samples[k].T >= m.Samples[i].T-staleness && m.Samples[k].Epoch == m.Samples[i].Epoch; k-- {
		if v := get(&m.Samples[k]); !math.IsNaN(v) {
			return v
		}
	}
	return math.NaN()
}

func connectedOf(s *timeline.Sample) float64 { return s.Connected }

func limitOf(s *timeline.Sample) float64 { return s.Limit }

func blockedOf(s *timeline.Sample) float64 { return s.Blocked }

func clientMemOf(s *timeline.Sample) float64 { return s.ClientMem }

// rateOver gives a counter's rate over the last seconds, as of offset seconds ago; NaN
// without a reading in them.
func rateOver(m *measure.Model, i int, seconds, offset float64, get func(*timeline.Sample) float64) float64 {
	to := m.Samples[i].T - offset
	total, span := 0.0, 0.0
	for ; i >= 0 && m.Samples[i].T > to-seconds; i-- {
		if s := &m.Samples[i]; s.T <= to && !math.IsNaN(get(s)) && s.Span > 0 {
			total, span = total+get(s), span+s.Span
		}
	}
	if span == 0 {
		return math.NaN()
	}
	return total / span
}

// Predicted continues the least-squares line of the last seconds, as predict_linear does.
func Predicted(m *measure.Model, i int, seconds, ahead float64) float64 {
	var n, st, sv, stt, stv float64
	for k := i; k >= 0 && m.Samples[k].T >= m.Samples[i].T-seconds; k-- {
		if v := m.Samples[k].Connected; !math.IsNaN(v) {
			t := m.Samples[k].T - m.Samples[i].T
			n, st, sv, stt, stv = n+1, st+t, sv+v, stt+t*t, stv+t*v
		}
	}
	if d := n*stt - st*st; n >= 3 && d > 0 {
		slope := (n*stv - st*sv) / d
		return (sv-slope*st)/n + slope*ahead
	}
	return math.NaN()
}

// Firings gives the samples at which a rule begins to fire: its condition has held for its
// time, at every sample since, without a gap of over two and a half intervals.
func Firings(m *measure.Model, r *alertRule) []int {
	var out []int
	start, firing := -1, false
	for i := range m.Samples {
		if i > 0 && (m.Samples[i].T-m.Samples[i-1].T > 2.5*m.Interval || m.Samples[i].Epoch != m.Samples[i-1].Epoch) {
			start, firing = -1, false
		}
		if r.holds(m, i) != 1 {
			start, firing = -1, false
			continue
		}
		if start < 0 {
			start = i
		}
		if !firing && m.Samples[i].T-m.Samples[start].T >= r.Hold {
			firing = true
			out = append(out, i)
		}
	}
	return out
}

// A played rule is a rule with what it would have done.
type played struct {
	rule    *alertRule
	At      int     // first firing from the onset on
	Early   int     // firings before it: false
	Warning float64 // seconds to the harm; NaN where none came
}

// alert answers with the rule that would have fired first once it had begun, among those
// that were silent before: the harm is the first refusal at the limit or reaching it.
func (p *Plan) alert() finding.WhatIf {
	onset := p.Took[0].OnsetLo
	harm, what := p.harm()
	var best, fallback *played
	tried := 0
	for i := range AlertRules {
		r := &AlertRules[i]
		if !r.All && !slices.Contains(p.rootCause().Alerts, r.Name) {
			continue
		}
		tried++
		x := p.Play(r, onset, harm)
		switch {
		case x.At < 0:
		case x.Early > 0 || x.At == 0: // true from the first sample on tells nothing
			if fallback == nil || x.At < fallback.At {
				fallback = &x
			}
		case best == nil || x.At < best.At:
			best = &x
		}
	}
	switch {
	case best == nil && fallback == nil:
		return finding.WhatIf{Answer: fmt.Sprintf("None of the %d rules tried fires: the connections and refusals of redis_exporter do not show it.", tried),
			Value: math.NaN(), At: []string{p.Place(max(onset, 0), false)}}
	case best == nil:
		return finding.WhatIf{Answer: fmt.Sprintf("None that was silent before: %s fires from %s on, %s before it began.", fallback.rule.Name, finding.Clock(p.TimeOf(fallback.At)), finding.Times(max(fallback.Early, 1))),
			Value: math.NaN(), At: []string{p.Place(fallback.At, false)}}
	}
	r := best.rule
	p.Report.Alert = finding.Alert{Name: r.Name, Expr: r.Expr, Hold: time.Duration(r.Hold * float64(time.Second)), At: p.TimeOf(best.At)}
	w := finding.WhatIf{Value: math.NaN(), At: []string{p.Place(best.At, false)}}
	forHow := ""
	if r.Hold > 0 {
		forHow = fmt.Sprintf(" for %s", PromDuration(r.Hold))
	}
	after := ""
	if o := p.Took[0].Onset; o >= 0 && best.At >= o {
		after = " as it began"
		if late := p.Samples[best.At].T - p.Samples[o].T; late > 0 {
			after = fmt.Sprintf(", %s after it began", finding.Duration(late))
		}
	}
	warned := "nothing was refused and the limit not reached in this recording"
	if v, lo, hi, ok := p.untilEnd(); ok && harm < 0 {
		since := (p.Samples[len(p.Samples)-1].T - p.Samples[best.At].T) / 60
		w.Value, w.Lo, w.Hi, w.Unit = v+since, lo+since, hi+since, "min"
		warned = fmt.Sprintf("the limit is to be expected %s later (%s to %s)", minutes(w.Value), minutes(w.Lo), minutes(w.Hi))
	}
	if harm >= 0 {
		w.Value, w.Unit = max(best.Warning, 0)/60, "min"
		w.At = append(w.At, p.Place(harm, false))
		warned = fmt.Sprintf("%s before %s", finding.Duration(best.Warning), what)
		if best.Warning <= 0 {
			warned = fmt.Sprintf("not before %s", what)
		}
	}
	before := "Whether it fires without cause, the recording does not tell: it begins with the incident"
	if quiet := p.Samples[max(onset, 0)].T - p.Samples[0].T; quiet > 0 {
		before = fmt.Sprintf("It did not fire in the %s before", finding.Duration(quiet))
	}
	w.Answer = fmt.Sprintf("%s fires at %s%s: %s. %s. The rule: `%s`%s.", r.Name, finding.Clock(p.TimeOf(best.At)), after, warned, before, r.Expr, forHow)
	return w
}

// untilEnd gives the minutes from the end of the recording to the limit, where a counted
// growth leads there.
func (p *Plan) untilEnd() (v, lo, hi float64, ok bool) {
	if e, o, counted := p.rate(); counted && p.below() {
		return firstPassage(p.Model, max(o.Onset, o.Paced), e.Value)
	}
	return 0, 0, 0, false
}

// harm gives the sample of the first refusal at the limit or of reaching it to stay, -1 for
// neither.
func (p *Plan) harm() (slot int, what string) {
	slot = -1
	if p.LimitReached < len(p.Samples) {
		slot, what = p.LimitReached, "the limit"
	}
	for i := range p.Samples {
		if p.Samples[i].Refused > 0 && (slot < 0 || i < slot) {
			return i, "the first refusal"
		}
	}
	return slot, what
}

// Play runs a rule over the recording. A firing before the onset is a false one.
func (p *Plan) Play(r *alertRule, onset, harm int) played {
	x := played{rule: r, At: -1, Warning: math.NaN()}
	for _, i := range Firings(p.Model, r) {
		if i < onset {
			x.Early++
		} else if x.At < 0 {
			x.At = i
		}
	}
	if x.At >= 0 && harm >= 0 {
		x.Warning = p.Samples[harm].T - p.Samples[x.At].T
	}
	return x
}

// PromDuration prints seconds as Prometheus writes them.
func PromDuration(sec float64) string {
	if sec < 60 {
		return fmt.Sprintf("%.0fs", sec)
	}
	return fmt.Sprintf("%.0fm", sec/60)
}
