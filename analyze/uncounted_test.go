package analyze

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/parse"
)

// without takes lines out of every INFO of a world.
func (w *world) without(keys string) *world {
	line := regexp.MustCompile(`(?m)^(` + keys + `):.*\r?\n`)
	for _, r := range w.records {
		if i, ok := r.(*parse.Info); ok {
			i.Reset(line.ReplaceAll(bytes.Clone(i.Text), nil))
		}
	}
	return w
}

func why(r *Report, id string) string {
	for _, x := range r.RuledOut {
		if x.ID == id {
			return x.Why
		}
	}
	return ""
}

func quiet() *world {
	w := newWorld(300)
	w.run(60, func(w *world, i int) { w.fleet("10.2.0", "web", 4, 10, 0.5) })
	return w
}

// What a server does not count is not none: neither the verdict nor what rules a cause out
// may say that nothing was refused, failed or was evicted.
func TestUncountedIsNotNone(t *testing.T) {
	counted := quiet().report()
	r := quiet().without("rejected_connections|acl_access_denied_auth|total_error_replies|evicted_clients").report()
	if r.Verdict.Status != Healthy || strings.Contains(r.Verdict.Summary, "none refused") || !strings.Contains(r.Verdict.Summary, "refused is not known") {
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
	build := func() *world {
		w := newWorld(300)
		w.run(60, func(w *world, i int) {
			w.fleet("10.2.0", "web", 4, 10, 0.5)
			w.accepted += 90
			w.nextID += 90
			w.commands += 270
		})
		return w
	}
	sure, open := build().report(), build().without("acl_access_denied_auth").report()
	if sure.Verdict.Cause != "connection-churn" || open.Verdict.Cause != "connection-churn" {
		t.Fatalf("verdicts %+v, %+v", sure.Verdict, open.Verdict)
	}
	if sure.Verdict.Confidence < 0.9 || open.Verdict.Confidence >= 0.9 {
		t.Errorf("confidence %v with the counter, %v without", sure.Verdict.Confidence, open.Verdict.Confidence)
	}
}

// A rise that fills the limit soon is no incident yet, but not to be kept quiet.
func TestHealthyTellsOfARise(t *testing.T) {
	w := newWorld(300)
	w.run(80, func(w *world, i int) { w.fleet("10.2.0", "web", 4+i/5, 10, 0.9) })
	r := w.report()
	if r.Verdict.Status != Healthy || !strings.Contains(r.Verdict.Summary, "But connections rise: if that goes on, the limit is reached ") {
		t.Errorf("verdict %+v", r.Verdict)
	}
	if r = quiet().report(); strings.Contains(r.Verdict.Summary, "rise") {
		t.Errorf("verdict %+v", r.Verdict)
	}
}

// Where connections swing up to the limit there is no time within which it is not reached.
func TestNoTimeToLimitOfNothing(t *testing.T) {
	w := newWorld(100)
	w.run(60, func(w *world, i int) {
		w.fleet("10.2.0", "web", 4, 10, 0.5)
		for _, c := range w.of("10.9.0.1", "") {
			w.close(c)
		}
		w.pool("10.9.0.1", "batch", []int{5, 50, 20, 57, 57, 10}[i%6], 0.5)
	})
	for _, a := range w.report().WhatIf {
		if strings.Contains(a.Answer, "within 0 s") || a.ID == "time-to-limit" && !a.Missing && math.IsInf(a.Value, 1) && a.Lo*60 < w.dt {
			t.Errorf("%+v", a)
		}
	}
}

// A moment lies within its own interval, whatever order the samples came in.
func TestMomentsHoldTheirInterval(t *testing.T) {
	m := moment{}
	m.At, m.Lo, m.Hi = 100, 120, 90
	at, lo, hi := m.times()
	if lo.After(at) || hi.Before(at) || !at.Equal(time.Unix(100, 0)) {
		t.Errorf("%v not within %v to %v", at, lo, hi)
	}
}

// Nothing that is not a number gets into a sentence, however short the recording is.
func TestNoNaNInWords(t *testing.T) {
	for n := 1; n < 8; n++ {
		for _, lists := range []bool{false, true} {
			w := newWorld(50)
			w.noList = !lists
			w.run(n, func(w *world, i int) { w.fleet("10.2.0", "web", 4, 12, 0.5) })
			w.records = w.records[:max(1, len(w.records)-n%2)]
			for _, x := range w.without("total_commands_processed").report().RuledOut {
				if strings.Contains(x.Why, "NaN") || strings.Contains(x.Why, "277777") {
					t.Errorf("%d samples: %+v", n, x)
				}
			}
		}
	}
}

// Past the bound of sources, hosts are not told apart: what is gathered is no host's pool.
func TestGatheredSourcesAreNoPool(t *testing.T) {
	w := newWorld(3 * maxSources)
	w.run(8, func(w *world, i int) {
		for h := range 3 * maxSources {
			if i == 0 {
				w.open("10."+string(rune('a'+h%26))+"."+time.Duration(h).String(), "")
			}
		}
	})
	r := w.report()
	if r.Verdict.Cause == "oversized-pool" {
		t.Errorf("verdict %+v", r.Verdict)
	}
	if !doubts(r, "sources of connections") {
		t.Errorf("not told: %+v", r.DataQuality)
	}
}

// Commands fit the server and what its lists print.
func TestCommandsFitTheServer(t *testing.T) {
	m := &model{tl: &Timeline{Slots: parse.SlotRule{Family: parse.FamilyRedis}, Servers: []Server{{Version: "5.0.14"}}}}
	acl := "redis-cli ACL LOG 20"
	if m.understands(acl) || !m.understands("redis-cli CLIENT LIST") {
		t.Error("Redis 5.0 has no ACL")
	}
	for _, s := range []Server{{Version: "6.0.0"}, {Version: "7.2.4"}, {Version: "10.0"}, {}} {
		if m.tl.Servers[0] = s; !m.understands(acl) {
			t.Errorf("%q has ACL", s.Version)
		}
	}
	m.tl.Slots.Family, m.tl.Servers[0].Version = parse.FamilyDragonfly, "1.25.0"
	if !m.understands(acl) {
		t.Error("Dragonfly counts its versions from 1")
	}
	m.tl.Slots.Family = parse.FamilyValkey
	list := "redis-cli CLIENT LIST | grep -F '{match}'"
	for _, c := range []struct {
		text, want string
		s          Source
	}{
		{list, "redis-cli CLIENT LIST | grep -F ' name=cart'", Source{Host: "10.0.0.1", Name: "cart"}},
		{list, "redis-cli CLIENT LIST | grep -F ' addr=10.0.0.1:'", Source{Host: "10.0.0.1"}},
		{list, "redis-cli CLIENT LIST | grep -F ' addr=[fd00:1::2]:'", Source{Host: "fd00:1::2", Name: "$(reboot)"}},
		{"grep 'open files' /proc/$(pidof redis-server)/limits", "grep 'open files' /proc/$(pidof valkey-server)/limits", Source{}},
	} {
		if got := m.fill(c.text, &Finding{Sources: []Source{c.s}}); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// A limit of 0 is none that is told.
func TestLimitOfZeroIsNotKnown(t *testing.T) {
	w := newWorld(300)
	w.run(60, func(w *world, i int) { w.fleet("10.2.0", "web", 4, 10, 0.5) })
	for _, r := range w.records {
		if i, ok := r.(*parse.Info); ok {
			i.Reset(bytes.Replace(bytes.Clone(i.Text), []byte("maxclients:300"), []byte("maxclients:0"), 1))
		}
	}
	r := w.report()
	if r.Verdict.Status != Healthy || !strings.Contains(r.Verdict.Summary, "the limit is not known") || strings.Contains(mustJSON(t, r), "Inf %") {
		t.Errorf("verdict %+v, ruled out %+v", r.Verdict, r.RuledOut)
	}
}

// Where commands are not counted a storm is told by refusals for the slots, without a
// number that is none.
func TestStormWithoutCommands(t *testing.T) {
	w := newWorld(100)
	w.run(80, func(w *world, i int) {
		n := 90
		if i >= 20 {
			n = 100
		}
		w.pool("10.2.0.1", "web", n, 0.5)
		if i >= 20 {
			w.refused += 3000
		}
	})
	r := w.without("total_commands_processed").report()
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
	w := newWorld(100)
	w.run(80, func(w *world, i int) {
		w.pool("10.2.0.1", "web", min(90+i, 100), 0.5)
		if i >= 20 && i%2 == 0 {
			w.refused++
		}
	})
	if got := why(w.without("total_commands_processed").report(), "retry-storm"); !strings.Contains(got, "a second and slot") || strings.Contains(got, "NaN") {
		t.Errorf("%s", got)
	}
}

// Pods without a name, each in a network of its own: the dead ones show all the same.
func TestZombiesOfScatteredNetworks(t *testing.T) {
	story := func(dead int) *Report {
		w := newWorld(300)
		host := func(k int) string { return fmt.Sprintf("10.%d.%d.9", 10+7*k, 3*k) }
		w.run(100, func(w *world, i int) {
			for k := range 10 {
				if k < dead && i > 30+5*k {
					w.pool(host(20+k), "", 10, 0.8) // stands in for the dead one, whose connections stay
					continue
				}
				w.pool(host(k), "", 10, 0.8)
			}
		})
		return w.report()
	}
	if r := story(6); r.Verdict.Cause != "zombie-connections" {
		t.Errorf("verdict %+v: %s", r.Verdict, why(r, "zombie-connections"))
	}
	if r := story(0); r.Verdict.Status != Healthy {
		t.Errorf("none dead: verdict %+v", r.Verdict)
	}
}

// A recorder whose clock is an hour off, or in another zone, sees the same slow commands:
// by INFO's time, and without it by when the log first showed them.
func TestSlowCommandsByAnotherClock(t *testing.T) {
	build := func() *world {
		w := newWorld(300)
		w.run(80, func(w *world, i int) {
			n := 4
			if i > 30 {
				n = 40
				w.keys(i)
			}
			w.slow = w.slow[:min(len(w.slow), 128)]
			w.keys(0)
			w.slow = w.slow[1:]
			w.fleet("10.2.0", "web", 4, n, 0.5)
		})
		return w
	}
	shift := func(w *world, d time.Duration) *world {
		for _, r := range w.records {
			if !r.Base().At.IsZero() {
				r.Base().At = r.Base().At.Add(d)
			}
		}
		return w
	}
	want := build().report()
	if want.Verdict.Cause != "slow-commands" {
		t.Fatalf("verdict %+v", want.Verdict)
	}
	for _, d := range []time.Duration{-2 * time.Hour, -5 * time.Minute, time.Hour} {
		for _, keys := range []string{"no_such_key", "server_time_usec"} {
			r := shift(build(), d).without(keys).report()
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
