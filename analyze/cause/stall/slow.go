// Package stall has the causes that make clients wait and open more connections meanwhile:
// slow commands, a server that stands still, an application's own pool that runs out.
package stall

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse"
)

var Slow = cause.Cause{
	ID:       "slow-commands",
	Title:    "Slow commands stall the server",
	Phrase:   "slow commands",
	Question: "Did long commands stall the server while pools grew behind them?",
	Method: "Entries of SLOWLOG long enough for clients to give up waiting are joined to the connection that ran them. " +
		"They count as a cause when connections rose from about the first of them on (pools open more connections " +
		"while the ones they have wait), and most of the rise came while they ran, beyond what falls there by chance. Without SLOWLOG: the main thread's processor time rises in bursts " +
		"beyond what the commands cost before, and pools grow behind it without more commands.",
	Needs: []cause.Need{cause.NeedInfo, cause.NeedSlowlog},
	Signs: []cause.Sign{
		{Name: "stall", Value: 0.25, Unit: "s", Why: "shorter commands hardly make a pool open connections: usual client time-outs begin at 0.1 to 0.5 s"},
		{Name: "total", None: 0.5, Full: 2, Unit: "s", Why: "time stalled in all"},
		{Name: "count", Value: 2, Unit: "commands", Why: "one long command is an accident"},
		{Name: "growth", None: 1.1, Full: 1.35, Unit: "times", Why: "rise of the connections after the first stall against before"},
		{Name: "there", None: 0.1, Full: 0.4, Unit: "beyond chance", Why: "of the connections' rise, while long commands ran: 0 as much as falls into these samples anyway, 1 all: a report that runs by the clock holds nobody up because traffic rises meanwhile"},
		{Name: "often", None: 0.001, Full: 0.004, Unit: "of the time", Why: "since the first long command, held by such: half a second every ten minutes makes nobody's pool grow, though a pool may breathe meanwhile"},
		{Name: "dearer", None: 0.25, Full: 0.6, Unit: "of the ordinary", Why: "without SLOWLOG: processor time beyond what the commands cost at the beginning, as a new mix of commands may cost a quarter more"},
		{Name: "bursts", None: 1, Full: 3, Unit: "samples", Why: "in which it was spent, at three times the ordinary cost or more"},
		{Name: "traffic", None: 0.6, Full: 0.3, Unit: "elasticity", Why: "of commands to connections meanwhile: pools that wait open connections without more work"},
		{Name: "held", None: 0.02, Full: 0.06, Unit: "of the time", Why: "held by long commands, where they run from the beginning of the recording on, so that the rise cannot be seen. At most 0.8 of the score"},
		{Name: "long", None: 3, Full: 10, Unit: "samples", Why: "with dear commands: held throughout is many"},
		{Name: "always", None: 0.9, Full: 0.7, Unit: "of the samples", Why: "with dear commands, at most: what is always so is how this server is"},
	},
	Rivals: []cause.Rival{
		{ID: "zombie-connections", Test: "the connections came while a command held the server, and the hosts are still at work"},
		{ID: "blocking-commands", Test: "SLOWLOG counts running, not waiting"},
		{ID: "server-stall", Test: "a command ran all that time"},
		{ID: "oversized-pool", Test: "the pools grew right after the stalls began"},
		{ID: "app-pool-exhaustion", Test: "SLOWLOG has the long commands, and the pools grow behind them; an exhausted one cannot grow"},
		{ID: "connection-leak", Test: "the pools grew in the lists after the long commands, not evenly"},
		{ID: "maxclients-too-low", Test: "the connections rose right after long commands, not with the traffic"},
	},
	Fixes: []cause.Fix{
		{Risk: finding.Changes, Command: "replace {cmd} by its cursor form (SCAN, HSCAN, SSCAN, ZSCAN) or a smaller range in {name}", Effect: "no single command holds the server for longer than a few ms", Check: "SLOWLOG GET shows no new entry of it"},
		{Risk: finding.Changes, Command: "forbid it to the user: redis-cli ACL SETUSER {user} -{acl}", Effect: "{cmd} is refused with NOPERM", Check: "the caller's errors name it"},
	},
	Assess: assessSlow,
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
	often := 1.0
	if !p.TL.Relative && len(p.Samples) > 0 {
		often = p.Ramp("often", total/max(p.Samples[len(p.Samples)-1].T-first, 1))
	}
	score := often * p.Ramp("total", total) * p.Ramp("growth", growth)
	held := heldBy(p.Model, long)
	if !p.TL.Relative && held.Chance < 0.9 {
		score *= p.Ramp("there", held.Lift())
	}
	standing := growth < p.Number("growth") && slot < len(p.Samples)/10
	if standing {
		part := total / max(p.Span, 1)
		score = max(score, 0.8*p.Ramp("total", total)*p.Ramp("held", part))
	}
	// Slow commands that begin only once connections are refused are no cause of it.
	if p.LimitReached < len(p.Samples) && slot > p.LimitReached {
		score *= 0.3
	}
	p.Judged(score)
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
		a.Claim = fmt.Sprintf("%s ran %s %d times for %.1f s in all, from before the recording's beginning on; what connections did when it began is not in the recording.",
			who, long[0].Cmd, len(long), total)
	}
	worst := slices.MaxFunc(long, func(a, b timeline.SlowCommand) int { return cmp.Compare(a.Micros, b.Micros) })
	a.Evidence = []finding.Evidence{
		finding.New("commands longer than "+fmt.Sprintf("%.0f ms", p.Number("stall")*1000), float64(len(long)), "commands", long[0].Pos.String(), long[len(long)-1].Pos.String()),
		finding.New("the longest: "+worst.Cmd, float64(worst.Micros)/1e6, "s", worst.Pos.String()),
		finding.New("time they held the server", total, "s", long[0].Pos.String(), long[len(long)-1].Pos.String()),
		finding.New("connections after the first of them, against before", growth, "times", p.Place(max(slot-1, 0), false), p.Place(p.PeakSlot, false)),
	}
	if !standing && !p.TL.Relative && held.Chance < 0.9 {
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
		k := [2]string{parse.HostOf(e.Addr), e.Name}
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
