package snapshot_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/snapshot"
	"github.com/connbox/connbox/parse/record"
	"github.com/connbox/connbox/parse/reply"
)

// A paste is what somebody hands over: the text of INFO and of CLIENT LIST, either may be
// empty, at a time or none.
type paste struct {
	info, list string
	at         time.Time
}

// shots gives the snapshots of pastes.
func shots(pastes ...paste) []snapshot.Shot {
	var c snapshot.Collector
	for i, p := range pastes {
		head := record.Head{At: p.at, Pos: record.Pos{File: "paste.txt", Line: int64(i + 1)}}
		if p.info != "" {
			in := &record.Info{Head: head}
			in.Reset([]byte(strings.ReplaceAll(p.info, "\n", "\r\n")))
			c.Add(in)
		}
		if p.list != "" {
			list := &record.Clients{Head: head}
			new(reply.ClientParser).Parse([]byte(p.list), list)
			c.Add(list)
		}
	}
	return c.Shots()
}

func factsOf(t *testing.T, p paste) *snapshot.Facts {
	t.Helper()
	s := shots(p)
	if len(s) != 1 {
		t.Fatalf("%d snapshots", len(s))
	}
	return snapshot.FactsOf(&s[0])
}

// said joins the lines of a topic.
func said(lines []snapshot.Line, topic snapshot.Topic) string {
	var out []string
	for _, l := range lines {
		if l.Topic == topic {
			out = append(out, l.Text)
		}
	}
	return strings.Join(out, " ")
}

// row is a line of CLIENT LIST.
func row(id int, addr string, age, idle int, cmd string, more ...string) string {
	flags := "N"
	if len(more) > 0 {
		flags = more[0]
	}
	extra := ""
	if len(more) > 1 {
		extra = " " + more[1]
	}
	return fmt.Sprintf("id=%d addr=%s fd=%d name= age=%d idle=%d flags=%s db=0 sub=0 psub=0 multi=-1 qbuf=0 qbuf-free=0 obl=0 oll=0 omem=0%s events=r cmd=%s\n", id, addr, 10+id, age, idle, flags, extra, cmd)
}

// many makes n rows of a host, one each step seconds.
func many(n int, host string, youngest, step int, idle func(age int) int, cmd string, more ...string) string {
	var b strings.Builder
	for i := range n {
		age := youngest + i*step
		b.WriteString(row(10000-age, fmt.Sprintf("%s:%d", host, 30000+i), age, idle(age), cmd, more...))
	}
	return b.String()
}

func unused(age int) int { return age }
func busy(age int) int   { return age % 3 }

// TestFullness: how full, or what is missing to know it; each with a near miss.
func TestFullness(t *testing.T) {
	for name, c := range map[string]struct {
		in         paste
		want, lack string
	}{
		"limit in INFO": {paste{info: "connected_clients:412\nmaxclients:500\n"}, "412 of 500 connections (82%).", "not in the input"},
		"no limit":      {paste{info: "connected_clients:412\n"}, "412 connections; the limit is not in the input: CONFIG GET maxclients shows it.", "of 0"},
		"below zero":    {paste{info: "connected_clients:4294967201\nmaxclients:500\n"}, "cannot be: \"4294967201\" (a counter of the server's that ran below zero); the limit is 500.", "not in the input"},
		"no number":     {paste{info: "connected_clients:-7\nmaxclients:500\n"}, "cannot be: \"-7\"; the limit is 500.", "not in the input"},
		"list alone":    {paste{list: many(16, "10.0.0.1", 5, 5, busy, "get")}, "16 connections in the list; the limit is not in the input", "%"},
		"INFO without clients": {paste{info: "used_memory:5\n"}, "How many connections there are is not in the input.",
			"0 connections"},
		"replicas and links": {paste{info: "connected_clients:400\nmaxclients:500\nconnected_slaves:2\ncluster_connections:10\n"},
			"400 connections and 12 of the server's own: 412 of 500 slots (82%).", "400 of 500"},
		"refused":          {paste{info: "connected_clients:5\nuptime_in_seconds:86400\ntotal_connections_received:12034\nrejected_connections:91\n"}, "Since the start 24 h ago: 12034 accepted (0.14/s), 91 refused (<1% of the attempts).", "unknown"},
		"none refused":     {paste{info: "connected_clients:5\nrejected_connections:0\n"}, "Since the start: 0 refused.", "attempts"},
		"blocked":          {paste{info: "connected_clients:1007\nblocked_clients:374\n"}, "374 in a blocking command (37%).", "subscriber"},
		"blocked not told": {paste{info: "connected_clients:1007\n"}, "1007 connections", "blocking"},
		"cuts":             {paste{info: "connected_clients:5\nevicted_clients:3\nclient_output_buffer_limit_disconnections:7\nclient_query_buffer_limit_disconnections:2\n"}, "7 cut at the output-buffer limit, 2 cut at the query-buffer limit, 3 evicted for memory.", "accepted"},
		"of an export":     {paste{info: "connected_clients:5\nuptime_in_seconds:100\ntotal_connections_received:50\nconnbox_counted_in_export:total_connections_received\n"}, "In the export: 50 accepted", "Since the start"},
	} {
		got := said(factsOf(t, c.in).Say(), snapshot.Fullness)
		if !strings.Contains(got, c.want) || strings.Contains(got, c.lack) {
			t.Errorf("%s: %q, want %q and not %q", name, got, c.want, c.lack)
		}
	}
}

// TestHolders: host by host, or that hosts cannot be told apart.
func TestHolders(t *testing.T) {
	for name, c := range map[string]struct{ list, want, lack string }{
		"one host holds most": {many(310, "10.1.4.21", 60, 60, unused, "get") + many(24, "10.1.4.22", 60, 60, busy, "hset"), "2 hosts: 10.1.4.21 310 (93%), 10.1.4.22 24 (7%).", "/16"},
		"one host":            {many(5, "10.1.4.21", 60, 60, busy, "get"), "All 5 come from 10.1.4.21.", "hosts:"},
		"masked":              {many(4, "{redacted}", 60, 60, busy, "subscribe"), "masked in the input: hosts cannot be told apart.", "come from"},
		"instances":           {many(8, "10.0.0.1", 9, 1, busy, "get") + many(8, "10.0.0.2", 9, 1, busy, "get") + many(8, "10.0.0.3", 9, 1, busy, "get"), "3 instances x 8 connections = 24 of 24.", "masked"},
		"no instances":        {many(8, "10.0.0.1", 9, 1, busy, "get") + many(7, "10.0.0.2", 9, 1, busy, "get") + many(5, "10.0.0.3", 9, 1, busy, "get"), "10.0.0.1 8 (40%)", "instances"},
	} {
		got := said(factsOf(t, paste{list: c.list}).Say(), snapshot.Holders)
		if !strings.Contains(got, c.want) || strings.Contains(got, c.lack) {
			t.Errorf("%s: %q, want %q and not %q", name, got, c.want, c.lack)
		}
	}
}

// TestLiving: arrival curve and use of the survivors.
func TestLiving(t *testing.T) {
	for name, c := range map[string]struct{ list, want, lack string }{
		"evenly, never used": {many(300, "10.1.4.21", 90000, 60, unused, "get") + many(20, "10.1.4.22", 60, 60, busy, "get"), "10.1.4.21: 300 of 300 were not used after their first moments (idle equals age). 10.1.4.21: opened one after the other, evenly from 30 h to 25 h ago (about 1.0 a minute).", "burst"},
		"in use":             {many(300, "10.1.4.21", 90000, 60, busy, "get"), "opened one after the other, evenly", "not used after"},
		"one burst":          {many(50, "10.1.4.21", 4000, 0, unused, "get"), "all opened within 0 s, 67 min ago", "evenly"},
		"mostly one burst":   {many(50, "10.1.4.21", 4000, 0, busy, "get") + row(1, "10.1.4.21:1", 90000, 2, "get"), "50 of 51 opened in one burst 67 min ago, the first 25 h ago", "evenly"},
		"a dead host":        {many(40, "10.1.4.21", 5000, 97, func(int) int { return 3600 }, "get") + many(40, "10.1.4.22", 5000, 97, busy, "get"), "10.1.4.21: 100% of them were last used at one time, 60 min ago.", "evenly from 99"},
		"few":                {many(4, "10.1.4.21", 5000, 97, busy, "get"), "Oldest 88 min", "opened"},
	} {
		got := said(factsOf(t, paste{list: c.list}).Say(), snapshot.Living)
		if !strings.Contains(got, c.want) || strings.Contains(got, c.lack) {
			t.Errorf("%s: %q, want %q and not %q", name, got, c.want, c.lack)
		}
	}
}

// TestWaiting: what lies in buffers, in all and at most.
func TestWaiting(t *testing.T) {
	f := factsOf(t, paste{info: "connected_clients:3\nclient_longest_output_list:633405\n",
		list: strings.ReplaceAll(row(1, "10.0.0.1:5", 70, 0, "subscribe", "P"), "omem=0", "omem=8388648") +
			strings.ReplaceAll(row(2, "10.0.0.2:5", 70, 0, "set"), "qbuf=0 ", "qbuf=46000000 ") + row(3, "10.0.0.2:6", 70, 0, "set")})
	got := said(f.Say(), snapshot.Waiting)
	for _, want := range []string{"Output waiting: 8 MiB in all, the most 8 MiB for 10.0.0.1.", "Query buffers: 43.9 MiB in all, 1 client with 1 MiB and more, the largest 43.9 MiB.", "Longest output list 633 405"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if c := snapshot.Candidates(f, nil); c[0].ID != "query-buffer-growth" || snapshot.Status(c, f, nil) != "incident" {
		t.Errorf("query buffers of 46 MB: %+v", c[0])
	}
	quiet := factsOf(t, paste{list: row(1, "10.0.0.1:5", 70, 0, "get")})
	if got := said(quiet.Say(), snapshot.Waiting); got != "" {
		t.Errorf("nothing waits: %q", got)
	}
	for _, c := range snapshot.Candidates(quiet, nil) {
		if c.ID == "query-buffer-growth" && c.Probability > 0.1 {
			t.Errorf("no query buffer holds anything: %+v", c)
		}
	}
}

// TestBetween: two snapshots without any time are as far apart as the same ids grew older.
func TestBetween(t *testing.T) {
	first := many(20, "10.0.0.1", 100, 7, busy, "get")
	later := ""
	for i := range 20 {
		later += row(10000-100-7*i, fmt.Sprintf("10.0.0.1:%d", 30000+i), 160+7*i, 160+7*i, "get")
	}
	later += row(20001, "10.0.0.9:1", 30, 30, "get") + row(20002, "10.0.0.9:2", 20, 20, "get") + row(20003, "10.0.0.9:3", 10, 10, "get")
	s := shots(paste{list: first}, paste{list: later})
	if len(s) != 2 {
		t.Fatalf("%d snapshots", len(s))
	}
	a, b := snapshot.FactsOf(&s[0]), snapshot.FactsOf(&s[1])
	got := said(snapshot.PairOf(a, b).Say(b), snapshot.Between)
	for _, want := range []string{"60 s apart, by the ages of connections in both.", "3 came, 0 went, 20 stayed (0% of them used in between).", "Most of the new ones beyond its share: 10.0.0.9."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	s = shots(paste{info: "run_id:a\nuptime_in_seconds:100\ntotal_connections_received:10\nrejected_connections:0\n"},
		paste{info: "run_id:a\nuptime_in_seconds:160\ntotal_connections_received:130\nrejected_connections:6\n"})
	a, b = snapshot.FactsOf(&s[0]), snapshot.FactsOf(&s[1])
	if got := said(snapshot.PairOf(a, b).Say(b), snapshot.Between); got != "60 s apart, by the server's uptime. 120 accepted (2.0/s), 6 refused (0.1/s)." {
		t.Errorf("%q", got)
	}
	if s = shots(paste{info: "run_id:a\n"}, paste{info: "run_id:b\n"}); snapshot.PairOf(snapshot.FactsOf(&s[0]), snapshot.FactsOf(&s[1])).Same {
		t.Error("other run ids, the same process")
	}
}

// TestCollectorKeepsTwo: memory is bounded by two lists, and a recording is no snapshot.
func TestCollectorKeepsTwo(t *testing.T) {
	list := many(5000, "10.0.0.1", 5, 1, busy, "get")
	var pastes []paste
	for range 11 {
		pastes = append(pastes, paste{list: list})
	}
	if s := shots(pastes...); len(s) != 2 || s[0].ListPos.Line != 1 || s[1].ListPos.Line != 11 {
		t.Errorf("%d snapshots, want the first and the last", len(s))
	}
	at := time.Unix(1_784_000_000, 0)
	pastes = nil
	for i := range 40 {
		pastes = append(pastes, paste{info: "connected_clients:5\n", at: at.Add(time.Duration(10*i) * time.Second)})
	}
	if s := shots(pastes...); s != nil {
		t.Errorf("40 samples over 390 s: %d snapshots", len(s))
	}
	if s := shots(pastes[:5]...); len(s) != 2 {
		t.Errorf("5 samples: %d snapshots", len(s))
	}
	var c snapshot.Collector
	if c.Add(&record.Config{Pairs: []record.Pair{{Key: "maxclients", Value: "15688"}}}); len(c.Shots()) != 1 || snapshot.FactsOf(&c.Shots()[0]).Limit != 15688 {
		t.Error("CONFIG GET alone tells the limit")
	}
}

// hostile are pastes that no server printed.
func hostile() map[string]paste {
	rng := rand.New(rand.NewPCG(5, 5))
	const tokens = "id=-9 addr=:[]{}\n\x00\xff age=idle=e99 flags="
	junk := make([]byte, 1<<14)
	for i := range junk {
		junk[i] = tokens[rng.IntN(len(tokens))]
	}
	var wide bytes.Buffer
	for i := range 65_000 {
		wide.WriteString(row(i+1, fmt.Sprintf("10.%d.%d.%d:%d", i>>16, i>>8&255, i&255, 1000+i%60000), i%9000, i%700, "get"))
	}
	return map[string]paste{
		"nothing":            {info: "x:1\n"},
		"one row":            {list: row(1, "10.0.0.1:1", 5, 1, "get")},
		"a row of nothing":   {list: "id=1\n"},
		"negative":           {info: "connected_clients:-5\nmaxclients:-1\nuptime_in_seconds:-9\ntotal_connections_received:-3\nrejected_connections:-7\nblocked_clients:-2\nevicted_clients:-1\n", list: row(-4, "10.0.0.1:1", -5, -1, "get") + row(2, "10.0.0.1:2", 9, 50, "get")},
		"zeros":              {info: "connected_clients:0\nmaxclients:0\nuptime_in_seconds:0\ntotal_connections_received:0\nrejected_connections:0\ntotal_commands_processed:0\nused_memory:0\n"},
		"huge":               {info: "connected_clients:9223372036854775807\nmaxclients:9223372036854775807\nuptime_in_seconds:1e308\ntotal_connections_received:NaN\nrejected_connections:+Inf\n", list: strings.ReplaceAll(row(7777, "10.0.0.1:1", 7777, 7777, "get"), "7777", "4611686018427387904")},
		"junk":               {info: string(junk), list: string(junk)},
		"names of strangers": {list: strings.ReplaceAll(many(9, "10.0.0.1", 5, 9, busy, "get"), "name=", "name=\x1b[2J%s%!d(MISSING)</script>=")},
		"65 000 rows":        {list: wide.String(), info: "connected_clients:65000\nmaxclients:65000\n"},
	}
}

// TestHostile: whatever comes in, sentences hold no NaN, and probabilities are some.
func TestHostile(t *testing.T) {
	for name, in := range hostile() {
		for _, s := range [][]snapshot.Shot{shots(in), shots(in, in), shots(paste{info: "connected_clients:5\nmaxclients:9\n", list: row(1, "10.0.0.1:1", 5, 1, "get")}, in)} {
			f := snapshot.FactsOf(&s[len(s)-1])
			lines, p := f.Say(), (*snapshot.Pair)(nil)
			if len(s) > 1 {
				p = snapshot.PairOf(snapshot.FactsOf(&s[0]), f)
				lines = append(lines, p.Say(f)...)
			}
			sum := 0.0
			cands := snapshot.Candidates(f, p)
			for _, c := range cands {
				if !(c.Probability >= 0 && c.Probability <= 1) {
					t.Fatalf("%s: %s at %v", name, c.ID, c.Probability)
				}
				sum += c.Probability
				for _, st := range slices.Concat(c.For, c.Against) {
					text, _ := st.Text()
					lines = append(lines, snapshot.Line{Text: text})
				}
			}
			if sum > 1+1e-9 || !slices.IsSortedFunc(cands, func(a, b snapshot.Candidate) int {
				return int(math.Copysign(1, b.Probability-a.Probability)) * int(math.Ceil(math.Abs(b.Probability-a.Probability)))
			}) {
				t.Errorf("%s: candidates sum to %v, or out of order", name, sum)
			}
			for _, l := range lines {
				if strings.Contains(l.Text, "NaN") || strings.Contains(l.Text, "Inf") || strings.Contains(l.Text, "%!") && name != "names of strangers" {
					t.Errorf("%s: %q", name, l.Text)
				}
			}
		}
	}
}

// TestMemory: two lists of 65 000 rows are the most that is kept.
func TestMemory(t *testing.T) {
	wide := hostile()["65 000 rows"]
	var pastes []paste
	for range 6 {
		pastes = append(pastes, wide)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := shots(pastes...)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if mb := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) >> 20; mb > 150 {
		t.Errorf("%d MB for %d snapshots", mb, len(s))
	}
	runtime.KeepAlive(s)
}

func ExampleFacts_Say() {
	var c snapshot.Collector
	list := &record.Clients{}
	new(reply.ClientParser).Parse([]byte(many(6, "10.1.4.21", 3600, 600, unused, "get")), list)
	c.Add(list)
	for _, l := range snapshot.FactsOf(&c.Shots()[0]).Say() {
		if l.Topic == snapshot.Living {
			fmt.Println(l.Text)
		}
	}
	// Output:
	// Oldest 110 min, youngest 60 min, half idle for over 80 min; idle over 5 min: 6, over 1 h: 5, over 1 d: 0; at most 5 s old: 0.
	// All: 6 of 6 were not used after their first moments (idle equals age).
	// By their ids about 3001 connections came from the first to the last of them, within 50 min (1.0/s); 6 are in the list.
	// All: opened one after the other, evenly from 110 min to 60 min ago (about 0.12 a minute). Those closed since left no trace.
}

// Before 5.0 INFO tells the longest list of replies, not bytes: a long one speaks for a client
// that does not read.
func TestLongestOutputList(t *testing.T) {
	f := factsOf(t, paste{info: "redis_version:2.8.19\nconnected_clients:213\nclient_longest_output_list:633405\n"})
	if f.OutList != 633405 || !math.IsNaN(f.OutLongest) {
		t.Errorf("%v replies, %v bytes", f.OutList, f.OutLongest)
	}
	c := snapshot.Candidates(f, nil)[0]
	if text, _ := c.For[0].Text(); c.ID != "output-buffer-loop" || text != "a list of 633 405 replies waits for a client" {
		t.Errorf("%s: %q", c.ID, text)
	}
}

// What a text says it leaves out of a list counts, and a verdict does not rest on the rest.
func TestListThatGoesOn(t *testing.T) {
	for text, want := range map[string]float64{
		"... and 364 more": 364, "[350 lines omitted]": 350, "\u2026 12 more clients": 12, "(plus 40 other connections)": 40, "… 1200 more connections like this": 1200,
		"we saw 12 more clients later that day": 0, "3 more": 3, "more": 0, "and 5 apples more": 0,
	} {
		var c snapshot.Collector
		list := &record.Clients{Head: record.Head{Pos: record.Pos{File: "x", Line: 1}}}
		new(reply.ClientParser).Parse([]byte(many(30, "10.0.0.1", 100, 60, unused, "get")), list)
		c.Add(list)
		c.Add(&record.Chatter{Lines: 1, Text: "a remark\n" + text})
		f := snapshot.FactsOf(&c.Shots()[0])
		if f.Omitted != want || f.Connected != 30+want || f.Partial() != (want > 30) {
			t.Errorf("%q: %v left out, %v connected, a part %v", text, f.Omitted, f.Connected, f.Partial())
		}
	}
}

// A service whose pools have nothing to spare is named, as a list cannot tell whether it waits.
func TestBusyPools(t *testing.T) {
	busy := func(age int) int { return age % 3 }
	list := ""
	for h := range 4 {
		list += many(4, fmt.Sprintf("10.0.9.%d", h+1), 4000, 1, busy, "get") + many(4, fmt.Sprintf("10.0.5.%d", h+1), 4000, 1, func(age int) int { return 100 }, "set")
	}
	want := "10.0.9.: none of its 16 connections (4 hosts x 4) rests over 10 s"
	if got := said(factsOf(t, paste{list: list}).Say(), snapshot.Living); !strings.Contains(got, want) {
		t.Errorf("%q", got)
	}
}
