package analyze

import (
	"fmt"
	"math"
	"strings"

	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
)

// A nearMiss is a story for one row: it fires, or falls short where the rest of the cause may
// hold.
type nearMiss struct {
	row   string
	fires bool
	story
	app string // metrics of the application
}

// nearMisses hold for the rows of which neither the stories of the causes nor the simulated ones
// show both sides.
var nearMisses = []nearMiss{
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
	{row: "app-pool-exhaustion/waiting", fires: true, story: apiStory("requests wait in most samples", 500), app: poolMetrics(4, 3, 1)},
	{row: "app-pool-exhaustion/waiting", story: apiStory("requests wait now and then", 500), app: poolMetrics(4, 3, 15)},
	{row: "app-pool-exhaustion/used", story: apiStory("an exhausted pool at a server that is full, too", 12), app: poolMetrics(4, 3, 1)},
	{row: "app-pool-exhaustion/full", fires: true, story: apiStory("a pool at its size, waits not counted", 500), app: poolMetrics(4, -1, 1)},
	{row: "app-pool-exhaustion/full", story: apiStory("a pool at its size for moments", 500), app: poolMetrics(4, -1, 15)},
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

func apiStory(name string, limit int) story {
	return story{name: name, limit: limit, n: 60, step: func(w *world.World, i int) { w.Fleet("10.2.0", "api", 3, 4, 0.9) }}
}

// poolMetrics are those of three instances with a pool of a size, full and waited for in every
// nth of sixty samples; waits are not counted where they are below 0.
func poolMetrics(size, waits, nth int) string {
	var b strings.Builder
	for i := range 60 {
		for h := range 3 {
			used, pending := 1, 0
			if i%nth == 0 {
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
