package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/connbox/connbox/analyze/stat"
	"github.com/connbox/connbox/parse"
)

var slow = Cause{
	ID:       "slow-commands",
	Title:    "Slow commands stall the server",
	Phrase:   "slow commands",
	Question: "Did long commands stall the server while pools grew behind them?",
	Method: "Entries of SLOWLOG long enough for clients to give up waiting are joined to the connection that ran them. " +
		"They count as a cause when connections rose from about the first of them on (pools open more connections " +
		"while the ones they have wait), and most of the rise came while they ran, beyond what falls there by chance. Without SLOWLOG: the main thread's processor time rises in bursts " +
		"beyond what the commands cost before, and pools grow behind it without more commands.",
	Needs: []Need{NeedInfo, NeedSlowlog},
	Params: []Param{
		{"stall", 0.25, "s", "shorter commands hardly make a pool open connections: usual client time-outs begin at 0.1 to 0.5 s"},
		{"total", 2, "s", "time stalled in all; ramp from 0.5"},
		{"count", 2, "commands", "one long command is an accident"},
		{"growth", 1.35, "times", "rise of the connections after the first stall against before; ramp from 1.1"},
		{"there", 0.4, "beyond chance", "of the connections' rise, while long commands ran: 0 as much as falls into these samples anyway, 1 all. Ramp from 0.1: a report that runs by the clock holds nobody up because traffic rises meanwhile"},
		{"often", 0.004, "of the time", "since the first long command, held by such: half a second every ten minutes makes nobody's pool grow, though a pool may breathe meanwhile. Ramp from 0.001"},
		{"dearer", 0.6, "of the ordinary", "without SLOWLOG: processor time beyond what the commands cost at the beginning; ramp from 0.25, as a new mix of commands may cost a quarter more"},
		{"bursts", 3, "samples", "in which it was spent, at three times the ordinary cost or more; ramp from 1"},
		{"traffic", 0.3, "elasticity", "of commands to connections meanwhile: pools that wait open connections without more work; ramp to 0.6"},
		{"held", 0.06, "of the time", "held by long commands, where they run from the beginning of the recording on, so that the rise cannot be seen; ramp from 0.02. At most 0.8 of the score"},
	},
	Rivals: []Rival{
		{"zombie-connections", "the connections came while a command held the server, and the hosts are still at work"},
		{"blocking-commands", "SLOWLOG counts running, not waiting"},
		{"server-stall", "a command ran all that time"},
		{"oversized-pool", "the pools grew right after the stalls began"},
		{"app-pool-exhaustion", "SLOWLOG has the long commands, and the pools grow behind them; an exhausted one cannot grow"},
		{"connection-leak", "the pools grew in the lists after the long commands, not evenly"},
		{"maxclients-too-low", "the connections rose right after long commands, not with the traffic"},
	},
	Fixes: []Fix{
		{Changes, "replace {cmd} by its cursor form (SCAN, HSCAN, SSCAN, ZSCAN) or a smaller range in {name}", "no single command holds the server for longer than a few ms", "SLOWLOG GET shows no new entry of it"},
		{Changes, "forbid it to the user: redis-cli ACL SETUSER {user} -{acl}", "{cmd} is refused with NOPERM", "the caller's errors name it"},
	},
	assess: assessSlow,
}

func assessSlow(p *pass) assessment {
	if p.tl.Slowlogs == 0 {
		return p.byProcessor()
	}
	long, total := p.longerThan(p.val("stall"))
	slices.SortStableFunc(long, func(a, b slowCmd) int { return cmp.Compare(a.T, b.T) })
	if len(long) < int(p.val("count")) {
		return no(0, "%d commands ran longer than %.2f s", len(long), p.val("stall"))
	}
	first := long[0].T - float64(long[0].Micros)/1e6
	slot := 0
	for slot < len(p.s)-1 && p.s[slot].T < first {
		slot++
	}
	before := stat.Median(p.occ[max(slot-10, 0):max(slot, 1)])
	after := stat.Quantile(p.occ[slot:], 0.9)
	growth := after / max(before, 1)
	often := 1.0
	if !p.tl.Relative && len(p.s) > 0 {
		often = stat.Ramp(total/max(p.s[len(p.s)-1].T-first, 1), 0.001, p.val("often"))
	}
	score := often * stat.Ramp(total, 0.5, p.val("total")) * stat.Ramp(growth, 1.1, p.val("growth"))
	held := p.heldBy(long)
	if !p.tl.Relative && held.Chance < 0.9 {
		score *= stat.Ramp(held.Lift(), 0.1, p.val("there"))
	}
	standing := growth < p.val("growth") && slot < len(p.s)/10
	if standing {
		part := total / max(p.span, 1)
		score = max(score, 0.8*stat.Ramp(total, 0.5, p.val("total"))*stat.Ramp(part, 0.02, p.val("held")))
	}
	// Slow commands that begin only once connections are refused are no cause of it.
	if p.satFirst < len(p.s) && slot > p.satFirst {
		score *= 0.3
	}
	if score < active {
		return no(score, "%d long commands, %.1f s in all; connections went from %.0f to %.0f, %.0f %% of that while they ran", len(long), total, before, after, held.Share*100)
	}
	a := assessment{score: score, onset: slot, onsetLo: max(slot-1, 0), end: -1, slots: p.above(slot)}
	a.sources = slowSources(long)
	who := nameOf(a.sources[0])
	a.claim = fmt.Sprintf("%s ran %s %d times for %.1f s in all from %s on; connections went from %.0f to %.0f behind it.",
		who, long[0].Cmd, len(long), total, hhmmss(unixTime(first)), before, after)
	if standing {
		a.began, a.slots = p.always(), nil
		a.claim = fmt.Sprintf("%s ran %s %d times for %.1f s in all, from before the recording's beginning on; what connections did when it began is not in the recording.",
			who, long[0].Cmd, len(long), total)
	}
	worst := slices.MaxFunc(long, func(a, b slowCmd) int { return cmp.Compare(a.Micros, b.Micros) })
	a.evidence = []Evidence{
		ev("commands longer than "+fmt.Sprintf("%.0f ms", p.val("stall")*1000), float64(len(long)), "commands", long[0].Pos.String(), long[len(long)-1].Pos.String()),
		ev("the longest: "+worst.Cmd, float64(worst.Micros)/1e6, "s", worst.Pos.String()),
		ev("time they held the server", total, "s", long[0].Pos.String(), long[len(long)-1].Pos.String()),
		ev("connections after the first of them, against before", growth, "times", p.pos(max(slot-1, 0), false), p.pos(p.peakSlot, false)),
	}
	if !standing && !p.tl.Relative && held.Chance < 0.9 {
		a.evidence = append(a.evidence, ev(fmt.Sprintf("share of the connections' rise that came while they ran, in %.0f %% of the samples", held.Chance*100),
			held.Share, "share", p.pos(max(slot-1, 0), false), p.pos(p.peakSlot, false)))
	}
	return a
}

// noticed is how long, in seconds, a command runs that clients notice.
const noticed = 0.25

// longerThan gives the commands of the recording that ran for so many seconds, and for how
// many they ran in all.
func (m *model) longerThan(seconds float64) (long []slowCmd, total float64) {
	lo := 0.0
	if len(m.s) > 0 {
		lo = m.s[0].T - m.dt
	}
	for _, e := range m.tl.Slow {
		if float64(e.Micros)/1e6 >= seconds && (e.T >= lo || m.tl.Relative) && !forks(e.Cmd) {
			long = append(long, e)
			total += float64(e.Micros) / 1e6
		}
	}
	return long, total
}

// heldBy tells how much of the connections' rise, up to the limit, came while long commands
// held the server: what pools opened then shows in the sample after. Slow log times are whole
// seconds of a clock that may be sameClock away; behind the first, pools may fill for longer.
func (m *model) heldBy(long []slowCmd) stat.Coincided {
	var t, v []float64
	for i := range m.s[:min(m.satFirst+1, len(m.s))] {
		if !math.IsNaN(m.occ[i]) && (len(t) == 0 || m.s[i].T > t[len(t)-1]) {
			t, v = append(t, m.s[i].T), append(v, m.occ[i])
		}
	}
	marked := make([]bool, len(t))
	for i, e := range long {
		after := sameClock
		if i == 0 {
			after = max(after, 4*m.dt)
		}
		k, _ := slices.BinarySearch(t, e.T-float64(e.Micros)/1e6-sameClock)
		for ; k < len(t); k++ {
			marked[k] = true
			if t[k] >= e.T+after {
				break
			}
		}
	}
	return stat.Coincidence(rises(v), marked)
}

// forks tells whether a command takes as long as the fork it asks for (rdb.c bgsaveCommand,
// aof.c bgrewriteaofCommand, replication.c syncCommand): that is a stall of the server.
func forks(command string) bool {
	return command == "BGSAVE" || command == "BGREWRITEAOF" || command == "SYNC" || command == "PSYNC"
}

// slowSources joins the slow commands to who ran them, by time held.
func slowSources(long []slowCmd) []Source {
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
	var out []Source
	for _, k := range keys[:min(len(keys), 20)] {
		out = append(out, Source{Host: k[0], Name: k[1], Connections: n[k], Share: by[k] / total})
	}
	return out
}
