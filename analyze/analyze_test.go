package analyze

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/cause"
	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/analyze/verdict"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/appmetrics"
	"github.com/connbox/connbox/parse/dump"
	"github.com/connbox/connbox/parse/record"
)

// contract is the frozen list of causes.
var contract = []string{"connection-leak", "retry-storm", "output-buffer-loop", "oversized-pool", "connection-churn", "app-pool-exhaustion",
	"blocking-commands", "slow-commands", "maxclients-too-low", "fd-limit", "internal-connections", "serverless-fanout", "zombie-connections",
	"deploy-overlap", "autoscaling-spiral", "auth-failure-loop", "protected-mode-refusals", "client-eviction", "idle-cut", "reconnect-wave", "server-stall", "server-outage", "query-buffer-growth"}

func TestCatalog(t *testing.T) {
	var ids []string
	for _, c := range verdict.Catalog() {
		ids = append(ids, c.ID)
		if c.Title == "" || c.Phrase == "" || !strings.HasSuffix(c.Question, "?") || c.Method == "" || len(c.Needs) == 0 || len(c.Signs) == 0 || len(c.Fixes) == 0 {
			t.Errorf("%s: its documentation is not complete", c.ID)
		}
		seen := map[string]bool{}
		for _, p := range c.Signs {
			if p.Why == "" || p.Unit == "" || seen[p.Name] {
				t.Errorf("%s: parameter %q needs a unit, a reason and a name of its own", c.ID, p.Name)
			}
			seen[p.Name] = true
		}
		if !slices.ContainsFunc(c.Fixes, func(f cause.Fix) bool { return f.Good }) || !slices.ContainsFunc(c.Fixes, func(f cause.Fix) bool { return !f.Good }) {
			t.Errorf("%s: a stop-gap for tonight and a fix for good are wanted", c.ID)
		}
		for _, f := range c.Fixes {
			if f.Risk == "" || f.Command == "" || f.Effect == "" || f.Check == "" {
				t.Errorf("%s: fix %q is not complete", c.ID, f.Command)
			}
		}
	}
	if !slices.Equal(ids, contract) {
		t.Errorf("catalog %v\nwant %v", ids, contract)
	}
}

func leakWorld() *world.World {
	w := world.New(300)
	w.Run(80, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		w.Pool("10.1.0.2", "cart", 10, 0.5)
		if i > 10 {
			w.Leak("10.1.0.2", "cart")
			w.Leak("10.1.0.2", "cart")
			w.Leak("10.1.0.3", "cart")
		}
	})
	return w
}

// The order of rows within a list is the server's whim: it rotates its list of clients.
func TestRowOrderDoesNotMatter(t *testing.T) {
	w := leakWorld()
	want := mustJSON(t, report(w))
	rng := rand.New(rand.NewPCG(3, 4))
	for _, r := range w.Records {
		if l, ok := r.(*record.Clients); ok {
			rng.Shuffle(len(l.Rows), func(i, j int) { l.Rows[i], l.Rows[j] = l.Rows[j], l.Rows[i] })
		}
	}
	if got := mustJSON(t, report(w)); got != want {
		t.Errorf("the report changed with the order of rows")
	}
}

func mustJSON(t *testing.T, r *finding.Report) string {
	t.Helper()
	c := *r
	c.Signals, c.Holders, c.WhatIf = nil, nil, nil // hold NaNs, compared apart
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + fmt.Sprint(r.Holders, r.Signals, r.WhatIf)
}

// Analysing twice gives the same, and does not change the timeline.
func TestRunIsPure(t *testing.T) {
	tl, err := timeline.Collect(leakWorld().Source())
	if err != nil {
		t.Fatal(err)
	}
	a, b := mustJSON(t, Run(tl, Options{})), mustJSON(t, Run(tl, Options{}))
	if a != b {
		t.Error("two runs differ")
	}
}

// Thinning out a long recording keeps the ledger exact and the verdict the same.
func TestThinning(t *testing.T) {
	w := world.New(50000)
	w.Dt = 5
	w.Run(7000, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 4, 0.5)
		if i > 1000 && i%100 == 0 {
			w.Leak("10.1.0.2", "cart")
		}
		w.Accepted += 2
		w.NextID += 2
	})
	tl, err := timeline.Collect(w.Source())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tl.Samples); n > timeline.MaxSamples || n < timeline.MaxSamples/2 {
		t.Errorf("%d samples kept", n)
	}
	var accepted float64
	for i := range tl.Samples {
		if !math.IsNaN(tl.Samples[i].Accepted) {
			accepted += tl.Samples[i].Accepted
		}
	}
	first, _ := w.Records[0].(*record.Info).Int("total_connections_received")
	if want := float64(w.Accepted - first); accepted != want {
		t.Errorf("accepted %v after thinning, want %v", accepted, want)
	}
	births := 0
	for _, s := range tl.Sources {
		if s.Key.Name == "cart" {
			for _, c := range s.Cells {
				births += int(c.Births)
			}
		}
	}
	if births != 59 {
		t.Errorf("%d births of cart, want 59", births)
	}
	if r := Run(tl, Options{}); r.Verdict.Cause != "connection-leak" {
		t.Errorf("verdict %+v", r.Verdict)
	}
}

// 65,000 clients of 65,000 hosts stay within the bound on sources and memory.
func TestManyHosts(t *testing.T) {
	w := world.New(70000)
	w.Run(6, func(w *world.World, i int) {
		for k := range 11000 {
			n := i*11000 + k
			w.Open(fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255), fmt.Sprintf("app%d", n))
		}
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tl, err := timeline.Collect(w.Source())
	if err != nil {
		t.Fatal(err)
	}
	r := Run(tl, Options{})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if len(tl.Sources) > timeline.MaxSources+1 {
		t.Errorf("%d sources", len(tl.Sources))
	}
	if len(r.Holders) > 50 {
		t.Errorf("%d holders", len(r.Holders))
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("the timeline holds %d MiB", grown>>20)
	}
	runtime.KeepAlive(tl)
}

// Counters are differences within one process: a restart and a reset do not make them
// negative or count anything twice.
func TestLedgerAcrossRestartAndReset(t *testing.T) {
	w := world.New(500)
	w.Run(30, func(w *world.World, i int) {
		switch i {
		case 10:
			w.Restart(500)
		case 20: // CONFIG RESETSTAT
			w.Accepted, w.Commands, w.Refused = 0, 0, 0
		}
		w.Accepted, w.NextID, w.Commands = w.Accepted+3, w.NextID+3, w.Commands+100
	})
	tl, _ := timeline.Collect(w.Source())
	for i := range tl.Samples {
		if a := tl.Samples[i].Accepted; a < 0 || a > 3 {
			t.Errorf("sample %d: accepted %v", i, a)
		}
	}
	if len(tl.Servers) != 2 || tl.Resets != 1 {
		t.Errorf("servers %d, resets %d", len(tl.Servers), tl.Resets)
	}
}

func TestInfoOnly(t *testing.T) {
	w := world.New(300)
	w.NoList = true
	w.Run(80, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.9)
		if i > 10 {
			w.Leak("10.1.0.2", "cart")
			w.Leak("10.1.0.2", "cart")
		}
	})
	r := report(w)
	if r.Verdict.Cause != "connection-leak" || r.Verdict.Confidence > 0.9 {
		t.Errorf("verdict %+v", r.Verdict)
	}
	if len(r.Causes[0].Sources) != 0 {
		t.Errorf("INFO alone cannot name sources: %+v", r.Causes[0].Sources)
	}
	checkReport(t, r)
}

func TestListOnly(t *testing.T) {
	w := leakWorld()
	w.Records = slices.DeleteFunc(w.Records, func(r record.Record) bool { return r.Kind() == record.KindInfo })
	r := report(w)
	if r.Verdict.Cause != "connection-leak" {
		t.Errorf("verdict %+v", r.Verdict)
	}
	if r.Impact.Refused != -1 {
		t.Errorf("refusals are not known without INFO, got %d", r.Impact.Refused)
	}
}

// Samples that were refused are samples: nothing but refusals is not healthy.
func TestNothingButRefusals(t *testing.T) {
	w := world.New(10)
	for i := range 40 {
		w.Records = append(w.Records, &record.Failure{Head: record.Head{At: time.Unix(1.8e9+int64(i)*15, 0)}, Class: record.FailMaxClients})
	}
	r := report(w)
	if r.Verdict.Status != finding.Undetermined {
		t.Errorf("verdict %+v", r.Verdict)
	}
	checkReport(t, r)
}

// An operator's loop dials for every sample, so at the limit it is refused itself. Those
// refusals are the limit; without them the leak would look like a pool that filled.
func TestRefusedProbesAreTheLimit(t *testing.T) {
	w := world.New(60)
	step := func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 3, 3, 0.9)
		w.Leak("10.1.0.2", "billing")
		w.Leak("10.1.0.2", "billing")
	}
	w.Run(40, step)
	var kept []record.Record
	full := -1
	for _, r := range w.Records {
		i, ok := r.(*record.Info)
		if n := int64(0); ok {
			if n, _ = i.Int("connected_clients"); n >= 60 && full < 0 {
				full = len(kept)
			}
		}
		last := r.Base().At.Equal(w.Records[len(w.Records)-1].Base().At)
		if full < 0 || last {
			kept = append(kept, r)
		} else if ok {
			kept = append(kept, &record.Failure{Head: i.Head, Class: record.FailMaxClients})
		}
	}
	w.Records = kept
	r := report(w)
	if r.Verdict.Cause != "connection-leak" {
		t.Fatalf("verdict %+v", r.Verdict)
	}
	checkReport(t, r)
	// With one slot left it counts as reached: what was refused and what was counted are
	// not of the same moment.
	if want := kept[full].Base().At; r.Impact.LimitReached.After(want) || want.Sub(r.Impact.LimitReached) > 15*time.Second {
		t.Errorf("limit reached %v, want %v or a sample before", r.Impact.LimitReached, want)
	}
	// The same without the last sample: the refusals alone must not look like health.
	w.Records = kept[:len(kept)-2]
	r = report(w)
	if r.Verdict.Cause != "connection-leak" || r.Impact.Refused != -1 || !r.Impact.Recovered.IsZero() {
		t.Errorf("verdict %+v, impact %+v", r.Verdict, r.Impact)
	}
}

// What evidence says of a place is what stands there.
func TestEvidenceIsWhatStandsThere(t *testing.T) {
	w := leakWorld()
	r := report(w)
	n := 0
	for _, c := range w.Records[len(w.Records)-1].(*record.Clients).Rows {
		if c.Name == "cart" {
			n++
		}
	}
	total := 0
	for _, s := range r.Causes[0].Sources {
		total += s.Connections
	}
	if total != n || !strings.Contains(r.Causes[0].Claim, fmt.Sprintf("became %d", n)) {
		t.Errorf("the last list has %d, the sources %d, the claim says %s", n, total, r.Causes[0].Claim)
	}
	for _, h := range r.Holders {
		if h.Label == "cart" && h.Last != n {
			t.Errorf("the table says %d at the end", h.Last)
		}
	}
}

func TestEmpty(t *testing.T) {
	r := report(&world.World{})
	if r.Verdict.Status != finding.Undetermined {
		t.Errorf("verdict %+v", r.Verdict)
	}
	checkReport(t, r)
}

func TestAppPoolExhaustion(t *testing.T) {
	var b strings.Builder
	w := world.New(500)
	w.Run(60, func(w *world.World, i int) {
		w.Fleet("10.2.0", "api", 3, 4, 0.9)
		idle, total := 2, max(i-20, 0)*9
		if i > 20 {
			idle = 0
		}
		for h := range 3 {
			ms := int64(w.At * 1000)
			fmt.Fprintf(&b, "redis_pool_conn_max{service=\"api\",instance=\"10.2.0.%d\"} 4 %d\n", h+1, ms)
			fmt.Fprintf(&b, "redis_pool_conn_total_current{service=\"api\",instance=\"10.2.0.%d\"} 4 %d\n", h+1, ms)
			fmt.Fprintf(&b, "redis_pool_conn_idle_current{service=\"api\",instance=\"10.2.0.%d\"} %d %d\n", h+1, idle, ms)
			fmt.Fprintf(&b, "redis_pool_timeout_total{service=\"api\",instance=\"10.2.0.%d\"} %d %d\n", h+1, total, ms)
		}
	})
	app, err := appmetrics.Read(strings.NewReader(b.String()), "app.prom")
	if err != nil {
		t.Fatal(err)
	}
	tl, _ := timeline.Collect(w.Source())
	r := Run(tl, Options{App: app})
	if r.Verdict.Cause != "app-pool-exhaustion" || r.Causes[0].Sources[0].Name != "api" {
		t.Errorf("verdict %+v", r.Verdict)
	}
	checkReport(t, r)
	if r := Run(tl, Options{}); r.Verdict.Status != finding.Healthy {
		t.Errorf("without the metrics: %+v", r.Verdict)
	}
}

// A name from a stranger never becomes part of a command.
func TestCommandsHoldNoHostileNames(t *testing.T) {
	w := world.New(300)
	w.Run(60, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		for range 2 {
			w.Leak("10.1.0.2", "x';rm${IFS}-rf${IFS}~;'")
		}
	})
	r := report(w)
	if r.Verdict.Cause != "connection-leak" {
		t.Fatalf("verdict %+v", r.Verdict)
	}
	for _, a := range r.Actions {
		if strings.Contains(a.Command, "rm$") {
			t.Errorf("command %q", a.Command)
		}
	}
}

// Names that differ in one character are different sources.
func TestSourcesAreExact(t *testing.T) {
	w := world.New(300)
	w.Run(60, func(w *world.World, i int) {
		w.Pool("10.2.0.1", "cart-a", 10, 0.5)
		w.Pool("10.2.0.2", "cart-b", 10, 0.5)
		w.Leak("10.2.0.2", "cart-b")
	})
	r := report(w)
	if s := r.Causes[0].Sources; s[0].Name != "cart-b" || s[0].Host != "10.2.0.2" || s[0].Share < 0.99 {
		t.Errorf("sources %+v", s)
	}
}

// Any text is answered with a verdict, never with a crash.
func FuzzRun(f *testing.F) {
	f.Add([]byte("2026-11-20T03:00:00Z\n# Clients\r\nconnected_clients:5\r\nmaxclients:10\r\nid=1 addr=1.2.3.4:5 name= age=1 idle=1 flags=N omem=0 cmd=get\n"))
	f.Add([]byte("2026-11-20T03:00:00Z\nERR max number of clients reached\n\n2026-11-20T02:00:00Z\n# Stats\nrejected_connections:-1\nuptime_in_seconds:99999999999999\n"))
	f.Add([]byte("# Server\nrun_id:x\nuptime_in_seconds:5\nmaxclients:0\nconnected_clients:9223372036854775807\n# Server\nrun_id:x\nuptime_in_seconds:1\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		tl, _ := timeline.Collect(dump.NewReader(bytes.NewReader(in), "fuzz"))
		r := Run(tl, Options{})
		checkReport(t, r)
		if again := Run(tl, Options{}); !reflect.DeepEqual(again.Verdict, r.Verdict) {
			t.Error("two runs differ")
		}
	})
}

func Example() {
	tl, err := timeline.Collect(leakWorld().Source())
	if err != nil {
		fmt.Println(err)
		return
	}
	r := Run(tl, Options{})
	fmt.Println(r.Verdict.Status, r.Verdict.Cause)
	fmt.Println(r.Verdict.Summary)
	fmt.Printf("first to blame: %s (%s)\n", r.Causes[0].Sources[0].Name, r.Causes[0].Sources[0].Host)
	// Output:
	// incident connection-leak
	// cart (10.1.0.2) and 1 more opened 12.0 connections a minute from 08:02:44 on and closed hardly any: 10 became 217.
	// first to blame: cart (10.1.0.2)
}

// Recordings that contradict themselves get no verdict, however tempting.
func TestContradictions(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, c := range []struct {
		name  string
		spoil func(w *world.World)
		says  string
	}{
		{"a clock in disorder", func(w *world.World) {
			for _, r := range w.Records {
				if h := r.Base(); r.Kind() == record.KindInfo {
					h.At = h.At.Add(time.Duration(rng.IntN(600)-300) * time.Second)
				}
			}
		}, "backwards"},
		{"two servers in turns", func(w *world.World) {
			n := 0
			for _, r := range w.Records {
				if i, ok := r.(*record.Info); ok {
					if n++; n%2 == 0 {
						i.Reset(bytes.Replace(bytes.Clone(i.Text), []byte("run_id:a"), []byte("run_id:b"), 1))
					}
				}
			}
		}, "different servers"},
		{"lists that are cut", func(w *world.World) {
			for _, r := range w.Records {
				if l, ok := r.(*record.Clients); ok {
					l.Rows = l.Rows[:min(len(l.Rows), 3)]
				}
			}
		}, "less than half"},
		{"numbers beyond reason", func(w *world.World) {
			for _, r := range w.Records {
				if i, ok := r.(*record.Info); ok {
					text := bytes.Replace(bytes.Clone(i.Text), []byte("connected_clients:"), []byte("connected_clients:99999999999999"), 1)
					i.Reset(bytes.Replace(text, []byte("maxclients:"), []byte("maxclients:99999999999999"), 1))
				}
			}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := leakWorld()
			c.spoil(w)
			r := report(w)
			checkReport(t, r)
			if c.says != "" && (r.Verdict.Status != finding.Undetermined || !strings.Contains(r.Verdict.Summary, c.says)) {
				t.Errorf("verdict %+v, want undetermined with %q", r.Verdict, c.says)
			}
			if strings.Contains(r.Verdict.Summary, "99999") {
				t.Errorf("believed: %s", r.Verdict.Summary)
			}
		})
	}
}
