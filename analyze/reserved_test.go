package analyze

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/dump"
)

// Slots of maxclients that Valkey keeps for priority sources are no slots of the others: these
// meet what is left, whichever of the two spellings the server has.
func TestReservedSlots(t *testing.T) {
	info := "# Server\nvalkey_version:9.2.0\nserver_mode:standalone\n# Clients\nconnected_clients:%d\nmaxclients:100\n%s# Stats\ntotal_connections_received:%d\nrejected_connections:%d\n"
	for _, c := range []struct {
		name, config, priority string
		limit                  float64
		occupied               float64
	}{
		{"none", "maxclients\n100\n", "", 100, 92},
		{"of 9.2", "maxclients\n100\nmaxclients-reserved\n10\npriority-subnets\n10.0.0.0/8\n", "connected_priority_clients:2\n", 90, 90},
		{"without subnets", "maxclients\n100\nmaxclients-reserved\n10\npriority-subnets\n\n", "connected_priority_clients:2\n", 100, 92},
		{"as proposed", "maxclients\n100\nqos-reserved-min-clients\n10\n", "connected_clients_prioritized:2\n", 90, 90},
		{"more than there are", "maxclients\n100\nmaxclients-reserved\n200\n", "", 1, 92},
	} {
		var b strings.Builder
		for i := range 30 {
			fmt.Fprintf(&b, "2026-07-25T07:%02d:%02dZ\n", i/6, i%6*10)
			fmt.Fprintf(&b, info, 92, c.priority, 500+i, 3*i)
			if i == 3 {
				b.WriteString("$ redis-cli CONFIG GET *client*\n" + c.config + "\n")
			}
		}
		tl, err := timeline.Collect(dump.NewReader(strings.NewReader(b.String()), "x.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range tl.Samples {
			if s := &tl.Samples[i]; s.Limit != c.limit || math.Abs(s.Occupancy()-c.occupied) > 1e-9 {
				t.Fatalf("%s: sample %d has %v of %v slots, want %v of %v", c.name, i, s.Occupancy(), s.Limit, c.occupied, c.limit)
			}
		}
		r := Run(tl, Options{})
		if said := strings.Contains(strings.Join(r.Observations, "\n"), "kept for priority sources"); said != (c.limit != 100) {
			t.Errorf("%s: observations %q", c.name, r.Observations)
		}
		for _, d := range r.DataQuality {
			if strings.Contains(d.What, "CONFIG GET") && strings.Contains(d.What, "maxclients") {
				t.Errorf("%s: %s", c.name, d.What)
			}
		}
	}
	one := pasted(t, fmt.Sprintf(info, 92, "connected_priority_clients:2\n", 500, 91))
	if !strings.Contains(one.Verdict.Summary, "92 of 100") {
		t.Errorf("without CONFIG GET: %s", one.Verdict.Summary)
	}
}
