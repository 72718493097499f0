package analyze

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
)

// A nearMiss is a story for one row: it fires, or falls short where the rest of the cause may
// hold, or counts in part: then the row's numbers cannot move without another reading. Of a row
// without two ends it says whether the cause takes part, and when it began where the row dates it.
type nearMiss struct {
	row   string
	fires bool
	part  bool
	story
	app   string // metrics of the application
	onset int    // sample; 0: not asked
}

// nearMisses hold for the rows of which neither the stories of the causes nor the simulated ones
// show both sides.
var nearMisses = slices.Concat(nearMissesOfAll, nearMissesOfCuts, nearMissesOfHolds, nearMissesOfRefusals, nearMissesOfShapes, nearMissesOfStalls)

var nearMissesOfAll = []nearMiss{
	{row: "output-buffer-loop/cuts", story: story{name: "one slow reader, once", limit: 500, n: 60, setup: pubsubLimit, step: func(w *world.World, i int) {
		slowReaders(w, i, func(i, k int) bool { return i == 30 && k == 0 }, true)
	}}},
	{row: "output-buffer-loop/rebirth", story: story{name: "slow readers are cut and stay away", limit: 500, n: 60, setup: pubsubLimit, step: func(w *world.World, i int) {
		slowReaders(w, i, func(i, k int) bool { return i >= 30 && i%4 == 0 && k == 0 }, false)
	}}},
	{row: "output-buffer-loop/samples", story: story{name: "the server counts six cuts in one sample", limit: 500, n: 60, setup: func(w *world.World) {
		w.NoList = true
	}, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.ObufCuts = map[bool]int64{true: 6}[i >= 30]
	}}},
	{row: "server-outage/unanswered", story: story{name: "a restart takes six seconds", limit: 500, n: 120, setup: func(w *world.World) { w.Dt = 2 }, step: func(w *world.World, i int) {
		w.Down = map[bool]record.FailureClass{true: record.FailRefused}[i >= 60 && i < 63]
		if i == 63 {
			w.Restart(500)
		}
		w.Fleet("10.2.0", "web", 6, 6, 0.6)
	}}},
	{row: "server-outage/failed", story: story{name: "one probe gets no answer", limit: 500, n: 60, step: func(w *world.World, i int) {
		w.Down = map[bool]record.FailureClass{true: record.FailTimeout}[i == 30]
		w.Fleet("10.2.0", "web", 6, 6, 0.6)
	}}},
	{row: "query-buffer-growth/held", story: story{name: "a value of a megabyte arrives slowly", limit: 500, n: 60, step: func(w *world.World, i int) {
		upload(w, 100<<10, i >= 20 && i < 28)
	}}},
	{row: "query-buffer-growth/filled", story: story{name: "a large value takes three lists to arrive", limit: 500, n: 60, step: func(w *world.World, i int) {
		upload(w, 16<<20, i >= 20 && i < 23)
	}}},
	{row: "query-buffer-growth/cuts", fires: true, story: story{name: "the server counts cuts at the query-buffer limit that no list saw coming", limit: 500, n: 60, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.QueryCuts = int64(max(i-30, 0))
	}}},
	{row: "connection-leak/shape", story: story{name: "one host's pool follows its demand in waves, and keeps more than it uses", limit: 500, n: 120, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		n := 20 + i/3 + int(14*math.Sin(float64(i)/9))
		w.Pool("10.1.0.1", "cart", n, 0)
		for k, c := range w.Of("10.1.0.1", "cart") {
			if k >= n {
				w.Close(c)
			} else if k < 12 {
				c.Used = w.At
			}
		}
		w.Commands += int64(100 * n)
	}}},
	{row: "blocking-commands/spread", story: story{name: "workers are started in a burst, the last few later", limit: 500, n: 100, step: func(w *world.World, i int) {
		workers(w, map[bool]int{true: 60 + max(min(i-40, 12), 0)}[i >= 40])
	}}},
	{row: "blocking-commands/lasted", story: story{name: "workers are started one by one, in a small part of the recording", limit: 500, n: 240, step: func(w *world.World, i int) {
		workers(w, 5*max(min(i-100, 10), 0))
	}}},
	{row: "slow-commands/busy", fires: true, story: busy("a script holds the server for ten samples", 10)},
	{row: "slow-commands/busy", part: true, story: busy("a script holds the server for two samples", 2)},
	{row: "slow-commands/busy", story: busy("a script holds the server for one sample", 1)},
	{row: "slow-commands/busy_for", part: true, story: story{name: "a script holds the server for ten seconds", limit: 500, n: 120, setup: func(w *world.World) { w.Dt = 2 }, step: busyFor(5)}},
	{row: "slow-commands/busy_for", story: story{name: "a script holds the server for four seconds", limit: 500, n: 120, setup: func(w *world.World) { w.Dt = 2 }, step: busyFor(2)}},
	{row: "slow-commands/total", story: story{name: "two commands of three tenths of a second", limit: 900, n: 100, step: func(w *world.World, i int) {
		if i == 50 || i == 55 {
			w.Slow = append([]record.SlowEntry{{ID: int64(i), Time: int64(w.At), Micros: 300_000, Args: []string{"KEYS", "*"}, Addr: "10.9.0.1:4000", Name: "report", Six: true}}, w.Slow...)
		}
		w.Fleet("10.2.0", "web", 6, 6+max(0, min((i-50)*8, 34)), 0.3)
	}}},
	{row: "fd-limit/sure", story: story{name: "a limit that somebody chose", limit: 200, n: 60, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", min(6+i/5, 26), 9, 0.9)
	}}},
	{row: "internal-connections/full_growing", story: story{name: "dead Sentinels, far below the limit", limit: 500, n: 60, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 4, 0.5)
		for have := len(w.Of("", "sentinel-0badcafe-cmd")); have < 30; have++ {
			w.Open(fmt.Sprintf("10.8.0.%d", have/10+1), "sentinel-0badcafe-cmd").Cmd = "ping"
		}
	}}},
	{row: "internal-connections/full_growing", fires: true, story: story{name: "dead Sentinels hold most of what is in use, half of the limit", limit: 92, n: 60, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 4, 0.5)
		for have := len(w.Of("", "sentinel-0badcafe-cmd")); have < 30; have++ {
			w.Open(fmt.Sprintf("10.8.0.%d", have/10+1), "sentinel-0badcafe-cmd").Cmd = "ping"
		}
	}}},
	{row: "zombie-connections/work", story: story{name: "half of the work ends behind one address", limit: 500, n: 100, step: func(w *world.World, i int) {
		w.Pool("10.1.0.1", "api", 20, 1)
		if i < 50 {
			w.Pool("10.1.0.1", "jobs", 40, 1)
		}
	}}},
	{row: "server-stall/pauses", story: story{name: "one answer is late", limit: 500, n: 100, step: func(w *world.World, i int) {
		w.Late = map[bool]float64{true: 9}[i == 50]
		w.Fleet("10.2.0", "web", 6, 6+map[bool]int{true: 8}[i >= 50], 0.6)
	}}},
	{row: "server-stall/dropped", story: story{name: "few are dropped at a full listen queue", limit: 500, n: 100, step: overflows(8, 2, 2.5)}},
	{row: "server-stall/dropped", part: true, story: story{name: "some are dropped at a full listen queue", limit: 500, n: 100, step: overflows(4, 15, 2.5)}},
	{row: "server-stall/overflows", story: story{name: "many are dropped at once", limit: 500, n: 100, step: overflows(1, 300, 2.5)}},
	{row: "server-stall/overflows", part: true, story: story{name: "many are dropped twice", limit: 500, n: 100, step: overflows(2, 300, 2.5)}},
	{row: "server-stall/stood", story: story{name: "many are dropped, and answers are prompt", limit: 500, n: 100, step: overflows(8, 90, 0.2)}},
	{row: "server-stall/stood", part: true, story: story{name: "many are dropped, half of them while answers are prompt", limit: 500, n: 100, step: func(w *world.World, i int) {
		overflows(8, 90, map[bool]float64{true: 2.5, false: 0.001}[i%10 == 0])(w, i)
	}}},
	{row: "unexplained/dropped", story: story{name: "few are dropped while answers are prompt", limit: 500, n: 100, step: overflows(8, 2, 0.001)}},
	{row: "unexplained/dropped", part: true, story: story{name: "some are dropped while answers are prompt", limit: 500, n: 100, step: overflows(4, 15, 0.001)}},
	{row: "unexplained/overflows", part: true, story: story{name: "many are dropped twice while answers are prompt", limit: 500, n: 100, step: overflows(2, 300, 0.001)}},
	{row: "server-stall/growth", story: story{name: "a long fork, and nobody minds", limit: 500, n: 100, step: func(w *world.World, i int) {
		w.ForkUsec = map[bool]int64{true: 2_500_000}[i > 50]
		w.Fleet("10.2.0", "web", 6, 6, 0.6)
	}}},
	{row: "connection-leak/old_long", fires: true, story: story{name: "a lone host with connections from long before", limit: 500, n: 120, step: func(w *world.World, i int) {
		w.Pool("10.1.0.1", "cart", 4, 1)
		for k := 0; i == 0 && k < 40; k++ {
			c := w.Open("10.1.0.1", "cart")
			c.Lost, c.Born = true, w.At-float64(k+1)*300
			c.Used = c.Born
		}
		if i%20 == 10 {
			w.Leak("10.1.0.1", "cart")
		}
	}}},
	{row: "retry-storm/per_slot", fires: true, story: story{name: "a storm at a server that does not count commands", limit: 60, n: 60, step: tries(200), without: "total_commands_processed"}},
	{row: "retry-storm/per_slot", story: story{name: "patient clients at a server that does not count commands", limit: 60, n: 60, step: tries(4), without: "total_commands_processed"}},
	{row: "retry-storm/each", fires: true, story: story{name: "a storm that two samples see, with two hundred refusals a slot", limit: 60, n: 60, step: twoFull(6000)}},
	{row: "retry-storm/each", part: true, story: story{name: "two samples with ninety refusals a slot", limit: 60, n: 60, step: twoFull(2700)}},
	{row: "retry-storm/each", story: story{name: "a release that two samples see, with ten refusals a slot", limit: 60, n: 60, step: twoFull(300)}},
	{row: "reconnect-wave/again", story: story{name: "a release replaces everyone by three times as many, in INFO alone", limit: 160, n: 100, setup: noLists, step: exchanged(45, 110)}},
	{row: "reconnect-wave/again", part: true, story: story{name: "everyone is cut, and three quarters more come back, in INFO alone", limit: 160, n: 100, setup: noLists, step: exchanged(45, 79)}},
	{row: "reconnect-wave/again", fires: true, story: story{name: "everyone is cut and comes back, in INFO alone", limit: 160, n: 100, setup: noLists, step: exchanged(45, 45)}},
	{row: "oversized-pool/stays", story: story{name: "a script fills the limit for a minute, in INFO alone", limit: 150, n: 100, setup: noLists, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 6, 0.5)
		if i == 50 {
			w.Fleet("10.9.0", "script", 1, 140, 0)
		}
		if i == 56 {
			for _, c := range w.Of("", "script") {
				w.Close(c)
			}
		}
	}}},
	{row: "app-pool-exhaustion/waiting", fires: true, story: apiStory("requests wait in most samples", 500), app: poolMetrics(4, 3, 1)},
	{row: "app-pool-exhaustion/waiting", story: apiStory("requests wait now and then", 500), app: poolMetrics(4, 3, 15)},
	{row: "app-pool-exhaustion/used", story: apiStory("an exhausted pool at a server that is full, too", 12), app: poolMetrics(4, 3, 1)},
	{row: "app-pool-exhaustion/full", fires: true, story: apiStory("a pool at its size, waits not counted", 500), app: poolMetrics(4, -1, 1)},
	{row: "app-pool-exhaustion/full", story: apiStory("a pool at its size for moments", 500), app: poolMetrics(4, -1, 15)},
	{row: "client-eviction/evicted", story: story{name: "two clients are evicted", limit: 500, n: 60, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.Evicted = int64(min(max(i-30, 0), 2))
	}}},
	{row: "unexplained/life", fires: true, story: exchangedAll("whole pools are exchanged every minute and a half", 0.7, 6, 8, 0, false)},
	{row: "unexplained/life", part: true, story: exchangedAll("whole pools are exchanged every three minutes", 0.34, 6, 8, 0, false)},
	{row: "unexplained/life", story: exchangedAll("whole pools are exchanged every ten minutes", 0.1, 6, 8, 0, false)},
	{row: "unexplained/again", story: exchangedAll("pods with a pool each live for a minute and a half", 0.7, 6, 8, 0, true)},
	{row: "unexplained/part", story: exchangedAll("a job's pools are exchanged every minute and a half beside others", 0.7, 3, 8, 4, false)},
	{row: "unexplained/each", story: exchangedAll("hosts with a connection or two exchange it every minute and a half", 0.7, 24, 2, 0, false)},
	{row: "unexplained/times", story: inWaves("a crowd comes and goes twice", 2, 20, 0, 0)},
	{row: "unexplained/times", fires: true, story: inWaves("a crowd comes and goes three times", 3, 20, 0, 0)},
	{row: "unexplained/demand", part: true, story: inWaves("a crowd comes and goes, and two fifths as much work with it", 5, 20, 0.42, 0)},
	{row: "unexplained/demand", story: inWaves("a crowd comes and goes, and half as much work with it", 5, 20, 0.55, 0)},
	{row: "unexplained/slow", story: inWaves("a crowd comes and goes, behind slow commands in most cases", 5, 20, 0, 3)},
	{row: "unexplained/stayed", story: inWaves("half of each crowd stays", 5, 10, 0, 0)},
	{row: "unexplained/size", story: inWaves("eight come and go", 5, 8, 0, 0)},
	{row: "output-buffer-loop/cuts", part: true, story: story{name: "a slow reader, cut twice", limit: 500, n: 60, setup: pubsubLimit, step: func(w *world.World, i int) {
		slowReaders(w, i, func(i, k int) bool { return (i == 30 || i == 40) && k == 0 }, true)
	}}},
	{row: "output-buffer-loop/rebirth", part: true, story: story{name: "slow readers are cut, and a third comes back", limit: 500, n: 120, setup: pubsubLimit, step: func(w *world.World, i int) {
		slowReaders(w, i, func(i, k int) bool { return i >= 30 && i%12 == 0 && k == 0 }, i%36 < 3)
	}}},
	{row: "output-buffer-loop/counted", part: true, story: story{name: "the server counts four cuts, one at a time", limit: 500, n: 60, setup: func(w *world.World) {
		w.NoList = true
	}, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.ObufCuts = int64(min(max(i-30, 0), 4))
	}}},
	{row: "output-buffer-loop/samples", part: true, story: story{name: "the server counts nine cuts in two samples", limit: 500, n: 60, setup: func(w *world.World) {
		w.NoList = true
	}, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.ObufCuts = map[bool]int64{true: 6}[i >= 30] + map[bool]int64{true: 3}[i >= 40]
	}}},
	{row: "app-pool-exhaustion/waiting", part: true, story: apiStory("requests wait in a fifth of the samples", 500), app: poolMetrics(4, 3, 5)},
	{row: "app-pool-exhaustion/full", part: true, story: apiStory("a pool at its size for two thirds of the time", 500), app: poolMetrics(4, -1, -3)},
	{row: "app-pool-exhaustion/busy", part: true, story: apiStory("a pool is full in a fifth of the samples, and waits time out", 500), app: poolMetrics(4, -1, 5) + timeouts(10)},
	{row: "app-pool-exhaustion/timeouts", part: true, story: apiStory("three waits of each instance time out", 500), app: poolMetrics(4, -1, 2) + timeouts(3)},
	{row: "app-pool-exhaustion/timeouts_many", part: true, story: apiStory("some waits time out at a pool that is never full", 500), app: poolMetrics(4, -1, 100) + timeouts(40)},
	{row: "blocking-commands/gain", part: true, story: story{name: "nine more workers than ten", limit: 500, n: 100, step: func(w *world.World, i int) { workers(w, 10+max(min((i-30)/5, 9), 0)) }}},
	{row: "blocking-commands/ratio", part: true, story: story{name: "a quarter more workers than forty-eight", limit: 500, n: 100, step: func(w *world.World, i int) {
		workers(w, 48+max(min((i-30)/4, 13), 0))
	}}},
	{row: "blocking-commands/share", part: true, story: story{name: "more workers, and more connections of others", limit: 500, n: 100, step: func(w *world.World, i int) {
		workers(w, 10+max(min((i-20)/3, 24), 0))
		w.Fleet("10.4.0", "api", 3, max(min((i-20)/6, 12), 0), 0.5)
	}}},
	{row: "blocking-commands/late", part: true, story: story{name: "workers are started, and few more later", limit: 500, n: 120, step: func(w *world.World, i int) {
		workers(w, 10+max(min(i-20, 40), 0)+max(min((i-80)/10, 3), 0))
	}}},
	{row: "auth-failure-loop/failures", part: true, story: story{name: "twenty failed passwords", limit: 500, n: 60, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.AuthFail = int64(min(max(i-20, 0), 20))
	}}},
	{row: "auth-failure-loop/per_conn", part: true, story: story{name: "one new connection in four fails to authenticate", limit: 500, n: 160, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.Accepted++
		w.AuthFail = int64(i / 4)
	}}},
	{row: "server-stall/fork", part: true, story: story{name: "forks of three eighths of a second", limit: 500, n: 100, step: func(w *world.World, i int) {
		w.ForkUsec = 1000 + map[bool]int64{true: 375_000}[i >= 50] + int64(i/50)*int64(i%3)
		w.Fleet("10.2.0", "web", 6, 6+map[bool]int{true: 8}[i >= 50], 0.6)
	}}},
	{row: "server-stall/pauses", part: true, story: story{name: "two answers are late", limit: 500, n: 100, step: func(w *world.World, i int) {
		w.Late = map[bool]float64{true: 9}[i == 50 || i == 60]
		w.Fleet("10.2.0", "web", 6, 6+map[bool]int{true: 8}[i >= 50], 0.6)
	}}},
	{row: "server-outage/unanswered", part: true, story: story{name: "a server is away for twenty seconds", limit: 500, n: 120, setup: func(w *world.World) { w.Dt = 4 }, step: func(w *world.World, i int) {
		w.Down = map[bool]record.FailureClass{true: record.FailRefused}[i >= 60 && i < 65]
		if i == 65 {
			w.Restart(500)
		}
		w.Fleet("10.2.0", "web", 6, 6, 0.6)
	}}},
	{row: "server-outage/failed", part: true, story: story{name: "two probes get no answer", limit: 500, n: 60, step: func(w *world.World, i int) {
		w.Down = map[bool]record.FailureClass{true: record.FailTimeout}[i == 30 || i == 31]
		w.Fleet("10.2.0", "web", 6, 6, 0.6)
	}}},
	{row: "query-buffer-growth/filled", part: true, story: story{name: "a large value takes five lists to arrive", limit: 500, n: 60, step: func(w *world.World, i int) {
		upload(w, 16<<20, i >= 20 && i < 25)
	}}},
	{row: "query-buffer-growth/cuts", part: true, story: story{name: "the server counts two cuts at the query-buffer limit", limit: 500, n: 60, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.QueryCuts = int64(min(max(i-30, 0), 2))
	}}},
	{row: "unexplained/own", part: true, story: inWaves("a crowd of ten more than a tenth comes and goes", 5, 36, 0, 0)},
	{row: "zombie-connections/work", part: true, story: story{name: "a quarter of the work ends behind one address", limit: 500, n: 100, step: func(w *world.World, i int) {
		w.Pool("10.1.0.1", "api", 42, 1)
		if i < 50 {
			w.Pool("10.1.0.1", "jobs", 18, 1)
		}
	}}},
	{row: "internal-connections/full_growing", part: true, story: story{name: "ever more Sentinels, at more than a third of the limit", limit: 135, n: 60, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 6, 0.5)
		for have := len(w.Of("", "sentinel-0badcafe-cmd")); have < min(i, 32); have++ {
			w.Open(fmt.Sprintf("10.8.0.%d", have/10+1), "sentinel-0badcafe-cmd").Cmd = "ping"
		}
	}}},
	{row: "connection-leak/new", part: true, story: leftBefore("a lone host with three new ones", 40, 300, 40, 0)},
	{row: "connection-leak/old_long", part: true, story: leftBefore("a lone host with connections from a third as long before", 40, 15, 20, 0)},
	{row: "reconnect-wave/refused", part: true, story: story{name: "six are refused in the wave after a restart", limit: 70, n: 100, step: func(w *world.World, i int) {
		if i == 50 {
			w.Restart(70)
		}
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
		if i == 51 {
			w.Refused += 6
		}
	}}},
	{row: "server-stall/fsyncs", part: true, story: story{name: "three writes wait for fsync", limit: 500, n: 100, step: func(w *world.World, i int) {
		w.DelayedFsync = int64(min(max(i-50, 0), 3))
		w.Fleet("10.2.0", "web", 6, 6+map[bool]int{true: 8}[i >= 50], 0.6)
	}}},
	{row: "slow-commands/bursts", part: true, story: story{name: "two long commands in INFO alone", limit: 500, n: 100, setup: func(w *world.World) { w.NoList = true }, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10+min(20, max(i-40, 0)), 8/float64(10+min(20, max(i-40, 0))))
		if w.Cpu += 0.002; i == 40 || i == 46 {
			w.Cpu += 2
		}
	}}},
}

func pubsubLimit(w *world.World) {
	w.Config["client-output-buffer-limit"] = "normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 524288 10"
}

// slowReaders plays six subscribers for which output waits, and cuts those that cut names.
func slowReaders(w *world.World, i int, cut func(i, k int) bool, back bool) {
	w.Fleet("10.2.0", "web", 3, 10, 0.5)
	for have := len(w.Of("", "ticker")); have < 6 && (back || i == 0); have++ {
		c := w.Open(fmt.Sprintf("10.5.0.%d", have%3+1), "ticker")
		c.Flags, c.Sub, c.Cmd = "P", 1, "subscribe"
	}
	for k, c := range w.Of("", "ticker") {
		c.Used = w.At
		if c.Omem = 900 << 10; cut(i, k) {
			w.Close(c)
		}
	}
}

// workers keeps n workers that wait, beside a fleet.
func workers(w *world.World, n int) {
	w.Fleet("10.2.0", "web", 3, 10, 0.5)
	for have := len(w.Of("", "jobs")); have < n; have++ {
		c := w.Open(fmt.Sprintf("10.8.0.%d", have%4+1), "jobs")
		c.Flags, c.Cmd = "b", "blpop"
	}
}

// tries fills the limit, and then has n clients a sample refused.
func tries(n int) func(*world.World, int) {
	return func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 5, 0.5)
		if i < 20 {
			return
		}
		w.Fleet("10.4.0", "api", 3, 15, 0.5)
		for range n {
			w.Open("10.3.0.1", "orders")
		}
	}
}

// busy is a server that says BUSY for n samples.
func busy(name string, n int) story {
	return story{name: name, limit: 500, n: 60, step: busyFor(n)}
}

func busyFor(n int) func(*world.World, int) {
	return func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.Down = map[bool]record.FailureClass{true: record.FailBusy}[i >= 30 && i < 30+n]
	}
}

// twoFull fills the limit for two samples, in each of which n connections are refused.
func twoFull(n int64) func(*world.World, int) {
	return func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 5, 0.5)
		if i == 20 || i == 21 {
			w.Fleet("10.4.0", "api", 3, 15, 0.5)
			w.Refused += n
			return
		}
		for _, c := range w.Of("", "api") {
			w.Close(c)
		}
	}
}

// exchangedAll is a service of which each connection is closed with a probability by the next
// list, a minute later, and opened anew, by its host or, as hosts move, by another one. So many
// other services of twenty connections stay.
func exchangedAll(name string, goes float64, hosts, each, beside int, move bool) story {
	return story{name: name, limit: 500, n: 90, setup: func(w *world.World) { w.Dt = 60 }, step: func(w *world.World, i int) {
		for k, other := range []string{"web", "cart", "geo", "tax"}[:beside] {
			w.Fleet(fmt.Sprintf("10.2.%d", k), other, 5, 4, 1)
		}
		for h := range hosts {
			host := fmt.Sprintf("10.1.0.%d", h+1)
			if move {
				host = fmt.Sprintf("10.1.%d.%d", i%200, h+1)
			}
			for _, c := range w.Of(host, "api") {
				if w.Rng.Float64() < goes {
					w.Close(c)
				}
			}
			if move {
				for _, c := range w.Of(fmt.Sprintf("10.1.%d.%d", (i+198)%200, h+1), "api") {
					w.Close(c)
				}
			}
			w.Pool(host, "api", each, 1)
		}
		w.Commands += int64(hosts * each * 100)
	}}
}

// exchanged replaces all of n connections by m at once; a hundred are refused meanwhile.
func exchanged(n, m int) func(*world.World, int) {
	return func(w *world.World, i int) {
		if i == 50 {
			for _, c := range w.Of("", "web") {
				w.Close(c)
			}
			w.Refused += 100
		}
		for len(w.Of("", "web")) < map[bool]int{false: n, true: m}[i >= 50] {
			w.Open(fmt.Sprintf("10.2.0.%d", len(w.Clients)%6+1), "web")
		}
		for _, c := range w.Of("", "web") {
			c.Used = w.At
			w.Commands++
		}
	}
}

func apiStory(name string, limit int) story {
	return story{name: name, limit: limit, n: 60, step: func(w *world.World, i int) { w.Fleet("10.2.0", "api", 3, 4, 0.9) }}
}

// poolMetrics are those of three instances with a pool of a size, full and waited for in every
// nth of sixty samples, below 0 in all but those; waits are not counted where they are below 0.
func poolMetrics(size, waits, nth int) string {
	var b strings.Builder
	for i := range 60 {
		for h := range 3 {
			used, pending := 1, 0
			if nth > 0 && i%nth == 0 || nth < 0 && i%-nth > 0 {
				used, pending = size, waits
			}
			label, at := fmt.Sprintf("{application=\"api\",instance=\"10.2.0.%d\",pool=\"p\"}", h+1), int64(1.8e12)+int64(i)*15000
			fmt.Fprintf(&b, "hikaricp_connections_active%s %d %d\nhikaricp_connections_max%s %d %d\n", label, used, at, label, size, at)
			if waits >= 0 {
				fmt.Fprintf(&b, "hikaricp_connections_pending%s %d %d\n", label, pending, at)
			}
		}
	}
	return b.String()
}

// upload lets a client send a step of a large value, where it does.
func upload(w *world.World, step int64, sends bool) {
	w.Fleet("10.2.0", "web", 3, 10, 0.5)
	w.Pool("10.5.0.1", "ingest", 1, 0)
	c := w.Of("", "ingest")[0]
	if c.Qbuf += step; !sends {
		c.Qbuf = 0
	}
}

// inWaves is a fleet beside which crowds of n come all at once, so many times, and go again;
// commands rise by a part of what the connections rise by. Each of the first slow ones comes at a
// long command. Of a crowd of 10 half stay.
func inWaves(name string, times, n int, work float64, slow int) story {
	return story{name: name, limit: 500, n: 110, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		k, at := (i-10)/18, (i-10)%18
		if i < 10 || k >= times {
			return
		}
		switch at {
		case 0:
			for h := range n {
				w.Open(fmt.Sprintf("10.7.0.%d", h%4+1), "crowd")
			}
			if k < slow {
				w.Keys(i)
			}
		case 5:
			left := w.Of("", "crowd")
			if n == 10 {
				left = left[:5]
			}
			for _, c := range left {
				w.Close(c)
			}
		}
		if at < 2 {
			w.Commands += int64(work * 300 * float64(n) / 30) // of the 300 commands of a sample
		}
	}}
}

// timeouts are n waits of each of three instances that time out, within sixty samples.
func timeouts(n int) string {
	var b strings.Builder
	for i := range 60 {
		for h := range 3 {
			fmt.Fprintf(&b, "hikaricp_connections_timeout_total{application=\"api\",instance=\"10.2.0.%d\",pool=\"p\"} %d %d\n", h+1, n*i/59, int64(1.8e12)+int64(i)*15000)
		}
	}
	return b.String()
}

// leftBefore is a host that has old connections nobody ever used, one opened in each so many
// seconds, and leaks one more every nth sample. Where one of its two siblings has some as well,
// there are siblings.
func leftBefore(name string, old, apart, nth, sibling int) story {
	return story{name: name, limit: 500, n: 120, step: func(w *world.World, i int) {
		w.Pool("10.1.0.1", "cart", 4, 1)
		for h := 2; h <= 3 && sibling > 0; h++ {
			w.Pool(fmt.Sprintf("10.1.0.%d", h), "cart", 4, 1)
		}
		leave := func(host string, n int) {
			for k := range n {
				c := w.Open(host, "cart")
				c.Lost, c.Born = true, w.At-float64(k+1)*float64(apart)
				c.Used = c.Born
			}
		}
		if i == 0 {
			leave("10.1.0.1", old)
			leave("10.1.0.2", sibling)
		}
		if i%nth == 10 {
			w.Leak("10.1.0.1", "cart")
		}
	}}
}
