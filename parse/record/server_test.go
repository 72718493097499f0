package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIdentifyRecorded identifies the recorded servers, whose folders have their names.
func TestIdentifyRecorded(t *testing.T) {
	files, err := filepath.Glob("../../fixtures/servers/*/mixed.info.raw.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var i Info
		i.Reset(text)
		id := Identify(&i)
		family, version, _ := strings.Cut(filepath.Base(filepath.Dir(file)), "-")
		switch version {
		case "8.0-m01": // the milestone before 8.0 calls itself so
			version = "7.9.224"
		case "unstable-20241025":
			version = "255.255.255"
		}
		if id.Family.String() != family || id.Version != version || id.Mode != "standalone" || id.String() != family+" "+version {
			t.Errorf("%s: %+v", file, id)
		}
	}
}

// The servers of these were not run: INFO is made from their source and documentation.
func TestIdentifyDescribed(t *testing.T) {
	for _, c := range []struct {
		name, info string
		want       Identity
	}{
		{"Redis 2.4, no sections", "redis_version:2.4.18\nconnected_clients:3\n", Identity{FamilyRedis, "2.4.18", "2.4.18", ""}},
		{"Valkey without a version", "redis_version:7.2.4\r\nserver_name:valkey\r\n", Identity{FamilyValkey, "", "7.2.4", ""}},
		{"KeyDB", "redis_version:6.3.4\r\nredis_mode:standalone\r\nmvcc_depth:0\r\n", Identity{FamilyKeyDB, "6.3.4", "6.3.4", "standalone"}},
		{"KeyDB by its threads", "redis_version:6.0.18\r\nserver_threads:4\r\n", Identity{FamilyKeyDB, "6.0.18", "6.0.18", ""}},
		{"KeyDB by its version", "redis_version:6.3.4\r\n", Identity{FamilyKeyDB, "6.3.4", "6.3.4", ""}},
		{"Dragonfly", "redis_version:7.4.0\r\ndragonfly_version:df-v1.25.1\r\nredis_mode:standalone\r\n", Identity{FamilyDragonfly, "1.25.1", "7.4.0", "standalone"}},
		{"Kvrocks", "version:2.10.0\r\nkvrocks_version:2.10.0\r\nredis_version:4.0.0\r\nredis_mode:cluster\r\n", Identity{FamilyKvrocks, "2.10.0", "4.0.0", "cluster"}},
		{"Garnet", "garnet_version:1.0.61\r\nredis_version:7.4.3\r\ncluster_enabled:1\r\n", Identity{FamilyGarnet, "1.0.61", "7.4.3", "cluster"}},
		{"mode by cluster_enabled", "redis_version:3.0.1\r\ncluster_enabled:0\r\n", Identity{FamilyRedis, "3.0.1", "3.0.1", "standalone"}},
		{"nothing", "used_memory:1\r\n", Identity{}},
		{"hostile", "redis_version:\x1b[31m\r\ncluster_enabled:-9\r\n", Identity{FamilyRedis, "\x1b[31m", "\x1b[31m", "standalone"}},
	} {
		var i Info
		i.Reset([]byte(c.info))
		if got := Identify(&i); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestFromList(t *testing.T) {
	redis, valkey := Identity{Family: FamilyRedis, Version: "6.0.14"}, Identity{Family: FamilyValkey}
	for _, c := range []struct {
		id   Identity
		keys string
		want Family
	}{
		{Identity{}, "id addr fd", FamilyUnknown},
		{Identity{}, "id addr laddr fd name tid irqmatch age", FamilyDragonfly},
		{Identity{}, "id addr fd name age idle flags namespace qbuf obuf cmd", FamilyKvrocks},
		{Identity{}, "id addr flags capa db", FamilyValkey},
		{redis, "id addr omem ow owmem events cmd numops", FamilyAzure},
		{redis, "id addr flags capa db", FamilyRedis}, // INFO is more to be trusted
		{valkey, "id addr numops", FamilyValkey},
	} {
		if got := c.id.FromList(strings.Fields(c.keys)); got.Family != c.want || got.Version != c.id.Version {
			t.Errorf("%v with %q: %v, want %v", c.id, c.keys, got, c.want)
		}
	}
}

func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		version      string
		major, minor int
		want         bool
	}{
		{"6.2.16", 6, 2, true}, {"6.2.16", 6, 3, false}, {"6.2.16", 7, 0, false}, {"10.0.1", 8, 1, true},
		{"2.8.24", 2, 8, true}, {"255.255.255", 9, 1, true}, {"", 9, 1, true}, {"unstable", 9, 1, true}, {"8", 8, 0, true}, {"8", 8, 1, false},
	} {
		if got := (Identity{Version: c.version}).AtLeast(c.major, c.minor); got != c.want {
			t.Errorf("%q at least %d.%d: %v", c.version, c.major, c.minor, got)
		}
	}
}
