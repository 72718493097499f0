package record

import "testing"

func TestSlots(t *testing.T) {
	for _, c := range []struct {
		id                       Identity
		limit                    string
		replicas, links, refused bool
	}{
		{Identity{Family: FamilyRedis, Version: "2.8.24"}, "", true, false, true},
		{Identity{Family: FamilyRedis, Version: "5.0.14"}, "", true, false, true},
		{Identity{Family: FamilyRedis, Version: "6.0.20"}, "", true, true, true},
		{Identity{Family: FamilyRedis, Version: "7.0.15"}, "maxclients", true, true, true},
		{Identity{Family: FamilyValkey, Version: "9.1.2"}, "maxclients", true, true, true},
		{Identity{Family: FamilyKeyDB, Version: "6.3.4"}, "maxclients", true, true, true},
		{Identity{Family: FamilyDragonfly, Version: "1.25.1"}, "max_clients", false, false, false},
		{Identity{Family: FamilyKvrocks}, "maxclients", false, false, false},
		{Identity{Family: FamilyGarnet}, "", false, false, false},
		{Identity{}, "maxclients", true, true, true},
		{Identity{Family: FamilyRedis, Version: "2.2.0"}, "", true, false, true}, // older than the table
	} {
		r := c.id.Slots()
		if r.LimitKey != c.limit || r.Replicas != c.replicas || r.Links != c.links || r.Refused != c.refused {
			t.Errorf("%v: %+v", c.id, r)
		}
	}
	seen := map[Family]bool{}
	for _, r := range slotRules {
		seen[r.Family] = true
		if _, ok := MetricByKey(r.LimitKey); r.LimitKey != "" && !ok {
			t.Errorf("%v: no metric %q", r.Family, r.LimitKey)
		}
	}
	for f := FamilyRedis; f < numFamilies; f++ {
		if !seen[f] {
			t.Errorf("no rule for %v", f)
		}
	}
}
