package snapshot

import (
	"strings"
	"testing"

	"github.com/connbox/connbox/parse/dump"
)

// INFO asked for section by section is one snapshot; the same section again is another.
func TestSectionsOfInfoAreOneSnapshot(t *testing.T) {
	for _, test := range []struct {
		name, text string
		shots      int
	}{
		{"sections", "# Clients\nconnected_clients:5\n$ redis-cli info stats\n# Stats\nrejected_connections:7\n", 1},
		{"a whole one after a section", "# Clients\nconnected_clients:5\n$ redis-cli info\n# Server\nredis_version:7.2.4\n# Clients\nconnected_clients:5\n", 1},
		{"the same section twice", "# Clients\nconnected_clients:5\n$ redis-cli info clients\n# Clients\nconnected_clients:5\n", 2},
		{"another value", "# Clients\nconnected_clients:5\n$ redis-cli info clients\n# Clients\nconnected_clients:6\nmaxclients:9\n", 2},
	} {
		var c Collector
		d := dump.NewReader(strings.NewReader(test.text), "x")
		for d.Scan() {
			c.Add(d.Record())
		}
		if n := len(c.Shots()); n != test.shots {
			t.Errorf("%s: %d snapshots, want %d", test.name, n, test.shots)
		}
	}
}

// A loop of redis-cli beside an idle server is no churn: the connections are the loop's own.
func TestLoopBesideAnIdleServer(t *testing.T) {
	var text strings.Builder
	for round := range 3 {
		text.WriteString(strings.NewReplacer("ROUND", string(rune('5'+round)), "ACCEPTED", string(rune('2'+3*round))).Replace(
			"2026-11-27T06:45:0ROUNDZ\n# Server\nuptime_in_seconds:ROUND\n# Clients\nconnected_clients:1\nmaxclients:10000\n# Stats\ntotal_connections_received:ACCEPTED\n" +
				"total_commands_processed:ACCEPTED\nrejected_connections:0\nid=ACCEPTED addr=127.0.0.1:4000 fd=8 name= age=0 idle=0 flags=N cmd=client|list\n(empty array)\n"))
	}
	var c Collector
	d := dump.NewReader(strings.NewReader(text.String()), "x")
	for d.Scan() {
		c.Add(d.Record())
	}
	shots := c.Shots()
	if len(shots) != 2 {
		t.Fatalf("%d snapshots", len(shots))
	}
	f := FactsOf(&shots[1])
	p := PairOf(FactsOf(&shots[0]), f)
	if got := Status(Candidates(f, p), f, p); got == "incident" {
		t.Errorf("%s: %+v", got, Candidates(f, p)[0])
	}
}
