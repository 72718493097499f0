package analyze

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/whatif"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
)

func why(r *finding.Report, id string) string {
	for _, x := range r.RuledOut {
		if x.ID == id {
			return x.Why
		}
	}
	return ""
}

func quiet() *world.World {
	w := world.New(300)
	w.Run(60, func(w *world.World, i int) { w.Fleet("10.2.0", "web", 4, 10, 0.5) })
	return w
}

// What a server does not count is not none: neither the verdict nor what rules a cause out
// may say that nothing was refused, failed or was evicted.
func TestUncountedIsNotNone(t *testing.T) {
	counted := report(quiet())
	r := report(quiet().Without("rejected_connections|acl_access_denied_auth|total_error_replies|evicted_clients"))
	if r.Verdict.Status != finding.Healthy || strings.Contains(r.Verdict.Summary, "none refused") || !strings.Contains(r.Verdict.Summary, "refused is not known") {
		t.Errorf("verdict %+v", r.Verdict)
	}
	if r.Verdict.Confidence > 0.8 || counted.Verdict.Confidence < 0.85 {
		t.Errorf("confidence %v where refusals are not counted, %v where they are", r.Verdict.Confidence, counted.Verdict.Confidence)
	}
	if r.Impact.Refused != -1 {
		t.Errorf("%d refused", r.Impact.Refused)
	}
	for _, id := range []string{"retry-storm", "protected-mode-refusals", "autoscaling-spiral", "auth-failure-loop", "client-eviction"} {
		if got := why(r, id); !strings.Contains(got, "does not count") {
			t.Errorf("%s: %s", id, got)
		}
		if got := why(counted, id); strings.Contains(got, "does not count") {
			t.Errorf("%s, counted: %s", id, got)
		}
	}
	checkReport(t, r)
}

// Before Redis 6.2 a loop of failed authentications looks like churn: the verdict may say
// so, but not be sure.
func TestChurnWhereFailuresAreNotCounted(t *testing.T) {
	build := func() *world.World {
		w := world.New(300)
		w.Run(60, func(w *world.World, i int) {
			w.Fleet("10.2.0", "web", 4, 10, 0.5)
			w.Accepted += 90
			w.NextID += 90
			w.Commands += 270
		})
		return w
	}
	sure, open := report(build()), report(build().Without("acl_access_denied_auth"))
	if sure.Verdict.Cause != "connection-churn" || open.Verdict.Cause != "connection-churn" {
		t.Fatalf("verdicts %+v, %+v", sure.Verdict, open.Verdict)
	}
	if sure.Verdict.Confidence < 0.9 || open.Verdict.Confidence >= 0.9 {
		t.Errorf("confidence %v with the counter, %v without", sure.Verdict.Confidence, open.Verdict.Confidence)
	}
}

// A rise that fills the limit soon is no incident yet, but not to be kept quiet.
func TestHealthyTellsOfARise(t *testing.T) {
	w := world.New(300)
	w.Run(80, func(w *world.World, i int) { w.Fleet("10.2.0", "web", 4+i/5, 10, 0.9) })
	r := report(w)
	if r.Verdict.Status != finding.Healthy || !strings.Contains(r.Verdict.Summary, "But connections rise: if that goes on, the limit is reached ") {
		t.Errorf("verdict %+v", r.Verdict)
	}
	if r = report(quiet()); strings.Contains(r.Verdict.Summary, "rise") {
		t.Errorf("verdict %+v", r.Verdict)
	}
}

// Where connections swing up to the limit there is no time within which it is not reached.
func TestNoTimeToLimitOfNothing(t *testing.T) {
	w := world.New(100)
	w.Run(60, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		for _, c := range w.Of("10.9.0.1", "") {
			w.Close(c)
		}
		w.Pool("10.9.0.1", "batch", []int{5, 50, 20, 57, 57, 10}[i%6], 0.5)
	})
	for _, a := range report(w).WhatIf {
		if strings.Contains(a.Answer, "within 0 s") || a.ID == "time-to-limit" && !a.Missing && math.IsInf(a.Value, 1) && a.Lo*60 < w.Dt {
			t.Errorf("%+v", a)
		}
	}
}

// A moment lies within its own interval, whatever order the samples came in.
func TestMomentsHoldTheirInterval(t *testing.T) {
	m := measure.Moment{}
	m.At, m.Lo, m.Hi = 100, 120, 90
	at, lo, hi := m.Times()
	if lo.After(at) || hi.Before(at) || !at.Equal(time.Unix(100, 0)) {
		t.Errorf("%v not within %v to %v", at, lo, hi)
	}
}

// Nothing that is not a number gets into a sentence, however short the recording is.
func TestNoNaNInWords(t *testing.T) {
	for n := 1; n < 8; n++ {
		for _, lists := range []bool{false, true} {
			w := world.New(50)
			w.NoList = !lists
			w.Run(n, func(w *world.World, i int) { w.Fleet("10.2.0", "web", 4, 12, 0.5) })
			w.Records = w.Records[:max(1, len(w.Records)-n%2)]
			for _, x := range report(w.Without("total_commands_processed")).RuledOut {
				if strings.Contains(x.Why, "NaN") || strings.Contains(x.Why, "277777") {
					t.Errorf("%d samples: %+v", n, x)
				}
			}
		}
	}
}

// Past the bound of sources, hosts are not told apart: what is gathered is no host's pool.
func TestGatheredSourcesAreNoPool(t *testing.T) {
	w := world.New(3 * timeline.MaxSources)
	w.Run(8, func(w *world.World, i int) {
		for h := range 3 * timeline.MaxSources {
			if i == 0 {
				w.Open("10."+string(rune('a'+h%26))+"."+time.Duration(h).String(), "")
			}
		}
	})
	r := report(w)
	if r.Verdict.Cause == "oversized-pool" {
		t.Errorf("verdict %+v", r.Verdict)
	}
	if !doubts(r, "sources of connections") {
		t.Errorf("not told: %+v", r.DataQuality)
	}
}

// Commands fit the server and what its lists print.
func TestCommandsFitTheServer(t *testing.T) {
	m := &measure.Model{TL: &timeline.Timeline{Slots: record.SlotRule{Family: record.FamilyRedis}, Servers: []finding.Server{{Version: "5.0.14"}}}}
	acl := "redis-cli ACL LOG 20"
	if whatif.Understands(m, acl) || !whatif.Understands(m, "redis-cli CLIENT LIST") {
		t.Error("Redis 5.0 has no ACL")
	}
	for _, s := range []finding.Server{{Version: "6.0.0"}, {Version: "7.2.4"}, {Version: "10.0"}, {}} {
		if m.TL.Servers[0] = s; !whatif.Understands(m, acl) {
			t.Errorf("%q has ACL", s.Version)
		}
	}
	m.TL.Slots.Family, m.TL.Servers[0].Version = record.FamilyDragonfly, "1.25.0"
	if !whatif.Understands(m, acl) {
		t.Error("Dragonfly counts its versions from 1")
	}
	m.TL.Slots.Family = record.FamilyValkey
	list := "redis-cli CLIENT LIST | grep -F '{match}'"
	for _, c := range []struct {
		text, want string
		s          finding.Source
	}{
		{list, "redis-cli CLIENT LIST | grep -F ' name=cart'", finding.Source{Host: "10.0.0.1", Name: "cart"}},
		{list, "redis-cli CLIENT LIST | grep -F ' addr=10.0.0.1:'", finding.Source{Host: "10.0.0.1"}},
		{list, "redis-cli CLIENT LIST | grep -F ' addr=[fd00:1::2]:'", finding.Source{Host: "fd00:1::2", Name: "$(reboot)"}},
		{"for pid in $(pidof redis-server); do grep -Hs 'open files' /proc/$pid/limits; done", "for pid in $(pidof valkey-server); do grep -Hs 'open files' /proc/$pid/limits; done", finding.Source{}},
	} {
		if got, _ := whatif.Fill(m, c.text, &finding.Finding{Sources: []finding.Source{c.s}}); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// A limit of 0 is none that is told.
func TestLimitOfZeroIsNotKnown(t *testing.T) {
	w := world.New(300)
	w.Run(60, func(w *world.World, i int) { w.Fleet("10.2.0", "web", 4, 10, 0.5) })
	for _, r := range w.Records {
		if i, ok := r.(*record.Info); ok {
			i.Reset(bytes.Replace(bytes.Clone(i.Text), []byte("maxclients:300"), []byte("maxclients:0"), 1))
		}
	}
	r := report(w)
	if r.Verdict.Status != finding.Healthy || !strings.Contains(r.Verdict.Summary, "the limit is not known") || strings.Contains(mustJSON(t, r), "Inf %") {
		t.Errorf("verdict %+v, ruled out %+v", r.Verdict, r.RuledOut)
	}
}

// Where commands are not counted a storm is told by refusals for the slots, without a
// number that is none.
func TestStormWithoutCommands(t *testing.T) {
	w := world.New(100)
	w.Run(80, func(w *world.World, i int) {
		n := 90
		if i >= 20 {
			n = 100
		}
		w.Pool("10.2.0.1", "web", n, 0.5)
		if i >= 20 {
			w.Refused += 3000
		}
	})
	r := report(w.Without("total_commands_processed"))
	for _, c := range r.Causes {
		for _, e := range c.Evidence {
			if math.IsNaN(e.Value) || math.IsNaN(e.Lo) {
				t.Errorf("%s: %+v", c.ID, e)
			}
		}
	}
	if r.Verdict.Cause != "retry-storm" || strings.Contains(mustJSON(t, r), "NaN for") {
		t.Errorf("verdict %+v", r.Verdict)
	}
}

// Nor does what rules a storm out hold one.
func TestNoStormWithoutCommands(t *testing.T) {
	w := world.New(100)
	w.Run(80, func(w *world.World, i int) {
		w.Pool("10.2.0.1", "web", min(90+i, 100), 0.5)
		if i >= 20 && i%2 == 0 {
			w.Refused++
		}
	})
	if got := why(report(w.Without("total_commands_processed")), "retry-storm"); !strings.Contains(got, "a second and slot") || strings.Contains(got, "NaN") {
		t.Errorf("%s", got)
	}
}

// Pods without a name, each in a network of its own: the dead ones show all the same.
func TestZombiesOfScatteredNetworks(t *testing.T) {
	story := func(dead int) *finding.Report {
		w := world.New(300)
		host := func(k int) string { return fmt.Sprintf("10.%d.%d.9", 10+7*k, 3*k) }
		w.Run(100, func(w *world.World, i int) {
			for k := range 10 {
				if k < dead && i > 30+5*k {
					w.Pool(host(20+k), "", 10, 0.8) // stands in for the dead one, whose connections stay
					continue
				}
				w.Pool(host(k), "", 10, 0.8)
			}
		})
		return report(w)
	}
	if r := story(6); r.Verdict.Cause != "zombie-connections" {
		t.Errorf("verdict %+v: %s", r.Verdict, why(r, "zombie-connections"))
	}
	if r := story(0); r.Verdict.Status != finding.Healthy {
		t.Errorf("none dead: verdict %+v", r.Verdict)
	}
}

// A recorder whose clock is an hour off, or in another zone, sees the same slow commands:
// by INFO's time, and without it by when the log first showed them.
func TestSlowCommandsByAnotherClock(t *testing.T) {
	build := func() *world.World {
		w := world.New(300)
		w.Run(80, func(w *world.World, i int) {
			n := 4
			if i > 30 {
				n = 40
				w.Keys(i)
			}
			w.Slow = w.Slow[:min(len(w.Slow), 128)]
			w.Keys(0)
			w.Slow = w.Slow[1:]
			w.Fleet("10.2.0", "web", 4, n, 0.5)
		})
		return w
	}
	shift := func(w *world.World, d time.Duration) *world.World {
		for _, r := range w.Records {
			if !r.Base().At.IsZero() {
				r.Base().At = r.Base().At.Add(d)
			}
		}
		return w
	}
	want := report(build())
	if want.Verdict.Cause != "slow-commands" {
		t.Fatalf("verdict %+v", want.Verdict)
	}
	for _, d := range []time.Duration{-2 * time.Hour, -5 * time.Minute, time.Hour} {
		for _, keys := range []string{"no_such_key", "server_time_usec"} {
			r := report(shift(build(), d).Without(keys))
			if r.Verdict.Cause != want.Verdict.Cause {
				t.Errorf("%v, without %s: verdict %+v", d, keys, r.Verdict)
				continue
			}
			if off := r.Causes[0].Onset.Add(-d).Sub(want.Causes[0].Onset).Abs(); off > 15*time.Second {
				t.Errorf("%v, without %s: onset off by %v", d, keys, off)
			}
			if !doubts(r, "the server's clock and the recorder's are") {
				t.Errorf("%v: not told", d)
			}
		}
	}
}
