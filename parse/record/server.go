package record

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

// A SlotRule says how a server counts connections against its limit, and what INFO tells
// of it.
type SlotRule struct {
	Family   Family
	Since    [2]int // major and minor version from which the rule holds
	LimitKey string // INFO's key for the limit; empty = CONFIG GET maxclients alone tells
	Replicas bool   // replicas take slots and are not in connected_clients
	Links    bool   // links of the cluster bus, cluster_connections, take slots
	Refused  bool   // rejected_connections counts refusals
	Known    Evidence
	Note     string
}

// slotRules is the table of the rules; of a family, the last that holds counts.
//
// Source of the first ones: acceptCommonHandler in Redis' networking.c. It admits exactly
// maxclients connections in all versions: before 6.0 the client is made first and refused
// when the number is > maxclients, from 6.0 on it is refused beforehand when the number is
// >= maxclients. INFO prints listLength(clients) - listLength(slaves) as connected_clients,
// so that a full server of 80 with one replica shows 79 and 1.
var slotRules = [...]SlotRule{
	{FamilyRedis, [2]int{2, 4}, "", true, false, true, Recorded, "refused when one more than maxclients"},
	{FamilyRedis, [2]int{6, 0}, "", true, true, true, Recorded, "refused at maxclients; INFO does not print cluster_connections yet"},
	{FamilyRedis, [2]int{6, 2}, "maxclients", true, true, true, Recorded, "refused at maxclients, with cluster_connections"},
	{FamilyValkey, [2]int{7, 2}, "maxclients", true, true, true, Recorded, "as Redis 7.2"},
	{FamilyKeyDB, [2]int{6, 2}, "maxclients", true, true, true, Recorded, "as Redis 6.2"},
	{FamilyAzure, [2]int{4, 0}, "maxclients", true, true, true, Documented, "as Redis"},
	{FamilyDragonfly, [2]int{}, "max_clients", false, false, false, FromSource, "connected_clients holds replicas, too; rejected_connections is always -1"},
	{FamilyKvrocks, [2]int{}, "maxclients", false, false, false, FromSource, "prints no rejected_connections; that connected_clients holds replicas, too, was not checked"},
	{FamilyGarnet, [2]int{}, "", false, false, false, FromSource, "connected_clients is 0 unless its metrics are on; the limit is an option of its listener"},
}

// Slots gives the rule of a server. One that is not known is taken for a recent Redis.
func (id Identity) Slots() SlotRule {
	family := id.Family
	if family == FamilyUnknown {
		family = FamilyRedis
	}
	var rule SlotRule
	for _, r := range slotRules {
		if r.Family == family && (rule.Family == FamilyUnknown || id.AtLeast(r.Since[0], r.Since[1])) {
			rule = r
		}
	}
	return rule
}
