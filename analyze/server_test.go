package analyze

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/connbox/connbox/analyze/timeline"
	"github.com/connbox/connbox/parse/dump"
)

// collectText runs texts through Collect as a dump, a time line before each.
func collectText(t *testing.T, replies ...string) *timeline.Timeline {
	t.Helper()
	var b strings.Builder
	for i, r := range replies {
		b.WriteString(time.Unix(1.8e9+int64(10*(i/2)), 0).UTC().Format(time.RFC3339) + "\n" + r)
	}
	tl, err := timeline.Collect(dump.NewReader(strings.NewReader(b.String()), "d.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return tl
}

// The INFO of Dragonfly, Kvrocks and Garnet is made from their source, not recorded.
func TestOccupancyByServer(t *testing.T) {
	for _, c := range []struct {
		name, info string
		want       float64
		limit      float64
		atLimit    bool
		refused    bool // known
	}{
		{"Redis 7.0 with a replica", "# Server\nredis_version:7.0.15\n# Clients\nconnected_clients:79\ncluster_connections:0\nmaxclients:80\n# Stats\nrejected_connections:4\n# Replication\nconnected_slaves:1\n", 80, 80, true, true},
		{"Redis 5.0 does not count links", "# Server\nredis_version:5.0.14\n# Clients\nconnected_clients:60\ncluster_connections:9\n# Stats\nrejected_connections:4\n# Replication\nconnected_slaves:1\n", 61, math.NaN(), false, true},
		{"Valkey with links", "# Server\nredis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.1.1\n# Clients\nconnected_clients:60\ncluster_connections:20\nmaxclients:80\n# Stats\nrejected_connections:4\n", 80, 80, true, true},
		{"Dragonfly", "# Server\nredis_version:7.4.0\ndragonfly_version:df-v1.25.1\n# Clients\nconnected_clients:79\nmax_clients:100\n# Stats\nrejected_connections:-1\n# Replication\nconnected_slaves:21\n", 79, 100, false, false},
		{"Kvrocks", "# Server\nversion:2.10.0\nkvrocks_version:2.10.0\nredis_version:4.0.0\n# Clients\nmaxclients:80\nconnected_clients:80\n# Replication\nconnected_slaves:2\n", 80, 80, true, false},
		{"Garnet", "# Server\ngarnet_version:1.0.61\nredis_version:7.4.3\n# Clients\nconnected_clients:12\n", 12, math.NaN(), false, false},
		{"INFO through grep", "connected_clients:79\nmax_clients:80\n", 79, 80, true, false},
	} {
		tl := collectText(t, c.info, "", c.info, "")
		s := tl.Samples[len(tl.Samples)-1]
		if s.Occupancy() != c.want || s.Limit != c.limit && !(math.IsNaN(s.Limit) && math.IsNaN(c.limit)) || s.AtLimit() != c.atLimit {
			t.Errorf("%s: occupancy %v of %v, at the limit: %v", c.name, s.Occupancy(), s.Limit, s.AtLimit())
		}
		if math.IsNaN(s.Refused) == c.refused {
			t.Errorf("%s: refused %v", c.name, s.Refused)
		}
		if said := doubts(Run(tl, Options{}), "does not count refused connections"); said != !tl.Slots.Refused {
			t.Errorf("%s: doubt about refusals said: %v", c.name, said)
		}
	}
}

func TestPropertiesByServer(t *testing.T) {
	for _, c := range []struct {
		name, version    string
		fields           string
		pubsub, internal bool
	}{
		{"a primary", "redis_version:7.0.15", "flags=M db=0 sub=0", false, true},
		{"a monitor of Kvrocks", "kvrocks_version:2.10.0", "flags=M namespace=ns qbuf=0", false, false},
		{"an import source", "valkey_version:8.1.1", "flags=I db=0 sub=0", false, false},
		{"a node's own connection", "redis_version:8.0.6", "flags=I db=0 sub=0", false, true},
		{"a subscriber before 5.0", "redis_version:4.0.14", "flags=N db=0 sub=2", true, false},
		{"a shard subscriber", "redis_version:7.0.15", "flags=P db=0 sub=0 psub=0 ssub=1", true, false},
		{"a Sentinel", "redis_version:7.0.15", "name=sentinel-1 flags=N db=0", false, true},
		{"a monitor of Kvrocks, without INFO", "", "flags=M namespace=ns qbuf=0", false, false},
	} {
		line := "id=7 addr=10.0.0.1:5000 " + c.fields + "\n"
		info := ""
		if c.version != "" {
			info = "# Server\n" + c.version + "\n"
		}
		tl := collectText(t, info, line)
		cell := tl.Sources[0].At(len(tl.Samples) - 1)
		if (cell.PubSub > 0) != c.pubsub || (cell.Internal > 0) != c.internal || cell.N != 1 {
			t.Errorf("%s: %+v", c.name, cell)
		}
	}
}
