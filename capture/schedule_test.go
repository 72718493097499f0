package capture

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/bundle"
	"github.com/connbox/connbox/parse/record"
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
		{66 * time.Millisecond, 14 * time.Second, ""}, // no word for a small change
		{200 * time.Millisecond, 40 * time.Second, "now every 40s"},
		{time.Millisecond, 10 * time.Second, "CLIENT LIST: every 10s again"},
	}
	for _, s := range steps {
		tk.cost = costs(s.cost)
		got := tk.adapt(0.005)
		if tk.interval != s.want || (s.says == "") != (got == "") || !strings.Contains(got, s.says) {
			t.Errorf("cost %v: every %v, %q; want %v, %q", s.cost, tk.interval, got, s.want, s.says)
		}
	}
}

// costs is a meter that knows what the last reply cost.
func costs(d time.Duration) (m costMeter) {
	for range 3 {
		m.replied(1, 0, d)
	}
	return m
}

// What the last list cost is paid off before the next, which is put off though it was due, and
// brought forward again when the cost turns out to be less.
func TestAdaptPutsOff(t *testing.T) {
	asked := time.Unix(1000, 0)
	tk := task{Probe: Probe{Share: 0.5}, every: 10 * time.Second, interval: 10 * time.Second, last: asked, next: asked.Add(10 * time.Second)}
	for _, step := range []struct{ cost, next time.Duration }{
		{25 * time.Millisecond, 50 * time.Second},
		{40 * time.Millisecond, 80 * time.Second},
		{15 * time.Millisecond, 30 * time.Second},
		{time.Millisecond, 10 * time.Second},
	} {
		tk.cost = costs(step.cost)
		tk.adapt(0.001)
		if got := tk.next.Sub(asked); got != step.next {
			t.Errorf("a list of %v: the next after %v, want %v", step.cost, got, step.next)
		}
	}
	tk.next = asked.Add(time.Hour) // it rests, not permitted
	tk.cost = costs(25 * time.Millisecond)
	if tk.adapt(0.001); tk.next != asked.Add(time.Hour) {
		t.Error("a rest was cut short")
	}
}

// The first list tells what it costs: by commandstats at the next INFO, by its pieces' round trips
// where the server has none of CLIENT LIST, and never more than mostPerRow a row.
func TestCostOfFirstList(t *testing.T) {
	tests := []struct {
		name        string
		parts, rows int
		wait        time.Duration
		micros      int64 // by commandstats; 0 = the server has none
		want        time.Duration
	}{
		{"stats", 40, 10_000, 3 * time.Millisecond, 18_000, 18 * time.Millisecond},
		{"stats of a slow memory", 40, 10_000, time.Millisecond, 81_000, 81 * time.Millisecond},
		{"stats of a stalled machine", 40, 10_000, time.Millisecond, 3_000_000, 100 * time.Millisecond},
		{"pieces", 40, 10_000, 450 * time.Microsecond, 0, 18 * time.Millisecond},
		{"one call", 0, 10_000, 12 * time.Millisecond, 0, 12 * time.Millisecond},
		{"one call in a stall", 0, 10_000, 8 * time.Second, 0, 100 * time.Millisecond},
		{"few clients", 0, 3, 200 * time.Millisecond, 0, leastRows * mostPerRow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m costMeter
			if tt.micros > 0 {
				m.stat(0, 0)
			}
			m.asked = true
			if tt.micros > 0 { // INFO saw the list, whose last bytes were still on their way
				m.stat(int64(max(tt.parts, 1)), tt.micros)
			}
			m.replied(tt.parts, tt.rows, tt.wait)
			if tt.micros > 0 {
				m.stat(int64(m.parts), tt.micros)
			}
			if got := m.perReply(); abs(got-tt.want) > tt.want/50 {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestCostMeter(t *testing.T) {
	const ms = time.Millisecond
	var m costMeter
	check := func(want time.Duration, why string) {
		t.Helper()
		if got := m.perReply(); got != want {
			t.Errorf("%v, want %v: %s", got, want, why)
		}
	}
	check(0, "nothing is known")
	m.replied(1, 0, 30*ms)
	m.replied(1, 0, 8*ms)
	check(0, "two waits, one of them a stall of the server")
	m.replied(1, 0, 20*ms)
	check(8*ms, "the least of three")
	m.stat(10, 50_000)
	check(8*ms, "one reading is no difference")
	for _, step := range []struct {
		calls, micros int64
		asked         bool
		want          time.Duration
		why           string
	}{
		{12, 64_000, true, 8 * ms, "one difference of two"},
		{14, 78_000, true, 7 * ms, "14 ms over 2 calls, of which one is somebody else's"},
		{1, 4_000, true, 7 * ms, "CONFIG RESETSTAT, or another process"},
		{2, 5_000, true, ms, "the new mean"},
		{3, 50_000, true, ms, "one slow call"},
		{4, 90_000, false, ms, "calls of others alone"},
		{5, 130_000, true, 40 * ms, "two slow calls"},
	} {
		if step.asked {
			m.asked = true
			m.replied(1, 0, 20*ms)
		}
		m.stat(step.calls, step.micros)
		check(step.want, step.why)
	}
}

// Each list is paid off by what it cost itself, and not by the cheaper one before; a reading as of a
// stalled server counts when the next is as high.
func TestCostIsOfTheLastList(t *testing.T) {
	const rows = 10_000
	var m costMeter
	m.stat(0, 0)
	micros := int64(0)
	for i, step := range []struct{ perRow, want time.Duration }{
		{2 * time.Microsecond, 2 * time.Microsecond},
		{8 * time.Microsecond, 8 * time.Microsecond},
		{2 * time.Microsecond, 2 * time.Microsecond},
		{300 * time.Microsecond, mostPerRow},
		{20 * time.Microsecond, 20 * time.Microsecond},
	} {
		m.asked = true
		m.replied(40, rows, 0)
		micros += step.perRow.Microseconds() * rows
		m.stat(int64(40*(i+1)), micros)
		if got := m.perReply(); abs(got-step.want*rows) > time.Millisecond {
			t.Errorf("list %d of %v a row: %v, want %v", i, step.perRow, got, step.want*rows)
		}
	}
}

// A list costs by its rows, so that one of many clients is not taken for as cheap as the one before.
func TestCostGrowsWithRows(t *testing.T) {
	var m costMeter
	m.stat(0, 0)
	calls, micros := int64(0), int64(0)
	for _, rows := range []int{100, 100, 10_000} {
		calls, micros = calls+int64(max(1, rows/pieceSize)), micros+int64(rows)*2
		m.asked = true
		m.replied(max(1, rows/pieceSize), rows, 0)
		m.stat(calls, micros)
	}
	if got := m.perReply(); got != 20*time.Millisecond {
		t.Errorf("10,000 rows of 2 us: %v", got)
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
	tk.cost = costs(20 * time.Millisecond)
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

// TestClockIsSet: the wall clock is set forward and back by an hour while a real server is recorded
// into a bundle. No sample is missed for it, each step is said once, and the bundle opens.
func TestClockIsSet(t *testing.T) {
	s := testserver.Start(t)
	path := filepath.Join(t.TempDir(), "x.connbox")
	var step atomic.Int64 // hours
	opts := Options{Target: targetOf(s), Info: leastInterval, Clients: leastInterval,
		clock: func(t time.Time) time.Time { return t.Add(time.Duration(step.Load()) * time.Hour) }}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	samples := 0
	opts.OnSample = func(Progress) {
		switch samples++; samples {
		case 20, 40:
			step.Store(int64(samples/20) % 2)
		case 60:
			end()
		}
	}
	w, err := bundle.CreateLive(path, opts.Meta("test"))
	if err != nil {
		t.Fatal(err)
	}
	stats, err := Run(ctx, opts, w)
	if err != nil || stats.Failures > 0 {
		t.Fatal(stats, err)
	}
	if err := w.Close("signal"); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	n, infos, said := int64(0), int64(0), []string{}
	for b.Scan() {
		n++
		switch r := b.Record().(type) {
		case *record.Info:
			infos++
		case *record.Mark:
			if strings.Contains(r.Text, "clock moved") {
				said = append(said, r.Text)
			}
		}
	}
	if b.Err() != nil || n != stats.Records || infos < stats.Probes[0].Asked-1 { // the end may cut one short
		t.Errorf("%d of %d records, %d of %d INFO: %v", n, stats.Records, infos, stats.Probes[0].Asked, b.Err())
	}
	if len(said) != 2 || !strings.Contains(said[0], "by 1h0m0s") || !strings.Contains(said[1], "by -1h0m0s") {
		t.Errorf("said: %q", said)
	}
}
