package analyze

import (
	"fmt"
	"math"
	"testing"

	"github.com/connbox/connbox/parse"
)

// hiddenStories are what INFO alone, or a list behind one address, must tell apart by the
// ledger, the buffers and the processor's time.
var hiddenStories = []struct {
	name   string
	limit  int
	n      int
	want   string
	noList bool // INFO alone; else all clients have one address
	step   func(w *world, i int)
}{
	{name: "readers are cut and come back", limit: 500, n: 100, noList: true, want: "output-buffer-loop", step: func(w *world, i int) {
		w.fleet("10.2.0", "web", 4, 10, 0.5)
		w.outMax, w.clientMem, w.old = 0, 1<<20, true
		if i > 20 {
			w.outMax, w.clientMem = 4<<20, 1<<20+int64(i%4)<<20
			if i%4 == 0 {
				w.accepted++ // one went, one came
			}
		}
	}},
	{name: "large replies that are read", limit: 500, n: 100, noList: true, want: "healthy", step: func(w *world, i int) {
		w.fleet("10.2.0", "web", 4, 10, 0.5)
		w.old, w.outMax, w.clientMem = true, int64(i%4)<<20, 1<<20+int64(i%4)<<20
		if i%5 == 0 {
			w.accepted++ // an agent that comes and goes
		}
	}},
	{name: "long commands, pools behind them", limit: 500, n: 100, noList: true, want: "slow-commands", step: func(w *world, i int) {
		w.fleet("10.2.0", "web", 4, 10+min(20, max(i-40, 0)), 8/float64(10+min(20, max(i-40, 0))))
		w.cpu += 0.002
		if i >= 40 && i%3 == 0 {
			w.cpu += 2
		}
	}},
	{name: "more work, and more connections for it", limit: 500, n: 100, noList: true, want: "healthy", step: func(w *world, i int) {
		w.fleet("10.2.0", "web", 4, 10+min(20, max(i-40, 0)), 0.8)
		w.cpu += 0.0001 * float64(len(w.clients))
	}},
	{name: "a connection for each request, beside pools", limit: 500, n: 60, noList: true, want: "connection-churn", step: func(w *world, i int) {
		w.fleet("10.2.0", "web", 4, 10, 0.9)
		w.accepted, w.nextID, w.commands = w.accepted+150, w.nextID+150, w.commands+6000
	}},
	{name: "instances with a connection each come and go", limit: 260, n: 140, noList: true, want: "serverless-fanout", step: instances},
	{name: "the same behind one address", limit: 260, n: 140, want: "serverless-fanout", step: instances},
	{name: "slots taken from the first sample on", limit: 205, n: 80, noList: true, want: "oversized-pool", step: func(w *world, i int) {
		w.fleet("10.2.0", "web", 8, 25, 0.02)
	}},
	{name: "work stops, others take over, the dead stay", limit: 600, n: 100, noList: true, want: "zombie-connections", step: func(w *world, i int) {
		dead := 0
		if i >= 40 {
			dead = 6
		}
		for h := range 8 + dead {
			switch name := fmt.Sprintf("10.2.0.%d", h+1); {
			case h < dead && i < 43, h >= 8 && i < 43: // not yet
			case h >= 8 || h >= dead:
				w.pool(name, "web", 15, 0.5)
			}
		}
	}},
	{name: "a slow leak among pools, from a fleet's start on", limit: 900, n: 120, noList: true, want: "connection-leak", step: func(w *world, i int) {
		w.fleet("10.2.0", "web", 8, min(15, 2+i), 0.6)
		if i > 30 && i%2 == 0 {
			w.leak("10.1.0.2", "cart")
		}
	}},
}

// instances start and end one by one; each opens one connection.
func instances(w *world, i int) {
	w.fleet("10.9.0", "web", 1, 20, 0.9)
	for _, c := range w.of("", "fn") {
		if w.rng.Float64() < 0.04 {
			w.close(c)
		} else if w.rng.Float64() < 0.3 {
			c.used = w.at
			w.commands += 3
		}
	}
	start := 0
	for range 80 { // about a Poisson count of 8: nobody starts them in turn
		if w.rng.Float64() < 0.1 {
			start++
		}
	}
	if i == 0 {
		start = 200
	}
	for k := range start {
		if c := w.open(fmt.Sprintf("10.%d.%d.9", i%200+20, k%250), "fn"); c != nil {
			w.commands += 3
		}
	}
}

func TestHiddenHosts(t *testing.T) {
	for _, s := range hiddenStories {
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(s.limit)
			w.noList = s.noList
			w.run(s.n, func(w *world, i int) {
				s.step(w, i)
				if !s.noList {
					for _, c := range w.clients {
						c.host = "10.0.0.1"
					}
				}
			})
			r := w.report()
			got := r.Verdict.Cause
			if r.Verdict.Status == Healthy {
				got = "healthy"
			}
			if got != s.want {
				t.Errorf("verdict %s %s: %s", r.Verdict.Status, got, r.Verdict.Summary)
				for _, x := range r.RuledOut {
					if x.ID == s.want {
						t.Logf("%s: %s", x.ID, x.Why)
					}
				}
			}
			checkReport(t, r)
		})
	}
}

// TestConfidenceAddsUp: the parts of a confidence sum to it, and it never rises when a
// recording shows less.
func TestConfidenceAddsUp(t *testing.T) {
	full := leakWorld().report()
	for _, r := range []*Report{full, hiddenLeak(5), hiddenLeak(80)} {
		sum := 0.0
		for _, c := range r.Verdict.Parts {
			sum += c.Value
		}
		if math.Abs(sum-r.Verdict.Confidence) > 0.006 {
			t.Errorf("%s: parts sum to %.3f, confidence %.3f: %v", r.Verdict.Status, sum, r.Verdict.Confidence, r.Verdict.Parts)
		}
	}
	if a, b := hiddenLeak(80).Verdict.Confidence, full.Verdict.Confidence; a >= b {
		t.Errorf("INFO alone gives %.2f, the client list %.2f", a, b)
	}
	if a, b := hiddenLeak(12).Verdict.Confidence, hiddenLeak(80).Verdict.Confidence; a >= b {
		t.Errorf("12 samples give %.2f, 80 give %.2f", a, b)
	}
}

func hiddenLeak(n int) *Report {
	w := newWorld(300)
	w.noList = true
	w.run(n, func(w *world, i int) {
		w.fleet("10.2.0", "web", 4, 10, 0.9)
		w.leak("10.1.0.2", "cart")
		w.leak("10.1.0.2", "cart")
	})
	return w.report()
}

// TestCalibration: every curve rises, stays within what may be said, and every tier that a
// recording can be of has one.
func TestCalibration(t *testing.T) {
	seen := map[tier]bool{}
	for _, c := range calibration {
		seen[c.tier] = true
		for i, k := range c.at {
			if k.right < leastSure || k.right > mostSure || i > 0 && (k.score <= c.at[i-1].score || k.right < c.at[i-1].right) {
				t.Errorf("%s %s: knots %v", c.tier, c.status, c.at)
			}
		}
		for _, s := range c.causes {
			if CauseByID(s.cause) == nil {
				t.Errorf("%s: no cause %q", c.tier, s.cause)
			}
		}
		last := 0.0
		for s := 0.0; s <= 1; s += 0.01 {
			p := calibrated(c.tier, c.status, "", s)
			if p < last {
				t.Errorf("%s %s falls at score %.2f", c.tier, c.status, s)
			}
			last = p
		}
	}
	for _, want := range []tier{tierInfo, tierRows, tierAddress, tierList, tierFull} {
		if !seen[want] {
			t.Errorf("no calibration for %s", want)
		}
	}
}

// TestListsAlone: without INFO nothing is known of the server's start, and a leak from
// before the recording is still told.
func TestListsAlone(t *testing.T) {
	w := newWorld(2000)
	w.noInfo = true
	for range 60 {
		w.at += 4 * w.dt
		w.leak("10.1.0.2", "cart")
	}
	w.run(100, func(w *world, i int) {
		w.fleet("10.2.0", "web", 4, 10, 0.9)
		w.leak("10.1.0.2", "cart")
	})
	r := w.report()
	if r.Verdict.Cause != "connection-leak" || len(r.Causes) == 0 || r.Causes[0].Sources[0].Name != "cart" {
		t.Errorf("%+v", r.Verdict)
	}
	checkReport(t, r)
}

// TestClockSet: a recorder's clock that is set makes no answer late.
func TestClockSet(t *testing.T) {
	w := newWorld(500)
	w.run(100, func(w *world, i int) {
		w.late = 0.01
		if i >= 80 {
			w.late = 170
		}
		w.fleet("10.2.0", "web", 6, 10+max(i-78, 0)/2, 0.8)
	})
	if r := w.report(); r.Verdict.Status != Healthy {
		t.Errorf("%+v", r.Verdict)
	}
}

// Behind one address, connections that were used, fell silent together and stayed, with as
// many others on top, are dead peers'; what falls silent after a burst is its pools' rest.
func TestDeadPeersBehindOneAddress(t *testing.T) {
	story := func(die bool) *Report {
		gone := map[int]bool{}
		w := newWorld(900)
		w.run(160, func(w *world, i int) {
			for g := range 4 { // instances of several sizes, each connection used in most samples
				if die && i == 50+g/2*40 { // a node with two of them
					gone[g] = true
				}
				if !gone[g] {
					w.pool(fmt.Sprintf("10.1.0.%d", g), "api", 6+5*g, 0.9)
				}
				if gone[g] || !die && i > 50 && i < 70 {
					w.pool(fmt.Sprintf("10.2.0.%d", g), "api", 6+5*g, 0.9)
				}
			}
			w.pool("10.3.0.1", "web", 20, 0.6)
		})
		for _, r := range w.records {
			if l, ok := r.(*parse.Clients); ok {
				for k := range l.Rows {
					l.Rows[k].Addr, l.Rows[k].Name = fmt.Sprintf("10.0.0.1:%d", l.Rows[k].ID), ""
				}
			}
		}
		return w.report()
	}
	if r := story(true); r.Verdict.Cause != "zombie-connections" {
		t.Errorf("dead peers: %+v", r.Verdict)
	}
	if r := story(false); r.Verdict.Status != Healthy {
		t.Errorf("a burst: %+v", r.Verdict)
	}
}

// Runs of times close together are blocks from four on.
func TestBlocksOf(t *testing.T) {
	for _, c := range []struct {
		at     []float64
		blocks int
		held   float64
		first  float64
	}{
		{nil, 0, 0, 0},
		{[]float64{1, 2, 3}, 0, 0, 0},
		{[]float64{1, 2, 3, 4, 100, 101, 102, 103, 104, 200}, 2, 9, 1},
		{[]float64{5, 60, 70, 80, 90}, 1, 4, 60},
	} {
		if b, h, f := blocksOf(c.at, 15); b != c.blocks || h != c.held || f != c.first {
			t.Errorf("%v: %d %v %v", c.at, b, h, f)
		}
	}
}
