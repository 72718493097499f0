package compare_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/compare"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/fixtures/world"
)

// side gives the recording of a world moved n samples.
func side(limit, n int, setup func(*world.World), step func(w *world.World, i int)) compare.Side {
	w := world.New(limit)
	if setup != nil {
		setup(w)
	}
	w.Run(n, step)
	tl, err := timeline.Collect(w.Source())
	if err != nil {
		panic(err)
	}
	return compare.Side{Timeline: tl, Report: analyze.Run(tl, analyze.Options{})}
}

func later(w *world.World) { w.At, w.Boot = w.At+86400, w.Boot+86400 }

func often(w *world.World) { later(w); w.Dt = 5 }

func shop(w *world.World, _ int) {
	w.Fleet("10.1.0", "cart", 3, 10, 0.5)
	w.Fleet("10.2.0", "web", 3, 10, 0.5)
}

// leaking leaks one connection of cart each nth sample, from the 20th on.
func leaking(nth int) func(w *world.World, i int) {
	return func(w *world.World, i int) {
		shop(w, i)
		if i > 20 && i%nth == 0 {
			w.Leak("10.1.0.2", "cart")
		}
	}
}

func web(w *world.World, _ int) { w.Fleet("10.2.0", "web", 3, 10, 0.5) }

func strangers(w *world.World, _ int) { w.Fleet("10.9.0", "mailer", 4, 9, 0.5) }

func TestOutcome(t *testing.T) {
	leak := side(500, 100, nil, leaking(1))
	for _, c := range []struct {
		name          string
		before, after compare.Side
		want          finding.OutcomeStatus
		says          string
		least         float64
	}{
		{"a leak that was fixed", leak, side(500, 100, later, shop), finding.Fixed, "Growth of cart fell from 4.0 to 0.0 a minute: fixed, 0.99.", 0.95},
		{"the same leak again", leak, side(500, 100, later, leaking(1)), finding.Unchanged, "no change can be shown", 0.5},
		{"half of the leak", leak, side(500, 100, later, leaking(2)), finding.Better, "less, and not gone", 0.95},
		{"twice the leak", side(500, 100, nil, leaking(2)), side(500, 100, later, leaking(1)), finding.Worse, "worse", 0.95},
		{"a leak that began", side(500, 100, nil, shop), side(500, 100, later, leaking(1)), finding.Began, "Growth of cart rose from 0.0 to 4.0 a minute: ", 0.9},
		{"nothing on either day", side(500, 100, nil, shop), side(500, 100, later, shop), finding.Quiet, "No incident in either recording.", 0.5},
		{"one sample after", leak, side(500, 1, later, shop), finding.Unknown, "cannot be told", math.NaN()},
		{"other clients after", leak, side(500, 100, later, strangers), finding.Unknown, "no client in common: what became of a connection leak cannot be told", math.NaN()},
		{"a leak where there were other clients", side(500, 100, nil, strangers), side(500, 100, later, leaking(1)), finding.Unknown, "no client in common: whether a connection leak was there before cannot be told", math.NaN()},
		{"a client that came with its leak", side(500, 100, nil, web), side(500, 100, later, leaking(1)), finding.Began, "A connection leak began", 0.9},
		{"a client that went with its leak", leak, side(500, 100, later, web), finding.Ended, "A connection leak is over, 0.9", 0.9},
		{"no lists after", leak, side(500, 100, func(w *world.World) { later(w); w.NoList = true }, shop), finding.Fixed, "the second has not", 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compare.Run(c.before, c.after).Outcome
			if got.Status != c.want || !strings.Contains(got.Summary, c.says) || !(got.Confidence >= c.least) && !math.IsNaN(c.least) || got.Confidence > 0.99 {
				t.Errorf("%s %.3f %q (key %+v), want %s %q", got.Status, got.Confidence, got.Summary, got.Key, c.want, c.says)
			}
		})
	}
}

func changeOf(all []finding.Change, id string) *finding.Change {
	for i := range all {
		if all[i].ID == id {
			return &all[i]
		}
	}
	return nil
}

func TestWhatChanged(t *testing.T) {
	c := compare.Run(side(500, 100, nil, leaking(1)), side(400, 100, later, shop))
	if c.Common != 2 || c.Gone != 0 || c.New != 0 || len(c.Apps) != 2 || c.Apps[0].Label != "cart" {
		t.Fatalf("%d common, %d gone, %d new, %+v", c.Common, c.Gone, c.New, c.Apps)
	}
	grew := changeOf(c.Apps[0].Changes, "grew")
	if grew == nil || grew.Moved != finding.Fell || !(grew.P < 0.01) || !(grew.Gap.Hi < 0) || !(grew.Gap.Lo > -5) {
		t.Errorf("growth of cart: %+v", grew)
	}
	if web := changeOf(c.Apps[1].Changes, "held"); web == nil || web.Moved != finding.Steady {
		t.Errorf("web did not move: %+v", web)
	}
	if use := changeOf(c.Signals, "use"); use == nil || use.Moved != finding.Untold || use.Why == "" || !math.IsNaN(use.Before.Lo) {
		t.Errorf("a number alone has no interval and no test: %+v", use)
	}
	if !slices.Contains(c.Settings, finding.SettingChange{Key: "connection limit", Before: "500", After: "400"}) {
		t.Errorf("settings: %+v", c.Settings)
	}
}

func TestDoubts(t *testing.T) {
	quiet := side(500, 100, nil, shop)
	broken := quiet
	broken.Broken = true
	noList := func(w *world.World) { later(w); w.NoList = true }
	for _, c := range []struct {
		name          string
		before, after compare.Side
		want          string
	}{
		{"damaged", broken, side(500, 100, later, shop), "not all of the first recording could be read"},
		{"no common client", quiet, side(500, 100, later, strangers), "no client in common"},
		{"other cadence", quiet, side(500, 300, often, shop), "a sample every 15 s, the second every 5 s"},
		{"one sample", quiet, side(500, 1, later, shop), "the second recording has 1 sample"},
		{"no lists", quiet, side(500, 100, noList, shop), "no CLIENT LIST in the second recording"},
		{"older", side(500, 100, later, shop), quiet, "older than the first"},
		{"overlap", quiet, quiet, "overlap in time"},
		{"length", quiet, side(500, 900, later, shop), "one recording is 25 min long, the other 3.7 h"},
		{"traffic", quiet, side(500, 100, later, func(w *world.World, _ int) { w.Fleet("10.1.0", "cart", 3, 10, 0.1) }), "commands a second differ by a factor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compare.Run(c.before, c.after)
			if !slices.ContainsFunc(got.Doubts, func(d finding.Doubt) bool { return strings.Contains(d.What, c.want) && d.Effect != "" }) {
				t.Errorf("%+v lacks %q", got.Doubts, c.want)
			}
		})
	}
}

// Lists at other distances show other births: they are not tested against each other.
func TestOtherCadenceIsNotTested(t *testing.T) {
	churn := func(w *world.World, i int) {
		shop(w, i)
		for _, c := range w.Of("", "web") {
			w.Close(c)
		}
	}
	c := compare.Run(side(500, 100, nil, churn), side(500, 300, often, churn))
	for _, a := range c.Apps {
		if x := changeOf(a.Changes, "opened"); x != nil && (x.Moved != finding.Untold || x.Why == "") {
			t.Errorf("%s: %+v", a.Label, x)
		}
	}
}

// TestSwap: the order of the recordings turns every difference round and keeps every test.
func TestSwap(t *testing.T) {
	a, b := side(500, 100, nil, leaking(1)), side(500, 100, later, shop)
	x, y := compare.Run(a, b), compare.Run(b, a)
	for i := range x.Signals {
		p, q := &x.Signals[i], changeOf(y.Signals, x.Signals[i].ID)
		if q == nil || p.Before != q.After && !math.IsNaN(p.Before.Value) && !math.IsNaN(p.Before.Lo) || math.Abs(p.P-q.P) > 1e-9 {
			t.Errorf("%s: %+v and %+v", p.ID, p, q)
		}
	}
	if y.Outcome.Status != finding.Began {
		t.Errorf("swapped: %+v", y.Outcome)
	}
}

// TestSwapOfAll: with the recordings in the other order, what began has ended, more is less, and
// what cannot be compared cannot be either way.
func TestSwapOfAll(t *testing.T) {
	other := map[finding.OutcomeStatus]finding.OutcomeStatus{finding.Fixed: finding.Began, finding.Ended: finding.Began, finding.Better: finding.Worse, finding.Worse: finding.Better}
	swapped := func(d finding.Direction) finding.Direction {
		return map[finding.Direction]finding.Direction{finding.Rose: finding.Fell, finding.Fell: finding.Rose, finding.Steady: finding.Steady, finding.Untold: finding.Untold}[d]
	}
	noList := func(w *world.World) { later(w); w.NoList = true }
	sides := []compare.Side{
		side(500, 100, nil, shop), side(500, 100, later, web), side(500, 100, later, strangers), side(500, 300, often, shop), side(500, 100, noList, shop), side(500, 1, later, shop),
		side(500, 100, nil, leaking(1)), side(500, 100, later, leaking(2)), side(150, 100, later, leaking(1)), side(500, 300, often, leaking(3)), side(500, 100, noList, leaking(1)),
		side(500, 100, later, func(w *world.World, i int) {
			web(w, i)
			if i > 30 {
				w.Leak("10.2.0.1", "web")
			}
		}),
		side(500, 100, later, func(w *world.World, i int) {
			shop(w, i)
			for _, c := range w.Of("", "web") {
				w.Close(c)
			}
		}),
		side(500, 100, later, func(w *world.World, i int) {
			strangers(w, i)
			w.Leak("10.9.0.1", "mailer")
		}),
	}
	seen := map[finding.OutcomeStatus]int{}
	for i, a := range sides {
		for k, b := range sides {
			if i == k {
				continue
			}
			x, y := compare.Run(a, b), compare.Run(b, a)
			seen[x.Outcome.Status]++
			want, turns := other[x.Outcome.Status]
			if x.Outcome.Status == finding.Began {
				want, turns = y.Outcome.Status, y.Outcome.Status == finding.Fixed || y.Outcome.Status == finding.Ended
				if !turns {
					t.Errorf("%d, %d: began, and %s the other way round", i, k, y.Outcome.Status)
				}
			}
			if !turns {
				want = x.Outcome.Status
			}
			if p, q := x.Outcome.Confidence, y.Outcome.Confidence; y.Outcome.Status != want || math.Abs(p-q) > 1e-9 || math.IsNaN(p) != math.IsNaN(q) {
				t.Errorf("%d, %d: %s %g %q\nthe other way round %s %g %q", i, k, x.Outcome.Status, p, x.Outcome.Summary, y.Outcome.Status, q, y.Outcome.Summary)
			}
			if len(x.Signals) != len(y.Signals) || len(x.Apps) != len(y.Apps) || x.Common != y.Common || x.Gone != y.New {
				t.Fatalf("%d, %d: other things are compared", i, k)
			}
			for _, p := range x.Signals {
				if q := changeOf(y.Signals, p.ID); q == nil || p.Why != q.Why || q.Moved != swapped(p.Moved) {
					t.Errorf("%d, %d: %+v\n%+v", i, k, p, q)
				}
			}
			for _, app := range x.Apps {
				at := slices.IndexFunc(y.Apps, func(o finding.AppChange) bool { return o.Label == app.Label })
				for _, p := range app.Changes {
					if q := changeOf(y.Apps[at].Changes, p.ID); q == nil || p.Why != q.Why || q.Moved != swapped(p.Moved) {
						t.Errorf("%d, %d: %s: %+v\n%+v", i, k, app.Label, p, q)
					}
				}
			}
			strange := func(c *finding.Comparison) bool {
				return slices.ContainsFunc(c.Doubts, func(d finding.Doubt) bool { return strings.Contains(d.What, "no client in common") })
			}
			if strange(x) != strange(y) {
				t.Errorf("%d, %d: strangers in one order only", i, k)
			}
		}
	}
	for _, s := range []finding.OutcomeStatus{finding.Fixed, finding.Ended, finding.Began, finding.Better, finding.Worse, finding.Unchanged, finding.Another, finding.Quiet, finding.Unknown} {
		if seen[s] == 0 {
			t.Errorf("no pair comes to %s: %v", s, seen)
		}
	}
}

// TestStrangers: a quiet recording of other applications mends nothing.
func TestStrangers(t *testing.T) {
	ill := side(500, 100, nil, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 8, 0.6)
		if i > 10 && i%5 == 0 {
			w.Evicted++
			w.Close(w.Of("", "web")[0])
		}
	})
	c := compare.Run(ill, side(500, 100, later, func(w *world.World, i int) { w.Fleet("10.9.0", "catalog", 4, 8, 0.6) }))
	if ill.Report.Verdict.Status != finding.Incident || c.Outcome.Status != finding.Unknown {
		t.Errorf("%s %s: %+v", ill.Report.Verdict.Status, ill.Report.Verdict.Cause, c.Outcome)
	}
}

// TestSignsAreOfCauses: a row is of a cause that there is.
func TestSignsAreOfCauses(t *testing.T) {
	for _, id := range compare.SignedCauses() {
		if verdict.CauseByID(id) == nil {
			t.Errorf("%s is no cause", id)
		}
	}
}

func Example() {
	before := side(500, 100, nil, leaking(1))
	after := side(500, 100, later, shop)
	c := compare.Run(before, after)
	fmt.Println(c.Outcome.Status, c.Outcome.Summary)
	// Output: fixed Growth of cart fell from 4.0 to 0.0 a minute: fixed, 0.99.
}
