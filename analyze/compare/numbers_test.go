package compare

import (
	"math"
	"testing"

	"github.com/connbox/connbox/analyze"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/fixtures/world"
)

// The numbers of this package, each with what lies on either side of it.

// A change is told from p < 0.05 and a tenth on, and from what its row asks for.
func TestMovedFrom(t *testing.T) {
	for _, c := range []struct {
		name             string
		id               string
		before, after, p float64
		want             finding.Direction
	}{
		{"sure and large", "connections", 100, 120, 0.045, finding.Rose},
		{"not sure", "connections", 100, 120, 0.055, finding.Steady},
		{"under a tenth", "connections", 100, 109.5, 0.001, finding.Steady},
		{"over a tenth", "connections", 100, 112, 0.001, finding.Rose},
		{"a tenth of the larger one", "connections", 120, 100, 0.001, finding.Fell},
		{"under its row's least", "connections", 5, 6.5, 0.001, finding.Steady},
		{"over its row's least", "connections", 5, 7.5, 0.001, finding.Rose},
		{"not tested", "connections", 5, 50, math.NaN(), finding.Untold},
	} {
		x := finding.Change{ID: c.id, Before: finding.Interval{Value: c.before}, After: finding.Interval{Value: c.after}, P: c.p}
		if got := moved(&x); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Lists that are half as rare again do not show the same births.
func TestSparseLists(t *testing.T) {
	listed := quantityByID("opened")
	for ratio, why := range map[float64]bool{1.4: false, 1.6: true} {
		if got := (&pair{sparse: ratio}).comparable(listed) != ""; got != why {
			t.Errorf("%.1f times rarer: not compared %v", ratio, got)
		}
	}
}

func played(limit, n int, from float64, step func(w *world.World, i int)) side {
	w := world.New(limit)
	w.At, w.Boot = w.At+from, w.Boot+from
	w.Run(n, step)
	tl, err := timeline.Collect(w.Source())
	if err != nil {
		panic(err)
	}
	return newSide(tl, analyze.Run(tl, analyze.Options{}))
}

// Two recordings with up to a tenth of their connections in common are of strangers.
func TestStrangersUpTo(t *testing.T) {
	with := func(common int, others string) side {
		return played(500, 60, 0, func(w *world.World, _ int) {
			w.Fleet("10.1.0", "shared", 1, common, 0.5)
			w.Fleet("10.2.0", others, 10, 10, 0.5)
		})
	}
	for common, want := range map[int]bool{9: true, 13: false} {
		p := &pair{a: with(common, "web"), b: with(common, "mail")}
		if got := p.strangers(); got != want {
			t.Errorf("%d of %d in common: strangers %v", common, common+100, got)
		}
	}
}

// refusing is a storm of so many refusals a second, of which the recording holds many.
func refusing(perSample int64) func(w *world.World, i int) {
	return func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 6, 10, 0.9)
		w.Refused += perSample
	}
}

// An incident is fixed where its quantity is, with a probability of 0.9, under a quarter of the
// lower end of what it was, and less where it is not.
func TestFixedUnder(t *testing.T) {
	ill := played(60, 200, 0, refusing(400))
	ill.r.Verdict = finding.Verdict{Status: finding.Incident, Cause: "retry-storm", Confidence: 0.9}
	ill.r.Causes = []finding.Finding{{ID: "retry-storm", Confidence: 0.9}}
	for _, c := range []struct {
		each   int64 // refusals a sample
		likely float64
		want   finding.OutcomeStatus
	}{
		{90, 0, finding.Fixed},
		{112, 0, finding.Better},
		{90, 0.08, finding.Fixed},
		{90, 0.12, finding.Better}, // the other recording may have it
	} {
		then := played(60, 200, 86400, refusing(c.each))
		then.r.Verdict, then.r.Causes = finding.Verdict{Status: finding.Undetermined}, nil
		then.r.Candidates = []finding.Candidate{{ID: "retry-storm", Probability: c.likely}}
		p := &pair{a: ill, b: then, sparse: 1}
		o := p.judge(p.a, p.b)
		if o.Status != c.want || !(o.Confidence <= mostSure) {
			t.Errorf("%d refusals instead of 400, cause at %.2f: %s %.3f, want %s", c.each, c.likely, o.Status, o.Confidence, c.want)
		}
	}
}

// What is 0 in the second recording is not said to be there still.
func TestLessIsNotThere(t *testing.T) {
	o := finding.Outcome{Status: finding.Better, Cause: "connection-leak", Subject: "cart", Confidence: 0.97,
		Key: finding.Change{ID: "grew", Unit: "connections/min", Before: finding.Interval{Value: 0.2, Lo: 0.1, Hi: 0.3}, After: finding.Interval{Value: 0, Hi: 0.12}}}
	r := &finding.Report{Verdict: finding.Verdict{Status: finding.Incident}}
	want := "Growth of cart fell from 0.2 to 0.0 a minute: less, 0.97; whether it is gone takes a longer recording to show (it is at most 0.1 a minute)."
	if got := words(&o, r, r); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	o.Key.After = finding.Interval{Value: 0.08, Lo: 0.01, Hi: 0.12}
	if got := words(&o, r, r); got != "Growth of cart fell from 0.2 to 0.1 a minute: less, and not gone, 0.97." {
		t.Error(got)
	}
	o = finding.Outcome{Status: finding.Fixed, Cause: "server-stall", Confidence: 0.98}
	r.Causes = []finding.Finding{{Phrase: "a server stall"}}
	if got := words(&o, r, r); got != "The first recording has a server stall, the second has not: fixed, 0.98." {
		t.Error(got)
	}
}
