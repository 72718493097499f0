// Package stall has the causes that make clients wait and open more connections meanwhile:
// slow commands, a server that stands still, an application's own pool that runs out.
package stall

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/record"
)

// methods has a paragraph for each cause.
//
//go:embed method.md
var methods string

var Slow = cause.Cause{
	ID:       "slow-commands",
	Title:    "Slow commands stall the server",
	Phrase:   "slow commands",
	Question: "Did long commands stall the server while pools grew behind them?",
	Method:   cause.Section(methods, "slow-commands"),
	Needs:    []cause.Need{cause.NeedInfo, cause.NeedSlowlog},
	Signs: []cause.Sign{
		{Name: "stall", Value: 0.25, Unit: "s", Why: "Shorter commands hardly make a pool open connections. Client time-outs usually begin at 0.1 to 0.5 s."},
		{Name: "total", None: 0.5, Full: 2, Unit: "s", Why: "Long commands must have held the server for this long in all.", Of: cause.Of(func(x *stalls) float64 { return x.total }),
			Says: "time they held the server", Short: "they held the server for %s s in all"},
		{Name: "count", Value: 2, Unit: "commands", Why: "One long command is an accident."},
		{Name: "growth", None: 1.1, Full: 1.35, Unit: "times", Why: "Connections after the first long command are compared with those before.", Of: cause.Of(func(x *stalls) float64 { return x.growth }),
			Says: "connections after the first of them, against before", Short: "connections went to %s times what they were"},
		{Name: "there", None: 0.1, Full: 0.4, Unit: "beyond chance", Why: "The value is the share of the rise that came while long commands ran, beyond chance: 0 is as much as falls into these samples anyway, 1 is all of it. A report that runs at fixed times holds nobody up merely because traffic rises meanwhile.", Of: cause.Of(func(x *stalls) float64 { return x.lift }), IfKnown: true,
			Says: "share of the connections' rise that came while they ran, beyond chance", Short: "of the rise a share of %s beyond chance came while they ran"},
		{Name: "often", None: 0.001, Full: 0.004, Unit: "of the time", Why: "The share is of the time since the first long command. Half a second every ten minutes makes no pool grow, though a pool may breathe meanwhile.", Of: cause.Of(func(x *stalls) float64 { return x.often }), IfKnown: true,
			Says: "time since the first that they held the server", Short: "they held the server for %s of the time"},
		{Name: "dearer", None: 0.25, Full: 0.6, Unit: "of the ordinary", Why: "Without SLOWLOG, the value is the processor time beyond what the commands cost at the beginning. A new mix of commands may cost a quarter more.", Of: cause.Of(func(x *stalls) float64 { return x.dearer }),
			Says: "processor time of the main thread beyond what the commands cost before, of that", Short: "commands cost the processor %s more than before"},
		{Name: "bursts", None: 1, Full: 3, Unit: "samples", Why: "A sample counts if it spent that processor time at three times the ordinary cost or more.", Of: cause.Of(func(x *stalls) float64 { return x.bursts }),
			Says: "samples at three times the ordinary cost of a command and more", Short: "in %s samples commands were dear"},
		{Name: "traffic", None: 0.6, Full: 0.3, Unit: "elasticity", Why: "The elasticity is of commands to connections during the rise. Pools that wait for answers open connections without more work.", Of: cause.Of(func(x *stalls) float64 { return x.more }),
			Says: "elasticity of commands to connections meanwhile", Short: "commands grew with the connections (elasticity %s)"},
		{Name: "held", None: 0.02, Full: 0.06, Unit: "of the time", Why: "Where long commands run from the beginning of the recording on, the rise cannot be seen, and the share of the time that they hold the server decides.", Of: cause.Of(func(x *stalls) float64 { return x.held }),
			Says: "processor time of the main thread in bursts, of all time", Short: "they held the server for %s of the time"},
		{Name: "long", None: 3, Full: 10, Unit: "samples", Why: "So many samples must have expensive commands for the server to be held throughout.", Of: cause.Of(func(x *stalls) float64 { return x.bursts }),
			Says: "samples at five times the cost of a command in the cheapest tenth", Short: "in %s samples commands were dear"},
		{Name: "always", None: 0.9, Full: 0.7, Unit: "of the samples", Why: "Where more samples have expensive commands, their cost is normal for this server.", Of: cause.Of(func(x *stalls) float64 { return x.always }),
			Says: "share of the samples with dear commands", Short: "a share of %s of the samples is dear: that is how this server is"},
		{Name: "in_time", None: 1, Full: 0, Unit: "samples", Why: "Slow commands that begin only after connections are refused did not cause the refusals.", Of: cause.Of(func(x *stalls) float64 { return x.after }),
			Says: "samples at the limit before the first of them", Short: "the first came %s samples after the limit was reached"},
		{Name: "busy", None: 1, Full: 3, Unit: "samples", Why: "The server answers BUSY once a script has run for busy-reply-threshold, five seconds. A single such sample is an accident.", Of: cause.Of(func(x *scripts) float64 { return x.samples }),
			Says: "samples in which the server was busy running a script", Short: "in %s samples the server said BUSY"},
		{Name: "busy_for", None: 5, Full: 15, Unit: "s", Why: "The time is from the first such sample to the last, or to the next answer. Clients give up within 5 to 10 s.", Of: cause.Of(func(x *scripts) float64 { return x.secs }),
			Says: "time for which it was", Short: "it was for %s s"},
		{Name: "everywhere", Value: 0.9, Unit: "of the samples", Why: "Where long commands ran in this share of the samples, a rise in those samples shows nothing."},
		{Name: "first_part", Value: 10, Unit: "parts of the recording", Why: "A long command within the first of so many parts of the recording was there from the beginning."},
		{Name: "most_part", Value: 4, Unit: "parts of the dearest sample", Why: "A sample is a burst if its processor time beyond the usual is at least one such part of the most expensive sample's."},
		{Name: "to_limit", Value: 5, Unit: "samples", Why: "From the first burst to the limit there must be at least so many samples for the measurement to end at the limit. At the limit, refused clients and retries change the mix of commands."},
		{Name: "dear", Value: 4, Unit: "times the usual", Why: "Where the cost was high throughout, a sample held the server if its processor time exceeded the usual by this factor."},
	},
	Views: []cause.View{
		{Name: "slow log", Rule: "often, total, growth, there, in_time"},
		{Name: "slow log, from the beginning on", Rule: "total, held, in_time"},
		{Name: "a script", Rule: "busy, busy_for"},
		{Name: "processor time", Rule: "dearer, bursts, growth, traffic, in_time"},
		{Name: "processor time, from the beginning on", Rule: "held, long, always"},
	},
	Refuted: []string{
		"SLOWLOG has no command of that length",
		"connections did not grow after the long ones",
	},
	Replies: map[cause.Question]cause.Reply{
		cause.RaiseLimit: {Why: "behind slow commands connections fill any limit"},
	},
	Alerts: []string{"RedisConnectionsRiseWithoutTraffic"},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Good: true, Command: "{better}", Effect: "no command holds the server for long", Check: "SLOWLOG GET shows no new entry of it"},
		{Risk: finding.Disconnects, Command: "stop {who}, which runs {cmd}, until that is changed", Effect: "nothing holds the server any more", Check: "SLOWLOG GET shows no new entry of it"},
		{Risk: finding.Changes, Command: "redis-cli ACL SETUSER {user} -{acl}", Effect: "{cmd} is refused with NOPERM", Check: "the caller's errors name it"},
	},
	Assess: func(p *cause.Pass) cause.Assessment {
		a := assessSlow(p)
		if a.Score < cause.Active {
			if b := byScript(p); b.Score >= cause.Active {
				return b
			}
		}
		return a
	},
}

// stalls are what is measured of long commands, in any view.
type stalls struct {
	total, often, held           float64 // time held, s; of the time since the first, and of all
	growth, lift, after          float64 // of the connections; of that, there beyond chance; samples at the limit before
	dearer, bursts, more, always float64 // processor time beyond the ordinary; samples with it; commands meanwhile; of the samples
}

// afterLimit gives how many samples the limit had been reached for at one.
func afterLimit(m *measure.Model, slot int) float64 {
	if m.LimitReached >= len(m.Samples) {
		return 0
	}
	return float64(max(slot-m.LimitReached, 0))
}

func assessSlow(p *cause.Pass) cause.Assessment {
	if p.TL.Slowlogs == 0 {
		return byProcessor(p)
	}
	long, total := p.LongerThan(p.Number("stall"))
	slices.SortStableFunc(long, func(a, b timeline.SlowCommand) int { return cmp.Compare(a.T, b.T) })
	if len(long) < int(p.Number("count")) {
		return cause.No(0, "%d commands ran longer than %.2f s", len(long), p.Number("stall"))
	}
	first := long[0].T - float64(long[0].Micros)/1e6
	slot := 0
	for slot < len(p.Samples)-1 && p.Samples[slot].T < first {
		slot++
	}
	before := stat.Median(p.Occupancy[max(slot-10, 0):max(slot, 1)])
	after := stat.Quantile(p.Occupancy[slot:], 0.9)
	growth := after / max(before, 1)
	x := stalls{total: total, growth: growth, often: math.NaN(), lift: math.NaN(), held: total / max(p.Span, 1), after: afterLimit(p.Model, slot)}
	if !p.TL.Relative && len(p.Samples) > 0 {
		x.often = total / max(p.Samples[len(p.Samples)-1].T-first, 1)
	}
	held := heldBy(p.Model, long)
	told := !p.TL.Relative && held.Chance < p.Number("everywhere")
	if told {
		x.lift = held.Lift()
	}
	at := cause.Span{From: slot, To: len(p.Samples) - 1}
	score := p.Judge("slow log", "", at, &x)
	standing := growth < p.Number("growth") && slot < len(p.Samples)/int(p.Number("first_part"))
	if standing {
		score = max(score, p.Judge("slow log, from the beginning on", "", at, &x))
	}
	if score < cause.Active {
		return cause.No(score, "%d long commands, %.1f s in all; connections went from %.0f to %.0f, %.0f %% of that while they ran", len(long), total, before, after, held.Share*100)
	}
	a := cause.Assessment{Score: score, Onset: slot, OnsetLo: max(slot-1, 0), End: -1, Slots: p.Above(slot)}
	a.Sources = slowSources(long)
	who := measure.NameOf(a.Sources[0])
	a.Claim = fmt.Sprintf("%s ran %s %d times for %.1f s in all from %s on; connections went from %.0f to %.0f behind it.",
		who, long[0].Cmd, len(long), total, finding.Clock(finding.UnixTime(first)), before, after)
	if standing {
		a.Began, a.Slots = p.Always(), nil
		a.Claim = fmt.Sprintf("%s ran %s %d times for %.1f s in all, since before the recording began; what connections did when it began is not in the recording.",
			who, long[0].Cmd, len(long), total)
	}
	worst := slices.MaxFunc(long, func(a, b timeline.SlowCommand) int { return cmp.Compare(a.Micros, b.Micros) })
	a.Evidence = []finding.Evidence{
		finding.New("commands longer than "+fmt.Sprintf("%.0f ms", p.Number("stall")*1000), float64(len(long)), "commands", long[0].Pos.String(), long[len(long)-1].Pos.String()),
		finding.New("the longest: "+worst.Cmd, float64(worst.Micros)/1e6, "s", worst.Pos.String()),
		finding.New("time they held the server", total, "s", long[0].Pos.String(), long[len(long)-1].Pos.String()),
		finding.New("connections after the first of them, against before", growth, "times", p.Place(max(slot-1, 0), false), p.Place(p.PeakSlot, false)),
	}
	if !standing && told {
		a.Evidence = append(a.Evidence, finding.New(fmt.Sprintf("share of the connections' rise that came while they ran, in %.0f %% of the samples", held.Chance*100),
			held.Share, "share", p.Place(max(slot-1, 0), false), p.Place(p.PeakSlot, false)))
	}
	return a
}

// heldBy tells how much of the connections' rise, up to the limit, came while long commands
// held the server: what pools opened then shows in the sample after. Slow log times are whole
// seconds of a clock that may be sameClock away; behind the first, pools may fill for longer.
func heldBy(m *measure.Model, long []timeline.SlowCommand) stat.Coincided {
	var t, v []float64
	for i := range m.Samples[:min(m.LimitReached+1, len(m.Samples))] {
		if !math.IsNaN(m.Occupancy[i]) && (len(t) == 0 || m.Samples[i].T > t[len(t)-1]) {
			t, v = append(t, m.Samples[i].T), append(v, m.Occupancy[i])
		}
	}
	marked := make([]bool, len(t))
	for i, e := range long {
		after := timeline.SameClock
		if i == 0 {
			after = max(after, 4*m.Interval)
		}
		k, _ := slices.BinarySearch(t, e.T-float64(e.Micros)/1e6-timeline.SameClock)
		for ; k < len(t); k++ {
			marked[k] = true
			if t[k] >= e.T+after {
				break
			}
		}
	}
	return stat.Coincidence(measure.Rises(v), marked)
}

// slowSources joins the slow commands to who ran them, by time held.
func slowSources(long []timeline.SlowCommand) []finding.Source {
	by := map[[2]string]float64{}
	n := map[[2]string]int{}
	var total float64
	for _, e := range long {
		k := [2]string{record.HostOf(e.Addr), e.Name}
		by[k] += float64(e.Micros)
		n[k]++
		total += float64(e.Micros)
	}
	keys := make([][2]string, 0, len(by))
	for k := range by {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]string) int {
		return cmp.Or(-cmp.Compare(by[a], by[b]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	var out []finding.Source
	for _, k := range keys[:min(len(keys), 20)] {
		out = append(out, finding.Source{Host: k[0], Name: k[1], Connections: n[k], Share: by[k] / total})
	}
	return out
}
