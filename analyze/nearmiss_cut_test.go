package analyze

import (
	"fmt"

	"github.com/connbox/connbox/fixtures/world"
)

// nearMissesOfCuts are for the rows of causes that cut connections.
var nearMissesOfCuts = []nearMiss{
	{row: "output-buffer-loop/fill", fires: true,
		story: overtaken("subscribers are cut of which the last list saw a good fifth of the buffer full", 115<<10, 1, pubsubLimit)},
	{row: "output-buffer-loop/fill",
		story: overtaken("subscribers leave by themselves, with less than a fifth of the limit waiting", 90<<10, 1, pubsubLimit)},
	{row: "output-buffer-loop/floor", fires: true,
		story: overtaken("subscribers are cut with more than any reply waiting, the limit not known", 140<<10, 1, nil)},
	{row: "output-buffer-loop/floor",
		story: overtaken("subscribers leave by themselves before a reply of a tenth of a megabyte is read", 115<<10, 1, nil)},
	{row: "output-buffer-loop/back_lists", fires: true,
		story: overtaken("subscribers are cut, and come back after three quarters of a minute", 900<<10, 3, pubsubLimit)},
	{row: "output-buffer-loop/waiting", fires: true, onset: 22, story: story{name: "a reader falls behind, thirty kilobytes a list, is cut, and begins anew",
		limit: 500, n: 120, setup: pubsubLimit, step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 3, 10, 0.5)
			if len(w.Of("", "ticker")) == 0 {
				c := w.Open("10.5.0.1", "ticker")
				c.Flags, c.Sub, c.Cmd = "P", 1, "subscribe"
			}
			c := w.Of("", "ticker")[0]
			if c.Used = w.At; i >= 20 {
				c.Omem += 30 << 10
			}
			if c.Omem > 512<<10 {
				w.Close(c)
			}
		}}},
	{row: "output-buffer-loop/falls", part: true,
		story: fallingMemory("readers are cut four times, in INFO alone", 20, func(i int) bool { return i < 37 }, 1, 0, 10)},
	{row: "output-buffer-loop/beyond", part: true,
		story: fallingMemory("readers are cut, and one in four comes back, in INFO alone", 20, nil, 4, 0, 10)},
	{row: "output-buffer-loop/sigma", part: true,
		story: fallingMemory("readers are cut, and half of them come back beside an agent of every half minute, in INFO alone", 20, nil, 2, 2, 10)},
	{row: "output-buffer-loop/calm", fires: true,
		story: fallingMemory("readers are cut from the third minute on, right after a fleet has started, in INFO alone", 9, nil, 1, 0, 1)},
	{row: "output-buffer-loop/again", part: true, story: story{name: "a replica's first sync is cut three times, and the fourth lasts, in INFO alone",
		limit: 500, n: 60, setup: noLists, step: func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 3, 10, 0.5)
			w.More = fmt.Sprintf("sync_full:%d\r\n", 2*max(0, min((i-20)/5, 4)))
		}}},
}

func noLists(w *world.World) { w.NoList = true }

// overtaken plays six subscribers for each of which so many bytes wait; one is closed every sixth
// list and answered by another after so many lists.
func overtaken(name string, waiting int64, after int, setup func(*world.World)) story {
	return story{name: name, limit: 500, n: 90, setup: setup, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		if i >= 30 && i%6 == 0 {
			w.Close(w.Of("", "ticker")[0])
		}
		for have := len(w.Of("", "ticker")); have < 6 && (i == 0 || i%6 == after); have++ {
			c := w.Open(fmt.Sprintf("10.5.0.%d", have%3+1), "ticker")
			c.Flags, c.Sub, c.Cmd = "P", 1, "subscribe"
		}
		for _, c := range w.Of("", "ticker") {
			c.Used, c.Omem = w.At, waiting
		}
	}}
}

// fallingMemory plays thirty readers in INFO alone: from a sample on, while it goes on, output
// waits, and with every fourth sample one is cut and memory falls; each nth that was cut comes back.
// Beside them an agent connects in every so many samples, if at all. Of a fleet each host has a pool at first, and ten connections soon.
func fallingMemory(name string, from int, on func(i int) bool, nth, agent, pool int) story {
	return story{name: name, limit: 500, n: 100, setup: noLists, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, min(pool+i, 10), 0.5)
		for have := len(w.Of("", "reader")); have < 30 && i == 0; have++ {
			w.Open("10.5.0.1", "reader")
		}
		if agent > 0 && i%agent == 1 {
			w.Accepted++
		}
		w.Old, w.OutMax, w.ClientMem = true, 0, 1<<20
		if i <= from || on != nil && !on(i) {
			return
		}
		w.OutMax, w.ClientMem = 4<<20, 1<<20+int64(i%4)<<20
		if i%4 == 0 {
			if w.Close(w.Of("", "reader")[0]); i/4%nth == 0 {
				w.Open("10.5.0.1", "reader")
			}
		}
	}}
}
