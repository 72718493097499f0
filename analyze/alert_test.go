package analyze

import (
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/cause/hold"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/whatif"
	"github.com/connbox/connbox/fixtures/world"
)

func alertOf(w *world.World) (*finding.Report, finding.WhatIf) {
	r := report(w)
	if x := whatIfOf(r, "alert"); x != nil {
		return r, *x
	}
	return r, finding.WhatIf{}
}

// TestAlertWarns: one connection leaks at every sample of 15 s from sample 10 on, beside sixty
// at work, under a limit of 160. More than half of it are 81 connections, at sample 30; the
// line then leads over the limit within the hour, and has for five minutes at sample 50. At
// sample 108 one slot is left, which counts as the limit: 58 samples or 14.5 minutes later.
func TestAlertWarns(t *testing.T) {
	w := world.New(160)
	w.Run(130, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 6, 10, 0.5)
		if i >= 10 {
			w.Leak("10.1.0.2", "cart")
		}
		if len(w.Clients) >= w.Limit {
			w.Refused++
		}
	})
	r, x := alertOf(w)
	if r.Verdict.Cause != hold.Leak.ID || x.Missing || x.Unit != "min" {
		t.Fatalf("%+v %+v", r.Verdict, x)
	}
	if !strings.HasPrefix(x.Answer, "RedisConnectionsFullWithinAnHour fires at ") || !strings.Contains(x.Answer, "before the limit. It did not fire in the ") || x.Value != 14.5 {
		t.Errorf("%v minutes: %s", x.Value, x.Answer)
	}
}

// TestFirings: hold, gaps and false firings, on a course made by hand.
func TestFirings(t *testing.T) {
	m := &measure.Model{TL: &timeline.Timeline{}, Interval: 10}
	add := func(at, occ float64) {
		s := timeline.NewSample(at, 0)
		s.Limit, s.Connected = 100, occ
		m.Samples = append(m.Samples, s)
	}
	for i := range 6 { // over 80 for 50 s: not for a minute
		add(float64(i*10), 85)
	}
	add(60, 70)
	for i := 7; i < 14; i++ { // and for 60 s, from 70 s to 130 s
		add(float64(i*10), 85)
	}
	add(140, 70)
	for i := 15; i < 20; i++ {
		add(float64(i*10), 85)
	}
	add(300, 85) // a gap: nobody knows what was in it
	for i := range 6 {
		add(float64(310+i*10), 85)
	}
	rule := &whatif.AlertRules[0]
	if got := fmt.Sprint(whatif.Firings(m, rule)); got != "[13 26]" {
		t.Errorf("fires at samples %s, want [13 26]", got)
	}
	p := &whatif.Plan{Model: m}
	if x := p.Play(rule, 15, 26); x.Early != 1 || x.At != 26 || x.Warning != 0 {
		t.Errorf("%+v", x)
	}
}

// TestPredicted: the line through 10, 20, 30 at 0, 10, 20 s is at 130 a hundred seconds on.
func TestPredicted(t *testing.T) {
	m := &measure.Model{}
	for i := range 3 {
		s := timeline.NewSample(float64(i*10), 0)
		s.Connected = float64(10 + i*10)
		m.Samples = append(m.Samples, s)
	}
	if got := whatif.Predicted(m, 2, 60, 100); got != 130 {
		t.Errorf("predicted %v, want 130", got)
	}
}
