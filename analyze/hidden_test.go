package analyze

import (
	"fmt"
	"math"
	"testing"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fixtures/world"
	"github.com/connbox/connbox/parse/record"
)

type hiddenStory struct {
	name   string
	limit  int
	n      int
	want   string
	noList bool // INFO alone; else all clients have one address
	step   func(w *world.World, i int)
}

func (s *hiddenStory) play() *world.World {
	w := world.New(s.limit)
	w.NoList = s.noList
	w.Run(s.n, func(w *world.World, i int) {
		s.step(w, i)
		if !s.noList {
			for _, c := range w.Clients {
				c.Host = "10.0.0.1"
			}
		}
	})
	return w
}

// hiddenStories are what INFO alone, or a list behind one address, must tell apart by the
// ledger, the buffers and the processor's time.
var hiddenStories = []hiddenStory{
	{name: "readers are cut and come back", limit: 500, n: 100, noList: true, want: "output-buffer-loop", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		w.OutMax, w.ClientMem, w.Old = 0, 1<<20, true
		if i > 20 {
			w.OutMax, w.ClientMem = 4<<20, 1<<20+int64(i%4)<<20
			if i%4 == 0 {
				w.Accepted++ // one went, one came
			}
		}
	}},
	{name: "large replies that are read", limit: 500, n: 100, noList: true, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.5)
		w.Old, w.OutMax, w.ClientMem = true, int64(i%4)<<20, 1<<20+int64(i%4)<<20
		if i%5 == 0 {
			w.Accepted++ // an agent that comes and goes
		}
	}},
	{name: "long commands, pools behind them", limit: 500, n: 100, noList: true, want: "slow-commands", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10+min(20, max(i-40, 0)), 8/float64(10+min(20, max(i-40, 0))))
		w.Cpu += 0.002
		if i >= 40 && i%3 == 0 {
			w.Cpu += 2
		}
	}},
	{name: "more work, and more connections for it", limit: 500, n: 100, noList: true, want: "healthy", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10+min(20, max(i-40, 0)), 0.8)
		w.Cpu += 0.0001 * float64(len(w.Clients))
	}},
	{name: "a connection for each request, beside pools", limit: 500, n: 60, noList: true, want: "connection-churn", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.9)
		w.Accepted, w.NextID, w.Commands = w.Accepted+150, w.NextID+150, w.Commands+6000
	}},
	{name: "instances with a connection each come and go", limit: 260, n: 140, noList: true, want: "serverless-fanout", step: instances},
	{name: "the same behind one address", limit: 260, n: 140, want: "serverless-fanout", step: instances},
	{name: "slots taken from the first sample on", limit: 205, n: 80, noList: true, want: "oversized-pool", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 8, 25, 0.02)
	}},
	{name: "work stops, others take over, the dead stay", limit: 600, n: 100, noList: true, want: "zombie-connections", step: func(w *world.World, i int) {
		dead := 0
		if i >= 40 {
			dead = 6
		}
		for h := range 8 + dead {
			switch name := fmt.Sprintf("10.2.0.%d", h+1); {
			case h < dead && i < 43, h >= 8 && i < 43: // not yet
			case h >= 8 || h >= dead:
				w.Pool(name, "web", 15, 0.5)
			}
		}
	}},
	{name: "a slow leak among pools, from a fleet's start on", limit: 900, n: 120, noList: true, want: "connection-leak", step: func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 8, min(15, 2+i), 0.6)
		if i > 30 && i%2 == 0 {
			w.Leak("10.1.0.2", "cart")
		}
	}},
}

// instances start and end one by one; each opens one connection.
func instances(w *world.World, i int) {
	w.Fleet("10.9.0", "web", 1, 20, 0.9)
	for _, c := range w.Of("", "fn") {
		if w.Rng.Float64() < 0.04 {
			w.Close(c)
		} else if w.Rng.Float64() < 0.3 {
			c.Used = w.At
			w.Commands += 3
		}
	}
	start := 0
	for range 80 { // about a Poisson count of 8: nobody starts them in turn
		if w.Rng.Float64() < 0.1 {
			start++
		}
	}
	if i == 0 {
		start = 200
	}
	for k := range start {
		if c := w.Open(fmt.Sprintf("10.%d.%d.9", i%200+20, k%250), "fn"); c != nil {
			w.Commands += 3
		}
	}
}

func TestHiddenHosts(t *testing.T) {
	for _, s := range hiddenStories {
		t.Run(s.name, func(t *testing.T) {
			r := report(s.play())
			got := r.Verdict.Cause
			if r.Verdict.Status == finding.Healthy {
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
	full := report(leakWorld())
	for _, r := range []*finding.Report{full, hiddenLeak(5), hiddenLeak(80)} {
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

func hiddenLeak(n int) *finding.Report {
	w := world.New(300)
	w.NoList = true
	w.Run(n, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.9)
		w.Leak("10.1.0.2", "cart")
		w.Leak("10.1.0.2", "cart")
	})
	return report(w)
}

// TestListsAlone: without INFO nothing is known of the server's start, and a leak from
// before the recording is still told.
func TestListsAlone(t *testing.T) {
	w := world.New(2000)
	w.NoInfo = true
	for range 60 {
		w.At += 4 * w.Dt
		w.Leak("10.1.0.2", "cart")
	}
	w.Run(100, func(w *world.World, i int) {
		w.Fleet("10.2.0", "web", 4, 10, 0.9)
		w.Leak("10.1.0.2", "cart")
	})
	r := report(w)
	if r.Verdict.Cause != "connection-leak" || len(r.Causes) == 0 || r.Causes[0].Sources[0].Name != "cart" {
		t.Errorf("%+v", r.Verdict)
	}
	checkReport(t, r)
}

// TestClockSet: a recorder's clock that is set makes no answer late.
func TestClockSet(t *testing.T) {
	w := world.New(500)
	w.Run(100, func(w *world.World, i int) {
		w.Late = 0.01
		if i >= 80 {
			w.Late = 170
		}
		w.Fleet("10.2.0", "web", 6, 10+max(i-78, 0)/2, 0.8)
	})
	if r := report(w); r.Verdict.Status != finding.Healthy {
		t.Errorf("%+v", r.Verdict)
	}
}

// Behind one address, connections that were used, fell silent together and stayed, with as
// many others on top, are dead peers'; what falls silent after a burst is its pools' rest.
func TestDeadPeersBehindOneAddress(t *testing.T) {
	story := func(die bool) *finding.Report {
		gone := map[int]bool{}
		w := world.New(900)
		w.Run(160, func(w *world.World, i int) {
			for g := range 4 { // instances of several sizes, each connection used in most samples
				if die && i == 50+g/2*40 { // a node with two of them
					gone[g] = true
				}
				if !gone[g] {
					w.Pool(fmt.Sprintf("10.1.0.%d", g), "api", 6+5*g, 0.9)
				}
				if gone[g] || !die && i > 50 && i < 70 {
					w.Pool(fmt.Sprintf("10.2.0.%d", g), "api", 6+5*g, 0.9)
				}
			}
			w.Pool("10.3.0.1", "web", 20, 0.6)
		})
		for _, r := range w.Records {
			if l, ok := r.(*record.Clients); ok {
				for k := range l.Rows {
					l.Rows[k].Addr, l.Rows[k].Name = fmt.Sprintf("10.0.0.1:%d", l.Rows[k].ID), ""
				}
			}
		}
		return report(w)
	}
	if r := story(true); r.Verdict.Cause != "zombie-connections" {
		t.Errorf("dead peers: %+v", r.Verdict)
	}
	if r := story(false); r.Verdict.Status != finding.Healthy {
		t.Errorf("a burst: %+v", r.Verdict)
	}
}
