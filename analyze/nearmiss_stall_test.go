package analyze

import (
	"github.com/connbox/connbox/fixtures/world"
)

// nearMissesOfStalls are for the rows of causes that hold everyone up.
var nearMissesOfStalls = []nearMiss{
	{row: "slow-commands/count", story: story{name: "KEYS, once", limit: 900, n: 100, step: func(w *world.World, i int) {
		if i == 50 {
			w.Keys(i)
		}
		w.Fleet("10.2.0", "web", 6, 6+max(0, min((i-50)*8, 34)), 0.3)
	}}},
	{row: "slow-commands/there", part: true, story: story{name: "KEYS every five minutes, pools that grow a little behind it, and a shop's day beside them",
		limit: 900, n: 120, step: func(w *world.World, i int) {
			runs := max(0, i/20)
			if i > 0 && i%20 == 0 {
				w.Keys(i)
			}
			w.Fleet("10.2.0", "web", 3, 10, 0.5)
			w.Pool("10.4.0.1", "api", 8+3*runs, 0.5)
			w.Pool("10.4.0.2", "shop", 8+max(0, i-20)*4/10, 0.9)
		}}},
	{row: "slow-commands/everywhere", story: story{name: "KEYS in four lists of five, while the day's traffic rises", limit: 900, n: 200, step: func(w *world.World, i int) {
		if i >= 10 && (i%5 == 0 || i%5 == 2) {
			w.Keys(i)
		}
		w.Fleet("10.2.0", "web", 4, 10+i/12, 0.9)
	}}},
	{row: "slow-commands/first_part", fires: true, story: keysFrom("KEYS every minute, from before the recording on", 11, 4)},
	{row: "slow-commands/first_part", story: keysFrom("KEYS every minute, from an eighth of the recording on, and nobody minds", 14, 4)},
	{row: "slow-commands/dearer", part: true, story: byCost("long commands among much work, in INFO alone", 500, 0.2, func(i int) float64 {
		return map[bool]float64{true: 1.3}[i >= 40 && i < 52 && i%3 == 1]
	})},
	{row: "slow-commands/most_part", fires: true, story: byCost("a command of eight seconds, then some of a quarter of that, in INFO alone", 500, 0.002, shorter(2.2))},
	{row: "slow-commands/most_part", story: byCost("a command of eight seconds, then some of less than a quarter, in INFO alone", 500, 0.002, shorter(1.8))},
	{row: "slow-commands/to_limit", fires: true, story: story{name: "long commands fill the limit within five samples, and retries bring commands of their own, in INFO alone",
		limit: 100, n: 100, setup: noLists, step: func(w *world.World, i int) {
			n := 10 + 3*max(0, min(i-40, 5))
			w.Fleet("10.2.0", "web", 4, n, 8/float64(n))
			if w.Cpu += 0.002; i >= 40 && i%2 == 0 {
				w.Cpu++
			}
			if i > 45 {
				w.Commands, w.Cpu, w.Refused = w.Commands+1200, w.Cpu+0.002, w.Refused+3
			}
		}}},
	{row: "server-stall/late", fires: true, story: lateAt("three answers are five and a half seconds late", 5.5, 3, 3, 0)},
	{row: "server-stall/late", story: lateAt("three answers are four and a half seconds late", 4.5, 3, 3, 0)},
	{row: "server-stall/there", part: true, story: lateAt("three answers are late, and half of the rise is there", 9, 3, 1, 20)},
	{row: "server-stall/chance", part: true, story: lateAt("five answers are late, and more of the rise is elsewhere", 9, 5, 1, 44)},
	{row: "server-stall/rose", fires: true, story: someMore("seven connections come to two hundred at each late answer", 7)},
	{row: "server-stall/rose", story: someMore("five connections come to two hundred at each late answer", 5)},
	{row: "server-stall/around", fires: true, story: story{name: "a server that answers late for a minute and a half on end", limit: 500, n: 100, step: func(w *world.World, i int) {
		w.Late = map[bool]float64{true: 9}[i >= 50 && i < 56]
		w.Fleet("10.2.0", "web", 6, 6+2*max(0, min(i-49, 6)), 0.6)
	}}},
	{row: "server-stall/noise", fires: true, story: overBadLine("pauses over a line that shakes by seconds", 8.6)},
	{row: "server-stall/noise", story: overBadLine("answers a little later than a line that shakes makes them", 7.4)},
}

// keysFrom runs KEYS in every nth sample from one on, beside a fleet that stays as it is.
func keysFrom(name string, from, nth int) story {
	return story{name: name, limit: 500, n: 120, step: func(w *world.World, i int) {
		if i >= from && (i-from)%nth == 0 {
			w.Keys(i)
		}
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
	}}
}

// byCost plays a fleet in INFO alone that opens more connections for the same work from the fortieth
// sample on; its commands take so many seconds a sample, and some more.
func byCost(name string, limit int, usual float64, more func(i int) float64) story {
	return story{name: name, limit: limit, n: 100, setup: noLists, step: func(w *world.World, i int) {
		n := 10 + min(20, max(i-40, 0))
		w.Fleet("10.2.0", "web", 4, n, 8/float64(n))
		w.Cpu += usual + more(i)
	}}
}

// shorter is a command of eight seconds, and then one of so many in every third sample.
func shorter(secs float64) func(i int) float64 {
	return func(i int) float64 {
		switch {
		case i == 40:
			return 8
		case i > 40 && i%3 == 0:
			return secs
		}
		return 0
	}
}

// lateAt plays answers that are late by so many seconds, every tenth sample from the fiftieth on, and
// at each of them each of six hosts opens some; and in the course of the recording so many others come.
func lateAt(name string, by float64, times, each, others int) story {
	return story{name: name, limit: 500, n: 110, step: func(w *world.World, i int) {
		done := 0
		if i >= 50 {
			done = min((i-50)/10+1, times)
		}
		w.Late = map[bool]float64{true: by}[i >= 50 && i%10 == 0 && (i-50)/10 < times]
		w.Fleet("10.2.0", "web", 6, 6+each*done, 0.6)
		w.Pool("10.3.0.1", "shop", 4+others*i/110, 0.9)
	}}
}

// someMore plays a fleet of two hundred, and late answers at each of which so many come.
func someMore(name string, more int) story {
	return story{name: name, limit: 900, n: 120, step: func(w *world.World, i int) {
		w.Late = 0
		if i >= 30 && i%9 == 3 {
			w.Late = 9
		}
		w.Fleet("10.2.0", "web", 10, 20, 0.6)
		w.Pool("10.3.0.1", "api", more*max(0, (i-21)/9), 0.6)
	}}
}

// overBadLine plays a server whose answers take up to four seconds, and in every twelfth sample so
// many; then connections come.
func overBadLine(name string, late float64) story {
	return story{name: name, limit: 500, n: 120, step: func(w *world.World, i int) {
		w.Late = float64(i % 5)
		if i > 40 && i%12 == 0 {
			w.Late = late
		}
		w.Fleet("10.2.0", "web", 6, 6+2*max(0, min((i-36)/12, 6)), 0.6)
	}}
}
