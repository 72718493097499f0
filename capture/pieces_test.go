package capture

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/fixtures/testserver"
	"github.com/connbox/connbox/parse/record"
)

// TestListInPieces: on a real server with more clients than a piece has, each list holds
// exactly the connections that there are, those that came since the last included, and no
// command takes the server as long as the whole list.
func TestListInPieces(t *testing.T) {
	s := testserver.Start(t, testserver.Config("maxclients 2000"))
	dial := func(n int) {
		for range n {
			nc := s.Dial()
			t.Cleanup(func() { nc.Close() })
		}
	}
	dial(2 * pieceSize)
	r := recording(t, Options{Target: targetOf(s), Connections: 2, Clients: leastInterval, Info: leastInterval, Budget: 1, Slowlog: -1, Config: -1, State: -1})
	r.seesMore(record.KindClients, "", 2)
	dial(pieceSize)
	n := r.count(record.KindClients, "")
	r.seesMore(record.KindClients, "", n+3)
	all := r.all()
	rows := 0
	for _, k := range all {
		if k.kind == record.KindClients {
			rows = len(k.rows)
		}
	}
	stat := regexp.MustCompile(`cmdstat_client\|list:calls=(\d+)`).FindStringSubmatch(s.Do("INFO", "commandstats"))
	if stat == nil {
		t.Fatal("no count of CLIENT LIST")
	}
	stats, err := r.stop()
	if err != nil {
		t.Fatal(err)
	}
	if want := 3*pieceSize + 2; rows != want && rows != want+1 { // and the one that asks for INFO here
		t.Errorf("the last list has %d of %d connections", rows, want)
	}
	calls, _ := strconv.Atoi(stat[1])
	for _, p := range stats.Probes {
		if p.Name == probeClients && int64(calls) < 3*(p.Asked-1) {
			t.Errorf("%d lists took %d commands: they are not asked for in pieces", p.Asked, calls)
		}
	}
}

func TestCensus(t *testing.T) {
	list := func(from, to int64) *record.Clients {
		c := &record.Clients{}
		for id := to; id >= from; id-- {
			var row record.Client
			row.SetInt(record.FieldID, id)
			c.Rows = append(c.Rows, row)
		}
		return c
	}
	now := time.Unix(1e9, 0)
	var s census
	s.forget()
	if s.plan(100, now) != nil {
		t.Error("pieces of what is not known")
	}
	s.took(list(1, 600), true, 600, 600, now)
	ids := s.plan(610, now)
	if !slices.IsSorted(ids) || len(ids) != 610+spareIDs || ids[0] != 1 {
		t.Errorf("%d ids", len(ids))
	}
	if s.plan(-1, now) != nil || s.plan(500, now) != nil || s.plan(1e6, now) != nil {
		t.Error("pieces where the counter says nothing, was reset, or says too much")
	}
	if s.plan(610, now.Add(2*wholeEvery)) != nil {
		t.Error("the whole list is never asked for")
	}
	s.took(list(1, 600), false, 610, 900, now)
	if s.plan(610, now) != nil {
		t.Error("a list that lacks 300 of 900 is not followed by a whole one")
	}
	s.took(list(1, 100), true, 610, 100, now)
	if s.plan(610, now) != nil {
		t.Error("a short list in pieces")
	}
	s.forget()
	s.took(&record.Clients{Rows: make([]record.Client, 600)}, true, 1, 600, now)
	if s.plan(1, now) != nil || !s.refused {
		t.Error("pieces of clients without ids")
	}
}

// TestFirstListIsPaidOff: on a real server, what the first list costs is known from that list, and
// no second one is asked for before the budget allows.
func TestFirstListIsPaidOff(t *testing.T) {
	s := testserver.Start(t, testserver.Config("maxclients 2000"))
	for range 2 * pieceSize {
		nc := s.Dial()
		t.Cleanup(func() { nc.Close() })
	}
	// 500 rows take 0.5 ms at the very least, a 20th of a thousandth of ten seconds.
	opts := Options{Target: targetOf(s), Clients: leastInterval, Slowlog: -1, Config: -1, State: -1, Budget: 0.0001, Duration: 2 * time.Second}
	stats, err := Run(t.Context(), opts, discardSink{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range stats.Probes {
		if p.Name == probeClients && (p.Asked != 1 || p.PerReply == 0) {
			t.Errorf("%d lists in two seconds, of %v each", p.Asked, p.PerReply)
		}
	}
}

// TestFirstPiecesAskOnce: how many clients there are is asked for in one reply, and not at all where
// it is known; the ids are the same.
func TestFirstPiecesAskOnce(t *testing.T) {
	s := testserver.Start(t, testserver.Config("maxclients 2000"))
	for range 2 * pieceSize {
		nc := s.Dial()
		t.Cleanup(func() { nc.Close() })
	}
	d := dialer{target: &Target{Port: s.Port}, name: "reader", timeout: 5 * time.Second, max: 1 << 20}
	c, err := d.connect(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, want := range []int{1, 0} { // the second time it is known
		s.Do("CONFIG", "RESETSTAT")
		if ids := c.firstPieces(); int64(len(ids)) != c.id || len(ids) <= 2*pieceSize {
			t.Errorf("%d ids of connection %d", len(ids), c.id)
		}
		asked := 0
		if _, calls, told := strings.Cut(s.Do("INFO", "commandstats"), "cmdstat_info:calls="); told {
			fmt.Sscanf(calls, "%d", &asked)
		}
		if asked != want {
			t.Errorf("INFO is asked for %d times instead of %d", asked, want)
		}
	}
}

// TestPiecesByTheirTime: a piece has as many rows as take 0.5 ms, by the least of the last three.
func TestPiecesByTheirTime(t *testing.T) {
	const ms, us = time.Millisecond, time.Microsecond
	tests := []struct {
		name  string
		rtt   time.Duration
		known time.Duration // a row, by the last list's commandstats
		waits []time.Duration
		want  int
	}{
		{"nothing known", 100 * us, 0, nil, pieceSize},
		{"two pieces", 100 * us, 0, []time.Duration{3 * ms, 3 * ms}, pieceSize},
		{"quiet", 100 * us, 0, []time.Duration{500 * us, 450 * us, 480 * us}, pieceSize},
		{"slow memory", 100 * us, 0, []time.Duration{2100 * us, 2100 * us, 4000 * us}, 62},
		{"one delay", 100 * us, 0, []time.Duration{480 * us, 9 * ms, 500 * us}, pieceSize},
		{"very slow", 100 * us, 0, []time.Duration{90 * ms, 90 * ms, 90 * ms}, leastPiece},
		{"far away", 30 * ms, 0, []time.Duration{90 * ms, 90 * ms, 90 * ms}, pieceSize},
		{"far away, by commandstats", 30 * ms, 5 * us, []time.Duration{90 * ms, 90 * ms, 90 * ms}, 100},
	}
	for _, tt := range tests {
		c := &client{rtt: tt.rtt, perRow: tt.known}
		for _, wait := range tt.waits {
			c.wait = wait
			c.timed(pieceSize)
		}
		if got := c.pieceOf(10_000); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestPiecesOfScans: a server that looks at all its clients for each piece is asked for few.
func TestPiecesOfScans(t *testing.T) {
	tests := []struct {
		info string
		ids  int
		want int
	}{
		{"redis_version:6.2.0\r\n", 10_000, pieceSize},
		{"redis_version:8.0.6\r\n", 10_000, pieceSize},
		{"redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n", 10_000, pieceSize},
		{"redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n", 10_001, 1001},
		{"redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n", 700, pieceSize},
	}
	for _, tt := range tests {
		var info record.Info
		info.Reset([]byte(tt.info))
		c := &client{scans: scansForIDs(record.Identify(&info))}
		if got := c.pieceOf(tt.ids); got != tt.want {
			t.Errorf("%q: pieces of %d, want %d", tt.info, got, tt.want)
		}
	}
}
