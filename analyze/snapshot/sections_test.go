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
