package analyze

import (
	"fmt"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/world"
)

// A leak of a connection an hour, since days: within half an hour's recording it adds too
// little to be a rise. It is named by what it left where the host's siblings have nothing of
// the kind, makes the recording less surely healthy where there are none, and is no leak
// where all hosts keep as many, as pools with a minimum do.
func TestSlowLeakSinceLongBefore(t *testing.T) {
	left := func(w *world.World, host string, n int, apart float64) {
		for k := range n {
			c := w.Open(host, "cart")
			c.Lost, c.Born = true, w.At-apart*float64(k+1)
			c.Used = c.Born
		}
	}
	run := func(hosts int, old func(w *world.World), more bool) *finding.Report {
		return storyReport(2000, 160, func(w *world.World) { w.Boot -= 1e6 }, func(w *world.World, i int) {
			if i == 0 {
				old(w)
			}
			for h := range hosts {
				host := fmt.Sprintf("10.1.0.%d", h+1)
				w.Pool(host, "cart", 8+len(lostOf(w, host)), 0.6)
			}
			w.Fleet("10.2.0", "web", 3, 40, 0.6)
			if more && i%30 == 14 {
				w.Leak("10.1.0.2", "cart")
			}
		})
	}
	named := run(4, func(w *world.World) { left(w, "10.1.0.2", 40, 400) }, true)
	if named.Verdict.Cause != "connection-leak" || len(named.Causes[0].Sources) == 0 || named.Causes[0].Sources[0].Host != "10.1.0.2" {
		t.Errorf("the leak is not named: %+v", named.Verdict)
	}
	checkReport(t, named)
	for name, old := range map[string]func(w *world.World){
		"all hosts keep as many": func(w *world.World) {
			for h := range 4 {
				left(w, fmt.Sprintf("10.1.0.%d", h+1), 40, 400)
			}
		},
		"in one go, and no more": func(w *world.World) { left(w, "10.1.0.2", 40, 0.01) },
	} {
		if r := run(4, old, name[0] == 'a'); r.Verdict.Status != finding.Healthy {
			t.Errorf("%s: %+v", name, r.Verdict)
		}
	}
	alone := run(2, func(w *world.World) { left(w, "10.1.0.2", 40, 400) }, true)
	quiet := run(2, func(w *world.World) {}, false)
	if alone.Verdict.Status == finding.Healthy && alone.Verdict.Confidence > quiet.Verdict.Confidence-0.1 {
		t.Errorf("as sure as ever: %+v\nagainst %+v", alone.Verdict, quiet.Verdict)
	}
}

// Every host of an application leaks, and none of them ever has four connections: its hosts are
// blamed, and those of no other application.
func TestLeakOfManySmallHosts(t *testing.T) {
	r := storyReport(500, 120, nil, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 20, 0.6)
		w.Fleet("10.1.0", "cart", 40, 1, 1)
		if i >= 20 && i < 100 {
			w.Leak(fmt.Sprintf("10.1.0.%d", i%40+1), "cart")
		}
	})
	if r.Verdict.Cause != "connection-leak" || len(r.Causes[0].Sources) == 0 {
		t.Fatalf("%s of %d sources: %s", r.Verdict.Cause, len(r.Causes[0].Sources), r.Verdict.Summary)
	}
	for _, s := range r.Causes[0].Sources {
		if !strings.HasPrefix(s.Host, "10.1.0.") || !(s.Share > 0) {
			t.Errorf("%+v is blamed", s)
		}
	}
}
