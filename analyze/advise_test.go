package analyze

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/measure"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/analyze/whatif"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse"
)

// recorded analyses a recorded incident.
func recorded(t *testing.T, name string) *finding.Report {
	t.Helper()
	src, err := parse.Open("../fixtures/incidents/" + name + ".dump.zst")
	return Run(collect(t, src, err), Options{})
}

// TestAdviceNames: a fix names who it is for: the host that leaks and not its whole
// application, the application and not the first of its hosts, the slow command itself.
func TestAdviceNames(t *testing.T) {
	for _, c := range []struct{ file, has, lacks string }{
		{"leak-then-storm", "restart the leaking instances (pricing at 127.73.0.1), one at a time", "(pricing)"},
		{"leak-then-storm", "or after stopping one instance, type: CLIENT LIST", "redis-cli"}, // which a full server refuses
		{"autoscale-spiral", "stop the autoscaler of 127.27.0.0/16", "autoscaler of 127.27.123.13"},
		{"auth-failures", "give 127.11.121.1 and 4 more the", ""},
		{"slow-command", "let each ZUNIONSTORE of export work on", "USER"}, // whose name nobody knows
		{"blocking-queue", "grep -F ' name=accounts'", ""},
		{"client-eviction", "sort -rn", "-k2"}, // which sorted by id
	} {
		var all []string
		for _, a := range recorded(t, c.file).Actions {
			all = append(all, a.Command)
		}
		s := strings.Join(all, "\n")
		if !strings.Contains(s, c.has) || c.lacks != "" && strings.Contains(s, c.lacks) {
			t.Errorf("%s: want %q and not %q in:\n%s", c.file, c.has, c.lacks, s)
		}
	}
}

// TestBetterCommand: what replaces a slow command is a command that does the same. ZUNIONSTORE has
// no cursor, and the slow command of a recording without a slow log is not known.
func TestBetterCommand(t *testing.T) {
	for cmd, want := range map[string]string{
		"KEYS":          "replace KEYS by SCAN in api",
		"SMEMBERS":      "replace SMEMBERS by SSCAN in api",
		"HGETALL":       "replace HGETALL by HSCAN in api",
		"DEL":           "replace DEL by UNLINK in api",
		"FLUSHDB":       "replace FLUSHDB by FLUSHDB ASYNC in api",
		"ZRANGEBYSCORE": "let each ZRANGEBYSCORE of api ask for a smaller range",
		"LRANGE":        "let each LRANGE of api ask for a smaller range",
		"EVALSHA":       "split the script that EVALSHA of api runs",
		"SORT":          "let each SORT of api work on fewer or smaller keys",
		"":              "find the long command of api (SLOWLOG GET)",
	} {
		m := &measure.Model{TL: &timeline.Timeline{}}
		if cmd != "" {
			m.TL.Slow = []timeline.SlowCommand{{Cmd: "GET", Micros: 10}, {Cmd: cmd, Micros: 1e6}}
		}
		f := &finding.Finding{ID: "slow-commands", Sources: []finding.Source{{Host: "10.0.0.1", Name: "api"}}}
		for _, fix := range verdict.FixesOf(f.ID) {
			if got, _ := whatif.Fill(m, fix.Command, f); fix.Good && !strings.HasPrefix(got, want) {
				t.Errorf("%q: %q, want %q", cmd, got, want)
			}
		}
	}
}

// TestMatchUnnamed: where connections have no name, a command looks for their address.
func TestMatchUnnamed(t *testing.T) {
	m := &measure.Model{TL: &timeline.Timeline{}}
	for _, c := range []struct {
		s    []finding.Source
		want string
	}{
		{[]finding.Source{{Host: "10.0.0.1", Name: "api"}}, "' name=api'|api at 10.0.0.1"},
		{[]finding.Source{{Host: "10.0.0.1"}, {Host: "10.0.0.2"}}, "' addr=10.0.0.1:'|10.0.0.1 and 1 more"},
		{[]finding.Source{{Host: "10.0.0.1", Name: "x'; rm"}}, "' addr=10.0.0.1:'|10.0.0.1"},
		{nil, ""},
	} {
		if got, known := whatif.Fill(m, "'{match}'|{who}", &finding.Finding{Sources: c.s}); known != (c.want != "") || known && got != c.want {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
}

// TestLimitAnswers: where the limit was reached, no answer may say that it holds nobody back.
func TestLimitAnswers(t *testing.T) {
	for _, name := range []string{"autoscale-spiral", "slow-command", "storm-after-restart", "deploy-overlap", "leak-then-storm", "limit-organic"} {
		for _, a := range recorded(t, name).Answers {
			if strings.Contains(a.Why, "the limit is not what") {
				t.Errorf("%s: %s %s, but connections were refused", name, a.Question, a.Why)
			}
		}
	}
}

// TestOneHostLabel: one host is called by its address, several by their network.
func TestOneHostLabel(t *testing.T) {
	var got []string
	for _, h := range recorded(t, "auth-failures").Holders {
		got = append(got, h.Label)
	}
	for label, want := range map[string]bool{"127.0.0.1": true, "127.0.0.0/16": false, "127.11.0.0/16": true, "127.11.0.0/16 user=svc-47": true} {
		if slices.Contains(got, label) != want {
			t.Errorf("%q in %q: want %v", label, got, want)
		}
	}
	w := world.New(100)
	w.Run(40, func(w *world.World, _ int) { w.Pool("10.0.0.1", "", 5, 0.5) })
	if h := report(w).Holders; len(h) != 1 || h[0].Label != "10.0.0.1" {
		t.Errorf("%+v", h)
	}
}

// TestEvidencePlaces: a place is named once.
func TestEvidencePlaces(t *testing.T) {
	for _, c := range recorded(t, "deploy-overlap").Causes {
		for _, e := range c.Evidence {
			if len(e.At) == 2 && e.At[0] == e.At[1] {
				t.Errorf("%s: %s at %v", e.Ref, e.Claim, e.At)
			}
		}
	}
}

// TestHealthyFailedProbes: a probe that got no reply may have been refused: to say "none
// refused" would be more than is known.
func TestHealthyFailedProbes(t *testing.T) {
	for name, want := range map[string]string{"ok-restart": "none counted as refused", "ok-steady": "none refused"} {
		if s := recorded(t, name).Verdict.Summary; !strings.Contains(s, want) {
			t.Errorf("%s: %s", name, s)
		}
	}
}

// TestFullRecording: a confidence does not blame few samples where there were enough, and a
// number that did not move did not go anywhere.
func TestFullRecording(t *testing.T) {
	for _, name := range []string{"limit-organic", "stall-fork", "ok-diurnal", "undetermined-three-samples"} {
		r := recorded(t, name)
		for _, p := range r.Verdict.Parts {
			if strings.HasPrefix(p.What, "few samples") && name != "undetermined-three-samples" {
				t.Errorf("%s: %+v", name, p)
			}
		}
		for _, x := range r.RuledOut {
			if strings.Contains(x.Why, "from 0 to 0") {
				t.Errorf("%s: %s", name, x.Why)
			}
		}
		for _, x := range r.WhatIf {
			if len(x.At) > len(slices.Compact(slices.Clone(x.At))) {
				t.Errorf("%s: %s: %v", name, x.ID, x.At)
			}
		}
	}
}

// TestAlertAtOnce: an alert at the first sample of an incident is not "0 s after it began".
func TestAlertAtOnce(t *testing.T) {
	w := whatIfOf(recorded(t, "deploy-overlap"), "alert")
	if w == nil || !strings.Contains(w.Answer, "fires at 15:21:56 as it began: ") {
		t.Errorf("%+v", w)
	}
}

// TestTimelineOnce: what reaches the limit at once is not said to pass 80 % of it as well.
func TestTimelineOnce(t *testing.T) {
	for name, want := range map[string]bool{"deploy-overlap": false, "leak-then-storm": true} {
		got := slices.ContainsFunc(recorded(t, name).Timeline, func(e finding.Event) bool { return strings.HasPrefix(e.What, "80 %") })
		if got != want {
			t.Errorf("%s: 80 %% of the limit in the timeline: %v", name, got)
		}
	}
}

// TestTimeToLimitSteps: a level that a stall lifted once does not rise since, and where
// connections were refused the limit was reached already.
func TestTimeToLimitSteps(t *testing.T) {
	if w := whatIfOf(recorded(t, "stall-fork"), "time-to-limit"); w == nil || !w.Missing && w.Lo < 60 {
		t.Errorf("stall-fork stays at 189 of 259: %+v", w)
	}
	if w := whatIfOf(recorded(t, "slow-command"), "time-to-limit"); w != nil {
		t.Errorf("slow-command had refusals: %+v", w)
	}
}

// TestTimeToLimitSwings: where the swings reach the limit and no trend is sure, "not within 0 s"
// would be no answer.
func TestTimeToLimitSwings(t *testing.T) {
	m := &measure.Model{TL: &timeline.Timeline{}, LimitPeak: 128, LimitReached: 1 << 20}
	for i := range 60 {
		s := timeline.NewSample(float64(i)*15, 0)
		s.List = i + 1
		m.Samples, m.Occupancy, m.Lists, m.ListTimes = append(m.Samples, s), append(m.Occupancy, 100+30*math.Sin(float64(i)*0.7)), append(m.Lists, i), append(m.ListTimes, s.T)
	}
	w := (&whatif.Plan{Model: m, Report: &finding.Report{}}).TimeToLimit()
	if !w.Missing || !strings.Contains(w.Answer, "at once, or never") {
		t.Errorf("%+v", w)
	}
}

// TestPoolSizeGain: a size that is what there is gives nothing back.
func TestPoolSizeGain(t *testing.T) {
	w := whatIfOf(recorded(t, "churn"), "pool-size")
	if w == nil || strings.Contains(w.Answer, "back") {
		t.Errorf("of 5 instead of 5: %+v", w)
	}
}
