package analyze

import (
	"fmt"
	"math"
	"testing"

	"github.com/connbox/connbox/analyze/cause/stall"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
)

// A story is a recording made by hand.
type story struct {
	name  string
	limit int
	n     int
	want  string // cause, "healthy" or "undetermined"
	also  string // another cause that must be among those named
	not   string // one that must not
	who   string // host or name of the first source
	step  func(w *world.World, i int)
	setup func(w *world.World)

	without string // keys that its INFO does not have, as a pattern
}

// stories hold for every cause one that must be named, and beside it healthy ones that look
// like it.
var stories = []story{
	{name: "leak of one host", limit: 500, n: 100, want: "connection-leak", who: "10.1.0.2", step: func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 3, 10, 0.5)
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i > 20 {
			w.Leak("10.1.0.2", "cart")
		}
	}},
	{name: "leak of every host of a service", limit: 900, n: 120, want: "connection-leak", step: func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 8, 8, 0.5)
		if i > 20 {
			w.Leak(fmt.Sprintf("10.1.0.%d", i%8+1), "cart")
			w.Leak(fmt.Sprintf("10.1.0.%d", (i+3)%8+1), "cart")
		}
	}},
	{name: "pools that fill and stay", limit: 500, n: 100, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 3, min(4+i, 30), 0.3)
	}},
	{name: "pools that breathe with traffic", limit: 500, n: 120, want: "healthy", step: func(w *world.World, i int) {
		n := 10 + i/6
		if i > 80 {
			n = 23 - (i-80)/4
		}
		for h := range 4 {
			host := fmt.Sprintf("10.1.0.%d", h+1)
			w.Pool(host, "cart", n, 0.8)
			for _, c := range w.Of(host, "cart") {
				if w.At-c.Used > 60 {
					w.Close(c)
				}
			}
		}
	}},
	{name: "leak, then a storm", limit: 200, n: 140, want: "connection-leak", also: "retry-storm", who: "10.1.0.2", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 20, 0.4)
		w.Pool("10.1.0.2", "cart", 10, 0.4)
		if i > 10 {
			w.Leak("10.1.0.2", "cart")
			w.Leak("10.1.0.2", "cart")
		}
		if len(w.Clients) >= w.Limit {
			for range 300 { // refused clients dial again at once, and now and then one gets in
				w.Open("10.3.0.1", "orders")
			}
			w.Close(w.Of("", "web")[0])
		}
	}},
	{name: "leak, then clients that lost their slots try every two seconds", limit: 170, n: 140, want: "connection-leak", also: "retry-storm", who: "10.1.0.2", step: leakBesideTurnover(2)},
	{name: "leak, then clients that lost their slots try every half minute", limit: 170, n: 140, want: "connection-leak", not: "retry-storm", who: "10.1.0.2", step: leakBesideTurnover(30)},
	{name: "storm after a scale-out", limit: 200, n: 100, want: "retry-storm", who: "worker", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 20, 0.5)
		if i >= 40 {
			for _, c := range w.Of("", "worker") {
				if w.Rng.Float64() < 0.15 {
					w.Close(c)
				}
			}
			for k := range 700 {
				w.Open(fmt.Sprintf("10.4.0.%d", k%12+1), "worker")
			}
			for _, c := range w.Of("", "worker") {
				c.Used = w.At
				w.Commands += 3
			}
		}
	}},
	{name: "output-buffer loop of subscribers", limit: 500, n: 80, want: "output-buffer-loop", who: "ticker",
		setup: func(w *world.World) {
			w.Config["client-output-buffer-limit"] = "normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 524288 10"
		},
		step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 3, 10, 0.5)
			for have := len(w.Of("", "ticker")); have < 6; have++ {
				c := w.Open(fmt.Sprintf("10.5.0.%d", have%3+1), "ticker")
				c.Flags, c.Sub, c.Cmd = "P", 1, "subscribe"
			}
			if i > 20 {
				for k, c := range w.Of("", "ticker") {
					c.Omem += 200 << 10
					c.Used = w.At
					if c.Omem > 900<<10 && k < 3 {
						w.Close(c)
					}
				}
			}
		}},
	{name: "subscribers that come and go with nothing waiting", limit: 500, n: 80, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		for have := len(w.Of("", "ticker")); have < 6; have++ {
			c := w.Open(fmt.Sprintf("10.5.0.%d", have%3+1), "ticker")
			c.Flags, c.Sub = "P", 1
		}
		if i%4 == 0 {
			w.Close(w.Of("", "ticker")[0])
		}
	}},
	{name: "oversized pools after a deploy", limit: 420, n: 100, want: "oversized-pool", who: "api", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i == 40 {
			w.Fleet("10.6.0", "api", 7, 52, 0)
		}
		w.Fleet("10.6.0", "api", 7, 5, 0.02)
	}},
	{name: "large pools that all work, far below the limit", limit: 4000, n: 100, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.6.0", "api", 7, 52, 0.9)
	}},
	{name: "a connection per request", limit: 1000, n: 80, want: "connection-churn", who: "php", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		for _, c := range w.Of("", "php") {
			w.Close(c)
		}
		w.Accepted += 150
		w.NextID += 150
		w.Commands += 700
		for k := range 8 {
			w.Open(fmt.Sprintf("10.7.0.%d", k%4+1), "php")
		}
	}},
	{name: "a cron job that dials now and then", limit: 1000, n: 80, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 20, 0.8)
		w.Accepted++
		w.NextID++
		w.Commands += 3
	}},
	{name: "traffic grew into the limit", limit: 200, n: 140, want: "maxclients-too-low", who: "web", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", min(6+i/5, 24), 9, 0.9)
		if len(w.Clients) >= w.Limit {
			for range 30 {
				w.Open("10.2.0.30", "web")
			}
		}
	}},
	{name: "hosts come with the traffic, and go on coming at the limit", limit: 200, n: 200, want: "maxclients-too-low", who: "web", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", min(6+i/6, 22), 9, 0.9)
		for h := range max(6+i/6-22, 0) {
			for range 45 {
				w.Open(fmt.Sprintf("10.2.0.%d", 40+h), "web")
			}
			w.Close(w.Of("", "web")[(17*i+31*h)%180])
		}
	}},
	{name: "the limit is set to what descriptors might leave", limit: 300, n: 140, want: "maxclients-too-low", not: "fd-limit", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 24, 9, 0.9)
		w.Pool("10.3.0.1", "cart", 7, 0)
		if i > 60 {
			w.Limit = 224
			w.Pool("10.3.0.1", "cart", 8, 0)
			w.Refused += 3
		}
	}},
	{name: "traffic grew, far below the limit", limit: 2000, n: 140, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", min(6+i/5, 24), 9, 0.9)
	}},
	{name: "descriptors lowered the limit", limit: 224, n: 140, want: "fd-limit", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", min(6+i/5, 26), 9, 0.9)
		if len(w.Clients) >= w.Limit {
			for range 30 {
				w.Open("10.2.0.30", "web")
			}
		}
	}},
	{name: "a round descriptor limit, soft and hard alike", limit: 268, n: 140, want: "fd-limit", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", min(6+i/4, 32), 9, 0.9)
		if len(w.Clients) >= w.Limit {
			for range 30 {
				w.Open("10.2.0.40", "web")
			}
		}
	}},
	{name: "workers left waiting", limit: 500, n: 100, want: "blocking-commands", who: "jobs", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i > 15 {
			if c := w.Open(fmt.Sprintf("10.8.0.%d", i%4+1), "jobs"); c != nil {
				c.Flags, c.Cmd = "b", "blpop"
			}
		}
	}},
	{name: "a steady fleet of waiting workers", limit: 500, n: 100, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		for have := len(w.Of("", "jobs")); have < 60; have++ {
			c := w.Open(fmt.Sprintf("10.8.0.%d", have%4+1), "jobs")
			c.Flags, c.Cmd = "b", "blpop"
		}
	}},
	{name: "KEYS stalls the server", limit: 900, n: 100, want: "slow-commands", who: "report", step: func(w *world.World, i int) {
		n := 6
		if i > 50 {
			n = min(6+(i-50)*8, 40)
		}
		if i >= 50 && i%5 == 0 {
			w.Slow = append([]record.SlowEntry{{ID: int64(i), Time: int64(w.At), Micros: 3_000_000, Args: []string{"KEYS", "*"}, Addr: "10.9.0.1:4000", Name: "report", Six: true}}, w.Slow...)
		}
		w.Fleet("10.2.0", "web", 6, n, 0.3)
	}},
	{name: "commands of little over a quarter of a second, all the time", limit: 900, n: 100, want: "slow-commands", who: "report", step: func(w *world.World, i int) {
		if i >= 50 && i%2 == 0 {
			w.Slow = append([]record.SlowEntry{{ID: int64(i), Time: int64(w.At), Micros: 280_000, Args: []string{"KEYS", "*"}, Addr: "10.9.0.1:4000", Name: "report", Six: true}}, w.Slow...)
		}
		w.Fleet("10.2.0", "web", 6, 6+max(0, min((i-50)*2, 34)), 0.3)
	}},
	{name: "a report runs KEYS by the clock while the day's traffic rises", limit: 500, n: 200, want: "healthy", step: func(w *world.World, i int) {
		n := 8 + int(12*math.Max(0, math.Sin(float64(i-40)/160*math.Pi)))
		for h := range 6 {
			host := fmt.Sprintf("10.1.0.%d", h+1)
			w.Pool(host, "cart", n, 0.8)
			for _, c := range w.Of(host, "cart") {
				if w.At-c.Used > 60 {
					w.Close(c)
				}
			}
		}
		if i%20 == 5 {
			w.Keys(i)
		}
	}},
	{name: "a slow log full of 11 ms commands", limit: 900, n: 100, want: "healthy", step: func(w *world.World, i int) {
		w.Slow = append([]record.SlowEntry{{ID: int64(i), Time: int64(w.At), Micros: 11_000, Args: []string{"ZRANGE", "k"}, Addr: "10.9.0.1:4000", Six: true}}, w.Slow...)
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
	}},
	{name: "Sentinels pile up", limit: 90, n: 100, want: "internal-connections", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i > 20 && i < 60 && i%3 == 0 {
			w.Open("10.10.0.1", fmt.Sprintf("sentinel-%08x-cmd", i))
			w.Open("10.10.0.1", fmt.Sprintf("sentinel-%08x-pubsub", i))
		}
	}},
	{name: "functions, one connection each", limit: 300, n: 120, want: "serverless-fanout", who: "fn", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 2, 10, 0.5)
		for range min(i/10, 12) {
			w.Open(fmt.Sprintf("10.100.%d.%d", w.NextID/250, w.NextID%250), "fn")
			w.Commands += 20
		}
		for _, c := range w.Of("", "fn") {
			if w.At-c.Born > 500 {
				w.Close(c)
			}
		}
	}},
	{name: "peers that died", limit: 500, n: 120, want: "zombie-connections", who: "pods", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 2, 10, 0.5)
		// A new pod every eight samples takes over from the oldest of five, which dies
		// without closing anything.
		for h := i / 8; h < i/8+5; h++ {
			w.Pool(fmt.Sprintf("10.11.0.%d", h+1), "pods", 8, 0.5)
		}
	}},
	{name: "old and new together at a deploy", limit: 200, n: 100, want: "deploy-overlap", who: "api", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 2, 10, 0.5)
		if i < 60 {
			w.Fleet("10.12.0", "api", 10, 10, 0.5)
		}
		if i >= 50 {
			w.Fleet("10.12.1", "api", 10, 10, 0.5)
		}
		if i == 60 {
			for h := range 10 {
				for _, c := range w.Of(fmt.Sprintf("10.12.0.%d", h+1), "") {
					w.Close(c)
				}
			}
		}
	}},
	{name: "a deploy below the limit", limit: 1000, n: 100, want: "healthy", step: func(w *world.World, i int) {
		if i < 60 {
			w.Fleet("10.12.0", "api", 10, 10, 0.5)
		}
		if i >= 50 {
			w.Fleet("10.12.1", "api", 10, 10, 0.5)
		}
		if i == 60 {
			for h := range 10 {
				for _, c := range w.Of(fmt.Sprintf("10.12.0.%d", h+1), "") {
					w.Close(c)
				}
			}
		}
	}},
	{name: "the scaler adds instances that fail", limit: 240, n: 140, want: "autoscaling-spiral", also: "retry-storm", who: "pods", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 2, 10, 0.5)
		w.Fleet("10.13.0", "pods", 12, 14, 0.9)
		if i > 45 {
			hosts := (i - 45) / 2
			for h := range hosts {
				for range 120 {
					w.Open(fmt.Sprintf("10.13.0.%d", 20+h), "pods")
				}
			}
			w.Close(w.Of("10.13.0.1", "pods")[0])
		}
	}},
	{name: "a wrong password in a loop", limit: 500, n: 60, want: "auth-failure-loop", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i > 10 {
			w.Accepted, w.NextID, w.AuthFail, w.Commands = w.Accepted+40, w.NextID+40, w.AuthFail+40, w.Commands+40
		}
	}},
	{name: "protected mode refuses", limit: 500, n: 60, want: "protected-mode-refusals", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i > 10 {
			w.Refused += 5
		}
	}},
	{name: "clients evicted for memory", limit: 500, n: 60, want: "client-eviction", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i > 10 && i%5 == 0 {
			w.Evicted++
			w.Close(w.Of("", "web")[0])
		}
	}},
	{name: "the server is down for two minutes", limit: 500, n: 80, want: "server-outage", step: func(w *world.World, i int) {
		w.Down = map[bool]record.FailureClass{true: record.FailRefused}[i >= 40 && i < 48]
		if i == 48 {
			w.Restart(500)
		}
		w.Fleet("10.2.0", "web", 6, 6, 0.6)
	}},
	{name: "the server is down for two minutes, and the sampler's machine is busy when all come back", limit: 500, n: 120, want: "server-outage", step: func(w *world.World, i int) {
		w.Down = map[bool]record.FailureClass{true: record.FailRefused}[i >= 40 && i < 48]
		if i == 48 {
			w.Restart(500)
		}
		w.Late = 0
		if i > 48 && i%9 == 0 || i == 49 {
			w.Late = 7 + float64(i%5)
		}
		if i != 48 {
			w.Fleet("10.2.0", "web", 6, 6, 0.6)
		}
	}},
	{name: "the server hangs for a minute", limit: 500, n: 80, want: "server-outage", step: func(w *world.World, i int) {
		w.Down = map[bool]record.FailureClass{true: record.FailTimeout}[i >= 40 && i < 45]
		w.Fleet("10.2.0", "web", 6, 6, 0.6)
	}},
	{name: "query buffers fill up and are cut", limit: 500, n: 80, want: "query-buffer-growth", who: "ingest", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		w.Pool("10.5.0.1", "ingest", 4, 0)
		for k, c := range w.Of("", "ingest") {
			if i > 20 {
				c.Qbuf, c.Used = c.Qbuf+int64(3+k)<<20, w.At
			}
			if c.Qbuf > 32<<20 {
				w.Close(c)
			}
		}
	}},
	{name: "large values that arrive whole", limit: 500, n: 80, want: "healthy", step: func(w *world.World, i int) {
		w.Pool("10.5.0.1", "ingest", 12, 0.8)
		for _, c := range w.Of("", "ingest") {
			c.Qbuf = max(0, w.Rng.Int64N(64<<20)-32<<20)
		}
	}},
	{name: "timeout cuts idle connections", limit: 500, n: 120, want: "idle-cut",
		setup: func(w *world.World) { w.Config["timeout"] = "60" },
		step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 3, 10, 0.2)
			for _, c := range w.Clients {
				if w.At-c.Used > 60 {
					w.Close(c)
				}
			}
		}},
	{name: "a leak that a restart of the server cuts back, and that goes on", limit: 300, n: 130, want: "connection-leak", who: "users", step: func(w *world.World, i int) {
		if i == 60 {
			w.Restart(300)
		}
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		for h := range 3 {
			w.Pool(fmt.Sprintf("10.3.0.%d", 1+h), "users", 4, 0)
			if i%2 == 0 && i > 6 {
				w.Open(fmt.Sprintf("10.3.0.%d", 1+h), "users")
			}
		}
	}},
	{name: "everyone is back after a restart", limit: 500, n: 100, want: "healthy", step: func(w *world.World, i int) {
		if i == 50 {
			w.Restart(500)
		}
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
	}},
	{name: "the wave after a restart is refused", limit: 70, n: 100, want: "reconnect-wave", step: func(w *world.World, i int) {
		if i == 50 {
			w.Restart(70)
		}
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
		if i >= 50 && i < 54 {
			w.Refused += 40
		}
	}},
	{name: "everyone is cut and back, over the limit, in one process", limit: 70, n: 100, want: "reconnect-wave", step: func(w *world.World, i int) {
		if i == 50 {
			for _, c := range w.Of("", "web") {
				w.Close(c)
			}
		}
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
		if i >= 50 && i < 54 {
			w.Refused += 40
		}
	}},
	{name: "everyone is cut and back, below the limit", limit: 500, n: 100, want: "healthy", step: func(w *world.World, i int) {
		if i == 50 {
			for _, c := range w.Of("", "web") {
				w.Close(c)
			}
		}
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
	}},
	{name: "a fork stalls the server", limit: 500, n: 100, want: "server-stall", step: func(w *world.World, i int) {
		n := 6
		if i > 50 {
			n = 20
			w.ForkUsec = 2_500_000
		}
		w.Fleet("10.2.0", "web", 6, n, 0.6)
	}},
	{name: "the fork shows as a slow BGSAVE", limit: 500, n: 100, want: "server-stall", step: func(w *world.World, i int) {
		n := 6
		if i > 50 {
			n = 20
			w.ForkUsec = 2_500_000 + int64(i/10)
			if i%10 == 1 {
				w.Slow = append([]record.SlowEntry{{ID: int64(i), Time: int64(w.At), Micros: 2_500_000, Args: []string{"BGSAVE"}, Addr: "10.9.0.1:4000", Name: "cron", Six: true}}, w.Slow...)
			}
		}
		w.Fleet("10.2.0", "web", 6, n, 0.6)
	}},
	{name: "a middlebox cuts subscribers, some seen before they have subscribed", limit: 500, n: 160, want: "idle-cut", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		for _, c := range w.Of("", "sub") {
			if w.At-c.Used > 110+float64(c.Id%7) {
				w.Close(c)
			}
			c.Flags, c.Sub, c.Cmd = "P", 1, "subscribe"
		}
		for have := len(w.Of("", "sub")); have < 12; have++ {
			c := w.Open(fmt.Sprintf("10.5.0.%d", have+1), "sub")
			if i%9 > 0 {
				c.Flags, c.Sub, c.Cmd = "P", 1, "subscribe"
			}
		}
	}},
	{name: "a middlebox cuts pooled connections that rest", limit: 500, n: 160, want: "idle-cut", who: "api", step: cutAtRest(100, true)},
	{name: "pools that trim what they do not need after the same time", limit: 500, n: 160, want: "healthy", step: cutAtRest(100, false)},
	{name: "the listen queue overflows while the server stands still", limit: 500, n: 100, want: "server-stall", step: overflows(8, 90, 2.5)},
	{name: "the listen queue overflows, and answers are prompt", limit: 500, n: 100, want: "undetermined", step: overflows(8, 90, 0.001)},
	{name: "a burst of connects overflows the listen queue once", limit: 500, n: 100, want: "healthy", step: overflows(1, 300, 0.001)},
	{name: "a few connects are dropped at a full listen queue", limit: 500, n: 100, want: "healthy", step: overflows(8, 2, 0.001)},
	{name: "a machine that is paused again and again", limit: 500, n: 120, want: "server-stall", step: func(w *world.World, i int) {
		w.Late = 0.1 * float64(i%3)
		if i > 40 && i%12 == 0 {
			w.Late = 7 + float64(i%5)
		}
		w.Fleet("10.2.0", "web", 6, 6+2*max(0, min((i-37)/12, 6)), 0.6)
	}},
	{name: "a sampler on a busy machine, and connections that come and go", limit: 500, n: 120, want: "healthy", step: func(w *world.World, i int) {
		w.Late = 0
		if i > 40 && i%9 == 0 {
			w.Late = 7 + float64(i%5)
		}
		w.Fleet("10.2.0", "web", 6, 8+4*(i%3), 0.6)
	}},
	{name: "answers are late now and then, while traffic grows", limit: 700, n: 120, want: "healthy", step: func(w *world.World, i int) {
		w.Late = 0
		if i > 40 && i%12 == 0 {
			w.Late = 7 + float64(i%5)
		}
		w.Fleet("10.2.0", "web", 6+i/9, 8, 0.9)
	}},
	{name: "leak under a diurnal pool", limit: 800, n: 160, want: "connection-leak", step: func(w *world.World, i int) {
		n := 10 + int(8*math.Sin(float64(i)/25))
		for h := range 4 {
			host := fmt.Sprintf("10.1.0.%d", h+1)
			w.Pool(host, "cart", n+len(lostOf(w, host)), 0.8)
			for _, c := range w.Of(host, "cart") {
				if !c.Lost && w.At-c.Used > 60 {
					w.Close(c)
				}
			}
		}
		if i > 30 {
			w.Leak("10.1.0.3", "cart")
		}
	}},
	{name: "nightly batch", limit: 1000, n: 160, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		if i > 60 && i < 120 {
			w.Fleet("10.3.0", "batch", 10, 16, 0.6)
		}
		if i == 120 {
			for _, c := range w.Of("", "batch") {
				w.Close(c)
			}
		}
	}},
	{name: "pubsub fleet, idle for days", limit: 1000, n: 100, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		for have := len(w.Of("", "sub")); have < 200; have++ {
			c := w.Open(fmt.Sprintf("10.5.0.%d", have%20+1), "sub")
			c.Flags, c.Sub = "P", 1
		}
	}},
	{name: "oversized from the start", limit: 400, n: 100, want: "oversized-pool", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 2, 10, 0.5)
		if i == 0 {
			w.Fleet("10.6.0", "api", 9, 40, 0)
		}
		w.Fleet("10.6.0", "api", 9, 40, 0.01)
	}},
	{name: "replica obuf loop", limit: 400, n: 100, want: "output-buffer-loop", setup: func(w *world.World) {
		w.Config["client-output-buffer-limit"] = "normal 0 0 0 slave 2097152 1048576 60 pubsub 33554432 8388608 60"
	}, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		if len(w.Of("10.9.0.1", "")) == 0 {
			c := w.Open("10.9.0.1", "")
			c.Flags, c.Cmd = "S", "psync"
		}
		c := w.Of("10.9.0.1", "")[0]
		c.Omem += 300 << 10
		if c.Omem > 1800<<10 {
			w.Close(c)
		}
	}},
	{name: "instances come with their pools, behind three gateways", limit: 500, n: 110, want: "oversized-pool", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 30, 0.5)
		if i >= 60 && i%2 == 0 {
			for range 40 {
				w.Open(fmt.Sprintf("10.2.0.%d", i/2%3+1), "api")
			}
		}
	}},
	{name: "leak behind three gateways", limit: 500, n: 120, want: "connection-leak", who: "cart", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 30, 0.5)
		if i > 30 {
			for k := range 1 + i%3 {
				w.Leak(fmt.Sprintf("10.2.0.%d", k+1), "cart")
			}
		}
	}},
	{name: "pools come back after a storm at the restart", limit: 200, n: 140, want: "retry-storm", step: func(w *world.World, i int) {
		if i == 40 {
			w.Restart(200)
		}
		w.Fleet("10.1.0", "feed", 2, 2+min(28, max(40-i, 0)+max(i-100, 0)), 0.05)
		if i >= 40 && i < 100 {
			for _, c := range w.Of("", "eager") {
				c.Used = w.At
				if w.Rng.Float64() < 0.15 {
					w.Close(c)
				}
			}
			for range 700 {
				if c := w.Open("10.3.0.1", "eager"); c != nil {
					w.Commands += 3
				}
			}
		}
		if i == 100 {
			for _, c := range w.Of("", "eager") {
				w.Close(c)
			}
		}
	}},
	{name: "slow commands since before the recording", limit: 500, n: 80, want: "slow-commands", who: "report", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 6, 40, 0.5)
		if i%4 == 0 {
			w.Slow = append([]record.SlowEntry{{ID: int64(i), Time: int64(w.At), Micros: 6_000_000, Args: []string{"KEYS", "*"}, Addr: "10.9.0.1:4000", Name: "report", Six: true}}, w.Slow...)
		}
	}},
	{name: "a slow command now and then", limit: 500, n: 80, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 6, 40, 0.5)
		if i%20 == 0 {
			w.Slow = append([]record.SlowEntry{{ID: int64(i), Time: int64(w.At), Micros: 900_000, Args: []string{"KEYS", "*"}, Addr: "10.9.0.1:4000", Name: "report", Six: true}}, w.Slow...)
		}
	}},
	{name: "too many Sentinels since before the recording", limit: 90, n: 80, want: "internal-connections", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 11, 0.5)
		for have := len(w.Of("", "sentinel-0badcafe-cmd")); have < 30; have++ {
			c := w.Open(fmt.Sprintf("10.8.0.%d", have/2+1), "sentinel-0badcafe-cmd")
			c.Cmd = "ping"
		}
	}},
	{name: "oversized pools that lend in turn", limit: 400, n: 100, want: "oversized-pool", who: "api", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 2, 10, 0.8)
		if i == 40 {
			w.Fleet("10.6.0", "api", 9, 40, 0)
		}
		for k, c := range w.Of("", "api") { // each in its turn, once in a minute
			if turn := float64((k*7 + i*int(w.Dt)) % 60); turn < w.Dt {
				c.Used = max(w.At-turn, c.Born)
				w.Commands++
			}
		}
	}},
	{name: "working pools that lend in turn, at the limit", limit: 400, n: 100, want: "maxclients-too-low", who: "api", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 2, 10, 0.8)
		w.Fleet("10.6.0", "api", 4+i/5, 20, 0)
		for k, c := range w.Of("", "api") {
			c.Used = max(w.At-float64((k*7+i)%6), c.Born)
			w.Commands += 3
		}
	}},
	{name: "a connection a request, and at last the limit", limit: 100, n: 120, want: "connection-churn", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		for _, c := range w.Of("", "php") {
			w.Close(c)
		}
		short := 20
		if i > 80 { // requests take longer
			short = 70
		}
		for k := range 150 {
			if c := w.Open(fmt.Sprintf("10.4.0.%d", k%5+1), "php"); c != nil {
				w.Commands += 3
				if k < 150-short {
					w.Close(c)
				}
			}
		}
	}},
	{name: "pools that work in bursts, near the limit", limit: 120, n: 100, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 5, 21, 0.5)
	}},
	{name: "the limit is lowered below what is connected, and put right", limit: 400, n: 120, want: "healthy", setup: func(w *world.World) { w.Dt = 5 }, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4+i/15, 20, 0.9)
		w.Limit = 400
		if i >= 60 && i < 70 {
			w.Limit = 100
		}
	}},
	{name: "a leak that has gone on for long", limit: 400, n: 160, want: "connection-leak", who: "10.1.0.2", step: func(w *world.World, i int) {
		w.Fleet("10.1.0", "cart", 4, 9, 0.5)
		for i == 0 && len(w.Of("10.1.0.2", "cart")) < 50 {
			w.Leak("10.1.0.2", "cart")
		}
		if i%9 == 4 {
			w.Leak("10.1.0.2", "cart")
		}
	}},
	{name: "short leak at 2 s", limit: 300, n: 30, want: "connection-leak", setup: func(w *world.World) { w.Dt = 2 }, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 8, 0.6)
		if i > 6 {
			for range 4 {
				w.Leak("10.1.0.2", "cart")
			}
		}
	}},
	{name: "leaked connections cut by timeout: sawtooth", limit: 800, n: 160, want: "connection-leak", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		if i > 20 {
			w.Leak("10.1.0.2", "cart")
			w.Leak("10.1.0.2", "cart")
		}
		if i == 90 {
			for _, c := range lostOf(w, "10.1.0.2") {
				w.Close(c)
			}
		}
	}},
	{name: "worker autoscale with traffic, below", limit: 2000, n: 140, want: "healthy", step: func(w *world.World, i int) {
		n := 6 + i/10
		if i > 90 {
			n = 15 - (i-90)/8
		}
		w.Fleet("10.2.0", "web", n, 9, 0.9)
		for _, c := range w.Clients {
			if w.At-c.Used > 120 {
				w.Close(c)
			}
		}
	}},
	{name: "maxclients lowered below the number connected", limit: 300, n: 100, want: "maxclients-too-low", step: func(w *world.World, i int) {
		if i == 50 {
			w.Limit = 30
		}
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		if i > 50 && i%5 == 0 {
			w.Refused++
		}
	}},
	{name: "maxclients lowered below the number connected, of which pools rest", limit: 500, n: 120, want: "maxclients-too-low", not: "oversized-pool", step: func(w *world.World, i int) {
		if i == 50 {
			w.Limit = 160
		}
		if all := w.Of("", "web"); i > 50 && len(all) > 158 && i%2 == 0 {
			w.Close(all[i])
		}
		w.Fleet("10.2.0", "web", 9, 20, map[bool]float64{true: 0.9, false: 0.05}[i < 50])
	}},
	{name: "a storm, until the operator raises the limit", limit: 60, n: 90, want: "retry-storm", step: func(w *world.World, i int) {
		if i >= 60 {
			w.Limit = 240
			w.Pool("10.3.0.1", "orders", 60, 0.3)
		}
		w.Fleet("10.2.0", "web", 3, 5, 0.5)
		if i >= 20 {
			w.Fleet("10.4.0", "api", 3, 15, 0.5)
		}
		if i >= 21 && i < 60 {
			w.Refused += 95
		}
	}},
	{name: "monitoring agent each minute", limit: 1000, n: 100, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		w.Accepted += 1
		w.NextID++
		w.Commands++
	}},
	{name: "one burst of refusals at a deploy", limit: 200, n: 140, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		if i == 70 {
			w.Refused += 12
		}
	}},
	{name: "two leaks", limit: 900, n: 140, want: "connection-leak", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		if i > 20 {
			w.Leak("10.1.0.2", "cart")
		}
		if i > 40 && i%2 == 0 {
			w.Leak("10.1.7.9", "orders")
		}
	}},
	{name: "blue green below", limit: 2000, n: 140, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		if i < 90 {
			w.Fleet("10.3.0", "api", 10, 16, 0.6)
		}
		if i > 60 {
			w.Fleet("10.3.1", "api", 10, 16, 0.6)
		}
		if i == 90 {
			for h := range 10 {
				for _, c := range w.Of(fmt.Sprintf("10.3.0.%d", h+1), "") {
					w.Close(c)
				}
			}
		}
	}},
	{name: "Monday ramp", limit: 3000, n: 160, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 10, 3+i/5, 0.7)
	}},
	{name: "min-idle pools never used", limit: 3000, n: 160, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 10, 10, 0.7)
		if i == 5 {
			w.Fleet("10.3.0", "spare", 10, 20, 0)
		}
	}},
	{name: "three samples", limit: 500, n: 3, want: "undetermined", step: func(w *world.World, i int) { w.Fleet("10.2.0", "web", 6, 10, 0.5) }},
	{name: "full from the first sample on, and nobody to blame", limit: 60, n: 20, want: "undetermined", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 6, 10, 0.9)
		if i == 5 {
			w.Refused += 2
		}
	}},
}

// leakBesideTurnover fills the limit by a leak while another service replaces its connections
// every minute; what finds no slot is tried again every so many seconds.
func leakBesideTurnover(every float64) func(w *world.World, i int) {
	return func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 16, 0.5)
		w.Pool("10.1.0.2", "cart", 8, 0.5)
		for h := range 4 {
			host := fmt.Sprintf("10.3.0.%d", h+1)
			for _, c := range w.Of(host, "basket") {
				if c.Used = w.At; w.At-c.Born > 45+float64(c.Id%40) {
					w.Close(c)
				}
				w.Commands += 20
			}
		}
		if i > 20 && i%9 == 0 { // now and then it is the first to ask for what came free
			w.Leak("10.1.0.2", "cart")
		}
		for h := range 4 { // each of those missing once in every so many seconds
			host := fmt.Sprintf("10.3.0.%d", h+1)
			for missing := 5 - len(w.Of(host, "basket")); missing > 0; missing-- {
				got := w.Open(host, "basket")
				for tries := w.Dt/every - 1; got == nil && w.Rng.Float64() < tries; tries-- {
					got = w.Open(host, "basket")
				}
			}
		}
		if i > 20 && i%9 > 0 {
			w.Leak("10.1.0.2", "cart")
			w.Leak("10.1.0.2", "cart")
		}
	}
}

// cutAtRest closes the connections of a service that were not used for a while. Either all
// are used seldom, in turn, or half of them all the time and the others in bursts.
func cutAtRest(after float64, all bool) func(w *world.World, i int) {
	return func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		for h := range 4 {
			host := fmt.Sprintf("10.6.0.%d", h+1)
			n := 8
			if !all && i%16 == 8 {
				n = 14
			}
			have := len(w.Of(host, "api"))
			for ; have < n && (all || n == 14 || i == 0); have++ {
				w.Open(host, "api")
			}
			for k, c := range w.Of(host, "api") {
				if used := !all && k < 8 || all && (int(c.Id)+i)%11 == 0; used {
					c.Used, w.Commands = w.At-w.Rng.Float64()*5, w.Commands+20
					c.Used = max(c.Used, c.Born)
				}
				if w.At-c.Used > after {
					w.Close(c)
				}
			}
		}
	}
}

func TestStories(t *testing.T) {
	covered := map[string]bool{}
	for _, s := range stories {
		covered[s.want], covered[s.also] = true, true
		t.Run(s.name, func(t *testing.T) {
			r := storyReport(s.limit, s.n, s.setup, s.step)
			got := string(r.Verdict.Status)
			if r.Verdict.Status == finding.Incident {
				got = r.Verdict.Cause
			}
			if got != s.want {
				t.Fatalf("verdict %s (%s), want %s\nruled out: %+v", got, r.Verdict.Summary, s.want, r.RuledOut)
			}
			checkReport(t, r)
			if s.also != "" && findCause(r, s.also) == nil {
				t.Errorf("%s is not among the causes", s.also)
			}
			if s.not != "" && findCause(r, s.not) != nil {
				t.Errorf("%s is among the causes: %s", s.not, findCause(r, s.not).Claim)
			}
			if s.who != "" {
				src := r.Causes[0].Sources
				if len(src) == 0 || src[0].Host != s.who && src[0].Name != s.who {
					t.Errorf("blames %+v, want %s", src[:min(len(src), 2)], s.who)
				}
			}
		})
	}
	for _, c := range verdict.Causes {
		if !covered[c.ID] && c != &stall.AppPool { // app-pool-exhaustion has its own test
			t.Errorf("no story names %s", c.ID)
		}
	}
}

func findCause(r *finding.Report, id string) *finding.Finding {
	for i := range r.Causes {
		if r.Causes[i].ID == id {
			return &r.Causes[i]
		}
	}
	return nil
}

// checkReport holds what is true of every report.
func checkReport(t *testing.T, r *finding.Report) {
	t.Helper()
	if r.Verdict.Confidence < 0 || r.Verdict.Confidence > 1 {
		t.Errorf("confidence %v", r.Verdict.Confidence)
	}
	if r.Verdict.Summary == "" {
		t.Error("no summary")
	}
	switch r.Verdict.Status {
	case finding.Incident:
		if len(r.Causes) == 0 || r.Causes[0].ID != r.Verdict.Cause || r.Causes[0].Role != finding.Root {
			t.Errorf("the first cause is not the verdict's: %+v", r.Verdict)
		}
	default:
		if len(r.Causes) != 0 {
			t.Errorf("%s with causes", r.Verdict.Status)
		}
	}
	if r.Verdict.Status == finding.Undetermined && len(r.Next) == 0 {
		t.Error("undetermined without a next step")
	}
	for _, c := range r.Causes {
		for _, e := range c.Evidence {
			if e.Ref == "" || len(e.At) == 0 || e.At[0] == "" {
				t.Errorf("%s: evidence %q has no position", c.ID, e.Claim)
			}
		}
		if !c.Onset.IsZero() && c.OnsetLo.After(c.OnsetHi) {
			t.Errorf("%s: onset interval %v to %v", c.ID, c.OnsetLo, c.OnsetHi)
		}
	}
	for i := 1; i < len(r.Timeline); i++ {
		if r.Timeline[i].At.Before(r.Timeline[i-1].At) {
			t.Error("the timeline is not in order")
		}
	}
}

func lostOf(w *world.World, host string) []*world.Client {
	var out []*world.Client
	for _, c := range w.Of(host, "") {
		if c.Lost {
			out = append(out, c)
		}
	}
	return out
}

// overflows is a server on whose machine n attempts to connect are dropped at a full listen queue, times
// times, while an answer takes so many seconds; its clients are at rest.
func overflows(times int, n int64, took float64) func(w *world.World, i int) {
	return func(w *world.World, i int) {
		w.Local, w.Took = true, 0.001
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
		if i >= 40 && i < 40+5*times && i%5 == 0 {
			w.Overflows, w.Took = w.Overflows+n, took
		}
	}
}
