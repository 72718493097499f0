package words

import (
	"fmt"
	"slices"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/report/units"
)

// alarmHold is how long a share of the limit must be exceeded before its alert fires: the
// "for:" of the rule that is printed.
const alarmHold = time.Minute

// An alarm is a Prometheus rule and when it would have fired in this recording. The rule
// that is printed is the rule that was computed.
type alarm struct {
	Name, expr string
	hold       time.Duration
	What       string // the rule in words
	at         time.Time
	early      bool // true from the first value on: it fired then or before the recording
	unknown    bool // its series is not known well enough to say that it would not have fired
}

// Alarms computes the alerts on the connections and on refusals, none where the limit or the
// connections are not known, and gives the analysis's own best beside them.
func Alarms(r *finding.Report) []alarm {
	out := onLimit(r)
	best := r.Alert
	if best.Name == "" || slices.ContainsFunc(out, func(a alarm) bool { return a.Name == best.Name }) {
		return out
	}
	what := best.Expr
	if best.Hold > 0 {
		what += " for " + units.Duration(best.Hold)
	}
	return append([]alarm{{Name: best.Name, expr: best.Expr, hold: best.Hold, What: what, at: best.At}}, out...)
}

func onLimit(r *finding.Report) []alarm {
	limit := LimitValue(r)
	conns, refused := Signal(r, "connections"), Signal(r, "refused")
	if _, vs := Points(conns); limit <= 0 || len(vs) == 0 {
		return nil
	}
	var out []alarm
	for _, pct := range [...]int{80, 90} {
		a := alarm{
			Name: fmt.Sprintf("RedisConnectionsOver%dPercent", pct), hold: alarmHold,
			expr: fmt.Sprintf("redis_connected_clients / redis_config_maxclients > 0.%d", pct/10),
			What: fmt.Sprintf("connections over %d %% of the limit for %s", pct, units.Duration(alarmHold)),
		}
		a.fire(conns, limit*float64(pct)/100, GapLimit(conns, r.Input.Interval))
		out = append(out, a)
	}
	a := alarm{Name: "RedisConnectionsRefused", expr: "rate(redis_rejected_connections_total[1m]) > 0", What: "any connection refused"}
	a.fire(refused, 0, GapLimit(refused, r.Input.Interval))
	a.unknown = a.at.IsZero() && RefusedNote(r) == RefusedUnknown
	return append(out, a)
}

// fire finds the first sample at which s has been over the threshold for the rule's hold,
// as Prometheus evaluates "for:". A missing value and a gap end the run: nobody knows what
// was in it.
func (a *alarm) fire(s *finding.Signal, threshold float64, gap time.Duration) {
	ts, vs := Points(s)
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

// Lead says how long before the limit the alert would have fired.
func (a alarm) Lead(limit time.Time) string {
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
		return "at least " + units.Duration(limit.Sub(a.at))
	}
	return units.Duration(limit.Sub(a.at))
}

// Fires says when the alert would have fired.
func (a alarm) Fires(c units.Clock) string {
	switch {
	case a.unknown:
		return "not known"
	case a.at.IsZero():
		return "would not have fired"
	case a.early:
		return c.At(a.at) + " or before"
	}
	return c.At(a.at)
}

// Rule writes the alert to copy, in the names of redis_exporter.
func (a alarm) Rule() string {
	s := "- alert: " + a.Name + "\n  expr: " + a.expr + "\n"
	if a.hold > 0 {
		s += fmt.Sprintf("  for: %.0fm\n", a.hold.Minutes())
	}
	return s
}
