package reduce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/finding"
	"github.com/connbox/connbox/fleet"
)

func summaryOf(t testing.TB, rows []fleet.Row, before ...fleet.Row) *Summary {
	t.Helper()
	r := New()
	for i := range before {
		r.Before(&before[i])
	}
	for i := range rows {
		r.Add(&rows[i])
	}
	return r.Summary("test")
}

func encoded(t testing.TB, s *Summary) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAnyOrder: rows in any order give the same bytes.
func TestAnyOrder(t *testing.T) {
	n := simulatedNight(rand.New(rand.NewPCG(3, 9)), 300, 4)
	for i := range n.rows {
		r := &n.rows[i]
		r.Pools = []fleet.Pool{{Service: fmt.Sprintf("svc-%d", i%40), Instances: 3.3, Size: 9.7, Needed: 4, Hi: 6, Spare: 19}}
		full := float64(i)
		r.FullMin, r.FullLoMin = &full, &full
		if i%50 == 7 {
			*r = fleet.Row{Input: r.Input, Server: r.Server, Status: fleet.Failed, Reason: "unreadable", Error: "cut"}
		}
	}
	before := append([]fleet.Row{}, n.rows[10:60]...)
	want := encoded(t, summaryOf(t, n.rows, before...))
	for seed := range 5 {
		dice := rand.New(rand.NewPCG(uint64(seed), 1))
		dice.Shuffle(len(n.rows), func(i, k int) { n.rows[i], n.rows[k] = n.rows[k], n.rows[i] })
		if encoded(t, summaryOf(t, n.rows, before...)) != want {
			t.Fatal("another order, another summary")
		}
	}
}

// leakRow is a row of a leak.
func leakRow(server, service string, from, onset time.Time) fleet.Row {
	to, sure := from.Add(12*time.Hour), 0.9
	lo, hi := onset.Add(-30*time.Second), onset.Add(30*time.Second)
	return fleet.Row{Schema: 1, Input: server + from.Format("-0215") + ".connbox", Server: server, Label: server, Status: "incident", Cause: "connection-leak", From: &from, To: &to, Confidence: &sure,
		Causes: []fleet.Cause{{ID: "connection-leak", Role: "root", Onset: &onset, OnsetLo: &lo, OnsetHi: &hi, Sources: []fleet.Source{{Service: service, Connections: 10}}}}}
}

// TestOverlap: what recordings of one server tell of the same time counts once everywhere, and it is said.
func TestOverlap(t *testing.T) {
	day := time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)
	row := func(server string, begin, hours int) fleet.Row {
		r := leakRow(server, "cart", day.Add(time.Duration(begin)*time.Hour), day.Add(3*time.Hour))
		to, full, refused := r.From.Add(time.Duration(hours)*time.Hour), 30.0, int64(7)
		r.Input, r.To, r.FullMin, r.Refused = fmt.Sprintf("%s-%02d-%d", server, begin, hours), &to, &full, &refused
		r.Pools = []fleet.Pool{{Service: "shop", Instances: 2, Size: 9, Needed: 3, Hi: 4, Spare: 12}}
		return r
	}
	ofText := func(r fleet.Row) fleet.Row { // which tells the process and no address
		r.Server, r.Label, r.Input, r.RunID = "export", "", "export.txt", "abc"
		return r
	}
	ofProcess := row("r1", 0, 12)
	ofProcess.RunID = "abc"
	hours := []fleet.Row{row("r1", 0, 24)}
	for h := range 23 {
		hours = append(hours, row("r1", h, 1))
	}
	for _, c := range []struct {
		name            string
		rows            []fleet.Row
		times, overlaps int
	}{
		{"half of it", []fleet.Row{row("r1", 0, 12), row("r1", 2, 12)}, 1, 1},
		{"a day and its hours", hours, 1, 23},
		{"a chain", []fleet.Row{row("r1", 0, 12), row("r1", 11, 12), row("r1", 22, 12)}, 1, 2},
		{"a snapshot and its copy", []fleet.Row{row("r1", 3, 0), row("r1", 3, 0)}, 1, 1},
		{"a recording and its text", []fleet.Row{ofProcess, ofText(ofProcess)}, 1, 1},
		{"a text and its recording", []fleet.Row{ofText(ofProcess), ofProcess}, 1, 1},
		{"two nights", []fleet.Row{row("r1", 0, 12), row("r1", 24, 12)}, 2, 0},
		{"two servers", []fleet.Row{row("r1", 0, 12), row("r2", 0, 12)}, 2, 0},
	} {
		s := summaryOf(t, c.rows)
		got := []int{s.Counts.Incidents, len(s.Onsets), s.Counts.FullSoon, len(s.Next), s.Causes[0].N, s.Services[0].Servers, int(s.Services[0].Connections) / 10,
			int(s.Services[0].Refused) / 7, int(s.Counts.Refused) / 7, s.Pools[0].Servers, int(s.Pools[0].Spare) / 12}
		for i, n := range got {
			if n != c.times {
				t.Errorf("%s: number %d is %d, want %d: %s", c.name, i, n, c.times, encoded(t, s))
			}
		}
		said := strings.Contains(strings.Join(s.Doubts, "\n"), finding.Count(c.overlaps, "recording")+" overlapped with another of the same server; "+finding.Count(c.overlaps, "incident")+" that")
		if said != (c.overlaps > 0) {
			t.Errorf("%s: %q", c.name, s.Doubts)
		}
	}
}

// TestGroupSays: what servers share is told, with clocks that differ; servers of one cluster are one
// witness.
func TestGroupSays(t *testing.T) {
	day := time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)
	var rows []fleet.Row
	for i := range 60 { // others, all night
		r := leakRow(fmt.Sprintf("o%d", i), fmt.Sprintf("svc-%d", i), day, day.Add(time.Duration(i)*11*time.Minute))
		r.Zone, r.Cluster = fmt.Sprintf("z%d", i%3), fmt.Sprintf("c%d", i)
		rows = append(rows, r)
	}
	for i := range 5 {
		r := leakRow(fmt.Sprintf("g%d", i), "cart", day, day.Add(5*time.Hour+time.Duration(i*20)*time.Second))
		r.Zone, r.Cluster, r.Version = fmt.Sprintf("z%d", i%3), fmt.Sprintf("d%d", i), "8.0.1"
		apart := float64(i * 40)
		r.ClockS = &apart
		rows = append(rows, r)
	}
	s := summaryOf(t, rows)
	if len(s.Groups) != 1 {
		t.Fatalf("%d groups", len(s.Groups))
	}
	g := s.Groups[0]
	shares := map[string]bool{}
	for _, x := range g.Shares {
		shares[x.What+" "+x.Value] = x.N == 5
	}
	if len(g.Servers) != 5 || g.WithinS != 80 || g.ClockS != 160 || !shares["service cart"] || !shares["version 8.0.1"] || len(shares) != 2 || s.FalseGroups > 0.05 {
		t.Errorf("%+v, %v by chance", g, s.FalseGroups)
	}
	if !strings.Contains(strings.Join(s.Doubts, "\n"), "clocks of servers differ") {
		t.Errorf("%v", s.Doubts)
	}
	for i := 60; i < 65; i++ {
		rows[i].Cluster, rows[i].Causes[0].Sources = "one", nil
	}
	s = summaryOf(t, rows)
	if len(s.Groups) != 1 || s.Groups[0].Of != "cluster one" {
		t.Errorf("one cluster: %+v", s.Groups)
	}
}

// TestSince: what is new, gone, there again, and what cannot be told.
func TestSince(t *testing.T) {
	day := time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)
	row := func(server, service string) fleet.Row { return leakRow(server, service, day, day.Add(time.Hour)) }
	well := row("b", "cart")
	well.Status, well.Cause, well.Causes = "healthy", "", nil
	s := summaryOf(t, []fleet.Row{row("a", "cart"), well, row("d", "new")}, row("a", "cart"), row("b", "cart"), row("c", "cart"))
	if s.Since == nil || len(s.Since.New) != 1 || s.Since.New[0].Server != "d" || len(s.Since.Repeated) != 1 || len(s.Since.Gone) != 1 || s.Since.Gone[0].Server != "b" ||
		len(s.Since.Unknown) != 1 || s.Since.Unknown[0].Server != "c" {
		t.Errorf("%+v", s.Since)
	}
}

// TestTail holds the tail against sums of its terms.
func TestTail(t *testing.T) {
	for _, mean := range []float64{1e-6, 0.1, 1, 7.5, 80} {
		p, below := math.Exp(-mean), 0.0
		for k := range 120 {
			if got, want := tail(k, mean), 1-below; math.Abs(got-want) > 1e-12+1e-9*want && want > 1e-10 {
				t.Errorf("tail(%d, %v) = %v, want %v", k, mean, got, want)
			}
			below += p
			p *= mean / float64(k+1)
		}
	}
}

// manyRows gives rows of servers night after night, a tenth of them incidents.
func manyRows(n, servers int, each func(*fleet.Row)) {
	dice := rand.New(rand.NewPCG(5, 5))
	begin := time.Date(2026, 1, 1, 20, 0, 0, 0, time.UTC)
	for i := range n {
		night := begin.Add(time.Duration(i/servers) * 24 * time.Hour)
		name := fmt.Sprintf("redis-%05d", i%servers)
		row := leakRow(name, fmt.Sprintf("svc-%d", dice.IntN(400)), night, night.Add(time.Duration(dice.Float64()*11*float64(time.Hour))))
		row.Cause = causeIDs[dice.IntN(len(causeIDs))]
		row.Causes[0].ID = row.Cause
		if dice.Float64() > 0.1 {
			row.Status, row.Cause, row.Causes = "healthy", "", nil
		}
		each(&row)
	}
}

// TestMemoryIsFlat: ten times as many rows of the same servers take hardly more memory.
func TestMemoryIsFlat(t *testing.T) {
	held := func(n int) float64 {
		r := New()
		manyRows(n, 2000, r.Add)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(r)
		return float64(m.HeapAlloc) / 1e6
	}
	few, many := held(20_000), held(200_000)
	t.Logf("%.1f MB of 20,000 rows, %.1f MB of 200,000", few, many)
	if many > few+25 { // 18,000 incidents more, of which groups are looked for
		t.Errorf("%.1f MB of 20,000 rows, %.1f MB of 200,000", few, many)
	}
}

// BenchmarkMillion puts a million rows of 10,000 servers through the reducer.
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		r := New()
		manyRows(1_000_000, 10_000, r.Add)
		s := r.Summary("test")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapInuse)/1e6, "MB")
		b.ReportMetric(float64(s.Counts.Incidents), "incidents")
	}
}
