package report

import (
	"fmt"
	"time"

	"github.com/connbox/connbox/analyze/finding"
)

// alarmHold is how long a share of the limit must be exceeded before its alert fires: the
// "for:" of the rule that is printed.
const alarmHold = time.Minute

// An alarm is a Prometheus rule and when it would have fired in this recording. The rule
// that is printed is the rule that was computed.
type alarm struct {
	name, expr string
	hold       time.Duration
	what       string // the rule in words
	at         time.Time
	early      bool // true from the first value on: it fired then or before the recording
	unknown    bool // its series is not known well enough to say that it would not have fired
}

// alarms computes the alerts on the connections and on refusals; nil where the limit or
// the connections are not known.
func alarms(r *finding.Report) []alarm {
	limit := limitValue(r)
	conns, refused := signal(r, "connections"), signal(r, "refused")
	if _, vs := points(conns); limit <= 0 || len(vs) == 0 {
		return nil
	}
	var out []alarm
	for _, pct := range [...]int{80, 90} {
		a := alarm{
			name: fmt.Sprintf("RedisConnectionsOver%dPercent", pct), hold: alarmHold,
			expr: fmt.Sprintf("redis_connected_clients / redis_config_maxclients > 0.%d", pct/10),
			what: fmt.Sprintf("connections over %d%% of the limit for %s", pct, duration(alarmHold)),
		}
		a.fire(conns, limit*float64(pct)/100, gapLimit(conns, r.Input.Interval))
		out = append(out, a)
	}
	a := alarm{name: "RedisConnectionsRefused", expr: "rate(redis_rejected_connections_total[1m]) > 0", what: "any connection refused"}
	a.fire(refused, 0, gapLimit(refused, r.Input.Interval))
	a.unknown = a.at.IsZero() && refusedNote(r) == refusedUnknown
	return append(out, a)
}

// fire finds the first sample at which s has been over the threshold for the rule's hold,
// as Prometheus evaluates "for:". A missing value and a gap end the run: nobody knows what
// was in it.
func (a *alarm) fire(s *finding.Signal, threshold float64, gap time.Duration) {
	ts, vs := points(s)
	start := -1
	for i, v := range vs {
		if !(v > threshold) {
			start = -1
			continue
		}
		if start < 0 || gap > 0 && ts[i].Sub(ts[i-1]) > gap {
			start = i
		}
		if ts[i].Sub(ts[start]) >= a.hold {
			a.at, a.early = ts[i], start == 0
			return
		}
	}
}

// lead says how long before the limit the alert would have fired.
func (a alarm) lead(limit time.Time) string {
	switch {
	case a.unknown:
		return "not known"
	case limit.IsZero():
		return "limit not reached"
	case a.early && !a.at.Before(limit):
		return "not known: over it from the first sample on"
	case a.at.IsZero() || a.at.After(limit):
		return "not before the limit"
	case a.at.Equal(limit):
		return "with the limit"
	case a.early:
		return "at least " + duration(limit.Sub(a.at))
	}
	return duration(limit.Sub(a.at))
}

// fires says when the alert would have fired.
func (a alarm) fires(c clock) string {
	switch {
	case a.unknown:
		return "not known"
	case a.at.IsZero():
		return "would not have fired"
	case a.early:
		return c.at(a.at) + " or before"
	}
	return c.at(a.at)
}

// rule writes the alert to copy, in the names of redis_exporter.
func (a alarm) rule() string {
	s := "- alert: " + a.name + "\n  expr: " + a.expr + "\n"
	if a.hold > 0 {
		s += fmt.Sprintf("  for: %.0fm\n", a.hold.Minutes())
	}
	return s
}
