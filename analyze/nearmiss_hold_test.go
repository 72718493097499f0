package analyze

import (
	"fmt"

	"github.com/connbox/connbox/fixtures/world"
)

// nearMissesOfHolds are for the rows of causes that take slots and keep them.
var nearMissesOfHolds = []nearMiss{
	{row: "internal-connections/half", fires: true, story: twoConnections("Sentinels come back again and again, in INFO alone", 1, 1, 0)},
	{row: "internal-connections/half", story: twoConnections("an application leaks subscribers, in INFO alone", 2, 0, 0)},
	{row: "internal-connections/half", part: true, story: twoConnections("of three connections that come one subscribes, in INFO alone", 2, 4, 0)},
	{row: "internal-connections/half", story: twoConnections("of four connections that come one subscribes, in INFO alone", 1, 3, 0)},
	{row: "internal-connections/together", story: twoConnections("subscribers come, and later as many others, in INFO alone", 1, 1, 25)},
	{row: "connection-leak/others", part: true,
		story: leftBefore("three hosts, of which another has a quarter as many that were never used", 40, 80, 20, 10)},
	{row: "oversized-pool/instances", fires: true, story: scaledOut("three instances come with their pools behind one address", 20, 20, 20)},
	{row: "oversized-pool/instances", story: scaledOut("two instances come with their pools, then a job with eight connections behind one address", 20, 20, 8)},
	{row: "blocking-commands/climb", fires: true, story: filling("workers are started four a list, for two minutes", 50, 8)},
	{row: "blocking-commands/climb", story: filling("workers are started four a list, for a minute and a half", 36, 7)},
	{row: "zombie-connections/even", part: true, story: story{name: "three instances die in six minutes and two much later, and are replaced, in INFO alone",
		limit: 500, n: 120, setup: noLists, step: func(w *world.World, i int) {
			gone := 0
			for _, at := range [...]int{20, 30, 42, 70, 105} {
				if i >= at {
					gone++
				}
			}
			for g := range 6 + gone {
				w.Pool(fmt.Sprintf("10.1.0.%d", g), "api", 15, map[bool]float64{true: 0.9}[g >= gone])
			}
		}}},
	{row: "zombie-connections/held", part: true, story: story{name: "three instances die behind one address, beside a pool of which most is spare",
		limit: 900, n: 160, step: func(w *world.World, i int) {
			for g := range 4 {
				died := 50 + g/2*40
				if i < died || g == 3 {
					w.Pool("10.0.0.1", fmt.Sprintf("api-%d", g), 6+5*g, 0.9)
				} else {
					w.Pool("10.0.0.1", fmt.Sprintf("api-%d", 4+g), 6+5*g, 0.9)
				}
			}
			w.Pool("10.0.0.1", "web", 20, 0.6)
			w.Pool("10.0.0.1", "spare", 40, 0)
		}}},
}

// scaledOut brings instances one by one behind one address, with pools that nobody needs and a
// health check keeps from resting.
func scaledOut(name string, pools ...int) story {
	return story{name: name, limit: 105, n: 60, step: func(w *world.World, i int) {
		w.Pool("10.0.0.1", "web", 40, 0.5)
		for k, n := range pools {
			if i >= 25+5*k {
				w.Pool("10.0.0.1", fmt.Sprintf("batch-%d", k), n, 0)
			}
		}
		for _, c := range w.Clients {
			if c.Name != "web" {
				c.Used, c.Cmd = w.At, "ping"
			}
		}
	}}
}

// filling starts four workers a list, so many lists long, and then none.
func filling(name string, n, lists int) story {
	return story{name: name, limit: 500, n: n, step: func(w *world.World, i int) {
		workers(w, 10+4*max(0, min(i-15, lists)))
	}}
}

// nearMissesOfRefusals are for the rows of causes that refuse connections.
var nearMissesOfRefusals = []nearMiss{
	{row: "maxclients-too-low/lowered", part: true, story: lowering("the limit is lowered by an eighth, and too low", 114, 125, 110, 60, 20)},
	{row: "maxclients-too-low/outdone", part: true, story: lowering("the limit is lowered to little more than what is connected", 114, 400, 120, 60, 20)},
	{row: "maxclients-too-low/turned_away", part: true, story: lowering("the limit is lowered, and six are refused", 120, 400, 100, 60, 6)},
	{row: "maxclients-too-low/lasts", part: true, story: lowering("the limit is lowered by mistake for two minutes and a half", 120, 400, 100, 10, 20)},
	{row: "reconnect-wave/usual", fires: true, story: cutAtOnce("a failover cuts clients of which a quarter is new in every list", 20)},
	{row: "reconnect-wave/usual", story: cutAtOnce("a failover cuts clients of which a third is new in every list", 24)},
	{row: "reconnect-wave/lasting", part: true, story: afterRestart("after a restart some are refused now and then for most of the time", 2, 30)},
	{row: "reconnect-wave/quiet", part: true, story: afterRestart("after a restart some are refused until a quarter of the time is left", 1, 30)},
}

// lowering plays a steady fleet and a limit that is set lower for a while, when some dial in vain.
func lowering(name string, open, from, to, lasts, refused int) story {
	return story{name: name, limit: from, n: 100, step: func(w *world.World, i int) {
		if w.Limit = from; i >= 40 && i < 40+lasts {
			w.Limit = to
		}
		w.Fleet("10.2.0", "web", 6, open/6, 0.5)
		if i >= 40 && i < 40+min(lasts, refused) { // nothing is kept from one run of the story to the next
			w.Refused++
		}
	}}
}

// cutAtOnce plays a fleet of sixty that replaces so many of its connections between two lists. At
// one list all are cut, come back, and thirty more than there is room for.
func cutAtOnce(name string, replaced int) story {
	return story{name: name, limit: 80, n: 100, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 5, 0.5)
		for k, c := range w.Of("", "page") {
			if k < replaced || i == 50 {
				w.Close(c)
			}
		}
		if i == 50 {
			for _, c := range w.Of("", "web") {
				w.Close(c)
			}
			w.Fleet("10.2.0", "web", 3, 5, 0.5)
			w.Refused += 30
		}
		w.Fleet("10.4.0", "page", 6, 10, 0.5)
	}}
}

// afterRestart plays a fleet that is back at once after a restart, of which six are refused in
// every nth of so many samples.
func afterRestart(name string, nth, samples int) story {
	return story{name: name, limit: 70, n: 100, step: func(w *world.World, i int) {
		if i == 60 {
			w.Restart(70)
		}
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
		if i > 60 && i < 60+samples && i%nth == 0 {
			w.Refused += 6
		}
	}}
}

// twoConnections has connections come in INFO alone that stay, some of which subscribe; the
// others come so many samples later.
func twoConnections(name string, subscribe, others, later int) story {
	return story{name: name, limit: 200, n: 100, setup: noLists, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		open := func(name string, n, i int) {
			for ; n > 0 && i > 10 && i < 60 && i%3 == 0; n-- {
				w.Open("10.10.0.1", name)
			}
		}
		open("subscribes", subscribe, i)
		open("asks", others, i-later)
		w.More = fmt.Sprintf("pubsub_clients:%d\r\n", len(w.Of("", "subscribes")))
	}}
}
