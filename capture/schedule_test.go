package capture

import (
	"strings"
	"testing"
	"time"
)

func TestAdvanceKeepsTheGrid(t *testing.T) {
	start := time.Unix(1000, 0)
	tests := []struct{ now, want time.Duration }{
		{10 * time.Millisecond, time.Second},
		{time.Second, time.Second},
		{1001 * time.Millisecond, 2 * time.Second},
		{7500 * time.Millisecond, 8 * time.Second}, // missed rounds are missed
	}
	for _, tt := range tests {
		tk := task{interval: time.Second, next: start}
		tk.advance(start.Add(tt.now))
		if got := tk.next.Sub(start); got != tt.want {
			t.Errorf("at %v: next at %v, want %v", tt.now, got, tt.want)
		}
	}
}

func TestAdapt(t *testing.T) {
	tk := task{Probe: Probe{Name: "CLIENT LIST", Share: 1}, every: 10 * time.Second, interval: 10 * time.Second}
	steps := []struct {
		cost time.Duration
		want time.Duration
		says string
	}{
		{0, 10 * time.Second, ""},
		{8800 * time.Microsecond, 10 * time.Second, ""}, // 10,000 clients: 0.09 % of the main thread
		{50 * time.Millisecond, 10 * time.Second, ""},   // just the budget
		{63200 * time.Microsecond, 13 * time.Second, "CLIENT LIST takes 63.2ms of the server's main thread: asked for every 10s, now every 13s, to stay within 0.5 %"},
		{66 * time.Millisecond, 13 * time.Second, ""}, // no word for a small change
		{200 * time.Millisecond, 40 * time.Second, "now every 40s"},
		{time.Millisecond, 10 * time.Second, "CLIENT LIST: every 10s again"},
	}
	for _, s := range steps {
		tk.cost = costMeter{told: true, exact: s.cost}
		got := tk.adapt(0.005)
		if tk.interval != s.want || (s.says == "") != (got == "") || !strings.Contains(got, s.says) {
			t.Errorf("cost %v: every %v, %q; want %v, %q", s.cost, tk.interval, got, s.want, s.says)
		}
	}
}

func TestCostMeter(t *testing.T) {
	var m costMeter
	if m.perCall() != 0 {
		t.Error("a cost from nothing")
	}
	m.wait(30 * time.Millisecond)
	m.wait(9 * time.Millisecond)
	if m.perCall() != 0 {
		t.Error("a cost from two waits, one of them a stall of the server")
	}
	m.wait(20 * time.Millisecond)
	if m.perCall() != 9*time.Millisecond {
		t.Errorf("%v, want the least of three", m.perCall())
	}
	m.stat(10, 50_000)
	if m.told {
		t.Error("one reading is no difference")
	}
	m.stat(12, 66_000)
	if m.perCall() != 8*time.Millisecond {
		t.Errorf("%v, want 16 ms over 2 calls", m.perCall())
	}
	m.stat(1, 4_000) // CONFIG RESETSTAT, or another process
	if m.perCall() != 8*time.Millisecond {
		t.Errorf("%v after a reset", m.perCall())
	}
	m.stat(2, 5_000)
	if m.perCall() != time.Millisecond {
		t.Errorf("%v, want the new mean", m.perCall())
	}
	m.stat(3, 50_000)
	if m.perCall() != time.Millisecond {
		t.Errorf("%v after one slow call", m.perCall())
	}
	m.stat(4, 90_000)
	if m.perCall() != 40*time.Millisecond {
		t.Errorf("%v after two", m.perCall())
	}
}

func TestCloseLook(t *testing.T) {
	now := time.Unix(1000, 0)
	tests := []struct {
		name              string
		clients, rejected int64
		want              bool
	}{
		{"steady", 1000, 5, false},
		{"a few", 1019, 5, false},
		{"under 5 %", 1049, 5, false},
		{"5 % more", 1050, 5, true},
		{"5 % less", 950, 5, true},
		{"refused", 1000, 6, true},
		{"server tells no refusals", 1000, -1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l closeLook
			l.wants(1000, 5, now)
			if got := l.wants(tt.clients, tt.rejected, now.Add(time.Second)); got != tt.want {
				t.Errorf("wants %v", got)
			}
		})
	}
}

// A storm that lasts costs a burst of lists, then one a minute, and never more than the
// budget allows.
func TestCloseLookIsBounded(t *testing.T) {
	start := time.Unix(1000, 0)
	tk := task{Probe: Probe{Share: 1}, every: time.Hour, interval: time.Hour, last: start, next: start.Add(time.Hour)}
	tk.cost = costMeter{told: true, exact: 20 * time.Millisecond}
	var l closeLook
	var lists []time.Time
	for s := range 3600 {
		now := start.Add(time.Duration(s) * time.Second)
		if l.wants(100, int64(s), now) {
			l.hasten(&tk, 0.005, now)
		}
		if !tk.next.After(now) {
			lists = append(lists, now)
			tk.last, tk.next = now, now.Add(tk.interval)
		}
	}
	if n := len(lists); n < closeBurst+55 || n > closeBurst+61 {
		t.Errorf("%d lists in an hour of refusals", n)
	}
	for i := 1; i < len(lists); i++ {
		if d := lists[i].Sub(lists[i-1]); d < 4*time.Second {
			t.Errorf("lists %v apart: 20 ms each may be asked every 4 s", d)
		}
	}
}

func TestBackoff(t *testing.T) {
	top := func(n int64) int64 { return n - 1 }
	b := &backoff{jitter: top}
	var got []time.Duration
	for range 8 {
		got = append(got, b.pause().Round(time.Millisecond))
	}
	want := []time.Duration{200, 400, 800, 1600, 3200, 5000, 5000, 5000}
	for i := range want {
		if got[i] != want[i]*time.Millisecond {
			t.Errorf("attempt %d: at most %v, want %v", i, got[i], want[i]*time.Millisecond)
		}
	}
	b.reset()
	if b.pause() > 200*time.Millisecond {
		t.Error("a reset begins anew")
	}
	b = newBackoff()
	b.attempt = 1000
	var sum time.Duration
	for range 1000 {
		p := b.pause()
		if p < backoffFloor || p > backoffCap {
			t.Fatalf("pause %v", p)
		}
		sum += p
	}
	if mean := sum / 1000; mean < 2*time.Second || mean > 3*time.Second {
		t.Errorf("mean pause %v: jitter is to be uniform up to the cap", mean)
	}
}

func TestClockMark(t *testing.T) {
	tests := []struct {
		wall, mono time.Duration
		want       string
	}{
		{time.Second, time.Second, ""},
		{time.Second + 900*time.Millisecond, time.Second, ""},
		{time.Hour + time.Second, time.Second, "moved by 1h0m0s"},
		{-59 * time.Second, time.Second, "moved by -1m0s"},
	}
	for _, tt := range tests {
		if got := clockMark(tt.wall, tt.mono); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%v, %v: %q, want %q", tt.wall, tt.mono, got, tt.want)
		}
	}
}
