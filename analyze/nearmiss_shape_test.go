package analyze

import "github.com/connbox/connbox/fixtures/world"

// nearMissesOfShapes are for the rows that weigh the shapes of a course.
var nearMissesOfShapes = []nearMiss{
	{row: "oversized-pool/steady", fires: true, story: filled("connections step up to the limit in two lists, in INFO alone", 120, false)},
	{row: "oversized-pool/steady", part: true, story: filled("connections fill the limit, go and come again, in INFO alone", 90, true)},
	{row: "oversized-pool/steady", story: filled("connections rise steadily to the limit in five minutes, in INFO alone", 9, false)},
	{row: "oversized-pool/sawtooth", fires: true, story: filled("connections fill the limit in two lists and stay, in INFO alone", 90, false)},
	{row: "oversized-pool/sawtooth", story: filled("connections fill the limit in three lists, go and come again, in INFO alone", 85, true)},
	{row: "oversized-pool/sawtooth", part: true, story: beside("a job's sixteen come and go every minute beside a pool, in INFO alone", 16, 52)},
}

// filled plays thirty connections and others that nobody uses, so many more in each list until the
// limit is reached. They stay, or are closed every thirty lists and come again.
func filled(name string, each int, again bool) story {
	return story{name: name, limit: 200, n: 120, setup: noLists, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		since := i - 20
		if again && since > 0 && since%30 == 0 {
			for _, c := range w.Of("", "spare") {
				w.Close(c)
			}
		}
		if again && since > 0 {
			since %= 30
		}
		w.Pool("10.9.0.1", "spare", each*max(since, 0), 0)
	}}
}

// beside plays a pool that nobody uses and wanders by six, and a job beside it that takes so many
// connections, a quarter of them in each list, and closes them.
func beside(name string, job, n int) story {
	return story{name: name, limit: 200, n: n, setup: noLists, step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 10, 0.5)
		spare := 120
		if i >= 20 {
			spare += job * (1 + i%4) / 4
		}
		spare += w.Rng.IntN(7)
		for k, c := range w.Of("", "spare") {
			if k >= spare {
				w.Close(c)
			}
		}
		w.Pool("10.9.0.1", "spare", spare, 0)
	}}
}
