package parse

import (
	"strconv"
	"strings"
)

// Family is a line of servers that speak alike.
type Family uint8

// The families. FamilyUnknown is a server that did not say, as in a dump without INFO.
const (
	FamilyUnknown Family = iota
	FamilyRedis
	FamilyValkey
	FamilyKeyDB
	FamilyDragonfly
	FamilyKvrocks
	FamilyGarnet
	FamilyAzure // Azure Cache for Redis: Redis with fields of its own in CLIENT LIST
	numFamilies
)

var familyNames = [numFamilies]string{"unknown", "redis", "valkey", "keydb", "dragonfly", "kvrocks", "garnet", "azure"}

// String gives the family's name in lower case.
func (f Family) String() string { return familyNames[f] }

// Identity says what server printed something.
type Identity struct {
	Family  Family
	Version string // the family's own, "8.1.1"; empty if not told
	Redis   string // redis_version: the version the server is compatible with
	Mode    string // "standalone", "cluster", "sentinel"; empty if not told
}

// familySigns tell a family from INFO; the first whose key is there counts, so that those
// that also print redis_version come first. A sign with text counts where the value begins
// with it.
//
// KeyDB prints no name: it is known by keys that Redis never had. A redis_version of
// 6.3 would also do, since Redis went from 6.2 to 7.0.
var familySigns = [...]struct {
	key, text string
	family    Family
	version   string // key that holds the family's own version
	known     Evidence
}{
	{"dragonfly_version", "", FamilyDragonfly, "dragonfly_version", FromSource},
	{"kvrocks_version", "", FamilyKvrocks, "kvrocks_version", FromSource},
	{"garnet_version", "", FamilyGarnet, "garnet_version", FromSource},
	{"valkey_version", "", FamilyValkey, "valkey_version", Recorded},
	{"server_name", "valkey", FamilyValkey, "", Recorded},
	{"mvcc_depth", "", FamilyKeyDB, "redis_version", Recorded},
	{"server_threads", "", FamilyKeyDB, "redis_version", Recorded},
	{"redis_version", "6.3.", FamilyKeyDB, "redis_version", Recorded},
	{"redis_version", "", FamilyRedis, "redis_version", Recorded},
}

// Identify tells what server printed an INFO.
func Identify(i *Info) Identity {
	var id Identity
	id.Redis, _ = i.String("redis_version")
	for _, s := range familySigns {
		v, ok := i.Value(s.key)
		if !ok || !strings.HasPrefix(string(v), s.text) {
			continue
		}
		id.Family = s.family
		if s.version != "" {
			own, _ := i.String(s.version)
			id.Version = strings.TrimPrefix(strings.TrimPrefix(own, "df-"), "v") // Dragonfly: df-v1.25.1
		}
		break
	}
	id.Mode = mode(i)
	return id
}

// mode reads redis_mode, which Valkey calls server_mode since 8.0, and where neither is
// printed cluster_enabled.
func mode(i *Info) string {
	for _, key := range [...]string{"server_mode", "redis_mode"} {
		if v, ok := i.String(key); ok {
			return v
		}
	}
	if v, ok := i.Int("cluster_enabled"); ok {
		return [...]string{"standalone", "cluster"}[min(max(v, 0), 1)]
	}
	return ""
}

// listSigns tell a family from a key of CLIENT LIST that no other prints.
var listSigns = [...]struct {
	key    string
	family Family
	known  Evidence
}{
	{"irqmatch", FamilyDragonfly, FromSource},
	{"namespace", FamilyKvrocks, FromSource},
	{"numops", FamilyAzure, Documented},
	{"owmem", FamilyAzure, Documented},
	{"capa", FamilyValkey, Recorded},
}

// FromList adds to id what the key order of a line of CLIENT LIST tells: the family, where
// INFO did not say, and Azure's, which prints the INFO of a Redis.
func (id Identity) FromList(lay Layout) Identity {
	if id.Family != FamilyUnknown && id.Family != FamilyRedis {
		return id
	}
	for _, s := range listSigns {
		for _, key := range lay {
			if key == s.key && (id.Family == FamilyUnknown || s.family == FamilyAzure) {
				id.Family = s.family
				return id
			}
		}
	}
	return id
}

// AtLeast tells whether the server's own version is major.minor or later. A server that
// does not say its version is taken for a recent one, as is a development build, which
// says 255.255.255.
func (id Identity) AtLeast(major, minor int) bool {
	if id.Version == "" {
		return true
	}
	first, rest, _ := strings.Cut(id.Version, ".")
	second, _, _ := strings.Cut(rest, ".")
	a, err := strconv.Atoi(first)
	if err != nil {
		return true // "unstable"
	}
	b, _ := strconv.Atoi(second)
	return a > major || a == major && b >= minor
}

// String gives "valkey 8.1.1".
func (id Identity) String() string {
	if id.Version == "" {
		return id.Family.String()
	}
	return id.Family.String() + " " + id.Version
}
